//! What holds for a model or a role where nobody has set it. These values stand where they are used, not in the lowest
//! layer: a layer has no entries for names that a user chooses.

use crate::config::settings::Settings;
use crate::model::exchange::Timeouts;
use crate::registry::{models, roles};
use serde_json::{Value, json};

/// Everything that is built in of one model or role, by the fields of its settings.
pub(super) struct Standard(Value);

impl Standard {
    /// That of the name below `models`, `services` or `roles`; a service has none.
    pub(super) fn of(settings: &Settings, group: &str, name: &str) -> Self {
        Self(match group {
            "models" => model(settings, name),
            "roles" => role(settings, name),
            _ => Value::Null,
        })
    }

    /// The value of a field, such as `monitor.entropy`.
    pub(super) fn get(&self, field: &str) -> Option<Value> {
        let value = self.0.pointer(&format!("/{}", field.replace('.', "/")))?;
        let is_set = !value.is_null() && value.as_array().is_none_or(|items| !items.is_empty());
        is_set.then(|| value.clone())
    }
}

fn role(settings: &Settings, name: &str) -> Value {
    let Ok(role) = roles::find(settings, name) else { return Value::Null };
    let mut value = json!({"position": role.position, "monitor": role.monitor, "max_tokens": role.sampling.max_tokens});
    if role.monitor.is_some() {
        value["monitor"]["enabled"] = json!(true);
    }
    value
}

/// What a price list says of a model is not built in, and `models show` has it.
fn model(settings: &Settings, name: &str) -> Value {
    let Ok(spec) = models::resolve(settings, name) else { return Value::Null };
    let standard = Timeouts::default();
    json!({
        "timeout": spec.timeout, "first_token_timeout": spec.first_token_timeout,
        "connect_timeout": standard.connect.as_secs_f64(),
        "between_tokens_timeout": standard.between_tokens.as_secs_f64(),
        "context_window": (!spec.window_known).then_some(spec.window),
        "stream": spec.stream, "store": spec.store, "functions": spec.functions,
    })
}
