//! `get`, `extract` and `order` on arrays. They change nothing, but Rhai's own are not marked so: they are refused on
//! constants, as all values are that the expressions of pipelines read.

use crate::script::language::order;
use rhai::{Array, Dynamic, Engine, EvalAltResult, FnPtr, INT, NativeCallContext};
use std::ops::{Range, RangeInclusive};

type Checked<T> = Result<T, Box<EvalAltResult>>;

/// Registers them.
pub fn register(engine: &mut Engine) {
    engine.register_fn("get", |items: &mut Array, index: INT| -> Dynamic {
        part(items, index, 1).first().cloned().unwrap_or(Dynamic::UNIT)
    });
    engine.register_fn("extract", |items: &mut Array, start: INT| -> Array { part(items, start, INT::MAX).to_vec() });
    engine.register_fn("extract", |items: &mut Array, start: INT, len: INT| -> Array {
        part(items, start, len).to_vec()
    });
    engine.register_fn("extract", |items: &mut Array, range: Range<INT>| -> Array {
        let start = range.start.max(0);
        part(items, start, range.end.saturating_sub(start)).to_vec()
    });
    engine.register_fn("extract", |items: &mut Array, range: RangeInclusive<INT>| -> Array {
        let start = (*range.start()).max(0);
        let further = (*range.end()).max(start) - start;
        part(items, start, further.saturating_add(1)).to_vec()
    });
    orders(engine);
}

fn orders(engine: &mut Engine) {
    for (name, sort) in [("order", "sort"), ("order_desc", "sort_desc")] {
        engine.register_fn(name, move |context: NativeCallContext, items: &mut Array| -> Checked<Array> {
            ordered(&context, sort, items.clone())
        });
    }
    for name in ["order", "order_by"] {
        engine.register_fn(name, move |context: NativeCallContext, items: &mut Array, by: FnPtr| -> Checked<Array> {
            order::sorted_by(&context, name, &by, items)
        });
    }
}

/// The items from one on; a negative place counts from the end.
fn part(items: &[Dynamic], start: INT, len: INT) -> &[Dynamic] {
    let size = |number: INT| usize::try_from(number.unsigned_abs()).unwrap_or(usize::MAX);
    let start = if start < 0 { items.len().saturating_sub(size(start)) } else { size(start) };
    let rest = items.get(start..).unwrap_or_default();
    rest.get(..size(len.max(0)).min(rest.len())).unwrap_or_default()
}

/// A copy of an array after the function that sorts it.
fn ordered(context: &NativeCallContext, sort: &str, items: Array) -> Checked<Array> {
    let mut own = Dynamic::from_array(items);
    drop(context.call_native_fn_raw(sort, true, &mut [&mut own])?);
    own.into_array().map_err(|kind| format!("`{sort}` left {kind} of an array").into())
}
