//! What a tool is, to a caller: its form, what it may touch, and what it answers.

use serde::{Deserialize, Serialize};
use serde_json::Value;

/// What a repeated call would do, which decides what a resume may do.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum EffectClass {
    /// The same arguments always give the same answer.
    Pure,
    /// Reads the world; repeating it is harmless.
    Read,
    /// Changes the world; never silently repeated.
    Write,
}

/// What a tool must be allowed to do.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Permission {
    /// Nothing beyond computing and reading the workspace.
    Free,
    /// Talks to the network.
    Network,
    /// Changes files of the workspace.
    Write,
    /// Starts other programs.
    Execute,
}

/// One executed example of a tool: `TOOL("name", args)`.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct ToolExample {
    /// The arguments.
    pub args: Value,
    /// What the example shows.
    pub note: String,
}

/// What a caller must know of a tool.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct ToolSpec {
    /// Its name, `snake_case`.
    pub name: String,
    /// One sentence, third person.
    pub summary: String,
    /// JSON Schema of the arguments (an object schema).
    pub parameters: Value,
    /// What it returns, in words: shapes and units.
    pub returns: String,
    /// JSON Schema of what it answers; null where nothing is known of it.
    #[serde(default)]
    pub answer: Value,
    /// What a repeated call would do.
    pub effect: EffectClass,
    /// What it must be allowed to do.
    pub permission: Permission,
    /// Examples.
    #[serde(default)]
    pub examples: Vec<ToolExample>,
    /// Words that help to find it.
    #[serde(default)]
    pub tags: Vec<String>,
}
