//! The one book of a run's tree: every scope's limits, what is spent and what is held back, under one lock.
//!
//! A call is checked against its scope and every scope above it in one step, so parallel calls cannot overshoot
//! together. The lock is never held across a wait.

mod refusal;

use crate::budget::ledger::refusal::{Amount, Line, Refusal};
use crate::budget::report::{Left, Reserved, SpendReport, SpendRow, Totals};
use crate::budget::scope::Scope;
use crate::core::failure::{Failure, FailureKind, Outcome};
use crate::core::ids::{ModelId, RoleName};
use crate::core::limits::Limits;
use crate::core::money::Money;
use std::collections::BTreeMap;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use tokio::sync::Notify;

/// The book of one tree of runs.
#[derive(Debug)]
pub struct Ledger {
    limits: Limits,
    nodes: Mutex<Vec<Node>>,
    /// Told whenever a reservation ends.
    freed: Notify,
}

/// Who calls what: the key of a row of the report.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct Tag {
    /// The role that is played.
    pub role: RoleName,
    /// The model.
    pub model: ModelId,
}

/// Limits of a child run, on top of all limits above it. `None` is no further limit.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct ChildSlice {
    /// The most money.
    pub max_cost: Option<Money>,
    /// The most model calls.
    pub max_calls: Option<u64>,
    /// The most tokens.
    pub max_tokens: Option<u64>,
}

/// One scope of the tree, with everything below it counted in.
#[derive(Debug, Default)]
struct Node {
    parent: Option<usize>,
    depth: u32,
    slice: ChildSlice,
    spent: Totals,
    held: Reserved,
    rows: BTreeMap<(u32, Tag), Totals>,
    /// What it spent before it went on has been entered.
    restored: bool,
}

/// What a call may need at most.
#[derive(Clone, Copy, Debug)]
pub(super) struct Need {
    /// `None` for a model without a price.
    pub(super) cost: Option<Money>,
    pub(super) tokens: u64,
    /// 0 for another attempt of a call that is counted already.
    pub(super) calls: u64,
}

/// Whether a call that does not fit now could fit after calls in flight have ended.
#[derive(Debug)]
pub(super) enum Verdict {
    Later(Failure),
    Never(Failure),
}

impl Ledger {
    /// An empty book under `limits`; turns and times in them are not the book's business.
    pub fn new(limits: Limits) -> Arc<Self> {
        let slice =
            ChildSlice { max_cost: limits.max_cost, max_calls: limits.max_calls, max_tokens: limits.max_tokens };
        let root = Node { slice, ..Node::default() };
        Arc::new(Self { limits, nodes: Mutex::new(vec![root]), freed: Notify::new() })
    }

    /// The scope of the tree's root, depth 0.
    pub fn root(self: &Arc<Self>) -> Scope {
        Scope::new(Arc::clone(self), 0, 0)
    }

    /// The limits of the whole tree.
    pub fn limits(&self) -> &Limits {
        &self.limits
    }

    pub(super) fn freed(&self) -> &Notify {
        &self.freed
    }

    pub(super) fn add_child(&self, parent: usize, slice: ChildSlice) -> Outcome<(usize, u32)> {
        let mut nodes = self.lock();
        let depth = nodes.get(parent).map_or(0, |node| node.depth).saturating_add(1);
        if depth > self.limits.max_depth {
            let limit = self.limits.max_depth;
            return Err(Failure::new(FailureKind::Depth, format!("child runs nest at most {limit} deep"))
                .hint("answer at this depth with llm(...), or allow more with --max-depth")
                .detail("max_depth", limit));
        }
        nodes.push(Node { parent: Some(parent), depth, slice, ..Node::default() });
        Ok((nodes.len() - 1, depth))
    }

    pub(super) fn add_part(&self, parent: usize, slice: ChildSlice) -> usize {
        let mut nodes = self.lock();
        let depth = nodes.get(parent).map_or(0, |node| node.depth);
        nodes.push(Node { parent: Some(parent), depth, slice, ..Node::default() });
        nodes.len() - 1
    }

    pub(super) fn hold(&self, scope: usize, need: Need, tag: &Tag) -> Result<(), Verdict> {
        let mut nodes = self.lock();
        let mut later = None;
        for index in chain(&nodes, scope) {
            let Some(node) = nodes.get(index) else { continue };
            match node.refuse(need, tag, self.limits.allow_unpriced) {
                Some(Verdict::Never(failure)) => return Err(Verdict::Never(failure)),
                Some(Verdict::Later(failure)) => later = later.or(Some(failure)),
                None => {}
            }
        }
        if let Some(failure) = later {
            return Err(Verdict::Later(failure));
        }
        each_above(&mut nodes, scope, |node| node.held.take(need));
        Ok(())
    }

    /// Ends a reservation: `used` is the truth, or `None` if the call never went out.
    pub(super) fn settle(&self, scope: usize, need: Need, tag: &Tag, used: Option<&Totals>) {
        let mut nodes = self.lock();
        each_above(&mut nodes, scope, |node| node.held.give_back(need));
        if let Some(used) = used {
            record(&mut nodes, scope, tag, used);
        }
        drop(nodes);
        self.freed.notify_waiters();
    }

    pub(super) fn record(&self, scope: usize, tag: &Tag, used: &Totals) {
        record(&mut self.lock(), scope, tag, used);
    }

    /// Enters what a replayed call cost then, up to the run that has it already.
    pub(super) fn record_in_parts(&self, scope: usize, then: &Totals) {
        let mut nodes = self.lock();
        let parts: Vec<usize> = chain(&nodes, scope);
        // Without a run that goes on above it, there is nothing to hold it against.
        let Some(end) = parts.iter().position(|index| nodes.get(*index).is_some_and(|node| node.restored)) else {
            return;
        };
        for index in parts.into_iter().take(end) {
            if let Some(node) = nodes.get_mut(index) {
                node.spent.add(then);
            }
        }
    }

    pub(super) fn restore(&self, scope: usize, rows: &[SpendRow]) {
        let mut nodes = self.lock();
        let Some(node) = nodes.get_mut(scope) else { return };
        node.restored = true;
        for row in rows {
            let tag = Tag { role: row.role.clone(), model: row.model.clone() };
            node.spent.add(&row.totals);
            node.rows.entry((row.depth, tag)).or_default().add(&row.totals);
        }
    }

    pub(super) fn left(&self, scope: usize) -> Left {
        self.least_left(scope, Line::left)
    }

    /// What would be left if all calls in flight had cost nothing.
    pub(super) fn left_at_rest(&self, scope: usize) -> Left {
        self.least_left(scope, Line::left_at_rest)
    }

    /// Whether calls are in flight anywhere in the tree.
    pub(super) fn is_busy(&self) -> bool {
        self.lock().first().is_some_and(|root| root.held.calls > 0)
    }

    fn least_left(&self, scope: usize, of: impl Fn(&Line) -> Option<u64>) -> Left {
        let nodes = self.lock();
        let mut left = Left::default();
        for node in chain(&nodes, scope).into_iter().filter_map(|index| nodes.get(index)) {
            left.cost = least(left.cost, of(&node.cost()).map(Money::from_nanos));
            left.calls = least(left.calls, of(&node.calls()));
            left.tokens = least(left.tokens, of(&node.tokens()));
        }
        left
    }

    pub(super) fn report(&self, scope: usize) -> SpendReport {
        let nodes = self.lock();
        let Some(node) = nodes.get(scope) else { return SpendReport::default() };
        let row = |((depth, tag), totals): (&(u32, Tag), &Totals)| SpendRow {
            depth: *depth,
            role: tag.role.clone(),
            model: tag.model.clone(),
            totals: *totals,
        };
        SpendReport { totals: node.spent, reserved: node.held, rows: node.rows.iter().map(row).collect() }
    }

    /// A panic while the lock was held cannot leave a sum half made in a way that matters more than going on.
    fn lock(&self) -> MutexGuard<'_, Vec<Node>> {
        self.nodes.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Node {
    fn refuse(&self, need: Need, tag: &Tag, allow_unpriced: bool) -> Option<Verdict> {
        let refusal = |line: Line, amount: u64| Refusal { line, amount, depth: self.depth, tag }.verdict();
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

    fn cost(&self) -> Line {
        Line {
            amount: Amount::Cost,
            limit: self.slice.max_cost.map(Money::nanos),
            spent: self.spent.cost.nanos(),
            held: self.held.cost.nanos(),
        }
    }

    fn calls(&self) -> Line {
        let (spent, held) = (self.spent.calls, self.held.calls);
        Line { amount: Amount::Calls, limit: self.slice.max_calls, spent, held }
    }

    fn tokens(&self) -> Line {
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

    fn give_back(&mut self, need: Need) {
        self.calls = self.calls.saturating_sub(need.calls);
        self.tokens = self.tokens.saturating_sub(need.tokens);
        self.cost = self.cost.saturating_sub(need.cost.unwrap_or_default());
    }
}

/// The scope and all above it, from the scope up.
fn chain(nodes: &[Node], scope: usize) -> Vec<usize> {
    std::iter::successors(Some(scope), |index| nodes.get(*index).and_then(|node| node.parent)).collect()
}

fn each_above(nodes: &mut [Node], scope: usize, mut change: impl FnMut(&mut Node)) {
    let mut next = Some(scope);
    while let Some(node) = next.and_then(|index| nodes.get_mut(index)) {
        change(node);
        next = node.parent;
    }
}

fn record(nodes: &mut [Node], scope: usize, tag: &Tag, used: &Totals) {
    let depth = nodes.get(scope).map_or(0, |node| node.depth);
    each_above(nodes, scope, |node| {
        node.spent.add(used);
        node.rows.entry((depth, tag.clone())).or_default().add(used);
    });
}

fn least<T: Ord>(a: Option<T>, b: Option<T>) -> Option<T> {
    match (a, b) {
        (Some(a), Some(b)) => Some(a.min(b)),
        (a, b) => a.or(b),
    }
}

#[cfg(test)]
mod tests;
