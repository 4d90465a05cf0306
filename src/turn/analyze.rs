//! Stage 2, pure: who answers the turn, and how.

use crate::host::models::choose::Chosen;
use crate::turn::stages::{AnalyzedTurn, PreparedTurn};
use std::sync::Arc;

/// Decides role, model and form of the call.
pub fn analyze(prepared: PreparedTurn, chosen: &Arc<Chosen>, functions: bool) -> AnalyzedTurn {
    AnalyzedTurn { prepared, chosen: Arc::clone(chosen), functions }
}
