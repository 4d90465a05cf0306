//! How the newest calls of a model ended, whatever process made them.

use crate::core::failure::{Failure, Outcome};
use crate::core::ids::{ModelId, RunId};
use crate::store::fault::Worked;
use crate::store::open::Store;
use crate::store::rows::{int, json, number};
use rusqlite::Row;

/// A call that has ended.
#[derive(Clone, Debug, PartialEq)]
pub struct RecentCall {
    /// The run that made it.
    pub run: RunId,
    /// When it ended, in milliseconds since 1970.
    pub at: u64,
    /// Why it failed, if it did.
    pub failure: Option<Failure>,
}

/// A kept answer has no usage, and one that was copied from another run was given there. Nothing finds effects by their model, and
/// its name stands behind the texts of a row, which are read with it, so only the newest are looked through.
const RECENT: &str = "
SELECT run, ended_at, CASE WHEN state = 'failed' THEN result END AS failure FROM effects
WHERE rowid > (SELECT coalesce(max(rowid), 0) FROM effects) - 2000
    AND kind = 'model' AND model = ?1 AND origin IS NULL AND ended_at >= ?2
    AND CASE state WHEN 'failed' THEN json_valid(result) ELSE usage IS NOT NULL END
ORDER BY rowid DESC LIMIT 100";

impl Store {
    /// The calls of a model that ended at `since` or later, in milliseconds since 1970; the last one that began comes first.
    pub fn recent_calls(&self, model: &ModelId, since: u64) -> Outcome<Vec<RecentCall>> {
        self.read(|connection| {
            let mut query = connection.prepare_cached(RECENT)?;
            self.readable(query.query((model.as_str(), int(since)))?, call)
        })
    }
}

fn call(row: &Row<'_>) -> Worked<RecentCall> {
    let run = RunId::new(row.get::<_, String>("run")?);
    Ok(RecentCall { run, at: number(row, "ended_at")?, failure: json(row, "failure")? })
}
