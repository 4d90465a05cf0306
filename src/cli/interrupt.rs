//! Ctrl-C: the first cancels the run, which settles and keeps what it has; the second ends the process.

use crate::core::exit::Exit;
use tokio_util::sync::CancellationToken;

/// Cancels `token` at the first Ctrl-C or at a request to terminate.
pub fn cancel_on_signal(token: CancellationToken) {
    tokio::spawn(async move {
        wait().await;
        token.cancel();
        wait().await;
        #[allow(clippy::disallowed_methods, clippy::exit, reason = "a person who asks twice wants out now")]
        std::process::exit(i32::from(Exit::Interrupted.code()));
    });
}

/// Waits for a signal that asks the program to end.
async fn wait() {
    use tokio::signal::unix::{SignalKind, signal};
    let Ok(mut terminate) = signal(SignalKind::terminate()) else {
        // Without the second handler Ctrl-C alone must do.
        drop(tokio::signal::ctrl_c().await);
        return;
    };
    tokio::select! {
        _ = tokio::signal::ctrl_c() => {}
        _ = terminate.recv() => {}
    }
}
