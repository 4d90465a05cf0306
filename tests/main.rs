//! The one test binary: every file below `tests/` is a module of it.
#![cfg(test)]

mod bad_input;
mod batch;
mod budget;
mod cli;
mod context;
mod escalation;
mod examples;
mod hints;
mod learning;
mod manager;
mod memory;
mod model;
mod monitor;
mod pipeline;
mod prices;
mod readme;
mod registry;
mod reliability;
mod repl;
mod resume;
mod routing;
mod script;
mod stdlib;
mod support;
mod tidy;
mod tools;
mod turn;
mod typed;
