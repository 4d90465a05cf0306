//! `==` and `!=` of arrays and of maps, and `contains`, which `in` asks, and `index_of` of arrays.
//!
//! Rhai's own go some kilobytes of the stack deeper with every level; these stop before that is too much. And values that
//! cannot be compared are an error within arrays too; only who searches takes them for unequal, at any depth.

use crate::script::errors::raise;
use crate::script::limits::depth::{self, WALKED};
use rhai::{Array, Dynamic, Engine, EvalAltResult, INT, Map, NativeCallContext, OP_CONTAINS, OP_EQUALS};
use std::cell::Cell;

type Checked<T> = Result<T, Box<EvalAltResult>>;

thread_local! {
    /// How many comparisons of this thread wait for another inside them.
    static LEVEL: Cell<usize> = const { Cell::new(0) };
    /// Whether they are those of a search.
    static SEARCH: Cell<bool> = const { Cell::new(false) };
}

/// Registers them.
pub fn register(engine: &mut Engine) {
    engine.register_fn(OP_EQUALS, |context: NativeCallContext, first: &mut Array, second: Array| -> Checked<bool> {
        arrays(&context, first, second)
    });
    engine.register_fn("!=", |context: NativeCallContext, first: &mut Array, second: Array| -> Checked<bool> {
        arrays(&context, first, second).map(|same| !same)
    });
    engine.register_fn(OP_EQUALS, |context: NativeCallContext, first: &mut Map, second: Map| -> Checked<bool> {
        maps(&context, first, second)
    });
    engine.register_fn("!=", |context: NativeCallContext, first: &mut Map, second: Map| -> Checked<bool> {
        maps(&context, first, second).map(|same| !same)
    });
    searches(engine);
}

fn searches(engine: &mut Engine) {
    engine.register_fn(
        OP_CONTAINS,
        |context: NativeCallContext, items: &mut Array, wanted: Dynamic| -> Checked<bool> {
            Ok(place(&context, items, &wanted, 0)?.is_some())
        },
    );
    engine.register_fn("index_of", |context: NativeCallContext, items: &mut Array, wanted: Dynamic| -> Checked<INT> {
        Ok(place(&context, items, &wanted, 0)?.unwrap_or(-1))
    });
    engine.register_fn(
        "index_of",
        |context: NativeCallContext, items: &mut Array, wanted: Dynamic, start: INT| -> Checked<INT> {
            let distance = usize::try_from(start.unsigned_abs()).unwrap_or(usize::MAX);
            let first = if start < 0 { items.len().saturating_sub(distance) } else { distance };
            Ok(place(&context, items, &wanted, first)?.unwrap_or(-1))
        },
    );
}

/// Where the first item stands, from one on, that equals a value.
fn place(context: &NativeCallContext, items: &mut Array, wanted: &Dynamic, first: usize) -> Checked<Option<INT>> {
    let _search = Search(SEARCH.replace(true));
    let found = items.iter_mut().enumerate().skip(first).find_map(|(at, item)| {
        let same = equal(context, item, &mut wanted.clone());
        same.map(|same| same.then(|| INT::try_from(at).unwrap_or(INT::MAX))).transpose()
    });
    found.transpose()
}

/// A search, with whether it is one within another.
struct Search(bool);

impl Drop for Search {
    fn drop(&mut self) {
        SEARCH.set(self.0);
    }
}

/// A comparison inside the others of this thread.
struct Level;

impl Level {
    fn enter() -> Checked<Self> {
        let level = LEVEL.get();
        if level >= WALKED {
            return Err(raise(depth::failure("what is compared", WALKED)));
        }
        LEVEL.set(level + 1);
        Ok(Self)
    }
}

impl Drop for Level {
    fn drop(&mut self) {
        LEVEL.set(LEVEL.get().saturating_sub(1));
    }
}

fn arrays(context: &NativeCallContext, first: &mut Array, mut second: Array) -> Checked<bool> {
    let _level = Level::enter()?;
    if first.len() != second.len() {
        return Ok(false);
    }
    for (one, other) in first.iter_mut().zip(second.iter_mut()) {
        if !equal(context, one, other)? {
            return Ok(false);
        }
    }
    Ok(true)
}

fn maps(context: &NativeCallContext, first: &mut Map, mut second: Map) -> Checked<bool> {
    let _level = Level::enter()?;
    if first.len() != second.len() {
        return Ok(false);
    }
    for (key, one) in first.iter_mut() {
        let Some(other) = second.get_mut(key) else { return Ok(false) };
        if !equal(context, one, other)? {
            return Ok(false);
        }
    }
    Ok(true)
}

/// Asks the operator; `other` is used up.
fn equal(context: &NativeCallContext, one: &mut Dynamic, other: &mut Dynamic) -> Checked<bool> {
    let is_other = one.type_id() != other.type_id() && SEARCH.get();
    match context.call_native_fn_raw(OP_EQUALS, true, &mut [one, other]) {
        Err(error) if is_other && is_missing(&error) => Ok(false),
        answer => Ok(answer?.as_bool().unwrap_or(false)),
    }
}

/// Whether there is no such operator.
fn is_missing(error: &EvalAltResult) -> bool {
    matches!(error, EvalAltResult::ErrorFunctionNotFound(signature, _) if signature.starts_with(OP_EQUALS))
}
