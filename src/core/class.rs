//! What a failure says about who should try next, as one table: the escalation policy reads this and nothing else.

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
