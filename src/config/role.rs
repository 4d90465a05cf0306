//! A role as configured: its models, how it samples, who it is, and when its answers are stopped.

use crate::config::merged::Merged;
use crate::core::message::Thinking;
use crate::core::strategy::Strategy;
use serde::Serialize;

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
    pub monitor: MonitorConfig,
}

/// When an answer of a role is stopped while it is written; unset fields are left to the monitor.
#[derive(Clone, Copy, Debug, Default, PartialEq, Serialize)]
pub struct MonitorConfig {
    /// Whether anything is stopped.
    pub enabled: Option<bool>,
    /// Token entropy above which an answer is suspect.
    pub entropy: Option<f64>,
    /// How far the entropy may jump.
    pub spike: Option<f64>,
    /// Share of repeated 3-grams, 0 to 1.
    pub repetition: Option<f64>,
    /// Tokens before which nothing is stopped.
    pub least_tokens: Option<u64>,
    /// How many times the expected length an answer may have.
    pub length_factor: Option<f64>,
    /// Tokens in a row that must be suspect.
    pub sustained: Option<u64>,
    /// The weighted sum of all signs, 0 to 1, that stops an answer.
    pub combined: Option<f64>,
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
        monitor: MonitorConfig {
            enabled: merged.flag(&at("monitor.enabled")),
            entropy: merged.number(&at("monitor.entropy")),
            spike: merged.number(&at("monitor.spike")),
            repetition: merged.number(&at("monitor.repetition")),
            least_tokens: merged.count(&at("monitor.least_tokens")),
            length_factor: merged.number(&at("monitor.length_factor")),
            sustained: merged.count(&at("monitor.sustained")),
            combined: merged.number(&at("monitor.combined")),
        },
    }
}

/// The strategy that a setting names.
pub(super) fn strategy(merged: &Merged, path: &str) -> Option<Strategy> {
    merged.text(path).and_then(|word| Strategy::parse(&word))
}
