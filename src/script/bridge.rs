//! The bridge from a script's thread to the host: the only `block_on`.
//!
//! A script runs on a thread of its own, so blocking it is harmless; on a runtime worker this would panic.

use crate::core::failure::{Failure, FailureKind, Outcome};
use crate::core::ids::Frame;
use crate::core::request::{Call, Request};
use crate::script::gate::Gate;
use crate::script::growth::{self, string_stop};
use crate::script::host::Host;
use crate::script::words;
use serde_json::Value;
use std::cell::RefCell;
use std::sync::Arc;
use std::time::Duration;
use tokio::runtime::Handle;

/// How long a cancelled call may take to settle what it has used before it is dropped.
const SETTLE: Duration = Duration::from_millis(150);

/// Where the current thread sits in the run: its frame, its gate and its way to the host.
#[derive(Clone)]
pub struct Seat {
    /// The frame of effects made on this thread.
    pub frame: Frame,
    /// What can stop this thread.
    pub gate: Arc<Gate>,
    /// Who answers.
    pub host: Arc<dyn Host>,
    /// The runtime that drives the host's futures.
    pub runtime: Handle,
}

thread_local! {
    /// Parallel branches of one script share the engine; what differs between them is the thread.
    static SEAT: RefCell<Option<Seat>> = const { RefCell::new(None) };
}

/// Takes `seat` for the time of `work` on this thread.
pub fn seated<T>(seat: Seat, work: impl FnOnce() -> T) -> T {
    let before = SEAT.with(|s| s.replace(Some(seat)));
    growth::reset();
    words::reset();
    let answer = work();
    SEAT.with(|s| s.replace(before));
    answer
}

/// The seat of this thread; a failure outside an evaluation.
pub fn seat() -> Outcome<Seat> {
    SEAT.with(|s| s.borrow().clone())
        .ok_or_else(|| Failure::new(FailureKind::Internal, "a primitive was called outside an evaluation"))
}

/// Why this thread's evaluation must stop, if it must.
pub fn stop_reason(operations: u64) -> Option<Failure> {
    SEAT.with(|s| {
        let seat = s.borrow();
        let gate = &seat.as_ref()?.gate;
        gate.memory_stop()
            .or_else(string_stop)
            .or_else(|| operations.is_multiple_of(256).then(|| gate.stop()).flatten())
    })
}

/// Asks the host and waits; cancellation ends the wait within 150 ms. The wait is not charged as computing.
pub fn ask(request: Request) -> Outcome<Value> {
    let seat = seat()?;
    if let Some(failure) = seat.gate.stop() {
        return Err(failure);
    }
    let call = Call { frame: seat.frame.clone(), request };
    #[allow(clippy::disallowed_methods, reason = "this is the bridge: a script's thread is no runtime worker")]
    seat.gate.waiting(|| {
        seat.runtime.block_on(async {
            let mut answer = seat.host.perform(call, seat.gate.cancel().clone());
            tokio::select! {
                biased;
                done = &mut answer => done,
                () = seat.gate.cancel().cancelled() => match tokio::time::timeout(SETTLE, answer).await {
                    Ok(Err(failure)) => Err(failure),
                    // A success that came too late is in the log; the script is over all the same.
                    Ok(Ok(_)) | Err(_) => Err(Failure::new(FailureKind::Cancelled, "cancelled")),
                },
            }
        })
    })
}
