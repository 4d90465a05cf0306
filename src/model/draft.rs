//! An answer that is being put together, and the judgement whether it is whole. The same for every protocol.
//!
//! A cut answer is never taken for a whole one: what the server has not ended is no reply.

mod bill;
pub mod said;

use crate::core::failure::{Failure, FailureKind, Outcome};
use crate::core::message::{ChatReply, ChatRequest, Finish, Thought};
use crate::core::usage::Usage;
use crate::model::calls::{CallPart, Calls};
use crate::model::chat::{Piece, Watch};
use crate::model::classify::Asked;
use crate::model::complaint::SHOWN;
use crate::model::tally::Tally;
use crate::model::transport::ended_early;
use crate::policy::monitor::{Monitor, TokenEvidence};
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
    watch: &'a Watch,
    asked: Asked<'a>,
    monitor: Option<Monitor>,
    text: String,
    refusal: String,
    calls: Calls,
    thoughts: Vec<Thought>,
    /// The model has begun to think.
    ponders: bool,
    tally: Tally,
    ending: Option<Outcome<Finish>>,
    /// The server has said by what id it knows the call.
    named: bool,
    /// Something came after the ending, which therefore was none.
    goes_on: bool,
}

impl<'a> Draft<'a> {
    /// An answer of which nothing has arrived, of a model whose pictures count at most so many tokens.
    pub fn new(watch: &'a Watch, asked: Asked<'a>, image_tokens: Option<u64>) -> Self {
        Self {
            stage: Stage::Idle,
            watch,
            asked,
            monitor: watch.monitor.map(Monitor::new),
            text: String::new(),
            refusal: String::new(),
            calls: Calls::default(),
            thoughts: Vec::new(),
            ponders: false,
            tally: Tally::of(image_tokens),
            ending: None,
            named: false,
            goes_on: false,
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
        self.write(text);
        self.judge(text, tokens)
    }

    fn write(&mut self, text: &str) {
        if !text.is_empty() {
            self.hear(text);
            self.text.push_str(text);
            self.watch.show(Piece::Text(text.to_owned()));
        }
    }

    fn hear(&mut self, text: &str) {
        self.tally.hear(text);
        self.goes_on |= self.ending.is_some() && !text.is_empty();
    }

    fn judge(&mut self, text: &str, tokens: &[TokenEvidence]) -> Outcome<()> {
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
        self.write(text);
    }

    /// Adds words with which the model declines to answer.
    pub fn decline(&mut self, words: &str) {
        self.hear(words);
        self.refusal.push_str(words);
    }

    /// Adds a piece of a tool call, or all of it.
    ///
    /// # Errors
    /// What the monitor finds wrong with the answer so far.
    pub fn call(&mut self, part: CallPart) -> Outcome<()> {
        // Some servers repeat the name with every piece; the model wrote it once.
        if self.calls.is_named_by(&part) {
            self.hear(&part.name);
        }
        let judged = match &part.arguments {
            Some(Value::String(arguments)) => {
                self.hear(arguments);
                self.judge(arguments, &[])
            }
            Some(arguments) if !arguments.is_null() => {
                self.hear(&arguments.to_string());
                Ok(())
            }
            _ => Ok(()),
        };
        self.calls.add(part);
        judged
    }

    /// Adds thoughts; they are counted and not shown.
    ///
    /// # Errors
    /// What the monitor finds wrong with them: most answers that go on for ever do so in their thoughts.
    pub fn think(&mut self, thought: &str) -> Outcome<()> {
        self.tally.think(thought);
        self.goes_on |= self.ending.is_some() && !thought.is_empty();
        self.judge(thought, &[])
    }

    /// Keeps thoughts that must go back with the calls after them; `think` has counted them.
    pub fn keep(&mut self, thoughts: Vec<Thought>) {
        self.thoughts = thoughts;
    }

    /// Takes the whole text of an answer that came in pieces, and the whole calls: what was lost of them is added.
    ///
    /// # Errors
    /// `protocol` if the pieces contradict them.
    pub fn complete(&mut self, text: &str, calls: Vec<CallPart>) -> Outcome<()> {
        self.is_here();
        let lost = text.strip_prefix(self.text.as_str()).map(str::to_owned);
        let agrees = text.trim().is_empty() || text.trim() == self.text.trim();
        let contradiction = |what: &str| {
            let message = format!("the pieces of {}'s answer contradict {what} at its end", self.asked.host);
            Failure::new(FailureKind::Protocol, message).detail("raw", self.text.clone())
        };
        if lost.is_none() && !agrees {
            return Err(contradiction("the text"));
        }
        let heard = self.calls.bytes();
        let Some(calls) = self.calls.completed(calls) else { return Err(contradiction("the calls of tools")) };
        self.write(&lost.unwrap_or_default());
        self.calls = calls;
        self.tally.miss(self.calls.bytes().saturating_sub(heard));
        Ok(())
    }

    /// Takes the server's word that nothing is missing, and how the answer ended. Of two endings the first one holds,
    /// unless the second one says that less than a whole answer is there.
    pub fn end(&mut self, ending: Outcome<Finish>) {
        let rank = |ending: &Outcome<Finish>| match ending {
            Ok(Finish::Stop | Finish::ToolCalls) => 0,
            Ok(Finish::Length | Finish::ContentFilter) => 1,
            Err(_) => 2,
        };
        if self.ending.as_ref().is_none_or(|first| rank(first) < rank(&ending)) {
            self.ending = Some(ending);
        }
        self.goes_on = false;
    }

    /// Takes the server's word that nothing follows, whatever came after the ending.
    pub const fn close(&mut self) {
        self.goes_on = false;
    }

    /// Keeps the server's figures. `counted` says that they count the whole answer so far and not only the prompt.
    pub const fn report(&mut self, usage: Usage, counted: bool) {
        self.tally.report(usage, counted);
    }

    /// Whether the server has said that the answer is whole.
    pub const fn is_whole(&self) -> bool {
        self.ending.is_some() && !self.goes_on
    }

    /// Whether anything of it has been shown.
    pub const fn is_shown(&self) -> bool {
        !self.text.is_empty()
    }

    /// Bytes of text so far.
    pub const fn text_bytes(&self) -> usize {
        self.text.len()
    }

    /// Whether the model has declined to answer.
    pub const fn is_declined(&self) -> bool {
        !self.refusal.is_empty()
    }

    /// Whether the call at this place has not begun, or has no arguments yet.
    pub fn lacks_call(&self, index: Option<u64>) -> bool {
        self.calls.lacks_arguments(index)
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

    /// Ends an answer that goes on beyond its limit, as its server should have: a budget holds back no more than that.
    pub fn is_cut(&mut self, request: &ChatRequest) -> bool {
        let is_beyond = !self.is_whole() && self.tally.is_beyond(request);
        if is_beyond {
            self.end(Ok(Finish::Length));
            self.tally.cut(request);
        }
        is_beyond
    }

    /// Ends the text where one of these begins; servers that cannot be told all of them go on.
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
        let Some(ending) = self.ending.filter(|_| !self.goes_on) else { return Err(ended_early(self.asked.host)) };
        if !self.refusal.is_empty() {
            let said = self.asked.secrets.one_line(&self.refusal, SHOWN);
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
        let thoughts = if tool_requests.is_empty() { Vec::new() } else { self.thoughts };
        Ok(ChatReply { text: self.text, thoughts, tool_requests, finish, usage })
    }
}
