//! How a long input is named in requests and in the store: by document and offsets, never by its text.

use serde::{Deserialize, Serialize};

/// A piece of one open document.
#[derive(Clone, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
pub struct SpanRef {
    /// The document's name in the library.
    pub document: String,
    /// First byte.
    pub start: u64,
    /// One past the last byte.
    pub end: u64,
}

/// The context of a child run.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum ContextRef {
    /// Pieces of documents that the parent has open.
    Spans(Vec<SpanRef>),
    /// Text that a script made.
    Text(String),
    /// Nothing.
    Empty,
}
