//! Tables of schemas and whole values.

use crate::model::offline::{leaf, prompt};
use serde_json::{Value, json};

const TEXT: &str =
    "What is the depth of the lake?\nThe lake is blue.\nIts depth of 1,234.5 m makes the lake deep.\nBirds sing.";

fn check(schema: &Value, expect: &Value) {
    let system = format!("{}\n{schema}", prompt::SCHEMA_LINE);
    let text = leaf::answer(&prompt::read(&system, TEXT));
    assert_eq!(serde_json::from_str::<Value>(&text).ok().as_ref(), Some(expect), "{schema}");
}

const BEST: &str = "Its depth of 1,234.5 m makes the lake deep.";

#[test]
fn scalars() {
    check(&json!({"type": "string"}), &json!(BEST));
    check(&json!({"type": "string", "maxLength": 9}), &json!("Its depth"));
    check(&json!({"type": "number"}), &json!(1234.5));
    check(&json!({"type": "integer"}), &json!(1234));
    check(&json!({"type": "integer", "maximum": 10}), &json!(10));
    check(&json!({"type": "boolean"}), &json!(true));
    check(&json!({"type": "null"}), &json!(null));
    check(&json!({"type": ["null", "number"]}), &json!(1234.5));
    check(&json!({"enum": ["shallow", "deep", "makes"]}), &json!("deep"));
    check(&json!({"enum": ["x", "y"]}), &json!("x"));
    check(&json!({"const": 3}), &json!(3));
    check(&json!({}), &json!(BEST));
}

#[test]
fn structures() {
    check(
        &json!({"type": "object", "required": ["answer", "metres"], "properties": {
            "answer": {"type": "string"}, "metres": {"type": "number"}, "note": {"type": "string"}}}),
        &json!({"answer": BEST, "metres": 1234.5}),
    );
    check(&json!({"type": "array", "items": {"type": "string"}}), &json!([BEST, "The lake is blue."]));
    check(
        &json!({"type": "array", "items": {"$ref": "#/$defs/p"}, "$defs": {"p": {"properties": {"q": {"type": "string"}}}}}),
        &json!([{"q": BEST}, {"q": "The lake is blue."}]),
    );
    check(&json!({"anyOf": [{"type": "null"}, {"type": "boolean"}]}), &json!(true));
    check(&json!({"type": "array", "minItems": 3, "items": {"type": "integer"}}), &json!([1234, 1, 1]));
}

#[test]
fn a_schema_that_refers_to_itself_ends() {
    let schema = json!({"type": "object", "properties": {"child": {"$ref": "#"}}});
    let system = format!("{}\n{schema}", prompt::SCHEMA_LINE);
    assert!(leaf::answer(&prompt::read(&system, TEXT)).starts_with("{\"child\":"));
}

#[test]
fn a_count_fills_numbers_and_nothing_found_says_so() {
    let schema =
        json!({"properties": {"n": {"type": "integer"}, "why": {"type": "string"}, "found": {"type": "boolean"}}});
    let user = format!("How many ERROR lines?\nok\n{}\n{schema}", prompt::SCHEMA_LINE);
    assert_eq!(
        leaf::answer(&prompt::read("", &user)),
        "{\"n\":0,\"why\":\"nothing in the text matches: error\",\"found\":false}"
    );
}
