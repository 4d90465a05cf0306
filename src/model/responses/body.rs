//! The body of a request for a response.

use crate::core::failure::Outcome;
use crate::core::message::{ChatRequest, FunctionSpec, Message, Speaker};
use crate::model::openai::effort;
use crate::model::prompt::{Held, address, held, with_schema, written};
use crate::model::quirks::{Feature, Form};
use serde::Serialize;
use serde_json::Value;
use std::borrow::Cow;

#[derive(Serialize)]
struct Body<'a> {
    model: &'a str,
    input: Vec<Item<'a>>,
    #[serde(skip_serializing_if = "Option::is_none")]
    max_output_tokens: Option<u64>,
    #[serde(skip_serializing_if = "Option::is_none")]
    temperature: Option<f64>,
    #[serde(skip_serializing_if = "Option::is_none")]
    reasoning: Option<Reasoning>,
    #[serde(skip_serializing_if = "Option::is_none")]
    text: Option<Text<'a>>,
    #[serde(skip_serializing_if = "Vec::is_empty")]
    include: Vec<&'static str>,
    #[serde(skip_serializing_if = "Vec::is_empty")]
    tools: Vec<Tool<'a>>,
    #[serde(skip_serializing_if = "Option::is_none")]
    tool_choice: Option<&'static str>,
    store: bool,
    stream: bool,
}

#[derive(Serialize)]
struct Reasoning {
    effort: &'static str,
}

#[derive(Serialize)]
struct Text<'a> {
    format: Format<'a>,
}

#[derive(Serialize)]
#[serde(tag = "type", rename_all = "snake_case")]
enum Format<'a> {
    JsonSchema { name: &'static str, schema: Cow<'a, Value>, strict: bool },
    JsonObject,
}

#[derive(Serialize)]
#[serde(untagged)]
enum Item<'a> {
    Said { role: &'static str, content: Content<'a> },
    Call { r#type: &'static str, call_id: &'a str, name: &'a str, arguments: &'a str },
    Output { r#type: &'static str, call_id: &'a str, output: Cow<'a, str> },
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
    InputText { text: Cow<'a, str> },
    InputImage { image_url: Cow<'a, str>, detail: &'static str },
}

#[derive(Serialize)]
struct Tool<'a> {
    r#type: &'static str,
    name: &'a str,
    description: &'a str,
    parameters: &'a Value,
    /// Absent means true here, and refuses parameters that are not closed.
    strict: bool,
}

/// The JSON of a request to `model`, in the form that the server is known to take.
pub(super) fn compose(request: &ChatRequest, model: &str, form: Form) -> Outcome<Vec<u8>> {
    let sampling = &request.sampling;
    let format = held(request, form).map(format);
    let texts = with_schema(request, matches!(format, Some(Format::JsonSchema { .. })));
    let logprobs = request.logprobs && form.takes(Feature::Logprobs);
    let body = Body {
        model,
        input: request.messages.iter().zip(texts).flat_map(|(message, text)| items(message, text)).collect(),
        max_output_tokens: sampling.max_tokens,
        temperature: sampling.temperature.filter(|_| form.takes(Feature::Temperature)),
        reasoning: sampling.thinking.and_then(|thinking| effort(thinking, form)).map(|effort| Reasoning { effort }),
        text: format.map(|format| Text { format }),
        include: if logprobs { vec!["message.output_text.logprobs"] } else { Vec::new() },
        tools: request.functions.iter().map(tool).collect(),
        tool_choice: (!request.functions.is_empty()).then_some("auto"),
        store: form.store,
        stream: form.stream,
    };
    written(&body)
}

fn format(held: Held<'_>) -> Format<'_> {
    match held {
        Held::Schema { schema, strict } => Format::JsonSchema { name: "answer", schema, strict },
        Held::Object => Format::JsonObject,
    }
}

/// A message is one item, and each call of a tool another one.
fn items<'a>(message: &'a Message, text: Cow<'a, str>) -> Vec<Item<'a>> {
    let role = match message.speaker {
        Speaker::System => "system",
        Speaker::User => "user",
        Speaker::Assistant => "assistant",
        Speaker::Tool => {
            let call_id = message.answers.as_deref().unwrap_or_default();
            return vec![Item::Output { r#type: "function_call_output", call_id, output: text }];
        }
    };
    let calls = message.tool_requests.iter().map(|call| Item::Call {
        r#type: "function_call",
        call_id: &call.id,
        name: &call.name,
        arguments: &call.arguments,
    });
    let silent = text.is_empty() && !message.tool_requests.is_empty();
    let content = if message.images.is_empty() {
        Content::Text(text)
    } else {
        let shown = message.images.iter().map(|image| Part::InputImage { image_url: address(image), detail: "auto" });
        Content::Parts(std::iter::once(Part::InputText { text }).chain(shown).collect())
    };
    let said = (!silent).then_some(Item::Said { role, content });
    said.into_iter().chain(calls).collect()
}

fn tool(function: &FunctionSpec) -> Tool<'_> {
    let FunctionSpec { name, description, parameters } = function;
    Tool { r#type: "function", name, description, parameters, strict: false }
}
