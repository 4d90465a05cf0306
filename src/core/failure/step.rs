//! What a failure says of the step of a pipeline in which it happened. Its detail `step` is that of the innermost one.

use crate::core::failure::Failure;
use serde_json::Value;

impl Failure {
    /// The same of a step, unless it is that of one within it.
    #[must_use]
    pub fn in_step(self, step: &str) -> Self {
        if self.details.contains_key("step") { self } else { self.detail("step", step) }
    }

    /// The same with the name of its step before what it says, unless that names it.
    #[must_use]
    pub fn named(self) -> Self {
        let Some(step) = self.details.get("step").and_then(Value::as_str) else { return self };
        let known = self.message.contains(&format!("`{step}`"));
        let message = if known { self.message.clone() } else { format!("step `{step}`: {}", self.message) };
        Self { message, ..self }
    }

    /// The failure of a step with limits: what they stopped is the step, not what in it came to the end of them.
    #[must_use]
    pub fn contained_whole(self, part: &str) -> Self {
        let kind = self.kind;
        let mut contained = self.contained(part);
        if contained.kind != kind {
            contained.details.retain(|name, _| !matches!(name.as_str(), "step" | "at"));
        }
        contained
    }
}
