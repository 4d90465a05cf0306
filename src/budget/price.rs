//! What tokens cost, in integers, so that sums of many small calls are exact.
//!
//! Where prices come from is the registry's business.

use crate::core::money::Money;
use crate::core::usage::Usage;
use serde::{Deserialize, Serialize};

/// Prices are given per this many tokens.
const TOKENS_PER_UNIT: u128 = 1_000_000;

/// The price of a model in nano-USD per million tokens: $0.15 per million is 150,000,000.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Price {
    /// Prompt tokens, in nano-USD per million.
    pub input: u64,
    /// Prompt tokens that the provider takes from its cache, in nano-USD per million; `None` if they cost the same.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub cached_input: Option<u64>,
    /// Answer tokens, in nano-USD per million.
    pub output: u64,
}

impl Price {
    /// The price of a model that runs here.
    pub const FREE: Self = Self { input: 0, cached_input: None, output: 0 };

    /// What `usage` costs, rounded up to a whole nano-USD; cached tokens are billed once, at their own price.
    pub fn cost(&self, usage: &Usage) -> Money {
        let cached = usage.cached_input_tokens.min(usage.input_tokens);
        let fresh = usage.input_tokens - cached;
        sum(&[
            (fresh, self.input),
            (cached, self.cached_input.unwrap_or(self.input)),
            (usage.output_tokens, self.output),
        ])
    }

    /// The most that a call within `bound` can cost.
    pub fn worst(&self, bound: &Bound) -> Money {
        sum(&[(bound.input_tokens, self.worst_input()), (bound.output_tokens, self.output)])
    }

    /// The most answer tokens of a call that costs at most `left`, whatever becomes of its prompt tokens; `None` if
    /// these alone may cost more.
    pub fn affordable_output(&self, input_tokens: u64, left: Money) -> Option<u64> {
        let prompt = u128::from(input_tokens) * u128::from(self.worst_input());
        let rest = (u128::from(left.nanos()) * TOKENS_PER_UNIT).checked_sub(prompt)?;
        let most = rest.checked_div(u128::from(self.output)).unwrap_or(u128::MAX);
        Some(u64::try_from(most).unwrap_or(u64::MAX))
    }

    fn worst_input(&self) -> u64 {
        self.input.max(self.cached_input.unwrap_or(0))
    }
}

/// The most tokens that a call can use.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Bound {
    /// Prompt tokens at most.
    pub input_tokens: u64,
    /// Answer tokens at most, reasoning included.
    pub output_tokens: u64,
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
            estimated: true,
        }
    }
}

fn sum(parts: &[(u64, u64)]) -> Money {
    let total = parts
        .iter()
        .map(|(tokens, price)| u128::from(*tokens) * u128::from(*price))
        .fold(0_u128, u128::saturating_add)
        .div_ceil(TOKENS_PER_UNIT);
    Money::from_nanos(u64::try_from(total).unwrap_or(u64::MAX))
}

#[cfg(test)]
mod tests;
