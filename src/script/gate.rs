//! What can stop an evaluation from outside: cancellation, the compute deadline and the memory guard.
//!
//! The engine polls it every few hundred operations; waits in native calls select on its token.

use crate::core::failure::{Failure, FailureKind};
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::{Duration, Instant};
use tokio_util::sync::CancellationToken;

/// How much anonymous memory an evaluation may add to the process, in bytes. Nested data and closure
/// environments escape the engine's own size limits; this is the backstop behind them.
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
        Self {
            cancel,
            started: Instant::now(),
            compute,
            waited_nanos: AtomicU64::new(0),
            memory_at_start: anonymous_memory().unwrap_or(0),
        }
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

    /// Why memory forbids going on, if it does. Costs about a microsecond.
    pub fn memory_stop(&self) -> Option<Failure> {
        let grown = anonymous_memory()?.saturating_sub(self.memory_at_start);
        (grown > MEMORY_LIMIT).then(|| {
            Failure::new(FailureKind::Limit, format!("the script holds more than {} MiB of memory", MEMORY_LIMIT >> 20))
                .hint("keep handles (`context.chunks(..)`) instead of copies, and drop what is no longer needed")
        })
    }
}

/// Anonymous resident memory of the process in bytes; `None` where the system does not tell. Mapped files are
/// not counted: the kernel can take their pages back.
#[cfg(unix)]
fn anonymous_memory() -> Option<u64> {
    use std::fs::File;
    use std::os::unix::fs::FileExt;
    use std::sync::OnceLock;
    static STATM: OnceLock<Option<File>> = OnceLock::new();
    let file = STATM.get_or_init(|| File::open("/proc/self/statm").ok()).as_ref()?;
    let mut text = [0_u8; 128];
    let read = file.read_at(&mut text, 0).ok()?;
    let mut fields = std::str::from_utf8(text.get(..read)?).ok()?.split(' ').skip(1).map(|f| f.parse::<u64>().ok());
    let (resident, shared) = (fields.next()??, fields.next()??);
    Some(resident.saturating_sub(shared) * 4096)
}

/// Other systems do not tell; the engine's own limits remain.
#[cfg(not(unix))]
fn anonymous_memory() -> Option<u64> {
    None
}
