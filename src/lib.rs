//! rhizo: a REPL in which a root language model works.
//!
//! The rooms are listed in import order; a file imports only from rooms above its own. ARCHITECTURE.md is the map.

pub mod core;
pub mod config;
pub mod registry;
pub mod budget;
pub mod store;
pub mod context;
pub mod policy;
pub mod model;
pub mod memory;
pub mod tools;
pub mod script;
pub mod host;
pub mod turn;
pub mod pipeline;
pub mod app;
pub mod repl;
pub mod cli;
