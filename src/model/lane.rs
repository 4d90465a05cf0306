//! The way to one model at one server, shared by all its callers in the process: its rate limits and those of its
//! service, the server's allowance, and its circuit breakers: a patient one, and one for calls for which another model
//! stands by.
//!
//! What may go out when is decided in `rate` and `breaker`; here is the waiting, in order of arrival, and its telling.
//! Where a service has limits its models take turns there, one request of each, so that a long batch of one is no wall
//! for the others.

mod book;
pub mod pass;
mod visit;

use crate::config::traffic::RateLimits;
use crate::core::failure::{Failure, FailureKind, Outcome};
use crate::core::message::{ChatReply, ChatRequest, FailedCall};
use crate::core::text::without_secrets;
use crate::model::breaker::{Breaker, Health, OPENS_AFTER, Refused, YIELDS_AFTER};
use crate::model::chat::{Piece, Watch};
use crate::model::estimate;
use crate::model::lane::book::{Book, TOLD, sit, tell};
use crate::model::lane::pass::Pass;
use crate::model::lane::visit::{Visit, unsent};
use crate::model::rate::{Need, Ticket};
use crate::model::retry::cancelled;
use crate::model::wait::Wait;
use crate::registry::services::Shared;
use std::collections::HashMap;
use std::iter::once;
use std::pin::pin;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;
use tokio::time::{Instant, sleep};

/// The name of the detail of a failed call that never went out, so that it counts for nothing.
pub const UNSENT: &str = "unsent";

/// The way to one model at one server.
#[derive(Debug)]
pub struct Lane {
    /// The model and its server, for messages.
    name: String,
    own: Book,
    /// The book of all models of its service, if that has limits. Both are taken at one moment, this one last.
    service: Option<Arc<Book>>,
    breaker: Mutex<Breaker>,
    /// The one that opens at the first failure, with what failed last.
    hasty: Mutex<(Breaker, String)>,
}

/// The numbers of a request in the book of its lane and in that of its service.
type Tickets = (Ticket, Option<Ticket>);

impl Lane {
    /// A lane on which nothing has happened yet, to a service without limits of its own.
    pub fn new(name: impl Into<String>, limits: RateLimits) -> Arc<Self> {
        Self::to(name.into(), limits, None)
    }

    fn to(name: String, limits: RateLimits, service: Option<Arc<Book>>) -> Arc<Self> {
        let (own, breaker) = (Book::new(limits), Mutex::new(Breaker::new(OPENS_AFTER)));
        let hasty = Mutex::new((Breaker::new(YIELDS_AFTER), String::new()));
        Arc::new(Self { name, own, service, breaker, hasty })
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
        let mut visit = Visit::new(self);
        if standby {
            let mut hasty = self.hasty();
            visit.hasty_probe = hasty.0.enter(now).map_err(|refused| self.yielding(refused, &hasty.1))?;
        }
        visit.probe = self.breaker().enter(now).map_err(|refused| self.open(refused))?;
        Ok(visit)
    }

    /// Waits until a request may go out, and lets it out. `patience` limits what the server may ask to wait, however often;
    /// one's own limits are waited for as long as it takes.
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
        let now = Instant::now();
        let own = self.own.rate().wait(now, need);
        let there = || self.service.as_ref()?.rate().wait(now, need).map(Wait::shared);
        let reason = match own.or_else(there) {
            Some(Wait { until: None, cause }) => cause.describe(),
            // It would fit, but one that needs more has come before it.
            None if self.service.as_ref().is_some_and(|service| service.turn.try_lock().is_err()) => {
                "another call to its service is before it"
            }
            _ => return,
        };
        watch.show(Piece::Waiting { wait_millis: None, reason: reason.to_owned() });
    }

    /// Holds all requests back for a while, because the server asked one of them to wait.
    pub fn pause(&self, wait: Duration) {
        if let Some(until) = Instant::now().checked_add(wait) {
            self.own.rate().pause(until);
        }
    }

    /// How its breaker stands.
    pub fn health(&self) -> Health {
        self.breaker().health(Instant::now())
    }

    async fn queue(self: &Arc<Self>, need: Need, patience: Duration, watch: &Watch) -> Outcome<Pass> {
        let begun = Instant::now();
        let before = self.own.held_until(begun);
        let held = |now: Instant| self.own.held_until(now).saturating_sub(before);
        let _turn = self.own.turn.lock().await;
        let mut told = None;
        loop {
            let freed = self.own.freed();
            let tickets = match &self.service {
                None => self.own.rate().admit(Instant::now(), need).map(|own| (own, None)),
                Some(service) => self.queue_at(service, need, watch).await,
            };
            let now = Instant::now();
            let wait = match tickets {
                Ok(tickets) => {
                    let limited = now.saturating_duration_since(begun).saturating_sub(held(now));
                    return Ok(Pass { lane: Arc::clone(self), tickets: Some(tickets), limited });
                }
                Err(wait) => wait,
            };
            let asked = wait.left(now).filter(|_| wait.cause.is_server());
            if let Some(left) = asked.filter(|left| held(now).saturating_add(*left) > patience) {
                return Err(self.too_long(wait, left));
            }
            let _hold = asked.map(|_| self.own.hold());
            sit(wait, freed, watch, &mut told).await;
        }
    }

    /// Waits until the service lets a request out, as long as the model does. Whom its own model holds back has no turn at
    /// the service, and is in no other model's way.
    async fn queue_at(&self, service: &Book, need: Need, watch: &Watch) -> Result<Tickets, Wait> {
        let own = self.own.rate().wait(Instant::now(), need);
        if let Some(wait) = own {
            return Err(wait);
        }
        let _turn = match service.turn.try_lock() {
            Ok(turn) => turn,
            Err(_) => {
                // Whose turn it is tells its own callers, not those of this model.
                let there = service.rate().wait(Instant::now(), need).map(Wait::shared);
                if let Some(wait) = there {
                    tell(wait, watch);
                }
                service.turn.lock().await
            }
        };
        let mut told = None;
        loop {
            let freed = service.freed();
            let both = self.own.rate().admit_with(&mut service.rate(), Instant::now(), need);
            match both {
                Ok((own, there)) => return Ok((own, Some(there))),
                Err(wait) if wait.cause.is_shared() => sit(wait, freed, watch, &mut told).await,
                Err(wait) => return Err(wait),
            }
        }
    }

    /// The books in which a request stands, with its number in each.
    fn books(&self, (own, there): Tickets) -> impl Iterator<Item = (&Book, Ticket)> {
        once((&self.own, own)).chain(self.service.as_deref().zip(there))
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
            .hint("that is longer than the call's total timeout leaves; wait, or choose another model")
            .detail("retry_after", seconds)
    }

    /// A panic while a lock was held leaves at worst a figure behind that the next answer corrects.
    fn breaker(&self) -> MutexGuard<'_, Breaker> {
        self.breaker.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn hasty(&self) -> MutexGuard<'_, (Breaker, String)> {
        self.hasty.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// What a request needs, as it is estimated: at the most that each picture can count a few would fill a minute.
pub fn need(request: &ChatRequest) -> Need {
    let prompt = estimate::prompt_tokens(request, None);
    Need { prompt, most: prompt.saturating_add(request.sampling.max_tokens.unwrap_or(0)) }
}

/// The lanes of a process, by address and model, and what those to one service share.
#[derive(Debug, Default)]
pub struct Lanes {
    known: Mutex<Known>,
}

#[derive(Debug, Default)]
struct Known {
    lanes: HashMap<(String, String), Arc<Lane>>,
    services: HashMap<String, Arc<Book>>,
}

impl Lanes {
    /// The lane to a model at a server; made with these limits if it is the first to ask. Two configured models may be the
    /// same one, so these are to be the limits of both.
    pub fn of(&self, base_url: &str, model: &str, limits: RateLimits, shared: Option<Shared>) -> Arc<Lane> {
        let mut known = self.known.lock().unwrap_or_else(PoisonError::into_inner);
        let Known { lanes, services } = &mut *known;
        let lane = lanes.entry((base_url.to_owned(), model.to_owned())).or_insert_with(|| {
            let service = shared.map(|Shared { address, limits }| {
                Arc::clone(services.entry(address).or_insert_with(|| Arc::new(Book::new(limits))))
            });
            Lane::to(format!("{model} at {}", without_secrets(base_url)), limits, service)
        });
        Arc::clone(lane)
    }
}

#[cfg(test)]
mod tests;
