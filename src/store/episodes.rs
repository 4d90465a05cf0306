//! Episodes: the append-only truth behind the memory's index. What they add up to is in `utility`.

use crate::core::episode::{Episode, Outline};
use crate::core::failure::Outcome;
use crate::store::fault::Worked;
use crate::store::open::Store;
use crate::store::rows::{collect, int, name, number};
use crate::store::utility;
use crate::store::writer::Ack;
use rusqlite::{Connection, Row};

/// The columns of an `Outline`.
const OUTLINE: &str = "rowid AS place, id, at, namespace, action, arm, fingerprint, model, outcome, verifier, trust,
    cost_nanos, tokens, size";

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

    /// Writes those of the episodes whose ids are neither known nor forgotten, and answers how many these were.
    pub fn add_episodes(&self, episodes: Vec<Episode>) -> Ack<u64> {
        self.writer().write(
            move |connection| {
                let mut added = 0;
                for episode in &episodes {
                    if !is_known(connection, &episode.id)? {
                        insert(connection, episode)?;
                        added += 1;
                    }
                }
                Ok(added)
            },
            |_| {},
        )
    }

    /// Removes the episodes with these ids for good, and answers how many there were. They do not come back by
    /// `add_episodes`.
    pub fn forget_episodes(&self, ids: Vec<String>, at: u64) -> Ack<u64> {
        self.writer().write(move |connection| remove(connection, &ids, at), |_| {})
    }

    /// Every episode, oldest first.
    pub fn episodes(&self) -> Outcome<Vec<Episode>> {
        self.read(|connection| {
            let mut query = connection.prepare_cached("SELECT body FROM episodes ORDER BY rowid")?;
            self.readable(query.query(())?, episode)
        })
    }

    /// The episodes with these ids; unknown ids are left out.
    pub fn episodes_by_ids(&self, ids: &[String]) -> Outcome<Vec<Episode>> {
        self.read(|connection| {
            let list = serde_json::to_string(ids)?;
            let mut query = connection.prepare_cached(
                "SELECT body FROM episodes WHERE id IN (SELECT value FROM json_each(?1)) ORDER BY rowid",
            )?;
            self.readable(query.query([list])?, episode)
        })
    }

    /// The outlines of the episodes with these ids; unknown ids are left out.
    pub fn outlines_by_ids(&self, ids: &[String]) -> Outcome<Vec<Outline>> {
        self.read(|connection| {
            let list = serde_json::to_string(ids)?;
            let mut query = connection.prepare_cached(&format!(
                "SELECT {OUTLINE} FROM episodes WHERE id IN (SELECT value FROM json_each(?1))"
            ))?;
            self.readable(query.query([list])?, outline)
        })
    }

    /// The outlines of all episodes behind a place in the log, in order; all of them behind 0.
    pub fn outlines_after(&self, place: u64) -> Outcome<Vec<Outline>> {
        self.read(|connection| {
            let sql = format!("SELECT {OUTLINE} FROM episodes WHERE rowid > ?1 ORDER BY rowid");
            let mut query = connection.prepare_cached(&sql)?;
            self.readable(query.query([int(place)])?, outline)
        })
    }

    /// The last place of the log, and how many episodes were forgotten: together they change with the log.
    pub fn episode_mark(&self) -> Outcome<(u64, u64)> {
        self.read(|connection| {
            // Two queries in one: SQLite finds a maximum by itself at once, and beside others by reading all rows.
            let sql = "SELECT (SELECT coalesce(max(rowid), 0) FROM episodes), (SELECT count(*) FROM forgotten)";
            let (place, forgotten): (i64, i64) = connection.prepare_cached(sql)?.query_row((), |row| row.try_into())?;
            Ok((u64::try_from(place).unwrap_or_default(), u64::try_from(forgotten).unwrap_or_default()))
        })
    }

    /// Every id, oldest first.
    pub fn episode_ids(&self) -> Outcome<Vec<String>> {
        self.read(|connection| {
            let mut query = connection.prepare_cached("SELECT id FROM episodes ORDER BY rowid")?;
            collect(query.query(())?, |row| Ok(row.get(0)?))
        })
    }

    /// How many episodes there are.
    pub fn episode_count(&self) -> Outcome<u64> {
        self.count("episodes")
    }
}

/// Removes episodes, notes their ids so that they stay away, and computes the sums anew.
pub(super) fn remove(connection: &Connection, ids: &[String], at: u64) -> Worked<u64> {
    let mut removed = 0;
    for id in ids {
        let gone = connection.prepare_cached("DELETE FROM episodes WHERE id = ?1")?.execute([id])?;
        if gone > 0 {
            let sql = "INSERT OR IGNORE INTO forgotten (id, at) VALUES (?1, ?2)";
            connection.prepare_cached(sql)?.execute((id, int(at)))?;
            removed += 1;
        }
    }
    if removed > 0 {
        utility::rebuild(connection)?;
    }
    Ok(removed)
}

fn is_known(connection: &Connection, id: &str) -> Worked<bool> {
    let sql = "SELECT EXISTS (SELECT 1 FROM episodes WHERE id = ?1) OR EXISTS (SELECT 1 FROM forgotten WHERE id = ?1)";
    Ok(connection.prepare_cached(sql)?.query_row([id], |row| row.get(0))?)
}

fn insert(connection: &Connection, episode: &Episode) -> Worked<()> {
    let before = utility::task(connection, episode)?;
    connection
        .prepare_cached(
            "INSERT INTO episodes (id, at, action, arm, body, namespace, role, failure, fingerprint, model, outcome,
                 verifier, trust, cost_nanos, tokens, predicted, run, size)
             VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9, ?10, ?11, ?12, ?13, ?14, ?15, ?16, ?17, ?18)",
        )?
        .execute(rusqlite::params![
            episode.id,
            int(episode.at),
            episode.action,
            episode.arm,
            serde_json::to_string(episode)?,
            episode.namespace.name(),
            episode.role,
            episode.failure,
            episode.fingerprint,
            episode.model,
            episode.outcome.name(),
            episode.verifier.name(),
            episode.trust,
            int(episode.cost_nanos),
            int(episode.tokens),
            episode.predicted,
            episode.run,
            int(u64::try_from(episode.situation.len()).unwrap_or(u64::MAX)),
        ])?;
    utility::count(connection, episode, before)
}

pub(super) fn episode(row: &Row<'_>) -> Worked<Episode> {
    Ok(serde_json::from_str(&row.get::<_, String>("body")?)?)
}

pub(super) fn outline(row: &Row<'_>) -> Worked<Outline> {
    Ok(Outline {
        place: number(row, "place")?,
        id: row.get("id")?,
        at: number(row, "at")?,
        namespace: name(row, "namespace")?,
        action: row.get("action")?,
        arm: row.get("arm")?,
        fingerprint: row.get("fingerprint")?,
        model: row.get("model")?,
        outcome: name(row, "outcome")?,
        verifier: name(row, "verifier")?,
        trust: row.get("trust")?,
        cost_nanos: number(row, "cost_nanos")?,
        tokens: number(row, "tokens")?,
        size: number(row, "size")?,
    })
}
