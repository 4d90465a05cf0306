//! From which effects the failures of a run come, so that its end can tell which of them the program did not go past.
//!
//! A failure carries a number only (`core/failure`), through programs too; what the numbers mean is kept here, for the
//! hosts that one run has in one process. A program that makes a failure of its own out of others loses the number: what
//! it says of them tells then.

use crate::core::effect::EffectKey;
use crate::core::failure::{Cause, Failure};
use crate::core::ids::Frame;
use serde_json::Value;
use std::collections::{BTreeSet, HashSet};
use std::num::NonZeroU32;
use std::sync::{Mutex, MutexGuard, PoisonError};

/// How much of the first line of a message is looked for in others, in bytes; what is shorter than the least may be there by chance.
const TOLD: usize = 100;
const LEAST: usize = 8;

/// What the numbers of causes mean.
#[derive(Default)]
pub struct Causes {
    known: Mutex<Vec<Known>>,
    /// In which frames something has failed.
    frames: Mutex<BTreeSet<Frame>>,
}

/// The effects that a failure came from, and how its message begins.
struct Known {
    effects: Vec<EffectKey>,
    message: String,
}

impl Causes {
    /// The number for this effect alone, which came to a failure.
    pub(in crate::host) fn of(&self, key: &EffectKey, failure: &Failure) -> Option<Cause> {
        self.add(vec![key.clone()], failure)
    }

    /// A failure of this effect, and of those that it consists of.
    pub(in crate::host) fn mark(&self, failure: Failure, key: &EffectKey) -> Failure {
        let mut effects = self.effects(&failure);
        if effects.last() == Some(key) {
            return failure;
        }
        effects.push(key.clone());
        Failure { cause: self.add(effects, &failure), ..failure }
    }

    /// A failure that another one led to: both are to be mended.
    pub(in crate::host) fn join(&self, failure: Failure, before: &Failure) -> Failure {
        let effects = [self.effects(before), self.effects(&failure)].concat();
        Failure { cause: self.add(effects, &failure), ..failure }
    }

    /// The effects that a failure comes from which ended the run.
    pub fn of_end(&self, failure: &Failure) -> Vec<EffectKey> {
        let carried = self.effects(failure);
        if !carried.is_empty() {
            return carried;
        }
        let mut said = vec![failure.message.as_str()];
        failure.details.values().for_each(|value| texts(value, &mut said));
        let (known, mut met) = (self.lock(), HashSet::new());
        // Of those that say the same the last one is meant: the program went on past the others.
        let last =
            known.iter().rev().filter(|known| known.message.len() >= LEAST && met.insert(known.message.as_str()));
        let named = last.filter(|known| said.iter().any(|text| text.contains(&known.message)));
        named.flat_map(|known| known.effects.iter().cloned()).collect()
    }

    /// The effects that a failure of this process comes from, the whole behind its parts.
    pub(in crate::host) fn effects(&self, failure: &Failure) -> Vec<EffectKey> {
        let Some(cause) = failure.cause else { return Vec::new() };
        let index = usize::try_from(cause.get() - 1).unwrap_or(usize::MAX);
        self.lock().get(index).map(|known| known.effects.clone()).unwrap_or_default()
    }

    fn add(&self, effects: Vec<EffectKey>, failure: &Failure) -> Option<Cause> {
        if effects.is_empty() {
            return None;
        }
        self.frames().extend(effects.iter().map(|key| key.frame.clone()));
        let line = failure.message.trim().lines().next().unwrap_or_default();
        let message = line[..line.floor_char_boundary(TOLD)].to_owned();
        let mut known = self.lock();
        known.push(Known { effects, message });
        u32::try_from(known.len()).ok().and_then(NonZeroU32::new)
    }

    /// Whether something has failed in this frame or in a part of it.
    pub(in crate::host) fn are_below(&self, frame: &Frame) -> bool {
        let (frames, parts) = (self.frames(), frame.child(""));
        let next = frames.range::<Frame, _>(&parts..).next();
        frames.contains(frame) || next.is_some_and(|next| next.as_str().starts_with(parts.as_str()))
    }

    fn frames(&self) -> MutexGuard<'_, BTreeSet<Frame>> {
        self.frames.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn lock(&self) -> MutexGuard<'_, Vec<Known>> {
        self.known.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// Adds the texts within a value.
fn texts<'v>(value: &'v Value, said: &mut Vec<&'v str>) {
    match value {
        Value::String(text) => said.push(text),
        Value::Array(items) => items.iter().for_each(|item| texts(item, said)),
        Value::Object(fields) => fields.values().for_each(|field| texts(field, said)),
        _ => {}
    }
}
