//! How runs and steps end.

use crate::core::failure::FailureKind;
use serde::{Deserialize, Serialize};

/// How a run ended, or that it has not.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum RunStatus {
    /// Not ended, or its process died.
    Running,
    /// Every part of it succeeded.
    Completed,
    /// It came to its end, and a part of it had failed on the way.
    Partial,
    /// It failed.
    Failed,
    /// A limit stopped it.
    Limited,
    /// A person stopped it.
    Cancelled,
    /// It waits for a person.
    Waiting,
}

impl RunStatus {
    /// All of them.
    pub const ALL: [Self; 7] =
        [Self::Running, Self::Completed, Self::Partial, Self::Failed, Self::Limited, Self::Cancelled, Self::Waiting];

    /// Whether it came to its end with an answer.
    pub const fn is_over(self) -> bool {
        matches!(self, Self::Completed | Self::Partial)
    }

    /// The name in the store, in JSON and on the screen.
    pub const fn name(self) -> &'static str {
        match self {
            Self::Running => "running",
            Self::Completed => "completed",
            Self::Partial => "partial",
            Self::Failed => "failed",
            Self::Limited => "limited",
            Self::Cancelled => "cancelled",
            Self::Waiting => "waiting",
        }
    }
}

/// What became of a step.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum StepOutcome {
    /// It has a value.
    Ok,
    /// It failed.
    Failed,
    /// It was not to run.
    Skipped,
    /// It waits for a person, or for what others leave over.
    Waiting,
    /// It was stopped.
    Cancelled,
    /// Whether it happened is not known.
    Unknown,
}

impl StepOutcome {
    /// All of them.
    pub const ALL: [Self; 6] = [Self::Ok, Self::Failed, Self::Skipped, Self::Waiting, Self::Cancelled, Self::Unknown];

    /// What a failure makes of a step.
    pub const fn of(kind: FailureKind) -> Self {
        match kind {
            FailureKind::Waiting => Self::Waiting,
            FailureKind::Cancelled => Self::Cancelled,
            FailureKind::Replay => Self::Unknown,
            _ => Self::Failed,
        }
    }

    /// The name in expressions, in the store, in JSON and on the screen.
    pub const fn name(self) -> &'static str {
        match self {
            Self::Ok => "ok",
            Self::Failed => "failed",
            Self::Skipped => "skipped",
            Self::Waiting => "waiting",
            Self::Cancelled => "cancelled",
            Self::Unknown => "unknown",
        }
    }
}
