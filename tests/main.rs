//! The one test binary: every file below `tests/` is a module of it.
#![cfg(test)]

mod cli;
mod model;
mod script;
mod support;
