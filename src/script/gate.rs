//! What can stop an evaluation from outside: cancellation, the compute deadline and the memory guard.
//!
//! The engine polls it every few hundred operations; waits in native calls select on its token.

use crate::core::failure::{Failure, FailureKind};
use crate::script::held::held;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::{Duration, Instant};
use tokio_util::sync::CancellationToken;

/// How many bytes an evaluation may add to what the process holds. Rhai's own size limits walk through the whole value
/// at every call, which makes filling an array quadratic, and nested data and closures escape them; this does neither.
const MEMORY_LIMIT: u64 = 1 << 30;

/// Limits of one evaluation on one thread.
pub struct Gate {
    cancel: CancellationToken,
    started: Instant,
    compute: Duration,
    waited_nanos: AtomicU64,
    memory_at_start: u64,
}

impl Gate {
    /// A gate that opens now. `compute` is the time that may be spent computing; waits are not charged.
    pub fn new(cancel: CancellationToken, compute: Duration) -> Self {
        Self { cancel, started: Instant::now(), compute, waited_nanos: AtomicU64::new(0), memory_at_start: held() }
    }

    /// The token that cancels the evaluation.
    pub fn cancel(&self) -> &CancellationToken {
        &self.cancel
    }

    /// Runs `wait` without charging its time as computing.
    pub fn waiting<T>(&self, wait: impl FnOnce() -> T) -> T {
        let begun = Instant::now();
        let answer = wait();
        let nanos = u64::try_from(begun.elapsed().as_nanos()).unwrap_or(u64::MAX);
        self.waited_nanos.fetch_add(nanos, Ordering::Relaxed);
        answer
    }

    /// Time spent computing so far.
    pub fn computed(&self) -> Duration {
        self.started.elapsed().saturating_sub(Duration::from_nanos(self.waited_nanos.load(Ordering::Relaxed)))
    }

    /// What is left to compute, for a part that runs on a thread of its own.
    pub fn remaining(&self) -> Duration {
        self.compute.saturating_sub(self.computed())
    }

    /// Why the evaluation must stop, if it must. Costs about 50 ns.
    pub fn stop(&self) -> Option<Failure> {
        if self.cancel.is_cancelled() {
            return Some(Failure::new(FailureKind::Cancelled, "cancelled"));
        }
        if self.computed() > self.compute {
            let seconds = self.compute.as_secs_f64();
            return Some(
                Failure::new(FailureKind::Deadline, format!("the script computed for more than {seconds} s"))
                    .hint("look for an endless loop, or raise `compute_seconds` under [limits] in rhizo.toml"),
            );
        }
        None
    }

    /// Why memory forbids going on, if it does. Costs a few nanoseconds.
    pub fn memory_stop(&self) -> Option<Failure> {
        let grown = held().saturating_sub(self.memory_at_start);
        (grown > MEMORY_LIMIT).then(|| {
            Failure::new(FailureKind::Limit, format!("the script holds more than {} MiB of memory", MEMORY_LIMIT >> 20))
                .hint("keep handles (`context.chunks(..)`) instead of copies, and drop what is no longer needed")
        })
    }
}
