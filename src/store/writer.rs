//! The one thread that writes: it takes all work that waits, commits it as one transaction, then tells the callers.
//!
//! So a thousand callers at once share a few disk syncs, and nobody is told before the sync.

use crate::core::failure::{Failure, FailureKind, Outcome};
use crate::store::connect;
use crate::store::fault::{Fault, Worked};
use crate::store::group::{self, Desk, Owner, TRIES};
use crate::store::queue::Queue;
use rusqlite::Connection;
use std::future::Future;
use std::pin::{Pin, pin};
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Arc, Mutex, PoisonError};
use std::task::{Context, Poll, Wake, Waker};
use std::thread::{self, JoinHandle, Thread};
use tokio::sync::oneshot;
use tokio::task::unconstrained;

/// A write on its way to the disk: await it in async code, `wait` for it in a plain thread.
///
/// Dropping it does not stop the write; a failure that nobody waits for is told by `Store::close`.
#[derive(Debug)]
#[must_use = "a write is durable only after its ack"]
pub struct Ack<T>(oneshot::Receiver<Outcome<T>>);

impl<T> Ack<T> {
    /// Blocks the thread until the write is on disk; async code awaits the ack instead, so as not to hold up others.
    pub fn wait(self) -> Outcome<T> {
        // Not `blocking_recv`, which panics where async code runs. Unconstrained, because tokio would otherwise
        // answer a task that has used up its turn with `Pending` for ever.
        let mut ack = pin!(unconstrained(self));
        let waker = Waker::from(Arc::new(Unpark(thread::current())));
        loop {
            match ack.as_mut().poll(&mut Context::from_waker(&waker)) {
                Poll::Ready(outcome) => return outcome,
                Poll::Pending => thread::park(),
            }
        }
    }

    /// An ack whose outcome is known already.
    pub(super) fn ready(outcome: Outcome<T>) -> Self {
        let (tell, told) = oneshot::channel();
        // The receiver is in hand, so this cannot fail.
        drop(tell.send(outcome));
        Self(told)
    }
}

impl<T> Future for Ack<T> {
    type Output = Outcome<T>;

    fn poll(mut self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<Self::Output> {
        Pin::new(&mut self.0).poll(context).map(|told| told.unwrap_or_else(|_| Err(stopped())))
    }
}

/// Wakes a thread that waits for an ack.
struct Unpark(Thread);

impl Wake for Unpark {
    fn wake(self: Arc<Self>) {
        self.0.unpark();
    }
}

/// The thread's end for the rest of the room.
#[derive(Debug)]
pub(super) struct Writer {
    queue: Arc<Queue>,
    thread: Option<JoinHandle<()>>,
    tally: Arc<Tally>,
}

/// How soon a write is to be on disk.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Haste {
    /// At once: somebody waits for it, and others for him.
    Now,
    /// With the next one that hurries, or some milliseconds later: nobody waits for it, or nobody else is held up by that.
    WithOthers,
}

/// What the thread tells outside of acks.
#[derive(Debug, Default)]
pub(super) struct Tally {
    pub(super) commits: AtomicU64,
    /// The first failure whose caller had gone.
    unheard: Mutex<Option<Failure>>,
}

/// One piece of work. It may be applied again if the group that it was in could not be committed.
pub(super) trait Job: Send {
    /// How soon it is to be done.
    fn haste(&self) -> Haste;
    /// Whose result, event or intent it holds, if it holds one.
    fn owner(&self) -> Option<&Owner>;
    /// Whether it touches the file at all.
    fn writes(&self) -> bool;
    /// Does the work inside a transaction.
    fn apply(&mut self, connection: &Connection) -> Worked<()>;
    /// Tells the caller: the value of the last `apply`, or why there is none.
    fn tell(self: Box<Self>, outcome: Outcome<()>, tally: &Tally);
}

struct Write<T, W, D> {
    haste: Haste,
    owner: Option<Owner>,
    work: W,
    done: D,
    value: Option<T>,
    tell: oneshot::Sender<Outcome<T>>,
}

impl<T, W, D> Job for Write<T, W, D>
where
    T: Send,
    W: FnMut(&Connection) -> Worked<T> + Send,
    D: FnOnce(&T) + Send,
{
    fn haste(&self) -> Haste {
        self.haste
    }

    fn owner(&self) -> Option<&Owner> {
        self.owner.as_ref()
    }

    fn writes(&self) -> bool {
        true
    }

    fn apply(&mut self, connection: &Connection) -> Worked<()> {
        self.value = Some((self.work)(connection)?);
        Ok(())
    }

    fn tell(self: Box<Self>, outcome: Outcome<()>, tally: &Tally) {
        let told = match (outcome, self.value) {
            (Ok(()), Some(value)) => {
                (self.done)(&value);
                Ok(value)
            }
            (Ok(()), None) => Err(stopped()),
            (Err(failure), _) => Err(cause(tally, failure)),
        };
        if let Err(Err(failure)) = self.tell.send(told) {
            tally.unheard.lock().unwrap_or_else(PoisonError::into_inner).get_or_insert(failure);
        }
    }
}

/// Why a write failed: a statement is also refused because of one before it, as of a run whose row the disk had no room for.
fn cause(tally: &Tally, failure: Failure) -> Failure {
    let first = tally.unheard.lock().unwrap_or_else(PoisonError::into_inner).clone();
    first.filter(|first| first.kind == FailureKind::Io && failure.kind == FailureKind::Internal).unwrap_or(failure)
}

/// Work without a write, done when its turn in the queue comes.
struct Then<F>(Haste, F);

impl<F: FnOnce(&Tally) + Send> Job for Then<F> {
    fn haste(&self) -> Haste {
        self.0
    }

    fn owner(&self) -> Option<&Owner> {
        None
    }

    fn writes(&self) -> bool {
        false
    }

    fn apply(&mut self, _: &Connection) -> Worked<()> {
        Ok(())
    }

    fn tell(self: Box<Self>, _: Outcome<()>, tally: &Tally) {
        (self.1)(tally);
    }
}

impl Writer {
    pub(super) fn start(mut connection: Connection, desk: Desk) -> Outcome<Self> {
        let (queue, tally) = (Arc::clone(&desk.queue), Arc::clone(&desk.tally));
        let jobs = Jobs(Arc::clone(&queue));
        connection.busy_timeout(desk.patience / TRIES).map_err(|error| Fault::from(error).about(&desk.path))?;
        let thread = thread::Builder::new()
            .name("store".to_owned())
            .spawn(move || {
                while let Some(group) = jobs.0.take() {
                    group::commit(&mut connection, group, &desk);
                }
                // Everything is durable already; if this fails, the next process that opens the store does it.
                drop(connect::tidy(&connection, &desk.path));
            })
            .map_err(|error| Failure::new(FailureKind::Io, format!("cannot start the store's writer: {error}")))?;
        Ok(Self { queue, thread: Some(thread), tally })
    }

    /// Hands over a write; `done` runs after its commit, in the order of the queue.
    ///
    /// `work` may run several times, each but the last in a transaction that is rolled back.
    pub(super) fn write<T: Send + 'static>(
        &self,
        work: impl FnMut(&Connection) -> Worked<T> + Send + 'static,
        done: impl FnOnce(&T) + Send + 'static,
    ) -> Ack<T> {
        self.write_in(Haste::Now, work, done)
    }

    /// The same with another haste.
    pub(super) fn write_in<T: Send + 'static>(
        &self,
        haste: Haste,
        work: impl FnMut(&Connection) -> Worked<T> + Send + 'static,
        done: impl FnOnce(&T) + Send + 'static,
    ) -> Ack<T> {
        self.hand_over(haste, None, work, done)
    }

    /// The same with a result, which waits longer for another process.
    pub(super) fn write_result(
        &self,
        haste: Haste,
        owner: Owner,
        work: impl FnMut(&Connection) -> Worked<()> + Send + 'static,
    ) -> Ack<()> {
        self.hand_over(haste, Some(owner), work, |()| {})
    }

    /// Writes for an owner, or for nobody, and does something once it is on disk.
    pub(super) fn hand_over<T: Send + 'static>(
        &self,
        haste: Haste,
        owner: Option<Owner>,
        work: impl FnMut(&Connection) -> Worked<T> + Send + 'static,
        done: impl FnOnce(&T) + Send + 'static,
    ) -> Ack<T> {
        let (tell, told) = oneshot::channel();
        self.queue(Box::new(Write { haste, owner, work, done, value: None, tell }));
        Ack(told)
    }

    /// Does something without a write after everything queued before it.
    pub(super) fn then<T: Send + 'static>(
        &self,
        haste: Haste,
        what: impl FnOnce(&Tally) -> Outcome<T> + Send + 'static,
    ) -> Ack<T> {
        let (tell, told) = oneshot::channel();
        // A caller that does not wait for it wants no answer.
        self.queue(Box::new(Then(haste, move |tally: &Tally| drop(tell.send(what(tally))))));
        Ack(told)
    }

    pub(super) fn flush(&self) -> Ack<()> {
        self.then(Haste::Now, |tally| {
            tally.unheard.lock().unwrap_or_else(PoisonError::into_inner).take().map_or(Ok(()), Err)
        })
    }

    pub(super) fn commits(&self) -> u64 {
        self.tally.commits.load(Ordering::Relaxed)
    }

    fn queue(&self, job: Box<dyn Job>) {
        // If the thread is gone the job is dropped, and its ack answers that the writer has stopped.
        self.queue.push(job);
    }
}

impl Drop for Writer {
    fn drop(&mut self) {
        self.queue.close();
        if let Some(thread) = self.thread.take() {
            // A panic of the thread has been told by every ack that it dropped.
            drop(thread.join());
        }
    }
}

/// The thread's end of the queue: whoever waits for a job is told when the thread dies.
struct Jobs(Arc<Queue>);

impl Drop for Jobs {
    fn drop(&mut self) {
        self.0.abandon();
    }
}

fn stopped() -> Failure {
    Failure::new(FailureKind::Internal, "the store's writer has stopped before the write was on disk")
}

#[cfg(test)]
mod tests;
