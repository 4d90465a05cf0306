//! A model as configured. What is not set here is filled in by `registry::models`.

use crate::config::merged::Merged;
use crate::config::price_keys::PriceConfig;
use crate::config::traffic::Traffic;

/// A model as configured; unset fields are filled from the built-in table.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct ModelConfig {
    /// `openai`, `responses`, `anthropic` or `offline`.
    pub provider: Option<String>,
    /// The address of the API.
    pub base_url: Option<String>,
    /// The name at the provider.
    pub name: Option<String>,
    /// The variable that holds the key.
    pub key_env: Option<String>,
    /// Headers beside those of the protocol, each `Name: value`.
    pub headers: Vec<String>,
    /// Tokens that fit into a prompt and its answer.
    pub context_window: Option<u64>,
    /// Tokens that a picture counts at most.
    pub image_tokens: Option<u64>,
    /// The model whose list price it has.
    pub priced_as: Option<String>,
    /// What its calls cost.
    pub price: PriceConfig,
    /// What it can do beyond text, as a whole list.
    pub capabilities: Option<Vec<String>>,
    /// Whether it reads pictures.
    pub vision: Option<bool>,
    /// Whether it calls functions.
    pub tools: Option<bool>,
    /// Whether it can be held to a JSON Schema.
    pub json: Option<bool>,
    /// Whether it gives the probabilities of its tokens.
    pub logprobs: Option<bool>,
    /// Words that a call may require.
    pub tags: Vec<String>,
    /// How good it is.
    pub rank: Option<f64>,
    /// Models that stand in for it.
    pub fallback: Vec<String>,
    /// Whether answers are streamed.
    pub stream: Option<bool>,
    /// Whether the server keeps answers.
    pub store: Option<bool>,
    /// Whether a root is offered the function `rhai(code)`.
    pub functions: Option<bool>,
    /// Seconds of a whole call.
    pub timeout: Option<f64>,
    /// Seconds until the first token.
    pub first_token_timeout: Option<f64>,
    /// Further limits of time and number.
    pub traffic: Traffic,
}

/// The model of this name.
pub(super) fn read(merged: &Merged, name: &str) -> ModelConfig {
    let at = |field: &str| format!("models.{name}.{field}");
    ModelConfig {
        provider: merged.text(&at("provider")),
        base_url: merged.text(&at("base_url")),
        name: merged.text(&at("name")),
        key_env: merged.text(&at("key_env")),
        headers: merged.texts(&at("headers")).unwrap_or_default(),
        context_window: merged.count(&at("context_window")),
        image_tokens: merged.count(&at("image_tokens")),
        priced_as: merged.text(&at("priced_as")),
        price: PriceConfig::of(|key| merged.usd(&at(key)), |key| merged.count(&at(key))),
        capabilities: merged.texts(&at("capabilities")),
        vision: merged.flag(&at("vision")),
        tools: merged.flag(&at("tools")),
        json: merged.flag(&at("json")),
        logprobs: merged.flag(&at("logprobs")),
        tags: merged.texts(&at("tags")).unwrap_or_default(),
        rank: merged.number(&at("rank")),
        fallback: merged.texts(&at("fallback")).unwrap_or_default(),
        stream: merged.flag(&at("stream")),
        store: merged.flag(&at("store")),
        functions: merged.flag(&at("functions")),
        timeout: merged.number(&at("timeout")),
        first_token_timeout: merged.number(&at("first_token_timeout")),
        traffic: Traffic::of(merged, name),
    }
}
