//! Messages in Anthropic's form: system text apart, speakers taking turns, tools' answers said by the user.

use crate::core::message::{ChatRequest, Image, Message, Speaker, Thought};
use serde::Serialize;
use serde_json::{Value, json};
use std::borrow::Cow;

/// One turn of the conversation.
#[derive(Serialize)]
pub(super) struct Turn<'a> {
    pub(super) role: &'static str,
    pub(super) content: Vec<Block<'a>>,
}

/// A block of a turn or of the system text.
#[derive(Serialize)]
pub(super) struct Block<'a> {
    #[serde(flatten)]
    pub(super) kind: Kind<'a>,
    /// Everything up to here is kept in the provider's cache.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(super) cache_control: Option<CacheControl>,
}

#[derive(Serialize)]
#[serde(tag = "type", rename_all = "snake_case")]
pub(super) enum Kind<'a> {
    Text { text: Cow<'a, str> },
    Thinking { thinking: &'a str, signature: &'a str },
    RedactedThinking { data: &'a str },
    Image { source: Source<'a> },
    ToolUse { id: &'a str, name: &'a str, input: Value },
    ToolResult { tool_use_id: &'a str, content: Cow<'a, str> },
}

#[derive(Serialize)]
#[serde(tag = "type", rename_all = "snake_case")]
pub(super) enum Source<'a> {
    Base64 { media_type: &'a str, data: &'a str },
    Url { url: &'a str },
}

/// The mark of five minutes.
#[derive(Serialize)]
#[serde(tag = "type", rename_all = "snake_case")]
pub(super) enum CacheControl {
    Ephemeral,
}

/// The system text and the turns of a request, with the texts as they shall be sent. Thoughts go only to a model that
/// `thinks`.
pub(super) fn split<'a>(
    request: &'a ChatRequest,
    texts: Vec<Cow<'a, str>>,
    thinks: bool,
) -> (Vec<Block<'a>>, Vec<Turn<'a>>) {
    let mut system = Vec::new();
    let mut turns: Vec<Turn<'a>> = Vec::new();
    for (message, text) in request.messages.iter().zip(texts) {
        if message.speaker == Speaker::System && turns.is_empty() {
            system.extend(said(text));
            continue;
        }
        let role = if message.speaker == Speaker::Assistant { "assistant" } else { "user" };
        let thoughts = message.thoughts.iter().filter(|_| thinks).map(thought);
        let content: Vec<Block<'_>> = thoughts.chain(blocks(message, text)).collect();
        match turns.last_mut() {
            // Two turns of one speaker are one: the protocol wants them to alternate, and all answers to one round of
            // tool calls in the same turn.
            Some(last) if last.role == role => last.content.extend(content),
            _ if content.is_empty() => {}
            _ => turns.push(Turn { role, content }),
        }
    }
    // A conversation of system text alone is said by the user: without a turn there is no request.
    if turns.is_empty() && !system.is_empty() {
        turns.push(Turn { role: "user", content: std::mem::take(&mut system) });
    }
    (system, turns)
}

/// The blocks of one message. Empty texts are refused, so they are not sent.
fn blocks<'a>(message: &'a Message, text: Cow<'a, str>) -> Vec<Block<'a>> {
    if message.speaker == Speaker::Tool {
        let tool_use_id = message.answers.as_deref().unwrap_or_default();
        return vec![block(Kind::ToolResult { tool_use_id, content: text })];
    }
    // Pictures before the text about them, as the provider recommends.
    let mut blocks: Vec<Block<'_>> = message.images.iter().map(picture).collect();
    blocks.extend(said(text));
    blocks.extend(
        message
            .tool_requests
            .iter()
            .map(|call| block(Kind::ToolUse { id: &call.id, name: &call.name, input: input(&call.arguments) })),
    );
    blocks
}

fn thought(thought: &Thought) -> Block<'_> {
    block(match thought {
        Thought::Signed { text, signature } => Kind::Thinking { thinking: text, signature },
        Thought::Redacted { data } => Kind::RedactedThinking { data },
    })
}

fn said(text: Cow<'_, str>) -> Option<Block<'_>> {
    (!text.trim().is_empty()).then(|| block(Kind::Text { text }))
}

fn picture(image: &Image) -> Block<'_> {
    let source = match image {
        Image::Url { url } => Source::Url { url },
        Image::Data { media_type, base64, .. } => Source::Base64 { media_type, data: base64 },
    };
    block(Kind::Image { source })
}

const fn block(kind: Kind<'_>) -> Block<'_> {
    Block { kind, cache_control: None }
}

/// The arguments as the object that the protocol wants; a model may have written something else.
fn input(arguments: &str) -> Value {
    match serde_json::from_str(arguments) {
        Ok(Value::Object(map)) => Value::Object(map),
        _ => json!({ "arguments": arguments }),
    }
}
