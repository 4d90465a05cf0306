//! An answer that is being put together, and the judgement whether it is whole. The same for every protocol.
//!
//! A cut answer is never taken for a whole one: what the server has not ended is no reply.

use crate::core::failure::{Failure, FailureKind, Outcome};
use crate::core::message::{ChatReply, ChatRequest, Finish};
use crate::core::text::one_line;
use crate::core::usage::Usage;
use crate::model::calls::Calls;
use crate::model::chat::{Piece, Watch};
use crate::model::classify::{Asked, broke_off};
use crate::model::complaint::Complaint;
use crate::model::estimate;
use crate::model::stream::Flow;
use crate::model::transport::{ended_early, foreign};
use crate::policy::monitor::{Monitor, TokenEvidence};
use serde::de::DeserializeOwned;
use serde_json::Value;

/// How far a request has come, which decides what it costs if it ends there.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Stage {
    /// The server has not been asked, or has refused.
    Idle,
    /// The server has been asked and may be at work.
    Asked,
}

/// The most bytes of text, refusal and tool calls of one answer: twice as many as a million tokens have.
const TEXT_CAP: usize = 8 * 1024 * 1024;

/// What has arrived of one attempt's answer.
pub struct Draft<'a> {
    /// How far the attempt has come.
    pub stage: Stage,
    /// The tools that the model asks for.
    pub calls: Calls,
    watch: &'a Watch,
    asked: Asked<'a>,
    monitor: Option<Monitor>,
    text: String,
    refusal: String,
    /// Bytes of thoughts, which are paid for though not shown.
    thoughts: usize,
    ending: Option<Outcome<Finish>>,
    usage: Option<Usage>,
    /// The usage counts the whole answer, not only the prompt.
    counted: bool,
}

impl<'a> Draft<'a> {
    /// An answer of which nothing has arrived.
    pub fn new(watch: &'a Watch, asked: Asked<'a>) -> Self {
        Self {
            stage: Stage::Idle,
            calls: Calls::default(),
            watch,
            asked,
            monitor: watch.monitor.map(Monitor::new),
            text: String::new(),
            refusal: String::new(),
            thoughts: 0,
            ending: None,
            usage: None,
            counted: false,
        }
    }

    /// Host and port of the server.
    pub const fn host(&self) -> &'a str {
        self.asked.host
    }

    /// Adds text to the answer, with what is known of its tokens.
    ///
    /// # Errors
    /// What the monitor finds wrong with the answer so far.
    pub fn say(&mut self, text: &str, tokens: &[TokenEvidence]) -> Outcome<()> {
        if !text.is_empty() {
            self.text.push_str(text);
            self.watch.show(Piece::Text(text.to_owned()));
        }
        self.judge(text, tokens)
    }

    /// Shows the monitor what is written but is not the answer's text: the arguments of a function.
    ///
    /// # Errors
    /// What the monitor finds wrong with the answer so far.
    pub fn judge(&mut self, text: &str, tokens: &[TokenEvidence]) -> Outcome<()> {
        match self.monitor.as_mut().and_then(|monitor| monitor.see(text, tokens)) {
            Some(failure) => Err(failure.detail("raw", self.text.clone())),
            None => Ok(()),
        }
    }

    /// Takes note that the answer comes in one piece: nothing is saved by stopping it.
    pub fn is_here(&mut self) {
        self.monitor = None;
    }

    /// Adds text that arrived together with the end of the answer.
    pub fn say_whole(&mut self, text: &str) {
        self.is_here();
        if !text.is_empty() {
            self.text.push_str(text);
            self.watch.show(Piece::Text(text.to_owned()));
        }
    }

    /// Adds words with which the model declines to answer.
    pub fn decline(&mut self, words: &str) {
        self.refusal.push_str(words);
    }

    /// Adds thoughts; they are counted and not shown.
    ///
    /// # Errors
    /// What the monitor finds wrong with them: most answers that go on for ever do so in their thoughts.
    pub fn think(&mut self, thought: &str) -> Outcome<()> {
        self.thoughts += thought.len();
        self.judge(thought, &[])
    }

    /// Takes the server's word that nothing is missing, and how the answer ended.
    pub fn end(&mut self, ending: Outcome<Finish>) {
        self.ending = Some(ending);
    }

    /// Keeps the server's figures. `counted` says that they count the whole answer and not only its beginning.
    pub const fn report(&mut self, usage: Usage, counted: bool) {
        self.usage = Some(usage);
        self.counted = counted;
    }

    /// The server's figures so far.
    pub const fn reported(&self) -> Option<Usage> {
        self.usage
    }

    /// Whether the server has said that the answer is whole.
    pub const fn is_whole(&self) -> bool {
        self.ending.is_some()
    }

    /// Whether anything of it has been shown.
    pub const fn is_shown(&self) -> bool {
        !self.text.is_empty()
    }

    /// Whether text has arrived, shown or declining.
    pub const fn is_empty(&self) -> bool {
        self.text.is_empty() && self.refusal.is_empty()
    }

    /// Whether the server has been asked and has said nothing.
    pub const fn is_unheard(&self) -> bool {
        matches!(self.stage, Stage::Asked)
            && self.usage.is_none()
            && self.is_empty()
            && self.thoughts == 0
            && self.calls.is_empty()
    }

    /// What to expect after an event.
    pub const fn flow(&self) -> Flow {
        if self.is_whole() { Flow::Ending } else { Flow::More }
    }

    /// Reads an event's JSON.
    ///
    /// # Errors
    /// `protocol` if it is none, or has another form.
    pub fn event<T: DeserializeOwned>(&self, json: &str) -> Outcome<T> {
        let what = "an event of its stream is not JSON of a chat answer";
        serde_json::from_str(json).map_err(|error| foreign(self.asked.host, &format!("{what}: {error}")))
    }

    /// Reads a document's JSON.
    ///
    /// # Errors
    /// `transport` if it ends too early, `protocol` if it is no JSON or has another form.
    pub fn document<T: DeserializeOwned>(&self, json: &[u8]) -> Outcome<T> {
        serde_json::from_slice(json).map_err(|error| match error.is_eof() {
            true => ended_early(self.asked.host),
            false => foreign(self.asked.host, &format!("it is not JSON of a chat answer: {error}")),
        })
    }

    /// The failure of an error that came in place of an answer, or in its middle.
    pub fn complained(&self, error: &Value) -> Failure {
        broke_off(&Complaint::from_value(error), self.asked)
    }

    /// The failure of an answer that ended for a reason that nobody knows, or because the server broke.
    pub fn unfinished(&self, reason: &str) -> Failure {
        let host = self.asked.host;
        let broken = ["error", "abort", "cancel", "fail", "insufficient_system_resource"];
        if broken.iter().any(|word| reason.to_lowercase().contains(word)) {
            return Failure::new(FailureKind::Server, format!("the server at {host} broke off its answer: {reason}"));
        }
        let message = format!("{host} ended its answer for an unknown reason: {reason:?}");
        Failure::new(FailureKind::Protocol, message).hint("the text that arrived is in `raw`")
    }

    /// Checks that what is kept of the answer has a size that an answer can have.
    ///
    /// # Errors
    /// `protocol` if it is larger than `TEXT_CAP`.
    pub fn check_size(&self) -> Outcome<()> {
        if self.text.len() + self.refusal.len() + self.calls.bytes() <= TEXT_CAP {
            return Ok(());
        }
        let cap = TEXT_CAP / (1024 * 1024);
        let message = format!("the text of the answer of {} is larger than {cap} MiB", self.asked.host);
        Err(Failure::new(FailureKind::Protocol, message))
    }

    /// The usage so far: the server's own figures as far as it gave them, else an estimate of what it may have done.
    pub fn usage(&self, request: &ChatRequest) -> Usage {
        let written = || {
            let declined = self.text.len() + self.refusal.len();
            estimate::tokens(declined + self.thoughts + self.calls.bytes())
        };
        match (self.usage, self.stage) {
            (Some(usage), _) if self.counted => usage,
            (Some(usage), _) => Usage { output_tokens: usage.output_tokens.max(written()), estimated: true, ..usage },
            (None, Stage::Idle) => Usage::default(),
            (None, Stage::Asked) => Usage {
                input_tokens: estimate::prompt_tokens(request),
                output_tokens: written(),
                reasoning_tokens: estimate::tokens(self.thoughts),
                estimated: true,
                ..Usage::default()
            },
        }
    }

    /// Ends the text where one of these begins; for servers that cannot be told to do so.
    pub fn cut_at(&mut self, stops: &[String]) {
        let found = stops.iter().filter(|stop| !stop.is_empty()).filter_map(|stop| self.text.find(stop.as_str())).min();
        if let Some(at) = found {
            self.text.truncate(at);
            if matches!(self.ending, Some(Ok(Finish::Length))) {
                self.ending = Some(Ok(Finish::Stop));
            }
        }
    }

    /// The reply, if the answer is whole.
    ///
    /// # Errors
    /// `transport` if it is not, `refusal` if the model declined, else why it ended.
    pub fn reply(self, usage: Usage) -> Outcome<ChatReply> {
        let Some(ending) = self.ending else { return Err(ended_early(self.asked.host)) };
        if !self.refusal.is_empty() {
            let said = one_line(&self.refusal, 300);
            return Err(Failure::new(FailureKind::Refusal, format!("the model declined to answer: {said}")));
        }
        let finish = match ending {
            Ok(finish) => finish,
            Err(failure) => return Err(failure.detail("raw", self.text)),
        };
        let tool_requests = self.calls.finish();
        let finish = match finish {
            Finish::Stop | Finish::ToolCalls if !tool_requests.is_empty() => Finish::ToolCalls,
            Finish::ToolCalls => Finish::Stop,
            finish => finish,
        };
        Ok(ChatReply { text: self.text, tool_requests, finish, usage })
    }
}
