//! Episodes: the append-only truth behind the memory's index.

use crate::core::episode::Episode;
use crate::core::failure::Outcome;
use crate::store::fault::Worked;
use crate::store::open::Store;
use crate::store::rows::{collect, int};
use crate::store::writer::Ack;
use rusqlite::{Connection, Row};

impl Store {
    /// Writes all the episodes or none. Their ids are given; one that is there already is an error.
    pub fn append_episodes(&self, episodes: Vec<Episode>) -> Ack<()> {
        self.writer().write(
            move |connection| {
                for episode in &episodes {
                    insert(connection, episode)?;
                }
                Ok(())
            },
            |()| {},
        )
    }

    /// Every episode, oldest first.
    pub fn episodes(&self) -> Outcome<Vec<Episode>> {
        self.read(|connection| {
            let mut query = connection.prepare_cached("SELECT body FROM episodes ORDER BY id")?;
            collect(query.query(())?, episode)
        })
    }

    /// The episodes with these ids; unknown ids are left out.
    pub fn episodes_by_ids(&self, ids: &[String]) -> Outcome<Vec<Episode>> {
        self.read(|connection| {
            let list = serde_json::to_string(ids)?;
            let mut query = connection.prepare_cached(
                "SELECT body FROM episodes WHERE id IN (SELECT value FROM json_each(?1)) ORDER BY id",
            )?;
            collect(query.query([list])?, episode)
        })
    }

    /// Every id, oldest first.
    pub fn episode_ids(&self) -> Outcome<Vec<String>> {
        self.read(|connection| {
            let mut query = connection.prepare_cached("SELECT id FROM episodes ORDER BY id")?;
            collect(query.query(())?, |row| Ok(row.get(0)?))
        })
    }

    /// How many episodes there are.
    pub fn episode_count(&self) -> Outcome<u64> {
        self.read(|connection| {
            let count: i64 = connection.query_row("SELECT count(*) FROM episodes", (), |row| row.get(0))?;
            Ok(u64::try_from(count).unwrap_or_default())
        })
    }
}

fn insert(connection: &Connection, episode: &Episode) -> Worked<()> {
    connection
        .prepare_cached("INSERT INTO episodes (id, at, action, arm, body) VALUES (?1, ?2, ?3, ?4, ?5)")?
        .execute((&episode.id, int(episode.at), &episode.action, &episode.arm, serde_json::to_string(episode)?))?;
    Ok(())
}

fn episode(row: &Row<'_>) -> Worked<Episode> {
    Ok(serde_json::from_str(&row.get::<_, String>(0)?)?)
}
