//! What a run goes on without although its program wanted it: then it is not complete.
//!
//! Calls that limits refuse are counted by the budget, and failed steps of a pipeline are told by that.

use crate::core::ids::Frame;
use crate::core::status::RunStatus;
use crate::host::run_host::RunHost;
use std::sync::{Mutex, MutexGuard, PoisonError};

/// What is missing, for people, with the task that it is of, if that may be done again.
#[derive(Default)]
pub(super) struct Lost(Mutex<Vec<(Option<Task>, String)>>);

/// A task that a step of a program does.
#[derive(PartialEq, Eq)]
pub(super) struct Task {
    frame: Frame,
    step: String,
    text: String,
}

impl Task {
    /// What a step of this name does in this frame.
    pub(super) fn new(frame: &Frame, step: &str, task: &str) -> Self {
        Self { frame: frame.clone(), step: step.to_owned(), text: task.to_owned() }
    }
}

impl Lost {
    fn lock(&self) -> MutexGuard<'_, Vec<(Option<Task>, String)>> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl RunHost {
    /// Notes something that failed and that the run goes on without.
    pub fn lose(&self, what: String) {
        self.counts.lost.lock().push((None, what));
    }

    /// The same of a task that may be done again.
    pub(super) fn lose_of(&self, task: Task, what: String) {
        self.counts.lost.lock().push((Some(task), what));
    }

    /// Notes that nothing is missing of a task any more.
    pub(super) fn regain(&self, task: &Task) {
        self.counts.lost.lock().retain(|(of, _)| of.as_ref() != Some(task));
    }

    /// The same of what a child run lacks that has come to its end.
    pub fn lose_with(&self, child: &Self, status: RunStatus) {
        if status == RunStatus::Partial {
            child.lost().into_iter().for_each(|what| self.lose(format!("child run {}: {what}", child.run)));
        }
    }

    /// What the run went on without so far.
    pub fn lost(&self) -> Vec<String> {
        self.counts.lost.lock().iter().map(|(_, what)| what.clone()).collect()
    }

    /// How much it lacks so far, the calls that limits refused among it.
    pub fn lacks(&self) -> u64 {
        let lost = u64::try_from(self.counts.lost.lock().len()).unwrap_or(u64::MAX);
        lost.saturating_add(self.scope.refused())
    }
}
