//! Sorting and thinning by a closure. Rhai's own swallow the closure's errors, a deadline among them; these pass them on.

use rhai::{Array, Dynamic, Engine, EvalAltResult, FnPtr, NativeCallContext};
use std::collections::VecDeque;

type Checked<T> = Result<T, Box<EvalAltResult>>;

/// Registers `sort` and `dedup` with a closure.
pub fn register(engine: &mut Engine) {
    for name in ["sort", "sort_by"] {
        engine.register_fn(name, |context: NativeCallContext, items: &mut Array, compare: FnPtr| -> Checked<()> {
            // Sorted apart, so that an error of the closure leaves the array as it was.
            *items = sorted(items.clone(), &mut |a, b| before(&context, &compare, a, b))?;
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
        let message = format!("the closure of sort must answer a number or a boolean, not {kind}");
        EvalAltResult::from(message).into()
    })
}

/// A stable merge sort. Unlike the standard library's it takes any closure, also one that contradicts itself.
fn sorted(mut items: Array, after: &mut dyn FnMut(&Dynamic, &Dynamic) -> Checked<bool>) -> Checked<Array> {
    if items.len() < 2 {
        return Ok(items);
    }
    let right = items.split_off(items.len() / 2);
    let mut left = VecDeque::from(sorted(items, after)?);
    let mut right = VecDeque::from(sorted(right, after)?);
    let mut merged = Array::with_capacity(left.len() + right.len());
    while let (Some(a), Some(b)) = (left.front(), right.front()) {
        let next = if after(a, b)? { right.pop_front() } else { left.pop_front() };
        merged.extend(next);
    }
    merged.extend(left);
    merged.extend(right);
    Ok(merged)
}
