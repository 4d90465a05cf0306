//! Runs a program to its end: feeds it, reads its output within bounds, and ends it when time or output runs out.

use crate::core::failure::{Failure, FailureKind, Outcome};
use crate::tools::clip::{Clip, Clipped};
use crate::tools::process::launch::{Program, Running, launch};
use std::io;
use std::os::unix::process::ExitStatusExt;
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::{Duration, Instant};
use tokio::io::{AsyncRead, AsyncReadExt, AsyncWriteExt};
use tokio::process::ChildStdin;
use tokio::sync::Notify;
use tokio::task::JoinHandle;
use tokio_util::sync::CancellationToken;

/// Bounds of a run.
#[derive(Clone, Debug)]
pub struct Bounds {
    /// How long it may take.
    pub timeout: Duration,
    /// Bytes of each stream that are kept, as head and tail.
    pub kept_bytes: usize,
    /// Bytes of both streams together at which it is killed.
    pub flood_bytes: u64,
}

/// How a program ended.
#[derive(Clone, Debug)]
pub struct Ended {
    /// Its exit status, or 128 and the number of the signal that killed it, as shells count.
    pub status: i32,
    /// Its output.
    pub stdout: Clipped,
    /// Its complaints.
    pub stderr: Clipped,
    /// Whether it was killed because time ran out.
    pub timed_out: bool,
    /// Whether it was killed because of too much output.
    pub flooded: bool,
    /// Whether the kernel confined what it wrote.
    pub is_confined: bool,
    /// How long it took.
    pub took: Duration,
}

/// How long the end and the rest of the output are waited for when all have been killed; only a process that escaped or
/// cannot be killed takes longer.
const GRACE: Duration = Duration::from_secs(2);

#[derive(Clone, Copy, PartialEq, Eq)]
enum Stop {
    Ended,
    Timeout,
    Flood,
}

/// Runs a program; whatever it started and left behind is killed when it ends.
///
/// Fails as `launch` does, and with `Cancelled`; any exit status is an answer.
pub async fn run(program: Program, stdin: Vec<u8>, bounds: &Bounds, cancel: &CancellationToken) -> Outcome<Ended> {
    let began = Instant::now();
    let mut running = launch(program).await?;
    let flood = Flood { left: Arc::new(AtomicU64::new(bounds.flood_bytes)), signal: Arc::new(Notify::new()) };
    let feeding = running.child.stdin.take().map(|pipe| Reading(tokio::spawn(feed(pipe, stdin))));
    let stdout = running.child.stdout.take().map(|pipe| collect(pipe, bounds.kept_bytes, &flood));
    let stderr = running.child.stderr.take().map(|pipe| collect(pipe, bounds.kept_bytes, &flood));
    let stop = stop(&mut running, &flood, bounds.timeout, cancel).await;
    let mut running = ended(running).await?;
    drop(feeding);
    let stop = stop?;
    // A program that was killed is waited for, so that it leaves the table of processes.
    let status = tokio::time::timeout(GRACE, running.child.wait()).await.map_err(|_| immortal())?;
    let status = status.map_err(|error| lost(&error))?;
    Ok(Ended {
        status: status.code().unwrap_or_else(|| 128 + status.signal().unwrap_or(0)),
        stdout: gathered(stdout).await,
        stderr: gathered(stderr).await,
        timed_out: stop == Stop::Timeout,
        flooded: stop == Stop::Flood,
        is_confined: running.is_confined,
        took: began.elapsed(),
    })
}

/// Waits for the first reason to stop.
async fn stop(running: &mut Running, flood: &Flood, timeout: Duration, cancel: &CancellationToken) -> Outcome<Stop> {
    tokio::select! {
        biased;
        () = cancel.cancelled() => {
            Err(Failure::new(FailureKind::Cancelled, "the command was cancelled, and killed with its children"))
        }
        status = running.child.wait() => {
            running.note_end(status.map_err(|error| lost(&error))?);
            Ok(Stop::Ended)
        }
        () = running.program_ended.wait() => Ok(Stop::Ended),
        () = flood.signal.notified() => Ok(Stop::Flood),
        () = tokio::time::sleep(timeout) => Ok(Stop::Timeout),
    }
}

/// Kills what is left of the family, off the runtime because that reads `/proc`.
async fn ended(mut running: Running) -> Outcome<Running> {
    let ending = tokio::task::spawn_blocking(move || {
        running.end();
        running
    });
    ending.await.map_err(|error| Failure::new(FailureKind::Internal, format!("a command could not be ended: {error}")))
}

fn lost(error: &io::Error) -> Failure {
    Failure::new(FailureKind::Tool, format!("the command was lost: {error}"))
}

fn immortal() -> Failure {
    Failure::new(FailureKind::Tool, "the command had to be killed and the system does not let it end")
        .hint("it may run as another user, or wait for a broken disk")
}

/// A task that ends when nobody waits for it.
struct Reading<T>(JoinHandle<T>);

impl<T> Drop for Reading<T> {
    fn drop(&mut self) {
        self.0.abort();
    }
}

/// The program may end, or close its input, before it has read all: that is its own business.
async fn feed(mut pipe: ChildStdin, text: Vec<u8>) {
    if pipe.write_all(&text).await.is_ok() {
        drop(pipe.shutdown().await);
    }
}

/// What is left of the output that a program may make.
#[derive(Clone)]
struct Flood {
    left: Arc<AtomicU64>,
    signal: Arc<Notify>,
}

impl Flood {
    fn take(&self, count: usize) {
        let count = u64::try_from(count).unwrap_or(u64::MAX);
        let taken = self.left.fetch_update(Ordering::Relaxed, Ordering::Relaxed, |left| left.checked_sub(count));
        if taken.is_err() {
            self.signal.notify_one();
        }
    }
}

/// A stream that is being read; what was read so far is there even if reading never ends.
struct Stream {
    clip: Arc<std::sync::Mutex<Clip>>,
    reading: Reading<()>,
}

fn collect(mut pipe: impl AsyncRead + Unpin + Send + 'static, kept_bytes: usize, flood: &Flood) -> Stream {
    let clip = Arc::new(std::sync::Mutex::new(Clip::new(kept_bytes)));
    let (shared, flood) = (Arc::clone(&clip), flood.clone());
    let reading = tokio::spawn(async move {
        let mut piece = vec![0; 1 << 16];
        // A pipe that breaks ends the stream like one that is closed.
        while let Ok(count @ 1..) = pipe.read(&mut piece).await {
            shared.lock().unwrap_or_else(std::sync::PoisonError::into_inner).push(&piece[..count]);
            flood.take(count);
        }
    });
    Stream { clip, reading: Reading(reading) }
}

async fn gathered(stream: Option<Stream>) -> Clipped {
    let Some(mut stream) = stream else { return Clip::new(0).finish("") };
    // If the grace passes, an escaped process holds the pipe; what was read so far is what there is.
    let _escaped = tokio::time::timeout(GRACE, &mut stream.reading.0).await.is_err();
    let mut clip = stream.clip.lock().unwrap_or_else(std::sync::PoisonError::into_inner);
    std::mem::replace(&mut *clip, Clip::new(0)).finish("")
}
