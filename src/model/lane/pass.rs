//! A request under way on a lane, and what its answer says to the books in which it stands.

use crate::core::failure::Outcome;
use crate::core::usage::Usage;
use crate::model::allowance::Allowance;
use crate::model::chat::Watch;
use crate::model::lane::{Lane, Tickets};
use crate::model::rate::Need;
use std::sync::Arc;
use std::time::Duration;
use tokio::time::Instant;

/// A request under way; dropping it ends it.
#[derive(Debug)]
pub struct Pass {
    pub(super) lane: Arc<Lane>,
    /// `None` while it waits for its next request.
    pub(super) tickets: Option<Tickets>,
    /// How long it waited for limits of one's own, and for those before it who did.
    pub(super) limited: Duration,
}

impl Pass {
    /// Ends this request, which was refused and used nothing, and waits until another one of the same call may go out.
    ///
    /// # Errors
    /// Those of `Lane::pass`.
    pub async fn again(&mut self, need: Need, patience: Duration, watch: &Watch) -> Outcome<()> {
        self.used(&Usage::default());
        self.end();
        let mut next = Arc::clone(&self.lane).pass(need, patience, watch).await?;
        self.tickets = next.tickets.take();
        Ok(())
    }

    /// How long it waited for limits of one's own; what the server asked for is no part of it.
    pub const fn limited(&self) -> Duration {
        self.limited
    }

    /// Takes what the answer's headers say about the server's allowance.
    pub fn heed(&self, allowance: &Allowance) {
        if let Some((own, _)) = self.tickets {
            self.lane.own.rate().heed(Instant::now(), own, allowance);
        }
    }

    /// Notes what the request used in truth.
    pub fn used(&self, usage: &Usage) {
        let tokens = usage.total();
        let stands = self.tickets.into_iter().flat_map(|tickets| self.lane.books(tickets));
        stands.for_each(|(book, ticket)| book.settle(ticket, tokens));
    }

    fn end(&mut self) {
        let stood = self.tickets.take().into_iter().flat_map(|tickets| self.lane.books(tickets));
        stood.for_each(|(book, _)| book.leave());
    }
}

impl Drop for Pass {
    fn drop(&mut self) {
        self.end();
    }
}
