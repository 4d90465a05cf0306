//! Judging an answer while it is written: is it going wrong, so that the rest is not worth its price?
//!
//! Pure: it is shown pieces and token probabilities, and says stop or nothing. Who stops the stream is not its business,
//! nor is a stream that says nothing: that has its own time limits. Each word costs the same, however long the answer.

mod elements;
mod entropy;
mod repetition;
mod words;

use crate::core::failure::{Failure, FailureKind};
use crate::core::thresholds::Thresholds;
use crate::policy::monitor::elements::Elements;
use crate::policy::monitor::entropy::Entropy;
use crate::policy::monitor::repetition::Repetition;
use crate::policy::monitor::words::Words;

/// What a server tells about the choice of one token.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct TokenEvidence {
    /// Natural logarithm of the token's probability, at most 0.
    pub logprob: f64,
    /// Entropy of the choice in bits, where the likeliest alternatives are known.
    pub entropy: Option<f64>,
}

impl TokenEvidence {
    /// The evidence of a token with the natural logarithms of the probabilities of its likeliest alternatives, the token
    /// itself perhaps among them; empty if they are not known.
    pub fn new(logprob: f64, top: &[f64]) -> Self {
        Self { logprob, entropy: entropy::of_top(top) }
    }
}

/// What has been seen of one answer.
#[derive(Debug)]
pub struct Monitor {
    thresholds: Thresholds,
    words: Words,
    /// Where JSON is asked for.
    elements: Option<Elements>,
    /// Made when the answer is longer than most.
    repetition: Option<Repetition>,
    entropy: Entropy,
    /// Tokens with evidence.
    counted: u64,
    /// Sixteenths of tokens, estimated.
    sixteenths: u64,
    /// At how many tokens the sum of the scores became too high.
    high_since: Option<u64>,
}

/// The scores of all signals at one moment, each 0 to 1.
struct Scores {
    entropy: f64,
    spike: f64,
    repetition: f64,
    length: f64,
}

/// Sixteenths of tokens before repetition is looked for: most answers end before, and cost nothing.
const START: u64 = 16 * 40;

impl Monitor {
    /// A monitor of an answer that has not begun.
    pub fn new(thresholds: Thresholds) -> Self {
        let sustained = usize::try_from(thresholds.sustained).unwrap_or(usize::MAX);
        Self {
            thresholds,
            words: Words::default(),
            elements: thresholds.json.then(Elements::default),
            repetition: None,
            entropy: Entropy::over(sustained),
            counted: 0,
            sixteenths: 0,
            high_since: None,
        }
    }

    /// Takes new text with the evidence of its tokens, empty where there is none; says why to stop, if so.
    ///
    /// Thoughts and the arguments of functions are text too: they are paid for. The verdict does not depend on how the
    /// text is cut into pieces.
    pub fn see(&mut self, text: &str, tokens: &[TokenEvidence]) -> Option<Failure> {
        for token in tokens {
            self.counted += 1;
            self.entropy.take(token.entropy.unwrap_or(-token.logprob * std::f64::consts::LOG2_E));
            if let Some(failure) = self.judge() {
                return Some(failure);
            }
        }
        for letter in text.chars() {
            self.elements.iter_mut().for_each(|elements| elements.take(letter));
            let Some(word) = self.words.take(letter) else { continue };
            self.sixteenths += u64::from(word.sixteenths);
            if self.sixteenths >= START {
                let ngram = self.thresholds.ngram;
                let is_data = self.elements.as_ref().is_some_and(Elements::are_written);
                self.repetition.get_or_insert_with(|| Repetition::of(ngram)).take(word, is_data);
            }
            if let Some(failure) = self.judge() {
                return Some(failure);
            }
        }
        None
    }

    /// Tokens so far: those that the server named, else an estimate.
    fn tokens(&self) -> u64 {
        if self.counted > 0 { self.counted } else { self.sixteenths / 16 }
    }

    fn judge(&mut self) -> Option<Failure> {
        let (tokens, thresholds) = (self.tokens(), &self.thresholds);
        let scores = self.scores(tokens);
        let sum = scores.weighted(thresholds).into_iter().map(|(_, score)| score).sum::<f64>();
        // The weights are decimal fractions: a sum that should be equal may lie a hair below.
        if sum + 1e-9 < thresholds.combined {
            self.high_since = None;
            return None;
        }
        let since = *self.high_since.get_or_insert(tokens);
        let lasts = tokens.saturating_sub(since) >= thresholds.sustained;
        (lasts && tokens >= thresholds.least_tokens).then(|| self.verdict(&scores, sum, tokens))
    }

    fn scores(&self, tokens: u64) -> Scores {
        let thresholds = &self.thresholds;
        let length = self.length(tokens);
        // Up to the expected length nothing is wrong, from there the score rises to 1 at the factor.
        let beyond = |factor: f64| if factor > 1.0 { (length - 1.0) / (factor - 1.0) } else { length / factor };
        Scores {
            entropy: score(self.entropy.recent(), thresholds.entropy),
            spike: score(self.entropy.spike(), thresholds.spike),
            repetition: score(self.repetition.as_ref().map_or(0.0, Repetition::share), thresholds.repetition),
            length: if thresholds.length_factor > 0.0 { beyond(thresholds.length_factor).clamp(0.0, 1.0) } else { 0.0 },
        }
    }

    /// How many times the expected length the answer has; 0 if none is expected.
    fn length(&self, tokens: u64) -> f64 {
        self.thresholds.expected_tokens.filter(|expected| *expected > 0).map_or(0.0, |expected| ratio(tokens, expected))
    }

    fn verdict(&self, scores: &Scores, sum: f64, tokens: u64) -> Failure {
        let strongest = scores.weighted(&self.thresholds).into_iter().max_by(|a, b| a.1.total_cmp(&b.1));
        let signal = strongest.map_or("repetition", |(name, _)| name);
        let why = match signal {
            "entropy" | "spike" => "its words are near to chance",
            "length" => "it is much longer than expected",
            _ => "it repeats itself",
        };
        let share = self.repetition.as_ref().map_or(0.0, Repetition::share);
        let failure = Failure::new(
            FailureKind::EarlyAbort,
            format!("the answer was stopped after about {tokens} tokens: {why}"),
        )
        .hint("ask in other words, or take a stronger role; `monitor` of the role decides when an answer is stopped")
        .detail("signal", signal)
        .detail("score", rounded(sum))
        .detail("tokens", tokens)
        .detail("repetition", rounded(share))
        .detail("length", rounded(self.length(tokens)));
        // Without probabilities nothing is known of entropy, and 0 would say that nothing was open.
        if self.entropy.is_known() {
            failure.detail("entropy", rounded(self.entropy.recent())).detail("spike", rounded(self.entropy.spike()))
        } else {
            failure
        }
    }
}

impl Scores {
    fn weighted(&self, thresholds: &Thresholds) -> [(&'static str, f64); 4] {
        let weights = &thresholds.weights;
        [
            ("entropy", self.entropy * weights.entropy),
            ("spike", self.spike * weights.spike),
            ("repetition", self.repetition * weights.repetition),
            ("length", self.length * weights.length),
        ]
    }
}

/// 0 up to half the threshold, 1 from the whole on.
fn score(level: f64, threshold: f64) -> f64 {
    if threshold > 0.0 { (2.0 * level / threshold - 1.0).clamp(0.0, 1.0) } else { 0.0 }
}

#[allow(clippy::cast_precision_loss, reason = "counts of tokens are far below 2^53")]
fn ratio(part: u64, whole: u64) -> f64 {
    part as f64 / whole as f64
}

fn rounded(number: f64) -> f64 {
    (number * 1_000.0).round() / 1_000.0
}

#[cfg(test)]
mod tests;
