//! The REPL as a person meets it: on a real pseudo-terminal, and with a pipe on standard input.

mod commands;
mod editing;
mod evaluation;
mod models;
mod piped;
mod questions;
pub(crate) mod terminal;
mod typing;

use crate::support::program::Program;

/// A project with one small document and the offline engine.
fn project() -> Program {
    let text = "The harbour opened in 1884.\nIts lighthouse is 31 metres tall.\n";
    Program::offline().file("harbour.txt", text)
}
