//! What a model made of a pipeline: what it is for, and whether its steps serve that.

use crate::core::ids::ModelId;
use serde::{Deserialize, Serialize};

/// A judgement, as the log keeps it.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Judgement {
    /// The pipeline's id.
    pub pipeline: String,
    /// The hash of its file.
    pub hash: String,
    /// The model that was chosen to judge; logs of earlier versions do not have it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub model: Option<ModelId>,
    /// What it is for.
    pub intention: String,
    /// Whether its steps serve that.
    pub serves: bool,
    /// Where they do not.
    pub gaps: Vec<String>,
    /// What it does, as pseudocode.
    pub architecture: String,
}
