//! What is held back for one call in flight, until its truth is known.

use crate::budget::ledger::{Need, Tag, Verdict};
use crate::budget::report::Totals;
use crate::budget::scope::Scope;
use crate::core::failure::Outcome;
use crate::core::money::Money;
use crate::core::price::{Bound, Price};
use crate::core::slack::Slack;
use crate::core::usage::Usage;

/// The worst case of one call, held back on the ledger.
///
/// Dropped without a word it is charged in full: the end of such a call is unknown, and the provider may bill it.
#[derive(Debug)]
#[must_use = "a dropped reservation is charged in full"]
pub struct Reservation {
    scope: Scope,
    bound: Bound,
    /// What the server may count beyond the bound, in each attempt.
    slack: Slack,
    price: Option<Price>,
    tag: Tag,
    /// How many attempts are held back, each at the worst case.
    attempts: u64,
    /// What the attempts before the last one used and cost: each has its own tier, pictures and price per request.
    earlier: (Usage, Money),
    open: bool,
}

impl Reservation {
    pub(super) fn new(scope: Scope, (bound, slack): (Bound, Slack), price: Option<Price>, tag: Tag) -> Self {
        Self { scope, bound, slack, price, tag, attempts: 1, earlier: Default::default(), open: true }
    }

    /// What was granted: the answer may be shorter than asked for.
    pub fn bound(&self) -> Bound {
        self.bound
    }

    /// Holds back the worst case once more: for another attempt after one that will be billed for what it `used`.
    ///
    /// # Errors
    /// `budget` if that does not fit; then nothing changes.
    pub fn again(&mut self, used: &Usage) -> Outcome<()> {
        let hold = self.scope.hold(self.held(0), &self.tag);
        hold.map_err(|(Verdict::Later(failure) | Verdict::Never(failure))| failure)?;
        self.attempts += 1;
        let (usage, cost) = self.earlier;
        self.earlier = (usage + *used, cost.saturating_add(self.cost(used)));
        Ok(())
    }

    /// The most that one attempt can cost (`None` for a model without a price) and use, with what servers add.
    pub fn worst(&self) -> (Option<Money>, Bound) {
        let held = self.slack.upon(self.bound);
        (self.price.as_ref().map(|price| price.worst(&held)), held)
    }

    /// Replaces the reservation by the truth of a call that succeeded; answers its cost, `None` without a price.
    ///
    /// A truth above the worst case is recorded all the same, and later calls are refused for it.
    pub fn settle(mut self, usage: &Usage) -> Option<Money> {
        self.close(Some((usage, 0)))
    }

    /// The same for a call that failed or was stopped, with what it used before it ended.
    pub fn settle_failed(mut self, usage: &Usage) -> Option<Money> {
        self.close(Some((usage, 1)))
    }

    /// Gives everything back, for a call that never went out.
    pub fn release(mut self) {
        self.close(None);
    }

    /// What one attempt holds back.
    fn held(&self, calls: u64) -> Need {
        let (cost, bound) = self.worst();
        Need { cost, tokens: bound.total(), calls }
    }

    fn cost(&self, usage: &Usage) -> Money {
        self.price.as_ref().map(|price| price.cost(usage, self.bound.images)).unwrap_or_default()
    }

    fn close(&mut self, used: Option<(&Usage, u64)>) -> Option<Money> {
        self.open = false;
        let whole = |one: u64| one.saturating_mul(self.attempts);
        let one = self.held(1);
        let cost = one.cost.map(|cost| Money::from_nanos(whole(cost.nanos())));
        let need = Need { cost, tokens: whole(one.tokens), ..one };
        let (before, paid) = self.earlier;
        let whole = |usage: &Usage| paid.saturating_add(self.cost(&usage.since(&before)));
        let cost = used.filter(|_| self.price.is_some()).map(|(usage, _)| whole(usage));
        let totals = used.map(|(usage, failed)| Totals {
            calls: 1,
            failed,
            unpriced_calls: u64::from(self.price.is_none()),
            usage: *usage,
            cost: cost.unwrap_or_default(),
            ..Totals::default()
        });
        self.scope.settle(need, &self.tag, totals.as_ref());
        cost
    }
}

impl Drop for Reservation {
    fn drop(&mut self) {
        if self.open {
            let usage = self.earlier.0 + self.worst().1.as_usage();
            self.close(Some((&usage, 1)));
        }
    }
}

#[cfg(test)]
mod tests;
