//! A JSON Schema in the narrower form to which providers hold an answer.
//!
//! Providers compile a schema into a grammar and refuse what they cannot compile. Here a schema is rewritten so that
//! whatever fits the original also fits the rewritten one, or it is said that this cannot be done. Whether an answer
//! fits the original is checked by whoever asked.

use serde_json::{Map, Value, json};

/// What a provider's schemas may hold.
#[derive(Clone, Copy, Debug)]
pub struct Subset {
    /// Words that limit values and are understood.
    pub limits: &'static [&'static str],
    /// Whether an object may lack some of its properties.
    pub optional: bool,
}

/// Words that limit values, and that some providers understand.
const LIMITS: &[&str] = &[
    "pattern",
    "format",
    "multipleOf",
    "minimum",
    "maximum",
    "exclusiveMinimum",
    "exclusiveMaximum",
    "minItems",
    "maxItems",
];

/// The values of `format` that OpenAI knows; it refuses a schema with another one.
const FORMATS: &[&str] = &["date-time", "time", "date", "duration", "email", "hostname", "ipv4", "ipv6", "uuid"];

/// OpenAI's, <https://platform.openai.com/docs/guides/structured-outputs#supported-schemas>.
pub const OPENAI: Subset = Subset { limits: LIMITS, optional: false };

/// Anthropic's, <https://platform.claude.com/docs/en/build-with-claude/structured-outputs#json-schema-limitations>.
pub const ANTHROPIC: Subset = Subset { limits: &[], optional: true };

/// Further words that say something and limit nothing, or whose loss only lets more answers through.
const DROPPED: &[&str] = &[
    "$schema",
    "$id",
    "$comment",
    "examples",
    "default",
    "deprecated",
    "readOnly",
    "writeOnly",
    "uniqueItems",
    "minLength",
    "maxLength",
    "minProperties",
    "maxProperties",
];

/// Words that are kept as they are.
const KEPT: &[&str] = &["type", "enum", "const", "description", "title", "$ref", "required"];

/// Whether the root of a schema is an object, which some providers want.
pub fn has_object_root(schema: &Value) -> bool {
    schema.get("type").is_some_and(|kind| kind == "object")
}

/// The schema within a provider's subset, or `None` if it cannot be said there.
pub fn within(schema: &Value, subset: Subset) -> Option<Value> {
    let given = schema.as_object()?;
    let mut made = Map::new();
    for (word, value) in given {
        match word.as_str() {
            "properties" | "$defs" | "definitions" => {
                let inner = value.as_object()?.iter().map(|(name, inner)| Some((name.clone(), within(inner, subset)?)));
                made.insert(word.clone(), Value::Object(inner.collect::<Option<_>>()?));
            }
            "items" => {
                made.insert(word.clone(), within(value, subset)?);
            }
            // What fits exactly one of them fits any of them.
            "anyOf" | "oneOf" => {
                let inner = value.as_array()?.iter().map(|inner| within(inner, subset));
                made.insert("anyOf".to_owned(), Value::Array(inner.collect::<Option<_>>()?));
            }
            "additionalProperties" if *value == json!(false) => {}
            word if is_kept(word, value, subset) => {
                made.insert(word.to_owned(), value.clone());
            }
            word if DROPPED.contains(&word) || LIMITS.contains(&word) => {}
            _ => return None,
        }
    }
    alone(&mut made);
    typed(&mut made);
    is_closed(&mut made, subset).then_some(Value::Object(made))
}

/// Whether a word stays as it is; a format that is not known only limits what fits.
fn is_kept(word: &str, value: &Value, subset: Subset) -> bool {
    let foreign = word == "format" && value.as_str().is_none_or(|format| !FORMATS.contains(&format));
    !foreign && (subset.limits.contains(&word) || KEPT.contains(&word))
}

/// Takes the words about a reference away: OpenAI refuses them beside it.
fn alone(made: &mut Map<String, Value>) {
    if made.contains_key("$ref") {
        made.retain(|word, _| !matches!(word.as_str(), "title" | "description"));
    }
}

/// Gives a list of texts the type that providers want to see.
fn typed(made: &mut Map<String, Value>) {
    let texts = |values: &Value| values.as_array().is_some_and(|values| values.iter().all(Value::is_string));
    let of_texts = made.get("enum").is_some_and(texts) || made.get("const").is_some_and(Value::is_string);
    if of_texts && !made.contains_key("type") {
        made.insert("type".to_owned(), json!("string"));
    }
}

/// Closes an object, and says whether the schema is one that a grammar can be made of.
fn is_closed(made: &mut Map<String, Value>, subset: Subset) -> bool {
    // One type, or a list of them: `["object", "null"]`.
    let is = |kind: &str| match made.get("type") {
        Some(Value::Array(kinds)) => kinds.iter().any(|one| one == kind),
        one => one.is_some_and(|one| one == kind),
    };
    let listed = !is("array") || made.contains_key("items");
    if !is("object") {
        return listed && ["anyOf", "$ref", "enum", "const", "type"].iter().any(|word| made.contains_key(*word));
    }
    let all = made.get("properties").and_then(Value::as_object).map_or(0, Map::len);
    let needed = made.get("required").and_then(Value::as_array).map_or(0, Vec::len);
    made.insert("additionalProperties".to_owned(), json!(false));
    listed && all > 0 && (subset.optional || needed == all)
}

#[cfg(test)]
mod tests {
    use super::{ANTHROPIC, OPENAI, within};
    use serde_json::{Value, json};

    #[test]
    fn objects_are_closed_and_foreign_limits_dropped() {
        let given = json!({
            "$schema": "https://json-schema.org/draft/2020-12/schema",
            "type": "object",
            "properties": {
                "score": {"type": "number", "minimum": 0.0, "maximum": 1.0},
                "tags": {"type": "array", "items": {"type": "string", "minLength": 1}},
                "kind": {"enum": ["a", "b"]},
            },
            "required": ["score", "tags", "kind"],
        });
        let mut expect = json!({
            "type": "object",
            "properties": {
                "score": {"type": "number", "minimum": 0.0, "maximum": 1.0},
                "tags": {"type": "array", "items": {"type": "string"}},
                "kind": {"enum": ["a", "b"], "type": "string"},
            },
            "required": ["score", "tags", "kind"],
            "additionalProperties": false,
        });
        assert_eq!(within(&given, OPENAI), Some(expect.clone()));
        expect["properties"]["score"] = json!({"type": "number"});
        assert_eq!(within(&given, ANTHROPIC), Some(expect));
    }

    #[test]
    fn what_openai_refuses_beside_the_rest_is_left_out() {
        let leaf = json!({"type": "object", "properties": {"a": {"type": "string"}}, "required": ["a"]});
        let mut open = leaf.clone();
        open["type"] = json!(["object", "null"]);
        let given = json!({
            "type": "object",
            "properties": {
                "link": {"type": "string", "format": "uri"},
                "day": {"type": "string", "format": "date"},
                "leaf": {"$ref": "#/$defs/leaf", "description": "of the tree"},
                "open": open,
            },
            "required": ["link", "day", "leaf", "open"],
            "$defs": {"leaf": leaf},
        });
        let mut expect = given.clone();
        expect["properties"]["link"] = json!({"type": "string"});
        expect["properties"]["leaf"] = json!({"$ref": "#/$defs/leaf"});
        for closed in ["", "/properties/open", "/$defs/leaf"] {
            expect.pointer_mut(closed).expect("a schema")["additionalProperties"] = json!(false);
        }
        assert_eq!(within(&given, OPENAI), Some(expect));
    }

    #[test]
    fn what_cannot_be_said_is_not_said() {
        let optional = json!({"type": "object", "properties": {"a": {"type": "string"}}});
        assert_eq!(within(&optional, OPENAI), None);
        assert!(within(&optional, ANTHROPIC).is_some());
        let none: [Value; 8] = [
            json!({}),
            json!(true),
            json!({"type": "object"}),
            json!({"type": "array"}),
            json!({"type": ["object", "null"]}),
            json!({"not": {"type": "string"}}),
            json!({"type": "object", "properties": {"a": {}}, "required": ["a"]}),
            json!({"type": "object", "properties": {"a": {"type": "string"}}, "required": ["a"],
                "additionalProperties": {"type": "string"}}),
        ];
        for schema in none {
            assert_eq!((within(&schema, OPENAI), within(&schema, ANTHROPIC)), (None, None), "{schema}");
        }
    }
}
