//! Stage 2, pure: who answers the turn, and how.

use crate::core::request::LlmOptions;
use crate::host::models::Served;
use crate::registry::roles::Role;
use crate::turn::stages::{AnalyzedTurn, PreparedTurn};

/// Decides role, model and form of the call.
pub fn analyze(prepared: PreparedTurn, role: &Role, served: &Served, functions: bool) -> AnalyzedTurn {
    AnalyzedTurn {
        prepared,
        role: role.clone(),
        served: served.clone(),
        options: LlmOptions { label: Some("root".to_owned()), ..LlmOptions::default() },
        functions,
    }
}
