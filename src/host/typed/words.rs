//! Which values are JSON Schemas by their words, and which examples of what is wanted.

use crate::host::typed::forms::kind;
use serde_json::Value;

/// The types of JSON Schema.
pub(super) const TYPES: &[&str] = &["object", "array", "string", "number", "integer", "boolean", "null"];

/// The words of JSON Schema, <https://json-schema.org/draft/2020-12/json-schema-validation>.
const WORDS: &[&str] = &[
    "$anchor",
    "$comment",
    "$defs",
    "$dynamicAnchor",
    "$dynamicRef",
    "$id",
    "$recursiveAnchor",
    "$recursiveRef",
    "$ref",
    "$schema",
    "$vocabulary",
    "additionalItems",
    "additionalProperties",
    "allOf",
    "anyOf",
    "const",
    "contains",
    "contentEncoding",
    "contentMediaType",
    "contentSchema",
    "default",
    "definitions",
    "dependencies",
    "dependentRequired",
    "dependentSchemas",
    "deprecated",
    "description",
    "else",
    "enum",
    "examples",
    "exclusiveMaximum",
    "exclusiveMinimum",
    "format",
    "if",
    "items",
    "maxContains",
    "maxItems",
    "maxLength",
    "maxProperties",
    "maximum",
    "minContains",
    "minItems",
    "minLength",
    "minProperties",
    "minimum",
    "multipleOf",
    "not",
    "oneOf",
    "pattern",
    "patternProperties",
    "prefixItems",
    "properties",
    "propertyNames",
    "readOnly",
    "required",
    "then",
    "title",
    "type",
    "unevaluatedItems",
    "unevaluatedProperties",
    "uniqueItems",
    "writeOnly",
];

/// Whether a value is a JSON Schema already: all its words are a schema's, each with what such a word takes, and one of
/// them says what is allowed. `{type: "string", title: "string"}` is an example: no schema is called "string".
pub(super) fn is_schema(value: &Value) -> bool {
    let Some(map) = value.as_object() else {
        return value.is_boolean();
    };
    const SAYS: &[&str] = &[
        "type",
        "properties",
        "items",
        "enum",
        "const",
        "anyOf",
        "oneOf",
        "allOf",
        "$ref",
        "$dynamicRef",
        "$recursiveRef",
        "$schema",
    ];
    SAYS.iter().any(|word| map.contains_key(*word)) && map.iter().all(|(word, value)| takes(word, value))
}

/// Whether a word of JSON Schema can stand with a value.
fn takes(word: &str, value: &Value) -> bool {
    let schemas = |values: &Value| values.as_array().is_some_and(|parts| parts.iter().all(is_part));
    match word {
        "type" => match value {
            Value::Array(names) => names.iter().all(|name| name.as_str().is_some_and(|name| TYPES.contains(&name))),
            name => name.as_str().is_some_and(|name| TYPES.contains(&name)),
        },
        // What a value means is said in any words, the name of a kind among them.
        "description" => value.is_string(),
        "format" if value == "date" => true,
        "title" | "format" | "pattern" => value.as_str().is_some_and(|text| kind(text).is_none()),
        "properties" | "patternProperties" | "$defs" | "definitions" | "dependentSchemas" => {
            value.as_object().is_some_and(|map| map.values().all(is_part))
        }
        "items"
        | "additionalProperties"
        | "not"
        | "if"
        | "then"
        | "else"
        | "propertyNames"
        | "contains"
        | "additionalItems"
        | "unevaluatedItems"
        | "unevaluatedProperties"
        | "contentSchema" => is_part(value),
        "anyOf" | "oneOf" | "allOf" | "prefixItems" => schemas(value),
        "enum" | "required" | "examples" => value.is_array(),
        "minimum" | "maximum" | "exclusiveMinimum" | "exclusiveMaximum" | "multipleOf" | "minItems" | "maxItems"
        | "minLength" | "maxLength" | "minProperties" | "maxProperties" | "minContains" | "maxContains" => {
            value.is_number()
        }
        "readOnly" | "writeOnly" => value.is_boolean(),
        "$anchor" | "$dynamicAnchor" | "$dynamicRef" | "$recursiveRef" | "contentEncoding" | "contentMediaType" => {
            value.is_string()
        }
        word => WORDS.contains(&word),
    }
}

/// Whether a value can be a schema inside another one, where an empty one is common.
fn is_part(value: &Value) -> bool {
    value.is_boolean() || value.as_object().is_some_and(|map| map.iter().all(|(word, value)| takes(word, value)))
}
