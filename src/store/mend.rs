//! What is done about rows that cannot be read. A copy of each lies in `quarantine`; a run and an effect stay with what can
//! be read of them while anything can, because effects are paid.

use crate::store::damage::{Damaged, LOGS, RUNS, Table, UTILITY, unreadable};
use crate::store::fault::Worked;
use crate::store::rows::{ABSURD_NANOS, int};
use crate::store::utility;
use rusqlite::Connection;

/// What leaves an effect as if it had been under way: what it cost stays charged. A copy from another run was paid there, and
/// tried there.
pub(super) const UNANSWERED: &str = "state = 'intent', cost_nanos = NULL, attempts = attempts * (origin IS NULL),
     worst_nanos = coalesce(cost_nanos, worst_nanos) * (origin IS NULL),
     worst_tokens = coalesce(CASE WHEN json_valid(usage) THEN max(0, CAST(
        json_extract(usage, '$.input_tokens') + json_extract(usage, '$.output_tokens') AS INTEGER)) END, worst_tokens)
        * (origin IS NULL),
     worst_output = coalesce(CASE WHEN json_valid(usage) THEN max(0, CAST(
        json_extract(usage, '$.output_tokens') AS INTEGER)) END, worst_output) * (origin IS NULL),
     usage = NULL, result = NULL, result_blob = NULL";

/// What takes the arguments of an effect away: its key is all that its answer is found by.
pub(super) const UNASKED: &str = "intent = NULL, intent_blob = NULL";

/// What becomes of an effect, the least loss first. Of what nobody knows the cost, that is its worst case. `:absurd` is
/// `ABSURD_NANOS`.
const EFFECT: [&str; 4] = [
    "seq = CASE WHEN seq >= 0 THEN seq ELSE (SELECT max(max(seq), 0) + 1 FROM effects AS e WHERE e.run = effects.run) END,
     cost_nanos = CASE WHEN cost_nanos NOT BETWEEN 0 AND :absurd
        THEN min(max(worst_nanos, 0), :absurd) ELSE cost_nanos END,
     worst_nanos = min(max(worst_nanos, 0), :absurd), worst_tokens = max(worst_tokens, 0),
     attempts = CASE WHEN attempts BETWEEN 0 AND 4294967295 THEN attempts ELSE 1 END,
     earlier_nanos = CASE WHEN earlier_nanos > :absurd
        THEN min(max(coalesce(worst_nanos, 0), 0), :absurd) ELSE max(earlier_nanos, 0) END,
     earlier_tokens = max(earlier_tokens, 0),
     worst_output = max(worst_output, 0), earlier_output = max(earlier_output, 0),
     earlier_unheard = max(earlier_unheard, 0), earlier_estimated = max(earlier_estimated, 0),
     unknown_tokens = max(unknown_tokens, 0), unknown_output = max(unknown_output, 0),
     requests = CASE WHEN requests BETWEEN 0 AND 4294967295 THEN requests ELSE 0 END,
     unknown_calls = CASE WHEN unknown_calls BETWEEN 0 AND 4294967295 THEN unknown_calls ELSE 0 END,
     unknown_nanos = CASE WHEN unknown_nanos > :absurd
        THEN min(max(coalesce(worst_nanos, 0), 0), :absurd) ELSE max(unknown_nanos, 0) END,
     unusable = max(unusable, 0), unusable_nanos = min(max(unusable_nanos, 0), :absurd),
     started_at = max(started_at, 0), ended_at = CASE WHEN ended_at >= 0 THEN ended_at END",
    UNASKED,
    "usage = NULL, provider = NULL",
    UNANSWERED,
];

/// What becomes of a run, the least loss first. One whose end nobody knows has failed, so that it can go on.
const RUN: [&str; 2] = [
    "status = CASE WHEN status IN ('running', 'completed', 'partial', 'failed', 'limited', 'cancelled', 'waiting')
        THEN status ELSE 'failed' END,
     pid = CASE WHEN pid BETWEEN 0 AND 4294967295 THEN pid ELSE 0 END,
     depth = CASE WHEN depth BETWEEN 0 AND 4294967295 THEN depth ELSE 0 END,
     settings = CASE WHEN json_valid(settings) THEN settings END,
     result = CASE WHEN json_valid(result) THEN result END,
     failure = CASE WHEN json_valid(failure) THEN failure END,
     cost_nanos = CASE WHEN cost_nanos BETWEEN 0 AND :absurd THEN cost_nanos END,
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
        let changes: &[&str] = if table.name == "effects" { &EFFECT } else { &[] };
        let (kept, lost) = mended(connection, at, table, changes)?;
        for row in &lost {
            connection.execute(&format!("DELETE FROM {} WHERE rowid = ?1", table.name), [row.place])?;
        }
        sums |= table.name == "episodes" && !lost.is_empty();
        tell(kept, &format!("{} without what cannot be read of them", table.name));
        tell(lost.len(), &format!("{} that cannot be read", table.name));
    }
    if sums {
        utility::rebuild(connection)?;
        tell(1, "table of sums, made anew");
    }
    let (kept, lost) = mended(connection, at, &RUNS, &RUN)?;
    tell(kept, "runs without what cannot be read of them");
    tell(lost.len(), "runs that cannot be read");
    for run in &lost {
        for table in ["effects", "events"] {
            copy(connection, at, table, run, "run = (SELECT id FROM runs WHERE rowid = ?4)")?;
            let sql = format!("DELETE FROM {table} WHERE run = (SELECT id FROM runs WHERE rowid = ?1)");
            connection.execute(&sql, [run.place])?;
        }
        connection.execute("DELETE FROM runs WHERE rowid = ?1", [run.place])?;
    }
    Ok(done)
}

/// Copies the rows that cannot be read, and changes them until they can. Answers how many were kept with a part of them, and
/// those that were not.
fn mended(connection: &Connection, at: u64, table: &Table, changes: &[&str]) -> Worked<(usize, Vec<Damaged>)> {
    let mut left = unreadable(connection, table)?;
    let all = left.len();
    for row in &left {
        copy(connection, at, table.name, row, "rowid = ?4")?;
    }
    for change in changes {
        if left.is_empty() {
            break;
        }
        let change = change.replace(":absurd", &ABSURD_NANOS.to_string());
        for row in &left {
            connection.execute(&format!("UPDATE {} SET {change} WHERE rowid = ?1", table.name), [row.place])?;
        }
        left = unreadable(connection, table)?;
    }
    Ok((all.saturating_sub(left.len()), left))
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
