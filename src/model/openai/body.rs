//! The body of a chat completions request.
//!
//! Borrowed from the request as far as possible: prompts are long. What a server does not understand is left out by
//! `quirks`, which also explains why.

use crate::core::failure::{Failure, FailureKind, Outcome};
use crate::core::message::{ChatRequest, FunctionSpec, Message, Speaker, ToolRequest};
use crate::model::openai::quirks::Form;
use serde::Serialize;
use serde_json::Value;

#[derive(Serialize)]
struct Body<'a> {
    model: &'a str,
    messages: Vec<Said<'a>>,
    #[serde(skip_serializing_if = "Option::is_none")]
    max_tokens: Option<u64>,
    #[serde(skip_serializing_if = "Option::is_none")]
    max_completion_tokens: Option<u64>,
    #[serde(skip_serializing_if = "Option::is_none")]
    temperature: Option<f64>,
    #[serde(skip_serializing_if = "<[String]>::is_empty")]
    stop: &'a [String],
    #[serde(skip_serializing_if = "Vec::is_empty")]
    tools: Vec<Offered<'a>>,
    #[serde(skip_serializing_if = "Option::is_none")]
    tool_choice: Option<&'static str>,
    stream: bool,
    #[serde(skip_serializing_if = "Option::is_none")]
    stream_options: Option<StreamOptions>,
}

#[derive(Serialize)]
struct StreamOptions {
    include_usage: bool,
}

#[derive(Serialize)]
struct Said<'a> {
    role: &'static str,
    content: Option<&'a str>,
    #[serde(skip_serializing_if = "Vec::is_empty")]
    tool_calls: Vec<Called<'a>>,
    #[serde(skip_serializing_if = "Option::is_none")]
    tool_call_id: Option<&'a str>,
}

#[derive(Serialize)]
struct Called<'a> {
    id: &'a str,
    r#type: &'static str,
    function: CalledFunction<'a>,
}

#[derive(Serialize)]
struct CalledFunction<'a> {
    name: &'a str,
    arguments: &'a str,
}

#[derive(Serialize)]
struct Offered<'a> {
    r#type: &'static str,
    function: OfferedFunction<'a>,
}

#[derive(Serialize)]
struct OfferedFunction<'a> {
    name: &'a str,
    description: &'a str,
    parameters: &'a Value,
}

/// The JSON of a request to `model`, in the form that the server is known to take.
pub(super) fn compose(request: &ChatRequest, model: &str, form: Form) -> Outcome<Vec<u8>> {
    let limit = request.sampling.max_tokens;
    let body = Body {
        model,
        messages: request.messages.iter().map(said).collect(),
        max_tokens: limit.filter(|_| !form.completion_limit),
        max_completion_tokens: limit.filter(|_| form.completion_limit),
        temperature: request.sampling.temperature,
        stop: &request.sampling.stop,
        tools: request.functions.iter().map(offered).collect(),
        tool_choice: (!request.functions.is_empty()).then_some("auto"),
        stream: form.stream,
        stream_options: form.usage_option.then_some(StreamOptions { include_usage: true }),
    };
    serde_json::to_vec(&body)
        .map_err(|error| Failure::new(FailureKind::Internal, format!("the request cannot be written as JSON: {error}")))
}

fn said(message: &Message) -> Said<'_> {
    let role = match message.speaker {
        Speaker::System => "system",
        Speaker::User => "user",
        Speaker::Assistant => "assistant",
        Speaker::Tool => "tool",
    };
    // An assistant that only calls tools has null content; some servers refuse an empty text there.
    let silent = message.text.is_empty() && !message.tool_requests.is_empty();
    Said {
        role,
        content: (!silent).then_some(message.text.as_str()),
        tool_calls: message.tool_requests.iter().map(called).collect(),
        tool_call_id: message.answers.as_deref(),
    }
}

fn called(call: &ToolRequest) -> Called<'_> {
    let function = CalledFunction { name: &call.name, arguments: &call.arguments };
    Called { id: &call.id, r#type: "function", function }
}

fn offered(function: &FunctionSpec) -> Offered<'_> {
    let FunctionSpec { name, description, parameters } = function;
    Offered { r#type: "function", function: OfferedFunction { name, description, parameters } }
}
