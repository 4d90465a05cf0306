//! Requests to the host: everything a primitive can ask of the rest of the program, as plain data.
//!
//! Today the port is a call inside one process; because nothing here is a handle, it can become a pipe to a
//! process that holds a model's code in a jail, without touching a primitive.

use crate::core::attempts::Attempt;
use crate::core::child::ChildRequest;
use crate::core::draft::ScriptDraft;
use crate::core::episode::Episode;
use crate::core::ids::Frame;
use crate::core::step::StepTold;
use crate::core::strategy::Strategy;
use serde::{Deserialize, Deserializer, Serialize};
use serde_json::Value;
use std::sync::Arc;

/// One question to the host, with the place in the run that asks it.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Call {
    /// Where in the run.
    pub frame: Frame,
    /// What is asked.
    pub request: Request,
}

/// What a primitive may ask. Every answer is a JSON value or a `Failure`.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(tag = "ask", rename_all = "snake_case")]
pub enum Request {
    /// One model call; answers the text, or a validated value if a schema is given.
    Llm(LlmRequest),
    /// One model call whose answer the script checks; answers an `Attempted`, or the failure of the whole chain.
    Attempt(Box<Attempt>),
    /// The same for many calls at once; answers an array of the steps that were not accepted, in their order, with error
    /// maps in the slots of failed chains.
    AttemptBatch {
        /// The steps, each with the number of its item.
        steps: Vec<(usize, Attempt)>,
        /// How many calls run at once.
        concurrency: usize,
    },
    /// Many model calls; answers an array in the same order, error maps in failed slots.
    LlmBatch {
        /// The calls.
        requests: Vec<LlmRequest>,
        /// How many run at once.
        concurrency: usize,
    },
    /// One child run; answers its final value.
    Rlm(ChildRequest),
    /// Many child runs; answers an array in the same order, error maps in failed slots.
    RlmBatch {
        /// The runs.
        requests: Vec<ChildRequest>,
        /// How many run at once.
        concurrency: usize,
    },
    /// Items are about to be worked on at once, in frames of their own below this one; answers nothing.
    Branches,
    /// One of these items has ended: its slot has its value or its failure; answers nothing.
    ItemEnded,
    /// A tool call; answers the tool's value.
    Tool {
        /// The tool's name.
        name: String,
        /// Its arguments, an object.
        args: Value,
    },
    /// The tools that fit a query, best first: `[{name, summary, parameters}]`.
    Tools {
        /// Words; empty for all.
        query: String,
    },
    /// A stored program; answers its value.
    Script {
        /// The program's name.
        name: String,
        /// Its parameters, an object.
        args: Value,
    },
    /// The stored programs that fit a query, best first: `[{name, summary, params}]`.
    Scripts {
        /// Words; empty for all.
        query: String,
    },
    /// A pipeline; answers its outputs.
    Pipeline {
        /// The file, or the name of one of the project's or the user's.
        path: String,
        /// Its inputs, an object.
        inputs: Value,
    },
    /// What a pipeline says and does, without running it; answers a map.
    ExplainPipeline {
        /// Its file or its name, as in `Pipeline`.
        path: String,
    },
    /// A file that a step of a pipeline writes, over what is there; answers what `write_file` does.
    Product {
        /// Where, relative to the workspace.
        path: String,
        /// What.
        content: Content,
        /// Whether the person who started the pipeline has thereby allowed it.
        allowed: bool,
    },
    /// Keeps a program; answers its path.
    SaveScript(ScriptDraft),
    /// Similar episodes: `[{situation, action, outcome, lesson, similarity, ...}]`.
    Recall {
        /// What to look for.
        query: String,
        /// How many at most.
        k: usize,
    },
    /// Stores an episode; answers its id.
    Remember(Box<Episode>),
    /// Where to look first; answers a map with `advice` and its evidence.
    SuggestExploration,
    /// The roles, the weakest first: `[{name, position, models, requires, strategy}]`.
    Roles,
    /// The limits and what is left of them.
    Budget,
    /// What the tree of the run has used.
    Spent,
    /// A question to a person; answers the text.
    AskUser {
        /// The question.
        prompt: String,
        /// The answers to choose from; empty for free text.
        choices: Vec<String>,
    },
    /// Milliseconds since 1970.
    Now,
    /// A random float in 0..1.
    Random,
    /// A random UUID of version 4, as text.
    Uuid,
    /// A variable of the environment; answers its text, or nothing if it is not set.
    Env {
        /// Its name.
        name: String,
    },
    /// Waits; answers nothing.
    Sleep {
        /// How long.
        millis: u64,
    },
    /// Asks to end the run with a value; refused with a reason while the exploration gate is shut.
    Final {
        /// The answer.
        value: Value,
        /// How often this session has looked into its context.
        looks: u64,
        /// Whether there is a context to look into.
        has_context: bool,
    },
    /// A closure of `on_event` begins to listen; answers the number of the last event.
    Listen,
    /// What happens in the run from here on; waits until something has, and answers an array of maps.
    News {
        /// The number of the last event that is known.
        after: u64,
        /// What is waited for, by a hash of it.
        asked: String,
    },
    /// What happened while a program waited; answers a `Heard`.
    Heard {
        /// The number of the last event before it waited.
        since: u64,
        /// The number of the last event that is known.
        after: u64,
        /// What it waited for, by a hash of it.
        asked: String,
        /// Whether that failed; nothing where it was stopped.
        failed: Option<bool>,
    },
    /// Text that the script printed; answers nothing.
    Say {
        /// The text, without its line end.
        text: String,
    },
    /// What a program tells of its steps and of its parts with limits; answers nothing.
    Step(StepTold),
    /// A value that must fit a schema; answers it with numbers of the kinds that the schema names.
    Typed {
        /// The value.
        value: Value,
        /// A JSON Schema, an example or a short form.
        schema: Value,
        /// What the failure of a value that does not fit begins with.
        what: String,
    },
}

/// What a file holds.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(untagged)]
pub enum Content {
    /// Text.
    Text(String),
    /// Anything.
    Bytes(Vec<u8>),
}

/// One model call of a script.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
pub struct LlmRequest {
    /// The one user message.
    pub prompt: String,
    /// How to make it; the calls of a batch share it.
    #[serde(default)]
    pub options: Arc<LlmOptions>,
}

/// Options of `llm`. An unknown key is an error, not a silent default.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct LlmOptions {
    /// Role whose model is used; `worker` if neither this nor `model` is given.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub role: Option<String>,
    /// Model, as `provider/name` or a configured short name.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub model: Option<String>,
    /// Capabilities and tags that the model must have: `vision`, `tools`, `json`, `logprobs`, or words of the user's own.
    #[serde(skip_serializing_if = "Vec::is_empty", deserialize_with = "one_or_many")]
    pub requires: Vec<String>,
    /// How to choose among models that all meet what is required.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub strategy: Option<Strategy>,
    /// System text.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub system: Option<String>,
    /// Who the model is: the name of a persona, or its text.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub persona: Option<String>,
    /// JSON Schema, example object or short form that the answer must have; shared by a batch.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub schema: Option<Arc<Value>>,
    /// The most tokens of the answer.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub max_tokens: Option<u64>,
    /// Sampling temperature, 0 to 2.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub temperature: Option<f64>,
    /// Texts that end the answer; an empty list for none, whatever the role says.
    #[serde(skip_serializing_if = "Option::is_none", deserialize_with = "given")]
    pub stop: Option<Vec<String>>,
    /// Pictures: paths of the workspace, or addresses, which need the leave that `http_get` needs.
    #[serde(skip_serializing_if = "Vec::is_empty", deserialize_with = "one_or_many")]
    pub images: Vec<String>,
    /// Seconds that the whole call may take.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub timeout: Option<f64>,
    /// A name for progress and logs.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub label: Option<String>,
    /// Whether a kept answer may be used, and how old it may be; the setting `cache.enabled` if it is not given.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub cache: Option<Keep>,
    /// Why a pipeline names this model or role, for people; a script has no word for it.
    #[serde(skip)]
    pub reason: Option<String>,
}

/// A list of texts; a text alone is a list of one.
pub(crate) fn one_or_many<'de, D: Deserializer<'de>>(reader: D) -> Result<Vec<String>, D::Error> {
    #[derive(Deserialize)]
    #[serde(untagged, expecting = "expected a text or a list of texts, such as [\"a\", \"b\"]")]
    enum Texts {
        One(String),
        Many(Vec<String>),
    }
    Ok(match Texts::deserialize(reader)? {
        Texts::One(text) => vec![text],
        Texts::Many(texts) => texts,
    })
}

/// The same of a list that says something else when it is empty than when it is not there.
fn given<'de, D: Deserializer<'de>>(reader: D) -> Result<Option<Vec<String>>, D::Error> {
    one_or_many(reader).map(Some)
}

/// Whether a kept answer may be used instead of a call.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(untagged, expecting = "cache takes true, false, seconds, or a span such as \"1h\"")]
pub enum Keep {
    /// One of the usual age, or none.
    Flag(bool),
    /// One that is at most this many seconds old.
    Seconds(f64),
    /// One that is at most this old, as a number with a unit: `90s`, `10m`, `1h`, `7d`.
    Span(String),
}
