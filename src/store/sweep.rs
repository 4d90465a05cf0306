//! Removes old runs, with everything that only they hold. Episodes stay: what was learned outlives the run.

use crate::core::failure::Outcome;
use crate::core::ids::RunId;
use crate::store::check::BLOB_COLUMNS;
use crate::store::connect;
use crate::store::fault::Worked;
use crate::store::liveness::{Liveness, Process};
use crate::store::open::{OpenOptions, Store};
use crate::store::runs::{RunFilter, RunRow};
use crate::store::writer::Ack;
use rusqlite::Connection;
use serde::Serialize;

/// Which runs may go: those that ended before a time, beyond the newest so many. What waits for a person, runs, or was
/// interrupted stays unless `unfinished` says otherwise; nobody removes a run at work.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Sweep {
    /// Milliseconds since 1970.
    pub before: u64,
    /// How many of the newest stay in any case.
    pub keep: u64,
    /// Also those that could be resumed.
    pub unfinished: bool,
}

/// What a sweep removed.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize)]
pub struct Swept {
    /// Runs, children counted.
    pub runs: u64,
    /// Values that no run names any more.
    pub blobs: u64,
    /// Bytes of these.
    pub blob_bytes: u64,
}

impl Store {
    /// The top-level runs that a sweep means, oldest first.
    pub fn sweepable(&self, sweep: &Sweep) -> Outcome<Vec<RunId>> {
        let rows = self.runs(&RunFilter { top_level: true, ..Default::default() })?;
        let skipped = usize::try_from(sweep.keep).unwrap_or(usize::MAX);
        let may_go = |row: &&RunRow| {
            let last = row.ended_at.unwrap_or(row.started_at);
            let resumable = !row.is_over();
            last < sweep.before && row.shown_status() != "running" && (sweep.unfinished || !resumable)
        };
        Ok(rows.iter().skip(skipped).filter(may_go).map(|row| row.id.clone()).rev().collect())
    }

    /// Removes these runs with their children, effects and events, and the values that nothing names any more.
    pub fn remove_runs(&self, runs: Vec<RunId>) -> Ack<Swept> {
        self.writer().write(move |connection| remove(connection, &runs), |_| {})
    }

    /// Gives the room of what was removed back to the disk. Blocks, and needs the file for itself while it works.
    pub fn compact(&self) -> Outcome<()> {
        let connection = connect::for_writing(self.path(), &OpenOptions::default())?;
        let work = || -> Worked<()> {
            connection.execute_batch("VACUUM")?;
            connection.query_row("PRAGMA wal_checkpoint(TRUNCATE)", (), |_| Ok(()))?;
            Ok(())
        };
        work().map_err(|fault| fault.about(self.path()))
    }
}

fn remove(connection: &Connection, runs: &[RunId]) -> Worked<Swept> {
    connection.execute_batch("CREATE TEMP TABLE IF NOT EXISTS going (id TEXT PRIMARY KEY); DELETE FROM going")?;
    let tree = "INSERT OR IGNORE INTO going
        WITH RECURSIVE tree (id) AS (VALUES (?1) UNION SELECT runs.id FROM runs JOIN tree ON runs.parent = tree.id)
        SELECT id FROM tree";
    for run in runs {
        connection.prepare_cached(tree)?.execute([run.as_str()])?;
    }
    let mut working =
        connection.prepare("SELECT id, pid, process FROM runs JOIN going USING (id) WHERE status = 'running'")?;
    let working =
        working.query_map((), |row| Ok((row.get::<_, String>(0)?, Process { pid: row.get(1)?, mark: row.get(2)? })))?;
    // Another process may have gone on with one of them meanwhile; what its children were answered is a part of its log.
    let spared = "DELETE FROM going WHERE id IN (
        WITH RECURSIVE tree (id) AS (VALUES (?1) UNION SELECT runs.id FROM runs JOIN tree ON runs.parent = tree.id)
        SELECT id FROM tree)";
    for (id, process) in working.collect::<Result<Vec<_>, _>>()? {
        if process.liveness() != Liveness::Dead {
            connection.execute(spared, [id])?;
        }
    }
    for table in ["effects", "events"] {
        connection.execute(&format!("DELETE FROM {table} WHERE run IN (SELECT id FROM going)"), ())?;
    }
    let gone = connection.execute("DELETE FROM runs WHERE id IN (SELECT id FROM going)", ())?;
    let named: Vec<String> = BLOB_COLUMNS
        .iter()
        .map(|(table, column)| format!("id NOT IN (SELECT {column} FROM {table} WHERE {column} IS NOT NULL)"))
        .collect();
    let unnamed = named.join(" AND ");
    let (blobs, bytes): (i64, i64) = connection.query_row(
        &format!("SELECT count(*), coalesce(sum(size), 0) FROM blobs WHERE {unnamed}"),
        (),
        |row| row.try_into(),
    )?;
    connection.execute(&format!("DELETE FROM blobs WHERE {unnamed}"), ())?;
    let count = |n: i64| u64::try_from(n).unwrap_or_default();
    Ok(Swept { runs: int_of(gone), blobs: count(blobs), blob_bytes: count(bytes) })
}

fn int_of(rows: usize) -> u64 {
    u64::try_from(rows).unwrap_or(u64::MAX)
}

#[cfg(test)]
mod tests;
