//! `parse_json` and `json_text`: between text and values.

use crate::core::failure::{Failure, FailureKind};
use crate::script::convert::{to_dynamic, to_value};
use crate::script::desk::Desk;
use crate::script::engine::STRING_LIMIT;
use crate::script::prims::primitive::{Answer, Primitive, done};
use rhai::{Dynamic, Engine};
use std::sync::Arc;

/// `parse_json`.
pub const PARSE_JSON: Primitive = Primitive {
    name: "parse_json",
    usage: &["parse_json(text)"],
    summary: "Reads a JSON text; numbers become integers or floats, null becomes ().",
    params: &[("text", "JSON, without anything around it")],
    example: "print(parse_json(`{\"a\": [1, 2.5]}`).a[1])",
    prints: "2.5\n",
    register: register_parse,
};

/// `json_text`.
pub const JSON_TEXT: Primitive = Primitive {
    name: "json_text",
    usage: &["json_text(value)"],
    summary: "Writes a value as JSON text on one line.",
    params: &[("value", "anything made of text, numbers, booleans, arrays and maps")],
    example: "print(json_text(#{b: 1, a: [true, ()]}))",
    prints: "{\"a\":[true,null],\"b\":1}\n",
    register: register_text,
};

/// Adds both to an engine: they ask nobody anything.
pub fn register(engine: &mut Engine) {
    add_parse(engine);
    add_text(engine);
}

fn register_parse(engine: &mut Engine, _: &Arc<Desk>) {
    add_parse(engine);
}

fn register_text(engine: &mut Engine, _: &Arc<Desk>) {
    add_text(engine);
}

fn add_parse(engine: &mut Engine) {
    engine.register_fn("parse_json", |text: &str| -> Answer<Dynamic> {
        done(serde_json::from_str(text).map(|v| to_dynamic(&v)).map_err(|error| {
            Failure::new(FailureKind::Invalid, format!("not JSON: {error}")).hint(
                "the stdlib module `json` finds JSON inside other text: `import \"json\" as json; json::extract(text)`",
            )
        }))
    });
}

fn add_text(engine: &mut Engine) {
    engine.register_fn("json_text", |value: Dynamic| -> Answer<String> {
        let text = done(to_value(&value))?.to_string();
        if text.len() > STRING_LIMIT {
            return done(Err(Failure::new(FailureKind::Limit, "the JSON text is larger than 10 MB")));
        }
        Ok(text)
    });
}
