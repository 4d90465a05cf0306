//! An answer in messages, streamed or not, read into a draft.

use crate::core::failure::{Failure, FailureKind, Outcome};
use crate::core::message::Finish;
use crate::core::usage::Usage;
use crate::model::anthropic::thoughts::Thoughts;
use crate::model::anthropic::wire::{Block, Delta, Event, Message};
use crate::model::calls::CallPart;
use crate::model::count::{count, credible};
use crate::model::draft::Draft;
use crate::model::protocol::Reader;
use crate::model::sse::Frame;
use crate::model::stream::Flow;
use serde_json::Value;

/// Reads one answer.
#[derive(Debug, Default)]
pub struct MessagesReader {
    /// The counts so far: those of the prompt come first, those of the answer last, and later ones replace earlier ones.
    counts: Counts,
    thoughts: Thoughts,
}

#[derive(Clone, Copy, Debug, Default)]
struct Counts {
    input: Option<u64>,
    read: Option<u64>,
    written: Option<u64>,
    output: Option<u64>,
    thinking: Option<u64>,
}

impl Reader for MessagesReader {
    fn frame(&mut self, draft: &mut Draft<'_>, frame: &Frame) -> Outcome<Flow> {
        let event: Event = draft.event(&frame.data)?;
        let kind = if event.r#type.is_empty() { frame.event.as_str() } else { event.r#type.as_str() };
        match kind {
            "message_start" => {
                let message = event.message.unwrap_or_default();
                draft.name(message.id.as_ref());
                self.count(draft, message.usage, false);
            }
            "content_block_start" => {
                let block = event.content_block.unwrap_or_default();
                self.thoughts.begin(event.index, &block);
                begin(draft, event.index, block)?;
            }
            "content_block_delta" => {
                let delta = event.delta.unwrap_or_default();
                self.thoughts.add(event.index, &delta);
                add(draft, event.index, delta)?;
            }
            "message_delta" => {
                let reason = event.delta.and_then(|delta| delta.stop_reason);
                self.count(draft, event.usage, reason.is_some());
                if let Some(reason) = reason {
                    draft.keep(self.thoughts.finish());
                    draft.end(ending(draft, &reason));
                }
            }
            "message_stop" => {
                draft.close();
                return Ok(Flow::Done);
            }
            "error" => return Err(draft.complained(&draft.event::<Value>(&frame.data)?)),
            "" => draft.untyped(&frame.data)?,
            // Pings, ends of blocks and whatever is added later; the protocol asks clients to ignore what they do not know.
            _ => {}
        }
        Ok(draft.flow())
    }

    fn document(&mut self, draft: &mut Draft<'_>, body: &[u8]) -> Outcome<()> {
        let message: Message = draft.document(body)?;
        draft.name(message.id.as_ref());
        let Some(blocks) = message.content.filter(|_| message.r#type != "error") else {
            return Err(draft.no_answer(body, "content"));
        };
        draft.is_here();
        for (index, block) in (0..).zip(blocks) {
            self.thoughts.begin(Some(index), &block);
            draft.think(block.thinking.as_deref().unwrap_or_default())?;
            draft.say_whole(block.text.as_deref().unwrap_or_default());
            call(draft, Some(index), &block, block.input.clone())?;
        }
        self.count(draft, message.usage, true);
        draft.keep(self.thoughts.finish());
        if let Some(reason) = message.stop_reason {
            draft.end(ending(draft, &reason));
        }
        Ok(())
    }
}

impl MessagesReader {
    fn count(&mut self, draft: &mut Draft<'_>, usage: Option<Value>, whole: bool) {
        let Some(usage) = usage else { return };
        let details = usage.get("output_tokens_details");
        let known = &mut self.counts;
        known.input = of_prompt(&usage, "input_tokens", known.input);
        known.read = of_prompt(&usage, "cache_read_input_tokens", known.read);
        known.written = of_prompt(&usage, "cache_creation_input_tokens", known.written);
        known.output = count(&usage, "output_tokens").or(known.output);
        known.thinking = details.and_then(|details| count(details, "thinking_tokens")).or(known.thinking);
        let Counts { input: Some(input), read, written, output, thinking } = *known else { return };
        let (read, written) = (read.unwrap_or(0), written.unwrap_or(0));
        // Cached tokens are counted beside the others here, and among them everywhere else in this program.
        let total = Usage {
            input_tokens: input.saturating_add(read).saturating_add(written),
            cached_input_tokens: read,
            cache_write_tokens: written,
            output_tokens: output.unwrap_or(0),
            reasoning_tokens: thinking.unwrap_or(0),
            unheard_tokens: 0,
            estimated: false,
        };
        if let Some(usage) = credible(total) {
            draft.report(usage, whole && output.is_some());
        }
    }
}

/// The latest count of a part of the prompt. A zero takes no earlier count away: gateways that copy the protocol fill in
/// at the end what they told at the beginning.
fn of_prompt(usage: &Value, name: &str, known: Option<u64>) -> Option<u64> {
    count(usage, name).filter(|count| *count > 0 || known.is_none()).or(known)
}

fn begin(draft: &mut Draft<'_>, index: Option<u64>, block: Block) -> Outcome<()> {
    if matches!(block.r#type.as_str(), "thinking" | "redacted_thinking") {
        draft.ponder();
    }
    draft.think(block.thinking.as_deref().unwrap_or_default())?;
    // The input of a call that is streamed begins as an empty object and comes in pieces of text.
    call(draft, index, &block, None)?;
    draft.say(block.text.as_deref().unwrap_or_default(), &[])
}

fn call(draft: &mut Draft<'_>, index: Option<u64>, block: &Block, arguments: Option<Value>) -> Outcome<()> {
    if block.r#type != "tool_use" {
        return Ok(());
    }
    let (id, name) = (block.id.clone().unwrap_or_default(), block.name.clone().unwrap_or_default());
    draft.call(CallPart { index, id, name, arguments })
}

fn add(draft: &mut Draft<'_>, index: Option<u64>, delta: Delta) -> Outcome<()> {
    draft.think(delta.thinking.as_deref().unwrap_or_default())?;
    if let Some(piece) = delta.partial_json {
        draft.call(CallPart { index, arguments: Some(Value::String(piece)), ..CallPart::default() })?;
    }
    draft.say(delta.text.as_deref().unwrap_or_default(), &[])
}

/// How an answer ended (<https://platform.claude.com/docs/en/build-with-claude/handling-stop-reasons>).
fn ending(draft: &Draft<'_>, reason: &str) -> Outcome<Finish> {
    match reason {
        "end_turn" | "stop_sequence" => Ok(Finish::Stop),
        "max_tokens" | "model_context_window_exceeded" => Ok(Finish::Length),
        "tool_use" => Ok(Finish::ToolCalls),
        "refusal" => Err(Failure::new(FailureKind::Refusal, "the model declined to answer")
            .hint("change the wording, or ask another model; `raw` has what it had said by then")),
        // Only tools that the server itself runs pause an answer, and none are offered to it.
        "pause_turn" => Err(Failure::new(
            FailureKind::Protocol,
            format!("{} paused its answer for a tool of its own", draft.host()),
        )),
        other => Err(draft.unfinished(other)),
    }
}
