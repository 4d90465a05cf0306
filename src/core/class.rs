//! What a failure says about who should try next, and what of whoever met it, as two tables: the escalation policy and
//! the memory read these and nothing else.

use crate::core::episode::Verdict;
use crate::core::failure::FailureKind;

/// The class of a failure.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum FailureClass {
    /// The form was wrong, not the thought: the same model mends it when it is shown what is wrong.
    Format,
    /// The answer was wrong or missing: the same model once more with feedback, then a stronger one.
    Quality,
    /// The answer was going wrong while it was written: a stronger model at once.
    Hopeless,
    /// The answer did not fit: the same model with more room.
    Room,
    /// The input did not fit: look for the part that matters, or hand out pieces.
    Size,
    /// The network, the provider or the settings were at fault: says nothing of the model.
    Infra,
    /// A limit, a person or a fault of this program: nobody should try again.
    End,
}

impl FailureKind {
    /// What it says about who should try next.
    pub const fn class(self) -> FailureClass {
        match self {
            Self::Invalid => FailureClass::Format,
            Self::Script | Self::Data | Self::Refusal | Self::Tool | Self::NotFound | Self::LoopExhausted => {
                FailureClass::Quality
            }
            Self::EarlyAbort => FailureClass::Hopeless,
            Self::Truncated => FailureClass::Room,
            Self::ContextOverflow => FailureClass::Size,
            Self::Auth
            | Self::UnknownModel
            | Self::Rejected
            | Self::RateLimit
            | Self::Server
            | Self::Transport
            | Self::Stalled
            | Self::Protocol
            | Self::Io
            | Self::Config
            | Self::NoModel => FailureClass::Infra,
            Self::Denied
            | Self::Replay
            | Self::Child
            | Self::Depth
            | Self::Budget
            | Self::Turns
            | Self::Limit
            | Self::Deadline
            | Self::Cancelled
            | Self::Waiting
            | Self::Internal => FailureClass::End,
        }
    }

    /// What it says of the model, the role or the way that met it.
    pub const fn verdict(self) -> Verdict {
        match self {
            // There was an answer and it was wrong, or none came in the turns and the room that there were for it.
            Self::Script
            | Self::Invalid
            | Self::Data
            | Self::NotFound
            | Self::Tool
            | Self::Refusal
            | Self::Truncated
            | Self::EarlyAbort
            | Self::LoopExhausted
            | Self::Turns => Verdict::Fail,
            // The same choice might have worked with another network, other settings or more money.
            Self::Io
            | Self::Config
            | Self::Auth
            | Self::UnknownModel
            | Self::Rejected
            | Self::ContextOverflow
            | Self::RateLimit
            | Self::Server
            | Self::Transport
            | Self::Stalled
            | Self::Protocol
            | Self::NoModel
            | Self::Replay
            | Self::Child
            | Self::Depth
            | Self::Budget
            | Self::Limit
            | Self::Deadline
            | Self::Internal => Verdict::Infra,
            // A person said no, or has not said anything yet.
            Self::Denied | Self::Cancelled | Self::Waiting => Verdict::Unknown,
        }
    }
}

impl FailureClass {
    /// Its word.
    pub const fn name(self) -> &'static str {
        match self {
            Self::Format => "format",
            Self::Quality => "quality",
            Self::Hopeless => "hopeless",
            Self::Room => "room",
            Self::Size => "size",
            Self::Infra => "infra",
            Self::End => "end",
        }
    }
}

#[cfg(test)]
mod tests {
    use super::FailureClass;
    use crate::core::episode::Verdict;
    use crate::core::failure::FailureKind;

    fn names(verdict: Verdict) -> Vec<&'static str> {
        FailureKind::ALL.iter().filter(|kind| kind.verdict() == verdict).map(|kind| kind.name()).collect()
    }

    #[test]
    fn only_what_was_wrong_itself_is_a_failure() {
        let wrong = ["script", "invalid", "data", "not_found", "tool", "refusal", "truncated", "early_abort"];
        assert_eq!(names(Verdict::Fail), [&wrong[..], &["loop_exhausted", "turns"]].concat());
        assert_eq!(names(Verdict::Unknown), ["denied", "cancelled", "waiting"]);
        for limit in ["budget", "limit", "deadline", "depth", "child", "no_model", "config", "auth", "io"] {
            assert!(names(Verdict::Infra).contains(&limit), "{limit}");
        }
    }

    #[test]
    fn whoever_should_try_again_has_failed_and_the_network_has_not() {
        for kind in FailureKind::ALL {
            let expect = match kind.class() {
                FailureClass::Format | FailureClass::Quality | FailureClass::Hopeless | FailureClass::Room => {
                    Verdict::Fail
                }
                FailureClass::Size | FailureClass::Infra => Verdict::Infra,
                FailureClass::End => continue,
            };
            assert_eq!(kind.verdict(), expect, "{}", kind.name());
        }
    }
}
