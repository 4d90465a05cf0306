//! The limits of a run, shared by its whole tree.

use crate::core::money::Money;
use serde::{Deserialize, Serialize};

/// Limits of one run. `None` is no limit of that kind.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Limits {
    /// The most money.
    pub max_cost: Option<Money>,
    /// The most model calls.
    pub max_calls: Option<u64>,
    /// The most tokens, prompts and answers together.
    pub max_tokens: Option<u64>,
    /// How deep child runs may nest; the root is depth 0.
    pub max_depth: u32,
    /// The most turns of one root model.
    pub max_turns: u32,
    /// The most milliseconds of computing in one evaluation; waiting is not charged.
    pub compute_millis: u64,
    /// The most milliseconds of the whole run, waiting included.
    pub timeout_millis: Option<u64>,
    /// Lets a money limit pass calls to models without a known price.
    #[serde(default)]
    pub allow_unpriced: bool,
}

impl Default for Limits {
    fn default() -> Self {
        Self {
            max_cost: None,
            max_calls: None,
            max_tokens: None,
            max_depth: 5,
            max_turns: 20,
            compute_millis: 60_000,
            timeout_millis: None,
            allow_unpriced: false,
        }
    }
}
