//! A response, streamed or not, read into a draft.
//!
//! Only the last event says that a response is whole; a stream without it was cut.

use crate::core::failure::{Failure, FailureKind, Outcome};
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
use serde_json::Value;

/// Reads one response.
#[derive(Debug, Default)]
pub struct ResponsesReader {
    /// The texts of the parts that are done, which some servers write nowhere else.
    done: String,
    /// An item of the output was left incomplete.
    cut: bool,
}

impl Reader for ResponsesReader {
    fn frame(&mut self, draft: &mut Draft<'_>, frame: &Frame) -> Outcome<Flow> {
        let event: Event = draft.event(&frame.data)?;
        let kind = if event.r#type.is_empty() { frame.event.as_str() } else { event.r#type.as_str() };
        let delta = event.delta.as_ref().and_then(Value::as_str).unwrap_or_default();
        draft.name(event.response.as_ref().and_then(|response| response.id.as_ref()));
        match kind {
            "response.output_text.delta" => {
                let known = event.logprobs.as_ref().map(logprobs::read).unwrap_or_default();
                draft.say(delta, &known)?;
            }
            "response.output_text.done" => self.done.push_str(event.text.as_deref().unwrap_or_default()),
            "response.refusal.delta" => draft.decline(delta),
            "response.reasoning_summary_text.delta" | "response.reasoning_text.delta" => draft.think(delta)?,
            "response.function_call_arguments.delta" => {
                let arguments = Some(Value::String(delta.to_owned()));
                draft.call(CallPart { index: event.output_index, arguments, ..CallPart::default() })?;
            }
            "response.output_item.added" | "response.output_item.done" => {
                let item = event.item.unwrap_or_default();
                self.cut |= kind.ends_with("done") && item.is_cut();
                if item.r#type == "reasoning" {
                    draft.ponder();
                }
                // A server that sent no pieces of a call sends it whole.
                if item.r#type == "function_call" && draft.lacks_call(event.output_index) {
                    draft.call(part(event.output_index, item))?;
                }
            }
            "response.completed" | "response.incomplete" | "response.failed" | "response.cancelled" => {
                let said = kind.trim_start_matches("response.").to_owned();
                self.end(draft, event.response.unwrap_or_default(), &said)?;
                return Ok(Flow::Done);
            }
            "error" | "response.error" => return Err(draft.complained(&draft.event::<Value>(&frame.data)?)),
            "" => draft.untyped(&frame.data)?,
            _ => {}
        }
        Ok(draft.flow())
    }

    fn document(&mut self, draft: &mut Draft<'_>, body: &[u8]) -> Outcome<()> {
        let response: Response = draft.document(body)?;
        draft.name(response.id.as_ref());
        let fails = response.error.as_ref().is_some_and(|error| !error.is_null());
        // What has no status has not said that it is whole, and what has no output says nothing at all.
        let ends = response.status.as_deref().is_some_and(|status| status != "completed");
        match (&response.status, &response.output) {
            (None, _) => Err(draft.no_answer(body, "status")),
            (Some(_), None) if !fails && !ends => Err(draft.no_answer(body, "output")),
            _ => self.end(draft, response, "completed"),
        }
    }
}

/// A call of a function, with its arguments as far as they are there.
fn part(index: Option<u64>, item: Item) -> CallPart {
    let (id, name) = (item.call_id.unwrap_or_default(), item.name.unwrap_or_default());
    CallPart { index, id, name, arguments: item.arguments }
}

impl ResponsesReader {
    /// Ends the answer. What the event `said` counts where the response does not say more, and never against it.
    fn end(&mut self, draft: &mut Draft<'_>, response: Response, said: &str) -> Outcome<()> {
        let heard = self.complete(draft, response.output.unwrap_or_default());
        if let Some(usage) = response.usage.as_ref().and_then(usage) {
            draft.report(usage, true);
        }
        if let Some(error) = response.error.filter(|error| !error.is_null()) {
            return Err(draft.complained(&error));
        }
        heard?;
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
            "completed" if self.cut => draft.end(Err(cut(draft))),
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

    /// Holds the whole output against its pieces.
    fn complete(&mut self, draft: &mut Draft<'_>, output: Vec<Item>) -> Outcome<()> {
        let (mut text, mut declined, mut calls) = (String::new(), String::new(), Vec::new());
        for (index, item) in (0..).zip(output) {
            self.cut |= item.is_cut();
            match item.r#type.as_str() {
                "message" => {
                    for part in item.content.into_iter().flatten() {
                        text.push_str(&part.text.unwrap_or_default());
                        declined.push_str(&part.refusal.unwrap_or_default());
                    }
                }
                "function_call" => calls.push(part(Some(index), item)),
                _ => {}
            }
        }
        if text.is_empty() && self.done.len() > draft.text_bytes() {
            text = std::mem::take(&mut self.done);
        }
        if !draft.is_declined() {
            draft.decline(&declined);
        }
        draft.complete(&text, calls)
    }
}

/// The failure of a response that calls itself complete and has an item that is not.
fn cut(draft: &Draft<'_>) -> Failure {
    let message = format!("the server at {} left an item of its answer incomplete", draft.host());
    Failure::new(FailureKind::Truncated, message).hint("raise max_tokens, or ask for less; `raw` has what came")
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
        unheard_tokens: 0,
        estimated: false,
    })
}
