//! The JSON of an answer, streamed or not, as widely as servers write it.
//!
//! Fields that servers fill with different types are kept as values and read by whoever needs them.

use serde::Deserialize;
use serde_json::Value;

/// A streamed chunk or a whole answer.
#[derive(Debug, Default, Deserialize)]
#[serde(default)]
pub(super) struct Chunk {
    pub(super) id: Option<Value>,
    pub(super) choices: Option<Vec<Choice>>,
    pub(super) usage: Option<Value>,
    /// An error in place of an answer.
    pub(super) error: Option<Value>,
    /// vLLM writes `error` here and the message beside it.
    pub(super) object: Option<Value>,
}

impl Chunk {
    /// Whether it is an error in place of an answer.
    pub(super) fn is_error(&self) -> bool {
        self.error.is_some() || self.object.as_ref().is_some_and(|object| object == "error")
    }
}

/// One alternative of the answer; only the first is ever asked for.
#[derive(Debug, Default, Deserialize)]
#[serde(default)]
pub(super) struct Choice {
    pub(super) index: Option<u64>,
    /// What is new, in a stream.
    pub(super) delta: Option<Part>,
    /// Everything, outside of a stream.
    pub(super) message: Option<Part>,
    /// The text in the protocol before this one, whose answers are none here.
    pub(super) text: Option<Value>,
    pub(super) finish_reason: Option<String>,
    /// OpenRouter: how the provider behind it said it.
    pub(super) native_finish_reason: Option<String>,
    /// OpenRouter: what went wrong at the provider behind it.
    pub(super) error: Option<Value>,
    pub(super) logprobs: Option<Value>,
}

/// A piece of the answer, or all of it.
#[derive(Debug, Default, Deserialize)]
#[serde(default)]
pub(super) struct Part {
    pub(super) content: Option<Value>,
    pub(super) refusal: Option<String>,
    /// Thoughts; counted, not shown. DeepSeek, vLLM and llama-server say `reasoning_content`, OpenRouter and ollama `reasoning`.
    pub(super) reasoning_content: Option<String>,
    pub(super) reasoning: Option<String>,
    pub(super) tool_calls: Option<Vec<CallPart>>,
    /// The older form of a single call.
    pub(super) function_call: Option<FunctionPart>,
}

/// A piece of a tool call, or all of it.
#[derive(Debug, Default, Deserialize)]
#[serde(default)]
pub(super) struct CallPart {
    pub(super) index: Option<u64>,
    pub(super) id: Option<String>,
    pub(super) function: Option<FunctionPart>,
}

impl CallPart {
    /// The one call of an answer in the older form.
    pub(super) fn alone(function: FunctionPart) -> Self {
        Self { index: Some(0), id: None, function: Some(function) }
    }
}

#[derive(Debug, Default, Deserialize)]
#[serde(default)]
pub(super) struct FunctionPart {
    pub(super) name: Option<String>,
    /// JSON as text; some servers send the object itself.
    pub(super) arguments: Option<Value>,
}

/// The text in a `content`, which is text or, from some servers, a list of parts of which some are text.
pub(super) fn text_of(content: Value) -> String {
    match content {
        Value::String(text) => text,
        Value::Array(parts) => parts.iter().filter_map(|part| part.get("text")?.as_str()).collect(),
        _ => String::new(),
    }
}
