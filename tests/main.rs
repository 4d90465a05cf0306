//! The one test binary: every file below `tests/` is a module of it.
#![cfg(test)]

mod cli;
mod model;
mod readme;
mod repl;
mod script;
mod support;
mod tidy;
