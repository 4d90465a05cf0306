//! What an attempt is billed for: what was counted or heard, and what a server may bill of which nobody heard.

use crate::core::failure::{Failure, FailureKind};
use crate::core::message::{ChatRequest, Finish};
use crate::core::text::head_tail;
use crate::core::usage::Usage;
use crate::model::classify::has_given_up;
use crate::model::draft::{Draft, Stage};
use std::time::Duration;

/// The most bytes that a failure keeps of an answer that was stopped.
const KEPT: usize = 16 * 1024;

impl Draft<'_> {
    /// The usage so far: the server's own figures as far as it gave them, else an estimate of what it may have done.
    pub fn usage(&self, request: &ChatRequest) -> Usage {
        match self.stage {
            Stage::Idle => Usage::default(),
            Stage::Asked => self.tally.usage(request),
        }
    }

    /// The usage of an attempt that failed, with the most that the server may bill unheard after so much `time`. It is
    /// `over` if its server noticed that a person stopped it.
    pub fn charge(&self, request: &ChatRequest, failure: &Failure, time: Duration, over: bool) -> Usage {
        let worst = self.may_bill_anything(failure);
        if over || !worst {
            let thought = worst || self.may_have_thought(failure);
            return if thought { self.thoughtful(request, time) } else { self.usage(request) };
        }
        let mut usage = self.usage(request);
        if !self.tally.has_prompt() {
            usage.input_tokens = self.tally.held_back(request);
        }
        unheard(usage, request.sampling.max_tokens.unwrap_or(0))
    }

    /// The usage of an attempt whose server ended in order, after so much `time`: of a whole answer what was counted or heard.
    pub fn bill(&self, request: &ChatRequest, time: Duration) -> Usage {
        let whole = matches!(self.ending, Some(Ok(_))) && !self.goes_on;
        if whole { self.usage(request) } else { self.thoughtful(request, time) }
    }

    /// The usage so far, with what the model can have thought in silence beside it, unless the server has counted.
    fn thoughtful(&self, request: &ChatRequest, time: Duration) -> Usage {
        let usage = self.usage(request);
        if self.stage == Stage::Idle || self.tally.is_counted() {
            return usage;
        }
        let all = usage.output_tokens.saturating_add(self.tally.silent(time));
        unheard(usage, all.min(request.sampling.max_tokens.unwrap_or(0)))
    }

    /// Cuts an answer in one piece that goes far beyond its limit, as a stream is cut. One that is a little too long is kept.
    pub fn cut_piece(&mut self, request: &ChatRequest) {
        if self.tally.cut(request) {
            self.end(Ok(Finish::Length));
            self.text.truncate(self.text.floor_char_boundary(self.tally.heard()));
        }
    }

    /// What the server counted beyond what can be true, in words.
    pub fn excess(&self, request: &ChatRequest) -> Option<String> {
        self.tally.excess(request)
    }

    /// The failure of an answer that somebody stopped, with what was heard of it: it is charged, and stands nowhere else.
    pub fn stopped(&self, failure: Failure) -> Failure {
        if failure.kind != FailureKind::Cancelled || self.text.is_empty() {
            return failure;
        }
        failure.detail("raw", head_tail(&self.text, KEPT, ""))
    }

    /// Whether a server may bill any answer, whatever was heard of it. One that was not heard may finish its answer all the
    /// same. What was refused for its size or form may hold any number of tokens, whatever came before. A gateway that waited
    /// in vain may have waited for a model at work.
    fn may_bill_anything(&self, failure: &Failure) -> bool {
        match failure.kind {
            FailureKind::Server => self.is_unheard() && has_given_up(failure),
            FailureKind::Transport | FailureKind::Stalled | FailureKind::Cancelled => self.is_unheard(),
            FailureKind::Protocol => self.is_uncounted(),
            _ => false,
        }
    }

    /// Whether a model may have thought in silence before the answer ended so: if it has spoken, or could have. One that
    /// streams notices that nobody listens any more. What is refused for another reason was never thought of.
    const fn may_have_thought(&self, failure: &Failure) -> bool {
        let spoke = !self.tally.is_silent();
        spoke || matches!(failure.kind, FailureKind::Server | FailureKind::Transport | FailureKind::Stalled)
    }

    /// Whether the server has been asked and has said nothing.
    const fn is_unheard(&self) -> bool {
        matches!(self.stage, Stage::Asked) && self.tally.is_empty()
    }

    /// Whether the server has been asked and has counted no answer; some count the prompt at once.
    const fn is_uncounted(&self) -> bool {
        matches!(self.stage, Stage::Asked) && !self.tally.is_counted()
    }
}

/// The usage with an answer of at most so many tokens, of which nobody heard more than is in it.
fn unheard(usage: Usage, most: u64) -> Usage {
    let output_tokens = usage.output_tokens.max(most);
    Usage { output_tokens, unheard_tokens: output_tokens - usage.output_tokens, ..usage }
}
