//! A chain of attempts at one prompt, as data: it travels between a script, which may check an answer, and the host, which
//! decides what comes next.

use crate::core::effect::Paid;
use crate::core::failure::{Failure, FailureKind, Outcome};
use crate::core::message::ModelAnswer;
use crate::core::money::Money;
use crate::core::request::LlmRequest;
use serde::{Deserialize, Serialize};

/// Where a chain of attempts stands.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
pub struct Attempts {
    /// The role of the attempt under way.
    pub role: String,
    /// The roles that have tried, oldest first.
    #[serde(default)]
    pub history: Vec<String>,
    /// Repetitions with feedback at this role.
    #[serde(default)]
    pub retries: u32,
    /// Repetitions with more room at this role.
    #[serde(default)]
    pub thinks: u32,
    /// Moves to a higher role.
    #[serde(default)]
    pub escalations: u32,
    /// How often it looked in another way.
    #[serde(default)]
    pub explores: u32,
    /// How often it was handed to a child run.
    #[serde(default)]
    pub delegates: u32,
    /// Whether the attempt under way is a child run.
    #[serde(default)]
    pub handed: bool,
    /// Where the chain stands again if the attempt under way comes to nothing.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub standing: Option<Box<Standing>>,
    /// How often a run that ended with this chain has gone on with it.
    #[serde(default)]
    pub again: u32,
    /// Attempts that failed.
    #[serde(default)]
    pub failures: u32,
    /// What the next attempt is told about the one before.
    #[serde(default)]
    pub feedback: String,
    /// The choice that led to the attempt under way, whose outcome is not known yet.
    #[serde(default)]
    pub open: Option<Open>,
    /// What the attempt under way has used.
    #[serde(default)]
    pub spent: Spent,
    /// What the answers before it have cost, in nano-USD.
    #[serde(default)]
    pub paid_nanos: u64,
}

/// Where a chain stood before an attempt.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Standing {
    /// The role that had failed.
    pub role: String,
    /// With what.
    pub failure: Failure,
    /// Whether a check had refused its answer.
    pub gated: bool,
    /// Repetitions with feedback at that role.
    pub retries: u32,
    /// Repetitions with more room at that role.
    pub thinks: u32,
    /// Moves to a higher role.
    pub escalations: u32,
}

/// A choice whose outcome is not known yet.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
pub struct Open {
    /// The kind of choice.
    pub action: String,
    /// What was chosen.
    pub arm: String,
    /// What there was to choose from.
    pub offered: Vec<String>,
    /// How probable this choice was.
    pub propensity: f64,
    /// Who chose, with the version.
    pub policy: String,
    /// The probability of success that was expected.
    pub predicted: Option<f64>,
    /// The text that describes the situation of the choice.
    pub situation: String,
    /// The role before it.
    pub role: String,
    /// The failure before it.
    pub failure: String,
    /// The gate that was not passed before it.
    pub gate: String,
    /// Failures in a row before it.
    pub failures: u32,
    /// The ids of the episodes behind it.
    pub shown: Vec<String>,
}

/// What one attempt has used.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
pub struct Spent {
    /// The model.
    pub model: String,
    /// Money, in nano-USD.
    pub cost_nanos: u64,
    /// Tokens.
    pub tokens: u64,
    /// Milliseconds.
    pub millis: u64,
    /// The call, if it is one that was paid for in this process.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub paid: Option<Paid>,
}

impl Spent {
    /// What the attempt with this answer has used.
    pub fn of(answer: &ModelAnswer) -> Self {
        Self {
            model: answer.model.to_string(),
            cost_nanos: answer.cost.map_or(0, Money::nanos),
            tokens: answer.reply.usage.total(),
            millis: answer.millis,
            paid: answer.paid.clone(),
        }
    }
}

/// What a script's check made of an answer.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Judgement {
    /// Whether the answer is accepted.
    pub passed: bool,
    /// Why not.
    pub reason: String,
}

/// The next step of a chain whose answers a script checks.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Attempt {
    /// The call as the script wrote it.
    pub request: LlmRequest,
    /// The name of the check.
    pub gate: String,
    /// The chain so far; nothing for the first attempt.
    pub attempts: Option<Attempts>,
    /// What the check made of the answer so far; nothing for the first attempt.
    pub judgement: Option<Judgement>,
    /// The answer that was judged, as text.
    pub answer: String,
}

/// An answer to be checked, with the chain that led to it.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Attempted {
    /// The answer; nothing once it was accepted.
    pub value: serde_json::Value,
    /// The chain.
    pub attempts: Attempts,
}

impl Attempted {
    /// Reads what the host answered.
    pub fn read(value: serde_json::Value) -> Outcome<Self> {
        serde_json::from_value(value)
            .map_err(|error| Failure::new(FailureKind::Internal, format!("an attempt has another form: {error}")))
    }
}
