//! A run's place in the ledger: through it a call is reserved, a child run opened, and the spending read.

pub mod afford;

use crate::budget::ledger::{ChildSlice, Ledger, Need, Tag, Verdict};
use crate::budget::report::{Left, Refused, SpendReport, SpendRow, Totals};
use crate::budget::reservation::Reservation;
use crate::core::failure::Outcome;
use crate::core::limits::Limits;
use crate::core::money::Money;
use crate::core::price::{Bound, Price};
use crate::core::slack::Slack;
use std::collections::BTreeMap;
use std::sync::Arc;

/// The budget of one run and everything below it; clones are the same scope.
#[derive(Clone, Debug)]
pub struct Scope {
    ledger: Arc<Ledger>,
    index: usize,
    depth: u32,
}

impl Scope {
    pub(super) fn new(ledger: Arc<Ledger>, index: usize, depth: u32) -> Self {
        Self { ledger, index, depth }
    }

    /// How deep the run is nested; the root is 0.
    pub fn depth(&self) -> u32 {
        self.depth
    }

    /// The limits of the whole tree.
    pub fn limits(&self) -> &Limits {
        self.ledger.limits()
    }

    /// Opens the scope of a child run, one deeper; all limits above it hold too.
    ///
    /// Fails with `Depth` if it would nest deeper than `max_depth`.
    pub fn child(&self, slice: &ChildSlice) -> Outcome<Self> {
        let (index, depth) = self.ledger.add_child(self.index, *slice)?;
        Ok(Self::new(Arc::clone(&self.ledger), index, depth))
    }

    /// The same scope as that of a child run to which a failed call was handed: calls that its own limits refuse are missing
    /// to it alone, as whoever asked goes on with the failure that it had before.
    #[must_use]
    pub fn handed(self) -> Self {
        self.ledger.hand(self.index);
        self
    }

    /// Opens the scope of a part of this run at the same depth, which refusals call by this name; all limits above it hold
    /// too.
    #[must_use]
    pub fn part(&self, name: String, slice: &ChildSlice) -> Self {
        Self::new(Arc::clone(&self.ledger), self.ledger.add_part(self.index, name, *slice), self.depth)
    }

    /// Counts a call that was answered from the log: it costs nothing and needs no budget.
    pub fn charge_replayed(&self, tag: &Tag) {
        self.ledger.record(self.index, tag, &Totals { replayed: 1, ..Totals::default() });
    }

    /// Counts a call that was answered with a kept answer: it costs nothing and needs no budget.
    pub fn charge_cached(&self, tag: &Tag) {
        self.ledger.record(self.index, tag, &Totals { cached: 1, ..Totals::default() });
    }

    /// Counts an answer that is of no use, of a call that has been settled.
    pub fn charge_unusable(&self, tag: &Tag, cost: Money) {
        self.ledger.record(self.index, tag, &Totals { unusable: 1, unusable_cost: cost, ..Totals::default() });
    }

    /// Counts calls that were refused for good, here and in what is above (`handed`): whoever asked for them may go on
    /// without.
    pub fn refuse(&self, by: &Refused, calls: u64) {
        self.ledger.refuse(self.index, by, calls);
    }

    /// The calls that this scope and everything below it were refused, by what refused them.
    pub fn refusals(&self) -> BTreeMap<Refused, u64> {
        self.ledger.refused(self.index)
    }

    /// How many these are.
    pub fn refused(&self) -> u64 {
        self.refusals().values().sum()
    }

    /// Enters what the same run spent before it went on, into this scope alone: those above it have it in theirs.
    pub fn restore(&self, rows: &[SpendRow]) {
        self.ledger.restore(self.index, rows);
    }

    /// Enters what was used in this part before its run went on, into it alone: the parts around it have it in theirs.
    pub fn restore_part(&self, then: &Totals) {
        self.ledger.restore_part(self.index, then);
    }

    /// Whether it is a part of a run that goes on, of which it has to learn what was spent in it before.
    pub fn is_part(&self) -> bool {
        self.ledger.is_part(self.index)
    }

    /// Enters what an effect used before its run went on, into the parts of the run that it is in: the run itself has it by
    /// `restore`.
    pub fn restore_in_parts(&self, then: &Totals) {
        self.ledger.restore_in_parts(self.index, then);
    }

    /// Notes that a call is due which no log answers, here and in everything above; it may be refused yet.
    pub fn ask(&self) {
        self.ledger.ask(self.index);
    }

    /// Whether a call was ever due in it, so that not everything was answered by the log.
    pub fn has_asked(&self) -> bool {
        self.ledger.has_asked(self.index)
    }

    /// Notes that something which asks somebody was answered by the log, or that it was made, here and in everything above.
    pub fn note(&self, answered: bool) {
        self.ledger.note(self.index, answered);
    }

    /// Whether the log answered something in it that asks somebody, and nothing of that kind was made.
    pub fn is_answered(&self) -> bool {
        self.ledger.is_answered(self.index)
    }

    /// Whether all that it asked of models was answered by the log, or all that it asked of anybody.
    pub fn is_replayed(&self) -> bool {
        let totals = self.report().totals;
        // Child runs that the log answered are among the calls of their part, which has paid for them.
        let paid = totals.replayed + totals.calls > 0 && !self.has_asked();
        paid || self.is_answered()
    }

    /// What this scope may still spend, with everything held back taken off.
    pub fn left(&self) -> Left {
        self.ledger.left(self.index)
    }

    /// What this scope and everything below it spent.
    pub fn report(&self) -> SpendReport {
        self.ledger.report(self.index)
    }

    pub(super) fn hold(&self, need: Need, tag: &Tag) -> Result<(), Verdict> {
        self.ledger.hold(self.index, need, tag)
    }

    pub(super) fn settle(&self, need: Need, tag: &Tag, used: Option<&Totals>) {
        self.ledger.settle(self.index, need, tag, used);
    }

    fn try_reserve(
        &self,
        (bound, slack): (Bound, Slack),
        price: Option<&Price>,
        tag: &Tag,
    ) -> Result<Reservation, Verdict> {
        self.hold(need(&slack.upon(bound), price), tag)?;
        Ok(Reservation::new(self.clone(), (bound, slack), price.cloned(), tag.clone()))
    }
}

/// What one call needs at most.
fn need(bound: &Bound, price: Option<&Price>) -> Need {
    Need { cost: price.map(|price| price.worst(bound)), tokens: bound.total(), calls: 1 }
}
