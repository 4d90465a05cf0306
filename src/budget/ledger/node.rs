//! One scope on the ledger: its limits, what is spent and what is held back in it.

use crate::budget::ledger::refusal::{self, Amount, Line, Owner, Refusal};
use crate::budget::ledger::{ChildSlice, Need, Tag, Verdict};
use crate::budget::report::{Refused, Reserved, Totals};
use crate::core::money::Money;
use std::collections::BTreeMap;

/// One scope of the tree, with everything below it counted in.
#[derive(Debug, Default)]
pub(super) struct Node {
    pub(super) parent: Option<usize>,
    pub(super) depth: u32,
    pub(super) owner: Owner,
    pub(super) slice: ChildSlice,
    pub(super) spent: Totals,
    pub(super) held: Reserved,
    pub(super) rows: BTreeMap<(u32, Tag), Totals>,
    /// Calls that were refused.
    pub(super) refused: BTreeMap<Refused, u64>,
    /// What it spent before it went on has been entered.
    pub(super) restored: bool,
    /// A call was due in it, and may have been refused: not everything was answered by a log.
    pub(super) asked: bool,
    /// A log answered something in it that asks somebody.
    pub(super) answered: bool,
    /// Something in it that asks somebody was made.
    pub(super) made: bool,
}

impl Node {
    pub(super) fn hold(&mut self, need: Need) {
        self.held.take(need);
    }

    pub(super) fn refuse(&self, need: Need, tag: &Tag, allow_unpriced: bool) -> Option<Verdict> {
        let refusal =
            |line: Line, amount: u64| Refusal { line, amount, owner: &self.owner, depth: self.depth, tag }.verdict();
        match need.cost {
            Some(cost) => refusal(self.cost(), cost.nanos()),
            None if self.slice.max_cost.is_some() && !allow_unpriced => {
                Some(Verdict::Never(refusal::unpriced(&tag.model)))
            }
            None => None,
        }
        .or_else(|| refusal(self.calls(), need.calls))
        .or_else(|| refusal(self.tokens(), need.tokens))
    }

    pub(super) fn cost(&self) -> Line {
        Line {
            amount: Amount::Cost,
            limit: self.slice.max_cost.map(Money::nanos),
            spent: self.spent.cost.nanos(),
            held: self.held.cost.nanos(),
        }
    }

    pub(super) fn calls(&self) -> Line {
        let (spent, held) = (self.spent.calls, self.held.calls);
        Line { amount: Amount::Calls, limit: self.slice.max_calls, spent, held }
    }

    pub(super) fn tokens(&self) -> Line {
        let (spent, held) = (self.spent.usage.total(), self.held.tokens);
        Line { amount: Amount::Tokens, limit: self.slice.max_tokens, spent, held }
    }
}

impl Reserved {
    fn take(&mut self, need: Need) {
        self.calls = self.calls.saturating_add(need.calls);
        self.tokens = self.tokens.saturating_add(need.tokens);
        self.cost = self.cost.saturating_add(need.cost.unwrap_or_default());
    }

    pub(super) fn give_back(&mut self, need: Need) {
        self.calls = self.calls.saturating_sub(need.calls);
        self.tokens = self.tokens.saturating_sub(need.tokens);
        self.cost = self.cost.saturating_sub(need.cost.unwrap_or_default());
    }
}
