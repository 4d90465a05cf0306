//! Limits of time and number on the traffic with one model.

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
    /// The most requests in any minute.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub requests_per_minute: Option<u64>,
    /// The most tokens in any minute, prompts and answers together.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub tokens_per_minute: Option<u64>,
    /// The most requests under way at once.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub concurrency: Option<u64>,
}

impl Traffic {
    /// The limits of the model of this name.
    pub(super) fn of(merged: &Merged, name: &str) -> Self {
        let at = |field: &str| format!("models.{name}.{field}");
        Self {
            connect_timeout: merged.number(&at("connect_timeout")),
            between_tokens_timeout: merged.number(&at("between_tokens_timeout")),
            requests_per_minute: merged.count(&at("requests_per_minute")),
            tokens_per_minute: merged.count(&at("tokens_per_minute")),
            concurrency: merged.count(&at("concurrency")),
        }
    }
}
