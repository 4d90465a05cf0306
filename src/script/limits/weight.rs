//! What a request takes of the memory while it is answered, as far as its texts tell: a request of many small values is not
//! walked through.

use crate::core::child::ChildRequest;
use crate::core::document::ContextRef;
use crate::core::request::{Content, Request};
use serde_json::Value;
use std::sync::atomic::{AtomicUsize, Ordering};

/// How often a text is copied on its way: into the intent and its log.
const LOGGED: usize = 2;
/// The same of what goes to a model, a tool or another program: into the body of a call too, and what is sent of it.
const SENT: usize = 4;

/// What takes less is left to the count of memory, which is not far behind.
const LITTLE: usize = 256 << 10;

/// Room for bytes that are about to be made, among others that are expected; given back when it is dropped.
pub struct Room<'a> {
    all: &'a AtomicUsize,
    bytes: usize,
}

impl<'a> Room<'a> {
    /// Takes it, whether it is there or not.
    pub fn take(all: &'a AtomicUsize, bytes: usize) -> Self {
        all.fetch_add(bytes, Ordering::Relaxed);
        Self { all, bytes }
    }

    /// Whether it is too small to be worth a look.
    pub const fn is_little(&self) -> bool {
        self.bytes < LITTLE
    }

    /// All bytes that are expected.
    pub fn expected(&self) -> usize {
        self.all.load(Ordering::Relaxed)
    }
}

impl Drop for Room<'_> {
    fn drop(&mut self) {
        self.all.fetch_sub(self.bytes, Ordering::Relaxed);
    }
}

/// The bytes that answering a request takes beside its own, roughly.
pub fn weight(request: &Request) -> usize {
    let bytes = match request {
        Request::Llm(call) => call.prompt.len(),
        Request::Attempt(attempt) => attempt.request.prompt.len(),
        Request::LlmBatch { requests, concurrency } => {
            at_once(requests.iter().map(|call| call.prompt.len()), *concurrency)
        }
        Request::AttemptBatch { steps, concurrency } => {
            at_once(steps.iter().map(|(_, attempt)| attempt.request.prompt.len()), *concurrency)
        }
        Request::Rlm(child) => of_child(child),
        Request::RlmBatch { requests, concurrency } => at_once(requests.iter().map(of_child), *concurrency),
        Request::Tool { args: value, .. }
        | Request::Script { args: value, .. }
        | Request::Pipeline { inputs: value, .. }
        | Request::Final { value, .. }
        | Request::Typed { value, .. } => of_value(value),
        Request::Tools { query: text }
        | Request::Scripts { query: text }
        | Request::Recall { query: text, .. }
        | Request::AskUser { prompt: text, .. }
        | Request::Product { content: Content::Text(text), .. }
        | Request::Say { text } => text.len(),
        _ => 0,
    };
    let copies = match request {
        // A child is given its context as a document, and a file its text: neither makes a body.
        Request::Rlm(_) | Request::RlmBatch { .. } | Request::Product { .. } => LOGGED,
        _ => SENT,
    };
    bytes.saturating_mul(copies)
}

/// What as many as run at once come to, if all are like the longest.
fn at_once(sizes: impl Iterator<Item = usize>, concurrency: usize) -> usize {
    let (count, longest) = sizes.fold((0, 0), |(count, longest): (usize, usize), size| (count + 1, longest.max(size)));
    longest.saturating_mul(count.min(concurrency))
}

fn of_child(child: &ChildRequest) -> usize {
    let context = if let ContextRef::Text(text) = &child.context { text.len() } else { 0 };
    child.task.len().saturating_add(context)
}

/// The texts of a value that stand on its first level.
fn of_value(value: &Value) -> usize {
    match value {
        Value::String(text) => text.len(),
        Value::Array(items) => texts(items.iter()),
        Value::Object(fields) => texts(fields.values()),
        _ => 0,
    }
}

fn texts<'a>(values: impl Iterator<Item = &'a Value>) -> usize {
    values.filter_map(Value::as_str).map(str::len).sum()
}
