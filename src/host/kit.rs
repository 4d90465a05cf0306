//! What every run of the process shares, frozen once the program has started.

use crate::config::settings::Settings;
use crate::host::children::Children;
use crate::host::models::Models;
use crate::memory::recall::Memory;
use crate::store::open::Store;
use crate::tools::approval::Approval;
use crate::tools::catalog::Catalog;
use crate::tools::tool::ToolContext;
use std::sync::Arc;

/// Milliseconds since 1970. Injected, so that nothing below the composition root reads a clock.
pub type Clock = fn() -> u64;

/// The parts that runs share.
pub struct Kit {
    /// Settings.
    pub settings: Arc<Settings>,
    /// Models by role and name.
    pub models: Models,
    /// Tools by name.
    pub tools: Catalog,
    /// Who allows tools.
    pub approval: Approval,
    /// What a tool call may use; its token is replaced by each call's own.
    pub tool_context: ToolContext,
    /// Episodes.
    pub memory: Memory,
    /// Runs, effects, events.
    pub store: Store,
    /// Child runs.
    pub children: Arc<dyn Children>,
    /// The time.
    pub clock: Clock,
}
