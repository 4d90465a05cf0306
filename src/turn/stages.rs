//! What passes from stage to stage. Frozen: public fields, no setters.

use crate::core::failure::{Failure, FailureKind};
use crate::core::message::Message;
use crate::host::memories::trail::Look;
use crate::host::models::choose::Chosen;
use crate::turn::observation::Observation;
use serde_json::Value;
use std::sync::Arc;

/// What a turn starts from.
#[derive(Clone)]
pub struct TurnInput {
    /// The messages so far, the first two being the instructions and the task.
    pub history: Arc<[Message]>,
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
    /// A question that nobody was there for: the run waits for its answer.
    pub waits: Option<Failure>,
}

/// How a turn ended.
#[derive(Clone, Debug)]
pub enum TurnOutput {
    /// With the answer.
    Done(Value),
    /// With messages for the next turn.
    Next(Vec<Message>),
}
