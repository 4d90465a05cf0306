//! Final settings: what the rest of the program works with, frozen.

use crate::config::environment::Environment;
use crate::config::fault;
use crate::config::layer::{Layer, Typed};
use crate::config::paths::Paths;
use crate::core::failure::{Failure, FailureKind, Outcome};
use crate::core::limits::Limits;
use crate::core::money::Money;
use indexmap::IndexMap;
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

/// A model as configured; unset fields are filled from the built-in table.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct ModelConfig {
    /// `openai` or `offline`.
    pub provider: Option<String>,
    /// The address of the API.
    pub base_url: Option<String>,
    /// The name at the provider.
    pub name: Option<String>,
    /// The variable that holds the key.
    pub key_env: Option<String>,
    /// Tokens that fit into a prompt and its answer.
    pub context_window: Option<u64>,
    /// USD per million prompt tokens.
    pub input_price: Option<Money>,
    /// USD per million cached prompt tokens.
    pub cached_input_price: Option<Money>,
    /// USD per million answer tokens.
    pub output_price: Option<Money>,
    /// Whether answers are streamed.
    pub stream: Option<bool>,
    /// Whether a root is offered the function `rhai(code)`.
    pub functions: Option<bool>,
    /// Seconds of a whole call.
    pub timeout: Option<f64>,
    /// Seconds until the first token.
    pub first_token_timeout: Option<f64>,
}

/// A role as configured.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct RoleConfig {
    /// Its models, the preferred one first.
    pub models: Vec<String>,
    /// Its place on the ladder.
    pub position: Option<u64>,
    /// Most tokens of an answer.
    pub max_tokens: Option<u64>,
    /// Sampling temperature.
    pub temperature: Option<f64>,
    /// Standing instructions.
    pub system: Option<String>,
}

/// Final settings.
#[derive(Clone, Debug)]
pub struct Settings {
    /// The model named by a flag or `RHIZO_MODEL`.
    pub forced_model: Option<String>,
    /// The model named by a file.
    pub model: Option<String>,
    /// The role of the root.
    pub role: Option<String>,
    /// Limits of a run.
    pub limits: Limits,
    /// Who allows tools.
    pub approve: Approve,
    /// Whether `http_get` may reach private addresses.
    pub allow_private_addresses: bool,
    /// Seconds of a tool call.
    pub tool_timeout: f64,
    /// Bytes of text that a tool returns.
    pub tool_output: u64,
    /// Whether `FINAL` waits until the context has been looked at.
    pub exploration_gate: bool,
    /// Whether runs are remembered.
    pub memory: bool,
    /// `hashing` or `minilm`.
    pub embedder: String,
    /// The folder of the embedding model, if configured.
    pub model_folder: Option<PathBuf>,
    /// Configured models.
    pub models: IndexMap<String, ModelConfig>,
    /// Configured roles.
    pub roles: IndexMap<String, RoleConfig>,
    /// The program's own files.
    pub paths: Paths,
    /// The surroundings.
    pub environment: Environment,
}

impl Settings {
    /// Reads all layers; `flags` win. All faults of all layers are reported at once.
    pub fn load(environment: Environment, flags: Layer) -> Outcome<Self> {
        let paths = Paths::decide(&environment);
        let mut faults = Vec::new();
        let mut layers = vec![flags, Layer::from_environment(&environment, &mut faults)];
        for file in paths.project_config.iter().chain([&paths.user_config]) {
            if let Some(text) = read(file)? {
                layers.push(Layer::from_toml(&text, &file.display().to_string(), &mut faults));
            }
        }
        if !faults.is_empty() {
            return Err(fault::failure(&faults));
        }
        Ok(Self::of(&Merged(layers), paths, environment))
    }

    fn of(merged: &Merged, paths: Paths, environment: Environment) -> Self {
        let forced = merged.0.iter().take(2).find_map(|layer| layer.entries.get("model")).map(|(typed, _)| typed);
        Self {
            forced_model: forced.and_then(text_of),
            model: merged.text("model"),
            role: merged.text("role"),
            limits: merged.limits(),
            approve: match merged.text("tools.approve").as_deref() {
                Some("auto") => Approve::Auto,
                Some("never") => Approve::Never,
                _ => Approve::Ask,
            },
            allow_private_addresses: merged.flag("tools.allow_private_addresses").unwrap_or(false),
            tool_timeout: merged.number("tools.timeout").unwrap_or(120.0),
            tool_output: merged.count("tools.max_output").unwrap_or(200_000),
            exploration_gate: merged.flag("gate.exploration").unwrap_or(true),
            memory: merged.flag("memory.enabled").unwrap_or(true),
            embedder: merged.text("memory.embedder").unwrap_or_else(|| "hashing".to_owned()),
            model_folder: merged.text("memory.model_folder").map(|folder| paths.workspace.join(folder)),
            models: merged.names("models").into_iter().map(|n| (n.clone(), merged.model(&n))).collect(),
            roles: merged.names("roles").into_iter().map(|n| (n.clone(), merged.role(&n))).collect(),
            paths,
            environment,
        }
    }
}

fn read(file: &Path) -> Outcome<Option<String>> {
    match std::fs::read_to_string(file) {
        Ok(text) => Ok(Some(text)),
        Err(error) if error.kind() == std::io::ErrorKind::NotFound => Ok(None),
        Err(error) => {
            let failure = Failure::new(FailureKind::Config, format!("cannot read {}: {error}", file.display()));
            let no_folder = error.kind() == std::io::ErrorKind::NotADirectory;
            Err(if no_folder { failure.hint("RHIZO_HOME and XDG_CONFIG_HOME must name folders") } else { failure })
        }
    }
}

fn text_of(typed: &Typed) -> Option<String> {
    if let Typed::Text(text) = typed { Some(text.clone()) } else { None }
}

/// The layers, strongest first.
struct Merged(Vec<Layer>);

impl Merged {
    fn get(&self, path: &str) -> Option<&Typed> {
        self.0.iter().find_map(|layer| layer.entries.get(path)).map(|(typed, _)| typed)
    }

    fn text(&self, path: &str) -> Option<String> {
        self.get(path).and_then(text_of)
    }

    fn texts(&self, path: &str) -> Vec<String> {
        if let Some(Typed::Texts(texts)) = self.get(path) { texts.clone() } else { Vec::new() }
    }

    fn flag(&self, path: &str) -> Option<bool> {
        if let Some(Typed::Flag(flag)) = self.get(path) { Some(*flag) } else { None }
    }

    fn count(&self, path: &str) -> Option<u64> {
        if let Some(Typed::Count(count)) = self.get(path) { Some(*count) } else { None }
    }

    fn number(&self, path: &str) -> Option<f64> {
        if let Some(Typed::Number(number)) = self.get(path) { Some(*number) } else { None }
    }

    fn usd(&self, path: &str) -> Option<Money> {
        if let Some(Typed::Usd(money)) = self.get(path) { Some(*money) } else { None }
    }

    /// The chosen names below `group`, project before user, in alphabetical order within a layer.
    fn names(&self, group: &str) -> Vec<String> {
        let mut names: Vec<String> = Vec::new();
        for path in self.0.iter().flat_map(|layer| layer.entries.keys()) {
            let inner = path.strip_prefix(group).and_then(|rest| rest.strip_prefix('.'));
            if let Some((name, _)) = inner.and_then(|rest| rest.rsplit_once('.'))
                && !names.iter().any(|known| known == name)
            {
                names.push(name.to_owned());
            }
        }
        names
    }

    fn limits(&self) -> Limits {
        let standard = Limits::default();
        let small = |count: u64| u32::try_from(count).unwrap_or(u32::MAX);
        let millis = |seconds: f64| {
            std::time::Duration::try_from_secs_f64(seconds)
                .map_or(u64::MAX, |d| u64::try_from(d.as_millis()).unwrap_or(u64::MAX))
        };
        Limits {
            max_cost: self.usd("limits.max_cost"),
            max_calls: self.count("limits.max_calls"),
            max_tokens: self.count("limits.max_tokens"),
            max_depth: self.count("limits.max_depth").map_or(standard.max_depth, small),
            max_turns: self.count("limits.max_turns").map_or(standard.max_turns, small),
            compute_millis: self.number("limits.compute_seconds").map_or(standard.compute_millis, millis),
            timeout_millis: self.number("limits.timeout").map(millis),
            allow_unpriced: self.flag("limits.allow_unpriced").unwrap_or(false),
        }
    }

    fn model(&self, name: &str) -> ModelConfig {
        let at = |field: &str| format!("models.{name}.{field}");
        ModelConfig {
            provider: self.text(&at("provider")),
            base_url: self.text(&at("base_url")),
            name: self.text(&at("name")),
            key_env: self.text(&at("key_env")),
            context_window: self.count(&at("context_window")),
            input_price: self.usd(&at("input_price")),
            cached_input_price: self.usd(&at("cached_input_price")),
            output_price: self.usd(&at("output_price")),
            stream: self.flag(&at("stream")),
            functions: self.flag(&at("functions")),
            timeout: self.number(&at("timeout")),
            first_token_timeout: self.number(&at("first_token_timeout")),
        }
    }

    fn role(&self, name: &str) -> RoleConfig {
        let at = |field: &str| format!("roles.{name}.{field}");
        RoleConfig {
            models: self.texts(&at("models")),
            position: self.count(&at("position")),
            max_tokens: self.count(&at("max_tokens")),
            temperature: self.number(&at("temperature")),
            system: self.text(&at("system")),
        }
    }
}
