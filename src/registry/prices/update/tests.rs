//! Both public forms, in small: what is read, what is left out and why.

use super::{PriceList, Skip, read};
use crate::core::price::{Price, Rates, Tier};
use serde_json::{Value, json};

const TODAY: &str = "2026-11-20";

fn list(value: &Value) -> PriceList {
    read(&value.to_string(), TODAY).expect("a price list")
}

fn price(list: &PriceList, id: &str) -> Price {
    list.models.get(id).unwrap_or_else(|| panic!("{id} in {list:#?}")).price.clone()
}

/// A provider of genai-prices with models given as id and prices.
fn genai(provider: &str, models: &[(&str, Value)]) -> Value {
    let models = models.iter().map(|(id, prices)| json!({"id": id, "match": {"equals": id}, "prices": prices}));
    json!([{"id": provider, "models": models.collect::<Vec<_>>()}])
}

#[test]
fn genai_prices_gives_rates_tiers_windows_and_names() {
    let tiered = |base: f64, above: f64| json!({"base": base, "tiers": [{"start": 200_000, "price": above}]});
    let models = json!([
        {"id": "gemini-2.5-pro", "match": {"or": [{"equals": "gemini-pro-2.5"}, {"starts_with": "gemini-2.5-pro"}]},
         "context_window": 1_048_576,
         "prices": {"input_mtok": tiered(1.25, 2.5), "cache_read_mtok": tiered(0.125, 0.25), "cache_write_mtok": 1.625,
            "output_mtok": tiered(10.0, 15.0), "requests_kcount": 35, "input_audio_mtok": 99}},
    ]);
    for form in [
        json!([{"id": "google", "models": models}]),
        json!({"units": {}, "providers": [{"id": "google", "models": models}]}),
    ] {
        let list = list(&form);
        let rates = |input, cached, output| Rates {
            input,
            cached_input: Some(cached),
            cache_write: Some(1_625_000_000),
            output,
            reasoning: None,
        };
        let expect = Price {
            rates: rates(1_250_000_000, 125_000_000, 10_000_000_000),
            tiers: vec![Tier { above: 200_000, rates: rates(2_500_000_000, 250_000_000, 15_000_000_000) }],
            per_image: 0,
            per_request: 35_000_000,
        };
        assert_eq!(price(&list, "google/gemini-2.5-pro"), expect);
        assert_eq!(price(&list, "google/gemini-pro-2.5"), expect);
        assert_eq!((list.entries, list.models.len()), (1, 2));
        assert_eq!(list.models["google/gemini-2.5-pro"].window, Some(1_048_576));
        assert_eq!((list.source, list.read.as_str()), ("genai-prices", TODAY));
    }
}

#[test]
fn of_dated_prices_todays_is_taken_and_of_hours_the_highest() {
    let flat = |input: f64, output: f64| json!({"input_mtok": input, "output_mtok": output});
    let since = |day: &str, prices: Value| json!({"constraint": {"start_date": day}, "prices": prices});
    let at = |hour: &str, prices: Value| json!({"constraint": {"start_time": hour, "end_time": "10:00:00Z"}, "prices": prices});
    let dated = json!([
        {"prices": flat(1.0, 2.0)}, since("2026-11-20", flat(3.0, 4.0)), since("2027-01-01", flat(5.0, 6.0)),
    ]);
    let hours =
        json!([{"prices": flat(1.0, 2.0)}, since("2026-08-17", flat(2.0, 9.0)), at("06:00:00Z", flat(4.0, 8.0))]);
    let other = json!([{"prices": flat(1.0, 2.0)}, {"constraint": {"service_tier": "flex"}, "prices": flat(0.1, 0.2)}]);
    let list = list(&genai("deepseek", &[("dated", dated), ("hours", hours), ("other", other)]));
    assert!(price(&list, "deepseek/dated").bills_as(&Price::flat(3_000_000_000, 4_000_000_000)));
    assert!(price(&list, "deepseek/hours").bills_as(&Price::flat(4_000_000_000, 9_000_000_000)));
    assert_eq!(list.next_change.as_deref(), Some("2027-01-01"));
    assert_eq!(list.skipped[&Skip::Uncountable], ["deepseek/other"]);
}

#[test]
fn models_of_genai_prices_are_left_out_for_a_reason() {
    let models = [
        ("good", json!({"input_mtok": 1, "output_mtok": 2})),
        ("empty", json!({})),
        ("embedding", json!({"input_mtok": 0.1})),
        ("negative", json!({"input_mtok": -1, "output_mtok": 2})),
        ("pictures", json!({"input_mtok": 1, "input_image_mtok": 3, "output_mtok": 2})),
        ("cheap pictures", json!({"input_mtok": 1, "input_image_mtok": 0.5, "output_mtok": 2})),
    ];
    let mut form = genai("openai", &models);
    let elsewhere = genai("somewhere", &[("model", json!({"input_mtok": 1, "output_mtok": 2}))]);
    form.as_array_mut().expect("providers").extend(elsewhere.as_array().expect("providers").clone());
    let list = list(&form);
    assert_eq!(list.models.keys().collect::<Vec<_>>(), ["openai/cheap pictures", "openai/good"]);
    assert_eq!(list.entries, 7);
    assert_eq!(list.skipped[&Skip::Unpriced], ["openai/empty", "openai/embedding"]);
    assert_eq!(list.skipped[&Skip::Malformed], ["openai/negative"]);
    assert_eq!(list.skipped[&Skip::Uncountable], ["openai/pictures"]);
    assert_eq!(list.skipped[&Skip::Service], ["somewhere/model"]);
}

#[test]
fn litellm_gives_rates_tiers_and_sizes() {
    let list = list(&json!({
        "sample_spec": {"litellm_provider": "one of the providers", "input_cost_per_token": 0.0, "mode": "chat"},
        "claude-sonnet-4-5": {
            "litellm_provider": "anthropic", "mode": "chat", "max_input_tokens": 200_000, "max_output_tokens": 64_000,
            "input_cost_per_token": 3e-06, "cache_read_input_token_cost": 3e-07,
            "cache_creation_input_token_cost": 3.75e-06, "cache_creation_input_token_cost_above_1hr": 6e-06,
            "output_cost_per_token": 1.5e-05,
            "input_cost_per_token_above_200k_tokens": 6e-06, "cache_read_input_token_cost_above_200k_tokens": 6e-07,
            "cache_creation_input_token_cost_above_200k_tokens": 7.5e-06,
            "output_cost_per_token_above_200k_tokens": 2.25e-05, "input_cost_per_token_batches": 1e-06},
        "gemini/gemini-pro-vision": {
            "litellm_provider": "gemini", "mode": "chat", "input_cost_per_token": 5e-07, "output_cost_per_token": 1.5e-06,
            "input_cost_per_image": 0.0025, "input_cost_per_request": 0.005},
        "together_ai/meta/llama": {
            "litellm_provider": "together_ai", "mode": "chat", "input_cost_per_token": 3e-7_f64.next_down(),
            "output_cost_per_token": 9e-07, "output_cost_per_token_above_128k_tokens": 1.8e-06},
    }));
    assert_eq!((list.entries, list.source), (3, "litellm"));
    let rates = |input, cached, write, output| Rates {
        input,
        cached_input: Some(cached),
        cache_write: Some(write),
        output,
        reasoning: None,
    };
    let sonnet = Price {
        rates: rates(3_000_000_000, 300_000_000, 3_750_000_000, 15_000_000_000),
        tiers: vec![Tier { above: 200_000, rates: rates(6_000_000_000, 600_000_000, 7_500_000_000, 22_500_000_000) }],
        ..Price::default()
    };
    assert_eq!(price(&list, "anthropic/claude-sonnet-4-5"), sonnet);
    let model = &list.models["anthropic/claude-sonnet-4-5"];
    assert_eq!((model.window, model.max_output), (Some(200_000), Some(64_000)));
    let vision = Price { per_image: 2_500_000, per_request: 5_000_000, ..Price::flat(500_000_000, 1_500_000_000) };
    assert_eq!(price(&list, "google/gemini-pro-vision"), vision);
    // What a tier does not give is that of the base.
    let long = Tier { above: 128_000, rates: Price::flat(300_000_000, 1_800_000_000).rates };
    let llama = Price { tiers: vec![long], ..Price::flat(300_000_000, 900_000_000) };
    assert_eq!(price(&list, "together/meta/llama"), llama);
}

#[test]
fn litellm_entries_with_prices_of_what_nobody_asks_for_are_read() {
    // Facts of the list in litellm 1.110.2, each cut to what is peculiar to it.
    let list = list(&json!({
        "deepseek/deepseek-v4-pro": {
            "litellm_provider": "deepseek", "mode": "chat", "input_cost_per_token": 1.32e-06,
            "output_cost_per_token": 3.96e-06, "cache_read_input_token_cost": 4.4e-08,
            "input_cost_per_token_cache_hit": 4.4e-08, "cache_creation_input_token_cost": 0.0,
            "off_peak_pricing": {"input_cost_per_token": 6.6e-07, "output_cost_per_token": 1.98e-06}},
        "gemini/gemini-3.8-flash": {
            "litellm_provider": "gemini", "mode": "chat", "input_cost_per_token": 7.5e-07,
            "output_cost_per_token": 3.75e-06, "google_maps_grounding_cost_per_query": 0.014,
            "search_context_cost_per_query": {"search_context_size_low": 0.014}},
        "gpt-6-luna": {
            "litellm_provider": "openai", "mode": "chat", "input_cost_per_token": 1e-07, "output_cost_per_token": 5e-07,
            "cache_creation_input_token_cost": 1.25e-07, "cache_creation_input_token_cost_above_12hr": 2.5e-07,
            "cache_creation_input_token_cost_above_12hr_above_272k_tokens": 5e-07,
            "input_cost_per_token_decisions": 1e-07, "output_cost_per_token_decisions": 0.0},
        "gpt-6.1-sol": {
            "litellm_provider": "openai", "mode": "chat", "input_cost_per_token": 2e-06, "output_cost_per_token": 1e-05,
            "input_cost_per_token_above_272k_tokens": 4e-06, "input_cost_per_token_ultrafast": 1.2e-05,
            "output_cost_per_token_above_272k_tokens": 1.5e-05,
            "output_cost_per_token_above_272k_tokens_ultrafast": 9e-05},
        "gemini/lyria-3.5": {
            "litellm_provider": "gemini", "mode": "chat", "input_cost_per_token": 0, "output_cost_per_token": 0,
            "output_cost_per_image": 0.08},
    }));
    let deepseek = Price::flat(1_320_000_000, 3_960_000_000);
    let rates = Rates { cached_input: Some(44_000_000), ..deepseek.rates };
    assert_eq!(price(&list, "deepseek/deepseek-v4-pro"), Price { rates, ..deepseek });
    assert_eq!(price(&list, "google/gemini-3.8-flash"), Price::flat(750_000_000, 3_750_000_000));
    let luna = Price::flat(100_000_000, 500_000_000);
    let rates = Rates { cache_write: Some(125_000_000), ..luna.rates };
    assert_eq!(price(&list, "openai/gpt-6-luna"), Price { rates, ..luna });
    let long = Tier { above: 272_000, rates: Price::flat(4_000_000_000, 15_000_000_000).rates };
    let sol = Price { tiers: vec![long], ..Price::flat(2_000_000_000, 10_000_000_000) };
    assert_eq!(price(&list, "openai/gpt-6.1-sol"), sol);
    assert_eq!(list.skipped[&Skip::Uncountable], ["google/lyria-3.5 (output_cost_per_image)"]);
}

#[test]
fn entries_of_litellm_are_left_out_for_a_reason() {
    let entry = |provider: &str, mode: &str, rest: Value| {
        let mut entry = json!({"litellm_provider": provider, "mode": mode, "input_cost_per_token": 1e-6, "output_cost_per_token": 1e-6});
        entry.as_object_mut().expect("an entry").extend(rest.as_object().expect("fields").clone());
        entry
    };
    let list = list(&json!({
        "good": entry("openai", "chat", json!({})),
        "bedrock/model": entry("bedrock", "chat", json!({})),
        "dall-e-3": entry("openai", "image_generation", json!({})),
        "ranges": entry("openai", "chat", json!({"tiered_pricing": []})),
        "negative": entry("openai", "chat", json!({"input_cost_per_token": -1})),
        "by character": entry("openai", "chat", json!({"input_cost_per_token": null, "input_cost_per_character": 1e-7})),
        "no entry": 5,
    }));
    assert_eq!(list.models.keys().collect::<Vec<_>>(), ["openai/good"]);
    assert_eq!(list.entries, 7);
    assert_eq!(list.skipped[&Skip::Service], ["bedrock/model"]);
    assert_eq!(list.skipped[&Skip::Mode], ["openai/dall-e-3"]);
    assert_eq!(list.skipped[&Skip::Uncountable], ["openai/ranges"]);
    assert_eq!(list.skipped[&Skip::Malformed], ["openai/negative", "no entry"]);
    assert_eq!(list.skipped[&Skip::Unpriced], ["openai/by character"]);
}

#[test]
fn other_texts_are_no_price_lists() {
    for (text, why) in [
        ("", "it is not JSON"),
        ("prices:\n  - 1", "it is not JSON"),
        ("[]", "neither"),
        ("{}", "neither"),
        ("5", "neither"),
        (r#"{"openai": {"price": 1}}"#, "neither"),
        (r#"[{"id": "openai", "models": []}]"#, "none of its 0 models"),
        (r#"{"a": {"litellm_provider": "bedrock", "mode": "chat"}}"#, "none of its 1 models"),
    ] {
        let failure = read(text, TODAY).expect_err(text);
        assert!(failure.message.starts_with("this is no price list: "), "{failure:?}");
        assert!(failure.message.contains(why), "{text}: {failure:?}");
        assert!(failure.hint.as_deref().is_some_and(|hint| hint.contains("genai-prices")), "{failure:?}");
    }
}
