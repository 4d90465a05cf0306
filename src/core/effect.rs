//! The name of an effect in the log: the same effect of a repeated run gets the same name.

use crate::core::ids::{Frame, RoleName};
use serde::{Deserialize, Serialize};
use serde_json::Value;

/// Which effect of a run: its frame, the hash of what was asked, and which repetition of it in that frame.
#[derive(Clone, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
pub struct EffectKey {
    /// Where in the run.
    pub frame: Frame,
    /// blake3, in hex, of the kind and the canonical arguments.
    pub hash: String,
    /// 0 for the first such effect in the frame, 1 for the second, and so on.
    pub occurrence: u32,
}

/// A model call that was paid for: which effect, and in which role.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Paid {
    /// Which.
    pub effect: EffectKey,
    /// The role that answered.
    pub role: RoleName,
}

/// What an effect is, as far as the log is concerned.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum EffectKind {
    /// A model call.
    Model,
    /// A tool call.
    Tool,
    /// A child run.
    Child,
    /// That a stored program was called, and in what form; what it does are effects of their own.
    Script,
    /// The clock.
    Clock,
    /// A random number.
    Random,
    /// A random name.
    Uuid,
    /// A variable of the environment.
    Env,
    /// A pause.
    Sleep,
    /// A question to a person.
    Person,
    /// A search of the memory.
    Recall,
    /// A new memory.
    Remember,
    /// A choice that rests on the memory, on chance, or on what was configured.
    Decision,
    /// What a run was told of its budget.
    Budget,
    /// That a pipeline, a batch or branches went on past what had failed.
    Handled,
    /// Which events the closures of `on_event` were told.
    Heard,
}

impl EffectKind {
    /// Whether it only notes what a run was told of itself, and asks nobody.
    pub const fn is_reading(self) -> bool {
        matches!(self, Self::Decision | Self::Budget | Self::Script | Self::Handled | Self::Heard)
    }

    /// Whether it asks somebody: a model, a tool, a child run, a person.
    pub const fn is_outward(self) -> bool {
        matches!(self, Self::Model | Self::Tool | Self::Child | Self::Person)
    }

    /// The name in the store and in events.
    pub const fn name(self) -> &'static str {
        match self {
            Self::Model => "model",
            Self::Tool => "tool",
            Self::Child => "child",
            Self::Script => "script",
            Self::Clock => "clock",
            Self::Random => "random",
            Self::Uuid => "uuid",
            Self::Env => "env",
            Self::Sleep => "sleep",
            Self::Person => "person",
            Self::Recall => "recall",
            Self::Remember => "remember",
            Self::Decision => "decision",
            Self::Budget => "budget",
            Self::Handled => "handled",
            Self::Heard => "heard",
        }
    }
}

/// JSON text with the keys of every object sorted, so that equal values have equal text.
pub fn canonical(value: &Value) -> String {
    let mut text = String::new();
    write(value, &mut text);
    text
}

fn write(value: &Value, text: &mut String) {
    match value {
        Value::Object(map) => {
            let mut entries: Vec<_> = map.iter().collect();
            entries.sort_unstable_by_key(|entry| entry.0);
            text.push('{');
            for (index, (key, value)) in entries.into_iter().enumerate() {
                if index > 0 {
                    text.push(',');
                }
                text.push_str(&Value::from(key.as_str()).to_string());
                text.push(':');
                write(value, text);
            }
            text.push('}');
        }
        Value::Array(items) => {
            text.push('[');
            for (index, item) in items.iter().enumerate() {
                if index > 0 {
                    text.push(',');
                }
                write(item, text);
            }
            text.push(']');
        }
        plain => text.push_str(&plain.to_string()),
    }
}

#[cfg(test)]
mod tests {
    use super::canonical;
    use serde_json::json;

    #[test]
    fn key_order_does_not_matter() {
        let a = json!({"b": [{"y": 1, "x": 2}], "a": null});
        let b = json!({"a": null, "b": [{"x": 2, "y": 1}]});
        assert_eq!(canonical(&a), canonical(&b));
        assert_eq!(canonical(&a), r#"{"a":null,"b":[{"x":2,"y":1}]}"#);
    }
}
