//! Tokens used, as the provider counted them or as estimated here.

use serde::{Deserialize, Serialize};
use std::ops::{Add, AddAssign};

/// Tokens of one or more model calls.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Usage {
    /// Prompt tokens, cached ones included.
    pub input_tokens: u64,
    /// Prompt tokens that the provider took from its cache; part of `input_tokens`.
    #[serde(default)]
    pub cached_input_tokens: u64,
    /// Prompt tokens that the provider wrote into its cache, at a price of their own; part of `input_tokens`.
    #[serde(default, skip_serializing_if = "is_zero")]
    pub cache_write_tokens: u64,
    /// Answer tokens, reasoning included.
    pub output_tokens: u64,
    /// Reasoning tokens; part of `output_tokens`.
    #[serde(default)]
    pub reasoning_tokens: u64,
    /// Answer tokens that nobody heard and that are charged all the same, at the most that they can have been: the server
    /// had the request, and may have answered into a broken connection. Part of `output_tokens`.
    #[serde(default, skip_serializing_if = "is_zero")]
    pub unheard_tokens: u64,
    /// True if the provider sent no usage and the numbers were counted here.
    #[serde(default)]
    pub estimated: bool,
}

#[expect(clippy::trivially_copy_pass_by_ref, reason = "serde calls it with a reference")]
const fn is_zero(count: &u64) -> bool {
    *count == 0
}

impl Usage {
    /// What came after `earlier`, which is a part of this.
    pub const fn since(&self, earlier: &Self) -> Self {
        Self {
            input_tokens: self.input_tokens.saturating_sub(earlier.input_tokens),
            cached_input_tokens: self.cached_input_tokens.saturating_sub(earlier.cached_input_tokens),
            cache_write_tokens: self.cache_write_tokens.saturating_sub(earlier.cache_write_tokens),
            output_tokens: self.output_tokens.saturating_sub(earlier.output_tokens),
            reasoning_tokens: self.reasoning_tokens.saturating_sub(earlier.reasoning_tokens),
            unheard_tokens: self.unheard_tokens.saturating_sub(earlier.unheard_tokens),
            estimated: self.estimated,
        }
    }

    /// Prompt and answer tokens together.
    pub const fn total(&self) -> u64 {
        self.input_tokens.saturating_add(self.output_tokens)
    }
}

impl Add for Usage {
    type Output = Self;

    fn add(self, other: Self) -> Self {
        Self {
            input_tokens: self.input_tokens.saturating_add(other.input_tokens),
            cached_input_tokens: self.cached_input_tokens.saturating_add(other.cached_input_tokens),
            cache_write_tokens: self.cache_write_tokens.saturating_add(other.cache_write_tokens),
            output_tokens: self.output_tokens.saturating_add(other.output_tokens),
            reasoning_tokens: self.reasoning_tokens.saturating_add(other.reasoning_tokens),
            unheard_tokens: self.unheard_tokens.saturating_add(other.unheard_tokens),
            estimated: self.estimated || other.estimated,
        }
    }
}

impl AddAssign for Usage {
    fn add_assign(&mut self, other: Self) {
        *self = *self + other;
    }
}
