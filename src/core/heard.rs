//! What the closures of `on_event` are told.

use serde::{Deserialize, Serialize};
use serde_json::Value;

/// What they are told once what their program waited for has come.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Heard {
    /// The events, each as a map.
    pub events: Vec<Value>,
    /// The number of the last event that is no news any more.
    pub last: u64,
}
