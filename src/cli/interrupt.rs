//! Ctrl-C: the first cancels the run, which settles and keeps what it has; the second ends the process.

use crate::app::run::Run;
use crate::core::exit::Exit;
use crate::core::failure::{Failure, Outcome};
use crate::repl::editor::echo;
use futures::FutureExt;
use std::pin::pin;
use std::sync::atomic::Ordering;
use std::sync::{Arc, OnceLock};
use std::time::Duration;
use tokio::runtime::{Builder, Handle};
use tokio::signal::unix::{Signal, SignalKind, signal};
use tokio::sync::Mutex;
use tokio::time::timeout;

/// How long a run that looks at its log may take to stop.
const GRACE: Duration = Duration::from_millis(250);

/// Cancels the run at the first Ctrl-C or at a request to terminate, or at once if that has come already.
pub fn cancel_on_signal(run: &Run) {
    let (token, by_person) = (run.cancel.clone(), Arc::clone(&run.host.kit.by_person));
    let cancel = move |is_person: bool| {
        // Before the cancellation, for what a call that it ends is charged depends on it.
        by_person.store(is_person, Ordering::Relaxed);
        token.cancel();
    };
    // Not left to the thread, which might begin only after the run has asked something.
    let heard = wait().now_or_never().map(&cancel).is_some();
    let watched = watch(cancel.clone(), heard);
    // On a thread of its own, with its own ear for signals: those of the runtime may all be busy with what never ends.
    let (thread, shared) = (std::thread::Builder::new().name("signals".to_owned()), Handle::current());
    let begun = thread.spawn(move || match Builder::new_current_thread().enable_io().build() {
        Ok(runtime) => runtime.block_on(watched),
        Err(_) => drop(shared.spawn(watched)),
    });
    if begun.is_err() {
        tokio::spawn(watch(cancel, heard));
    }
}

async fn watch(cancel: impl Fn(bool), heard: bool) {
    if !heard {
        cancel(wait().await);
    }
    wait().await;
    echo::restore();
    #[allow(clippy::disallowed_methods, clippy::exit, reason = "a person who asks twice wants out now")]
    std::process::exit(i32::from(Exit::Interrupted.code()));
}

/// Gives `work` up at Ctrl-C or a request to terminate: it does nothing that would have to be settled.
pub async fn unless_stopped<T>(work: impl Future<Output = Outcome<T>>) -> Outcome<T> {
    tokio::select! {
        biased;
        done = work => done,
        _ = wait() => Err(Failure::cancelled()),
    }
}

/// Ends a run that only looks at its log at Ctrl-C or a request to terminate, and waits until its program has stopped: the
/// runtime must not be shut down under it. One that does not stop is given up.
pub async fn or_stopped<T>(run: &Run, work: impl Future<Output = T>) -> Outcome<T> {
    let mut work = pin!(work);
    tokio::select! {
        biased;
        done = &mut work => return Ok(done),
        _ = wait() => run.cancel.cancel(),
    }
    // How it ended is of no interest any more.
    drop(timeout(GRACE, work).await);
    Err(Failure::cancelled())
}

/// The signals that ask the program to end. Once they are watched they never end it by themselves again, as with every
/// handler of a process. So the streams are made once and live as long as it does: what comes between two waits is
/// heard by the next. One that cannot be watched keeps ending the program.
struct Signals {
    interrupt: Option<Signal>,
    terminate: Option<Signal>,
}

static SIGNALS: OnceLock<Mutex<Signals>> = OnceLock::new();

/// Waits for a signal that asks the program to end; whether a person sent it.
async fn wait() -> bool {
    let watched = || Signals {
        // What cannot be watched ends the program as it always did.
        terminate: signal(SignalKind::terminate()).ok(),
        interrupt: signal(SignalKind::interrupt()).ok(),
    };
    let mut signals = SIGNALS.get_or_init(|| Mutex::new(watched())).lock().await;
    let Signals { interrupt, terminate } = &mut *signals;
    tokio::select! {
        () = next(interrupt) => true,
        () = next(terminate) => false,
    }
}

async fn next(signals: &mut Option<Signal>) {
    if let Some(signals) = signals
        && signals.recv().await.is_some()
    {
        return;
    }
    // Without a stream there are no signals to come.
    std::future::pending::<()>().await;
}
