//! Counts of episodes for people: how often an arm was used and worked, and what it used.

use serde::{Deserialize, Serialize};

/// What became of the episodes of one name.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
pub struct Tally {
    /// The arm or the policy.
    pub name: String,
    /// Those that worked or failed.
    pub runs: u64,
    /// Those that worked.
    pub worked: u64,
    /// Tokens used on average.
    pub mean_tokens: f64,
}

impl Tally {
    /// The share that worked; 0 without any.
    pub fn success(&self) -> f64 {
        #[allow(clippy::cast_precision_loss, reason = "counts of runs are far below 2^53")]
        let share = self.worked as f64 / self.runs.max(1) as f64;
        share
    }
}
