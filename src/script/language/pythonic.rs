//! Values as Python has them, for pipelines that were written for it: `python_text`, `python_json`, `python_round`,
//! `python_truth`, `python_item`, `python_slice`, `python_int` and `python_float`.

mod numbers;
mod parts;

use crate::core::failure::{Failure, FailureKind, Outcome};
use crate::script::convert::{friendly, to_value};
use crate::script::errors::raise;
use crate::script::language::notation::{Text, written};
use crate::script::natives::told;
use rhai::{Dynamic, Engine, EvalAltResult};
use serde_json::Value;
use std::fmt::{self, Write};

type Checked<T> = Result<T, Box<EvalAltResult>>;

/// Registers them.
pub fn register(engine: &mut Engine) {
    told(engine, ("python_text", "Writes a value as Python's `str` does."), |value: Dynamic| -> Checked<String> {
        to_value(&value).and_then(|value| written(|out| shown(out, &value))).map_err(raise)
    });
    let says = "Writes a value as Jinja's `tojson` does: `json.dumps` with sorted keys, safe inside HTML.";
    told(engine, ("python_json", says), |value: Dynamic| -> Checked<String> {
        to_value(&value).and_then(|value| written(|out| json(out, &value))).map_err(raise)
    });
    let says = "Rounds a number as Python does, half to even, to so many digits behind the point.";
    told(engine, ("python_round", says), |value: Dynamic, digits: i64| -> Checked<Dynamic> {
        rounded(&value, digits).map_err(raise)
    });
    let says = "Tells whether Python takes a value for true: it is no zero, and not empty.";
    told(engine, ("python_truth", says), |value: Dynamic| -> Checked<bool> {
        to_value(&value).map(|value| holds(&value)).map_err(raise)
    });
    numbers::register(engine);
    parts::register(engine);
}

/// Whether Python takes a value for true: it is no zero, and not empty.
fn holds(value: &Value) -> bool {
    match value {
        Value::Null => false,
        Value::Bool(flag) => *flag,
        Value::Number(number) => number.as_f64() != Some(0.0),
        Value::String(text) => !text.is_empty(),
        Value::Array(items) => !items.is_empty(),
        Value::Object(map) => !map.is_empty(),
    }
}

/// A value as Jinja's `tojson` has it: `json.dumps` with sorted keys, safe inside HTML.
fn json(out: &mut Text, value: &Value) -> fmt::Result {
    match value {
        Value::Number(number) => match number.as_f64().filter(|_| number.is_f64()) {
            Some(number) => float(out, number),
            None => write!(out, "{number}"),
        },
        Value::String(text) => json_text(out, text),
        Value::Array(items) => {
            out.write_str("[")?;
            for (at, item) in items.iter().enumerate() {
                out.write_str(if at > 0 { ", " } else { "" })?;
                json(out, item)?;
            }
            out.write_str("]")
        }
        Value::Object(map) => {
            let mut entries: Vec<(&String, &Value)> = map.iter().collect();
            entries.sort_unstable_by_key(|entry| entry.0);
            out.write_str("{")?;
            for (at, (key, item)) in entries.into_iter().enumerate() {
                out.write_str(if at > 0 { ", " } else { "" })?;
                json_text(out, key)?;
                out.write_str(": ")?;
                json(out, item)?;
            }
            out.write_str("}")
        }
        plain => write!(out, "{plain}"),
    }
}

/// A text in double quotes and in ASCII; what is beyond 16 bits is a pair of codes.
fn json_text(out: &mut Text, text: &str) -> fmt::Result {
    out.write_char('"')?;
    for c in text.chars() {
        match c {
            '"' | '\\' => write!(out, "\\{c}")?,
            '\n' => out.write_str("\\n")?,
            '\r' => out.write_str("\\r")?,
            '\t' => out.write_str("\\t")?,
            '\u{8}' => out.write_str("\\b")?,
            '\u{c}' => out.write_str("\\f")?,
            ' '..='~' if !['<', '>', '&', '\''].contains(&c) => out.write_char(c)?,
            c => c.encode_utf16(&mut [0; 2]).iter().try_for_each(|code| write!(out, "\\u{code:04x}"))?,
        }
    }
    out.write_char('"')
}

/// A value as `str` has it.
fn shown(out: &mut Text, value: &Value) -> fmt::Result {
    match value {
        Value::String(text) => out.write_str(text),
        other => part(out, other),
    }
}

/// A value inside another one, as `repr` has it.
fn part(out: &mut Text, value: &Value) -> fmt::Result {
    match value {
        Value::Null => out.write_str("None"),
        Value::Bool(true) => out.write_str("True"),
        Value::Bool(false) => out.write_str("False"),
        Value::Number(number) => match number.as_f64().filter(|_| number.is_f64()) {
            Some(number) => float(out, number),
            None => write!(out, "{number}"),
        },
        Value::String(text) => quoted(out, text),
        Value::Array(items) => {
            out.write_str("[")?;
            for (at, item) in items.iter().enumerate() {
                out.write_str(if at > 0 { ", " } else { "" })?;
                part(out, item)?;
            }
            out.write_str("]")
        }
        Value::Object(map) => {
            out.write_str("{")?;
            for (at, (key, item)) in map.iter().enumerate() {
                out.write_str(if at > 0 { ", " } else { "" })?;
                quoted(out, key)?;
                out.write_str(": ")?;
                part(out, item)?;
            }
            out.write_str("}")
        }
    }
}

/// Rust and Python choose the same digits, and a power of ten for the same numbers; only the power looks different.
fn float(out: &mut Text, number: f64) -> fmt::Result {
    let text = format!("{number:?}");
    match text.split_once('e') {
        None => out.write_str(&text),
        Some((digits, power)) => {
            let (sign, power) = power.strip_prefix('-').map_or(('+', power), |power| ('-', power));
            write!(out, "{digits}e{sign}{power:0>2}")
        }
    }
}

/// A text in single quotes, or in double ones if only single ones are in it.
fn quoted(out: &mut Text, text: &str) -> fmt::Result {
    let quote = if text.contains('\'') && !text.contains('"') { '"' } else { '\'' };
    out.write_char(quote)?;
    for c in text.chars() {
        match c {
            '\n' => out.write_str("\\n")?,
            '\r' => out.write_str("\\r")?,
            '\t' => out.write_str("\\t")?,
            c if c == quote || c == '\\' => write!(out, "\\{c}")?,
            c if is_hidden(c) => by_code(out, u32::from(c))?,
            c => out.write_char(c)?,
        }
    }
    out.write_char(quote)
}

fn is_hidden(c: char) -> bool {
    let blank = c.is_whitespace() && c != ' ';
    let format = matches!(c, '\u{ad}' | '\u{200b}'..='\u{200f}' | '\u{202a}'..='\u{202e}' | '\u{2060}'..='\u{2064}');
    c.is_control() || blank || format || c == '\u{feff}'
}

fn by_code(out: &mut Text, code: u32) -> fmt::Result {
    match code {
        0..=0xff => write!(out, "\\x{code:02x}"),
        0x100..=0xffff => write!(out, "\\u{code:04x}"),
        _ => write!(out, "\\U{code:08x}"),
    }
}

/// Half to even by what a number is and not by how it is shown; a whole number stays one.
fn rounded(value: &Dynamic, digits: i64) -> Outcome<Dynamic> {
    let refused = |what: String| Failure::new(FailureKind::Script, format!("`python_round`: {what}"));
    let places = digits.unsigned_abs();
    if places > 18 {
        return Err(refused(format!("{digits} digits are beyond -18 to 18")));
    }
    if let Ok(whole) = value.as_int() {
        if digits >= 0 {
            return Ok(whole.into());
        }
        let rounded = u32::try_from(places).ok().and_then(|places| whole_rounded(whole, 10_i64.checked_pow(places)?));
        return rounded.map(Dynamic::from).ok_or_else(|| refused(format!("{whole} becomes too large")));
    }
    let Ok(number) = value.as_float() else {
        return Err(refused(format!("it takes a number, not {}", friendly(value.type_name()))));
    };
    let text = match usize::try_from(digits) {
        Ok(places) => format!("{number:.places$}"),
        Err(_) => return Ok(tens_rounded(number, places).into()),
    };
    let number = text.parse::<f64>().map_err(|error| refused(format!("{text}: {error}")))?;
    Ok(number.into())
}

fn whole_rounded(whole: i64, unit: i64) -> Option<i64> {
    let (below, rest) = (whole.div_euclid(unit), whole.rem_euclid(unit));
    let up = rest > unit / 2 || (rest == unit / 2 && below % 2 != 0);
    below.checked_add(i64::from(up))?.checked_mul(unit)
}

fn tens_rounded(number: f64, places: u64) -> f64 {
    let unit = 10_f64.powi(i32::try_from(places).unwrap_or(i32::MAX));
    (number / unit).round_ties_even() * unit
}

#[cfg(test)]
mod tests;
