//! Ctrl-C: the first cancels the run, which settles and keeps what it has; the second ends the process.

use crate::app::run::Run;
use crate::core::exit::Exit;
use crate::core::failure::{Failure, FailureKind, Outcome};
use std::sync::Arc;
use std::sync::atomic::Ordering;

/// Cancels the run at the first Ctrl-C or at a request to terminate.
pub fn cancel_on_signal(run: &Run) {
    let (token, by_person) = (run.cancel.clone(), Arc::clone(&run.host.kit.by_person));
    tokio::spawn(async move {
        // Before the cancellation, for what a call that it ends is charged depends on it.
        by_person.store(wait().await, Ordering::Relaxed);
        token.cancel();
        wait().await;
        #[allow(clippy::disallowed_methods, clippy::exit, reason = "a person who asks twice wants out now")]
        std::process::exit(i32::from(Exit::Interrupted.code()));
    });
}

/// Gives `work` up at Ctrl-C or a request to terminate: it does nothing that would have to be settled.
pub async fn unless_stopped<T>(work: impl Future<Output = Outcome<T>>) -> Outcome<T> {
    tokio::select! {
        biased;
        done = work => done,
        _ = wait() => Err(Failure::new(FailureKind::Cancelled, "cancelled")),
    }
}

/// Waits for a signal that asks the program to end; whether a person sent it.
async fn wait() -> bool {
    use tokio::signal::unix::{SignalKind, signal};
    let Ok(mut terminate) = signal(SignalKind::terminate()) else {
        // Without the second handler Ctrl-C alone must do.
        drop(tokio::signal::ctrl_c().await);
        return true;
    };
    tokio::select! {
        _ = tokio::signal::ctrl_c() => true,
        _ = terminate.recv() => false,
    }
}
