//! A response, streamed or not, read into a draft.
//!
//! Only the last event says that a response is whole; a stream without it was cut.

use crate::core::failure::Outcome;
use crate::core::message::Finish;
use crate::core::usage::Usage;
use crate::model::calls::CallPart;
use crate::model::count::{count, credible};
use crate::model::draft::Draft;
use crate::model::openai::logprobs;
use crate::model::protocol::Reader;
use crate::model::responses::wire::{Event, Item, Response};
use crate::model::sse::Frame;
use crate::model::stream::Flow;
use crate::model::transport::foreign;
use serde_json::Value;

/// Reads one response; everything that it has to remember is in the draft.
#[derive(Debug, Default)]
pub struct ResponsesReader;

impl Reader for ResponsesReader {
    fn frame(&mut self, draft: &mut Draft<'_>, frame: &Frame) -> Outcome<Flow> {
        match frame.data.trim() {
            "" => return Ok(draft.flow()),
            "[DONE]" => return Ok(Flow::Done),
            _ => {}
        }
        let event: Event = draft.event(&frame.data)?;
        let kind = if event.r#type.is_empty() { frame.event.as_str() } else { event.r#type.as_str() };
        let delta = event.delta.as_ref().and_then(Value::as_str).unwrap_or_default();
        match kind {
            "response.output_text.delta" => {
                let known = event.logprobs.as_ref().map(logprobs::read).unwrap_or_default();
                draft.say(delta, &known)?;
            }
            "response.refusal.delta" => draft.decline(delta),
            "response.reasoning_summary_text.delta" | "response.reasoning_text.delta" => draft.think(delta)?,
            "response.function_call_arguments.delta" => {
                draft.judge(delta, &[])?;
                let arguments = Some(Value::String(delta.to_owned()));
                draft.calls.add(CallPart { index: event.output_index, arguments, ..CallPart::default() });
            }
            "response.output_item.added" => begin(draft, event.output_index, event.item.unwrap_or_default()),
            "response.output_item.done" => complete(draft, event.output_index, event.item.unwrap_or_default()),
            "response.completed" | "response.incomplete" | "response.failed" | "response.cancelled" => {
                let said = kind.trim_start_matches("response.").to_owned();
                end(draft, event.response.unwrap_or_default(), &said)?;
                return Ok(Flow::Done);
            }
            "error" | "response.error" => return Err(draft.complained(&draft.event::<Value>(&frame.data)?)),
            // Events that come without a type but with an error are those of proxies.
            "" => {
                let value: Value = draft.event(&frame.data)?;
                if value.get("error").is_some() {
                    return Err(draft.complained(&value));
                }
            }
            _ => {}
        }
        Ok(draft.flow())
    }

    fn document(&mut self, draft: &mut Draft<'_>, body: &[u8]) -> Outcome<()> {
        let response: Response = draft.document(body)?;
        if response.output.is_none() && response.status.is_none() {
            let value = draft.document::<Value>(body)?;
            let complains = value.get("error").is_some_and(|error| !error.is_null());
            return Err(match complains {
                true => draft.complained(&value),
                false => foreign(draft.host(), "its JSON has no `output`"),
            });
        }
        end(draft, response, "completed")
    }
}

fn begin(draft: &mut Draft<'_>, index: Option<u64>, item: Item) {
    if item.r#type == "function_call" {
        let (id, name) = (item.call_id.unwrap_or_default(), item.name.unwrap_or_default());
        draft.calls.add(CallPart { index, id, name, arguments: item.arguments });
    }
}

/// A server that sent no pieces of a call sends it whole.
fn complete(draft: &mut Draft<'_>, index: Option<u64>, item: Item) {
    if item.r#type == "function_call" && draft.calls.lacks_arguments(index) {
        begin(draft, index, item);
    }
}

/// Ends the answer. What the event `said` counts where the response does not say more, and never against it.
fn end(draft: &mut Draft<'_>, response: Response, said: &str) -> Outcome<()> {
    if let Some(usage) = response.usage.as_ref().and_then(usage) {
        draft.report(usage, true);
    }
    if let Some(error) = response.error.filter(|error| !error.is_null()) {
        return Err(draft.complained(&error));
    }
    let (no_text, no_calls) = (draft.is_empty(), draft.calls.is_empty());
    for (index, item) in (0..).zip(response.output.into_iter().flatten()) {
        match item.r#type.as_str() {
            "message" if no_text => {
                for part in item.content.into_iter().flatten() {
                    draft.decline(&part.refusal.unwrap_or_default());
                    draft.say_whole(&part.text.unwrap_or_default());
                }
            }
            "function_call" if no_calls => begin(draft, Some(index), item),
            _ => {}
        }
    }
    let reason = response.incomplete_details.and_then(|details| details.reason).unwrap_or_default();
    let status = response.status.as_deref().unwrap_or(said);
    // A response that says why it is not whole is not whole, whatever its status.
    let status = match (status, said, reason.as_str()) {
        ("completed", "completed", "") => "completed",
        ("completed", "completed", _) => "incomplete",
        ("completed", said, _) => said,
        (status, ..) => status,
    };
    match status {
        "completed" => draft.end(Ok(Finish::Stop)),
        "incomplete" => {
            let ending = match reason.as_str() {
                "max_output_tokens" | "max_tokens" => Ok(Finish::Length),
                "content_filter" => Ok(Finish::ContentFilter),
                other => Err(draft.unfinished(other)),
            };
            draft.end(ending);
        }
        // Still at work: nothing has said that this is all.
        "in_progress" | "queued" => {}
        other => draft.end(Err(draft.unfinished(other))),
    }
    Ok(())
}

/// The usage, or `None` if its numbers cannot be true.
fn usage(usage: &Value) -> Option<Usage> {
    let detail = |group: &str, name: &str| usage.get(group).and_then(|details| count(details, name)).unwrap_or(0);
    let (input, output) = (count(usage, "input_tokens")?, count(usage, "output_tokens")?);
    credible(Usage {
        input_tokens: input,
        cached_input_tokens: detail("input_tokens_details", "cached_tokens"),
        cache_write_tokens: detail("input_tokens_details", "cache_write_tokens"),
        output_tokens: output,
        reasoning_tokens: detail("output_tokens_details", "reasoning_tokens"),
        estimated: false,
    })
}
