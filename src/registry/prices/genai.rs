//! The form of genai-prices' `prices/data.json`: providers with models, USD per million tokens, tiers and conditions in
//! place. The newer forms put the providers into an object.

use crate::config::price_file::ListedModel;
use crate::core::price::{Price, Rates, Tier};
use crate::registry::prices::decimal::{PER_MILLION, scaled};
use crate::registry::prices::update::{PriceList, SERVICES, Skip};
use serde_json::Value;
use std::collections::BTreeSet;

/// Reads the providers; of dated prices the one of `today` is taken.
pub(super) fn read(providers: &[Value], today: &str) -> PriceList {
    let mut list = PriceList::default();
    for provider in providers {
        let name = text(provider, "id").unwrap_or_default();
        let known = SERVICES.iter().find(|names| names.genai == name);
        for entry in provider.get("models").and_then(Value::as_array).into_iter().flatten() {
            let id = text(entry, "id").unwrap_or_default();
            match known {
                Some(names) => add(&mut list, names.service, id, entry, today),
                None => list.add(&format!("{name}/{id}"), Err(Skip::Service)),
            }
        }
    }
    list
}

/// Adds a model under its id and every other name that its `match` gives in full, and the rule for those that it does not.
fn add(list: &mut PriceList, service: &str, id: &str, entry: &Value, today: &str) {
    if id.is_empty() {
        return list.add(service, Err(Skip::Malformed));
    }
    let found = model(entry, today);
    if let Some(rule) = entry.get("match") {
        list.rule(service, id, rule);
    }
    if let (Ok(_), Some(key)) = (&found, strange(entry)) {
        return list.add(&format!("{service}/{id} ({key})"), Err(Skip::Uncountable));
    }
    if let Ok(model) = &found {
        let others = entry.get("match").map(equals).unwrap_or_default();
        for name in others.iter().filter(|name| **name != id) {
            list.also(format!("{service}/{name}"), model);
        }
        if let Some(day) = next_change(entry, today) {
            list.changes(day);
        }
    }
    list.add(&format!("{service}/{id}"), found);
}

/// The names that a `match` gives in full: `{equals}` alone or among the alternatives of an `{or}`.
fn equals(rule: &Value) -> Vec<&str> {
    let alternatives = rule.get("or").and_then(Value::as_array).into_iter().flatten();
    std::iter::once(rule).chain(alternatives).filter_map(|rule| text(rule, "equals")).collect()
}

fn text<'a>(value: &'a Value, key: &str) -> Option<&'a str> {
    value.get(key).and_then(Value::as_str)
}

fn model(entry: &Value, today: &str) -> Result<ListedModel, Skip> {
    let prices = match entry.get("prices") {
        Some(Value::Array(conditional)) => at(conditional, today)?,
        Some(single) => price(single)?,
        None => return Err(Skip::Unpriced),
    };
    let window = entry.get("context_window").and_then(Value::as_u64).filter(|tokens| *tokens > 0);
    Ok(ListedModel { window, max_output: None, price: prices })
}

/// When an entry of conditional prices holds.
enum When<'a> {
    Always,
    Since(&'a str),
    /// At some hours of every day.
    Daily,
}

fn when(entry: &Value) -> Result<When<'_>, Skip> {
    match entry.get("constraint") {
        None | Some(Value::Null) => Ok(When::Always),
        Some(rule) => match (text(rule, "start_date"), text(rule, "start_time")) {
            (Some(day), None) => Ok(When::Since(day)),
            (None, Some(_)) => Ok(When::Daily),
            _ => Err(Skip::Uncountable),
        },
    }
}

/// The price of this day: the last that holds, and at no hour less than another that holds at some hour.
fn at(conditional: &[Value], today: &str) -> Result<Price, Skip> {
    let mut of_the_day = None;
    let mut of_hours = Vec::new();
    for entry in conditional {
        let prices = entry.get("prices").ok_or(Skip::Malformed)?;
        match when(entry)? {
            When::Always => of_the_day = Some(price(prices)?),
            When::Since(day) if day <= today => of_the_day = Some(price(prices)?),
            When::Since(_) => {}
            When::Daily => of_hours.push(price(prices)?),
        }
    }
    of_hours.into_iter().chain(of_the_day).reduce(highest).ok_or(Skip::Unpriced)
}

/// The next day after `today` on which a dated price begins.
fn next_change<'a>(entry: &'a Value, today: &str) -> Option<&'a str> {
    let conditional = entry.get("prices").and_then(Value::as_array).into_iter().flatten();
    let days = conditional.filter_map(|entry| entry.get("constraint").and_then(|rule| text(rule, "start_date")));
    days.filter(|day| *day > today).min()
}

/// For each kind of token the higher of two prices, in every tier of either.
fn highest(a: Price, b: Price) -> Price {
    let higher = |a: Rates, b: Rates| Rates {
        input: a.input.max(b.input),
        cached_input: Some(a.cached_input.unwrap_or(a.input).max(b.cached_input.unwrap_or(b.input))),
        cache_write: Some(a.cache_write.unwrap_or(a.input).max(b.cache_write.unwrap_or(b.input))),
        output: a.output.max(b.output),
        reasoning: Some(a.reasoning.unwrap_or(a.output).max(b.reasoning.unwrap_or(b.output))),
    };
    let thresholds: BTreeSet<u64> = a.tiers.iter().chain(&b.tiers).map(|tier| tier.above).collect();
    let just_above = |above: u64| higher(a.rates_at(above.saturating_add(1)), b.rates_at(above.saturating_add(1)));
    Price {
        rates: higher(a.rates, b.rates),
        tiers: thresholds.into_iter().map(|above| Tier { above, rates: just_above(above) }).collect(),
        per_image: a.per_image.max(b.per_image),
        per_request: a.per_request.max(b.per_request),
    }
}

const INPUT: &str = "input_mtok";
const CACHED: &str = "cache_read_mtok";
const WRITE: &str = "cache_write_mtok";
const OUTPUT: &str = "output_mtok";
const REQUESTS: &str = "requests_kcount";
/// Picture tokens with a rate of their own: usage does not tell them from others before the call is over.
const PICTURES: &str = "input_image_mtok";

/// Parts of the names of prices for what no call of this program does.
const UNUSED: &[&str] = &["audio", "video", "search", "_1h_", "kseconds"];

/// A price of the entry under a name that is not known.
fn strange(entry: &Value) -> Option<&str> {
    let prices = entry.get("prices")?;
    let conditional = prices.as_array().into_iter().flatten().filter_map(|one| one.get("prices"));
    let mut keys = conditional.chain([prices]).filter_map(Value::as_object).flatten();
    let known = |key: &str| [INPUT, CACHED, WRITE, OUTPUT, REQUESTS, PICTURES].contains(&key);
    let (key, _) =
        keys.find(|(key, value)| !value.is_null() && !known(key) && !UNUSED.iter().any(|part| key.contains(part)))?;
    Some(key)
}

fn price(prices: &Value) -> Result<Price, Skip> {
    let base = rates(prices, None)?;
    let pictures = prices.get(PICTURES).map(|value| scaled(value, PER_MILLION).ok_or(Skip::Uncountable)).transpose()?;
    if pictures.is_some_and(|rate| rate > base.input) {
        return Err(Skip::Uncountable);
    }
    let starts = [INPUT, CACHED, WRITE, OUTPUT].iter().flat_map(|key| tiers(prices.get(key)));
    let starts = starts.map(|tier| tier.get("start").and_then(Value::as_u64).ok_or(Skip::Malformed));
    let thresholds = starts.collect::<Result<BTreeSet<u64>, Skip>>()?;
    let tiers = thresholds.into_iter().map(|above| Ok(Tier { above, rates: rates(prices, Some(above))? }));
    let per_thousand =
        prices.get(REQUESTS).map(|value| scaled(value, PER_MILLION).ok_or(Skip::Malformed)).transpose()?;
    Ok(Price {
        rates: base,
        tiers: tiers.collect::<Result<_, Skip>>()?,
        per_image: 0,
        per_request: per_thousand.unwrap_or(0).div_ceil(1_000),
    })
}

/// The rates of prompts above a tier's start, or of those that no tier is for.
fn rates(prices: &Value, above: Option<u64>) -> Result<Rates, Skip> {
    let rate = |key: &str| prices.get(key).map(|value| rate(value, above)).transpose();
    Ok(Rates {
        input: rate(INPUT)?.ok_or(Skip::Unpriced)?,
        cached_input: rate(CACHED)?,
        cache_write: rate(WRITE)?,
        output: rate(OUTPUT)?.ok_or(Skip::Unpriced)?,
        reasoning: None,
    })
}

/// A rate is a number, or a base with tiers: the one that starts last at or below `above` holds.
fn rate(value: &Value, above: Option<u64>) -> Result<u64, Skip> {
    let start = |tier: &&Value| tier.get("start").and_then(Value::as_u64);
    let reached = |tier: &&Value| start(tier).zip(above).is_some_and(|(start, above)| start <= above);
    let tier = tiers(Some(value)).filter(reached).max_by_key(start).and_then(|tier| tier.get("price"));
    let number = tier.or(value.get("base")).unwrap_or(value);
    scaled(number, PER_MILLION).ok_or(Skip::Malformed)
}

fn tiers(value: Option<&Value>) -> impl Iterator<Item = &Value> {
    value.and_then(|value| value.get("tiers")).and_then(Value::as_array).into_iter().flatten()
}
