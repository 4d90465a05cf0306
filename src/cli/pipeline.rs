//! `rhizo pipeline`: looks at pipelines before they run, and runs them.

mod shown;

use crate::app::build::App;
use crate::cli::flags::RunFlags;
use crate::cli::printer::Printer;
use crate::core::exit::Exit;
use crate::core::failure::Outcome;
use clap::{Args, Subcommand};
use std::path::PathBuf;
use std::sync::Arc;

/// Arguments of `pipeline`.
#[derive(Debug, Args)]
pub struct PipelineCommand {
    /// What to do.
    #[command(subcommand)]
    pub action: Action,
}

/// What `pipeline` can do.
#[derive(Debug, Subcommand)]
pub enum Action {
    /// Prints the JSON Schema of the format.
    Schema,
    /// Checks files: every fault with its place, before anything is spent.
    Validate {
        /// YAML files.
        #[arg(required = true, value_name = "FILE")]
        files: Vec<PathBuf>,
        /// Prints JSON.
        #[arg(long)]
        json: bool,
    },
    /// Shows what a pipeline does: control flow, pseudocode, dependencies.
    Explain(Explain),
}

/// Arguments of `pipeline explain`.
#[derive(Debug, Args)]
pub struct Explain {
    /// A YAML file.
    #[arg(value_name = "FILE")]
    pub file: PathBuf,
    /// Shared flags.
    #[command(flatten)]
    pub flags: RunFlags,
}

impl PipelineCommand {
    /// The flags of what may ask a model here.
    pub const fn run_flags(&self) -> Option<&RunFlags> {
        match &self.action {
            Action::Explain(args) => Some(&args.flags),
            Action::Schema | Action::Validate { .. } => None,
        }
    }

    /// Whether JSON is wanted.
    pub const fn wants_json(&self) -> bool {
        match &self.action {
            Action::Validate { json, .. } => *json,
            Action::Explain(_) | Action::Schema => false,
        }
    }
}

/// Runs `pipeline`.
pub async fn pipeline(app: &App, printer: &Arc<Printer>, args: &PipelineCommand) -> Outcome<Exit> {
    match &args.action {
        Action::Schema => {
            printer.json_value(&crate::pipeline::schema::schema());
            Ok(Exit::Ok)
        }
        Action::Validate { files, .. } => shown::validate(app, printer, files),
        Action::Explain(args) => shown::explain(app, printer, args),
    }
}
