//! What an input of a session leaves that was stopped before its end. Evaluated again it would go on to its end, or for
//! ever, so a session that goes on takes this in its place.

use serde::{Deserialize, Serialize};
use serde_json::{Map, Value};

/// What such an input left.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Stopped {
    /// The variables that it had changed, as they were then.
    pub set: Map<String, Value>,
    /// The names of those that it had changed into what has no form as data.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub lost: Vec<String>,
    /// What it had printed, if `out` has that under a number.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub printed: Option<String>,
}
