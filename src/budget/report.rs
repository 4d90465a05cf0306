//! What was spent, as data for the footer, `.cost`, `spent()` and the result document.

use crate::core::failure::Failure;
use crate::core::ids::{ModelId, RoleName};
use crate::core::money::Money;
use crate::core::usage::Usage;
use serde::{Deserialize, Serialize};

/// What a number of calls used.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Totals {
    /// Calls that went out, failed ones included.
    pub calls: u64,
    /// Calls that failed, or whose end is unknown.
    pub failed: u64,
    /// Calls answered from the log; they cost nothing and are not counted in `calls`.
    pub replayed: u64,
    /// Calls answered with a kept answer; they cost nothing and are not counted in `calls`.
    #[serde(default)]
    pub cached: u64,
    /// Calls to models without a known price; their cost is missing from `cost`.
    pub unpriced_calls: u64,
    /// Tokens used.
    pub usage: Usage,
    /// What the priced calls cost, in nano-USD.
    pub cost: Money,
    /// Calls that were under way when an earlier process of the run was killed, so that nobody knows their end.
    #[serde(default, skip_serializing_if = "is_none")]
    pub unknown: u64,
    /// What of the cost is the worst case of these.
    #[serde(default, skip_serializing_if = "is_free")]
    pub unknown_cost: Money,
    /// Answers to a program's calls that could not be used: they were cut or empty, did not match their schema, or were
    /// refused by a check. A root's turns are none, nor is the result of a child run.
    #[serde(default, skip_serializing_if = "is_none")]
    pub unusable: u64,
    /// What of the cost was paid for these.
    #[serde(default, skip_serializing_if = "is_free")]
    pub unusable_cost: Money,
}

const fn is_none(calls: &u64) -> bool {
    *calls == 0
}

fn is_free(cost: &Money) -> bool {
    *cost == Money::ZERO
}

impl Totals {
    /// What came after `earlier`, which is a part of this.
    pub const fn since(&self, earlier: &Self) -> Self {
        Self {
            calls: self.calls.saturating_sub(earlier.calls),
            failed: self.failed.saturating_sub(earlier.failed),
            replayed: self.replayed.saturating_sub(earlier.replayed),
            cached: self.cached.saturating_sub(earlier.cached),
            unpriced_calls: self.unpriced_calls.saturating_sub(earlier.unpriced_calls),
            usage: self.usage.since(&earlier.usage),
            cost: self.cost.saturating_sub(earlier.cost),
            unknown: self.unknown.saturating_sub(earlier.unknown),
            unknown_cost: self.unknown_cost.saturating_sub(earlier.unknown_cost),
            unusable: self.unusable.saturating_sub(earlier.unusable),
            unusable_cost: self.unusable_cost.saturating_sub(earlier.unusable_cost),
        }
    }

    pub(super) fn add(&mut self, other: &Self) {
        self.calls = self.calls.saturating_add(other.calls);
        self.failed = self.failed.saturating_add(other.failed);
        self.replayed = self.replayed.saturating_add(other.replayed);
        self.cached = self.cached.saturating_add(other.cached);
        self.unpriced_calls = self.unpriced_calls.saturating_add(other.unpriced_calls);
        self.usage += other.usage;
        self.cost = self.cost.saturating_add(other.cost);
        self.unknown = self.unknown.saturating_add(other.unknown);
        self.unknown_cost = self.unknown_cost.saturating_add(other.unknown_cost);
        self.unusable = self.unusable.saturating_add(other.unusable);
        self.unusable_cost = self.unusable_cost.saturating_add(other.unusable_cost);
    }
}

/// The name of the detail of a failure that says which limit refused the call.
pub const LIMIT: &str = "budget";
/// The name of the detail that says what lets it pass, where the failure's hint says more.
pub const RAISE: &str = "raise";

/// What refused calls that a program could go on without.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct Refused {
    /// The limit, by its name.
    pub by: String,
    /// What lets more calls pass; nothing if these are not asked for again.
    pub hint: Option<String>,
}

impl Refused {
    /// What refused a call with this failure.
    pub fn with(failure: &Failure) -> Self {
        let detail = |name: &str| failure.details.get(name)?.as_str().map(str::to_owned);
        let by = detail(LIMIT).unwrap_or_else(|| "a budget".to_owned());
        Self { by, hint: detail(RAISE).or_else(|| failure.hint.clone()) }
    }
}

/// What is held back for calls in flight.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Reserved {
    /// Calls in flight.
    pub calls: u64,
    /// Their worst case in tokens.
    pub tokens: u64,
    /// Their worst case in nano-USD, of those with a price.
    pub cost: Money,
}

/// One line of the tree of spending.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct SpendRow {
    /// How deep the runs that made the calls are nested.
    pub depth: u32,
    /// The role that was played.
    pub role: RoleName,
    /// The model.
    pub model: ModelId,
    /// What its calls used.
    #[serde(flatten)]
    pub totals: Totals,
}

/// What a scope and everything below it spent.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct SpendReport {
    /// The sum of the rows.
    pub totals: Totals,
    /// What is held back for calls in flight.
    pub reserved: Reserved,
    /// By depth, role and model, in this order.
    pub rows: Vec<SpendRow>,
}

/// What may still be spent; `None` is no limit of that kind.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Left {
    /// Money, in nano-USD.
    pub cost: Option<Money>,
    /// Model calls.
    pub calls: Option<u64>,
    /// Tokens.
    pub tokens: Option<u64>,
}
