//! What can stop an evaluation from outside: cancellation, the compute deadline and the memory guard.
//!
//! The engine polls it every few hundred operations, and so does what copies natively; waits in native calls select on its
//! token.

use crate::core::failure::{Failure, FailureKind, Outcome};
use crate::script::limits::clock::Clock;
use crate::script::limits::growth;
use crate::script::limits::held::{held, nested};
use crate::script::limits::weight::Room;
use crate::script::worker::stack;
use std::cell::RefCell;
use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::{Duration, Instant};
use tokio_util::sync::CancellationToken;

/// How many bytes an evaluation may add to what the process holds. Rhai's own size limits walk through the whole value
/// at every call, which makes filling an array quadratic, and nested data and closures escape them; this does neither.
const MEMORY_LIMIT: u64 = 1 << 30;

/// How many branches have a thread of their own at a time. Branches that branch would else make as many as there are
/// items of items, and each takes address space and a place among the threads of the system.
const BRANCHES: usize = 1_024;

thread_local! {
    /// What can stop the program of this thread.
    static GATE: RefCell<Option<Arc<Gate>>> = const { RefCell::new(None) };
}

/// Limits of one evaluation, or of a part of it that can be cancelled by itself, on all its threads.
pub struct Gate {
    cancel: CancellationToken,
    ending: AtomicBool,
    whole: Arc<Whole>,
}

/// What an evaluation shares with its parts.
struct Whole {
    cancel: CancellationToken,
    started: Instant,
    compute: Duration,
    clock: Mutex<Clock>,
    branches: AtomicUsize,
    memory_at_start: isize,
    /// Bytes for which there is room, and that are not there yet.
    expected: AtomicUsize,
    nested_at_start: isize,
    /// How many arrays, maps and closures it may add. Dropping or copying a value recurses once per level, each of which
    /// is at least one of them: with this and the limit of bytes no value nests deeper than the stack carries.
    nested_limit: u64,
}

/// Charges time as computing for as long as it lives.
struct Busy<'a>(&'a Gate);

/// Charges time as computing again when it ends.
struct Away<'a>(&'a Gate);

/// The place of a branch among those that have a thread of their own; given back when it is dropped.
pub struct Place<'a>(&'a Gate);

impl Gate {
    /// A gate that opens now. `compute` is the time that may be spent computing; waits are not charged.
    pub fn new(cancel: CancellationToken, compute: Duration) -> Self {
        let started = Instant::now();
        let whole = Whole {
            cancel: cancel.clone(),
            started,
            compute,
            clock: Mutex::new(Clock::started(started)),
            branches: AtomicUsize::new(0),
            memory_at_start: held(),
            expected: AtomicUsize::new(0),
            nested_at_start: nested(),
            nested_limit: stack().1,
        };
        Self { cancel, ending: AtomicBool::new(false), whole: Arc::new(whole) }
    }

    /// The gate of a part, which its own token stops; what it computes and holds is computed and held by the whole.
    #[must_use]
    pub fn part(&self, cancel: CancellationToken) -> Self {
        Self { cancel, ending: AtomicBool::new(false), whole: Arc::clone(&self.whole) }
    }

    /// The token that cancels the evaluation, or this part of it.
    pub fn cancel(&self) -> &CancellationToken {
        &self.cancel
    }

    /// The token that cancels the whole evaluation.
    pub fn cancel_of_whole(&self) -> &CancellationToken {
        &self.whole.cancel
    }

    /// Runs `wait` without charging its time as computing.
    pub fn waiting<T>(&self, wait: impl FnOnce() -> T) -> T {
        self.clock().leave();
        let _away = Away(self);
        wait()
    }

    /// Runs a part of the evaluation on another thread while its own waits.
    pub fn computing<T>(&self, work: impl FnOnce() -> T) -> T {
        self.clock().enter();
        let _busy = Busy(self);
        work()
    }

    /// A place for a branch with a thread of its own, if one is left. Nobody waits for one: those that have one may
    /// themselves wait for branches.
    pub fn place(&self) -> Option<Place<'_>> {
        let taken = self.whole.branches.fetch_add(1, Ordering::Relaxed);
        let place = Place(self);
        (taken < BRANCHES).then_some(place)
    }

    /// Room for so many bytes. Branches that all make theirs at once would else each find that there is some.
    ///
    /// # Errors
    /// `limit` if there is none.
    pub fn room(&self, bytes: usize) -> Outcome<Room<'_>> {
        let room = Room::take(&self.whole.expected, bytes);
        if room.is_little() { Ok(room) } else { self.memory_stop(room.expected()).map_or(Ok(room), Err) }
    }

    /// Time spent computing so far.
    fn computed(&self) -> Duration {
        self.whole.started.elapsed().saturating_sub(self.clock().waited())
    }

    /// What is left to compute until it is too long by `grace`.
    pub fn left(&self, grace: Duration) -> Duration {
        self.whole.compute.saturating_add(grace).saturating_sub(self.computed())
    }

    /// Notes that the program is over: what is left is to drop and copy what it made.
    pub fn end(&self) {
        self.ending.store(true, Ordering::Relaxed);
    }

    /// Whether the program is over, or has been told that it must stop.
    pub fn is_ending(&self) -> bool {
        self.ending.load(Ordering::Relaxed)
    }

    /// Why the evaluation must stop, if it must; whoever asks is told, and ends. Costs about 50 ns.
    pub fn stop(&self) -> Option<Failure> {
        let failure = self.reason();
        if failure.is_some() {
            self.end();
        }
        failure
    }

    fn reason(&self) -> Option<Failure> {
        if self.cancel.is_cancelled() {
            return Some(Failure::cancelled());
        }
        if self.computed() > self.whole.compute {
            let seconds = self.whole.compute.as_secs_f64();
            return Some(
                Failure::new(FailureKind::Deadline, format!("the script computed for more than {seconds} s"))
                    .hint("look for an endless loop, or raise `compute_seconds` under [limits] in rhizo.toml"),
            );
        }
        None
    }

    /// Why memory forbids going on with so many bytes more, if it does. Costs a few nanoseconds.
    fn memory_stop(&self, expected: usize) -> Option<Failure> {
        let grown = held().saturating_sub(self.whole.memory_at_start).saturating_add_unsigned(expected);
        exceeds(grown, MEMORY_LIMIT).then(|| too_much(&format!("more than {} MiB of memory", MEMORY_LIMIT >> 20)))
    }

    /// Why what values nest with forbids going on, if it does. Costs a nanosecond.
    fn nested_stop(&self) -> Option<Failure> {
        let grown = nested().saturating_sub(self.whole.nested_at_start);
        exceeds(grown, self.whole.nested_limit).then(|| too_much("too many arrays, maps and closures"))
    }

    /// Why the evaluation must stop at step `step` of something long, if it must. Memory is asked at every step.
    pub fn poll(&self, step: u64) -> Option<Failure> {
        self.memory_stop(0).or_else(|| step.is_multiple_of(256).then(|| self.stop()).flatten())
    }

    fn clock(&self) -> MutexGuard<'_, Clock> {
        self.whole.clock.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// Runs `work` with this gate on this thread.
pub fn under<T>(gate: Arc<Gate>, work: impl FnOnce() -> T) -> T {
    let before = GATE.with(|g| g.replace(Some(gate)));
    growth::reset();
    let answer = work();
    GATE.with(|g| g.replace(before));
    // What stopped a branch that had no thread of its own does not stop whoever began it.
    growth::reset();
    answer
}

/// The gate of this thread's evaluation; outside of one, a gate that guards memory from now on.
pub fn current() -> Arc<Gate> {
    let gate = GATE.with(|g| g.borrow().clone());
    gate.unwrap_or_else(|| Arc::new(Gate::new(CancellationToken::new(), Duration::MAX)))
}

/// Why the evaluation of this thread must stop at operation `operations`, if it must.
pub fn stop_reason(operations: u64) -> Option<Failure> {
    GATE.with(|g| {
        let gate = g.borrow();
        let gate = gate.as_ref()?;
        growth::stop().or_else(|| gate.nested_stop()).or_else(|| gate.poll(operations))
    })
}

fn exceeds(grown: isize, limit: u64) -> bool {
    u64::try_from(grown).is_ok_and(|grown| grown > limit)
}

fn too_much(what: &str) -> Failure {
    Failure::new(FailureKind::Limit, format!("the script holds {what}"))
        .hint("keep handles (`context.chunks(..)`) instead of copies, and drop what is no longer needed")
}

impl Drop for Busy<'_> {
    fn drop(&mut self) {
        self.0.clock().leave();
    }
}

impl Drop for Place<'_> {
    fn drop(&mut self) {
        self.0.whole.branches.fetch_sub(1, Ordering::Relaxed);
    }
}

impl Drop for Away<'_> {
    fn drop(&mut self) {
        self.0.clock().enter();
    }
}

#[cfg(test)]
mod tests {
    use super::Gate;
    use crate::core::failure::FailureKind;
    use std::sync::Arc;
    use std::time::Duration;
    use tokio_util::sync::CancellationToken;

    #[test]
    fn a_program_ends_when_it_is_told_to_stop_or_is_over() {
        let late = Gate::new(CancellationToken::new(), Duration::ZERO);
        assert!(!late.is_ending(), "a native call asks nobody");
        assert_eq!(late.stop().map(|failure| failure.kind), Some(FailureKind::Deadline));
        assert!(late.is_ending());
        let over = Gate::new(CancellationToken::new(), Duration::MAX);
        assert_eq!(over.stop(), None);
        assert!(!over.is_ending());
        over.end();
        assert!(over.is_ending());
    }

    #[test]
    fn a_part_is_stopped_by_itself_and_with_the_whole() {
        let whole = Gate::new(CancellationToken::new(), Duration::MAX);
        let part = || whole.part(whole.cancel().child_token());
        let (stopped, other) = (part(), part());
        stopped.cancel().cancel();
        assert_eq!(stopped.stop().map(|failure| failure.kind), Some(FailureKind::Cancelled));
        assert!(stopped.is_ending() && !whole.is_ending() && whole.stop().is_none() && other.stop().is_none());
        whole.cancel().cancel();
        assert_eq!(other.stop().map(|failure| failure.kind), Some(FailureKind::Cancelled));
    }

    #[test]
    fn what_grows_from_below_nothing_counts_in_full() {
        let mut gate = Gate::new(CancellationToken::new(), Duration::MAX);
        assert_eq!(gate.memory_stop(0), None);
        Arc::get_mut(&mut gate.whole).expect("it has no parts").memory_at_start = -(3 << 29);
        assert_eq!(gate.memory_stop(0).map(|failure| failure.kind), Some(FailureKind::Limit));
    }
}
