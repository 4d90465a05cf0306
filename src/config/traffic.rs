//! Limits of time and number on the traffic with one model, and of number with all models of a service.

use crate::config::merged::Merged;
use serde::Serialize;

/// Limits on the traffic with a model; an unset one is the usual, or none.
#[derive(Clone, Copy, Debug, Default, PartialEq, Serialize)]
pub struct Traffic {
    /// Seconds until a connection is made.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub connect_timeout: Option<f64>,
    /// Seconds from one token to the next.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub between_tokens_timeout: Option<f64>,
    /// How much may go out.
    #[serde(flatten)]
    pub rates: RateLimits,
}

/// How much may go out to one model, or to all models of a service. `None` is no limit.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize)]
pub struct RateLimits {
    /// The most requests in any minute, repeated attempts included.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub requests_per_minute: Option<u64>,
    /// The most tokens in any minute, prompts and answers together. A request is counted with its prompt as
    /// it is estimated and the longest answer that it allows, until its truth is known.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub tokens_per_minute: Option<u64>,
    /// The most requests under way at once.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub concurrency: Option<u64>,
}

impl Traffic {
    /// The limits of the model of this name.
    pub(super) fn of(merged: &Merged, name: &str) -> Self {
        let table = format!("models.{name}");
        Self {
            connect_timeout: merged.number(&format!("{table}.connect_timeout")),
            between_tokens_timeout: merged.number(&format!("{table}.between_tokens_timeout")),
            rates: RateLimits::of(merged, &table),
        }
    }
}

impl RateLimits {
    /// The limits that a table gives.
    pub(super) fn of(merged: &Merged, table: &str) -> Self {
        let count = |field: &str| merged.count(&format!("{table}.{field}"));
        Self {
            requests_per_minute: count("requests_per_minute"),
            tokens_per_minute: count("tokens_per_minute"),
            concurrency: count("concurrency"),
        }
    }

    /// What keeps within both.
    pub fn and(self, other: Self) -> Self {
        let lower = |one: Option<u64>, other: Option<u64>| one.into_iter().chain(other).min();
        Self {
            requests_per_minute: lower(self.requests_per_minute, other.requests_per_minute),
            tokens_per_minute: lower(self.tokens_per_minute, other.tokens_per_minute),
            concurrency: lower(self.concurrency, other.concurrency),
        }
    }
}
