//! What is learned from refusals, and what is not.

use super::{Feature, Features, Form, OTHER_VALUE, Quirks, Rule, UNKNOWN};
use crate::core::message::{ChatRequest, Sampling, Thinking};
use crate::model::complaint::Complaint;
use serde_json::json;

const RULES: &[Rule] = &[
    Rule { feature: Feature::StreamUsage, names: &["stream_options", "include_usage"], says: &[] },
    Rule { feature: Feature::MaxTokens, names: &[], says: &[] },
    Rule { feature: Feature::Temperature, names: &["temperature"], says: UNKNOWN },
    Rule { feature: Feature::NoThinking, names: &["reasoning_effort"], says: OTHER_VALUE },
    Rule { feature: Feature::LeastThinking, names: &["reasoning_effort"], says: OTHER_VALUE },
    Rule { feature: Feature::Thinking, names: &["reasoning_effort"], says: UNKNOWN },
    Rule { feature: Feature::Schema, names: &["response_format"], says: &[] },
];

fn full() -> ChatRequest {
    ChatRequest {
        sampling: Sampling {
            max_tokens: Some(9),
            temperature: Some(0.5),
            thinking: Some(Thinking::Off),
            ..Sampling::default()
        },
        schema: Some(json!({"type": "object"})),
        ..ChatRequest::default()
    }
}

fn saying(message: &str) -> Complaint {
    Complaint { message: message.to_owned(), ..Complaint::default() }
}

const PLAIN: Form = Form { stream: true, store: false, lacking: Features::NONE };

#[test]
fn learns_names_but_not_sizes() {
    let check = |status: u16, message: &str, expect: Option<Feature>| {
        let quirks = Quirks::new(Features::NONE);
        let (mut form, mut tried) = (PLAIN, Features::NONE);
        let learned = quirks.learn(RULES, &full(), &mut form, status, &saying(message), &mut tried);
        assert_eq!(learned, expect, "{message}");
        let lacking = expect.map_or(Features::NONE, |feature| Features::NONE.with(feature, true));
        assert_eq!((form.lacking, quirks.lacking()), (lacking, lacking), "{message}");
    };
    check(400, "Unrecognized request argument supplied: stream_options", Some(Feature::StreamUsage));
    check(422, "body.stream_options: Extra inputs are not permitted", Some(Feature::StreamUsage));
    check(500, "stream_options", None);
    check(400, "'max_tokens' is not supported, use 'max_completion_tokens' instead", Some(Feature::MaxTokens));
    check(400, "unknown field max_tokens", Some(Feature::MaxTokens));
    check(400, "max_tokens is too large: 5000", None);
    check(400, "'temperature' does not support 0.5 with this model", Some(Feature::Temperature));
    check(400, "temperature must be at most 2", None);
    check(400, "'reasoning_effort' does not support 'none' with this model", Some(Feature::NoThinking));
    check(400, "Unrecognized request argument supplied: reasoning_effort", Some(Feature::Thinking));
    check(400, "response_format of type json_schema is not supported", Some(Feature::Schema));
    check(401, "response_format", None);
}

#[test]
fn tries_each_name_once() {
    let quirks = Quirks::new(Features::NONE);
    let (mut form, mut tried) = (PLAIN, Features::NONE);
    let mut learn = |name: &str| {
        let said = saying(&format!("unknown field {name}"));
        quirks.learn(RULES, &full(), &mut form, 400, &said, &mut tried)
    };
    assert_eq!(learn("max_tokens"), Some(Feature::MaxTokens));
    assert_eq!(learn("max_completion_tokens"), None);
}

#[test]
fn the_other_name_of_the_limit_is_taken_back() {
    let quirks = Quirks::new(Features::NONE.with(Feature::MaxTokens, true));
    let (mut form, mut tried) = (Form { stream: true, store: false, lacking: quirks.lacking() }, Features::NONE);
    let said = saying("unknown field max_completion_tokens");
    assert_eq!(quirks.learn(RULES, &full(), &mut form, 400, &said, &mut tried), Some(Feature::MaxTokens));
    assert!(form.takes(Feature::MaxTokens) && quirks.lacking() == Features::NONE);
}

#[test]
fn a_refused_schema_is_not_held_against_the_next() {
    let quirks = Quirks::new(Features::NONE);
    let (mut form, mut tried) = (PLAIN, Features::NONE);
    let said = saying("Invalid schema for response_format 'answer': too deep");
    assert_eq!(quirks.learn(RULES, &full(), &mut form, 400, &said, &mut tried), Some(Feature::Schema));
    assert!(!form.takes(Feature::Schema) && quirks.lacking() == Features::NONE);
}

#[test]
fn what_is_not_sent_is_not_learned() {
    let quirks = Quirks::new(Features::NONE);
    let (mut form, mut tried) = (PLAIN, Features::NONE);
    let said = saying("response_format and temperature are not supported");
    let request = ChatRequest::default();
    assert_eq!(quirks.learn(RULES, &request, &mut form, 400, &said, &mut tried), None);
}
