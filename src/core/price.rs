//! What a model call costs, in integers, so that sums of many small calls are exact.
//!
//! Where prices come from is the registry's business; what may be spent is the budget's.

use crate::core::money::Money;
use crate::core::usage::Usage;
use serde::{Deserialize, Serialize};

/// Rates are given per this many tokens.
const TOKENS_PER_UNIT: u128 = 1_000_000;

/// What tokens cost, in nano-USD per million of them: $0.15 per million is 150,000,000.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Rates {
    /// Prompt tokens.
    pub input: u64,
    /// Prompt tokens that the provider takes from its cache; `None` if they cost the same as others.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub cached_input: Option<u64>,
    /// Prompt tokens that the provider writes into its cache; `None` if they cost the same as others.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub cache_write: Option<u64>,
    /// Answer tokens, reasoning included unless it has a rate of its own.
    pub output: u64,
    /// Reasoning tokens; `None` if they cost the same as other answer tokens.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub reasoning: Option<u64>,
}

impl Rates {
    /// All rates, with those that are not given: prompt, cached, written, answer, reasoning.
    fn told(self) -> [u64; 5] {
        [
            self.input,
            self.cached_input.unwrap_or(self.input),
            self.cache_write.unwrap_or(self.input),
            self.output,
            self.reasoning.unwrap_or(self.output),
        ]
    }
}

/// Rates for long prompts. They hold for the whole call, as OpenAI, Google and xAI bill, not for the tokens above alone.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Tier {
    /// A prompt of more tokens than this, cached ones included, is billed at these rates.
    pub above: u64,
    /// The rates.
    #[serde(flatten)]
    pub rates: Rates,
}

/// The price of a model's calls.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Price {
    /// The rates of prompts that no tier is for.
    #[serde(flatten)]
    pub rates: Rates,
    /// Other rates for long prompts, in any order.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub tiers: Vec<Tier>,
    /// Nano-USD for each picture of a prompt, beside its tokens.
    #[serde(default, skip_serializing_if = "is_zero")]
    pub per_image: u64,
    /// Nano-USD for each call, beside its tokens.
    #[serde(default, skip_serializing_if = "is_zero")]
    pub per_request: u64,
}

#[expect(clippy::trivially_copy_pass_by_ref, reason = "serde calls it with a reference")]
const fn is_zero(amount: &u64) -> bool {
    *amount == 0
}

/// The most that a call can use.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Bound {
    /// Prompt tokens at most.
    pub input_tokens: u64,
    /// Answer tokens at most, reasoning included.
    pub output_tokens: u64,
    /// Pictures in the prompt.
    #[serde(default)]
    pub images: u64,
}

impl Bound {
    /// Prompt and answer tokens together.
    pub const fn total(&self) -> u64 {
        self.input_tokens.saturating_add(self.output_tokens)
    }

    /// The bound as the usage of a call whose end is unknown.
    pub const fn as_usage(&self) -> Usage {
        Usage {
            input_tokens: self.input_tokens,
            cached_input_tokens: 0,
            cache_write_tokens: 0,
            output_tokens: self.output_tokens,
            reasoning_tokens: 0,
            unheard_tokens: 0,
            estimated: true,
        }
    }
}

impl Price {
    /// The price of a model that runs here.
    pub const FREE: Self = Self::flat(0, 0);

    /// A price of prompt and answer tokens alone, in nano-USD per million.
    pub const fn flat(input: u64, output: u64) -> Self {
        let rates = Rates { input, cached_input: None, cache_write: None, output, reasoning: None };
        Self { rates, tiers: Vec::new(), per_image: 0, per_request: 0 }
    }

    /// Whether both bill every call alike: a rate that is not given is that of the prompt.
    pub fn bills_as(&self, other: &Self) -> bool {
        let thresholds = self.tiers.iter().chain(&other.tiers).map(|tier| tier.above.saturating_add(1));
        std::iter::once(0).chain(thresholds).all(|tokens| self.rates_at(tokens).told() == other.rates_at(tokens).told())
            && (self.per_image, self.per_request) == (other.per_image, other.per_request)
    }

    /// Whether some part of it costs nothing, or less than a tenth, of what it costs at the other price.
    pub fn is_far_below(&self, other: &Self) -> bool {
        let far = |own: u64, other: u64| other > 0 && own.saturating_mul(10) < other;
        let thresholds = self.tiers.iter().chain(&other.tiers).map(|tier| tier.above.saturating_add(1));
        let rates = std::iter::once(0).chain(thresholds).any(|tokens| {
            let (own, other) = (self.rates_at(tokens).told(), other.rates_at(tokens).told());
            own.into_iter().zip(other).any(|(own, other)| far(own, other))
        });
        rates || far(self.per_image, other.per_image) || far(self.per_request, other.per_request)
    }

    /// The rates of a call with this many prompt tokens.
    pub fn rates_at(&self, input_tokens: u64) -> Rates {
        let tiers = self.tiers.iter().filter(|tier| input_tokens > tier.above);
        tiers.max_by_key(|tier| tier.above).map_or(self.rates, |tier| tier.rates)
    }

    /// What a call with this usage and this many pictures costs, rounded up to a whole nano-USD. Each token is billed
    /// once: cached, cache-written and reasoning ones at their own rates, the rest as prompt or answer. A call that used
    /// no token was not served and costs nothing.
    pub fn cost(&self, usage: &Usage, images: u64) -> Money {
        if usage.total() == 0 {
            return Money::ZERO;
        }
        let rates = self.rates_at(usage.input_tokens);
        let cached = usage.cached_input_tokens.min(usage.input_tokens);
        let written = usage.cache_write_tokens.min(usage.input_tokens - cached);
        let fresh = usage.input_tokens - cached - written;
        let reasoning = rates.reasoning.unwrap_or(rates.output);
        // Where nobody counted, any of the answer may have been reasoning.
        let unknown = usage.estimated && usage.reasoning_tokens == 0 && reasoning > rates.output;
        let thought = if unknown { usage.output_tokens } else { usage.reasoning_tokens.min(usage.output_tokens) };
        let tokens = sum(&[
            (fresh, rates.input),
            (cached, rates.cached_input.unwrap_or(rates.input)),
            (written, rates.cache_write.unwrap_or(rates.input)),
            (usage.output_tokens - thought, rates.output),
            (thought, reasoning),
        ]);
        tokens.saturating_add(self.beside(images))
    }

    /// The most that a call within `bound` can cost, however short its prompt turns out and whatever part of it is
    /// cached or written to a cache.
    pub fn worst(&self, bound: &Bound) -> Money {
        let tokens =
            self.worst_cases(bound).map(|(input, rate, output)| sum(&[(input, rate), (bound.output_tokens, output)]));
        tokens.max().unwrap_or_default().saturating_add(self.beside(bound.images))
    }

    /// The most answer tokens of a call with the prompt of `bound` that costs at most `left`, whatever becomes of its
    /// prompt tokens; `None` if these alone may cost more.
    pub fn affordable_output(&self, bound: &Bound, left: Money) -> Option<u64> {
        let left = left.nanos().checked_sub(self.beside(bound.images).nanos())?;
        let in_tier = |(input, rate, output): (u64, u64, u64)| {
            let rest = (u128::from(left) * TOKENS_PER_UNIT).checked_sub(u128::from(input) * u128::from(rate))?;
            Some(rest.checked_div(u128::from(output)).unwrap_or(u128::MAX))
        };
        // One tier that is too dear is enough for `None`, which is less than any number.
        let most = self.worst_cases(bound).map(in_tier).min().flatten()?;
        Some(u64::try_from(most).unwrap_or(u64::MAX))
    }

    /// For each tier that a prompt within `bound` can be in: its tokens at most, the dearest rate that any of them can
    /// have, and the dearest rate of the answer.
    fn worst_cases(&self, bound: &Bound) -> impl Iterator<Item = (u64, u64, u64)> {
        let Bound { input_tokens, .. } = *bound;
        let long = self.tiers.iter().filter(move |tier| input_tokens > tier.above);
        let tiers = std::iter::once((0, self.rates)).chain(long.map(|tier| (tier.above, tier.rates)));
        tiers.map(move |(above, rates)| {
            let next = self.tiers.iter().map(|tier| tier.above).filter(|next| *next > above).min();
            let dearest = rates.input.max(rates.cached_input.unwrap_or(0)).max(rates.cache_write.unwrap_or(0));
            (
                next.map_or(input_tokens, |next| next.min(input_tokens)),
                dearest,
                rates.output.max(rates.reasoning.unwrap_or(0)),
            )
        })
    }

    fn beside(&self, images: u64) -> Money {
        Money::from_nanos(self.per_image.saturating_mul(images).saturating_add(self.per_request))
    }
}

fn sum(parts: &[(u64, u64)]) -> Money {
    let total = parts
        .iter()
        .map(|(tokens, rate)| u128::from(*tokens) * u128::from(*rate))
        .fold(0_u128, u128::saturating_add)
        .div_ceil(TOKENS_PER_UNIT);
    Money::from_nanos(u64::try_from(total).unwrap_or(u64::MAX))
}

#[cfg(test)]
mod tests;
