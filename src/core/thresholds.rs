//! When an answer is stopped while it is written: the thresholds, their weights, and what a configuration changes.
//!
//! Only the numbers: the judging is `policy::monitor`.

use serde::Serialize;

/// When an answer is stopped. A threshold of 0 switches its signal off.
///
/// A signal's score rises from 0 at half its threshold to 1 at the whole; an answer is stopped once the weighted sum of
/// the scores has been at or above `combined` for `sustained` tokens.
#[derive(Clone, Copy, Debug, PartialEq, Serialize)]
pub struct Thresholds {
    /// Mean entropy of the last `sustained` tokens, in bits; 4.0 is a free choice among 16 words.
    pub entropy: f64,
    /// How far that mean lies above the mean of the tokens before, in bits; 2.0.
    pub spike: f64,
    /// Tokens over which entropy is taken, and for which the sum must stay high; 10. At most 256 are used.
    pub sustained: u64,
    /// Share of what was written last that stands in a loop, 0 to 1; 0.3.
    pub repetition: f64,
    /// Words that must repeat in a row to be found as a repetition; 3. At least 1 and at most 8 are used.
    pub ngram: u64,
    /// Tokens before which nothing is stopped; 50.
    pub least_tokens: u64,
    /// How many times as long as expected an answer may get; 2.0.
    pub length_factor: f64,
    /// The most tokens that are expected; `None` for the call's own `max_tokens`, so that only a server that does not
    /// keep to that limit is stopped.
    pub expected_tokens: Option<u64>,
    /// The weighted sum of the scores that stops an answer; 0.7.
    pub combined: f64,
    /// How much each signal counts.
    pub weights: Weights,
    /// Asks the model for the probabilities of its tokens; without them entropy and spike stay silent. False, because
    /// they make every answer several times larger.
    pub logprobs: bool,
    /// Whether the answer shall be JSON, in whose lists equal elements are no loop. Of the call, not of a configuration.
    #[serde(skip)]
    pub json: bool,
}

/// How much each signal counts in the sum. With 0.7 it stops an answer by itself, with less only together with others.
#[derive(Clone, Copy, Debug, PartialEq, Serialize)]
pub struct Weights {
    /// 0.7.
    pub entropy: f64,
    /// 0.35: where a text goes from the obvious to the surprising, it is not yet wrong.
    pub spike: f64,
    /// 0.7.
    pub repetition: f64,
    /// 0.7.
    pub length: f64,
}

impl Default for Thresholds {
    fn default() -> Self {
        Self {
            entropy: 4.0,
            spike: 2.0,
            sustained: 10,
            repetition: 0.3,
            ngram: 3,
            least_tokens: 50,
            length_factor: 2.0,
            expected_tokens: None,
            combined: 0.7,
            weights: Weights { entropy: 0.7, spike: 0.35, repetition: 0.7, length: 0.7 },
            logprobs: false,
            json: false,
        }
    }
}

/// What a role's configuration says, below `roles.NAME.monitor`; unset fields keep the default.
#[derive(Clone, Copy, Debug, Default, PartialEq)]
pub struct Overrides {
    /// False lets every answer end by itself.
    pub enabled: Option<bool>,
    /// Of `Thresholds`, as are the following.
    pub entropy: Option<f64>,
    /// See `Thresholds::spike`.
    pub spike: Option<f64>,
    /// See `Thresholds::sustained`.
    pub sustained: Option<u64>,
    /// See `Thresholds::repetition`.
    pub repetition: Option<f64>,
    /// See `Thresholds::ngram`.
    pub ngram: Option<u64>,
    /// See `Thresholds::least_tokens`.
    pub least_tokens: Option<u64>,
    /// See `Thresholds::length_factor`.
    pub length_factor: Option<f64>,
    /// See `Thresholds::expected_tokens`.
    pub expected_tokens: Option<u64>,
    /// See `Thresholds::combined`.
    pub combined: Option<f64>,
    /// See `Thresholds::logprobs`.
    pub logprobs: Option<bool>,
    /// See `Weights::entropy`.
    pub weight_entropy: Option<f64>,
    /// See `Weights::spike`.
    pub weight_spike: Option<f64>,
    /// See `Weights::repetition`.
    pub weight_repetition: Option<f64>,
    /// See `Weights::length`.
    pub weight_length: Option<f64>,
}

impl Thresholds {
    /// The defaults with what a configuration says; `None` if it switches the monitor off.
    pub fn configured(given: &Overrides) -> Option<Self> {
        let standard = Self::default();
        let weights = standard.weights;
        given.enabled.unwrap_or(true).then(|| Self {
            entropy: given.entropy.unwrap_or(standard.entropy),
            spike: given.spike.unwrap_or(standard.spike),
            sustained: given.sustained.unwrap_or(standard.sustained),
            repetition: given.repetition.unwrap_or(standard.repetition),
            ngram: given.ngram.unwrap_or(standard.ngram),
            least_tokens: given.least_tokens.unwrap_or(standard.least_tokens),
            length_factor: given.length_factor.unwrap_or(standard.length_factor),
            expected_tokens: given.expected_tokens.or(standard.expected_tokens),
            combined: given.combined.unwrap_or(standard.combined),
            weights: Weights {
                entropy: given.weight_entropy.unwrap_or(weights.entropy),
                spike: given.weight_spike.unwrap_or(weights.spike),
                repetition: given.weight_repetition.unwrap_or(weights.repetition),
                length: given.weight_length.unwrap_or(weights.length),
            },
            logprobs: given.logprobs.unwrap_or(standard.logprobs),
            json: standard.json,
        })
    }

    /// The same for a call whose answer is limited to so many tokens.
    #[must_use]
    pub fn for_limit(self, max_tokens: Option<u64>) -> Self {
        Self { expected_tokens: self.expected_tokens.or(max_tokens), ..self }
    }

    /// The same for a call whose answer shall be JSON, or need not.
    #[must_use]
    pub const fn for_json(self, json: bool) -> Self {
        Self { json, ..self }
    }

    /// Whether the model shall be asked for the probabilities of its tokens.
    pub fn wants_logprobs(&self) -> bool {
        let watched = |threshold: f64, weight: f64| threshold > 0.0 && weight > 0.0;
        self.logprobs && (watched(self.entropy, self.weights.entropy) || watched(self.spike, self.weights.spike))
    }
}
