//! Values of another kind than their place takes: as an index, before one, and as a condition.

use super::script;
use crate::core::failure::Failure;
use crate::script::convert::friendly;

/// What a condition is.
pub(super) const CONDITION: &str = "a condition is true or false: compare, as in `x != ()`, `n != 0`, `text != \"\"`; another \
    value for an absent one is `x ?? 2`";

/// What `()` may have been meant for.
pub(super) const NOTHING: &str = "an empty map is `#{}`, an empty array `[]`: `{}` is an empty block, whose value is (); what \
    may be absent is asked first: `x != ()`";

/// A value of a kind that is not taken.
pub(super) fn mismatch(wanted: &str, found: &str) -> Failure {
    let (wanted, found) = (friendly(wanted), friendly(found));
    let failure = script(format!("expected {wanted}, found {found}"));
    match (wanted, found) {
        ("an integer", "a range") => {
            failure.hint("a part of an array is `items.extract(0..2)`, and one of a text `text[0..2]`")
        }
        ("a boolean", _) => failure.hint(CONDITION),
        _ => failure,
    }
}

/// An index on a value that has none. Rhai says `() [string] = i64`: on what, by what, and what was to be put there.
pub(super) fn no_index(told: &str) -> Failure {
    let kind = friendly(told.split(" [").next().unwrap_or(told));
    let failure = script(format!("{kind} has no index"));
    match kind {
        "a handle" => failure.hint("a part is `context.part(0, 10)`, from byte to byte; a line is `context.line(1)`"),
        "a function" => failure.hint("a function in a variable is called by `f.call(x)`"),
        "()" => failure.hint(NOTHING),
        _ => failure,
    }
}
