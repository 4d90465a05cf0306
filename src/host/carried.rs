//! What an evaluation that failed had been answered by models and child runs: it answers the next one that asks the same.
//!
//! That is for the inputs of a session and the code of a root, whose frames, and with them the keys of their effects, differ from
//! one to the next. A program that is run again from its beginning finds its answers by their keys (`host/replay`).

use crate::core::effect::EffectKey;
use crate::core::event::Event;
use crate::core::failure::{Failure, Outcome};
use crate::core::ids::Frame;
use crate::core::text::{counted, one_line};
use crate::host::call::unusable::Needs;
use crate::host::door::{self, Asked, Entered, Entry};
use crate::host::run_host::RunHost;
use crate::store::carried::{Carry, PartCall};
use crate::store::writer::Haste;
use serde::de::DeserializeOwned;
use serde_json::Value;
use std::collections::{HashMap, HashSet, VecDeque};
use std::sync::{Mutex, MutexGuard, PoisonError};

/// The effects whose answers nobody has used since, by the hash of what was asked, the next to be used first. A hash stays until
/// an evaluation ends, also when all of its answers were used in it.
#[derive(Default)]
pub struct Carried(Mutex<HashMap<String, VecDeque<EffectKey>>>);

impl Carried {
    fn take(&self, hash: &str) -> Option<EffectKey> {
        self.lock().get_mut(hash)?.pop_front()
    }

    fn lock(&self) -> MutexGuard<'_, HashMap<String, VecDeque<EffectKey>>> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// How many answers passed from one evaluation to another.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Passed {
    /// Those of earlier ones that this one has used.
    pub again: usize,
    /// Those of this one, which failed, that the next one can use.
    pub kept: usize,
}

impl Passed {
    /// The note of an evaluation with what it used of earlier ones: whoever asked for another answer must know.
    pub fn beside(&self, note: Option<String>) -> Option<String> {
        let answers = counted(self.again, "answer");
        let again = || format!("used again: {answers} of code that had failed; other words ask anew");
        let again = (self.again > 0).then(again);
        match (note, again) {
            (Some(note), Some(again)) => Some(format!("{note}; {again}")),
            (note, again) => note.or(again),
        }
    }
}

/// Counts a model call or a child run in its frame, and looks for its answer: in the log of a run that goes on, else among those
/// of evaluations that failed. Each of these is used once, by a row of its own that is on disk when this returns; in a batch
/// those rows share a sync.
///
/// # Errors
/// Those of the log, and as entering the door.
pub async fn enter<T: DeserializeOwned>(
    host: &RunHost,
    frame: &Frame,
    asked: Asked,
    in_batch: bool,
) -> Outcome<Entered<T>> {
    // Also where the log has the answer: then it was this one that was used there before.
    let (left, needs) = (host.counts.carried.take(asked.hash()), asked.needs());
    let (entry, from) = match (door::enter(host, frame, asked)?, left) {
        (Entered::Due(entry), Some(from)) if entry.earlier().is_none() => (entry, from),
        (entered, _) => return Ok(entered),
    };
    // In a box: most calls have nothing to take.
    Box::pin(taken(host, entry, (&from, &needs), in_batch)).await
}

async fn taken<T: DeserializeOwned>(
    host: &RunHost,
    entry: Box<Entry>,
    (from, needs): (&EffectKey, &Needs),
    in_batch: bool,
) -> Outcome<Entered<T>> {
    // What cannot be read is asked anew.
    let answer = answer(host, from, needs)?.and_then(|value| serde_json::from_value(value).ok());
    let Some(answer) = answer else { return Ok(Entered::Due(entry)) };
    let part = host.within.as_ref().map(|part| part.path());
    let carry = Carry { from, to: entry.key(), part, at: host.now() };
    let haste = if in_batch { Haste::WithOthers } else { Haste::Now };
    let is_written = host.kit.store.carry(&host.run, &carry, haste).await?;
    Ok(if is_written { Entered::Answered(Ok(answer)) } else { Entered::Due(entry) })
}

/// The answer of an effect, if a call with these needs goes on with it.
fn answer(host: &RunHost, key: &EffectKey, needs: &Needs) -> Outcome<Option<Value>> {
    let store = &host.kit.store;
    let Some(row) = store.effect(&host.run, key)? else { return Ok(None) };
    let Some(Ok(value)) = store.answer(&row)? else { return Ok(None) };
    Ok(Some(value).filter(|value| needs.failure_of(value).is_none()))
}

/// Takes note of the end of the evaluation in this frame. What one that failed had been answered is kept for the next one, beside
/// what it has not used of those before it; one that has asked and comes to a good end needs none of it any more.
pub fn ended(host: &RunHost, frame: &Frame, failure: Option<&Failure>) -> Passed {
    let ended = match failure {
        None if host.counts.carried.lock().is_empty() => return Passed::default(),
        None => ended_well(host, frame),
        Some(failure) => failed(host, frame, failure),
    };
    ended.unwrap_or_else(|failure| {
        let why = one_line(&failure.message, 200);
        let text = format!("what was answered cannot be looked up, and is asked again: {why}");
        host.emit(frame, &Event::Note { text });
        Passed::default()
    })
}

/// The same of an evaluation that was stopped and is not made again: what it had used of those before it is used.
pub fn passed_by(host: &RunHost, frame: &Frame) {
    // A store that cannot be read is told of below.
    for call in host.kit.store.calls_in(&host.run, frame).unwrap_or_default() {
        drop(host.counts.carried.take(&call.key.hash));
    }
    ended(host, frame, Some(&Failure::cancelled()));
}

fn ended_well(host: &RunHost, frame: &Frame) -> Outcome<Passed> {
    let calls = host.kit.store.calls_in(&host.run, frame)?;
    if !calls.is_empty() {
        host.counts.carried.lock().clear();
    }
    Ok(Passed { again: again(&calls), kept: 0 })
}

fn failed(host: &RunHost, frame: &Frame, failure: &Failure) -> Outcome<Passed> {
    let calls = host.kit.store.calls_in(&host.run, frame)?;
    let again = again(&calls);
    // Where a chain was given up its answers would only be refused once more.
    let given_up: HashSet<Frame> = host.counts.causes.effects(failure).into_iter().map(|key| key.frame).collect();
    let is_vain = |call: &PartCall| call.unusable && given_up.contains(&call.key.frame);
    let mut kept = Vec::new();
    for call in calls.into_iter().filter(|call| call.answered && !is_vain(call)) {
        if answer(host, &call.key, &Needs::default())?.is_some() {
            kept.push(call.key);
        }
    }
    let passed = Passed { again, kept: kept.len() };
    let mut carried = host.counts.carried.lock();
    carried.retain(|_, left| !left.is_empty());
    // Before those that are left: what is asked next is most likely this once more.
    for key in kept.into_iter().rev() {
        carried.entry(key.hash.clone()).or_default().push_front(key);
    }
    Ok(passed)
}

fn again(calls: &[PartCall]) -> usize {
    calls.iter().filter(|call| call.again).count()
}
