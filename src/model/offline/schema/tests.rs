//! Tables of schemas and whole values, and of what is not filled.

use crate::core::failure::FailureKind;
use crate::model::offline::{leaf, prompt};
use serde_json::{Value, json};

const TEXT: &str =
    "What is the depth of the lake?\nThe lake is blue.\nIts depth of 1,234.5 m makes the lake deep.\nBirds sing.";

fn answer(text: &str, schema: &Value) -> Result<Value, String> {
    let system = format!("{}\n{schema}", prompt::SCHEMA_LINE);
    match leaf::answer(&prompt::read(&system, text)) {
        Ok(text) => Ok(serde_json::from_str(&text).expect("JSON")),
        Err(failure) => {
            assert_eq!(failure.kind, FailureKind::NoModel);
            assert!(failure.hint.is_some_and(|hint| hint.contains("OPENAI_API_KEY")));
            let (what, place) = failure.message.split_once(": it cannot fill ").expect("a place");
            assert_eq!(what, "the offline engine quotes, it does not judge");
            Err(place.to_owned())
        }
    }
}

#[track_caller]
fn check(schema: &Value, expect: &Value) {
    assert_eq!(answer(TEXT, schema).as_ref(), Ok(expect), "{schema}");
}

#[track_caller]
fn refuses(text: &str, schema: &Value, place: &str) {
    assert_eq!(answer(text, schema), Err(place.to_owned()), "{text:?} {schema}");
}

const BEST: &str = "Its depth of 1,234.5 m makes the lake deep.";

#[test]
fn scalars() {
    check(&json!({"type": "string"}), &json!(BEST));
    check(&json!({"type": "string", "maxLength": 9}), &json!("Its depth"));
    check(&json!({"type": "number"}), &json!(1234.5));
    check(&json!({"type": "null"}), &json!(null));
    check(&json!({"type": ["null", "number"]}), &json!(1234.5));
    check(&json!({"type": ["null", "boolean"]}), &json!(null));
    check(&json!({"enum": ["shallow", "Deep"]}), &json!("Deep"));
    check(&json!({"enum": ["x"]}), &json!("x"));
    check(&json!({"const": 3}), &json!(3));
    check(&json!({"type": "boolean", "default": false}), &json!(false));
    check(&json!({}), &json!(BEST));
}

#[test]
fn what_is_to_be_judged_is_not_filled() {
    refuses(TEXT, &json!({"type": "boolean"}), "the answer (bool)");
    refuses(TEXT, &json!({"type": "integer"}), "the answer (int)");
    refuses(TEXT, &json!({"type": "number", "maximum": 10}), "the answer (float)");
    refuses(TEXT, &json!({"type": "number", "exclusiveMaximum": 1234.5}), "the answer (float)");
    refuses(TEXT, &json!({"enum": ["x", "y"]}), "the answer (enum)");
    refuses(TEXT, &json!({"enum": ["shallow", "deep", "makes"]}), "the answer (enum)");
    refuses("What is the sentiment of: I hate it", &json!({"enum": ["good", "bad"]}), "the answer (enum)");
    let age = json!({"type": "object", "properties": {"age": {"type": "integer"}}, "required": ["age"]});
    refuses("How old is Bob?", &age, "`age` (int)");
    let prime =
        json!({"properties": {"prime": {"type": "boolean"}, "why": {"type": "string"}}, "required": ["prime", "why"]});
    refuses("Is 7 prime?", &prime, "`prime` (bool)");
    refuses("Who sang?\nThe lake is blue.", &json!({"type": "string"}), "the answer (text)");
    refuses("Which primes are there?", &json!({"type": "array", "items": {"type": "integer"}}), "the answer (list)");
    refuses(TEXT, &json!({"properties": {"a": {"items": {"type": "boolean"}}}}), "`a[]` (bool)");
}

#[test]
fn a_list_of_choices_chooses_nothing() {
    let verdict = json!({"enum": ["approve", "reject"]});
    let asked = "Review the part.\n\napprove: the part is right\nreject: the part is wrong\n\nA part of a page.";
    refuses(asked, &verdict, "the answer (enum)");
    let level = json!({"enum": ["error", "warning"]});
    assert_eq!(answer("What of the disk?\n12:01 ERROR: the disk is full", &level), Ok(json!("error")));
}

#[test]
fn structures() {
    check(
        &json!({"type": "object", "required": ["answer", "metres"], "properties": {
            "answer": {"type": "string"}, "metres": {"type": "number"}, "note": {"type": "string"}}}),
        &json!({"answer": BEST, "metres": 1234.5}),
    );
    check(
        &json!({"properties": {"sure": {"type": "boolean"}, "metres": {"type": "number"}}}),
        &json!({"metres": 1234.5}),
    );
    check(&json!({"type": "array", "items": {"type": "string"}}), &json!([BEST, "The lake is blue."]));
    check(
        &json!({"type": "array", "items": {"$ref": "#/$defs/p"}, "$defs": {"p": {"properties": {"q": {"type": "string"}}}}}),
        &json!([{"q": BEST}, {"q": "The lake is blue."}]),
    );
    check(&json!({"anyOf": [{"type": "null"}, {"type": "boolean"}]}), &json!(null));
    check(&json!({"anyOf": [{"type": "boolean"}, {"type": "number"}]}), &json!(1234.5));
    check(&json!({"type": "array", "items": {"type": "number"}}), &json!([1234.5]));
    refuses(TEXT, &json!({"type": "array", "minItems": 2, "items": {"type": "number"}}), "`[]` (float)");
}

#[test]
fn a_list_of_nothing_is_empty() {
    let tags = json!({"properties": {"tags": {"type": "array", "items": {"type": "string"}}}, "required": ["tags"]});
    assert_eq!(answer("Who sang?\nThe lake is blue.", &tags), Ok(json!({"tags": []})));
}

#[test]
fn a_schema_that_refers_to_itself_ends() {
    let schema = json!({"type": "object", "properties": {"child": {"$ref": "#"}}});
    assert!(answer(TEXT, &schema).expect("a value").to_string().starts_with("{\"child\":"));
}

#[test]
fn a_count_fills_numbers() {
    let total = json!({"properties": {"n": {"type": "integer"}}, "required": ["n"]});
    assert_eq!(answer("How many ERROR lines?\nok", &total), Ok(json!({"n": 0})));
    assert_eq!(answer("How many storms were there?\nA storm came.\nStorms went.", &total), Ok(json!({"n": 2})));
    // A text says how much was measured.
    let notes = "Incident 16 cost 12 EUR.\nIncident 17 took 5 hours and cost 39368 EUR.\nIn all, EUR were paid.";
    assert_eq!(answer(&format!("How many EUR did incident 17 cost?\n{notes}"), &total), Ok(json!({"n": 39368})));
    // Of a common thing the text may say the number itself.
    let towns = "How many people live in Ulm?\nIn 2020 there were 126,000 people in Ulm.";
    assert_eq!(answer(towns, &total), Ok(json!({"n": 126_000})));
    refuses("How many people live there?\nOf people 2 million live there.", &total, "`n` (int)");
    refuses("How many primes are there?", &total, "`n` (int)");
}
