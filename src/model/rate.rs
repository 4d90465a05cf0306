//! When the next request to a model may go out: a book of the last minute against the limits that a person configured
//! and the allowance that the server tells. All models of a service that has limits of its own share another such book.
//!
//! Pure: it is told the time and never waits. Waiting, and telling about it, is `lane`'s business.

use crate::config::traffic::RateLimits;
use crate::model::allowance::{Allowance, Left};
use crate::model::wait::{Cause, Wait};
use std::collections::VecDeque;
use std::time::Duration;
use tokio::time::Instant;

/// The window of limits per minute. One second longer than a minute, because two requests do not travel equally fast:
/// what is counted is when they arrive.
const WINDOW: Duration = Duration::from_secs(61);

/// What one request needs, in tokens.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Need {
    /// Its prompt, as it is estimated.
    pub prompt: u64,
    /// That and the longest answer that it allows.
    pub most: u64,
}

/// The number of a request that was let out.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Ticket(u64);

/// The book of one model at one server, or of all models of one service.
#[derive(Debug)]
pub struct Rate {
    limits: RateLimits,
    /// The requests of the last minute, oldest first; kept only where a limit per minute asks for them.
    sent: VecDeque<Sent>,
    /// The sum of their tokens.
    tokens: u64,
    /// How many requests are under way.
    pub(super) under_way: u64,
    /// The number of the next request.
    next: u64,
    requests_left: Option<Quota>,
    /// What is left for prompts and answers together, for prompts, and for answers.
    tokens_left: [Option<Quota>; 3],
    pause: Option<Instant>,
}

#[derive(Debug)]
struct Sent {
    number: u64,
    at: Instant,
    tokens: u64,
}

/// What the server has left, counted down by what goes out.
#[derive(Clone, Copy, Debug)]
struct Quota {
    remaining: u64,
    limit: Option<u64>,
    until: Instant,
}

impl Rate {
    /// An empty book.
    pub fn new(limits: RateLimits) -> Self {
        Self {
            limits,
            sent: VecDeque::new(),
            tokens: 0,
            under_way: 0,
            next: 0,
            requests_left: None,
            tokens_left: [None; 3],
            pause: None,
        }
    }

    /// Lets a request out at `now`, or says how long it has to wait.
    ///
    /// A request that needs more than `tokens_per_minute` goes out alone, as if it needed just that.
    pub fn admit(&mut self, now: Instant, need: Need) -> Result<Ticket, Wait> {
        match self.wait(now, need) {
            Some(wait) => Err(wait),
            None => Ok(self.take(now, need)),
        }
    }

    /// The same for a request that the book of its model's service has to let out too: both do so at one moment, or
    /// neither does.
    pub fn admit_with(&mut self, service: &mut Self, now: Instant, need: Need) -> Result<(Ticket, Ticket), Wait> {
        if let Some(wait) = self.wait(now, need) {
            return Err(wait);
        }
        let there = service.admit(now, need).map_err(Wait::shared)?;
        Ok((self.take(now, need), there))
    }

    /// How long a request would have to wait at `now`.
    pub fn wait(&mut self, now: Instant, need: Need) -> Option<Wait> {
        self.forget(now);
        self.obstacle(now, need)
    }

    /// Replaces what a request might have used by what it did use.
    pub fn settle(&mut self, ticket: Ticket, tokens: u64) {
        let Some(oldest) = self.sent.front() else { return };
        // Numbers are consecutive, so the place of one follows from the oldest. One that is older has left the minute.
        let place = ticket.0.checked_sub(oldest.number).and_then(|place| usize::try_from(place).ok());
        if let Some(sent) = place.and_then(|place| self.sent.get_mut(place)) {
            self.tokens = self.tokens.saturating_sub(sent.tokens).saturating_add(tokens);
            sent.tokens = tokens;
        }
    }

    /// Notes that a request is no longer under way.
    pub fn leave(&mut self) {
        self.under_way = self.under_way.saturating_sub(1);
    }

    /// Takes what the answer to a request says about the server's allowance. Requests that went out after it are not
    /// in the server's figure yet.
    pub fn heed(&mut self, now: Instant, ticket: Ticket, allowance: &Allowance) {
        let later = self.next.saturating_sub(ticket.0.saturating_add(1));
        if let Some(left) = allowance.requests {
            self.requests_left = quota(now, &left, later);
        }
        for (known, told) in self.tokens_left.iter_mut().zip([allowance.tokens, allowance.input, allowance.output]) {
            if let Some(left) = told {
                *known = quota(now, &left, 0);
            }
        }
    }

    /// Holds all requests back until then, because the server asked one of them to wait.
    pub fn pause(&mut self, until: Instant) {
        self.pause = Some(self.pause.map_or(until, |known| known.max(until)));
    }

    fn forget(&mut self, now: Instant) {
        while self.sent.front().is_some_and(|sent| now.saturating_duration_since(sent.at) >= WINDOW) {
            let gone = self.sent.pop_front().map_or(0, |sent| sent.tokens);
            self.tokens = self.tokens.saturating_sub(gone);
        }
        self.pause = self.pause.filter(|until| *until > now);
        for quota in std::iter::once(&mut self.requests_left).chain(&mut self.tokens_left) {
            // After its reset a quota is whole again, and as long as that is not known, it is none.
            *quota = quota.and_then(|known| if known.until > now { Some(known) } else { None });
        }
    }

    fn obstacle(&self, now: Instant, need: Need) -> Option<Wait> {
        let wait = |until: Instant, cause| Some(Wait { until: Some(until), cause });
        if self.limits.concurrency.is_some_and(|most| self.under_way >= most) {
            return Some(Wait { until: None, cause: Cause::Concurrency });
        }
        if let Some(until) = self.pause {
            return wait(until, Cause::ServerPause);
        }
        if let Some(until) = self.requests_free(now) {
            return wait(until, Cause::Requests);
        }
        if let Some(until) = self.tokens_free(need) {
            return wait(until, Cause::Tokens);
        }
        if let Some(quota) = self.requests_left.filter(|quota| quota.remaining == 0) {
            return wait(quota.until, Cause::ServerRequests);
        }
        // How long an answer becomes nobody knows, so that of its allowance only the end is heeded.
        let lacks = |(quota, needed): (Option<Quota>, u64)| {
            quota.filter(|quota| quota.remaining < needed.min(quota.limit.unwrap_or(u64::MAX)))
        };
        let needs = self.tokens_left.into_iter().zip([need.prompt, need.prompt, 1]);
        wait(needs.filter_map(lacks).map(|quota| quota.until).max()?, Cause::ServerTokens)
    }

    /// When one more request fits into the minute, if not now.
    fn requests_free(&self, now: Instant) -> Option<Instant> {
        let most = usize::try_from(self.limits.requests_per_minute?).unwrap_or(usize::MAX);
        let over = (self.sent.len() + 1).checked_sub(most).filter(|over| *over > 0)?;
        Some(self.sent.get(over - 1).map_or(now, |sent| sent.at + WINDOW))
    }

    /// When the tokens fit into the minute, if not now.
    fn tokens_free(&self, need: Need) -> Option<Instant> {
        let most = self.limits.tokens_per_minute?;
        let mut over = self.tokens.saturating_add(need.most.min(most)).checked_sub(most).filter(|over| *over > 0)?;
        let mut until = None;
        for sent in &self.sent {
            until = Some(sent.at + WINDOW);
            match over.checked_sub(sent.tokens) {
                Some(rest) if rest > 0 => over = rest,
                _ => break,
            }
        }
        until
    }

    fn take(&mut self, now: Instant, need: Need) -> Ticket {
        let number = self.next;
        self.next += 1;
        self.under_way += 1;
        if self.limits.requests_per_minute.is_some() || self.limits.tokens_per_minute.is_some() {
            let tokens = need.most.min(self.limits.tokens_per_minute.unwrap_or(u64::MAX));
            self.tokens = self.tokens.saturating_add(tokens);
            self.sent.push_back(Sent { number, at: now, tokens });
        }
        let [together, input, _] = &mut self.tokens_left;
        for (quota, taken) in [(&mut self.requests_left, 1), (together, need.prompt), (input, need.prompt)] {
            if let Some(quota) = quota {
                quota.remaining = quota.remaining.saturating_sub(taken);
            }
        }
        Ticket(number)
    }
}

/// A quota without a time of its return cannot be waited for; the server's refusal will tell.
fn quota(now: Instant, left: &Left, later: u64) -> Option<Quota> {
    let until = now.checked_add(left.reset?)?;
    Some(Quota { remaining: left.remaining.saturating_sub(later), limit: left.limit, until })
}

#[cfg(test)]
mod tests;
