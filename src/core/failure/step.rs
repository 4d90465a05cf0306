//! What a failure says of the step of a pipeline in which it happened. Its detail `step` is that of the innermost one.

use crate::core::failure::{Failure, FailureKind};
use serde_json::Value;

/// The detail that has the key of the item that met a limit.
pub(super) const ITEM: &str = "in_item";

impl Failure {
    /// The same of a step, unless it is that of one within it.
    #[must_use]
    pub fn in_step(self, step: &str) -> Self {
        if self.details.contains_key("step") { self } else { self.detail("step", step) }
    }

    /// The same of an item, unless it is that of one within it. Only a limit needs it, which stops the rest with it: other
    /// failures of items say in words whose they are.
    #[must_use]
    pub fn in_item(self, key: &str) -> Self {
        let is_limit = matches!(self.kind, FailureKind::Budget | FailureKind::Limit);
        if is_limit && !self.details.contains_key(ITEM) { self.detail(ITEM, key) } else { self }
    }

    /// The same with the name of its step before what it says, and with its item, unless that names it.
    #[must_use]
    pub fn named(self) -> Self {
        let Some(step) = self.details.get("step").and_then(Value::as_str) else { return self };
        let known = self.message.contains(&format!("`{step}`"));
        let item = self.details.get(ITEM).and_then(Value::as_str).map_or_else(String::new, |key| format!(" [{key}]"));
        let message = if known { self.message.clone() } else { format!("step `{step}`{item}: {}", self.message) };
        Self { message, ..self }
    }

    /// The failure of a step with limits: what they stopped is the step, not what in it came to the end of them.
    #[must_use]
    pub fn contained_whole(self, part: &str) -> Self {
        let kind = self.kind;
        let mut contained = self.contained(part);
        if contained.kind != kind {
            contained.details.retain(|name, _| !matches!(name.as_str(), "step" | "at" | ITEM));
        }
        contained
    }
}
