//! A new run that begins with the answers of another one, up to a point: nothing of it is paid twice.

use crate::core::failure::{Failure, FailureKind};
use crate::core::ids::RunId;
use crate::core::status::RunStatus;
use crate::store::fault::Worked;
use crate::store::liveness::Process;
use crate::store::open::Store;
use crate::store::rows::{int, text};
use crate::store::writer::Ack;
use rusqlite::{Connection, named_params};
use serde_json::json;
use std::collections::BTreeSet;

/// What a copy of a run takes over of its effects, by number.
pub struct Kept<'a> {
    /// The one at which the copy ends, as people are told.
    pub upto: u64,
    /// All that are taken over.
    pub effects: &'a BTreeSet<u64>,
    /// The failures that the run had gone past; those of others are left out.
    pub past: &'a [u64],
}

impl Store {
    /// Makes `new` a copy of `from` with these of its answers, waiting to be resumed, and with the failures that the run had gone
    /// past by then. What else failed or was under way is left out: the copy makes it anew. Tools are not: of one that has begun
    /// a person says for the copy too whether it may be repeated.
    pub fn fork_run(&self, from: &RunId, new: &RunId, kept: &Kept<'_>, at: u64) -> Ack<()> {
        let (from, new, own) = (from.clone(), new.clone(), Process::own());
        let (upto, effects, past) = (kept.upto, json!(kept.effects).to_string(), json!(kept.past).to_string());
        let kept = move |connection: &Connection| fork(connection, &from, &new, (upto, &effects, &past), at, &own);
        self.writer().write(kept, |()| {})
    }
}

/// Notes which copied answers a run has come to an end without: all others were of use to it.
pub(super) fn note_unused(connection: &Connection, run: &RunId, unused: &[u64]) -> Worked<()> {
    connection
        .prepare_cached(
            "UPDATE effects SET unused = seq IN (SELECT value FROM json_each(?2))
             WHERE run = ?1 AND origin IS NOT NULL",
        )?
        .execute((run.as_str(), json!(unused).to_string()))?;
    Ok(())
}

const RUN: &str = "
INSERT INTO runs (id, parent, kind, status, task, version, depth, settings, settings_blob, failure, started_at, ended_at,
    pid, process)
SELECT :new, NULL, kind, :status, task, version, 0, settings, settings_blob, :failure, :at, :at, :pid, :process
FROM runs WHERE id = :from";

const EFFECTS: &str = "
INSERT INTO effects (run, seq, frame, hash, occurrence, kind, state, intent, intent_blob, result, result_blob, usage,
    cost_nanos, worst_nanos, worst_tokens, worst_output, attempts, started_at, ended_at, role, model, origin, raised)
SELECT :new, row_number() OVER (ORDER BY seq), frame, hash, occurrence, kind, state, intent, intent_blob, result,
    result_blob, iif(state = 'done', usage, NULL), iif(state = 'done', cost_nanos, NULL), worst_nanos, worst_tokens,
    worst_output, 1, started_at, ended_at, role, model, coalesce(origin, run),
    iif(seq IN (SELECT value FROM json_each(:past)), 2, raised)
FROM effects WHERE run = :from AND seq IN (SELECT value FROM json_each(:effects))
    AND (state = 'done' OR kind = 'tool' OR seq IN (SELECT value FROM json_each(:past)))";

fn fork(
    connection: &Connection,
    from: &RunId,
    new: &RunId,
    (upto, effects, past): (u64, &str, &str),
    at: u64,
    own: &Process,
) -> Worked<()> {
    let failure = Failure::new(FailureKind::Waiting, format!("forked from run {from} after effect {upto}"))
        .hint(format!("`rhizo resume {new}` goes on from there"));
    let made = connection.prepare_cached(RUN)?.execute(named_params! {
        ":new": new.as_str(), ":from": from.as_str(), ":status": RunStatus::Waiting.name(), ":failure": text(&failure)?,
        ":at": int(at), ":pid": own.pid, ":process": own.mark,
    })?;
    if made == 0 {
        return Err(Failure::new(FailureKind::NotFound, format!("there is no run `{from}`")).into());
    }
    connection.prepare_cached(EFFECTS)?.execute(named_params! {
        ":new": new.as_str(), ":from": from.as_str(), ":effects": effects, ":past": past,
    })?;
    Ok(())
}
