//! What an attempt is billed for: what was counted or heard, and what a server may bill of which nobody heard.

use crate::core::failure::{Failure, FailureKind};
use crate::core::message::ChatRequest;
use crate::core::usage::Usage;
use crate::model::classify::has_given_up;
use crate::model::draft::{Draft, Stage};
use crate::model::tally::silent;
use std::time::Duration;

impl Draft<'_> {
    /// The usage so far: the server's own figures as far as it gave them, else an estimate of what it may have done.
    pub fn usage(&self, request: &ChatRequest) -> Usage {
        match self.stage {
            Stage::Idle => Usage::default(),
            Stage::Asked => self.tally.usage(request),
        }
    }

    /// The usage of an attempt that failed, with the most that the server may bill unheard. `stopped` is how long it ran, if
    /// its server noticed that a person stopped it.
    pub fn charge(&self, request: &ChatRequest, failure: &Failure, stopped: Option<Duration>) -> Usage {
        let mut usage = self.usage(request);
        if !self.may_bill_more(failure) {
            return usage;
        }
        let (heard, most) = (usage.output_tokens, request.sampling.max_tokens.unwrap_or(0));
        if self.is_uncounted() && stopped.is_none() {
            usage.input_tokens = self.tally.held_back(request);
        }
        usage.output_tokens = heard.max(stopped.map_or(most, |time| most.min(silent(time))));
        usage.unheard_tokens = usage.output_tokens.saturating_sub(heard);
        usage
    }

    /// What the server counted beyond what can be true, in words.
    pub fn excess(&self, request: &ChatRequest) -> Option<String> {
        self.tally.excess(request)
    }

    /// Whether a server may bill more than was heard of it. One that was not heard may finish its answer all the same. One
    /// that streams notices that nobody listens any more; but its model may have thought in silence by then. What was
    /// refused for its size or form may hold any number of tokens, whatever came before. A gateway that gave up may have
    /// waited for a model at work.
    fn may_bill_more(&self, failure: &Failure) -> bool {
        match failure.kind {
            FailureKind::Server => self.is_unheard() && has_given_up(failure),
            FailureKind::Transport | FailureKind::Stalled | FailureKind::Cancelled => self.is_unheard(),
            FailureKind::Protocol => self.is_uncounted(),
            _ => false,
        }
    }

    /// Whether the server has been asked and has said nothing.
    const fn is_unheard(&self) -> bool {
        matches!(self.stage, Stage::Asked) && self.tally.is_empty()
    }

    /// Whether the server has been asked and has told no usage.
    const fn is_uncounted(&self) -> bool {
        matches!(self.stage, Stage::Asked) && !self.tally.is_told()
    }
}
