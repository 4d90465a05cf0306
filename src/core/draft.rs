//! A program that a script wants kept, as it is handed to the host.

use serde::{Deserialize, Serialize};
use serde_json::Value;

/// A program that a script wants kept. An unknown key is an error, not a silent default.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct ScriptDraft {
    /// Its name: letters, digits, `_`.
    pub name: String,
    /// Its source, without front matter.
    pub source: String,
    /// One sentence.
    pub summary: String,
    /// Parameters: name to description.
    #[serde(default)]
    pub params: serde_json::Map<String, Value>,
    /// What it returns.
    #[serde(default)]
    pub returns: String,
    /// Words that help to find it.
    #[serde(default)]
    pub tags: Vec<String>,
    /// Arguments with which it must run without an error before it is kept.
    #[serde(default)]
    pub example: Value,
    /// Whether it takes the place of a program of this name.
    #[serde(default)]
    pub replace: bool,
}
