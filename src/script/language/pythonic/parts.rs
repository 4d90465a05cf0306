//! Parts of values as Python reads them: an item or field with what stands for it if there is none, and a slice.

use crate::core::failure::{Failure, FailureKind, Outcome};
use crate::script::convert::friendly;
use crate::script::errors::raise;
use crate::script::natives::told;
use rhai::{Array, Dynamic, Engine, EvalAltResult, Map};

/// Registers `python_item` and `python_slice`.
pub(super) fn register(engine: &mut Engine) {
    let says =
        "Returns a field of a map, or an item by its place, from the end if it is negative; else the other value.";
    told(engine, ("python_item", says), |value: Dynamic, key: Dynamic, other: Dynamic| -> Dynamic {
        item(&value, &key).unwrap_or(other)
    });
    let says = "Returns a part of an array or a text as Python's `[from:to]` does; () for a bound that is not given.";
    told(
        engine,
        ("python_slice", says),
        |value: Dynamic, from: Dynamic, to: Dynamic| -> Result<Dynamic, Box<EvalAltResult>> {
            slice(&value, &from, &to).map_err(raise)
        },
    );
}

fn item(value: &Dynamic, key: &Dynamic) -> Option<Dynamic> {
    if let Some(map) = value.read_lock::<Map>() {
        let name = key.as_immutable_string_ref().ok()?;
        return map.get(name.as_str()).cloned();
    }
    let at = key.as_int().ok()?;
    if let Some(items) = value.read_lock::<Array>() {
        return items.get(position(at, items.len())?).cloned();
    }
    let text = value.as_immutable_string_ref().ok()?;
    let letter = text.chars().nth(position(at, text.chars().count())?)?;
    Some(letter.to_string().into())
}

fn slice(value: &Dynamic, from: &Dynamic, to: &Dynamic) -> Outcome<Dynamic> {
    if let Some(items) = value.read_lock::<Array>() {
        let (begin, end) = (bound(from, 0, items.len())?, bound(to, items.len(), items.len())?);
        return Ok(Dynamic::from_array(items.get(begin..end).unwrap_or_default().to_vec()));
    }
    let text = value.as_immutable_string_ref().map_err(|kind| refused("it takes a text or an array", kind))?;
    let length = text.chars().count();
    let (begin, end) = (bound(from, 0, length)?, bound(to, length, length)?);
    let part: String = text.chars().skip(begin).take(end.saturating_sub(begin)).collect();
    Ok(part.into())
}

/// Where a slice begins or ends within what is there; `()` says nothing.
fn bound(at: &Dynamic, standard: usize, length: usize) -> Outcome<usize> {
    if at.is_unit() {
        return Ok(standard);
    }
    let at = at.as_int().map_err(|kind| refused("its bounds are integers", kind))?;
    let beyond = if at < 0 { 0 } else { length };
    Ok(position(at, length).map_or(beyond, |at| at.min(length)))
}

fn refused(what: &str, kind: &str) -> Failure {
    Failure::new(FailureKind::Script, format!("`python_slice`: {what}, not {}", friendly(kind)))
}

/// A position that counts from the end if it is negative; nothing if it lies before the beginning.
fn position(at: i64, length: usize) -> Option<usize> {
    let from = if at < 0 { i64::try_from(length).ok()? } else { 0 };
    usize::try_from(from + at).ok()
}
