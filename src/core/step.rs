//! What a program tells of its steps, as pipelines do of theirs, and the limits of its parts.

use crate::core::failure::Failure;
use crate::core::status::StepOutcome;
use serde::{Deserialize, Serialize};
use std::num::NonZeroU32;

/// What a step is.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct StepAbout {
    /// Its name.
    pub step: String,
    /// What it does.
    pub act: StepAct,
    /// The key of the item that it is; without one it belongs to the item around it.
    #[serde(default)]
    pub key: Option<String>,
    /// How often it has begun, from 1; counted if it is not given.
    #[serde(default)]
    pub visit: Option<NonZeroU32>,
    /// How many items there are at its place, this one included; 0 if that is not known.
    #[serde(default)]
    pub of: usize,
    /// Whether the program thereby goes on past all that has failed before.
    #[serde(default)]
    pub past: bool,
    /// Whether its value says how it ended.
    #[serde(default)]
    pub tells: bool,
    /// The task of which the run lacks a part where this fails, or where its value says what is `missing`; until it is done
    /// again here, with all its parts.
    #[serde(default)]
    pub whole: Option<String>,
}

/// What a step of a program does, in the words of pipelines.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum StepAct {
    /// One model call.
    Llm,
    /// What a program does, in steps of its own or in none.
    Script,
    /// A child run.
    Run,
    /// Values, of which nobody is asked.
    Set,
    /// Several things at once.
    Parallel,
}

impl StepAct {
    /// The name in events.
    pub const fn name(self) -> &'static str {
        match self {
            Self::Llm => "llm",
            Self::Script => "script",
            Self::Run => "run",
            Self::Set => "set",
            Self::Parallel => "parallel",
        }
    }
}

/// How a step ended.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct StepEnd {
    /// What became of it.
    pub outcome: StepOutcome,
    /// What it waits for, or what a reviewer said in it; empty for neither.
    pub reason: String,
    /// Why it failed, if it did.
    pub failure: Option<Failure>,
    /// What its run goes on without, for people.
    pub lost: Option<String>,
}

impl StepEnd {
    /// An end without a failure.
    pub const fn new(outcome: StepOutcome, reason: String) -> Self {
        Self { outcome, reason, failure: None, lost: None }
    }
}

/// A part of a program under limits of its own.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct Part {
    /// What its failures call it.
    pub name: String,
    /// Seconds that it may take, which the program's own thread counts.
    pub timeout: Option<f64>,
    /// USD that it may spend.
    pub max_cost: Option<f64>,
    /// Model calls that it may make.
    pub max_calls: Option<u64>,
    /// Tokens that it may use.
    pub max_tokens: Option<u64>,
}

impl Default for Part {
    fn default() -> Self {
        Self { name: "the part".to_owned(), timeout: None, max_cost: None, max_calls: None, max_tokens: None }
    }
}

impl Part {
    /// Whether it has a budget.
    pub const fn has_budget(&self) -> bool {
        self.max_cost.is_some() || self.max_calls.is_some() || self.max_tokens.is_some()
    }
}

/// What is told of steps, or of a part with limits, at the place in the run where the program is.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum StepTold {
    /// It begins: what is asked here and below until it ends is a part of it.
    Begins(StepAbout),
    /// The one that began last here ends.
    Ends(StepEnd),
    /// It is left out.
    Skipped {
        /// Which.
        about: StepAbout,
        /// Why.
        why: String,
    },
    /// A part begins: what is asked here and below until it is left is held to its budget. Nobody else hears of it.
    Enters(Part),
    /// The part that began last here is left.
    Leaves {
        /// How many answers it had been given, if its time was up: then what is answered is the failure that it is left with.
        overdue: Option<u64>,
    },
    /// The run goes on without this, which is told to people.
    Lacks(String),
}

#[cfg(test)]
mod tests {
    use super::StepAbout;
    use serde_json::{Value, json};

    #[test]
    fn a_step_has_a_name_and_a_known_act_and_visits_count_from_one() {
        let read = |about: Value| serde_json::from_value::<StepAbout>(about);
        let about = read(json!({"step": "a", "act": "parallel", "visit": 1})).unwrap();
        assert_eq!(serde_json::to_value(about.act).unwrap(), json!(about.act.name()));
        for wrong in [
            json!({"act": "llm"}),
            json!({"step": "a"}),
            json!({"step": "a", "act": "anything"}),
            json!({"step": "a", "act": "llm", "visit": 0}),
        ] {
            assert!(read(wrong.clone()).is_err(), "{wrong}");
        }
    }
}
