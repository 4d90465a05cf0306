//! The closure of a `par_map` as one of its threads has it.

use crate::script::copies::Copies;
use crate::script::prims::primitive::{Answer, done};
use rhai::{Dynamic, FnPtr, NativeCallContext};

/// The closure as one thread has it: a call on a captured variable would fail while another thread makes one on it too.
pub(super) struct Own<'a> {
    shared: &'a FnPtr,
    /// Each item gets a copy of its own, where one item could see what the closure did for another.
    afresh: bool,
    copies: Copies,
    closure: Option<FnPtr>,
}

impl<'a> Own<'a> {
    /// Of the closure that all share; `afresh` is whether each item gets a copy of its own.
    pub(super) fn of(shared: &'a FnPtr, afresh: bool) -> Self {
        Self { shared, afresh, copies: Copies::default(), closure: None }
    }

    /// Calls it with an item.
    pub(super) fn call(&mut self, context: &NativeCallContext, item: &Dynamic) -> Answer<Dynamic> {
        if self.afresh {
            (self.copies, self.closure) = (Copies::default(), None);
        }
        if self.closure.is_none() {
            self.closure = Some(done(self.copies.closure(self.shared))?);
        }
        let (closure, item) = (self.closure.as_ref().unwrap_or(self.shared), done(self.copies.value(item))?);
        closure.call_within_context::<Dynamic>(context, (item,))
    }
}
