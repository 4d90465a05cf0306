//! Tools: what they are, which there are, and the one door through which they are called.
//!
//! A tool of the program is a [`typed::TypedTool`]; a pipeline implements [`tool::Tool`] in its own room, which nothing
//! here knows.

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
