//! Whoever watches a run: progress on standard error, and every event as a line for another program.

use crate::app::build::App;
use crate::app::run::Run;
use crate::cli::events::{Lines, Target};
use crate::cli::outcome;
use crate::cli::printer::Printer;
use crate::cli::progress::Progress;
use crate::cli::report;
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

    /// Shows the end of the run, and answers the exit code. Of events that could not be written it is told behind what the
    /// run came to, which was paid for.
    pub async fn end(self, printer: &Printer, run: &Run, end: &RootEnd, closed: Outcome<()>) -> Exit {
        self.progress.finish().await;
        let Some(lines) = self.lines else {
            return outcome::tell(printer, run, end, closed);
        };
        let (exit, broken) = match lines.finish().await {
            // On standard output the result is one more line; in a file it would be no event.
            Ok(true) => (outcome::tell_line(printer, run, end, closed), None),
            Ok(false) => (outcome::tell(printer, run, end, closed), None),
            Err(failure) => (outcome::tell(printer, run, end, closed), Some(failure)),
        };
        let broken = broken.map(|failure| report::tell(printer, &failure));
        broken.filter(|_| exit == Exit::Ok).unwrap_or(exit)
    }
}
