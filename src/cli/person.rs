//! Who answers questions of tools and scripts outside the REPL.

use crate::cli::printer::Printer;
use crate::repl::editor::person::{AtPrompt, Front};
use crate::tools::person::{Nobody, Person};
use std::sync::Arc;

/// The person, if standard error is a terminal; else nobody. What is printed waits for the answer.
pub fn present(printer: &Arc<Printer>) -> Arc<dyn Person> {
    if printer.live { Arc::new(AtPrompt::new(Arc::clone(printer) as Arc<dyn Front>)) } else { Arc::new(Nobody) }
}
