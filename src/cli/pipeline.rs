//! `rhizo pipeline`: looks at pipelines before they run, and runs them.

mod dry_run;
mod intent;
mod shown;

use crate::app::build::App;
use crate::cli::args::given;
use crate::cli::flags::RunFlags;
use crate::cli::printer::Printer;
use crate::cli::run;
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
    /// Translates a pipeline of ContextLab's orchestrator into this format; it is printed, or written to --output.
    Import {
        /// Its YAML file.
        #[arg(value_name = "FILE")]
        file: PathBuf,
        /// Where it is written; a file that is there stays.
        #[arg(long, short, value_name = "FILE")]
        output: Option<PathBuf>,
    },
    /// Runs a pipeline, as `rhizo run` does, or says what it would do.
    Run(RunPipeline),
}

/// Arguments of `pipeline explain`.
#[derive(Debug, Args)]
pub struct Explain {
    /// A YAML file.
    #[arg(value_name = "FILE")]
    pub file: PathBuf,
    /// Prints the script that does the same.
    #[arg(long)]
    pub rhai: bool,
    /// Has a model write what the pipeline is for, and judge whether its steps serve that; a mismatch is an error.
    #[arg(long, conflicts_with = "rhai")]
    pub intent: bool,
    /// Takes a pipeline whose steps do not serve its intention.
    #[arg(long, requires = "intent")]
    pub accept_mismatch: bool,
    /// Has the model judge anew what it has judged before as it is.
    #[arg(long, requires = "intent")]
    pub again: bool,
    /// Shared flags.
    #[command(flatten)]
    pub flags: RunFlags,
}

/// Arguments of `pipeline run`.
#[derive(Debug, Args)]
pub struct RunPipeline {
    /// Says what would be done and what it could cost; nothing is asked or spent.
    #[arg(long)]
    pub dry_run: bool,
    /// The file, its inputs, and shared flags.
    #[command(flatten)]
    pub run: run::Run,
}

impl PipelineCommand {
    /// The flags of what may ask a model here.
    pub const fn run_flags(&self) -> Option<&RunFlags> {
        match &self.action {
            Action::Explain(args) => Some(&args.flags),
            Action::Run(args) => Some(&args.run.flags),
            Action::Schema | Action::Validate { .. } | Action::Import { .. } => None,
        }
    }

    /// Gives back what `--context` swallowed, as in `run`, and fails if the file is missing.
    pub fn settle(&mut self) -> Outcome<()> {
        let Action::Run(args) = &mut self.action else { return Ok(()) };
        args.run.args.extend(args.run.flags.parameters()?);
        let how = "rhizo pipeline run FILE.yaml NAME=VALUE";
        given(args.run.file.is_some(), "pipeline run needs a file", how)
    }

    /// Whether a pipeline runs.
    pub fn runs(&self) -> bool {
        matches!(&self.action, Action::Run(args) if !args.dry_run)
    }

    /// Whether JSON is wanted.
    pub const fn wants_json(&self) -> bool {
        match &self.action {
            Action::Validate { json, .. } => *json,
            Action::Explain(_) | Action::Run(_) | Action::Import { .. } | Action::Schema => false,
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
        Action::Explain(args) if args.intent => intent::tell(app, printer, args).await,
        Action::Explain(args) => shown::explain(app, printer, args),
        Action::Import { file, output } => shown::import(app, printer, file, output.as_deref()),
        Action::Run(args) if args.dry_run => dry_run::tell(app, printer, &args.run).await,
        Action::Run(args) => run::run(app, printer, &args.run).await,
    }
}
