//! Builds the parts of the program from its settings.

use crate::app::choice;
use crate::config::place::Place;
use crate::config::settings::{Approve, Settings};
use crate::core::failure::Outcome;
use crate::host::kit::{Kit, LazyTools};
use crate::host::llm::flights::Flights;
use crate::host::models::Models;
use crate::memory::recall::Memory;
use crate::memory::settings::{EmbedderChoice, MemorySettings};
use crate::model::client::HttpClient;
use crate::pipeline::files::Files;
use crate::pipeline::tool as pipeline_tool;
use crate::store::open::Store;
use crate::tools::approval::{Approval, Granted};
use crate::tools::builtin;
use crate::tools::catalog::Catalog;
use crate::tools::person::Person;
use crate::tools::tool::{ToolContext, ToolLimits};
use crate::tools::workspace::Workspace;
use crate::turn::child::RootChildren;
use futures::FutureExt;
use std::sync::Arc;
use std::time::{Duration, SystemTime, UNIX_EPOCH};
use tokio_util::sync::CancellationToken;

/// The program's parts, and the answer to "which model, and why".
pub struct App {
    /// What every run shares.
    pub kit: Arc<Kit>,
}

/// Builds everything. The memory's index and the models are opened when first used.
pub fn build(settings: Settings, person: Arc<dyn Person>) -> Outcome<App> {
    let settings = Arc::new(settings);
    let client = HttpClient::new();
    let for_tools = Arc::clone(&settings);
    let store = Store::open(&settings.paths.store)?;
    let memory = Memory::new(memory_settings(&settings), store.clone());
    let kit = Kit {
        models: models(&settings, client),
        flights: Flights::default(),
        tools: LazyTools::new(move || catalog(&for_tools)),
        approval: match settings.approve {
            Approve::Ask => Approval::Ask,
            Approve::Auto => Approval::Auto,
            Approve::Never => Approval::Never,
        },
        tool_context: tool_context(&settings, person)?,
        memory,
        store,
        children: Arc::new(RootChildren),
        pipelines: Arc::new(Files),
        clock: now,
        by_person: Arc::default(),
        settings,
    };
    Ok(App { kit: Arc::new(kit) })
}

fn models(settings: &Arc<Settings>, client: HttpClient) -> Models {
    let (for_choice, for_client) = (Arc::clone(settings), client.clone());
    let decide = move || {
        let (settings, client) = (Arc::clone(&for_choice), for_client.clone());
        async move { choice::default_model(&settings, &client).await }.boxed()
    };
    Models::new(Arc::clone(settings), Box::new(decide), client)
}

/// The built-in tools, and the pipelines of the project and of the user.
pub fn catalog(settings: &Settings) -> Outcome<Catalog> {
    let mut catalog = Catalog::default();
    for tool in builtin::all() {
        catalog.register(tool)?;
    }
    pipeline_tool::register(settings, &mut catalog);
    Ok(catalog)
}

/// Settings of the memory.
pub fn memory_settings(settings: &Settings) -> MemorySettings {
    let embedder = embedder_choice(settings, &settings.embedder);
    MemorySettings {
        folder: settings.paths.memory.clone(),
        embedder,
        few: MemorySettings::FEW,
        most: settings.most_episodes,
    }
}

/// The embedder of this name: `hashing` or `minilm`.
pub fn embedder_choice(settings: &Settings, name: &str) -> EmbedderChoice {
    match (name, &settings.model_folder) {
        ("minilm", Some(folder)) => EmbedderChoice::Folder(folder.clone()),
        ("minilm", None) => EmbedderChoice::Folder(settings.paths.models.join("all-MiniLM-L6-v2")),
        _ => EmbedderChoice::Hashing,
    }
}

fn tool_context(settings: &Settings, person: Arc<dyn Person>) -> Outcome<ToolContext> {
    let timeout = Duration::try_from_secs_f64(settings.tool_timeout).unwrap_or(Duration::from_secs(120));
    let usual = ToolLimits::default();
    // What somebody has set holds for tools too that keep their own deadline.
    let is_set = settings.merged.place("tools.timeout").is_some_and(|place| *place != Place::BuiltIn);
    let max_timeout = if is_set { timeout.min(usual.max_timeout) } else { usual.max_timeout };
    let max_output_bytes = usize::try_from(settings.tool_output).unwrap_or(usize::MAX);
    let shown = settings.environment.variables.iter().filter(|(name, _)| !settings.is_secret(name));
    Ok(ToolContext {
        workspace: Arc::new(Workspace::of(&settings.paths)?),
        cancel: CancellationToken::new(),
        person,
        limits: ToolLimits { timeout, max_timeout, max_output_bytes, command_file_bytes: settings.tool_file, ..usual },
        allow_private_addresses: settings.allow_private_addresses,
        environment: shown.cloned().collect(),
        granted: Granted::default(),
    })
}

/// Milliseconds since 1970.
pub fn now() -> u64 {
    SystemTime::now().duration_since(UNIX_EPOCH).map_or(0, |since| u64::try_from(since.as_millis()).unwrap_or(u64::MAX))
}
