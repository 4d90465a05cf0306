//! A failure as a person sees it, and as the exit code that a caller sees.

use crate::app::document;
use crate::cli::printer::Printer;
use crate::config::fault::{self, Fault};
use crate::config::settings::Settings;
use crate::core::exit::Exit;
use crate::core::failure::Failure;
use crate::registry::project;
use crate::script::evaluate::report::render;
use serde_json::Value;

/// Tells a failure on standard error and answers its exit code.
///
/// Where JSON is wanted and none was printed yet, standard output has the failure too, in the form of a run's result.
pub fn tell(printer: &Printer, failure: &Failure) -> Exit {
    if printer.json && !printer.has_told() {
        printer.json_value(&document::of_failure(failure));
    }
    printer.failure(&render(failure));
    failure.kind.exit()
}

/// Tells what is wrong with a command line.
pub fn usage(printer: &Printer, failure: &Failure) -> Exit {
    tell(printer, failure);
    Exit::Usage
}

/// Tells what is perhaps not meant as it is written in a file.
pub fn notes(printer: &Printer, notes: &[Fault]) {
    if !printer.quiet {
        fault::listed(notes).iter().for_each(|note| printer.err(&format!("note: {note}")));
    }
}

/// Tells before a run what the project's file allows by itself, whatever else is not to be told.
pub fn allowances(printer: &Printer, settings: &Settings) {
    project::note(settings).iter().for_each(|note| printer.err(note));
}

/// The same as the last line of a run's events.
pub fn line(failure: &Failure) -> Value {
    let mut document = document::of_failure(failure);
    document["event"] = "result".into();
    document
}
