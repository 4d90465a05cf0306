//! One model as a page for people: what it is, what it costs, and what of it the configuration says.

use crate::cli::table;
use crate::config::settings::Settings;
use crate::config::traffic::RateLimits;
use crate::core::message::IMAGE_TOKENS;
use crate::core::money::Money;
use crate::core::price::{Price, Rates};
use crate::core::text::without_secrets;
use crate::registry::models::{ModelSpec, Provider};
use crate::registry::services;

/// The page of a model; `origins` are its settings with their places.
pub fn page(settings: &Settings, spec: &ModelSpec, origins: &[(String, String)]) -> String {
    let mut lines = vec![("protocol", protocol(spec.provider).to_owned())];
    if spec.provider != Provider::Offline {
        lines.push(("address", without_secrets(&spec.base_url)));
        lines.push(("name there", spec.name.clone()));
        lines.push(("key", key(settings, spec)));
    }
    let answer = spec.max_output.map_or_else(String::new, |most| format!(", at most {most} of them answer"));
    lines.push(("window", format!("{} tokens{answer}", spec.window)));
    lines.push(("can", or_none(&spec.capabilities.words().join(", "), "text only")));
    if spec.capabilities.vision {
        let assumed = if spec.image_tokens.is_none() { ", as is assumed" } else { "" };
        let most = spec.image_tokens.unwrap_or(IMAGE_TOKENS);
        lines.push(("pictures", format!("at most {most} tokens each{assumed}")));
    }
    if !spec.tags.is_empty() {
        lines.push(("tags", spec.tags.join(", ")));
    }
    lines.extend(prices(spec));
    if let Some(rank) = spec.rank {
        lines.push(("rank", rank.to_string()));
    }
    if !spec.fallback.is_empty() {
        lines.push(("stands in", spec.fallback.join(", ")));
    }
    lines.extend(manners(settings, spec));
    for (index, (field, place)) in origins.iter().enumerate() {
        lines.push((if index == 0 { "set" } else { "" }, format!("{field} at {place}")));
    }
    const LABELS: usize = 14;
    let rows = lines.iter().map(|(label, text)| format!("  {label:<12}{}", table::wrapped(text, LABELS)));
    std::iter::once(spec.id.to_string()).chain(rows).collect::<Vec<_>>().join("\n")
}

const fn protocol(provider: Provider) -> &'static str {
    match provider {
        Provider::OpenAi => "OpenAI chat completions",
        Provider::Responses => "OpenAI responses",
        Provider::Anthropic => "Anthropic messages",
        Provider::Offline => "none: the engine of this program, which finds sentences and is no language model",
    }
}

fn key(settings: &Settings, spec: &ModelSpec) -> String {
    match (&spec.key_variable, spec.missing_key(settings)) {
        (None, _) => "none".to_owned(),
        (Some(variable), Some(_)) => format!("{variable}, which is not set"),
        (Some(variable), None) => variable.clone(),
    }
}

fn prices(spec: &ModelSpec) -> Vec<(&'static str, String)> {
    let Some(price) = &spec.price else {
        return vec![("price", "unknown: a money limit refuses it unless --allow-unpriced".to_owned())];
    };
    let source = spec.price_source.as_ref().map_or_else(String::new, |source| format!(" ({source})"));
    if price.bills_as(&Price::FREE) {
        return vec![("price", format!("nothing{source}"))];
    }
    let mut lines = vec![("price", format!("{}{source}", rates(price.rates)))];
    let long = |above: u64, of: Rates| ("", format!("{} in a prompt of more than {above} tokens", rates(of)));
    lines.extend(price.tiers.iter().map(|tier| long(tier.above, tier.rates)));
    for (nanos, what) in [(price.per_image, "for each picture"), (price.per_request, "for each call")] {
        if nanos > 0 {
            lines.push(("", format!("{} {what}", usd(nanos))));
        }
    }
    lines.push(("", "in USD per million tokens".to_owned()));
    lines
}

fn rates(rates: Rates) -> String {
    let mut parts = vec![format!("{} in", usd(rates.input))];
    let beside = [(rates.cached_input, "cached"), (rates.cache_write, "cache write")];
    parts.extend(beside.into_iter().filter_map(|(rate, what)| Some(format!("{} {what}", usd(rate?)))));
    parts.push(format!("{} out", usd(rates.output)));
    parts.extend(rates.reasoning.map(|rate| format!("{} reasoning", usd(rate))));
    parts.join(", ")
}

fn usd(nanos: u64) -> String {
    Money::from_nanos(nanos).to_string()
}

/// Times, limits and how answers come.
fn manners(settings: &Settings, spec: &ModelSpec) -> Vec<(&'static str, String)> {
    if spec.provider == Provider::Offline {
        return Vec::new();
    }
    let traffic = &spec.traffic;
    let seconds = |given: Option<f64>, what: &str| given.map(|seconds| format!("{seconds} s {what}"));
    let times = [
        seconds(Some(spec.timeout), "for a call"),
        seconds(traffic.connect_timeout, "to connect"),
        seconds(Some(spec.first_token_timeout), "to the first token"),
        seconds(traffic.between_tokens_timeout, "between tokens"),
    ];
    let mut lines = vec![("times", times.into_iter().flatten().collect::<Vec<_>>().join(", "))];
    if traffic.rates != RateLimits::default() {
        lines.push(("limits", limits(traffic.rates)));
    }
    if let Some(shared) = services::shared(settings, &spec.base_url) {
        lines.push(("service", format!("{}, of all its models together", limits(shared.limits))));
    }
    let how = if spec.stream { "streamed" } else { "in one piece" };
    lines.push(("answers", format!("{how}{}", if spec.functions { ", with the function rhai(code)" } else { "" })));
    lines
}

fn limits(rates: RateLimits) -> String {
    let count = |given: Option<u64>, what: &str| given.map(|count| format!("{count} {what}"));
    let parts = [
        count(rates.requests_per_minute, "requests a minute"),
        count(rates.tokens_per_minute, "tokens a minute"),
        count(rates.concurrency, "requests at once"),
    ];
    parts.into_iter().flatten().collect::<Vec<_>>().join(", ")
}

fn or_none(text: &str, none: &str) -> String {
    if text.is_empty() { none.to_owned() } else { text.to_owned() }
}
