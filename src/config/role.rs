//! A role as configured: its models, how it samples, who it is, and when its answers are stopped.

use crate::config::merged::Merged;
use crate::core::message::Thinking;
use crate::core::strategy::Strategy;
use crate::core::thresholds::Overrides;

/// A role as configured.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct RoleConfig {
    /// Its models, the preferred one first.
    pub models: Vec<String>,
    /// Capabilities and tags that its model must have.
    pub requires: Vec<String>,
    /// How its model is chosen if it lists none.
    pub strategy: Option<Strategy>,
    /// Its place on the ladder.
    pub position: Option<u64>,
    /// Most tokens of an answer.
    pub max_tokens: Option<u64>,
    /// Sampling temperature.
    pub temperature: Option<f64>,
    /// Texts that end an answer.
    pub stop: Vec<String>,
    /// How much it thinks.
    pub thinking: Option<Thinking>,
    /// Standing instructions.
    pub system: Option<String>,
    /// The name of a persona, or its text.
    pub persona: Option<String>,
    /// When its answers are stopped.
    pub monitor: Overrides,
}

/// The role of this name.
pub(super) fn read(merged: &Merged, name: &str) -> RoleConfig {
    let at = |field: &str| format!("roles.{name}.{field}");
    RoleConfig {
        models: merged.texts(&at("models")).unwrap_or_default(),
        requires: merged.texts(&at("requires")).unwrap_or_default(),
        strategy: strategy(merged, &at("strategy")),
        position: merged.count(&at("position")),
        max_tokens: merged.count(&at("max_tokens")),
        temperature: merged.number(&at("temperature")),
        stop: merged.texts(&at("stop")).unwrap_or_default(),
        thinking: merged.text(&at("thinking")).and_then(|word| match word.as_str() {
            "off" => Some(Thinking::Off),
            "low" => Some(Thinking::Low),
            "medium" => Some(Thinking::Medium),
            "high" => Some(Thinking::High),
            _ => None,
        }),
        system: merged.text(&at("system")),
        persona: merged.text(&at("persona")),
        monitor: monitor(merged, name),
    }
}

fn monitor(merged: &Merged, name: &str) -> Overrides {
    let at = |field: &str| format!("roles.{name}.monitor.{field}");
    Overrides {
        enabled: merged.flag(&at("enabled")),
        entropy: merged.number(&at("entropy")),
        spike: merged.number(&at("spike")),
        sustained: merged.count(&at("sustained")),
        repetition: merged.number(&at("repetition")),
        ngram: merged.count(&at("ngram")),
        least_tokens: merged.count(&at("least_tokens")),
        length_factor: merged.number(&at("length_factor")),
        expected_tokens: merged.count(&at("expected_tokens")),
        combined: merged.number(&at("combined")),
        logprobs: merged.flag(&at("logprobs")),
        weight_entropy: merged.number(&at("weights.entropy")),
        weight_spike: merged.number(&at("weights.spike")),
        weight_repetition: merged.number(&at("weights.repetition")),
        weight_length: merged.number(&at("weights.length")),
    }
}

/// The strategy that a setting names.
pub(super) fn strategy(merged: &Merged, path: &str) -> Option<Strategy> {
    merged.text(path).and_then(|word| Strategy::parse(&word))
}
