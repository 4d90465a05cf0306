//! The one book of a run's tree: every scope's limits, what is spent and what is held back, under one lock.
//!
//! A call is checked against its scope and every scope above it in one step, so parallel calls cannot overshoot
//! together. The lock is never held across a wait.

mod node;
mod refusal;

use crate::budget::ledger::node::Node;
use crate::budget::ledger::refusal::{Line, Owner};
use crate::budget::report::{Left, SpendReport, SpendRow, Totals};
use crate::budget::scope::Scope;
use crate::core::failure::{Failure, FailureKind, Outcome};
use crate::core::ids::{ModelId, RoleName};
use crate::core::limits::Limits;
use crate::core::money::Money;
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

impl ChildSlice {
    /// Limits as scripts and files have them, money in USD.
    ///
    /// # Errors
    /// `invalid` for money that is no amount.
    pub fn of(usd: Option<f64>, max_calls: Option<u64>, max_tokens: Option<u64>) -> Outcome<Self> {
        Ok(Self { max_cost: usd.map(Money::from_usd).transpose()?, max_calls, max_tokens })
    }
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
        nodes.push(Node { parent: Some(parent), depth, owner: Owner::Child, slice, ..Node::default() });
        Ok((nodes.len() - 1, depth))
    }

    pub(super) fn add_part(&self, parent: usize, name: String, slice: ChildSlice) -> usize {
        let mut nodes = self.lock();
        let depth = nodes.get(parent).map_or(0, |node| node.depth);
        nodes.push(Node { parent: Some(parent), depth, owner: Owner::Part(name), slice, ..Node::default() });
        nodes.len() - 1
    }

    pub(super) fn hold(&self, scope: usize, need: Need, tag: &Tag) -> Result<(), Verdict> {
        let mut nodes = self.lock();
        self.check(&nodes, scope, need, tag)?;
        each_above(&mut nodes, scope, |node| node.hold(need));
        Ok(())
    }

    /// Whether that much would be held back now; nothing is.
    pub(super) fn allows(&self, scope: usize, need: Need, tag: &Tag) -> bool {
        self.check(&self.lock(), scope, need, tag).is_ok()
    }

    fn check(&self, nodes: &[Node], scope: usize, need: Need, tag: &Tag) -> Result<(), Verdict> {
        let mut later = None;
        for node in chain(nodes, scope).into_iter().filter_map(|index| nodes.get(index)) {
            match node.refuse(need, tag, self.limits.allow_unpriced) {
                Some(Verdict::Never(failure)) => return Err(Verdict::Never(failure)),
                Some(Verdict::Later(failure)) => later = later.or(Some(failure)),
                None => {}
            }
        }
        later.map_or(Ok(()), |failure| Err(Verdict::Later(failure)))
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

    /// Whether a scope is a part of a run that goes on.
    pub(super) fn is_part(&self, scope: usize) -> bool {
        !parts(&self.lock(), scope).is_empty()
    }

    /// Enters what an effect used before its run went on, up to the run, which has it already.
    pub(super) fn restore_in_parts(&self, scope: usize, then: &Totals) {
        let mut nodes = self.lock();
        for index in parts(&nodes, scope) {
            if let Some(node) = nodes.get_mut(index) {
                node.spent.add(then);
            }
        }
    }

    /// Enters what was used in a part before its run went on, into that alone.
    pub(super) fn restore_part(&self, scope: usize, then: &Totals) {
        if let Some(node) = self.lock().get_mut(scope) {
            node.spent.add(then);
        }
    }

    /// Notes that a call is due in a scope.
    pub(super) fn ask(&self, scope: usize) {
        each_above(&mut self.lock(), scope, |node| node.asked = true);
    }

    /// Whether a call was ever due in a scope.
    pub(super) fn has_asked(&self, scope: usize) -> bool {
        self.lock().get(scope).is_some_and(|node| node.asked)
    }

    /// Notes that the log answered something in a scope, or that it was made.
    pub(super) fn note(&self, scope: usize, answered: bool) {
        each_above(&mut self.lock(), scope, |node| {
            node.answered |= answered;
            node.made |= !answered;
        });
    }

    /// Whether the log answered something in a scope, and nothing was made.
    pub(super) fn is_answered(&self, scope: usize) -> bool {
        self.lock().get(scope).is_some_and(|node| node.answered && !node.made)
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

/// The scope and all above it, from the scope up.
fn chain(nodes: &[Node], scope: usize) -> Vec<usize> {
    std::iter::successors(Some(scope), |index| nodes.get(*index).and_then(|node| node.parent)).collect()
}

/// The scopes from this one up to the run that goes on above it, itself left out: without one there is nothing that was spent
/// before.
fn parts(nodes: &[Node], scope: usize) -> Vec<usize> {
    let mut parts = chain(nodes, scope);
    let run = parts.iter().position(|index| nodes.get(*index).is_some_and(|node| node.restored));
    parts.truncate(run.unwrap_or(0));
    parts
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
