//! A root model's work: prepare, analyze, execute, tools, finish; `runner` is the only loop.
//!
//! Stages are pure over frozen types, except `execute` (the model call) and `tools` (the session).

pub mod analyze;
pub mod child;
pub mod code;
pub mod compact;
pub mod direct;
pub mod execute;
pub mod finish;
pub mod history;
pub mod observation;
mod opening;
pub mod prepare;
pub mod prompt;
pub mod question;
pub mod relief;
pub mod repetition;
pub mod root;
pub mod runner;
pub mod stages;
mod start;
pub mod tools;
