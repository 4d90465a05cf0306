//! The answer of chat completions, streamed or not, read into a draft.

use crate::core::failure::Outcome;
use crate::core::message::Finish;
use crate::model::calls::CallPart;
use crate::model::draft::Draft;
use crate::model::draft::said::is_broken;
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
        let chunk: Chunk = draft.event(&frame.data)?;
        let error = if chunk.is_error() { Some(draft.event::<Value>(&frame.data)?) } else { None };
        take(draft, chunk, error, true)?;
        Ok(draft.flow())
    }

    fn document(&mut self, draft: &mut Draft<'_>, body: &[u8]) -> Outcome<()> {
        let chunk: Chunk = draft.document(body)?;
        let error = if chunk.is_error() { Some(draft.document::<Value>(body)?) } else { None };
        if error.is_none() && chunk.choices.is_none() {
            return Err(foreign(draft.host(), "its JSON has no `choices`"));
        }
        draft.is_here();
        take(draft, chunk, error, false)
    }
}

/// Takes what an event or a document holds; what was counted stands for all of it, and is billed also if it is an error.
fn take(draft: &mut Draft<'_>, chunk: Chunk, error: Option<Value>, streamed: bool) -> Outcome<()> {
    draft.name(chunk.id.as_ref());
    let first = |choice: &Choice| choice.index.unwrap_or(0) == 0;
    let heard = chunk.choices.into_iter().flatten().filter(first).try_for_each(|choice| hear(draft, choice, streamed));
    if let Some(usage) = chunk.usage.as_ref().and_then(usage::read) {
        draft.report(usage, true);
    }
    match error {
        Some(error) => Err(draft.complained(&error)),
        None => heard,
    }
}

fn hear(draft: &mut Draft<'_>, choice: Choice, streamed: bool) -> Outcome<()> {
    let (is_empty, is_cut) = (choice.delta.is_none() && choice.message.is_none(), is_cut(&choice));
    let known = choice.logprobs.as_ref().map(logprobs::read).unwrap_or_default();
    for part in [choice.delta, choice.message].into_iter().flatten() {
        add(draft, part, &known, streamed)?;
    }
    // OpenRouter writes what goes wrong at one of its providers into the choice.
    if let Some(error) = choice.error {
        return Err(draft.complained(&error));
    }
    // A last event may do without; an answer in one piece only where nothing was left to say (Gemini's, if thinking took all), and
    // never one in the words of the old completions.
    if is_empty && (choice.text.is_some() || !streamed && !is_cut) {
        return Err(foreign(draft.host(), "its choice has no `message`"));
    }
    let given = |reason: Option<String>| reason.filter(|reason| !reason.is_empty());
    if let Some(reason) = given(choice.finish_reason) {
        let ending = finish_of(&reason).ok_or_else(|| draft.unfinished(&reason));
        draft.end(ending);
    }
    // The provider's own word beside that of a gateway, which may have mistaken a cut for an end.
    if let Some(reason) = given(choice.native_finish_reason) {
        match finish_of(&reason) {
            Some(cut @ (Finish::Length | Finish::ContentFilter)) => draft.end(Ok(cut)),
            None if is_broken(&reason) => draft.end(Err(draft.unfinished(&reason))),
            _ => {}
        }
    }
    Ok(())
}

/// Whether a limit or a filter ended the answer.
fn is_cut(choice: &Choice) -> bool {
    let mut reasons = [&choice.finish_reason, &choice.native_finish_reason].into_iter().flatten();
    let cut = |reason: &String| matches!(finish_of(reason), Some(Finish::Length | Finish::ContentFilter));
    reasons.any(cut)
}

fn add(draft: &mut Draft<'_>, part: Part, tokens: &[TokenEvidence], streamed: bool) -> Outcome<()> {
    // Servers that know both names write the same thought under both.
    let thoughts = [part.reasoning_content, part.reasoning].into_iter().flatten();
    if let Some(thought) = thoughts.max_by_key(String::len) {
        draft.think(&thought)?;
    }
    draft.decline(&part.refusal.unwrap_or_default());
    for call in part.tool_calls.into_iter().flatten().chain(part.function_call.map(wire::CallPart::alone)) {
        draft.call(piece(call))?;
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
        "content_filter" | "safety" | "refusal" | "recitation" | "prohibited_content" | "blocklist" | "spii" => {
            Some(Finish::ContentFilter)
        }
        _ => None,
    }
}
