//! Numbers that Jinja's filters `int` and `float` make of values, or what stands for one where there is none.

use crate::core::failure::{Failure, FailureKind, Outcome};
use crate::core::text::one_line;
use crate::script::errors::raise;
use crate::script::natives::told;
use rhai::{Dynamic, Engine, EvalAltResult};

/// Registers `python_int` and `python_float`.
pub(super) fn register(engine: &mut Engine) {
    let says =
        "Returns the whole number that Jinja's filter `int` makes of a value, or the other value if there is none.";
    told(engine, ("python_int", says), |value: Dynamic, other: Dynamic| -> Result<Dynamic, Box<EvalAltResult>> {
        whole(&value, other).map_err(raise)
    });
    let says = "Returns the number that Jinja's filter `float` makes of a value, or the other value if there is none.";
    told(engine, ("python_float", says), |value: Dynamic, other: Dynamic| -> Dynamic {
        float(&value).map_or(other, Dynamic::from)
    });
}

/// What has a fraction is cut, a text too. Whole numbers of Python have no end, so one beyond 64 bits is a failure and
/// not what stands for a number that is missing.
fn whole(value: &Dynamic, other: Dynamic) -> Outcome<Dynamic> {
    let text = digits(value);
    let exact = match &text {
        Some(text) => text.parse::<i64>().ok(),
        None => value.as_int().ok(),
    };
    if let Some(whole) = exact {
        return Ok(whole.into());
    }
    let is_whole = text.as_deref().is_some_and(is_whole);
    let number = float(value).filter(|number| !number.is_nan());
    match number {
        // Python knows no whole number of an endless text, and fails with an endless number.
        Some(number) if is_whole || number.is_finite() || text.is_none() => {
            let cut = if is_whole { None } else { format!("{:.0}", number.trunc()).parse::<i64>().ok() };
            cut.map(Dynamic::from).ok_or_else(|| beyond(value))
        }
        _ => Ok(other),
    }
}

/// Whether a text has digits alone, behind a sign.
fn is_whole(text: &str) -> bool {
    let digits = text.strip_prefix(['+', '-']).unwrap_or(text);
    !digits.is_empty() && digits.chars().all(|c| c.is_ascii_digit())
}

fn beyond(value: &Dynamic) -> Failure {
    let what = format!("`int`: {} is beyond a whole number of 64 bits", one_line(&value.to_string(), 60));
    Failure::new(FailureKind::Script, what).hint("`float` keeps it as a number with a fraction")
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
