//! Inputs of a pipeline as its file declares them; what they are given is settled by `run/inputs`.

use serde_json::{Map, Value, json};

/// What a caller gives.
#[derive(Clone, Debug, PartialEq)]
pub struct Input {
    /// Its name.
    pub name: String,
    /// What it means.
    pub description: String,
    /// The JSON Schema of its values.
    pub schema: Value,
    /// The value if none is given.
    pub default: Option<Value>,
    /// Whether it must be given.
    pub required: bool,
}

impl Input {
    /// Whether a caller may leave it out.
    pub const fn may_be_absent(&self) -> bool {
        !self.required || self.default.is_some()
    }

    /// Whether its value may be `()`, as nobody gives one.
    pub const fn may_be_nothing(&self) -> bool {
        !self.required && self.default.is_none()
    }

    /// Whether a caller leaves it out with this value: what passes on an input of its own that was not given gives nothing
    /// either.
    pub fn is_left_out(&self, given: &Value) -> bool {
        given.is_null() && self.may_be_absent()
    }
}

/// The type of an input that says none, by its default.
pub fn kind_of(default: &Value) -> &'static str {
    match default {
        Value::Bool(_) => "boolean",
        Value::Number(number) if number.is_f64() => "number",
        Value::Number(_) => "integer",
        Value::Array(_) => "array",
        Value::Object(_) => "object",
        _ => "string",
    }
}

/// The JSON Schema of all that a caller gives.
pub fn parameters(inputs: &[Input]) -> Value {
    let property = |input: &Input| {
        let mut schema = input.schema.clone();
        if let Some(schema) = schema.as_object_mut().filter(|_| !input.description.is_empty()) {
            schema.insert("description".to_owned(), input.description.clone().into());
        }
        (input.name.clone(), schema)
    };
    let properties: Map<String, Value> = inputs.iter().map(property).collect();
    let needed = inputs.iter().filter(|input| !input.may_be_absent());
    let required: Vec<&str> = needed.map(|input| input.name.as_str()).collect();
    json!({"type": "object", "properties": properties, "required": required, "additionalProperties": false})
}
