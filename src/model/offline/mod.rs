//! The offline engine: a model provider that needs no network, deterministic and extractive.
//!
//! It quotes, counts and lists what stands in its prompt. It does not reason, and says so.

pub mod engine;
pub mod evidence;
pub mod form;
pub mod leaf;
pub mod numbers;
pub mod parts;
pub mod pattern;
pub mod program;
pub mod prompt;
pub mod question;
pub mod root;
pub mod schema;
pub mod sentences;
pub mod thing;
pub mod words;
