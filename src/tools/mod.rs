//! Tools: what they are, which there are, and the one door through which they are called.
//!
//! Pipelines, MCP tools and stored scripts implement [`tool::Tool`] in their own rooms; nothing here knows them.

pub mod approval;
pub mod beneath;
pub mod builtin;
pub mod catalog;
pub mod charset;
pub mod clip;
pub mod executor;
pub mod person;
pub mod process;
pub mod schema;
pub mod tool;
pub mod trusted;
pub mod typed;
pub mod workspace;
