//! A book of limits with those who wait at it, in order of arrival. Every lane has its own, and where a service has
//! limits all lanes to it have one more in common. What may go out when is decided in `rate`.

use crate::config::traffic::RateLimits;
use crate::model::chat::{Piece, Watch};
use crate::model::rate::{Rate, Ticket};
use crate::model::wait::{Cause, Wait};
use std::sync::{Mutex, MutexGuard, PoisonError};
use std::time::Duration;
use tokio::sync::futures::Notified;
use tokio::sync::{Mutex as Turn, Notify};
use tokio::time::{Instant, sleep_until};

/// Waits shorter than this are not told: nobody could read it in time.
pub(super) const TOLD: Duration = Duration::from_millis(100);

/// A book of limits, shared by all who have to pass it.
#[derive(Debug)]
pub(super) struct Book {
    rate: Mutex<Rate>,
    /// Held by the request whose turn it is; the others queue here.
    pub(super) turn: Turn<()>,
    /// Told whenever something that a request waits for may have become free.
    freed: Notify,
}

impl Book {
    /// A book in which nothing stands yet.
    pub(super) fn new(limits: RateLimits) -> Self {
        Self { rate: Mutex::new(Rate::new(limits)), turn: Turn::new(()), freed: Notify::new() }
    }

    /// A panic while the lock was held leaves at worst a figure behind that the next answer corrects.
    pub(super) fn rate(&self) -> MutexGuard<'_, Rate> {
        self.rate.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Ends once something has become free from now on. To be asked for before the book is, so that what becomes free
    /// between the look and the wait is not missed.
    pub(super) fn freed(&self) -> Notified<'_> {
        self.freed.notified()
    }

    /// Notes what a request used in truth.
    pub(super) fn settle(&self, ticket: Ticket, tokens: u64) {
        self.rate().settle(ticket, tokens);
        self.freed.notify_waiters();
    }

    /// Notes that a request is no longer under way.
    pub(super) fn leave(&self) {
        self.rate().leave();
        self.freed.notify_waiters();
    }
}

/// Waits until a request may ask again. A wait with an end is told, if it was not `told` before.
pub(super) async fn sit(wait: Wait, freed: Notified<'_>, watch: &Watch, told: &mut Option<Cause>) {
    let Some(until) = wait.until else { return freed.await };
    if *told != Some(wait.cause) && tell(wait, watch) {
        *told = Some(wait.cause);
    }
    tokio::select! {
        () = sleep_until(until) => {}
        () = freed => {}
    }
}

/// Tells a wait that has an end; says whether it is long enough for that.
pub(super) fn tell(wait: Wait, watch: &Watch) -> bool {
    let Some(left) = wait.left(Instant::now()).filter(|left| *left >= TOLD) else { return false };
    let millis = u64::try_from(left.as_millis()).unwrap_or(u64::MAX);
    watch.show(Piece::Waiting { wait_millis: Some(millis), reason: wait.cause.describe().to_owned() });
    true
}
