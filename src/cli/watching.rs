//! Whoever watches a run: progress on standard error, and every event as a line for another program.

use crate::app::build::App;
use crate::app::run::Run;
use crate::cli::events::{Lines, Target};
use crate::cli::outcome;
use crate::cli::printer::Printer;
use crate::cli::progress::Progress;
use crate::core::exit::Exit;
use crate::core::failure::Outcome;
use crate::repl::narrator::Detail;
use crate::turn::root::RootEnd;
use std::sync::Arc;

/// Watches one run.
pub struct Watching {
    progress: Progress,
    lines: Option<Lines>,
}

impl Watching {
    /// Watches a run from now on; `events` is where its events go as lines.
    pub fn begin(app: &App, printer: &Arc<Printer>, run: &Run, events: Option<Target>, detail: Detail) -> Self {
        let (store, root) = (&app.kit.store, &run.host.run);
        let lines = events.map(|target| Lines::follow(store, root, target));
        Self { progress: Progress::follow(store, root, Arc::clone(printer), detail), lines }
    }

    /// Shows the end of the run, and answers the exit code.
    pub async fn end(self, printer: &Printer, run: &Run, end: &RootEnd, closed: Outcome<()>) -> Outcome<Exit> {
        self.progress.finish().await;
        let Some(lines) = self.lines else {
            return Ok(outcome::tell(printer, run, end, closed));
        };
        // On standard output the result is one more line; in a file it would be no event.
        let on_output = lines.finish().await?;
        Ok(if on_output {
            outcome::tell_line(printer, run, end, closed)
        } else {
            outcome::tell(printer, run, end, closed)
        })
    }
}
