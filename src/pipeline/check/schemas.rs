//! What a JSON Schema says of a value, what a value says that is written out, and what is known as a JSON Schema.

use crate::pipeline::plan::Input;
use crate::script::expression::{Field, Fields, Form, Lack, Made};
use serde_json::{Map, Value, json};

/// The most parts of a value that a schema tells of: a form shares what it repeats, a schema writes all of it out.
const PARTS: usize = 1_000;

/// What is known of inputs, of those that need not be given too.
pub(super) fn of_inputs(inputs: &[Input]) -> Form {
    Form::map(inputs.iter().map(|input| {
        let made = of_schema(&input.schema);
        let left_out = input.may_be_nothing().then(|| Lack::plain("it need not be given"));
        sure(&input.name, Made { lack: left_out.or(made.lack), ..made })
    }))
}

/// What is known of what has the form that a JSON Schema demands.
pub(super) fn of_schema(schema: &Value) -> Made {
    let listed = schema.get("enum").and_then(Value::as_array);
    let mut kinds: Vec<&str> = match schema.get("type") {
        Some(Value::String(kind)) => vec![kind.as_str()],
        Some(Value::Array(kinds)) => kinds.iter().filter_map(Value::as_str).collect(),
        _ => listed.into_iter().flatten().map(kind_of).collect(),
    };
    let takes_null = kinds.contains(&"null") && listed.is_none_or(|listed| listed.contains(&Value::Null));
    kinds.retain(|kind| *kind != "null");
    kinds.dedup();
    let form = if let [kind] = kinds.as_slice() { of_kind(kind, schema) } else { Form::Any };
    Made { form, lack: takes_null.then(|| Lack::plain("its schema takes null")) }
}

fn of_kind(kind: &str, schema: &Value) -> Form {
    match kind {
        "string" => Form::Text,
        "number" | "integer" => Form::Number,
        "boolean" => Form::Flag,
        "array" => Form::list(item(schema).map(of_schema)),
        "object" => of_object(schema),
        _ => Form::Any,
    }
}

fn of_object(schema: &Value) -> Form {
    let Some(properties) = schema.get("properties").and_then(Value::as_object).filter(|all| !all.is_empty()) else {
        let others = schema.get("additionalProperties").filter(|_| schema.get("patternProperties").is_none());
        return Form::open(others.map_or_else(Made::unknown, of_schema));
    };
    let others = schema.get("additionalProperties").filter(|others| **others != Value::Bool(false)).map(of_schema);
    let rest = if schema.get("patternProperties").is_some() { Some(Made::unknown()) } else { others };
    let required = |name: &str| {
        let list = schema.get("required").and_then(Value::as_array);
        list.is_some_and(|list| list.iter().any(|known| known == name))
    };
    let field =
        |(name, inner): (&String, &Value)| Field { name: name.clone(), made: of_schema(inner), sure: required(name) };
    Form::fields(properties.iter().map(field).collect(), rest)
}

/// What is known of a value that is written out.
pub(super) fn of_value(value: &Value) -> Made {
    let form = match value {
        Value::String(_) => Form::Text,
        Value::Array(items) => Form::list(items.iter().map(of_value)),
        Value::Number(_) => Form::Number,
        Value::Bool(_) => Form::Flag,
        Value::Object(map) => Form::map(map.iter().map(|(name, value)| sure(name, of_value(value)))),
        Value::Null => Form::Any,
    };
    Made { form, lack: value.is_null().then(|| Lack::plain("nothing is written there")) }
}

/// The JSON Schema that says what is known of a value.
pub(in crate::pipeline) fn schema_of(made: &Made) -> Value {
    let mut left = PARTS;
    written(made, &mut left)
}

fn written(made: &Made, left: &mut usize) -> Value {
    if *left == 0 {
        return Value::Bool(true);
    }
    *left -= 1;
    let (kind, mut schema) = match &made.form {
        Form::Any => (None, json!({})),
        Form::Text => (Some("string"), json!({})),
        Form::Number => (Some("number"), json!({})),
        Form::Flag => (Some("boolean"), json!({})),
        Form::List(items) => (Some("array"), json!({"items": written(&items.each, left)})),
        Form::Map(fields) => (Some("object"), of_fields(fields, left)),
    };
    match (kind, made.lack.is_some()) {
        (None, false) => {}
        (None, true) => schema["type"] = json!(["array", "boolean", "number", "object", "string", "null"]),
        (Some(kind), false) => schema["type"] = json!(kind),
        (Some(kind), true) => schema["type"] = json!([kind, "null"]),
    }
    schema
}

fn of_fields(fields: &Fields, left: &mut usize) -> Value {
    let required: Vec<&str> = fields.all.iter().filter(|field| field.sure).map(|field| field.name.as_str()).collect();
    let properties: Map<String, Value> =
        fields.all.iter().map(|field| (field.name.clone(), written(&field.made, left))).collect();
    let rest = fields.rest.as_ref().map_or(Value::Bool(false), |rest| written(rest, left));
    json!({"properties": properties, "required": required, "additionalProperties": rest})
}

/// A field that is always there.
pub(super) fn sure(name: &str, made: Made) -> Field {
    Field { name: name.to_owned(), made, sure: true }
}

/// The schema of an item.
pub(super) fn item(schema: &Value) -> Option<&Value> {
    let special = ["$ref", "prefixItems"].iter().any(|word| schema.get(word).is_some());
    schema.get("items").filter(|_| !special)
}

/// The type that JSON Schema has for a value.
pub(super) const fn kind_of(value: &Value) -> &'static str {
    match value {
        Value::Null => "null",
        Value::Bool(_) => "boolean",
        Value::Number(_) => "number",
        Value::String(_) => "string",
        Value::Array(_) => "array",
        Value::Object(_) => "object",
    }
}
