//! `rhizo scripts`: stored programs.

use crate::app::build::App;
use crate::cli::printer::Printer;
use crate::cli::{report, table};
use crate::core::exit::Exit;
use crate::core::failure::Outcome;
use crate::registry::programs::{self, Program};
use clap::{Args, Subcommand};
use serde_json::json;

/// Arguments of `scripts`.
#[derive(Debug, Args)]
pub struct Scripts {
    /// What to do; `list` if nothing is named.
    #[command(subcommand)]
    pub action: Option<Action>,
    /// Prints JSON.
    #[arg(long, global = true)]
    pub json: bool,
}

/// What `scripts` can do.
#[derive(Debug, Subcommand)]
pub enum Action {
    /// Lists the programs of the project, of the user and of rhizo.
    List,
    /// Shows one program: parameters and source.
    Show {
        /// Its name.
        script: String,
    },
}

/// Runs `scripts`.
pub fn scripts(app: &App, printer: &Printer, args: &Scripts) -> Outcome<Exit> {
    let paths = &app.kit.settings.paths;
    Ok(match args.action.as_ref().unwrap_or(&Action::List) {
        Action::List => {
            let (list, faults) = programs::all(paths);
            let line = |p: &Program| [p.name.clone(), p.home.to_owned(), p.front.summary.clone()];
            printer.rows(&json!(list), || table::render(["program", "home", "does"], list.iter().map(line)));
            for (name, path) in programs::bare(paths) {
                printer.dim(&format!("{name} is left out: {path} has no front matter"));
            }
            // Broken files are told and do not hide the others.
            let exits: Vec<Exit> = faults.iter().map(|fault| report::tell(printer, fault)).collect();
            exits.first().copied().unwrap_or(Exit::Ok)
        }
        Action::Show { script } => {
            let program = programs::find(paths, script)?;
            printer.rows(&json!({"program": program, "source": program.source}), || program.source.clone());
            Exit::Ok
        }
    })
}
