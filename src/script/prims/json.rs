//! `parse_json` and `json_text`: between text and values.

use crate::core::failure::{Failure, FailureKind, Outcome};
use crate::script::convert::{to_dynamic, to_value};
use crate::script::desk::Desk;
use crate::script::engine::STRING_LIMIT;
use crate::script::limits::gate;
use crate::script::prims::primitive::{Answer, Primitive, done};
use rhai::{Dynamic, Engine, Map};
use serde::Serialize;
use serde_json::Value;
use serde_json::ser::{CompactFormatter, Formatter, PrettyFormatter, Serializer};
use std::io;
use std::sync::Arc;

/// What a place in a list or a map takes while its text is read: as data, and as a value of the script.
const PLACE: usize = 100;

/// `parse_json`.
pub const PARSE_JSON: Primitive = Primitive {
    name: "parse_json",
    usage: &["parse_json(text)"],
    summary: "Reads a JSON text; numbers become integers or floats, null becomes ().",
    params: &[(
        "text",
        "JSON, without anything around it; whole numbers from 2^63 to 2^64 - 1 stay text, as ids need it",
    )],
    example: "print(parse_json(`{\"a\": [1, 2.5]}`).a[1])",
    prints: "2.5\n",
    register: register_parse,
};

/// `json_text`.
pub const JSON_TEXT: Primitive = Primitive {
    name: "json_text",
    usage: &["json_text(value)", "json_text(value, indent)"],
    summary: "Writes a value as JSON text on one line, or on several with an indent.",
    params: &[
        ("value", "anything made of text, numbers, booleans, arrays and maps"),
        ("indent", "blanks by which each level is moved in, 0 to 16"),
    ],
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
    engine.register_fn("parse_json", |text: &str| -> Answer<Dynamic> { done(parsed(text)) });
}

fn parsed(text: &str) -> Outcome<Dynamic> {
    let gate = gate::current();
    let _room = gate.room(expected(text))?;
    serde_json::from_str(text).map(|value| to_dynamic(&value)).map_err(|error| {
        Failure::new(FailureKind::Invalid, format!("not JSON: {error}"))
            .hint("the stdlib module `json` finds JSON inside other text: `json::extract(text)`")
    })
}

/// The bytes that the values in a JSON text take, roughly: its texts twice, and places in lists that are made twice, too.
fn expected(text: &str) -> usize {
    let places = text.bytes().filter(|sign| matches!(sign, b',' | b'[' | b'{')).count();
    text.len().saturating_mul(2).saturating_add(places.saturating_mul(PLACE))
}

fn add_text(engine: &mut Engine) {
    engine.register_fn("json_text", |value: Dynamic| -> Answer<String> { compact(&value) });
    engine.register_fn("json_text", |value: Dynamic, indent: i64| -> Answer<String> {
        done(to_value(&value).and_then(|value| indented(&value, indent)))
    });
    // Rhai's own asks nobody while it writes, and writes texts and characters as no reader of JSON knows them.
    engine.register_fn("to_json", |map: Map| -> Answer<String> { compact(&Dynamic::from_map(map)) });
}

fn compact(value: &Dynamic) -> Answer<String> {
    done(to_value(value).and_then(|value| written(&value, CompactFormatter)))
}

fn indented(value: &Value, indent: i64) -> Outcome<String> {
    let blanks = usize::try_from(indent).ok().filter(|blanks| *blanks <= 16);
    let blanks =
        blanks.ok_or_else(|| Failure::new(FailureKind::Invalid, format!("the indent is 0 to 16, not {indent}")))?;
    let blanks = " ".repeat(blanks);
    written(value, PrettyFormatter::with_indent(blanks.as_bytes()))
}

/// A text in the making that takes no more than a string may have.
struct Text(Vec<u8>);

impl io::Write for Text {
    fn write(&mut self, piece: &[u8]) -> io::Result<usize> {
        if piece.len() > STRING_LIMIT.saturating_sub(self.0.len()) {
            return Err(io::Error::other("longer than a string may be"));
        }
        self.0.extend_from_slice(piece);
        Ok(piece.len())
    }

    fn flush(&mut self) -> io::Result<()> {
        Ok(())
    }
}

fn written(value: &Value, form: impl Formatter) -> Outcome<String> {
    let mut text = Text(Vec::new());
    let written = value.serialize(&mut Serializer::with_formatter(&mut text, form)).map_err(|error| {
        if error.is_io() {
            return Failure::new(FailureKind::Limit, "the JSON text is larger than 10 MB");
        }
        Failure::new(FailureKind::Internal, format!("a value has no form as JSON: {error}"))
    });
    written.and_then(|()| {
        String::from_utf8(text.0)
            .map_err(|error| Failure::new(FailureKind::Internal, format!("a value has no form as JSON: {error}")))
    })
}
