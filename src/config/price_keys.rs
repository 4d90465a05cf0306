//! A model's price as configured, in USD as people write it.
//!
//! What a list says about the model, and how the two are merged, is the registry's business.

use crate::core::money::Money;

/// The price keys of `[models.NAME]`. Rates are USD per million tokens.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct PriceConfig {
    /// `input_price`, `cached_input_price`, `cache_write_price`, `output_price`, `reasoning_price`.
    pub rates: RateConfig,
    /// `long_prompt`: prompts of more tokens than this are billed at the long rates.
    pub long_prompt: Option<u64>,
    /// The same with `long_` before them.
    pub long_rates: RateConfig,
    /// `image_price`: USD for each picture, beside its tokens.
    pub image: Option<Money>,
    /// `request_price`: USD for each call, beside its tokens.
    pub request: Option<Money>,
}

/// Rates as configured.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct RateConfig {
    /// Prompt tokens.
    pub input: Option<Money>,
    /// Prompt tokens from the provider's cache.
    pub cached_input: Option<Money>,
    /// Prompt tokens written into it.
    pub cache_write: Option<Money>,
    /// Answer tokens.
    pub output: Option<Money>,
    /// Reasoning tokens.
    pub reasoning: Option<Money>,
}

impl PriceConfig {
    /// The keys below a model, with `read` giving the amount of a key and `count` a number of tokens.
    pub fn of(read: impl Fn(&str) -> Option<Money>, count: impl Fn(&str) -> Option<u64>) -> Self {
        let rates = |prefix: &str| RateConfig {
            input: read(&format!("{prefix}input_price")),
            cached_input: read(&format!("{prefix}cached_input_price")),
            cache_write: read(&format!("{prefix}cache_write_price")),
            output: read(&format!("{prefix}output_price")),
            reasoning: read(&format!("{prefix}reasoning_price")),
        };
        Self {
            rates: rates(""),
            long_prompt: count("long_prompt"),
            long_rates: rates("long_"),
            image: read("image_price"),
            request: read("request_price"),
        }
    }
}
