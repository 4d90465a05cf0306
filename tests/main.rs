//! The one test binary: every file below `tests/` is a module of it.
#![cfg(test)]

mod model;
mod support;
mod tidy;
