//! The body of a chat completions request.
//!
//! Borrowed from the request as far as possible: prompts are long. What a server does not take is left out by
//! `quirks`, which also explains why.

use crate::core::failure::Outcome;
use crate::core::message::{ChatRequest, FunctionSpec, Message, Speaker, Thinking, ToolRequest};
use crate::model::openai::logprobs::ALTERNATIVES;
use crate::model::prompt::{Held, address, held, with_schema, written};
use crate::model::quirks::{Feature, Form};
use serde::Serialize;
use serde_json::Value;
use std::borrow::Cow;

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
    #[serde(skip_serializing_if = "Option::is_none")]
    reasoning_effort: Option<&'static str>,
    #[serde(skip_serializing_if = "Option::is_none")]
    response_format: Option<Format<'a>>,
    #[serde(skip_serializing_if = "std::ops::Not::not")]
    logprobs: bool,
    #[serde(skip_serializing_if = "Option::is_none")]
    top_logprobs: Option<u8>,
    #[serde(skip_serializing_if = "Vec::is_empty")]
    tools: Vec<Offered<'a>>,
    #[serde(skip_serializing_if = "Option::is_none")]
    tool_choice: Option<&'static str>,
    #[serde(skip_serializing_if = "std::ops::Not::not")]
    store: bool,
    stream: bool,
    #[serde(skip_serializing_if = "Option::is_none")]
    stream_options: Option<StreamOptions>,
}

#[derive(Serialize)]
struct StreamOptions {
    include_usage: bool,
}

#[derive(Serialize)]
#[serde(tag = "type", rename_all = "snake_case")]
enum Format<'a> {
    JsonSchema { json_schema: NamedSchema<'a> },
    JsonObject,
}

#[derive(Serialize)]
struct NamedSchema<'a> {
    name: &'static str,
    schema: Cow<'a, Value>,
    strict: bool,
}

#[derive(Serialize)]
struct Said<'a> {
    role: &'static str,
    content: Option<Content<'a>>,
    #[serde(skip_serializing_if = "Vec::is_empty")]
    tool_calls: Vec<Called<'a>>,
    #[serde(skip_serializing_if = "Option::is_none")]
    tool_call_id: Option<&'a str>,
}

#[derive(Serialize)]
#[serde(untagged)]
enum Content<'a> {
    Text(Cow<'a, str>),
    Parts(Vec<Part<'a>>),
}

#[derive(Serialize)]
#[serde(tag = "type", rename_all = "snake_case")]
enum Part<'a> {
    Text { text: Cow<'a, str> },
    ImageUrl { image_url: Address<'a> },
}

#[derive(Serialize)]
struct Address<'a> {
    url: Cow<'a, str>,
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
    let sampling = &request.sampling;
    let (limit, plain) = (sampling.max_tokens, form.takes(Feature::MaxTokens));
    let response_format = held(request, form).map(format);
    let logprobs = request.logprobs && form.takes(Feature::Logprobs);
    let texts = with_schema(request, matches!(response_format, Some(Format::JsonSchema { .. })));
    let body = Body {
        model,
        messages: request.messages.iter().zip(texts).map(|(message, text)| said(message, text)).collect(),
        max_tokens: limit.filter(|_| plain),
        max_completion_tokens: limit.filter(|_| !plain),
        temperature: sampling.temperature.filter(|_| form.takes(Feature::Temperature)),
        stop: if form.takes(Feature::Stop) { &sampling.stop } else { &[] },
        reasoning_effort: sampling.thinking.filter(|_| form.thinks(request)).and_then(|wanted| effort(wanted, form)),
        response_format,
        logprobs,
        top_logprobs: logprobs.then_some(ALTERNATIVES),
        tools: request.functions.iter().map(offered).collect(),
        tool_choice: (!request.functions.is_empty()).then_some("auto"),
        store: form.store,
        stream: form.stream,
        stream_options: (form.stream && form.takes(Feature::StreamUsage))
            .then_some(StreamOptions { include_usage: true }),
    };
    written(&body)
}

/// The nearest word that the server takes. `none` came with gpt-5.1, `minimal` with gpt-5; older models know neither.
pub(in crate::model) fn effort(thinking: Thinking, form: Form) -> Option<&'static str> {
    let word = match thinking {
        Thinking::Off if form.takes(Feature::NoThinking) => "none",
        Thinking::Off if form.takes(Feature::LeastThinking) => "minimal",
        Thinking::Off | Thinking::Low => "low",
        Thinking::Medium => "medium",
        Thinking::High => "high",
    };
    form.takes(Feature::Thinking).then_some(word)
}

fn format(held: Held<'_>) -> Format<'_> {
    match held {
        Held::Schema { schema, strict } => {
            Format::JsonSchema { json_schema: NamedSchema { name: "answer", schema, strict } }
        }
        Held::Object => Format::JsonObject,
    }
}

fn said<'a>(message: &'a Message, text: Cow<'a, str>) -> Said<'a> {
    let role = match message.speaker {
        Speaker::System => "system",
        Speaker::User => "user",
        Speaker::Assistant => "assistant",
        Speaker::Tool => "tool",
    };
    // An assistant that only calls tools has null content; some servers refuse an empty text there.
    let silent = text.is_empty() && !message.tool_requests.is_empty();
    let content = if message.images.is_empty() {
        Content::Text(text)
    } else {
        let shown = message.images.iter().map(|image| Part::ImageUrl { image_url: Address { url: address(image) } });
        Content::Parts(std::iter::once(Part::Text { text }).chain(shown).collect())
    };
    Said {
        role,
        content: (!silent).then_some(content),
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
