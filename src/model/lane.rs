//! The way to one model at one server, shared by all its callers in the process: its rate limits, the server's
//! allowance, and its circuit breakers: a patient one, and one for calls for which another model stands by.
//!
//! What may go out when is decided in `rate` and `breaker`; here is the waiting, in order of arrival, and its telling.

use crate::core::failure::{Failure, FailureKind, Outcome};
use crate::core::message::{ChatReply, ChatRequest, FailedCall};
use crate::core::text::{one_line, without_secrets};
use crate::core::usage::Usage;
use crate::model::allowance::Allowance;
use crate::model::breaker::{Breaker, Contact, Health, OPENS_AFTER, Refused, YIELDS_AFTER};
use crate::model::chat::{Piece, Watch};
use crate::model::estimate;
use crate::model::rate::{Need, Rate, RateLimits, Ticket, Wait};
use crate::model::retry::cancelled;
use std::collections::HashMap;
use std::pin::pin;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;
use tokio::sync::{Mutex as Turn, Notify};
use tokio::time::{Instant, sleep, sleep_until};

/// Waits shorter than this are not told: nobody could read it in time.
const TOLD: Duration = Duration::from_millis(100);

/// The name of the detail of a failed call that never went out, so that it counts for nothing.
pub const UNSENT: &str = "unsent";

/// The way to one model at one server.
#[derive(Debug)]
pub struct Lane {
    /// The model and its server, for messages.
    name: String,
    rate: Mutex<Rate>,
    breaker: Mutex<Breaker>,
    /// The one that opens at the first failure, with what failed last.
    hasty: Mutex<(Breaker, String)>,
    /// Held by the request whose turn it is; the others queue here.
    turn: Turn<()>,
    /// Told whenever something that a request waits for may have become free.
    freed: Notify,
}

impl Lane {
    /// A lane on which nothing has happened yet.
    pub fn new(name: impl Into<String>, limits: RateLimits) -> Arc<Self> {
        let (rate, breaker) = (Mutex::new(Rate::new(limits)), Mutex::new(Breaker::new(OPENS_AFTER)));
        let hasty = Mutex::new((Breaker::new(YIELDS_AFTER), String::new()));
        Arc::new(Self { name: name.into(), rate, breaker, hasty, turn: Turn::new(()), freed: Notify::new() })
    }

    /// Makes a call, all attempts included, unless the breaker is open. With a `standby`, a model that answers in its
    /// place, one failed call is enough for it to be open.
    ///
    /// # Errors
    /// Those of `work`; `transport` with the detail `unsent` while the breaker is open.
    pub async fn call(
        &self,
        standby: bool,
        work: impl Future<Output = Result<ChatReply, FailedCall>>,
    ) -> Result<ChatReply, FailedCall> {
        let mut visit = self.enter(Instant::now(), standby)?;
        let result = work.await;
        visit.end(result.as_ref().err().map(|failed| &failed.failure));
        result
    }

    fn enter(&self, now: Instant, standby: bool) -> Outcome<Visit<'_>> {
        let mut visit = Visit { lane: self, probe: false, hasty_probe: false, ended: Default::default() };
        if standby {
            let mut hasty = self.hasty();
            visit.hasty_probe = hasty.0.enter(now).map_err(|refused| self.yielding(refused, &hasty.1))?;
        }
        visit.probe = self.breaker().enter(now).map_err(|refused| self.open(refused))?;
        Ok(visit)
    }

    /// Waits until a request may go out, and lets it out. `patience` limits what the server may ask to wait; one's own
    /// limits are waited for as long as it takes.
    ///
    /// # Errors
    /// `cancelled`; `rate_limit` if the server asks for more than `patience`.
    pub async fn pass(self: &Arc<Self>, need: Need, patience: Duration, watch: &Watch) -> Outcome<Pass> {
        let mut queue = pin!(self.queue(need, patience, watch));
        let mut cancel = pin!(watch.cancel.cancelled());
        let pass = tokio::select! {
            biased;
            () = &mut cancel => return Err(cancelled()),
            pass = &mut queue => pass,
            () = sleep(TOLD) => {
                self.tell_place(need, watch);
                tokio::select! {
                    biased;
                    () = cancel => return Err(cancelled()),
                    pass = queue => pass,
                }
            }
        };
        pass.inspect(|_| watch.turn.comes())
    }

    /// Says why a request waits when nobody knows for how long. Whose wait has an end is told when it begins.
    fn tell_place(&self, need: Need, watch: &Watch) {
        let wait = self.rate().wait(Instant::now(), need);
        if let Some(Wait { until: None, cause }) = wait {
            watch.show(Piece::Waiting { wait_millis: None, reason: cause.describe().to_owned() });
        }
    }

    /// Holds all requests back for a while, because the server asked one of them to wait.
    pub fn pause(&self, wait: Duration) {
        if let Some(until) = Instant::now().checked_add(wait) {
            self.rate().pause(until);
        }
    }

    /// How its breaker stands.
    pub fn health(&self) -> Health {
        self.breaker().health(Instant::now())
    }

    async fn queue(self: &Arc<Self>, need: Need, patience: Duration, watch: &Watch) -> Outcome<Pass> {
        let _turn = self.turn.lock().await;
        let mut told = None;
        loop {
            // Made before the check, so that what becomes free between the check and the wait is not missed.
            let freed = self.freed.notified();
            let now = Instant::now();
            let wait = match self.rate().admit(now, need) {
                Ok(ticket) => return Ok(Pass { lane: Arc::clone(self), ticket: Some(ticket) }),
                Err(wait) => wait,
            };
            let Wait { until: Some(until), cause } = wait else {
                freed.await;
                continue;
            };
            let left = until.saturating_duration_since(now);
            if cause.is_server() && left > patience {
                return Err(self.too_long(wait, left));
            }
            if told != Some(cause) && left >= TOLD {
                told = Some(cause);
                let millis = u64::try_from(left.as_millis()).unwrap_or(u64::MAX);
                watch.show(Piece::Waiting { wait_millis: Some(millis), reason: cause.describe().to_owned() });
            }
            tokio::select! {
                () = sleep_until(until) => {}
                () = freed => {}
            }
        }
    }

    fn open(&self, refused: Refused) -> Failure {
        unsent(format!("{} calls in a row to {} did not get through", refused.failures, self.name), refused)
    }

    fn yielding(&self, refused: Refused, why: &str) -> Failure {
        unsent(format!("the last call to {} failed ({why})", self.name), refused)
    }

    fn too_long(&self, wait: Wait, left: Duration) -> Failure {
        let seconds = left.as_secs_f64();
        let message = format!("{}: {}; it is back in {seconds:.0} s", self.name, wait.cause.describe());
        Failure::new(FailureKind::RateLimit, message)
            .hint("that is longer than the call's total timeout; wait, or choose another model")
            .detail("retry_after", seconds)
    }

    /// A panic while a lock was held leaves at worst a figure behind that the next answer corrects.
    fn rate(&self) -> MutexGuard<'_, Rate> {
        self.rate.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn breaker(&self) -> MutexGuard<'_, Breaker> {
        self.breaker.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn hasty(&self) -> MutexGuard<'_, (Breaker, String)> {
        self.hasty.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// The failure of a call that an open breaker does not let out.
fn unsent(what: String, refused: Refused) -> Failure {
    let when = match refused.left {
        Some(left) => format!("it is tried again in {} s", left.as_secs().saturating_add(1)),
        None => "it is being tried again right now".to_owned(),
    };
    let failure = Failure::new(FailureKind::Transport, format!("{what}; {when}"))
        .hint("check the server and the network; `rhizo models test` asks it at once")
        .detail("breaker", "open")
        .detail(UNSENT, true);
    refused.left.into_iter().fold(failure, |failure, left| failure.detail("retry_after", left.as_secs_f64()))
}

/// A call under way, as the breakers count it; a call that is dropped says nothing about the server.
struct Visit<'a> {
    lane: &'a Lane,
    probe: bool,
    hasty_probe: bool,
    /// What its end says to the patient breaker and to the hasty one.
    ended: [Contact; 2],
}

impl Visit<'_> {
    fn end(&mut self, failure: Option<&Failure>) {
        // What is refused here has not reached the server. One that asks to wait is a reason to ask another all the same.
        let unsent = failure.is_some_and(|failure| failure.details.contains_key(UNSENT));
        let patient = if unsent { Contact::Unknown } else { Contact::of(failure.map(|failure| failure.kind)) };
        self.ended = [patient, Contact::with_standby(failure)];
        if let Some(failure) = failure.filter(|_| self.ended[1] == Contact::Lost) {
            self.lane.hasty().1 = one_line(&failure.message, 120);
        }
    }
}

impl Drop for Visit<'_> {
    fn drop(&mut self) {
        let (now, [patient, hasty]) = (Instant::now(), self.ended);
        self.lane.breaker().leave(now, self.probe, patient);
        self.lane.hasty().0.leave(now, self.hasty_probe, hasty);
    }
}

/// A request under way; dropping it ends it.
#[derive(Debug)]
pub struct Pass {
    lane: Arc<Lane>,
    /// `None` while it waits for its next request.
    ticket: Option<Ticket>,
}

impl Pass {
    /// Ends this request and waits until another one of the same call may go out.
    ///
    /// # Errors
    /// Those of `Lane::pass`.
    pub async fn again(&mut self, need: Need, patience: Duration, watch: &Watch) -> Outcome<()> {
        self.end();
        let mut next = Arc::clone(&self.lane).pass(need, patience, watch).await?;
        self.ticket = next.ticket.take();
        Ok(())
    }

    /// Takes what the answer's headers say about the server's allowance.
    pub fn heed(&self, allowance: &Allowance) {
        if let Some(ticket) = self.ticket {
            self.lane.rate().heed(Instant::now(), ticket, allowance);
        }
    }

    /// Notes what the request used in truth.
    pub fn used(&self, usage: &Usage) {
        if let Some(ticket) = self.ticket {
            self.lane.rate().settle(ticket, usage.total());
            self.lane.freed.notify_waiters();
        }
    }

    fn end(&mut self) {
        if self.ticket.take().is_some() {
            self.lane.rate().leave();
            self.lane.freed.notify_waiters();
        }
    }
}

impl Drop for Pass {
    fn drop(&mut self) {
        self.end();
    }
}

/// What a request needs.
pub fn need(request: &ChatRequest) -> Need {
    let prompt = estimate::prompt_tokens(request);
    Need { prompt, most: prompt.saturating_add(request.sampling.max_tokens.unwrap_or(0)) }
}

/// The lanes of a process, by address and model.
#[derive(Debug, Default)]
pub struct Lanes {
    known: Mutex<HashMap<(String, String), Arc<Lane>>>,
}

impl Lanes {
    /// The lane to a model at a server; made with these limits if it is the first to ask. Two configured models may
    /// be the same one: then the limits of the first hold for both.
    pub fn of(&self, base_url: &str, model: &str, limits: RateLimits) -> Arc<Lane> {
        let mut known = self.known.lock().unwrap_or_else(PoisonError::into_inner);
        let lane = known
            .entry((base_url.to_owned(), model.to_owned()))
            .or_insert_with(|| Lane::new(format!("{model} at {}", without_secrets(base_url)), limits));
        Arc::clone(lane)
    }
}

#[cfg(test)]
mod tests;
