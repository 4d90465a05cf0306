//! A call whose answer may be shorter than asked for, so that it fits what is left: the bound of a prompt is its bytes,
//! several times what it comes to, and refusing on it alone would leave money that nobody can spend.

use crate::budget::ledger::{Tag, Verdict};
use crate::budget::report::Left;
use crate::budget::reservation::Reservation;
use crate::budget::scope::{Scope, need};
use crate::core::failure::{Failure, Outcome};
use crate::core::price::{Bound, Price};
use crate::core::slack::Slack;

/// A call that may get a shorter answer.
#[derive(Clone, Copy, Debug)]
pub struct Wish {
    /// The worst case as asked for.
    pub bound: Bound,
    /// The shortest answer that is worth its prompt, in tokens.
    pub least: u64,
    /// What its server may count beyond that; it is held back too.
    pub slack: Slack,
}

impl Wish {
    const fn with(&self, output_tokens: u64) -> (Bound, Slack) {
        (Bound { output_tokens, ..self.bound }, self.slack)
    }

    /// The longest answer that `left` can pay, if it is worth it and shorter than asked for.
    fn affordable(&self, left: &Left, price: Option<&Price>) -> Option<u64> {
        let held = self.slack.upon(self.bound);
        let by_tokens = left.tokens.map(|tokens| tokens.checked_sub(held.input_tokens));
        let by_cost = left.cost.zip(price).map(|(cost, price)| price.affordable_output(&held, cost));
        let most = [by_tokens, by_cost].into_iter().flatten().min().unwrap_or(Some(u64::MAX))?;
        let most = self.slack.within(most)?;
        (self.least..self.bound.output_tokens).contains(&most).then_some(most)
    }
}

impl Scope {
    /// Holds back the worst case of one call, with a shorter answer if the whole one can never fit. Waits while calls in
    /// flight may still give back what this one needs, first for the whole answer, then for a shorter one. The reservation
    /// says what was granted.
    ///
    /// `price` is `None` for a model without a known price, which a money limit refuses unless told otherwise.
    ///
    /// Fails with `Budget` as soon as no end of a call in flight could make it fit. Dropping the future gives up. A
    /// caller that holds a reservation of its own while it waits may wait for itself: settle first.
    pub async fn reserve(&self, wish: Wish, price: Option<&Price>, tag: Tag) -> Outcome<Reservation> {
        loop {
            // Made before the check, so that an end between the check and the wait is not missed.
            let freed = self.ledger.freed().notified();
            match self.try_reserve((wish.bound, wish.slack), price, &tag) {
                Ok(reservation) => return Ok(reservation),
                Err(Verdict::Never(_)) => {}
                Err(Verdict::Later(_)) => {
                    freed.await;
                    continue;
                }
            }
            if wish.affordable(&self.ledger.left_at_rest(self.index), price).is_none() {
                return self.shortest(&wish, price, &tag);
            }
            if let Some(most) = wish.affordable(&self.left(), price) {
                match self.try_reserve(wish.with(self.share(&wish, most)), price, &tag) {
                    Ok(reservation) => return Ok(reservation),
                    Err(Verdict::Never(failure)) => return Err(failure),
                    Err(Verdict::Later(_)) => {}
                }
            }
            freed.await;
        }
    }

    /// Whether a call would get at least its shortest answer now. Nothing is held back for the question, which could refuse
    /// another call.
    pub fn is_affordable(&self, wish: &Wish, price: Option<&Price>, tag: &Tag) -> bool {
        let (bound, slack) = wish.with(wish.least);
        self.ledger.allows(self.index, need(&slack.upon(bound), price), tag)
    }

    /// A shortened call takes at most half of what is left while others are in flight, whose successors need some too.
    fn share(&self, wish: &Wish, most: u64) -> u64 {
        if self.ledger.is_busy() { (most / 2).max(wish.least) } else { most }
    }

    /// The last word on a call: the shortest answer, or a refusal that says what even that would need.
    fn shortest(&self, wish: &Wish, price: Option<&Price>, tag: &Tag) -> Outcome<Reservation> {
        self.try_reserve(wish.with(wish.least), price, tag).map_err(|verdict| {
            let failure = match verdict {
                Verdict::Later(failure) | Verdict::Never(failure) => failure,
            };
            if wish.least == wish.bound.output_tokens { failure } else { self.explained(failure, wish) }
        })
    }

    fn explained(&self, mut failure: Failure, wish: &Wish) -> Failure {
        let left = self.left();
        let left = match failure.details.get("budget").and_then(|budget| budget.as_str()) {
            Some("max_cost") => left.cost.map(|cost| cost.to_string()),
            Some("max_tokens") => left.tokens.map(|tokens| format!("{tokens} tokens")),
            _ => None,
        };
        if let Some(left) = left.filter(|_| failure.details.contains_key("needed")) {
            let (prompt, answer) = (wish.bound.input_tokens, wish.least);
            let added = if wish.slack == Slack::default() { "" } else { ", with what servers add" };
            let needs = format!(" for a prompt of {prompt} bytes and an answer of {answer} tokens{added}; left {left}");
            failure.message.push_str(&needs);
        }
        failure
    }
}

#[cfg(test)]
mod tests;
