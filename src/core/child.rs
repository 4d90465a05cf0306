//! What a primitive may ask of a child run.

use crate::core::document::ContextRef;
use crate::core::request::one_or_many;
use crate::core::strategy::Strategy;
use serde::{Deserialize, Serialize};
use serde_json::Value;
use std::sync::Arc;

/// One child run.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct ChildRequest {
    /// What the child shall do.
    pub task: String,
    /// What it may look into.
    pub context: ContextRef,
    /// How to run it.
    #[serde(default)]
    pub options: ChildOptions,
}

/// Options of `rlm`. Limits are slices of the parent's budget: they can only lower it.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct ChildOptions {
    /// Role of the child's root model.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub role: Option<String>,
    /// Model of the child's root.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub model: Option<String>,
    /// Capabilities and tags that the model of the child's root must have.
    #[serde(skip_serializing_if = "Vec::is_empty", deserialize_with = "one_or_many")]
    pub requires: Vec<String>,
    /// How to choose among models that all meet what is required.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub strategy: Option<Strategy>,
    /// USD that the child may spend.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub max_cost: Option<f64>,
    /// Model calls that the child may make.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub max_calls: Option<u64>,
    /// Tokens that the child may use.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub max_tokens: Option<u64>,
    /// Turns of the child's root.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub max_turns: Option<u32>,
    /// JSON Schema, example object or short form that the child's final value must have.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub schema: Option<Arc<Value>>,
    /// A name for progress and logs.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub label: Option<String>,
    /// Why a pipeline names this model or role, for people; a script has no word for it.
    #[serde(skip)]
    pub reason: Option<String>,
    /// Whether a failed call was handed to it; likewise.
    #[serde(skip)]
    pub handed: bool,
}

impl ChildOptions {
    /// What makes two children equal: not what they are called, why they are asked, nor what they may spend.
    #[must_use]
    pub fn identity(&self) -> Self {
        let any = Self { max_cost: None, max_calls: None, max_tokens: None, ..self.clone() };
        Self { label: None, reason: None, handed: false, ..any }
    }
}
