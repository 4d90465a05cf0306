//! `==` and `!=` of arrays and of maps, with the meaning that Rhai gives them.
//!
//! Rhai's own go some kilobytes of the stack deeper with every level; these stop before that is too much.

use crate::script::errors::raise;
use crate::script::limits::depth::{self, WALKED};
use rhai::{Array, Dynamic, Engine, EvalAltResult, Map, NativeCallContext, OP_EQUALS};
use std::cell::Cell;

type Checked<T> = Result<T, Box<EvalAltResult>>;

thread_local! {
    /// How many comparisons of this thread wait for another inside them.
    static LEVEL: Cell<usize> = const { Cell::new(0) };
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
        let alike = one.type_id() == other.type_id();
        match equal(context, one, other) {
            Ok(true) => {}
            Ok(false) => return Ok(false),
            // In arrays, values that cannot be compared are unequal, unless they have the same type.
            Err(error) if !alike && is_missing(&error) => return Ok(false),
            Err(error) => return Err(error),
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
    let answer = context.call_native_fn_raw(OP_EQUALS, true, &mut [one, other])?;
    Ok(answer.as_bool().unwrap_or(false))
}

/// Whether there is no such operator.
fn is_missing(error: &EvalAltResult) -> bool {
    matches!(error, EvalAltResult::ErrorFunctionNotFound(signature, _) if signature.starts_with(OP_EQUALS))
}
