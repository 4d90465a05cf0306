//! Judging an answer while it is written: is it going wrong, so that the rest is not worth its price?
//!
//! Pure: it is shown pieces and token probabilities, and says stop or nothing. Who stops the stream is not its business.

use crate::core::failure::{Failure, FailureKind};
use serde::Serialize;

/// When an answer is stopped.
#[derive(Clone, Copy, Debug, PartialEq, Serialize)]
pub struct Thresholds {
    /// Tokens before which nothing is stopped.
    pub least_tokens: u64,
    /// Share of repeated 3-grams of words, 0 to 1.
    pub repetition: f64,
}

/// What has been seen of one answer.
#[derive(Debug)]
pub struct Monitor {
    thresholds: Thresholds,
}

impl Monitor {
    /// A monitor of an answer that has not begun.
    pub const fn new(thresholds: Thresholds) -> Self {
        Self { thresholds }
    }

    /// Takes new text with the natural logarithms of its tokens' probabilities, empty where they are not known.
    pub fn see(&mut self, text: &str, logprobs: &[f64]) -> Option<Failure> {
        (text.is_empty() && logprobs.is_empty() && self.thresholds.least_tokens == 0).then(empty)
    }
}

fn empty() -> Failure {
    Failure::new(FailureKind::EarlyAbort, "nothing was written")
}
