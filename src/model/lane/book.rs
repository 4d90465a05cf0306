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
    held: Mutex<Held>,
}

/// How long the server, not a limit of one's own, held back whose turn it was, and with him all behind him.
#[derive(Debug, Default)]
struct Held {
    before: Duration,
    since: Option<Instant>,
}

impl Held {
    fn at(&self, now: Instant) -> Duration {
        self.before + self.since.map_or(Duration::ZERO, |since| now.saturating_duration_since(since))
    }

    fn end(&mut self, now: Instant) {
        *self = Self { before: self.at(now), since: None };
    }
}

/// The server holds back whose turn it is until this is dropped.
pub(super) struct Hold<'a>(&'a Book);

impl Drop for Hold<'_> {
    fn drop(&mut self) {
        self.0.held().end(Instant::now());
    }
}

impl Book {
    /// A book in which nothing stands yet.
    pub(super) fn new(limits: RateLimits) -> Self {
        Self { rate: Mutex::new(Rate::new(limits)), turn: Turn::new(()), freed: Notify::new(), held: Mutex::default() }
    }

    fn held(&self) -> MutexGuard<'_, Held> {
        self.held.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// How long the server has held back whose turn it was, over all time until now. Who has waited knows by it how much of
    /// that was the server's.
    pub(super) fn held_until(&self, now: Instant) -> Duration {
        self.held().at(now)
    }

    /// Takes note that the server holds back whose turn it is.
    pub(super) fn hold(&self) -> Hold<'_> {
        self.held().since = Some(Instant::now());
        Hold(self)
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

#[cfg(test)]
mod tests {
    use super::Held;
    use std::time::Duration;
    use tokio::time::Instant;

    #[test]
    fn what_the_server_holds_back_is_counted_while_it_does_and_after() {
        let (start, second) = (Instant::now(), Duration::from_secs(1));
        let mut held = Held { since: Some(start), ..Held::default() };
        assert_eq!(held.at(start + 3 * second), 3 * second);
        held.end(start + 4 * second);
        assert_eq!(held.at(start + 9 * second), 4 * second);
        held.since = Some(start + 10 * second);
        assert_eq!(held.at(start + 12 * second), 6 * second);
    }
}
