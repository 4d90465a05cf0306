//! What a step does: one type per act.

use crate::pipeline::plan::{Block, Jump, Pipeline, Template};
use crate::script::expression::Expression;
use serde_json::Value;
use std::path::PathBuf;
use std::sync::Arc;
use std::time::Duration;

/// What a step does.
#[derive(Clone, Debug, PartialEq)]
pub enum Act {
    /// One model call; answers the text, or the vars.
    Llm(LlmCall),
    /// A tool call; answers what the tool does.
    Tool(ToolCall),
    /// A stored program; answers its value.
    Script(ScriptCall),
    /// Another pipeline; answers its outputs as a map, or its value if it declares none.
    Nested(Nested),
    /// A child run with a root model of its own; answers its final value.
    Run(Run),
    /// Values by name; answers them as a map.
    Set(Vec<(String, Template)>),
    /// A question to a person, or to a model that plays one; answers the text.
    Ask(Ask),
    /// Goes where a value says; answers that value.
    Switch(Switch),
    /// Its steps for every item; answers the last value of each body: a list, or a map if there is a key.
    Each(Each),
    /// Its steps as long as a condition holds; answers the value of the last iteration, `()` if there was none.
    While(While),
    /// Blocks at the same time; answers their values as a map by branch.
    Parallel(Vec<Branch>),
    /// Waits; answers `()`.
    Wait(Duration),
    /// Ends the pipeline with a value.
    End(Template),
}

impl Act {
    /// Its key in the file.
    pub const fn name(&self) -> &'static str {
        match self {
            Self::Llm(_) => "llm",
            Self::Tool(_) => "tool",
            Self::Script(_) => "script",
            Self::Nested(_) => "pipeline",
            Self::Run(_) => "run",
            Self::Set(_) => "set",
            Self::Ask(_) => "ask",
            Self::Switch(_) => "switch",
            Self::Each(_) => "each",
            Self::While(_) => "while",
            Self::Parallel(_) => "parallel",
            Self::Wait(_) => "wait",
            Self::End(_) => "end",
        }
    }

    /// The expressions whose values it needs before anything else, those of blocks inside it left out.
    pub fn expressions(&self) -> Vec<&Expression> {
        match self {
            Self::Llm(call) => gathered(call.system.iter().chain([&call.prompt]).chain(&call.images)),
            Self::Tool(call) => call.args.expressions(),
            Self::Script(call) => call.args.expressions(),
            Self::Nested(nested) => nested.inputs.expressions(),
            Self::Run(run) => gathered(run.context.iter().chain([&run.task])),
            Self::Set(values) => gathered(values.iter().map(|(_, value)| value)),
            Self::Ask(ask) => gathered(ask.choices.iter().chain([&ask.prompt])),
            Self::Switch(switch) => vec![&switch.on],
            Self::Each(each) => each.items.expressions().into_iter().chain(&each.key).collect(),
            Self::While(repeat) => vec![&repeat.condition],
            Self::Parallel(_) | Self::Wait(_) => Vec::new(),
            Self::End(value) => value.expressions(),
        }
    }

    /// The blocks inside it.
    pub fn blocks(&self) -> Vec<&Block> {
        match self {
            Self::Each(each) => vec![&each.block],
            Self::While(repeat) => vec![&repeat.block],
            Self::Parallel(branches) => branches.iter().map(|branch| &branch.block).collect(),
            _ => Vec::new(),
        }
    }
}

/// The expressions of several values.
fn gathered<'a>(values: impl Iterator<Item = &'a Template>) -> Vec<&'a Expression> {
    values.flat_map(Template::expressions).collect()
}

/// One model call.
#[derive(Clone, Debug, PartialEq)]
pub struct LlmCall {
    /// The user message.
    pub prompt: Template,
    /// Standing instructions.
    pub system: Option<Template>,
    /// The form of the answer where the step has no vars.
    pub schema: Option<Value>,
    /// The most tokens of the answer.
    pub max_tokens: Option<u64>,
    /// Sampling temperature, 0 to 2.
    pub temperature: Option<f64>,
    /// Texts that end the answer; an empty list for none, whatever the role says.
    pub stop: Option<Vec<String>>,
    /// Pictures: paths of the workspace or addresses; one that is a list stands for all of its texts.
    pub images: Vec<Template>,
    /// What must be true of the `answer`; one that fails is asked for again with feedback, as by `llm` in a script.
    pub check: Option<Expression>,
}

/// A tool call.
#[derive(Clone, Debug, PartialEq)]
pub struct ToolCall {
    /// The tool.
    pub name: String,
    /// Its arguments, a map.
    pub args: Template,
    /// The JSON Schema of what it answers to them.
    pub answer: Value,
}

/// A stored program.
#[derive(Clone, Debug, PartialEq)]
pub struct ScriptCall {
    /// The program.
    pub name: String,
    /// Its parameters, a map.
    pub args: Template,
}

/// Another pipeline, read and checked with the one that calls it.
#[derive(Clone, Debug, PartialEq)]
pub struct Nested {
    /// Its path as written, relative to the file.
    pub path: PathBuf,
    /// What it is given, a map.
    pub inputs: Template,
    /// The pipeline.
    pub pipeline: Arc<Pipeline>,
}

/// A child run.
#[derive(Clone, Debug, PartialEq)]
pub struct Run {
    /// What it shall do.
    pub task: Template,
    /// The text that it may look into; the context of the pipeline's own run if it is not given.
    pub context: Option<Template>,
    /// Turns of its root.
    pub max_turns: Option<u32>,
    /// The form of its final value where the step has no vars.
    pub schema: Option<Value>,
}

/// A question.
#[derive(Clone, Debug, PartialEq)]
pub struct Ask {
    /// The question.
    pub prompt: Template,
    /// The answers to choose from, a list; nothing for free text.
    pub choices: Option<Template>,
    /// The role of the model that plays the person, also where the step names the model.
    pub of: Option<String>,
}

/// Goes where a value says.
#[derive(Clone, Debug, PartialEq)]
pub struct Switch {
    /// The value; texts are compared as they are, others by their JSON.
    pub on: Expression,
    /// Where each value leads, by its text or JSON.
    pub cases: Vec<(String, Jump)>,
    /// Where all others lead; `Continue` if nothing is said.
    pub default: Option<Jump>,
}

/// Steps for every item.
#[derive(Clone, Debug, PartialEq)]
pub struct Each {
    /// The items: a list, or a map, whose values are the items and whose keys are their keys.
    pub items: Template,
    /// The item's name in the body.
    pub name: String,
    /// What identifies an item; sees the item's name and `index`. Its position, from 0, if nothing is said.
    pub key: Option<Expression>,
    /// How many items are worked on at once; as many as the pipeline allows if nothing is said.
    pub max_parallel: Option<usize>,
    /// What the failure of an item means.
    pub on_item_failure: OnItemFailure,
    /// The body.
    pub block: Block,
}

/// What the failure of an item means.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum OnItemFailure {
    /// The step fails; items that were not begun are left.
    #[default]
    Stop,
    /// The item's value is `()`; `errors.NAME` has the failures by key, and the step is ok.
    Continue,
}

/// Steps as long as a condition holds.
#[derive(Clone, Debug, PartialEq)]
pub struct While {
    /// Asked before each iteration; sees `prev`, the last iteration's value or `()`, and `iteration`, from 1.
    pub condition: Expression,
    /// More is the failure `loop_exhausted`.
    pub max_iterations: u32,
    /// The body.
    pub block: Block,
}

/// One of several blocks that run at the same time.
#[derive(Clone, Debug, PartialEq)]
pub struct Branch {
    /// Its name; that of its one step in the list form.
    pub name: String,
    /// Its steps.
    pub block: Block,
}
