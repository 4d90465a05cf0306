//! A new run that begins with the answers of another one, up to a point: nothing of it is paid twice.

use crate::core::failure::{Failure, FailureKind};
use crate::core::ids::RunId;
use crate::core::status::RunStatus;
use crate::store::fault::Worked;
use crate::store::liveness::Process;
use crate::store::open::Store;
use crate::store::rows::{int, text};
use crate::store::value::Encoded;
use crate::store::writer::Ack;
use rusqlite::{Connection, named_params};
use serde_json::{Value, json};
use std::collections::BTreeSet;

/// What a copy of a run takes over of its effects, by number.
pub struct Kept<'a> {
    /// The one at which the copy ends, as people are told.
    pub upto: u64,
    /// All that are taken over.
    pub effects: &'a BTreeSet<u64>,
    /// The failures that the run had gone past; those of others are left out.
    pub past: &'a [u64],
    /// The child runs that had not answered, which go on in the copy.
    pub children: &'a [Child],
}

/// A child run with which a copy goes on, under an id of its own and with all that it was answered.
#[derive(Clone, Debug)]
pub struct Child {
    /// Its effect in the run that started it.
    pub effect: u64,
    /// The arguments of that, which name the copy.
    pub intent: Value,
    /// The child.
    pub from: RunId,
    /// Its copy.
    pub new: RunId,
    /// Its failures that it had gone past.
    pub past: Vec<u64>,
    /// Those below it.
    pub children: Vec<Child>,
}

impl Store {
    /// Makes `new` a copy of `from` with these of its answers, waiting to be resumed, and with the failures that the run had gone
    /// past by then. What else failed or was under way is left out: the copy makes it anew. Tools are not: of one that has begun
    /// a person says for the copy too whether it may be repeated. Child runs go on where they were.
    pub fn fork_run(&self, from: &RunId, new: &RunId, kept: &Kept<'_>, at: u64) -> Ack<()> {
        let (from, new, own, children) = (from.clone(), new.clone(), Process::own(), kept.children.to_vec());
        let (upto, effects, past) = (kept.upto, json!(kept.effects).to_string(), kept.past.to_vec());
        let work = move |connection: &Connection| {
            let failure = Failure::new(FailureKind::Waiting, format!("forked from run {from} after effect {upto}"))
                .hint(format!("`rhizo resume {new}` goes on from there"));
            let (effects, parent) = (Some(effects.as_str()), None);
            let copy = Copied { from: &from, new: &new, parent, failure, effects, past: &past, children: &children };
            copy.write(connection, at, &own)
        };
        self.writer().write(work, |()| {})
    }
}

/// A copy on its way to the disk.
struct Copied<'a> {
    from: &'a RunId,
    new: &'a RunId,
    parent: Option<&'a RunId>,
    /// Why it waits.
    failure: Failure,
    /// The effects that it takes over, as JSON; without these all.
    effects: Option<&'a str>,
    past: &'a [u64],
    children: &'a [Child],
}

impl Copied<'_> {
    fn write(&self, connection: &Connection, at: u64, own: &Process) -> Worked<()> {
        let (from, new, parent) = (self.from.as_str(), self.new.as_str(), self.parent.map(RunId::as_str));
        let made = connection.prepare_cached(RUN)?.execute(named_params! {
            ":new": new, ":from": from, ":parent": parent, ":status": RunStatus::Waiting.name(),
            ":failure": text(&self.failure)?, ":at": int(at), ":pid": own.pid, ":process": own.mark,
        })?;
        if made == 0 {
            return Err(Failure::new(FailureKind::NotFound, format!("there is no run `{from}`")).into());
        }
        let begun: Vec<u64> = self.children.iter().map(|child| child.effect).collect();
        connection.prepare_cached(EFFECTS)?.execute(named_params! {
            ":new": new, ":from": from, ":effects": self.effects, ":past": json!(self.past).to_string(),
            ":begun": json!(begun).to_string(),
        })?;
        self.children.iter().try_for_each(|child| self.go_on(child, connection, at, own))
    }

    /// Copies a child, and has the effect that is to go on with it name the copy.
    fn go_on(&self, child: &Child, connection: &Connection, at: u64, own: &Process) -> Worked<()> {
        let Child { from, new, past, children, .. } = child;
        let failure = Failure::new(FailureKind::Waiting, format!("forked from run {from}"));
        Copied { from, new, parent: Some(self.new), failure, effects: None, past, children }
            .write(connection, at, own)?;
        let intent = Encoded::of(&child.intent)?;
        let (intent, blob) = intent.columns(connection)?;
        connection.prepare_cached(CHILD)?.execute(named_params! {
            ":new": self.new.as_str(), ":from": self.from.as_str(), ":effect": int(child.effect), ":intent": intent,
            ":blob": blob,
        })?;
        Ok(())
    }
}

/// Notes which answers of another run a copy of it has come to an end without: all others were of use to it. Its own answers, in
/// whatever place, are no copies.
pub(super) fn note_unused(connection: &Connection, run: &RunId, unused: &[u64]) -> Worked<()> {
    connection
        .prepare_cached(
            "UPDATE effects SET unused = seq IN (SELECT value FROM json_each(?2))
             WHERE run = ?1 AND origin <> run",
        )?
        .execute((run.as_str(), json!(unused).to_string()))?;
    Ok(())
}

/// A child that had come to its end has its answer.
const RUN: &str = "
INSERT INTO runs (id, parent, kind, status, task, version, depth, settings, settings_blob, result, result_blob, failure,
    started_at, ended_at, pid, process)
SELECT :new, :parent, kind, iif(has_ended, status, :status), task, version, depth, settings, settings_blob,
    iif(has_ended, result, NULL), iif(has_ended, result_blob, NULL), iif(has_ended, NULL, :failure), :at, :at, :pid, :process
FROM (SELECT *, :parent IS NOT NULL AND status = 'completed' AS has_ended FROM runs WHERE id = :from)";

const EFFECTS: &str = "
INSERT INTO effects (run, seq, frame, hash, occurrence, kind, state, intent, intent_blob, result, result_blob, usage,
    cost_nanos, worst_nanos, worst_tokens, worst_output, attempts, started_at, ended_at, role, model, origin, raised)
SELECT :new, row_number() OVER (ORDER BY seq), frame, hash, occurrence, kind, state, intent, intent_blob, result,
    result_blob, iif(state = 'done', usage, NULL), iif(state = 'done', cost_nanos, NULL), worst_nanos, worst_tokens,
    worst_output, 1, started_at, ended_at, role, model, coalesce(origin, run),
    iif(seq IN (SELECT value FROM json_each(:past)), 2, raised)
FROM effects WHERE run = :from AND (:effects IS NULL OR seq IN (SELECT value FROM json_each(:effects)))
    AND (state = 'done' OR kind = 'tool' OR seq IN (SELECT value FROM json_each(:past))
        OR seq IN (SELECT value FROM json_each(:begun)))";

const CHILD: &str = "
UPDATE effects SET state = 'intent', intent = :intent, intent_blob = :blob, result = NULL, result_blob = NULL,
    ended_at = NULL, raised = 0
WHERE run = :new AND (frame, hash, occurrence)
    = (SELECT frame, hash, occurrence FROM effects WHERE run = :from AND seq = :effect)";
