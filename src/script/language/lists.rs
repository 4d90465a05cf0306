//! `map`, `filter`, `find`, `some` and `all` on arrays, with what Rhai's own leave out: an answer that is neither true nor
//! false is an error and does not count as false. And `for_each`, which in Rhai gives its closure the place of an item and
//! not the item.
//!
//! A closure of one parameter is called with its item at once. Rhai looks for one without parameters first, for every
//! item, which takes longer than the call.

use crate::core::failure::{Failure, FailureKind};
use crate::script::captures;
use crate::script::convert::friendly;
use crate::script::errors::raise;
use rhai::{Array, Dynamic, Engine, EvalAltResult, FnPtr, FuncRegistration, INT, NativeCallContext, Position};

type Checked<T> = Result<T, Box<EvalAltResult>>;

/// Registers them.
pub fn register(engine: &mut Engine) {
    engine.register_fn("map", |context: NativeCallContext, items: &mut Array, each: FnPtr| -> Checked<Array> {
        let mut calls = Calls::of("map", &context, &each);
        items.iter_mut().enumerate().map(|(index, item)| calls.value(item, index)).collect()
    });
    engine.register_fn("filter", |context: NativeCallContext, items: &mut Array, keep: FnPtr| -> Checked<Array> {
        let (mut calls, mut kept) = (Calls::of("filter", &context, &keep), Array::new());
        for (index, item) in items.iter_mut().enumerate() {
            if calls.verdict(item, index)? {
                kept.push(item.clone());
            }
        }
        Ok(kept)
    });
    engine.register_fn("find", |context: NativeCallContext, items: &mut Array, is: FnPtr| -> Checked<Dynamic> {
        let at = Calls::of("find", &context, &is).first(items, true)?;
        Ok(at.and_then(|index| items.get(index).cloned()).unwrap_or(Dynamic::UNIT))
    });
    engine.register_fn("some", |context: NativeCallContext, items: &mut Array, is: FnPtr| -> Checked<bool> {
        Ok(Calls::of("some", &context, &is).first(items, true)?.is_some())
    });
    engine.register_fn("all", |context: NativeCallContext, items: &mut Array, is: FnPtr| -> Checked<bool> {
        Ok(Calls::of("all", &context, &is).first(items, false)?.is_none())
    });
    each(engine);
}

/// A closure without parameters may change its item, which is `this` there: so Rhai must refuse a constant.
fn each(engine: &mut Engine) {
    let says = "/// Calls a closure with each item of an array, and with its place if it takes two values.";
    FuncRegistration::new("for_each").with_purity(false).with_comments([says]).register_into_engine(
        engine,
        |context: NativeCallContext, items: &mut Array, each: FnPtr| -> Checked<()> {
            let mut calls = Calls::of("for_each", &context, &each);
            items.iter_mut().enumerate().try_for_each(|(index, item)| calls.value(item, index).map(drop))
        },
    );
}

/// The calls of a closure with the items of an array.
pub(super) struct Calls<'c> {
    pub(super) name: &'static str,
    context: &'c NativeCallContext<'c>,
    closure: &'c FnPtr,
    /// Whether it takes an item and nothing else; not known before the first call. One with a name may have other forms.
    alone: bool,
}

impl<'c> Calls<'c> {
    pub(super) fn of(name: &'static str, context: &'c NativeCallContext<'c>, closure: &'c FnPtr) -> Self {
        Self { name, context, closure, alone: closure.is_anonymous() }
    }

    pub(super) fn value(&mut self, item: &mut Dynamic, index: usize) -> Checked<Dynamic> {
        if self.alone {
            let called = self.closure.call_raw(self.context, None, [item.clone()]);
            match called {
                Err(error) if self.is_other(&error) => self.alone = false,
                called => return called.map_err(|error| self.within(error)),
            }
        }
        let index = INT::try_from(index).unwrap_or(INT::MAX).into();
        let called = self.closure.call_raw_with_extra_args(self.name, self.context, Some(item), [], [index], Some(0));
        called.map_err(|error| self.takes_more(&error).unwrap_or(error))
    }

    fn verdict(&mut self, item: &mut Dynamic, index: usize) -> Checked<bool> {
        let value = self.value(item, index)?;
        value.as_bool().map_err(|kind| {
            let what = format!("the closure of `{}` answers true or false, not {}", self.name, friendly(kind));
            raise(Failure::new(FailureKind::Invalid, what).hint("compare: `|x| x != ()`, `|x| x.len > 0`"))
        })
    }

    /// The first item of which this is the verdict.
    fn first(&mut self, items: &mut Array, wanted: bool) -> Checked<Option<usize>> {
        for (index, item) in items.iter_mut().enumerate() {
            if self.verdict(item, index)? == wanted {
                return Ok(Some(index));
            }
        }
        Ok(None)
    }

    /// Whether the closure takes no single item. Its name is its own, so that no call within it fails like that.
    fn is_other(&self, error: &EvalAltResult) -> bool {
        matches!(error, EvalAltResult::ErrorFunctionNotFound(signature, _) if signature.starts_with(self.closure.fn_name()))
    }

    /// What is told of a closure that takes more than an item and its index.
    fn takes_more(&self, error: &EvalAltResult) -> Option<Box<EvalAltResult>> {
        let EvalAltResult::ErrorInFunctionCall(_, _, cause, _) = error else { return None };
        if !self.is_other(cause) {
            return None;
        }
        let taken = captures::taken(self.context, self.closure)?;
        let what = format!("the closure of `{}` takes 1 parameter or 2, this one {taken}", self.name);
        let hint = format!("write `items.{}(|item| ..)`, or `|item, index| ..`", self.name);
        Some(raise(Failure::new(FailureKind::Invalid, what).hint(hint)))
    }

    fn within(&self, error: Box<EvalAltResult>) -> Box<EvalAltResult> {
        let source = self.context.call_source().unwrap_or_default().to_owned();
        Box::new(EvalAltResult::ErrorInFunctionCall(self.name.to_owned(), source, error, Position::NONE))
    }
}
