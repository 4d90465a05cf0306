//! What a primitive is: its documentation and how it is registered; and what all of them share.

use crate::core::failure::Outcome;
use crate::core::request::Request;
use crate::script::bridge;
use crate::script::convert::to_dynamic;
use crate::script::desk::Desk;
use crate::script::errors::{self, raise};
use rhai::{Dynamic, Engine, EvalAltResult};
use std::sync::Arc;

/// What a native function answers.
pub type Answer<T> = Result<T, Box<EvalAltResult>>;

/// One primitive. The text is the only one there is: help, README and root prompt are rendered from it.
pub struct Primitive {
    /// Its name, as called; methods of a context handle as `context.name`.
    pub name: &'static str,
    /// Its forms, first the most useful.
    pub usage: &'static [&'static str],
    /// One sentence, third person.
    pub summary: &'static str,
    /// Parameters and options: name and meaning.
    pub params: &'static [(&'static str, &'static str)],
    /// A program that a test runs over the example context.
    pub example: &'static str,
    /// What the example prints, exactly.
    pub prints: &'static str,
    /// Adds it to an engine.
    pub register: fn(&mut Engine, &Arc<Desk>),
}

/// The context over which the examples run: three small documents.
pub const EXAMPLE_DOCUMENTS: &[(&str, &str)] = &[
    (
        "harbour.txt",
        "The harbour opened in 1884.\nIts lighthouse is 31 metres tall.\n\nStorms closed the harbour in 1902 and 1911.\n",
    ),
    ("lamp.json", "{\"flashes\": 2, \"seconds\": 12}\n"),
    ("fares.csv", "route,price\nnorth,4\nsouth,7\n"),
];

/// Asks the host and gives its answer to the script.
pub fn ask(request: Request) -> Answer<Dynamic> {
    answered(bridge::ask(request).map(|value| to_dynamic(&value)))
}

/// What the host answered, as native functions give it: its failure is none of the values that they were given.
pub fn answered<T>(outcome: Outcome<T>) -> Answer<T> {
    outcome.map_err(errors::answered)
}

/// A result as native functions give it.
pub fn done<T>(outcome: Outcome<T>) -> Answer<T> {
    outcome.map_err(raise)
}

/// A count or size given by a script, which must not be negative.
pub fn size(number: i64, what: &str) -> Outcome<usize> {
    use crate::core::failure::{Failure, FailureKind};
    usize::try_from(number)
        .map_err(|_| Failure::new(FailureKind::Invalid, format!("{what} must not be negative, it is {number}")))
}
