//! `rhizo memory seed`: the shipped episodes, or recorded outcomes.

use crate::app::build::{App, now};
use crate::app::intake::{Batch, Intake, read};
use crate::cli::memory::transfer::{self, Way};
use crate::cli::printer::Printer;
use crate::core::failure::Outcome;
use crate::memory::seeds;
use crate::registry::roles;
use clap::Args;
use std::path::PathBuf;

/// Arguments of `memory seed`.
#[derive(Debug, Args)]
pub struct Seed {
    /// Takes trusted outcomes from a file instead: JSON lines of {"id", "set", "domain", "prompt", "weak", "strong"}
    /// with 0 or 1 for what a weak and a strong model made of each prompt, or what `memory export` writes.
    #[arg(long, value_name = "FILE")]
    pub from: Option<PathBuf>,
    /// The role that the weak model plays.
    #[arg(long, value_name = "ROLE", default_value = "worker", requires = "from")]
    pub weak: String,
    /// The role that the strong model plays.
    #[arg(long, value_name = "ROLE", default_value = "expert", requires = "from")]
    pub strong: String,
    /// Brings back what was forgotten.
    #[arg(long)]
    pub again: bool,
}

/// Loads the shipped episodes, or those of a file as trusted evidence.
pub(super) async fn seed(app: &App, printer: &Printer, args: &Seed) -> Outcome<()> {
    let batch = match &args.from {
        None => {
            let episodes = seeds::shipped(now())?;
            Batch { lines: u64::try_from(episodes.len()).unwrap_or(u64::MAX), episodes, ..Batch::default() }
        }
        Some(file) => {
            for role in [&args.weak, &args.strong] {
                roles::find(&app.kit.settings, role)?;
            }
            let roles = Some((args.weak.clone(), args.strong.clone()));
            let (name, source) = transfer::open(file)?;
            read(&name, source, &Intake { now: now(), own: true, roles })?
        }
    };
    transfer::store(app, printer, batch, Way { again: args.again, verb: "added" }).await
}
