//! The JSON of responses and their events, as far as it is read.

use serde::Deserialize;
use serde_json::Value;

/// One event of a stream.
#[derive(Debug, Default, Deserialize)]
#[serde(default)]
pub(super) struct Event {
    pub(super) r#type: String,
    /// Which item of the output it is about.
    pub(super) output_index: Option<u64>,
    pub(super) delta: Option<Value>,
    /// All of a part of the text.
    pub(super) text: Option<String>,
    pub(super) logprobs: Option<Value>,
    pub(super) item: Option<Item>,
    pub(super) response: Option<Response>,
}

/// A response, whole or as far as it is.
#[derive(Debug, Default, Deserialize)]
#[serde(default)]
pub(super) struct Response {
    pub(super) id: Option<Value>,
    pub(super) status: Option<String>,
    pub(super) output: Option<Vec<Item>>,
    pub(super) incomplete_details: Option<Incomplete>,
    pub(super) error: Option<Value>,
    pub(super) usage: Option<Value>,
}

#[derive(Debug, Default, Deserialize)]
#[serde(default)]
pub(super) struct Incomplete {
    pub(super) reason: Option<String>,
}

/// A message, a call of a function, or thoughts.
#[derive(Debug, Default, Deserialize)]
#[serde(default)]
pub(super) struct Item {
    pub(super) r#type: String,
    pub(super) status: Option<String>,
    pub(super) content: Option<Vec<Content>>,
    pub(super) call_id: Option<String>,
    pub(super) name: Option<String>,
    pub(super) arguments: Option<Value>,
}

impl Item {
    /// Whether the server says that it is not whole.
    pub(super) fn is_cut(&self) -> bool {
        self.status.as_deref() == Some("incomplete")
    }
}

/// A part of a message.
#[derive(Debug, Default, Deserialize)]
#[serde(default)]
pub(super) struct Content {
    pub(super) text: Option<String>,
    pub(super) refusal: Option<String>,
}
