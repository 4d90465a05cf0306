//! `rhizo scripts`: stored programs.

use crate::app::build::App;
use crate::app::run;
use crate::cli::printer::Printer;
use crate::cli::verbs::Verbs;
use crate::cli::{report, table};
use crate::context::library::Library;
use crate::core::exit::Exit;
use crate::core::failure::{Failure, Outcome};
use crate::registry::programs::{self, Program};
use clap::Subcommand;
use serde_json::json;

/// What `scripts` can do; `list` if nothing is named.
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
pub fn scripts(app: &App, printer: &Printer, args: &Verbs<Action>) -> Outcome<Exit> {
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
            let faults = faults.into_iter().chain(unparsed(app, &list));
            let exits: Vec<Exit> = faults.map(|fault| report::tell(printer, &fault)).collect();
            exits.first().copied().unwrap_or(Exit::Ok)
        }
        Action::Show { script } => {
            let program = programs::find(paths, script)?;
            printer.rows(&json!({"program": program, "source": program.source}), || program.source.clone());
            Exit::Ok
        }
    })
}

/// The programs of people that cannot run, though their front matter is right: only a session can tell that they do not
/// parse.
pub fn unparsed(app: &App, programs: &[Program]) -> Vec<Failure> {
    let idle = run::idle(&app.kit, Library::default());
    let mut session = idle.session(None, Some(json!({})));
    let own = programs.iter().filter(|program| program.home != "built-in");
    let faults = own.filter_map(|program| {
        let failure = session.compiles(&program.source).err()?;
        let message = format!("program `{}` does not parse: {}", program.name, failure.message);
        Some(Failure { message, ..failure })
    });
    faults.collect()
}
