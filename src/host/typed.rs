//! Typed answers: a schema in any of its forms, the question for it, and the check of what comes back.

use crate::core::failure::{Failure, FailureKind, Outcome};
use crate::core::text::one_line;
use serde_json::{Map, Value, json};

/// A schema that answers are checked against.
pub struct Schema {
    text: String,
    validator: jsonschema::Validator,
}

/// What a check found.
pub enum Checked {
    /// A value that matches.
    Valid(Value),
    /// Why there is none, in words for the model.
    Wrong(String),
}

impl Schema {
    /// Reads a JSON Schema, an example object, or the short form `{score: "float 0..1", tags: ["string"]}`.
    pub fn read(given: &Value) -> Outcome<Self> {
        let schema = if is_schema(given) { given.clone() } else { expand(given)? };
        let validator = jsonschema::validator_for(&schema)
            .map_err(|e| Failure::new(FailureKind::Invalid, format!("the schema is wrong: {e}")))?;
        Ok(Self { text: schema.to_string(), validator })
    }

    /// The prompt with the wish for this form.
    pub fn ask(&self, prompt: &str) -> String {
        format!("{prompt}\n\nAnswer with JSON only, matching this JSON Schema:\n{}", self.text)
    }

    /// What the model is told about a wrong answer.
    pub fn complaint(&self, message: &str) -> String {
        format!(
            "That answer does not match the schema: {message}\nAnswer again with JSON only, matching it:\n{}",
            self.text
        )
    }

    /// Finds the JSON in an answer and checks it.
    pub fn check(&self, answer: &str) -> Checked {
        let Some(value) = extract(answer) else {
            return Checked::Wrong(format!("there is no JSON in {:?}", one_line(answer, 80)));
        };
        let errors: Vec<String> = self
            .validator
            .iter_errors(&value)
            .take(5)
            .map(|e| {
                let path = e.instance_path().to_string();
                if path.is_empty() { e.to_string() } else { format!("{path}: {e}") }
            })
            .collect();
        if errors.is_empty() { Checked::Valid(value) } else { Checked::Wrong(errors.join("; ")) }
    }
}

/// Whether a value is a JSON Schema already: its `type` is one, or it is built of the schema's own words.
fn is_schema(value: &Value) -> bool {
    const TYPES: &[&str] = &["object", "array", "string", "number", "integer", "boolean", "null"];
    let Some(map) = value.as_object() else {
        return value.is_boolean();
    };
    let typed = map.get("type").and_then(Value::as_str).is_some_and(|t| TYPES.contains(&t));
    let built = ["properties", "items", "enum", "anyOf", "oneOf", "allOf", "$ref", "$schema", "const"];
    (typed && (map.len() == 1 || built.iter().any(|word| map.contains_key(*word))))
        || map.contains_key("$schema")
        || (map.contains_key("anyOf") || map.contains_key("oneOf") || (map.len() == 1 && map.contains_key("enum")))
        || (typed && map.keys().all(|k| SCHEMA_WORDS.contains(&k.as_str())))
}

const SCHEMA_WORDS: &[&str] = &[
    "type",
    "title",
    "description",
    "properties",
    "required",
    "additionalProperties",
    "items",
    "minItems",
    "maxItems",
    "uniqueItems",
    "minimum",
    "maximum",
    "exclusiveMinimum",
    "exclusiveMaximum",
    "multipleOf",
    "minLength",
    "maxLength",
    "pattern",
    "format",
    "enum",
    "const",
    "default",
    "examples",
    "$schema",
    "$id",
    "$defs",
    "$ref",
];

/// The schema of a short form or example.
fn expand(given: &Value) -> Outcome<Value> {
    Ok(match given {
        Value::Object(map) => {
            let mut properties = Map::new();
            let mut required = Vec::new();
            for (name, form) in map {
                let plain = name.trim_end_matches('?');
                properties.insert(plain.to_owned(), expand(form)?);
                if plain == name {
                    required.push(plain);
                }
            }
            json!({"type": "object", "properties": properties, "required": required, "additionalProperties": false})
        }
        Value::Array(items) => match items.as_slice() {
            [] => json!({"type": "array"}),
            [one] => json!({"type": "array", "items": expand(one)?}),
            many if many.iter().all(Value::is_string) => json!({"enum": many}),
            [first, ..] => json!({"type": "array", "items": expand(first)?}),
        },
        Value::String(form) => short(form)?,
        Value::Number(n) if n.is_f64() => json!({"type": "number"}),
        Value::Number(_) => json!({"type": "integer"}),
        Value::Bool(_) => json!({"type": "boolean"}),
        Value::Null => json!({}),
    })
}

/// `"float 0..1"`, `"int 1.."`, `"string"`, `"bool"`, `"a|b|c"`; any other text is an example of a string.
fn short(form: &str) -> Outcome<Value> {
    let mut words = form.split_whitespace();
    let (kind, range) = (words.next().unwrap_or_default(), words.next());
    let kind = match kind {
        "float" | "number" => "number",
        "int" | "integer" => "integer",
        "bool" | "boolean" => return Ok(json!({"type": "boolean"})),
        "string" | "text" | "str" => return Ok(json!({"type": "string"})),
        _ if form.contains('|') => {
            let options: Vec<&str> = form.split('|').map(str::trim).collect();
            return Ok(json!({"enum": options}));
        }
        _ => return Ok(json!({"type": "string", "description": form})),
    };
    let mut schema = json!({"type": kind});
    if let Some((low, high)) = range.and_then(|r| r.split_once("..")) {
        for (word, text) in [("minimum", low), ("maximum", high.trim_start_matches('='))] {
            if text.is_empty() {
                continue;
            }
            let bound: f64 = text.parse().map_err(|_| {
                Failure::new(
                    FailureKind::Invalid,
                    format!("the schema is wrong: {form:?} has no number before or after `..`"),
                )
                .hint("write \"float 0..1\", \"int 1..\" or \"int ..9\"")
            })?;
            schema[word] = json!(bound);
        }
    }
    Ok(schema)
}

/// The first JSON value in a text: the text itself, a fenced block, or what stands from a bracket on.
pub fn extract(text: &str) -> Option<Value> {
    let text = text.trim();
    if let Ok(value) = serde_json::from_str(text) {
        return Some(value);
    }
    for block in text.split("```").skip(1).step_by(2) {
        let body = block.split_once('\n').map_or(block, |(_, body)| body);
        if let Ok(value) = serde_json::from_str(body.trim()) {
            return Some(value);
        }
    }
    text.char_indices().filter(|(_, c)| matches!(c, '{' | '[')).find_map(|(at, _)| {
        let mut stream = serde_json::Deserializer::from_str(&text[at..]).into_iter::<Value>();
        stream.next().and_then(Result::ok)
    })
}

#[cfg(test)]
mod tests {
    use super::{Checked, Schema, expand, extract};
    use serde_json::json;

    #[test]
    fn short_forms_expand() {
        let given = json!({"score": "float 0..1", "tags": ["string"], "kind": "a|b", "note?": "string"});
        let expect = json!({
            "type": "object",
            "properties": {
                "score": {"type": "number", "minimum": 0.0, "maximum": 1.0},
                "tags": {"type": "array", "items": {"type": "string"}},
                "kind": {"enum": ["a", "b"]},
                "note": {"type": "string"},
            },
            "required": ["score", "tags", "kind"],
            "additionalProperties": false,
        });
        assert_eq!(expand(&given), Ok(expect));
        assert!(Schema::read(&json!({"n": "int x..2"})).is_err());
    }

    #[test]
    fn json_is_found_in_prose_and_fences() {
        for text in
            ["{\"a\": 1}", "Here:\n```json\n{\"a\": 1}\n```\nDone.", "It is {\"a\": 1}, I think.", "x { y {\"a\": 1}"]
        {
            assert_eq!(extract(text), Some(json!({"a": 1})), "{text}");
        }
        assert_eq!(extract("no json"), None);
    }

    #[test]
    fn what_does_not_match_is_told() {
        let schema =
            Schema::read(&json!({"type": "object", "properties": {"n": {"type": "integer"}}, "required": ["n"]}));
        let Ok(schema) = schema else { panic!("the schema is right") };
        assert!(matches!(schema.check("{\"n\": 1}"), Checked::Valid(_)));
        assert!(matches!(schema.check("{\"n\": \"1\"}"), Checked::Wrong(m) if m.starts_with("/n: ")));
        assert!(matches!(schema.check("none"), Checked::Wrong(m) if m.contains("no JSON")));
    }
}
