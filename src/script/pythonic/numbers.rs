//! Numbers that Jinja's filters `int` and `float` make of values, or what stands for one where there is none.

use crate::core::failure::{Failure, FailureKind, Outcome};
use crate::script::errors::raise;
use rhai::{Dynamic, Engine, EvalAltResult};

/// Registers `python_int` and `python_float`.
pub(super) fn register(engine: &mut Engine) {
    engine.register_fn("python_int", |value: Dynamic, other: Dynamic| -> Result<Dynamic, Box<EvalAltResult>> {
        whole(&value, other).map_err(raise)
    });
    engine.register_fn("python_float", |value: Dynamic, other: Dynamic| -> Dynamic {
        float(&value).map_or(other, Dynamic::from)
    });
}

/// What has a fraction is cut, a text too.
fn whole(value: &Dynamic, other: Dynamic) -> Outcome<Dynamic> {
    let exact = match digits(value) {
        Some(text) => text.parse::<i64>().ok(),
        None => value.as_int().ok(),
    };
    if let Some(whole) = exact {
        return Ok(whole.into());
    }
    let Some(number) = float(value).filter(|number| number.is_finite()) else { return Ok(other) };
    let text = format!("{:.0}", number.trunc());
    let whole = text.parse::<i64>();
    whole
        .map(Dynamic::from)
        .map_err(|error| Failure::new(FailureKind::Script, format!("`python_int`: {text}: {error}")))
}

fn float(value: &Dynamic) -> Option<f64> {
    if let Some(text) = digits(value) {
        return text.parse().ok();
    }
    if let Ok(flag) = value.as_bool() {
        return Some(f64::from(u8::from(flag)));
    }
    value.as_float().or_else(|_| value.as_int().map(|whole| whole as f64)).ok()
}

/// A text as a number is read from it: blanks around it mean nothing, and neither do underscores between digits.
fn digits(value: &Dynamic) -> Option<String> {
    if !value.is_string() && !value.is_char() {
        return None;
    }
    let text = value.to_string();
    let letters: Vec<char> = text.trim().chars().collect();
    let is_digit = |at: Option<usize>| at.and_then(|at| letters.get(at)).is_some_and(char::is_ascii_digit);
    let parts = |at: usize| is_digit(at.checked_sub(1)) && is_digit(at.checked_add(1));
    Some(letters.iter().enumerate().filter(|(at, c)| **c != '_' || !parts(*at)).map(|(_, c)| *c).collect())
}
