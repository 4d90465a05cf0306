//! Which episodes may go: by age, by namespace, as doubles, or because there are too many.

use crate::core::episode::Namespace;
use crate::core::failure::Outcome;
use crate::store::episodes::remove;
use crate::store::fault::Worked;
use crate::store::open::Store;
use crate::store::rows::{collect, int};
use crate::store::writer::Ack;
use rusqlite::Connection;

/// Doubles tell the same of one task in one cell; the newest of them stays. Remarks differ by what they say.
const DOUBLES: &str = "SELECT id, at, namespace, rowid AS place, row_number() OVER (
        PARTITION BY namespace, fingerprint, action, arm, role, failure, outcome,
            CASE WHEN action = 'note' AND json_valid(body) THEN body ->> 'lesson' END
        ORDER BY at DESC, rowid DESC) AS nth
    FROM episodes";

/// A twentieth more than is too much goes at once, so that not every write evicts.
const SLACK: u64 = 20;

/// What is to be forgotten: episodes that meet all that is given.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Selection {
    /// Those that ended before this, in milliseconds since 1970.
    pub before: Option<u64>,
    /// Those of this namespace.
    pub namespace: Option<Namespace>,
    /// Those of which a newer one tells the same.
    pub doubles: bool,
}

impl Store {
    /// The ids of the episodes that a selection means, oldest first.
    pub fn select_episodes(&self, selection: &Selection) -> Outcome<Vec<String>> {
        self.read(|connection| {
            let least = if selection.doubles { 2 } else { 1 };
            let sql = format!(
                "SELECT id FROM ({DOUBLES}) WHERE nth >= ?1 AND at < ?2 AND (?3 = '' OR namespace = ?3)
                 ORDER BY at, place"
            );
            let namespace = selection.namespace.map_or("", Namespace::name);
            let mut query = connection.prepare_cached(&sql)?;
            let before = int(selection.before.unwrap_or(u64::MAX));
            collect(query.query((least, before, namespace))?, |row| Ok(row.get(0)?))
        })
    }

    /// Forgets what is more than `most`, and a little beyond: doubles first, then the oldest of the lowest trust. Answers
    /// how many went.
    pub fn evict_episodes(&self, most: u64) -> Ack<u64> {
        self.writer().write(move |connection| evict(connection, most), |_| {})
    }

    /// Lets episodes with these ids come back by `add_episodes`; answers how many had been forgotten.
    pub fn unforget_episodes(&self, ids: Vec<String>) -> Ack<u64> {
        self.writer().write(
            move |connection| {
                let mut count = 0;
                for id in &ids {
                    count += connection.prepare_cached("DELETE FROM forgotten WHERE id = ?1")?.execute([id])?;
                }
                Ok(u64::try_from(count).unwrap_or_default())
            },
            |_| {},
        )
    }

    /// How many of these ids had been forgotten.
    pub fn forgotten_among(&self, ids: &[String]) -> Outcome<u64> {
        self.read(|connection| {
            let list = serde_json::to_string(ids)?;
            let sql = "SELECT count(*) FROM forgotten WHERE id IN (SELECT value FROM json_each(?1))";
            let count: i64 = connection.prepare_cached(sql)?.query_row([list], |row| row.get(0))?;
            Ok(u64::try_from(count).unwrap_or_default())
        })
    }
}

fn evict(connection: &Connection, most: u64) -> Worked<u64> {
    let (count, now): (i64, i64) =
        connection.query_row("SELECT count(*), coalesce(max(at), 0) FROM episodes", (), |row| row.try_into())?;
    let count = u64::try_from(count).unwrap_or_default();
    if count <= most {
        return Ok(0);
    }
    let surplus = count - (most - most / SLACK);
    let sql = format!("SELECT id FROM ({DOUBLES}) WHERE nth > 1 ORDER BY at, place LIMIT ?1");
    let ids = collect(connection.prepare_cached(&sql)?.query([int(surplus)])?, |row| Ok(row.get::<_, String>(0)?))?;
    let now = u64::try_from(now).unwrap_or_default();
    let removed = remove(connection, &ids, now)?;
    let sql = "SELECT id FROM episodes ORDER BY trust, at, rowid LIMIT ?1";
    let rest = int(surplus.saturating_sub(removed));
    let ids = collect(connection.prepare_cached(sql)?.query([rest])?, |row| Ok(row.get::<_, String>(0)?))?;
    Ok(removed + remove(connection, &ids, now)?)
}
