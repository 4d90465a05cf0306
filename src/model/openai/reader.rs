//! The answer of chat completions, streamed or not, read into a draft.

use crate::core::failure::Outcome;
use crate::core::message::Finish;
use crate::model::calls::CallPart;
use crate::model::draft::Draft;
use crate::model::openai::wire::{self, Choice, Chunk, Part, text_of};
use crate::model::openai::{logprobs, usage};
use crate::model::protocol::Reader;
use crate::model::sse::Frame;
use crate::model::stream::Flow;
use crate::model::transport::foreign;
use crate::policy::monitor::TokenEvidence;
use serde_json::Value;

/// Reads one answer; everything that it has to remember is in the draft.
#[derive(Debug, Default)]
pub struct ChatReader;

impl Reader for ChatReader {
    fn frame(&mut self, draft: &mut Draft<'_>, frame: &Frame) -> Outcome<Flow> {
        match frame.data.trim() {
            "" => return Ok(draft.flow()),
            "[DONE]" => return Ok(Flow::Done),
            _ => {}
        }
        let chunk: Chunk = draft.event(&frame.data)?;
        if frame.event == "error" || chunk.is_error() {
            let error = draft.event::<Value>(&frame.data)?;
            return Err(draft.complained(&error));
        }
        take(draft, chunk, true)?;
        Ok(draft.flow())
    }

    fn document(&mut self, draft: &mut Draft<'_>, body: &[u8]) -> Outcome<()> {
        let chunk: Chunk = draft.document(body)?;
        if chunk.is_error() {
            let error = draft.document::<Value>(body)?;
            return Err(draft.complained(&error));
        }
        if chunk.choices.is_none() {
            return Err(foreign(draft.host(), "its JSON has no `choices`"));
        }
        draft.is_here();
        take(draft, chunk, false)
    }
}

fn take(draft: &mut Draft<'_>, chunk: Chunk, streamed: bool) -> Outcome<()> {
    if let Some(usage) = chunk.usage.as_ref().and_then(usage::read) {
        draft.report(usage, true);
    }
    let first = |choice: &Choice| choice.index.unwrap_or(0) == 0;
    for choice in chunk.choices.into_iter().flatten().filter(first) {
        let known = choice.logprobs.as_ref().map(logprobs::read).unwrap_or_default();
        if let Some(reason) = choice.finish_reason.filter(|reason| !reason.is_empty()) {
            let ending = finish_of(&reason).ok_or_else(|| draft.unfinished(&reason));
            draft.end(ending);
        }
        for part in [choice.delta, choice.message].into_iter().flatten() {
            add(draft, part, &known, streamed)?;
        }
    }
    Ok(())
}

fn add(draft: &mut Draft<'_>, part: Part, tokens: &[TokenEvidence], streamed: bool) -> Outcome<()> {
    for thought in [part.reasoning_content, part.reasoning].into_iter().flatten() {
        draft.think(&thought)?;
    }
    draft.decline(&part.refusal.unwrap_or_default());
    for call in part.tool_calls.into_iter().flatten().chain(part.function_call.map(wire::CallPart::alone)) {
        let piece = piece(call);
        if let Some(Value::String(arguments)) = &piece.arguments {
            draft.judge(arguments, &[])?;
        }
        draft.calls.add(piece);
    }
    let text = part.content.map(text_of).unwrap_or_default();
    if streamed {
        return draft.say(&text, tokens);
    }
    draft.say_whole(&text);
    Ok(())
}

fn piece(call: wire::CallPart) -> CallPart {
    let function = call.function.unwrap_or_default();
    CallPart {
        index: call.index,
        id: call.id.unwrap_or_default(),
        name: function.name.unwrap_or_default(),
        arguments: function.arguments,
    }
}

/// What a finish reason means, in the words of OpenAI and of servers that have their own.
fn finish_of(reason: &str) -> Option<Finish> {
    match reason.to_lowercase().as_str() {
        "stop" | "eos" | "eos_token" | "stop_sequence" | "end_turn" | "end" | "complete" | "completed" | "finished" => {
            Some(Finish::Stop)
        }
        "length" | "max_tokens" | "max_output_tokens" | "model_length" | "limit" => Some(Finish::Length),
        "tool_calls" | "tool_use" | "function_call" => Some(Finish::ToolCalls),
        "content_filter" | "safety" | "refusal" => Some(Finish::ContentFilter),
        _ => None,
    }
}
