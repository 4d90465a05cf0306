//! Final settings: what the rest of the program works with, frozen.

use crate::config::environment::{Environment, is_secret};
use crate::config::fault::{self, Fault};
use crate::config::layer::Layer;
use crate::config::merged::Merged;
use crate::config::model::{self, ModelConfig};
use crate::config::ownership;
use crate::config::paths::Paths;
use crate::config::price_file::PriceFile;
use crate::config::role::{self, RoleConfig};
use crate::config::traffic::RateLimits;
use crate::core::episode::Namespace;
use crate::core::failure::{Failure, FailureKind, Outcome};
use crate::core::limits::Limits;
use crate::core::strategy::Strategy;
use indexmap::IndexMap;
use std::fs::File;
use std::io::{self, ErrorKind, Read};
use std::path::{Path, PathBuf};

/// Who allows a tool that does more than compute and read.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Approve {
    /// A person is asked.
    Ask,
    /// Everything is allowed.
    Auto,
    /// Nothing is.
    Never,
}

/// Final settings.
#[derive(Clone, Debug)]
pub struct Settings {
    /// The model named by a flag or `RHIZO_MODEL`.
    pub forced_model: Option<String>,
    /// The model named by a file.
    pub model: Option<String>,
    /// The role of the root, if somebody has named one.
    pub role: Option<String>,
    /// How to choose among models that all meet what is required, if somebody said so.
    pub strategy: Option<Strategy>,
    /// Whether a paid model may stand in for a free one.
    pub allow_paid_fallback: bool,
    /// Limits of a run.
    pub limits: Limits,
    /// Who allows tools.
    pub approve: Approve,
    /// Whether `http_get` may reach private addresses.
    pub allow_private_addresses: bool,
    /// The variables of the environment that programs may read.
    pub visible_variables: Vec<String>,
    /// Seconds of a tool call.
    pub tool_timeout: f64,
    /// Bytes of text that a tool returns.
    pub tool_output: u64,
    /// Bytes of a file that a command writes.
    pub tool_file: u64,
    /// Whether `FINAL` waits until the context has been looked at.
    pub exploration_gate: bool,
    /// Whether answers to `llm` are kept and used again where a call does not say.
    pub cache: bool,
    /// Seconds for which a kept answer is used where a call does not say.
    pub cache_age: f64,
    /// Who takes over where an answer fails.
    pub escalation: Escalation,
    /// Whether runs are remembered.
    pub memory: bool,
    /// Which memories this process writes: real ones, or those of evaluations.
    pub namespace: Namespace,
    /// The share of runs that get no hints, 0 to 1.
    pub off_share: f64,
    /// The most episodes that are kept; 0 keeps all.
    pub most_episodes: u64,
    /// `hashing` or `minilm`.
    pub embedder: String,
    /// The folder of the embedding model, if configured.
    pub model_folder: Option<PathBuf>,
    /// Configured models.
    pub models: IndexMap<String, ModelConfig>,
    /// What all models of a service may use together, by its name or address.
    pub services: IndexMap<String, RateLimits>,
    /// Configured roles.
    pub roles: IndexMap<String, RoleConfig>,
    /// All values with their places.
    pub merged: Merged,
    /// Prices of a public list, if the user gave one.
    pub prices: Option<PriceFile>,
    /// The program's own files.
    pub paths: Paths,
    /// The surroundings.
    pub environment: Environment,
}

/// Who takes over where an answer fails, and how readily.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Escalation {
    /// Whether anybody does.
    pub enabled: bool,
    /// The roles, the weakest first.
    pub ladder: Vec<String>,
    /// How often a role is asked again with feedback.
    pub retries: u32,
    /// How often a stronger role may take over.
    pub most: u32,
    /// What an attempt of the dearest role costs, as a share of a success.
    pub price: f64,
    /// The share of decisions made by chance.
    pub audit: f64,
}

impl Escalation {
    fn of(merged: &Merged) -> Self {
        let count = |path| merged.count(path).and_then(|count| u32::try_from(count).ok()).unwrap_or(0);
        Self {
            enabled: merged.flag("escalation.enabled").unwrap_or(false),
            ladder: merged.texts("escalation.ladder").unwrap_or_default(),
            retries: count("escalation.retries"),
            most: count("escalation.most"),
            price: merged.number("escalation.price").unwrap_or(0.0),
            audit: merged.number("escalation.audit").unwrap_or(0.0),
        }
    }
}

impl Settings {
    /// Whether a variable holds a secret: it is called like one, or a model has its key there.
    pub fn is_secret(&self, variable: &str) -> bool {
        is_secret(variable) || self.models.values().any(|model| model.key_env.as_deref() == Some(variable))
    }

    /// Which memories this process reads: evaluations keep to themselves.
    pub fn namespaces(&self) -> Vec<Namespace> {
        vec![self.namespace, Namespace::Seed]
    }

    /// Reads all layers; `flags` win. All faults of all layers are reported at once.
    pub fn load(environment: Environment, flags: Layer) -> Outcome<Self> {
        let (settings, faults) = Self::read(environment, flags)?;
        if faults.is_empty() { Ok(settings) } else { Err(fault::failure(&faults)) }
    }

    /// The same, with what is right in the layers and the faults of the rest: `registry::check` finds more of them.
    pub fn read(environment: Environment, flags: Layer) -> Outcome<(Self, Vec<Fault>)> {
        let paths = Paths::decide(&environment)?;
        let mut faults = Vec::new();
        let mut layers = vec![flags, Layer::from_environment(&environment, &mut faults)];
        for file in paths.project_config.iter().chain([&paths.user_config]) {
            let is_foreign = paths.project_config.as_ref() == Some(file);
            if let Some(text) = read(file, is_foreign)? {
                layers.push(Layer::from_toml(&text, &file.display().to_string(), &mut faults));
            }
        }
        layers.push(Layer::built_in(&mut faults));
        let prices = PriceFile::load(&paths.prices)?;
        Ok((Self { prices, ..Self::of(Merged(layers), paths, environment) }, faults))
    }

    /// What the lowest layer sets needs no default here; the values after `unwrap_or` are those of a type without one.
    fn of(merged: Merged, paths: Paths, environment: Environment) -> Self {
        let forced = merged.0.iter().take(2).any(|layer| layer.entries.contains_key("model"));
        Self {
            forced_model: merged.text("model").filter(|_| forced),
            model: merged.text("model"),
            role: merged.named("role"),
            strategy: role::strategy(&merged, "strategy"),
            allow_paid_fallback: merged.flag("allow_paid_fallback").unwrap_or(false),
            limits: limits(&merged),
            approve: match merged.text("tools.approve").as_deref() {
                Some("auto") => Approve::Auto,
                Some("never") => Approve::Never,
                _ => Approve::Ask,
            },
            allow_private_addresses: merged.flag("tools.allow_private_addresses").unwrap_or(false),
            visible_variables: merged.texts("tools.env").unwrap_or_default(),
            tool_timeout: merged.number("tools.timeout").unwrap_or(0.0),
            tool_output: merged.count("tools.max_output").unwrap_or(0),
            tool_file: merged.count("tools.max_file").unwrap_or(0),
            exploration_gate: merged.flag("gate.exploration").unwrap_or(false),
            cache: merged.flag("cache.enabled").unwrap_or(false),
            cache_age: merged.number("cache.max_age").unwrap_or(0.0),
            escalation: Escalation::of(&merged),
            memory: merged.flag("memory.enabled").unwrap_or(false),
            namespace: merged.text("memory.namespace").as_deref().and_then(Namespace::parse).unwrap_or_default(),
            off_share: off_share(&merged),
            most_episodes: merged.count("memory.most").unwrap_or(0),
            embedder: merged.text("memory.embedder").unwrap_or_default(),
            model_folder: merged.text("memory.model_folder").map(|folder| paths.workspace.join(folder)),
            models: merged.names("models").into_iter().map(|n| (n.clone(), model::read(&merged, &n))).collect(),
            services: services(&merged),
            roles: merged.names("roles").into_iter().map(|n| (n.clone(), role::read(&merged, &n))).collect(),
            merged,
            prices: None,
            paths,
            environment,
        }
    }
}

fn services(merged: &Merged) -> IndexMap<String, RateLimits> {
    let limits = |name: &String| RateLimits::of(merged, &format!("services.{name}"));
    merged.names("services").into_iter().map(|name| (name.clone(), limits(&name))).collect()
}

/// Evaluations measure what they set, so the standard share is not theirs.
fn off_share(merged: &Merged) -> f64 {
    let own = merged.0.iter().rev().skip(1).any(|layer| layer.entries.contains_key("memory.off_share"));
    let evaluated = merged.text("memory.namespace").as_deref().and_then(Namespace::parse) == Some(Namespace::Eval);
    if evaluated && !own { 0.0 } else { merged.number("memory.off_share").unwrap_or(0.0) }
}

/// The most bytes of a configuration; what is larger was not written by a person and takes seconds to read.
const LARGEST: u64 = 16 * 1024 * 1024;

/// The text of a file, if it is there. A file that came with a folder must be the user's own; what is checked is what
/// is read, whatever has its name by then.
fn read(file: &Path, is_foreign: bool) -> Outcome<Option<String>> {
    let mut opened = match File::open(file) {
        Ok(opened) => opened,
        Err(error) if error.kind() == ErrorKind::NotFound && !file.is_symlink() => return Ok(None),
        Err(error) => return Err(unreadable(file, &error)),
    };
    let found = opened.metadata().map_err(|error| unreadable(file, &error))?;
    if is_foreign {
        ownership::check(file, &found)?;
    }
    if found.len() > LARGEST {
        let (size, most) = (found.len() / (1024 * 1024), LARGEST / (1024 * 1024));
        let what = format!("{} has {size} MiB, and a configuration at most {most}", file.display());
        return Err(Failure::new(FailureKind::Config, what).hint("is it the file that was meant?"));
    }
    let mut text = String::new();
    opened.read_to_string(&mut text).map_err(|error| unreadable(file, &error))?;
    Ok(Some(text))
}

fn unreadable(file: &Path, error: &io::Error) -> Failure {
    if let (ErrorKind::NotFound, Ok(target)) = (error.kind(), file.read_link()) {
        let told = format!("the link {} leads to {:?}, where nothing is", file.display(), target.display());
        return Failure::new(FailureKind::Config, told).hint("mend it, or remove it if no settings are meant");
    }
    let failure = Failure::new(FailureKind::Config, format!("cannot read {}: {error}", file.display()));
    let no_folder = error.kind() == ErrorKind::NotADirectory;
    if no_folder { failure.hint("RHIZO_HOME and XDG_CONFIG_HOME must name folders") } else { failure }
}

fn limits(merged: &Merged) -> Limits {
    let standard = Limits::default();
    let small = |count: u64| u32::try_from(count).unwrap_or(u32::MAX);
    let millis = |seconds: f64| {
        std::time::Duration::try_from_secs_f64(seconds)
            .map_or(u64::MAX, |d| u64::try_from(d.as_millis()).unwrap_or(u64::MAX))
    };
    Limits {
        max_cost: merged.usd("limits.max_cost"),
        max_calls: merged.count("limits.max_calls"),
        max_tokens: merged.count("limits.max_tokens"),
        max_depth: merged.count("limits.max_depth").map_or(standard.max_depth, small),
        max_turns: merged.count("limits.max_turns").map_or(standard.max_turns, small),
        compute_millis: merged.number("limits.compute_seconds").map_or(standard.compute_millis, millis),
        timeout_millis: merged.number("limits.timeout").map(millis),
        allow_unpriced: merged.flag("limits.allow_unpriced").unwrap_or(false),
    }
}
