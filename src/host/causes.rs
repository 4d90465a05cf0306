//! From which effects the failures of a run come, so that its end can tell which of them the program did not go past.
//!
//! A failure carries a number only (`core/failure`), through programs too; what the numbers mean is kept here, for the
//! hosts that one run has in one process.

use crate::core::effect::EffectKey;
use crate::core::failure::{Cause, Failure};
use std::num::NonZeroU32;
use std::sync::{Mutex, PoisonError};

/// What the numbers of causes mean.
#[derive(Default)]
pub struct Causes(Mutex<Vec<Vec<EffectKey>>>);

impl Causes {
    /// The number for this effect alone.
    pub fn of(&self, key: &EffectKey) -> Option<Cause> {
        self.add(vec![key.clone()])
    }

    /// A failure of this effect, and of those that it consists of.
    pub(super) fn mark(&self, failure: Failure, key: &EffectKey) -> Failure {
        let mut keys = self.effects(&failure);
        if keys.last() == Some(key) {
            return failure;
        }
        keys.push(key.clone());
        Failure { cause: self.add(keys), ..failure }
    }

    /// A failure that another one led to: both are to be mended.
    pub(super) fn join(&self, failure: Failure, before: &Failure) -> Failure {
        let keys = [self.effects(before), self.effects(&failure)].concat();
        Failure { cause: self.add(keys), ..failure }
    }

    /// The effects that a failure comes from.
    pub fn effects(&self, failure: &Failure) -> Vec<EffectKey> {
        let Some(cause) = failure.cause else { return Vec::new() };
        let index = usize::try_from(cause.get() - 1).unwrap_or(usize::MAX);
        self.lock().get(index).cloned().unwrap_or_default()
    }

    fn add(&self, keys: Vec<EffectKey>) -> Option<Cause> {
        if keys.is_empty() {
            return None;
        }
        let mut known = self.lock();
        known.push(keys);
        u32::try_from(known.len()).ok().and_then(NonZeroU32::new)
    }

    fn lock(&self) -> std::sync::MutexGuard<'_, Vec<Vec<EffectKey>>> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}
