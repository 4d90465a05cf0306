//! Every subcommand as a person types it, on real files and the offline engine.

mod ask;
mod eval;
mod failures;
mod help;
mod killed;
mod lists;
mod pictures;
mod pipes;
mod providers;
mod run;
mod runs;
mod settings;
mod upkeep;

use crate::support::program::Program;

/// Two small documents.
const HARBOUR: &str = "The harbour opened in 1884.\nIts lighthouse is 31 metres tall.\n\n\
    Storms closed the harbour in 1902 and 1911.\n";
const FARES: &str = "route,price\nnorth,4\nsouth,7\n";

/// A project with both and the offline engine.
fn project() -> Program {
    Program::offline().file("harbour.txt", HARBOUR).file("fares.csv", FARES)
}
