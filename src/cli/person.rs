//! Who answers questions of tools and scripts outside the REPL.

use crate::cli::printer;
use crate::repl::editor::person::AtPrompt;
use crate::repl::editor::screen::{Looks, Screen};
use crate::tools::person::{Nobody, Person};
use std::sync::Arc;

/// The person, if standard error is a terminal; else nobody.
pub fn present() -> Arc<dyn Person> {
    if printer::has_terminal() {
        Arc::new(AtPrompt::new(Arc::new(Screen::new(Looks::default()))))
    } else {
        Arc::new(Nobody)
    }
}
