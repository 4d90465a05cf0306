//! Ctrl-C while something runs. At the prompt the terminal is in raw mode and the editor sees the key itself.

use crate::core::failure::{Failure, FailureKind, Outcome};
use futures::FutureExt;
use tokio::signal::unix::{Signal, SignalKind, signal};

/// The stream of interrupts. While it lives, an interrupt does not end the process.
pub struct Interrupts(Signal);

impl Interrupts {
    /// Takes over interrupts from now on.
    pub fn new() -> Outcome<Self> {
        signal(SignalKind::interrupt())
            .map(Self)
            .map_err(|error| Failure::new(FailureKind::Io, format!("Ctrl-C cannot be watched: {error}")))
    }

    /// Forgets interrupts that came while nothing ran.
    pub fn forget(&mut self) {
        while self.0.recv().now_or_never().flatten().is_some() {}
    }

    /// Gives `work` up at the next interrupt: it does nothing that would have to be settled.
    pub async fn unless<T>(&mut self, work: impl Future<Output = Outcome<T>>) -> Outcome<T> {
        tokio::select! {
            biased;
            done = work => done,
            () = self.next() => Err(Failure::cancelled()),
        }
    }

    /// Waits for the next interrupt.
    pub async fn next(&mut self) {
        if self.0.recv().await.is_none() {
            // Without a stream there are no interrupts to come.
            std::future::pending::<()>().await;
        }
    }
}
