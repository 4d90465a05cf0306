//! What passes from stage to stage. Frozen: public fields, no setters.

use crate::core::failure::{Failure, FailureKind};
use crate::core::message::Message;
use crate::host::memories::trail::Look;
use crate::host::models::choose::Chosen;
use crate::turn::observation::Observation;
use serde_json::Value;
use std::sync::Arc;

/// What a turn starts from beside the history.
#[derive(Clone)]
pub struct TurnInput {
    /// The messages that the turn before sent; empty for the first turn.
    pub sent: Arc<[Message]>,
    /// From 1.
    pub turn: u32,
    /// The limit.
    pub of: u32,
}

/// A turn whose prompt is made.
#[derive(Clone)]
pub struct PreparedTurn {
    /// What is sent.
    pub messages: Arc<[Message]>,
    /// From 1.
    pub turn: u32,
    /// How many of the first messages are those of the turn before.
    pub logged: usize,
}

/// A turn for which everything is decided.
#[derive(Clone)]
pub struct AnalyzedTurn {
    /// The prepared turn.
    pub prepared: PreparedTurn,
    /// The role and model that answer.
    pub chosen: Arc<Chosen>,
    /// Whether the model is offered the function `rhai(code)` beside code blocks.
    pub functions: bool,
}

/// What the code of a turn did.
#[derive(Clone, Debug, Default)]
pub struct ToolRound {
    /// One per block or call, in order.
    pub observations: Vec<Observation>,
    /// The programs that ran, in order.
    pub sources: Vec<String>,
    /// The value of `FINAL`.
    pub final_: Option<Value>,
    /// Why its code failed, if it did.
    pub failed: Option<FailureKind>,
    /// How its blocks looked into the context.
    pub looks: Vec<Look>,
    /// What the session has of it.
    pub kept: Kept,
    /// A question that nobody was there for: the run waits for its answer.
    pub waits: Option<Failure>,
}

/// What a session has of a turn, however little of that turn a model is still shown.
#[derive(Clone, Debug, Default)]
pub struct Kept {
    /// Names of the variables that it declared.
    pub variables: Vec<String>,
    /// The number of the last value up to then that `out` has; 0 for none.
    pub results: usize,
}

/// How a turn ended.
#[derive(Clone, Debug)]
pub enum TurnOutput {
    /// With the answer.
    Done(Value),
    /// With messages for the next turn.
    Next(Vec<Message>),
}
