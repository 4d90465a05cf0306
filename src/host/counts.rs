//! What a run has asked, written and missed so far; shared by the hosts that one run has after another.

use crate::core::ids::{Frame, RunId};
use crate::host::causes::Causes;
use crate::host::chosen::Wishes;
use crate::host::claims::Claims;
use crate::host::lost::Lost;
use std::collections::HashMap;
use std::sync::{Mutex, MutexGuard, PoisonError};

/// How often something was asked for, by its frame and its name.
type Occurrences = HashMap<(Frame, String), u32>;

/// What a run has asked so far.
#[derive(Default)]
pub struct Counts {
    /// How often each effect was asked for in each frame.
    occurrences: Mutex<Occurrences>,
    /// The models that its wishes got.
    pub(super) wishes: Wishes,
    /// From which effects its failures come.
    pub causes: Causes,
    /// The files that steps of pipelines wrote, in its whole tree.
    pub(super) claims: Claims,
    /// What it went on without.
    pub(super) lost: Lost,
}

impl Counts {
    /// Those of a child run that begins in this frame: who writes which file is known to the whole tree.
    #[must_use]
    pub fn of_child(&self, frame: &Frame, child: &RunId) -> Self {
        Self { claims: self.claims.within(frame, child), ..Self::default() }
    }

    /// Counts that `what` is asked for in `frame`; answers how often it was before.
    pub(super) fn occurrence(&self, frame: &Frame, what: &str) -> u32 {
        let mut counts = self.lock();
        let count = counts.entry((frame.clone(), what.to_owned())).or_insert(0);
        let seen = *count;
        *count += 1;
        seen
    }

    /// How often `what` was asked for in `frame`.
    pub(super) fn so_far(&self, frame: &Frame, what: &str) -> u32 {
        self.lock().get(&(frame.clone(), what.to_owned())).copied().unwrap_or(0)
    }

    fn lock(&self) -> MutexGuard<'_, Occurrences> {
        self.occurrences.lock().unwrap_or_else(PoisonError::into_inner)
    }
}
