//! Jobs on their way to the writing thread, handed over with few wakeups: a thread that is woken for every event costs
//! more than its writing does.
//!
//! Writes that do not hurry (events, free answers of a batch whose places are all taken) linger a little for one that does, so
//! that they share its sync.

use crate::store::writer::{Haste, Job};
use std::fmt;
use std::mem;
use std::sync::{Condvar, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

/// The most jobs of one transaction, so that the first of them does not wait for an endless queue.
const GROUP_LIMIT: usize = 1_024;
/// How long what does not hurry waits for company.
const LINGER: Duration = Duration::from_millis(5);
/// For so many times `LINGER` after its last job the thread looks by itself whether there is another.
const DROWSY: u32 = 10;

/// The jobs that wait.
#[derive(Default)]
pub(super) struct Queue {
    state: Mutex<State>,
    changed: Condvar,
}

#[derive(Default)]
struct State {
    jobs: Vec<Box<dyn Job>>,
    /// How many of them write, and how many hurry.
    writing: usize,
    hurrying: usize,
    sleep: Sleep,
    closed: bool,
}

/// How the writing thread sleeps.
#[derive(Clone, Copy, Default, PartialEq, Eq)]
enum Sleep {
    #[default]
    Awake,
    /// It looks again within `LINGER`, and need not be woken for what may linger.
    Drowsy,
    Deep,
}

impl Queue {
    /// Hands over a job; dropped if the thread is gone.
    pub(super) fn push(&self, job: Box<dyn Job>) {
        let mut state = self.lock();
        if state.closed {
            return;
        }
        state.writing += usize::from(job.writes());
        state.hurrying += usize::from(job.haste() == Haste::Now);
        state.jobs.push(job);
        if state.sleep == Sleep::Deep || (state.sleep == Sleep::Drowsy && !state.lingers()) {
            state.sleep = Sleep::Awake;
            drop(state);
            self.changed.notify_one();
        }
    }

    /// Takes no more jobs; those that wait are still given out.
    pub(super) fn close(&self) {
        self.lock().closed = true;
        self.changed.notify_one();
    }

    /// Whether it is closed by then, for the thread that takes the jobs.
    pub(super) fn closes_within(&self, wait: Duration) -> bool {
        let open = |state: &mut State| !state.closed;
        let waited = self.changed.wait_timeout_while(self.lock(), wait, open);
        waited.unwrap_or_else(PoisonError::into_inner).0.closed
    }

    /// Drops what waits, whose callers are told so by that.
    pub(super) fn abandon(&self) {
        self.close();
        let jobs = mem::take(&mut self.lock().jobs);
        drop(jobs);
    }

    /// The jobs that wait, as soon as there are some and none of them lingers; `None` once it is closed and empty.
    pub(super) fn take(&self) -> Option<Vec<Box<dyn Job>>> {
        let mut state = self.lock();
        let (mut rounds, mut lingered) = (DROWSY, false);
        while !state.closed && (state.jobs.is_empty() || (state.lingers() && !lingered)) {
            if rounds == 0 && state.jobs.is_empty() {
                state.sleep = Sleep::Deep;
                state = self.changed.wait(state).unwrap_or_else(PoisonError::into_inner);
            } else {
                state.sleep = Sleep::Drowsy;
                let (woken, end) = self.changed.wait_timeout(state, LINGER).unwrap_or_else(PoisonError::into_inner);
                state = woken;
                lingered = end.timed_out();
            }
            state.sleep = Sleep::Awake;
            rounds = rounds.saturating_sub(1);
        }
        if state.jobs.is_empty() {
            return None;
        }
        let mut group = mem::take(&mut state.jobs);
        state.jobs = group.split_off(group.len().min(GROUP_LIMIT));
        state.writing = state.jobs.iter().filter(|job| job.writes()).count();
        state.hurrying = state.jobs.iter().filter(|job| job.haste() == Haste::Now).count();
        Some(group)
    }

    fn lock(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl fmt::Debug for Queue {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Queue").field("jobs", &self.lock().jobs.len()).finish_non_exhaustive()
    }
}

impl State {
    /// Whether what waits may wait for company.
    fn lingers(&self) -> bool {
        self.writing > 0 && self.hurrying == 0 && self.jobs.len() < GROUP_LIMIT
    }
}
