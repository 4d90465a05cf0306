//! What is done about rows that cannot be read. A copy of each lies in `quarantine`; a run stays with what can be read of it
//! while anything can, because its effects are paid.

use crate::store::damage::{Damaged, LOGS, RUNS, UTILITY, unreadable};
use crate::store::fault::Worked;
use crate::store::rows::int;
use crate::store::utility;
use rusqlite::Connection;

/// What becomes of a run, the least loss first. One whose end nobody knows has failed, so that it can go on.
const CHANGES: [&str; 2] = [
    "status = CASE WHEN status IN ('running', 'completed', 'partial', 'failed', 'limited', 'cancelled', 'waiting')
        THEN status ELSE 'failed' END,
     pid = CASE WHEN pid BETWEEN 0 AND 4294967295 THEN pid ELSE 0 END,
     depth = CASE WHEN depth BETWEEN 0 AND 4294967295 THEN depth ELSE 0 END,
     settings = CASE WHEN json_valid(settings) THEN settings END,
     result = CASE WHEN json_valid(result) THEN result END,
     failure = CASE WHEN json_valid(failure) THEN failure END,
     cost_nanos = CASE WHEN cost_nanos >= 0 THEN cost_nanos END,
     calls = max(calls, 0), refused = max(refused, 0),
     input_tokens = max(input_tokens, 0), output_tokens = max(output_tokens, 0),
     started_at = max(started_at, 0), ended_at = CASE WHEN ended_at >= 0 THEN ended_at END",
    "failure = NULL, settings = NULL, settings_blob = NULL, result = NULL, result_blob = NULL",
];

/// Takes all rows that cannot be read out of the way. Answers what was done, one sentence each.
pub(super) fn rows(connection: &Connection, at: u64) -> Worked<Vec<String>> {
    let mut done = Vec::new();
    let mut tell = |count: usize, what: &str| {
        if count > 0 {
            done.push(format!("{count} {what}"));
        }
    };
    let mut sums = !unreadable(connection, &UTILITY)?.is_empty();
    for table in &LOGS {
        let found = unreadable(connection, table)?;
        for row in &found {
            copy(connection, at, table.name, row, "rowid = ?4")?;
            connection.execute(&format!("DELETE FROM {} WHERE rowid = ?1", table.name), [row.place])?;
        }
        sums |= table.name == "episodes" && !found.is_empty();
        tell(found.len(), &format!("{} that cannot be read", table.name));
    }
    if sums {
        utility::rebuild(connection)?;
        tell(1, "table of sums, made anew");
    }
    let (kept, lost) = mended(connection, at)?;
    tell(kept, "runs without what cannot be read of them");
    tell(lost, "runs that cannot be read");
    Ok(done)
}

/// How many runs were kept with a part of them, and how many were moved with their effects and events.
fn mended(connection: &Connection, at: u64) -> Worked<(usize, usize)> {
    let mut left = unreadable(connection, &RUNS)?;
    let all = left.len();
    for run in &left {
        copy(connection, at, "runs", run, "rowid = ?4")?;
    }
    for change in CHANGES {
        for run in &left {
            connection.execute(&format!("UPDATE runs SET {change} WHERE rowid = ?1"), [run.place])?;
        }
        left = unreadable(connection, &RUNS)?;
    }
    for run in &left {
        for table in ["effects", "events"] {
            copy(connection, at, table, run, "run = (SELECT id FROM runs WHERE rowid = ?4)")?;
            let sql = format!("DELETE FROM {table} WHERE run = (SELECT id FROM runs WHERE rowid = ?1)");
            connection.execute(&sql, [run.place])?;
        }
        connection.execute("DELETE FROM runs WHERE rowid = ?1", [run.place])?;
    }
    Ok((all.saturating_sub(left.len()), left.len()))
}

/// Copies whole rows into `quarantine`; `?4` in the condition is the place of the damaged row.
fn copy(connection: &Connection, at: u64, table: &str, row: &Damaged, which: &str) -> Worked<()> {
    let columns: String = connection.query_row(
        "SELECT group_concat('''' || name || ''', \"' || name || '\"', ', ') FROM pragma_table_info(?1)",
        [table],
        |row| row.get(0),
    )?;
    let sql = format!(
        "INSERT INTO quarantine (at, reason, source, body)
         SELECT ?1, ?2, ?3, json_object({columns}) FROM {table} WHERE {which}"
    );
    connection.execute(&sql, (int(at), &row.why, table, row.place))?;
    Ok(())
}
