//! Between Rhai values and JSON, in both directions, without loss for what both can say.

use crate::core::failure::{CAUSE, Failure, FailureKind, Outcome};
use crate::core::span::span;
use crate::core::text::one_line;
use crate::script::engine::ARRAY_LIMIT;
use crate::script::handle::Context;
use crate::script::limits::gate::{self, Gate};
use crate::script::limits::guards;
use rhai::{Dynamic, Map};
use serde_json::{Number, Value};
use std::ops::{Range, RangeInclusive};
use std::sync::Arc;

/// How deep a value may nest before it is taken for a cycle.
const DEPTH: usize = 64;

/// A JSON value as Rhai sees it: integers as `i64`, those beyond it as their text, since a float would lose their last
/// digits, other numbers as `f64`, null as `()`.
pub fn to_dynamic(value: &Value) -> Dynamic {
    match value {
        Value::Null => Dynamic::UNIT,
        Value::Bool(b) => (*b).into(),
        Value::Number(n) => match n.as_i64() {
            Some(number) => number.into(),
            None if n.is_u64() => n.to_string().into(),
            None => n.as_f64().unwrap_or(f64::NAN).into(),
        },
        Value::String(s) => s.as_str().into(),
        Value::Array(items) => Dynamic::from_array(items.iter().map(to_dynamic).collect()),
        Value::Object(map) => {
            let fields = map.iter().filter(|(name, _)| *name != CAUSE);
            let mut value = Dynamic::from_map(fields.map(|(k, v)| (k.as_str().into(), to_dynamic(v))).collect::<Map>());
            if let Some(tag) = map.get(CAUSE).and_then(|cause| cause.as_i64()?.try_into().ok()) {
                value.set_tag(tag);
            }
            value
        }
    }
}

/// A Rhai value as JSON. A context handle becomes its text, a range the list of its numbers; functions and other handles are refused.
///
/// # Errors
/// `invalid` for what has no form as data, and what stops the evaluation of this thread.
pub fn to_value(value: &Dynamic) -> Outcome<Value> {
    Copying { gate: gate::current(), step: 0 }.value(value, 0)
}

/// A copy in the making. What many places share becomes as many copies, which the count of memory cannot know before: it
/// is looked at for every one of them.
struct Copying {
    gate: Arc<Gate>,
    step: u64,
}

impl Copying {
    fn step(&mut self) -> Outcome<()> {
        self.step += 1;
        self.gate.poll(self.step).map_or(Ok(()), Err)
    }

    fn value(&mut self, value: &Dynamic, depth: usize) -> Outcome<Value> {
        self.step()?;
        if depth > DEPTH {
            return Err(Failure::new(FailureKind::Invalid, format!("a value nests deeper than {DEPTH}"))
                .hint("a value that contains itself cannot be sent or stored"));
        }
        if value.is_unit() {
            return Ok(Value::Null);
        }
        if let Ok(flag) = value.as_bool() {
            return Ok(Value::Bool(flag));
        }
        if let Ok(number) = value.as_int() {
            return Ok(Value::Number(number.into()));
        }
        if let Ok(number) = value.as_float() {
            return Number::from_f64(number).map(Value::Number).ok_or_else(|| {
                Failure::new(FailureKind::Invalid, format!("{number} has no form in JSON")).hint("send it as a string")
            });
        }
        if let Ok(letter) = value.as_char() {
            return Ok(Value::String(letter.to_string()));
        }
        if let Ok(text) = value.as_immutable_string_ref() {
            let _room = self.gate.room(text.len())?;
            return Ok(Value::String(text.to_string()));
        }
        self.composed(value, depth)
    }

    fn composed(&mut self, value: &Dynamic, depth: usize) -> Outcome<Value> {
        if let Ok(items) = value.as_array_ref() {
            return items.iter().map(|v| self.value(v, depth + 1)).collect::<Outcome<Vec<_>>>().map(Value::Array);
        }
        if let Ok(map) = value.as_map_ref() {
            let entries = map.iter().map(|(k, v)| Ok((k.to_string(), self.value(v, depth + 1)?)));
            return entries.collect::<Outcome<serde_json::Map<_, _>>>().map(Value::Object);
        }
        if let Ok(bytes) = value.as_blob_ref() {
            // As a value each byte takes some dozens. Room for all of them is counted before it is touched.
            let mut numbers = Vec::with_capacity(bytes.len());
            for byte in bytes.iter() {
                self.step()?;
                numbers.push(Value::Number((*byte).into()));
            }
            return Ok(Value::Array(numbers));
        }
        if let Some(context) = value.read_lock::<Context>() {
            return context.text().map(Value::String);
        }
        if let Some(range) = value.read_lock::<Range<i64>>() {
            return self.numbers(range.clone(), i128::from(range.end) - i128::from(range.start));
        }
        if let Some(range) = value.read_lock::<RangeInclusive<i64>>() {
            return self.numbers(range.clone(), i128::from(*range.end()) - i128::from(*range.start()) + 1);
        }
        Err(Failure::new(FailureKind::Invalid, format!("{} has no form as data", friendly(value.type_name())))
            .hint("pass strings, numbers, booleans, arrays or maps"))
    }

    /// So many numbers as a list, if an array may have as many.
    fn numbers(&mut self, range: impl Iterator<Item = i64>, count: i128) -> Outcome<Value> {
        if usize::try_from(count.max(0)).is_ok_and(|count| count <= ARRAY_LIMIT) {
            let numbers = range.map(|number| self.step().map(|()| Value::Number(number.into())));
            return numbers.collect::<Outcome<Vec<_>>>().map(Value::Array);
        }
        Err(guards::beyond("the array", ARRAY_LIMIT))
    }
}

/// The text of a value where a text is wanted: a string as it is, a context handle as its text.
pub fn to_text(value: &Dynamic, what: &str) -> Outcome<String> {
    if let Some(context) = value.read_lock::<Context>() {
        return context.text();
    }
    let text = value.as_immutable_string_ref().map_err(|kind| {
        Failure::new(FailureKind::Invalid, format!("{what} must be a string, not {}", friendly(kind)))
            .hint("make a string of it first: `${value}` in back-ticks, or json_text(value)")
    })?;
    gate::current().room(text.len()).map(|_| text.to_string())
}

/// Rhai's name of a type, as people say it.
pub fn friendly(kind: &str) -> &str {
    match kind {
        "i64" => "an integer",
        "f64" => "a float",
        "()" => "()",
        "array" => "an array",
        "map" => "a map",
        "bool" => "a boolean",
        "string" => "a string",
        "char" => "a character",
        "blob" => "a blob",
        "Fn" => "a function",
        "range" | "range=" => "a range",
        // What Rhai has no name for it tells by that of Rust.
        _ if kind.contains("ops::range::Range") => "a range",
        _ if kind.contains("iter_basic::") => "an iterator",
        _ if kind.rsplit("::").next() == Some("Context") => "a handle",
        other => other,
    }
}

/// What functions take out of their options before the rest is read.
fn taken(function: &str) -> &'static [&'static str] {
    match function {
        "llm" => &["check", "gate"],
        "llm_batch" => &["check", "gate", "concurrency"],
        "rlm_batch" => &["concurrency"],
        "delegate" => &["context"],
        _ => &[],
    }
}

/// Options given as a map; an unknown key is an error that names the nearest known one.
pub fn options<T: serde::de::DeserializeOwned>(mut map: Map, what: &str) -> Outcome<T> {
    in_seconds(&mut map, what)?;
    let value = to_value(&Dynamic::from_map(map))?;
    serde_json::from_value(value).map_err(|error| {
        let mut text = error.to_string();
        if text.starts_with("unknown field") {
            text.extend(taken(what).iter().map(|name| format!(", `{name}`")));
        }
        let ticked: Vec<&str> = text.split('`').skip(1).step_by(2).collect();
        let failure = Failure::new(FailureKind::Invalid, format!("{what}: {}", in_words(&text)));
        match ticked.split_first() {
            Some((wrong, known)) if text.starts_with("unknown field") => {
                match crate::core::text::meant(wrong, known.iter().copied()) {
                    Some(meant) => failure.hint(meant),
                    None => failure,
                }
            }
            Some((missing, _)) if text.starts_with("missing field") => {
                failure.hint(format!("add `{missing}: ..` to the map"))
            }
            _ => failure,
        }
    })
}

/// What serde says of a value of another kind, without the names that Rust has for numbers.
fn in_words(told: &str) -> String {
    let named = told.rsplit_once(", expected ").and_then(|(found, wanted)| {
        let kind = match wanted {
            "u8" | "u16" | "u32" | "u64" | "usize" => "a whole number from 0 up",
            "i32" | "i64" => "a whole number",
            "f32" | "f64" => "a number",
            _ => return None,
        };
        Some(format!("{found}, expected {kind}"))
    });
    named.unwrap_or_else(|| told.to_owned())
}

/// A `timeout` that is a span, as in pipelines, is told as its seconds.
fn in_seconds(map: &mut Map, what: &str) -> Outcome<()> {
    let Some(given) = map.get_mut("timeout") else { return Ok(()) };
    let Some(text) = given.as_immutable_string_ref().ok().map(|text| text.to_string()) else { return Ok(()) };
    let time = span(&text).ok_or_else(|| {
        Failure::new(FailureKind::Invalid, format!("{what}: timeout is no span of time: \"{}\"", one_line(&text, 80)))
            .hint("write seconds, or a span such as \"500ms\", \"30s\", \"10m\" or \"2h\"")
    })?;
    *given = Dynamic::from_float(time.as_secs_f64());
    Ok(())
}
