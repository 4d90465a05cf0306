//! What a pipeline file says once it has been read and checked. Plain data: reading is `read`, running is `run`.
//!
//! Defaults of the header are folded into the steps already, so whoever runs a step looks nowhere else.

mod act;
mod input;
mod parts;
mod template;

pub use act::{Act, Ask, Branch, Each, LlmCall, Nested, OnItemFailure, Run, ScriptCall, Switch, ToolCall, While};
pub use input::{Input, kind_of, parameters};
pub use template::{Part, Template};

use crate::config::fault::Fault;
use crate::config::place::Place;
use crate::core::request::Keep;
use crate::core::strategy::Strategy;
use crate::script::expression::{Expression, Made};
use indexmap::IndexMap;
use serde_json::{Map, Value, json};
use std::collections::HashMap;
use std::path::PathBuf;
use std::time::Duration;

/// How deep pipelines may call pipelines.
pub const NESTING: usize = 5;

/// How many steps a file has at most, those of bodies included: each may wait for all before it, so that they cost the
/// square of their number.
pub const STEPS: usize = 5_000;

/// How many steps run at once unless the file says otherwise.
pub const PARALLEL: usize = 16;

/// A whole file.
#[derive(Clone, Debug, PartialEq)]
pub struct Pipeline {
    /// Its id: that of the file, else the file's stem.
    pub id: String,
    /// Its name for people.
    pub name: String,
    /// What it is for.
    pub description: String,
    /// Its version, as its author counts.
    pub version: String,
    /// Where it is.
    pub path: PathBuf,
    /// The blake3 hash of the file's text.
    pub hash: String,
    /// What a caller gives.
    pub inputs: Vec<Input>,
    /// What it answers, by name; empty for the value of its last step.
    pub outputs: Vec<(String, Template)>,
    /// What is known of its answer.
    pub answer: Made,
    /// What is perhaps not meant as it is written, each with its place.
    pub notes: Vec<Fault>,
    /// The model or role that leads: it judges the intention, and steps of `run` use it unless they say otherwise.
    pub orchestrator: Option<String>,
    /// The model of calls that name none and have no expert.
    pub default_model: Option<String>,
    /// Models or roles by the tool that a step names.
    pub experts: IndexMap<String, String>,
    /// How a model is chosen among those that meet what a step requires.
    pub strategy: Option<Strategy>,
    /// Personalities of this file: name to text.
    pub personalities: IndexMap<String, String>,
    /// What the whole pipeline may spend.
    pub budget: Slice,
    /// Limits of its execution.
    pub limits: PipelineLimits,
    /// The folder below which products are written, relative to the workspace.
    pub output_dir: PathBuf,
    /// How many pipelines deep it goes, itself included.
    pub height: usize,
    /// Its steps.
    pub block: Block,
}

/// Limits of the execution of a pipeline.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct PipelineLimits {
    /// How many steps run at once.
    pub max_parallel: usize,
    /// How long the whole pipeline may take.
    pub timeout: Option<Duration>,
}

/// A part of a budget; `None` is no limit of its own.
#[derive(Clone, Copy, Debug, Default, PartialEq)]
pub struct Slice {
    /// The most money, in USD.
    pub max_cost: Option<f64>,
    /// The most model calls.
    pub max_calls: Option<u64>,
    /// The most tokens, prompts and answers together.
    pub max_tokens: Option<u64>,
}

/// Steps in the order of the file: those of a pipeline, of a body, of a branch. Its value is that of its last step.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Block {
    /// The steps.
    pub steps: Vec<Step>,
    /// Where each of them stands, by its name.
    pub(super) positions: HashMap<String, usize>,
}

impl Block {
    /// The position of a step by its name.
    pub fn position(&self, name: &str) -> Option<usize> {
        self.positions.get(name).copied()
    }

    /// How many pipelines deep its steps call others.
    pub fn height(&self) -> usize {
        let of = |step: &Step| match &step.act {
            Act::Nested(nested) => nested.pipeline.height,
            act => act.blocks().into_iter().map(Self::height).max().unwrap_or(0),
        };
        self.steps.iter().map(of).max().unwrap_or(0)
    }
}

/// One step.
#[derive(Clone, Debug, PartialEq)]
pub struct Step {
    /// Its name, unique in the file.
    pub name: String,
    /// Where it stands.
    pub place: Place,
    /// The blake3 hash of its definition, defaults included.
    pub hash: String,
    /// What it does.
    pub act: Act,
    /// The steps of its block that it needs, as declared and as read by its expressions; positions, in their order.
    pub after: Vec<usize>,
    /// Earlier points of control of its block, which it waits for without needing their values.
    pub behind: Vec<usize>,
    /// The names of all steps that its expressions, or those of its body, read.
    pub reads: Vec<String>,
    /// The names whose outcome or error it reads, or waits for: they may have failed, and it runs all the same.
    pub watches: Vec<String>,
    /// Whether it runs at all.
    pub condition: Option<Expression>,
    /// Who answers.
    pub choice: Choice,
    /// The fields of its value; empty for whatever its act answers.
    pub vars: Vec<Var>,
    /// The files that it writes.
    pub products: Vec<Product>,
    /// How long it may take, all attempts together.
    pub timeout: Option<Duration>,
    /// How often a failure is tried again.
    pub retry: Retry,
    /// Whether kept answers may be used.
    pub cache: Option<Keep>,
    /// What it may spend.
    pub budget: Slice,
    /// What follows a condition that is false; `Continue` if nothing is said.
    pub on_false: Option<Jump>,
    /// What follows success.
    pub on_success: Option<Jump>,
    /// What follows failure; `Fail` if nothing is said.
    pub on_failure: Option<Jump>,
    /// Whether it runs whatever became of the steps that it needs.
    pub always: bool,
    /// How often it may be visited, the first time included; more is the failure `loop_exhausted`. Every target of a jump
    /// backward has it; a step without it is repeated as often as the flow comes by.
    pub max_visits: Option<u32>,
    /// Among steps that are ready the largest goes first, then the one written first.
    pub priority: i32,
}

impl Step {
    /// The JSON Schema of its value, if it declares fields.
    pub fn schema(&self) -> Option<Value> {
        if self.vars.is_empty() {
            return None;
        }
        let properties: Map<String, Value> =
            self.vars.iter().map(|var| (var.name.clone(), var.schema.clone())).collect();
        let required: Vec<&str> = self.vars.iter().map(|var| var.name.as_str()).collect();
        Some(json!({"type": "object", "properties": properties, "required": required, "additionalProperties": false}))
    }

    /// Whether its own failure does not end the pipeline.
    pub fn goes_past_failure(&self) -> bool {
        self.on_failure.as_ref().is_some_and(|jump| *jump != Jump::Fail)
    }

    /// Whether a failure of it is dealt with for good, so that the flow goes on without its value; another try may fail too.
    pub const fn goes_on(&self) -> bool {
        matches!(self.on_failure, Some(Jump::Continue | Jump::Skip | Jump::To(_) | Jump::End))
    }

    /// Whether what stands behind it depends on where it sends the flow: elsewhere than to what follows it, or nowhere.
    pub fn is_control(&self) -> bool {
        self.may_lead_away() || self.jumps().any(|jump| *jump == Jump::Fail)
    }

    /// Whether the pipeline may come to its end without what follows it.
    pub fn may_lead_away(&self) -> bool {
        let leaves = |jump: &Jump| matches!(jump, Jump::To(_) | Jump::End | Jump::Retry);
        matches!(self.act, Act::Switch(_) | Act::End(_)) || self.jumps().any(leaves)
    }

    /// What follows a condition that is false, success and failure, as far as something is said.
    fn jumps(&self) -> impl Iterator<Item = &Jump> {
        [&self.on_false, &self.on_success, &self.on_failure].into_iter().flatten()
    }
}

/// Who answers: the first that is given decides, in the order of the fields.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Choice {
    /// The model.
    pub model: Option<String>,
    /// The role.
    pub role: Option<String>,
    /// What the model must have.
    pub requires: Vec<String>,
    /// How it is chosen among those that have it.
    pub strategy: Option<Strategy>,
    /// Who the model is: the text of a personality of the file, or the name of a persona.
    pub personality: Option<String>,
    /// Which rule gave the model or role: `step`, `expert of read_file`, `requires`, `default_model`, or `llm`.
    pub reason: String,
}

impl Choice {
    /// Why it names a model or a role, if it names one.
    pub fn why(&self) -> Option<String> {
        (self.model.is_some() || self.role.is_some()).then(|| self.reason.clone())
    }
}

/// One field of a step's value.
#[derive(Clone, Debug, PartialEq)]
pub struct Var {
    /// Its name.
    pub name: String,
    /// What it means.
    pub description: String,
    /// The JSON Schema of its values.
    pub schema: Value,
}

/// A file that a step writes.
#[derive(Clone, Debug, PartialEq)]
pub struct Product {
    /// What is written. It sees the step's own name and its vars beside what the step sees.
    pub value: Expression,
    /// Where, below the output folder.
    pub path: Template,
    /// Where it stands.
    pub place: Place,
}

/// How often a failure is tried again.
#[derive(Clone, Copy, Debug, Default, PartialEq)]
pub struct Retry {
    /// Further attempts after the first.
    pub times: u32,
    /// The pause before the first of them.
    pub wait: Duration,
    /// By what each further pause is longer.
    pub factor: f64,
}

/// Where the flow goes.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Jump {
    /// To a step of the same block: forward skips what lies between, backward repeats it.
    To(String),
    /// On, as if nothing had been.
    Continue,
    /// Nowhere: the pipeline fails.
    Fail,
    /// On, and what needs this step is skipped.
    Skip,
    /// To the end of the block, which has the value of this step.
    End,
    /// To this step once more, within its `max_visits`.
    Retry,
}
