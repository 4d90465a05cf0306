//! What every run of the process shares, frozen once the program has started.

use crate::config::settings::Settings;
use crate::core::failure::Outcome;
use crate::host::children::Children;
use crate::host::llm::flights::Flights;
use crate::host::models::Models;
use crate::host::pipelines::Pipelines;
use crate::memory::recall::Memory;
use crate::store::open::Store;
use crate::tools::approval::Approval;
use crate::tools::catalog::Catalog;
use crate::tools::tool::ToolContext;
use std::sync::atomic::AtomicBool;
use std::sync::{Arc, OnceLock};

/// Milliseconds since 1970. Injected, so that nothing below the composition root reads a clock.
pub type Clock = fn() -> u64;

/// The parts that runs share.
pub struct Kit {
    /// Settings.
    pub settings: Arc<Settings>,
    /// Models by role and name.
    pub models: Models,
    /// Equal questions under way.
    pub flights: Flights,
    /// Tools by name; built when first asked for, because compiling a dozen schemas costs as much as starting.
    pub tools: LazyTools,
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
    /// Pipelines.
    pub pipelines: Arc<dyn Pipelines>,
    /// The time.
    pub clock: Clock,
    /// Whether it was a person who stopped what is under way; set before it is cancelled.
    pub by_person: Arc<AtomicBool>,
}

/// Tools that are built when first asked for.
pub struct LazyTools {
    built: OnceLock<Outcome<Catalog>>,
    build: Box<dyn Fn() -> Outcome<Catalog> + Send + Sync>,
}

impl LazyTools {
    /// Tools that `build` makes.
    pub fn new(build: impl Fn() -> Outcome<Catalog> + Send + Sync + 'static) -> Self {
        Self { built: OnceLock::new(), build: Box::new(build) }
    }

    /// The tools. Fails as long as the process lives if one of them is described wrongly.
    pub fn get(&self) -> Outcome<&Catalog> {
        self.built.get_or_init(&self.build).as_ref().map_err(Clone::clone)
    }
}
