//! Flags that `ask`, `run`, `eval` and `repl` share, as the strongest layer of settings.

use crate::config::fault::Fault;
use crate::config::key;
use crate::config::layer::Layer;
use crate::config::place::Place;
use clap::Args;

/// Flags of everything that runs code.
#[derive(Clone, Debug, Default, PartialEq, Args)]
pub struct RunFlags {
    /// Model for every role, as service/name or a name of rhizo.toml.
    #[arg(long, short, value_name = "MODEL")]
    pub model: Option<String>,
    /// Role of the root model.
    #[arg(long, value_name = "ROLE")]
    pub role: Option<String>,
    /// File, folder, glob or - for standard input; may be given more than once.
    #[arg(long, short, value_name = "PATH", num_args = 1..)]
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
    pub json: bool,
    /// Writes every event of the run as a line of JSON to a file, or to standard output for -; there the last line has
    /// the result.
    #[arg(long, value_name = "FILE")]
    pub events: Option<String>,
    /// Shows no progress on standard error.
    #[arg(long, short)]
    pub quiet: bool,
}

impl RunFlags {
    /// Takes the last `--context` value if there is no such file, folder or glob.
    pub fn last_unless_path(&mut self) -> Option<String> {
        let last = self.context.last()?;
        let is_path = last == "-" || std::path::Path::new(last).exists() || last.contains('*');
        if is_path && !last.contains(' ') { None } else { self.context.pop() }
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
                if path == "limits.max_tokens" && text.parse() == Ok(0_u64) {
                    let message = format!("{path} must be more than 0; leave it out for no limit");
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
