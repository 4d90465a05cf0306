//! Who answers questions of tools and scripts outside the REPL.

use crate::cli::printer::Printer;
use crate::repl::editor::person::{AtPrompt, Front, is_there};
use crate::tools::person::{Nobody, Person};
use std::sync::Arc;

/// The person, if one is there; else nobody. What is printed waits for the answer.
pub fn present(printer: &Arc<Printer>) -> Arc<dyn Person> {
    if is_there() { Arc::new(AtPrompt::new(Arc::clone(printer) as Arc<dyn Front>)) } else { Arc::new(Nobody) }
}
