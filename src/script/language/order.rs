//! Sorting and thinning by a closure. Rhai's own swallow the closure's errors, a deadline among them; these pass them on.
//!
//! A closure of one value gives the key to sort by, one of two compares.

use crate::core::failure::{Failure, FailureKind};
use crate::script::captures;
use crate::script::convert::friendly;
use crate::script::errors::raise;
use crate::script::language::totals;
use crate::script::limits::gate;
use rhai::{Array, Dynamic, Engine, EvalAltResult, FnPtr, NativeCallContext};
use std::cmp::Ordering;
use std::collections::VecDeque;

type Checked<T> = Result<T, Box<EvalAltResult>>;

/// Registers `sort` and `dedup` with a closure.
pub fn register(engine: &mut Engine) {
    for name in ["sort", "sort_by"] {
        engine.register_fn(name, move |context: NativeCallContext, items: &mut Array, compare: FnPtr| -> Checked<()> {
            // Sorted apart, so that an error of the closure leaves the array as it was.
            *items = sorted_by(&context, name, &compare, items)?;
            Ok(())
        });
    }
    engine.register_fn("dedup", |context: NativeCallContext, items: &mut Array, same: FnPtr| -> Checked<()> {
        let mut kept = Array::new();
        for item in items.iter() {
            let repeated = match kept.last() {
                Some(last) => same.call_within_context::<bool>(&context, (item.clone(), Dynamic::clone(last)))?,
                None => false,
            };
            if !repeated {
                kept.push(item.clone());
            }
        }
        *items = kept;
        Ok(())
    });
}

/// The items in the order that a closure gives them; `name` is what the program called.
pub(super) fn sorted_by(context: &NativeCallContext, name: &str, by: &FnPtr, items: &[Dynamic]) -> Checked<Array> {
    match captures::taken(context, by) {
        Some(1) => by_key(context, name, by, items),
        _ => sorted(items.to_vec(), &mut |a, b| before(context, by, a, b)),
    }
}

/// Whether `b` belongs before `a`: the closure answers a number (below, at or above zero) or whether `a` comes first.
fn before(context: &NativeCallContext, compare: &FnPtr, a: &Dynamic, b: &Dynamic) -> Checked<bool> {
    let order = compare.call_within_context::<Dynamic>(context, (a.clone(), b.clone()))?;
    if let Ok(number) = order.as_int() {
        return Ok(number > 0);
    }
    if let Ok(number) = order.as_float() {
        return Ok(number > 0.0);
    }
    order.as_bool().map(|first| !first).map_err(|kind| {
        let message = format!("the closure of sort must answer a number or a boolean, not {}", friendly(kind));
        EvalAltResult::from(message).into()
    })
}

/// The items by the keys that a closure gives them, each of which it is asked for once.
fn by_key(context: &NativeCallContext, name: &str, key: &FnPtr, items: &[Dynamic]) -> Checked<Array> {
    let mut keyed = Vec::with_capacity(items.len());
    for (index, item) in items.iter().enumerate() {
        keyed.push((key.call_within_context::<Dynamic>(context, (item.clone(),))?, index, item));
    }
    let mut steps = 0;
    let by_keys = sorted(keyed, &mut |(a, ..), (b, at, _)| {
        steps += 1;
        if let Some(failure) = gate::stop_reason(steps) {
            return Err(raise(failure));
        }
        let order = between(a, b);
        order.map(|order| order == Ordering::Greater).ok_or_else(|| raise(unlike(name, *at, a, b)))
    })?;
    Ok(by_keys.into_iter().map(|(.., item)| item.clone()).collect())
}

/// How two keys stand to each other; what is false stands before what is true.
fn between(one: &Dynamic, other: &Dynamic) -> Option<Ordering> {
    match (one.as_bool(), other.as_bool()) {
        (Ok(one), Ok(other)) => Some(one.cmp(&other)),
        _ => totals::order(one, other),
    }
}

/// That two keys have no order.
fn unlike(name: &str, index: usize, one: &Dynamic, other: &Dynamic) -> Failure {
    let hint = if one.is_unit() || other.is_unit() {
        "give another value where it is absent: `|x| x.price ?? 0`"
    } else {
        "give keys of one kind for all items, numbers, texts or booleans: `|x| x.price`"
    };
    let (one, other) = (friendly(one.type_name()), friendly(other.type_name()));
    let what = format!("`{name}` takes keys of one kind, and that of item [{index}] is {other} beside {one}");
    Failure::new(FailureKind::Script, what).hint(hint)
}

/// A stable merge sort. Unlike the standard library's it takes any closure, also one that contradicts itself.
fn sorted<T>(mut items: Vec<T>, after: &mut dyn FnMut(&T, &T) -> Checked<bool>) -> Checked<Vec<T>> {
    if items.len() < 2 {
        return Ok(items);
    }
    let right = items.split_off(items.len() / 2);
    let mut left = VecDeque::from(sorted(items, after)?);
    let mut right = VecDeque::from(sorted(right, after)?);
    let mut merged = Vec::with_capacity(left.len() + right.len());
    while let (Some(a), Some(b)) = (left.front(), right.front()) {
        let next = if after(a, b)? { right.pop_front() } else { left.pop_front() };
        merged.extend(next);
    }
    merged.extend(left);
    merged.extend(right);
    Ok(merged)
}
