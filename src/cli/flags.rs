//! Flags that `ask`, `run`, `eval` and `repl` share, as the strongest layer of settings.

use crate::config::fault::Fault;
use crate::config::key;
use crate::config::layer::Layer;
use crate::config::place::Place;
use crate::context::discover::{EMPTY, similar};
use crate::core::failure::{Failure, FailureKind, Outcome};
use clap::Args;
use serde::{Deserialize, Serialize};
use serde_json::Value;
use std::ffi::OsStr;
use std::path::Path;

/// Flags of everything that runs code.
#[derive(Clone, Debug, Default, PartialEq, Args, Serialize, Deserialize)]
#[serde(default)]
pub struct RunFlags {
    /// Model for every role, as service/name or a name of rhizo.toml.
    #[arg(long, short, value_name = "MODEL")]
    pub model: Option<String>,
    /// Role of the root model.
    #[arg(long, value_name = "ROLE")]
    pub role: Option<String>,
    /// File, folder, glob or - for standard input; may be given more than once.
    #[arg(long, short, value_name = "PATH", num_args = 1.., value_parser = path)]
    pub context: Vec<String>,
    /// The most money of the run, in USD.
    #[arg(long, value_name = "USD", allow_hyphen_values = true)]
    pub max_cost: Option<String>,
    /// The most model calls.
    #[arg(long, value_name = "N", allow_hyphen_values = true)]
    pub max_calls: Option<String>,
    /// The most tokens, prompts and answers together.
    #[arg(long, value_name = "N", allow_hyphen_values = true)]
    pub max_tokens: Option<String>,
    /// How deep child runs may nest.
    #[arg(long, value_name = "N", allow_hyphen_values = true)]
    pub max_depth: Option<String>,
    /// The most turns of a root model.
    #[arg(long, value_name = "N", allow_hyphen_values = true)]
    pub max_turns: Option<String>,
    /// The most seconds of the run.
    #[arg(long, value_name = "SECONDS", allow_hyphen_values = true)]
    pub timeout: Option<String>,
    /// Who allows tools that write, run programs or use the network: ask, auto or never.
    #[arg(long, value_name = "WHO")]
    pub approve: Option<String>,
    /// Lets a money limit pass models whose price is unknown.
    #[arg(long)]
    pub allow_unpriced: bool,
    /// Prints the result as JSON.
    #[arg(long)]
    #[serde(skip)]
    pub json: bool,
    /// Adds every event of the run as a line of JSON to a file, or to standard output for -; there the last line has
    /// the result.
    #[arg(long, value_name = "FILE")]
    #[serde(skip)]
    pub events: Option<String>,
    /// Ends with exit code 1 where the run comes to its end as `partial`.
    #[arg(long)]
    #[serde(skip)]
    pub fail_on_partial: bool,
    /// Shows no progress on standard error.
    #[arg(long, short)]
    #[serde(skip)]
    pub quiet: bool,
}

/// A path of a context. An empty one would be taken for the question or the code.
pub fn path(typed: &str) -> Result<String, String> {
    if typed.is_empty() { Err(EMPTY.to_owned()) } else { Ok(typed.to_owned()) }
}

impl RunFlags {
    /// The flags as a run's row keeps them; the context stands there by itself.
    pub fn kept(&self) -> Value {
        // Texts and flags always have a form as data.
        serde_json::to_value(Self { context: Vec::new(), ..self.clone() }).unwrap_or_default()
    }

    /// These flags over those with which a run was started.
    pub fn over(&self, kept: &Value) -> Self {
        // A row of another version may lack or have flags; those that are known hold.
        let kept: Self = serde_json::from_value(kept.clone()).unwrap_or_default();
        let or = |own: &Option<String>, kept: Option<String>| own.clone().or(kept);
        Self {
            model: or(&self.model, kept.model),
            role: or(&self.role, kept.role),
            context: self.context.clone(),
            max_cost: or(&self.max_cost, kept.max_cost),
            max_calls: or(&self.max_calls, kept.max_calls),
            max_tokens: or(&self.max_tokens, kept.max_tokens),
            max_depth: or(&self.max_depth, kept.max_depth),
            max_turns: or(&self.max_turns, kept.max_turns),
            timeout: or(&self.timeout, kept.timeout),
            approve: or(&self.approve, kept.approve),
            allow_unpriced: self.allow_unpriced || kept.allow_unpriced,
            events: self.events.clone(),
            json: self.json,
            fail_on_partial: self.fail_on_partial,
            quiet: self.quiet,
        }
    }

    /// That a session of the REPL cannot be held to this: its end is the person's, its values go to standard output, and every
    /// `.ask` is a run of its own.
    pub fn unfit_for_session(&self) -> Option<Failure> {
        let unfit = |what: &str, hint: &str| Some(Failure::new(FailureKind::Invalid, what).hint(hint));
        if self.events.is_some() {
            let hint = "`rhizo logs last --follow --json` shows its events from another terminal";
            return unfit("a session of the REPL takes no --events", hint);
        }
        if self.fail_on_partial {
            let hint = "`run`, `ask`, `eval` and `resume` of what they began take it";
            return unfit("--fail-on-partial means nothing to a session of the REPL", hint);
        }
        None
    }

    /// Takes the last `--context` value if there is no such file, folder or glob.
    pub fn last_unless_path(&mut self) -> Option<String> {
        let last = self.context.last()?;
        let is_path = last == "-" || Path::new(last).exists() || last.contains('*');
        if is_path && !last.contains(' ') { None } else { self.context.pop() }
    }

    /// The same for code, which may also come through a pipe.
    ///
    /// Fails with `Invalid` if one brings it and the value may as well be a file that is missing.
    pub fn last_code(&mut self, is_piped: bool) -> Outcome<Option<String>> {
        let last = self.last_unless_path();
        if let Some(word) = last.as_deref().filter(|word| is_piped && is_like_file(word)) {
            return Err(either(word, "code", "code stands"));
        }
        Ok(last)
    }

    /// Takes the `--context` values that are parameters: no such path exists, and a name stands before `=`.
    ///
    /// Fails with `Invalid` for one that may as well be a file that is missing, by how it looks or because no path is
    /// left for `--context`.
    pub fn parameters(&mut self) -> Outcome<Vec<String>> {
        let is_parameter = |text: &String| parameter_name(text).is_some() && !Path::new(text).exists();
        let (parameters, paths): (Vec<_>, Vec<_>) = self.context.drain(..).partition(is_parameter);
        if let Some(text) = parameters.iter().find(|text| paths.is_empty() || is_like_path(text)) {
            let name = parameter_name(text).unwrap_or_default();
            return Err(either(text, &format!("the parameter `{name}`"), "a parameter stands"));
        }
        self.context = paths;
        Ok(parameters)
    }

    /// Takes the last `--context` value if it is a Rhai program or a pipeline.
    pub fn last_program(&mut self) -> Option<String> {
        self.context.last().filter(|last| [".rhai", ".yaml", ".yml"].iter().any(|end| last.ends_with(end)))?;
        self.context.pop()
    }

    /// The flags as a layer; malformed values are collected as faults.
    pub fn layer(&self, faults: &mut Vec<Fault>) -> Layer {
        let mut layer = Layer::default();
        let given = [
            ("model", "--model", &self.model),
            ("role", "--role", &self.role),
            ("limits.max_cost", "--max-cost", &self.max_cost),
            ("limits.max_calls", "--max-calls", &self.max_calls),
            ("limits.max_tokens", "--max-tokens", &self.max_tokens),
            ("limits.max_depth", "--max-depth", &self.max_depth),
            ("limits.max_turns", "--max-turns", &self.max_turns),
            ("limits.timeout", "--timeout", &self.timeout),
            ("tools.approve", "--approve", &self.approve),
        ];
        for (path, flag, value) in given {
            if let (Some(text), Some(key)) = (value, key::find(path)) {
                let place = Place::Flag(flag.to_owned());
                // The settings' own check leaves flags to the command line.
                let positive = matches!(path, "limits.max_tokens" | "limits.max_turns" | "limits.timeout");
                if positive && text.trim().parse::<f64>().is_ok_and(|number| number == 0.0) {
                    let message = format!("{path} must be more than 0, or left out");
                    faults.push(Fault::new(place.clone(), message));
                }
                layer.add_text(path, key.kind, text, &place, faults);
            }
        }
        if self.allow_unpriced {
            let place = Place::Flag("--allow-unpriced".to_owned());
            layer.add_text("limits.allow_unpriced", key::Kind::Flag, "true", &place, faults);
        }
        layer
    }
}

/// The name before the `=` of a parameter; nothing for what can only be a path.
pub fn parameter_name(text: &str) -> Option<&str> {
    let (name, _) = text.split_once('=')?;
    let is_name = !name.is_empty() && name.chars().all(|c| c.is_alphanumeric() || matches!(c, '_' | '-'));
    is_name.then_some(name)
}

/// Whether a parameter may be meant as a path: its value has a folder, a glob or a suffix, and is neither JSON nor an
/// address nor several words.
fn is_like_path(text: &str) -> bool {
    let value = text.split_once('=').map_or("", |(_, value)| value);
    let is_clear = value.contains("://") || value.contains(char::is_whitespace);
    let is_path = value.contains(['/', '*']) || has_suffix(value);
    is_path && !is_clear && serde_json::from_str::<Value>(value).is_err()
}

/// Whether code may be meant as a path: it has a folder or a suffix, and nothing that only code has. Only of the context
/// does code know fields without making anything first, and calculations have no letters.
fn is_like_file(code: &str) -> bool {
    let is_plain = code.chars().all(|c| c.is_alphanumeric() || matches!(c, '.' | '_' | '-' | '/' | '~'));
    let is_code = code.starts_with("context.") || !code.contains(char::is_alphabetic);
    is_plain && !is_code && (code.contains('/') || has_suffix(code))
}

fn has_suffix(path: &str) -> bool {
    let suffix = Path::new(path).extension().and_then(OsStr::to_str).unwrap_or_default();
    suffix.contains(char::is_alphabetic) && suffix.chars().all(char::is_alphanumeric)
}

/// What to tell of a word that has two readings: `other` is the second, and `stands` begins how that is written.
fn either(text: &str, other: &str, stands: &str) -> Failure {
    let what = format!("`{text}` after --context may be a file, which is not there, or {other}");
    let near =
        similar(Path::new(text), Path::new(text)).map_or_else(String::new, |near| format!("; as a file: {near}"));
    Failure::new(FailureKind::Invalid, what).hint(format!("{stands} before --context{near}"))
}
