//! Growth that no function makes, and that therefore no guard of `guards` sees: interpolated strings and new keys of
//! maps are the interpreter's own.
//!
//! A map is looked at when a variable that holds it is used, now and then; a map inside a map is held by the memory
//! gate alone. Strings are seen by the allocator, in `held`. And there are functions whose failure Rhai answers with a
//! text of its own: what they refuse stops the program at its next step.

use crate::core::failure::{Failure, Outcome};
use crate::script::engine::{MAP_LIMIT, STRING_LIMIT};
use crate::script::limits::guards::beyond;
use crate::script::limits::held;
use rhai::{EvalContext, Position};
use std::cell::{Cell, RefCell};
use std::collections::BTreeMap;

/// Every how many uses of variables one is looked at: a prime, so that each variable of a loop has its turn.
const STRIDE: u32 = 251;

thread_local! {
    static USES: Cell<u32> = const { Cell::new(0) };
    /// Maps beyond the limit, by variable, with the size at which they were last seen. One that came whole, from a
    /// file or a tool, is let be; one that grows is refused.
    static LARGE: RefCell<BTreeMap<String, usize>> = const { RefCell::new(BTreeMap::new()) };
    /// What a function refused to make, and where it was called.
    static REFUSED: RefCell<Option<(Failure, Position)>> = const { RefCell::new(None) };
}

/// Begins an evaluation on this thread.
pub fn reset() {
    LARGE.with(|large| large.borrow_mut().clear());
    REFUSED.with(|refused| refused.replace(None));
    held::forget_long_text();
}

/// Stops the program of this thread at its next step, or at its end.
pub fn refuse(failure: Failure, place: Position) {
    REFUSED.with(|refused| refused.replace(Some((failure, place))));
}

/// Where the function was called whose refusal this is: the program stopped behind it.
pub fn place(failure: &Failure) -> Option<Position> {
    REFUSED.with(|refused| {
        let refused = refused.borrow();
        refused.as_ref().filter(|(known, _)| known.message == failure.message).map(|(_, place)| *place)
    })
}

/// Why what grew on this thread, or was refused, forbids going on, if it does. Costs a few nanoseconds.
pub fn stop() -> Option<Failure> {
    if held::has_long_text() {
        return Some(beyond("the string", STRING_LIMIT));
    }
    REFUSED.with(|refused| refused.borrow().as_ref().map(|(failure, _)| failure.clone()))
}

/// What a program of this thread ended with: its last step may have grown too large, and no step came after it.
pub fn settled<T>(ended: Outcome<T>) -> Outcome<T> {
    ended.and_then(|value| stop().map_or(Ok(value), Err))
}

/// Looks at the variable that is about to be used, now and then; a failure if it holds a map that grows beyond the
/// limit.
pub fn map_stop(name: &str, eval: &EvalContext) -> Option<Failure> {
    let uses = USES.get().wrapping_add(1);
    USES.set(uses);
    if !uses.is_multiple_of(STRIDE) {
        return None;
    }
    let size = eval.scope().get(name)?.as_map_ref().map(|map| map.len()).ok()?;
    if size <= MAP_LIMIT {
        return None;
    }
    let before = LARGE.with(|large| large.borrow_mut().insert(name.to_owned(), size));
    before.is_some_and(|before| size > before).then(|| beyond("the map", MAP_LIMIT))
}
