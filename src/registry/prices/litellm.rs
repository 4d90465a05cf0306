//! The form of litellm's `model_prices_and_context_window.json`: one flat entry per model, USD per token.
//!
//! Prices of service tiers (`_flex`, `_priority`, `_ultrafast`), of batches, of caches that last for hours and of
//! decisions, which have an address of their own, stand beside the ordinary ones under other names and are not used.
//! Nor are those of cheaper hours. A price under a name that is neither read nor one of these spoils its entry.

use crate::config::price_file::ListedModel;
use crate::core::price::{Price, Rates, Tier};
use crate::registry::prices::decimal::{PER_MILLION, PER_TOKEN, scaled};
use crate::registry::prices::update::{PriceList, SERVICES, Skip};
use serde_json::{Map, Value};
use std::collections::BTreeSet;

/// The entry that only explains the form.
const SPECIMEN: &str = "sample_spec";

const INPUT: &str = "input_cost_per_token";
const CACHED: &str = "cache_read_input_token_cost";
const WRITE: &str = "cache_creation_input_token_cost";
const OUTPUT: &str = "output_cost_per_token";
const REASONING: &str = "output_cost_per_reasoning_token";
const PICTURE: &str = "input_cost_per_image";
const REQUEST: &str = "input_cost_per_request";
/// Picture tokens with a rate of their own: usage does not tell them from others before the call is over.
const PICTURES: &str = "input_cost_per_image_token";

/// Parts of the names of prices for what no call of this program does: other media, other tiers of service, tools that
/// run at the provider. `cache_hit` is an older name that stands beside that of the cached rate.
const UNUSED: &[&str] = &[
    "audio",
    "video",
    "_per_second",
    "_batches",
    "_flex",
    "_priority",
    "_ultrafast",
    "_decisions",
    "_above_1hr",
    "_above_12hr",
    "cache_hit",
    "search",
    "grounding",
    "_per_session",
    "vector_store",
    "code_interpreter",
    "computer_use",
    "_per_page",
];

/// Whether a value looks like a model's entry.
pub(super) fn is_entry(value: &Value) -> bool {
    value.get("litellm_provider").is_some_and(Value::is_string)
}

/// Reads the entries.
pub(super) fn read(models: &Map<String, Value>) -> PriceList {
    let mut list = PriceList::default();
    for (name, entry) in models.iter().filter(|(name, _)| *name != SPECIMEN) {
        match id(name, entry) {
            Ok(id) => match (model(entry), strange(entry)) {
                (Ok(_), Some(key)) => list.add(&format!("{id} ({key})"), Err(Skip::Uncountable)),
                (found, _) => list.add(&id, found),
            },
            Err(skip) => list.add(name, Err(skip)),
        }
    }
    list
}

/// `service/name`; litellm writes some names with the provider before them and some without.
fn id(name: &str, entry: &Value) -> Result<String, Skip> {
    let provider = entry.get("litellm_provider").and_then(Value::as_str).ok_or(Skip::Malformed)?;
    let known = SERVICES.iter().find(|names| names.litellm == provider).ok_or(Skip::Service)?;
    let bare = name.strip_prefix(provider).and_then(|rest| rest.strip_prefix('/')).unwrap_or(name);
    Ok(format!("{}/{bare}", known.service))
}

fn model(entry: &Value) -> Result<ListedModel, Skip> {
    let mode = entry.get("mode").and_then(Value::as_str);
    if !matches!(mode, Some("chat" | "responses" | "completion")) {
        return Err(Skip::Mode);
    }
    let base = rates(entry, "", None)?;
    if amount(entry, PICTURES, PER_TOKEN)?.is_some_and(|rate| rate > base.input) {
        return Err(Skip::Uncountable);
    }
    // Lists of tiers per range replace the flat prices; they are given for services that are not among ours.
    if entry.get("tiered_pricing").is_some() {
        return Err(Skip::Uncountable);
    }
    let thresholds = entry.as_object().into_iter().flat_map(Map::keys).filter_map(|key| threshold(key));
    let tiers = thresholds.collect::<BTreeSet<u64>>().into_iter().map(|thousands| {
        let rates = rates(entry, &format!("_above_{thousands}k_tokens"), Some(base))?;
        Ok(Tier { above: thousands * 1_000, rates })
    });
    let tokens = |key: &str| entry.get(key).and_then(Value::as_u64).filter(|count| *count > 0);
    let usd = |key: &str| amount(entry, key, PER_MILLION).map(Option::unwrap_or_default);
    Ok(ListedModel {
        window: tokens("max_input_tokens").or(tokens("max_tokens")),
        max_output: tokens("max_output_tokens"),
        price: Price {
            rates: base,
            tiers: tiers.collect::<Result<_, Skip>>()?,
            per_image: usd(PICTURE)?,
            per_request: usd(REQUEST)?,
        },
    })
}

/// A price of the entry under a name that is not known.
fn strange(entry: &Value) -> Option<&str> {
    let read = |key: &str| {
        [INPUT, CACHED, WRITE, OUTPUT, REASONING, PICTURE, REQUEST, PICTURES].contains(&key) || threshold(key).is_some()
    };
    let means = |value: &Value| !value.is_null() && value.as_f64() != Some(0.0);
    let mut prices = entry.as_object()?.iter().filter(|(key, value)| key.contains("cost") && means(value));
    let (key, _) = prices.find(|(key, _)| !read(key) && !UNUSED.iter().any(|part| key.contains(part)))?;
    Some(key)
}

/// The thousands of tokens in `input_cost_per_token_above_200k_tokens`.
fn threshold(key: &str) -> Option<u64> {
    let names = [INPUT, CACHED, WRITE, OUTPUT, REASONING];
    let rest = names.iter().find_map(|name| key.strip_prefix(name)).and_then(|rest| rest.strip_prefix("_above_"))?;
    rest.strip_suffix("k_tokens")?.parse().ok().filter(|thousands| *thousands > 0)
}

/// The rates under the names with this ending; those that are missing are those of `below`.
fn rates(entry: &Value, ending: &str, below: Option<Rates>) -> Result<Rates, Skip> {
    let rate = |name: &str| amount(entry, &format!("{name}{ending}"), PER_TOKEN);
    let input = rate(INPUT)?.or(below.map(|b| b.input)).ok_or(Skip::Unpriced)?;
    // The list writes 0 where a provider has no price of its own for it and bills it like the rest of the prompt.
    let write = rate(WRITE)?.filter(|write| *write > 0 || input == 0);
    Ok(Rates {
        input,
        cached_input: rate(CACHED)?.or(below.and_then(|b| b.cached_input)),
        cache_write: write.or(below.and_then(|b| b.cache_write)),
        output: rate(OUTPUT)?.or(below.map(|b| b.output)).ok_or(Skip::Unpriced)?,
        reasoning: rate(REASONING)?.or(below.and_then(|b| b.reasoning)),
    })
}

/// An amount, absent or as an integer; one that is no credible number spoils the entry.
fn amount(entry: &Value, key: &str, decimals: usize) -> Result<Option<u64>, Skip> {
    match entry.get(key) {
        None | Some(Value::Null) => Ok(None),
        Some(value) => scaled(value, decimals).map(Some).ok_or(Skip::Malformed),
    }
}
