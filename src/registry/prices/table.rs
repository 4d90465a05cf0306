//! The built-in table: windows, prices and abilities of the main providers' current models.
//!
//! Facts only, read on the day below in:
//! - OpenAI: developers.openai.com/api/docs/models and /pricing (GPT-6.2 Astra: litellm discussion 52347);
//! - Anthropic: platform.claude.com/docs/en/models (five-minute cache writes);
//! - Google: ai.google.dev/gemini-api/docs/pricing, through genai-prices;
//! - DeepSeek: api-docs.deepseek.com/quick_start/pricing; Mistral, xAI, Groq: their price pages, through genai-prices
//!   (github.com/pydantic/genai-prices, prices/new_data/v3/data.json at 02cf3641).
//!
//! Where a price depends on the hour or ends on a day, the higher one stands here, so that a budget is never overspent:
//! DeepSeek at its peak hours, Gemini 3.6 to 3.8 Flash without the reduction until 31 December 2026. None of these
//! models bills pictures by the piece: they are prompt tokens.

use crate::core::price::Rates;
use crate::registry::models::Capabilities;

/// The day on which the table was read.
pub(super) const READ: &str = "2026-11-20";

/// A model of the table.
pub(super) struct Known {
    /// `service/name`.
    pub(super) id: &'static str,
    /// Tokens that fit into a prompt and its answer.
    pub(super) window: u64,
    /// Tokens of an answer at most; 0 if the provider does not say.
    pub(super) max_output: u64,
    /// What it can do beyond text.
    pub(super) capabilities: Capabilities,
    /// What it costs.
    pub(super) rates: Rates,
    /// Above this many prompt tokens it costs that.
    pub(super) long: Option<(u64, Rates)>,
}

/// A price in nano-USD per million tokens from USD as published; anything but digits and a point is the highest price
/// there is, which a test finds.
const fn usd(text: &str) -> u64 {
    let digits = text.as_bytes();
    let (mut nanos, mut at, mut decimals, mut point) = (0_u64, 0, 0, false);
    while at < digits.len() {
        match digits[at] {
            b'.' => point = true,
            digit @ b'0'..=b'9' => {
                nanos = nanos * 10 + (digit - b'0') as u64;
                if point {
                    decimals += 1;
                }
            }
            _ => return u64::MAX,
        }
        at += 1;
    }
    while decimals < 9 {
        nanos *= 10;
        decimals += 1;
    }
    nanos
}

/// Prompt, cached prompt, cache write and answer, in USD per million tokens.
const fn rates(prices: [&str; 4]) -> Rates {
    let [input, cached_input, cache_write, output] = prices;
    Rates {
        input: usd(input),
        cached_input: Some(usd(cached_input)),
        cache_write: Some(usd(cache_write)),
        output: usd(output),
        reasoning: None,
    }
}

const fn known(id: &'static str, tokens: (u64, u64), capabilities: Capabilities, prices: [&str; 4]) -> Known {
    Known { id, window: tokens.0, max_output: tokens.1, capabilities, rates: rates(prices), long: None }
}

impl Known {
    /// The same, with other prices for a prompt of more than `above` tokens.
    const fn above(mut self, above: u64, prices: [&str; 4]) -> Self {
        self.long = Some((above, rates(prices)));
        self
    }
}

/// Reads pictures, calls functions, is held to a schema.
const SEES: Capabilities = Capabilities { vision: true, tools: true, json: true, logprobs: false };
/// The same and gives probabilities: models of OpenAI that do not reason.
const OPEN: Capabilities = Capabilities { logprobs: true, ..SEES };
/// The same as `SEES` without pictures.
const READS: Capabilities = Capabilities { vision: false, ..SEES };
/// Reads pictures, but knows only the JSON mode without a schema.
const LOOSE: Capabilities = Capabilities { json: false, ..SEES };
/// Neither pictures nor schemas.
const PLAIN: Capabilities = Capabilities { vision: false, ..LOOSE };

/// Window and longest answer of OpenAI's, Anthropic's and Google's present models.
const GPT: (u64, u64) = (1_050_000, 128_000);
const CLAUDE: (u64, u64) = (1_000_000, 128_000);
const GEMINI: (u64, u64) = (1_048_576, 65_536);

/// The models. Dated names (`gpt-5-2025-08-07`) are not listed: they cost what the undated name costs, unless they are.
pub(super) const MODELS: &[Known] = &[
    known("openai/gpt-6.2-astra", GPT, SEES, ["8", "0.4", "10", "40"]).above(272_000, ["16", "0.8", "20", "60"]),
    known("openai/gpt-6.2-sol", GPT, SEES, ["2", "0.1", "2.5", "10"]).above(272_000, ["4", "0.2", "5", "15"]),
    known("openai/gpt-6.1-sol", GPT, SEES, ["2", "0.1", "2.5", "10"]).above(272_000, ["4", "0.2", "5", "15"]),
    known("openai/gpt-6-astra", GPT, SEES, ["10", "1", "12.5", "50"]).above(272_000, ["20", "2", "25", "75"]),
    known("openai/gpt-6-sol", GPT, SEES, ["2", "0.2", "2.5", "10"]).above(272_000, ["4", "0.4", "5", "15"]),
    known("openai/gpt-6-luna", GPT, SEES, ["0.1", "0.01", "0.125", "0.5"])
        .above(272_000, ["0.2", "0.02", "0.25", "0.75"]),
    known("openai/gpt-5.6-sol", GPT, SEES, ["4", "0.4", "5", "20"]).above(272_000, ["8", "0.8", "10", "30"]),
    known("openai/gpt-5.6-terra", GPT, SEES, ["2", "0.2", "2.5", "12"]).above(272_000, ["4", "0.4", "5", "18"]),
    known("openai/gpt-5.6-luna", GPT, SEES, ["0.2", "0.02", "0.25", "1.2"])
        .above(272_000, ["0.4", "0.04", "0.5", "1.8"]),
    known("openai/gpt-5.5", GPT, SEES, ["5", "0.5", "5", "30"]).above(272_000, ["10", "1", "10", "45"]),
    known("openai/gpt-5.4", GPT, SEES, ["2.5", "0.25", "2.5", "15"]).above(272_000, ["5", "0.5", "5", "22.5"]),
    known("openai/gpt-5.4-mini", (400_000, 128_000), SEES, ["0.75", "0.075", "0.75", "4.5"]),
    known("openai/gpt-5.4-nano", (400_000, 128_000), SEES, ["0.2", "0.02", "0.2", "1.25"]),
    known("openai/gpt-5.2", (400_000, 128_000), SEES, ["1.75", "0.175", "1.75", "14"]),
    known("openai/gpt-5.1", (400_000, 128_000), SEES, ["1.25", "0.125", "1.25", "10"]),
    known("openai/gpt-5", (400_000, 128_000), SEES, ["1.25", "0.125", "1.25", "10"]),
    known("openai/gpt-5-mini", (400_000, 128_000), SEES, ["0.25", "0.025", "0.25", "2"]),
    known("openai/gpt-5-nano", (400_000, 128_000), SEES, ["0.05", "0.005", "0.05", "0.4"]),
    known("openai/gpt-4.1", (1_047_576, 32_768), OPEN, ["2", "0.5", "2", "8"]),
    known("openai/gpt-4.1-mini", (1_047_576, 32_768), OPEN, ["0.4", "0.1", "0.4", "1.6"]),
    known("openai/gpt-4.1-nano", (1_047_576, 32_768), OPEN, ["0.1", "0.025", "0.1", "0.4"]),
    known("openai/gpt-4o", (128_000, 16_384), OPEN, ["2.5", "1.25", "2.5", "10"]),
    known("openai/gpt-4o-2024-05-13", (128_000, 4_096), OPEN, ["5", "5", "5", "15"]),
    known("openai/gpt-4o-mini", (128_000, 16_384), OPEN, ["0.15", "0.075", "0.15", "0.6"]),
    known("openai/o3", (200_000, 100_000), SEES, ["2", "0.5", "2", "8"]),
    known("openai/o4-mini", (200_000, 100_000), SEES, ["1.1", "0.275", "1.1", "4.4"]),
    known("anthropic/claude-fable-5-1", CLAUDE, SEES, ["10", "0.25", "12.5", "50"]),
    known("anthropic/claude-fable-5", CLAUDE, SEES, ["10", "1", "12.5", "50"]),
    known("anthropic/claude-opus-5-5", CLAUDE, SEES, ["4", "0.2", "5", "20"]),
    known("anthropic/claude-opus-5", CLAUDE, SEES, ["5", "0.5", "6.25", "25"]),
    known("anthropic/claude-opus-4-8", CLAUDE, SEES, ["5", "0.5", "6.25", "25"]),
    known("anthropic/claude-opus-4-7", CLAUDE, SEES, ["5", "0.5", "6.25", "25"]),
    known("anthropic/claude-opus-4-6", CLAUDE, SEES, ["5", "0.5", "6.25", "25"]),
    known("anthropic/claude-opus-4-5", (200_000, 64_000), SEES, ["5", "0.5", "6.25", "25"]),
    known("anthropic/claude-opus-4-1", (200_000, 32_000), SEES, ["15", "1.5", "18.75", "75"]),
    known("anthropic/claude-sonnet-5-5", CLAUDE, SEES, ["2", "0.1", "2.5", "10"]),
    known("anthropic/claude-sonnet-5", CLAUDE, SEES, ["2", "0.2", "2.5", "10"]),
    known("anthropic/claude-sonnet-4-6", (1_000_000, 64_000), SEES, ["3", "0.3", "3.75", "15"]),
    known("anthropic/claude-sonnet-4-5", (200_000, 64_000), SEES, ["3", "0.3", "3.75", "15"])
        .above(200_000, ["6", "0.6", "7.5", "22.5"]),
    known("anthropic/claude-haiku-5-5", CLAUDE, SEES, ["0.1", "0.01", "0.125", "0.5"])
        .above(100_000, ["0.5", "0.05", "0.625", "2.5"]),
    known("anthropic/claude-haiku-4-5", (200_000, 64_000), SEES, ["1", "0.1", "1.25", "5"]),
    known("google/gemini-3.8-flash", GEMINI, SEES, ["1.5", "0.15", "1.5", "7.5"]),
    known("google/gemini-3.7-flash", GEMINI, SEES, ["1.5", "0.15", "1.5", "7.5"]),
    known("google/gemini-3.6-flash", GEMINI, SEES, ["1.5", "0.15", "1.5", "7.5"]),
    known("google/gemini-3.5-flash", GEMINI, SEES, ["1.5", "0.15", "1.5", "9"]),
    known("google/gemini-3.5-flash-lite", GEMINI, SEES, ["0.3", "0.03", "0.3", "2.5"]),
    known("google/gemini-3.1-pro-preview", GEMINI, SEES, ["2", "0.2", "2", "12"])
        .above(200_000, ["4", "0.4", "4", "18"]),
    known("google/gemini-3.1-flash-lite", GEMINI, SEES, ["0.25", "0.025", "0.25", "1.5"]),
    known("google/gemini-2.5-pro", GEMINI, SEES, ["1.25", "0.125", "1.25", "10"])
        .above(200_000, ["2.5", "0.25", "2.5", "15"]),
    known("google/gemini-2.5-flash", GEMINI, SEES, ["0.3", "0.03", "0.3", "2.5"]),
    known("google/gemini-2.5-flash-lite", GEMINI, SEES, ["0.1", "0.01", "0.1", "0.4"]),
    known("mistral/mistral-large-2512", (262_144, 0), SEES, ["0.5", "0.05", "0.5", "1.5"]),
    known("mistral/mistral-medium-3-5", (262_144, 0), SEES, ["1.5", "0.15", "1.5", "7.5"]),
    known("mistral/mistral-medium-latest", (262_144, 0), SEES, ["1.5", "0.15", "1.5", "7.5"]),
    known("mistral/mistral-small-2603", (262_144, 0), SEES, ["0.15", "0.015", "0.15", "0.6"]),
    known("deepseek/deepseek-flash", (1_000_000, 384_000), LOOSE, ["0.3", "0.006", "0.3", "1.2"]),
    known("deepseek/deepseek-v4-pro", (1_000_000, 384_000), PLAIN, ["1.32", "0.044", "1.32", "3.96"]),
    // xAI bills from 200,000 tokens on, not above them.
    known("xai/grok-4.6", (500_000, 0), SEES, ["2", "0.5", "2", "6"]).above(199_999, ["4", "1", "4", "12"]),
    known("xai/grok-4.5", (500_000, 0), SEES, ["2", "0.3", "2", "6"]).above(199_999, ["4", "0.6", "4", "12"]),
    known("xai/grok-4.3", (1_000_000, 0), SEES, ["1.25", "0.2", "1.25", "2.5"])
        .above(199_999, ["2.5", "0.4", "2.5", "5"]),
    known("groq/openai/gpt-oss-120b", (131_072, 0), READS, ["0.15", "0.075", "0.15", "0.6"]),
    known("groq/openai/gpt-oss-20b", (131_072, 0), READS, ["0.075", "0.0375", "0.075", "0.3"]),
    known("groq/llama-3.3-70b-versatile", (131_072, 0), PLAIN, ["0.59", "0.59", "0.59", "0.79"]),
    known("groq/llama-3.1-8b-instant", (131_072, 0), PLAIN, ["0.05", "0.05", "0.05", "0.08"]),
    known("groq/qwen/qwen3-32b", (131_072, 0), PLAIN, ["0.29", "0.29", "0.29", "0.59"]),
];

#[cfg(test)]
mod tests {
    use super::{Known, MODELS, usd};
    use crate::core::money::Money;
    use crate::core::price::Rates;
    use crate::registry::builtin::SERVERS;
    use crate::registry::prices::update::SERVICES;
    use std::collections::BTreeSet;

    #[test]
    fn prices_are_read_as_people_write_them() {
        for text in ["2", "0.1", "12.5", "0.0375", "0.003625", ".5", "0"] {
            assert_eq!(Some(usd(text)), Money::parse_usd(text).map(Money::nanos), "{text}");
        }
        assert_eq!(usd("1,5"), u64::MAX);
    }

    #[test]
    fn every_row_is_credible() {
        // No provider charges more than $100 per million tokens, and a cache is never dearer than twice the prompt.
        let credible = |rates: Rates| {
            let (input, most) = (rates.input, usd("100"));
            let cache = rates.cached_input.is_some_and(|cached| cached <= input)
                && rates.cache_write.is_some_and(|write| write >= input && write <= 2 * input);
            input > 0 && input <= rates.output && rates.output <= most && cache
        };
        let row = |m: &Known| {
            let long = m.long.is_none_or(|(above, rates)| {
                above >= 100_000 && above <= m.window && credible(rates) && rates.input > m.rates.input
            });
            let service = m.id.split_once('/').map(|(service, _)| service);
            SERVERS.iter().any(|server| Some(server.name) == service)
                && m.window > 100_000
                && m.max_output <= m.window
                && credible(m.rates)
                && long
        };
        let wrong: Vec<&str> = MODELS.iter().filter(|m| !row(m)).map(|m| m.id).collect();
        assert!(wrong.is_empty(), "{wrong:?}");
        assert!(SERVICES.iter().all(|names| SERVERS.iter().any(|server| server.name == names.service)));
        assert_eq!(MODELS.iter().map(|m| m.id).collect::<BTreeSet<_>>().len(), MODELS.len(), "an id stands twice");
    }
}
