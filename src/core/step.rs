//! What a program tells of its steps, as pipelines do of theirs.

use crate::core::failure::Failure;
use crate::core::status::StepOutcome;
use serde::{Deserialize, Serialize};

/// What a step is.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct StepAbout {
    /// Its name.
    pub step: String,
    /// What it does: `llm`, `script`, ...
    pub act: String,
    /// The key of the item that it is; without one it belongs to the item around it.
    pub key: Option<String>,
    /// How often it has begun, from 1; counted if it is not given.
    pub visit: Option<u32>,
    /// How many items there are at its place, this one included; 0 if that is not known.
    pub of: usize,
    /// Whether the program thereby goes on past all that has failed before.
    pub past: bool,
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
}

impl StepEnd {
    /// An end without a failure.
    pub const fn new(outcome: StepOutcome, reason: String) -> Self {
        Self { outcome, reason, failure: None }
    }
}

/// What is told of a step, at the place in the run where the program is.
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
}
