//! An answer put together from its pieces, and the judgement whether it is whole.
//!
//! A cut answer is never taken for a whole one: without a finish reason there is no reply.

use crate::core::failure::{Failure, FailureKind, Outcome};
use crate::core::message::{ChatReply, ChatRequest, Finish};
use crate::core::text::one_line;
use crate::core::usage::Usage;
use crate::model::chat::{Piece, Watch};
use crate::model::classify::{Asked, broke_off};
use crate::model::complaint::Complaint;
use crate::model::estimate;
use crate::model::openai::calls::Calls;
use crate::model::openai::usage;
use crate::model::openai::wire::{Choice, Chunk, Part, text_of};
use crate::model::sse::Frame;
use crate::model::stream::Flow;
use crate::model::transport::{ended_early, foreign};
use serde_json::Value;

/// How far a request has come, which decides what it costs if it ends there.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Stage {
    /// The server has not been asked, or has refused.
    Idle,
    /// The server has been asked and may be at work.
    Asked,
}

/// What has arrived so far.
pub(super) struct Answer<'a> {
    pub(super) stage: Stage,
    watch: &'a Watch,
    asked: Asked<'a>,
    text: String,
    refusal: String,
    /// Bytes of thoughts, which are paid for though not shown.
    thoughts: usize,
    calls: Calls,
    finish: Option<String>,
    usage: Option<Usage>,
}

impl<'a> Answer<'a> {
    pub(super) fn new(watch: &'a Watch, asked: Asked<'a>) -> Self {
        let (text, refusal, calls) = (String::new(), String::new(), Calls::default());
        Self { stage: Stage::Idle, watch, asked, text, refusal, thoughts: 0, calls, finish: None, usage: None }
    }

    /// Takes one event of a stream.
    pub(super) fn take_frame(&mut self, frame: &Frame) -> Outcome<Flow> {
        match frame.data.trim() {
            "" => return Ok(self.flow()),
            "[DONE]" => return Ok(Flow::Done),
            _ => {}
        }
        let chunk = self.parse(frame.data.as_bytes(), "an event of its stream is not JSON of a chat answer")?;
        if frame.event == "error" || chunk.is_error() {
            return Err(self.complained(frame.data.as_bytes()));
        }
        self.take(chunk);
        Ok(self.flow())
    }

    /// Takes an answer that came as one document.
    pub(super) fn take_document(&mut self, body: &[u8]) -> Outcome<()> {
        let chunk = match serde_json::from_slice::<Chunk>(body) {
            Err(error) if error.is_eof() => return Err(ended_early(self.asked.host)),
            _ => self.parse(body, "it is not JSON of a chat answer")?,
        };
        if chunk.is_error() {
            return Err(self.complained(body));
        }
        if chunk.choices.is_none() {
            return Err(foreign(self.asked.host, "its JSON has no `choices`"));
        }
        self.take(chunk);
        Ok(())
    }

    /// Whether the server has said that the answer is whole.
    pub(super) fn is_whole(&self) -> bool {
        self.finish.is_some()
    }

    /// Whether any of its text has been shown.
    pub(super) fn is_shown(&self) -> bool {
        !self.text.is_empty()
    }

    /// The usage so far: the server's own figure if it gave one, else an estimate of what it may have done.
    pub(super) fn usage(&self, request: &ChatRequest) -> Usage {
        match (self.usage, self.stage) {
            (Some(usage), _) => usage,
            (None, Stage::Idle) => Usage::default(),
            (None, Stage::Asked) => Usage {
                input_tokens: estimate::prompt_tokens(request),
                cached_input_tokens: 0,
                cache_write_tokens: 0,
                output_tokens: estimate::tokens(
                    self.text.len() + self.refusal.len() + self.thoughts + self.calls.bytes(),
                ),
                reasoning_tokens: estimate::tokens(self.thoughts),
                estimated: true,
            },
        }
    }

    /// The reply, if the answer is whole.
    pub(super) fn reply(self, usage: Usage) -> Outcome<ChatReply> {
        let Some(reason) = self.finish else { return Err(ended_early(self.asked.host)) };
        if !self.refusal.is_empty() {
            let said = one_line(&self.refusal, 300);
            return Err(Failure::new(FailureKind::Refusal, format!("the model declined to answer: {said}")));
        }
        let tool_requests = self.calls.finish();
        let finish = match finish_of(&reason) {
            Some(Finish::Stop | Finish::ToolCalls) if !tool_requests.is_empty() => Finish::ToolCalls,
            Some(Finish::ToolCalls) => Finish::Stop,
            Some(finish) => finish,
            None => return Err(unfinished(&reason, self.asked.host).detail("raw", self.text)),
        };
        Ok(ChatReply { text: self.text, tool_requests, finish, usage })
    }

    fn parse(&self, json: &[u8], what: &str) -> Outcome<Chunk> {
        serde_json::from_slice(json).map_err(|error| foreign(self.asked.host, &format!("{what}: {error}")))
    }

    fn complained(&self, json: &[u8]) -> Failure {
        let value = serde_json::from_slice::<Value>(json).unwrap_or_default();
        broke_off(&Complaint::from_value(&value), self.asked)
    }

    fn flow(&self) -> Flow {
        if self.is_whole() { Flow::Ending } else { Flow::More }
    }

    fn take(&mut self, chunk: Chunk) {
        if let Some(usage) = chunk.usage.as_ref().and_then(usage::read) {
            self.usage = Some(usage);
        }
        let first = |choice: &Choice| choice.index.unwrap_or(0) == 0;
        for choice in chunk.choices.into_iter().flatten().filter(first) {
            for part in [choice.delta, choice.message].into_iter().flatten() {
                self.add(part);
            }
            if let Some(reason) = choice.finish_reason.filter(|reason| !reason.is_empty()) {
                self.finish = Some(reason);
            }
        }
    }

    fn add(&mut self, part: Part) {
        for thought in [part.reasoning_content, part.reasoning].into_iter().flatten() {
            self.thoughts += thought.len();
        }
        self.refusal.push_str(&part.refusal.unwrap_or_default());
        for call in part.tool_calls.into_iter().flatten() {
            self.calls.add(call);
        }
        let text = part.content.map(text_of).unwrap_or_default();
        if !text.is_empty() {
            self.text.push_str(&text);
            self.watch.show(Piece::Text(text));
        }
    }
}

/// What a finish reason means, in the words of OpenAI and of servers that have their own.
fn finish_of(reason: &str) -> Option<Finish> {
    match reason.to_lowercase().as_str() {
        "stop" | "eos" | "eos_token" | "stop_sequence" | "end_turn" | "end" | "complete" | "completed" | "finished" => {
            Some(Finish::Stop)
        }
        "length" | "max_tokens" | "max_output_tokens" | "model_length" => Some(Finish::Length),
        "tool_calls" | "tool_use" | "function_call" => Some(Finish::ToolCalls),
        "content_filter" | "safety" => Some(Finish::ContentFilter),
        _ => None,
    }
}

/// The failure of an answer that ended for a reason that is none of the above.
fn unfinished(reason: &str, host: &str) -> Failure {
    let broken = ["error", "abort", "cancel", "insufficient_system_resource"];
    if broken.iter().any(|word| reason.to_lowercase().contains(word)) {
        return Failure::new(FailureKind::Server, format!("the server at {host} broke off its answer: {reason}"));
    }
    let message = format!("{host} ended its answer for an unknown reason: {reason:?}");
    Failure::new(FailureKind::Protocol, message).hint("the text that arrived is in `raw`")
}
