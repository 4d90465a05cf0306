//! Which price a model gets: the keys of its own over the list, whole or in part; names with dates.

use super::{configured, undated};
use crate::config::price_keys::{PriceConfig, RateConfig};
use crate::core::money::Money;
use crate::core::price::{Price, Rates, Tier};

const fn usd(text: &str) -> Option<Money> {
    // A thousandth of a USD per character keeps the rows below short.
    Some(Money::from_nanos(text.len() as u64 * 1_000_000))
}

fn list() -> Price {
    let rates = Rates { input: 9, cached_input: Some(1), cache_write: Some(11), output: 90, reasoning: None };
    Price { rates, tiers: vec![Tier { above: 5, rates }], per_image: 3, per_request: 4 }
}

#[test]
fn own_prices_replace_the_list_and_parts_are_laid_over_it() {
    let rates = |input, output| RateConfig { input, output, ..RateConfig::default() };
    let keys = |rates| PriceConfig { rates, ..PriceConfig::default() };
    let own = |keys: &PriceConfig| configured("m", keys, Some(&list())).expect("valid");
    assert_eq!(own(&PriceConfig::default()), None);
    assert_eq!(own(&keys(rates(usd("."), usd("..")))), Some(Price::flat(1_000_000, 2_000_000)));
    assert_eq!(own(&keys(rates(usd("."), None))), Some(Price::flat(1_000_000, 90)));
    let cached = keys(RateConfig { cached_input: usd("."), ..RateConfig::default() });
    let expect = Price { rates: Rates { cached_input: Some(1_000_000), ..list().rates }, ..list() };
    assert_eq!(own(&cached), Some(expect));
    let image = PriceConfig { image: usd(".."), ..PriceConfig::default() };
    assert_eq!(own(&image), Some(Price { per_image: 2_000_000, ..list() }));
}

#[test]
fn long_prompts_need_their_threshold_and_both_prices() {
    let long = |above, input, output| PriceConfig {
        rates: RateConfig { input: usd("."), output: usd("."), ..RateConfig::default() },
        long_prompt: above,
        long_rates: RateConfig { input, output, ..RateConfig::default() },
        ..PriceConfig::default()
    };
    let price = configured("m", &long(Some(7), usd(".."), usd("....")), None).expect("valid").expect("a price");
    assert_eq!(price.tiers, [Tier { above: 7, rates: Price::flat(2_000_000, 4_000_000).rates }]);
    for keys in [long(None, usd("."), usd(".")), long(Some(7), None, usd(".")), long(Some(7), None, None)] {
        let failure = configured("m", &keys, None).expect_err("a part");
        assert_eq!(failure.message, "models.m has only a part of its price of long prompts");
    }
}

#[test]
fn a_part_of_a_price_without_a_list_is_an_error() {
    let keys = PriceConfig { image: usd("."), ..PriceConfig::default() };
    let failure = configured("m", &keys, None).expect_err("no price of tokens");
    assert_eq!(failure.message, "models.m has only a part of its price: input_price and output_price are needed");
}

#[test]
fn dates_are_taken_off_names() {
    for (id, expect) in [
        ("anthropic/claude-haiku-4-5-20251001", Some("anthropic/claude-haiku-4-5")),
        ("anthropic/claude-haiku-4-5@20251001", Some("anthropic/claude-haiku-4-5")),
        ("openai/gpt-5-2025-08-07", Some("openai/gpt-5")),
        ("openai/gpt-5", None),
        ("openai/gpt-5-20250", None),
        ("openai/o3-19990101", None),
        ("-20250101", None),
        ("é-20250101", Some("é")),
        ("éééééééé", None),
    ] {
        assert_eq!(undated(id), expect, "{id}");
    }
}
