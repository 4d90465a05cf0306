//! What a run has asked, written and missed so far; shared by the hosts that one run has after another.

use crate::core::ids::{Frame, RunId};
use crate::host::carried::Carried;
use crate::host::ending::Ending;
use crate::host::lost::Lost;
use crate::host::models::chosen::Wishes;
use crate::host::replay::causes::Causes;
use crate::host::replay::frames;
use crate::host::tools::claims::Claims;
use std::collections::{HashMap, HashSet};
use std::sync::{Mutex, MutexGuard, PoisonError};

/// How often something was asked for.
#[derive(Default)]
struct Occurrences {
    /// By its frame and its name: how often, and as which of all that was asked for it was so for the last time.
    counts: HashMap<(Frame, String), (u32, u64)>,
    /// How much was asked for in all.
    all: u64,
}

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
    /// The files among them that were gone when it went on: what the log has of them is written again.
    restored: Mutex<HashSet<String>>,
    /// What it went on without.
    pub(super) lost: Lost,
    /// What its evaluations that failed had been answered, for the next one.
    pub(super) carried: Carried,
    /// What its end depends on.
    pub(super) ending: Ending,
}

impl Counts {
    /// Those of a child run that begins in this frame: who writes which file is known to the whole tree.
    #[must_use]
    pub fn of_child(&self, frame: &Frame, child: &RunId) -> Self {
        Self { claims: self.claims.within(frame, child), ..Self::default() }
    }

    /// Whether a file is to be written again, once it `is_gone`: from then on whatever was written to it is.
    pub(super) fn restores(&self, path: &str, is_gone: bool) -> bool {
        let mut restored = self.restored.lock().unwrap_or_else(PoisonError::into_inner);
        if is_gone {
            restored.insert(path.to_owned());
        }
        restored.contains(path)
    }

    /// Counts that `what` is asked for in `frame`; answers how often it was before.
    pub(super) fn occurrence(&self, frame: &Frame, what: &str) -> u32 {
        let mut known = self.lock();
        let Occurrences { counts, all } = &mut *known;
        *all += 1;
        let count = counts.entry((frame.clone(), what.to_owned())).or_default();
        let seen = count.0;
        *count = (seen + 1, *all);
        seen
    }

    /// How often `what` was asked for in `frame`.
    pub(super) fn so_far(&self, frame: &Frame, what: &str) -> u32 {
        self.lock().counts.get(&(frame.clone(), what.to_owned())).map_or(0, |count| count.0)
    }

    /// How much was asked for in all.
    pub(super) fn all(&self) -> u64 {
        self.lock().all
    }

    /// How often by now what was asked for in a part since `all` was so much: by its frame and its name.
    pub(super) fn since(&self, part: &Frame, all: u64) -> Vec<(Frame, String, u32)> {
        let known = self.lock();
        let is_new = |frame: &Frame, last: u64| last > all && frames::holds(part, frame);
        let new = known.counts.iter().filter(|((frame, _), (_, last))| is_new(frame, *last));
        new.map(|((frame, what), (count, _))| (frame.clone(), what.clone(), *count)).collect()
    }

    /// Counts what is not asked for again as if it were.
    pub(super) fn raise(&self, counted: Vec<(Frame, String, u32)>) {
        let mut known = self.lock();
        let Occurrences { counts, all } = &mut *known;
        for (frame, what, times) in counted {
            *all += 1;
            let count = counts.entry((frame, what)).or_default();
            *count = (count.0.max(times), *all);
        }
    }

    fn lock(&self) -> MutexGuard<'_, Occurrences> {
        self.occurrences.lock().unwrap_or_else(PoisonError::into_inner)
    }
}
