//! `sum`, `mean`, `min` and `max` of the items of an array, and the order of two items.
//!
//! Items that cannot be added or compared are an error: left out, they would make a wrong total of a right one.

use crate::core::failure::{Failure, FailureKind, Outcome};
use crate::script::convert::friendly;
use crate::script::errors::raise;
use crate::script::natives::told;
use rhai::{Array, Dynamic, Engine, EvalAltResult, INT, ImmutableString};
use std::cmp::Ordering;

type Checked<T> = Result<T, Box<EvalAltResult>>;

/// Registers them.
pub fn register(engine: &mut Engine) {
    told(engine, ("sum", "Adds the numbers of an array; 0 if it is empty."), |items: &mut Array| -> Checked<Dynamic> {
        sum(items).map_err(raise)
    });
    told(engine, ("mean", "Returns the mean of the numbers of an array."), |items: &mut Array| -> Checked<f64> {
        mean(items).map_err(raise)
    });
    for (name, says, wanted) in [
        ("min", "Returns the least number or text of an array.", Ordering::Less),
        ("max", "Returns the greatest number or text of an array.", Ordering::Greater),
    ] {
        told(engine, (name, says), move |items: &mut Array| -> Checked<Dynamic> {
            extreme(name, items, wanted).map_err(raise)
        });
    }
}

/// The sum of numbers.
pub(super) fn sum(items: &[Dynamic]) -> Outcome<Dynamic> {
    let whole: Option<Vec<INT>> = items.iter().map(|item| item.as_int().ok()).collect();
    match whole {
        Some(whole) => {
            let total = whole.into_iter().try_fold(0, INT::checked_add);
            let beyond = || Failure::new(FailureKind::Script, "`sum` is beyond a whole number of 64 bits");
            total.map(Dynamic::from).ok_or_else(|| beyond().hint("`items.map(|x| x.to_float()).sum()` adds fractions"))
        }
        None => Ok(numbers("sum", items)?.into_iter().sum::<f64>().into()),
    }
}

/// Their mean.
pub(super) fn mean(items: &[Dynamic]) -> Outcome<f64> {
    match items.len() {
        0 => Err(empty("mean")),
        many => Ok(numbers("mean", items)?.into_iter().sum::<f64>() / many as f64),
    }
}

/// The first of the items before which, or behind which, no other stands.
pub(super) fn extreme(name: &str, items: &[Dynamic], wanted: Ordering) -> Outcome<Dynamic> {
    let mut best = items.first().ok_or_else(|| empty(name))?;
    for (index, item) in items.iter().enumerate() {
        if order(item, best).ok_or_else(|| unlike(name, "compares numbers, or texts", index, item))? == wanted {
            best = item;
        }
    }
    Ok(best.clone())
}

/// How two values stand to each other; nothing if they are not two numbers or two texts.
/// A character is a text.
pub(super) fn order(one: &Dynamic, other: &Dynamic) -> Option<Ordering> {
    if let (Ok(one), Ok(other)) = (one.as_int(), other.as_int()) {
        return Some(one.cmp(&other));
    }
    if let (Some(one), Some(other)) = (text(one), text(other)) {
        return Some(one.as_str().cmp(other.as_str()));
    }
    Some(number(one)?.total_cmp(&number(other)?))
}

fn text(item: &Dynamic) -> Option<ImmutableString> {
    let character = || item.as_char().map(|character| character.to_string().into());
    item.as_immutable_string_ref().map(|text| ImmutableString::clone(&text)).or_else(|_| character()).ok()
}

fn numbers(name: &str, items: &[Dynamic]) -> Outcome<Vec<f64>> {
    let one = |(index, item)| number(item).ok_or_else(|| unlike(name, "adds numbers", index, item));
    items.iter().enumerate().map(one).collect()
}

fn number(item: &Dynamic) -> Option<f64> {
    item.as_float().or_else(|_| item.as_int().map(|whole| whole as f64)).ok()
}

fn empty(name: &str) -> Failure {
    Failure::new(FailureKind::Script, format!("there is no `{name}` of an empty array"))
        .hint(format!("ask first: `if items.is_empty() {{ 0 }} else {{ items.{name}() }}`"))
}

/// That an item is none of those that a function is for.
fn unlike(name: &str, does: &str, index: usize, item: &Dynamic) -> Failure {
    let what = format!("`{name}` {does}, and item [{index}] is {}", friendly(item.type_name()));
    Failure::new(FailureKind::Script, what).hint(match item {
        item if item.is_unit() => "leave out what is absent: `items.filter(|x| x != ())`",
        item if item.is_string() => "make numbers of texts first: `items.map(|x| parse_float(x))`",
        _ => "take a field of each item first: `items.map(|x| x.price)`",
    })
}
