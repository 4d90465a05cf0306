//! Live progress of a run on standard error. What is said is the narrator's, as in the REPL.

use crate::cli::printer::Printer;
use crate::core::event::{Event, EventRecord};
use crate::core::ids::RunId;
use crate::core::text::visible;
use crate::repl::editor::echo::Unseen;
use crate::repl::narrator::{Detail, Narrator, Telling};
use crate::store::open::Store;
use indicatif::{ProgressBar, ProgressDrawTarget, ProgressStyle};
use std::sync::Arc;
use std::time::Duration;
use tokio::sync::broadcast::Receiver;
use tokio::sync::broadcast::error::RecvError;
use tokio::task::JoinHandle;

/// How many characters of a streamed answer are shown.
const TAIL: usize = 80;

/// Follows a run until it ends.
pub struct Progress {
    task: JoinHandle<()>,
    /// Nothing that is typed stands in it.
    _unseen: Option<Unseen>,
}

impl Progress {
    /// Shows the events of `root` and its children from now on.
    pub fn follow(store: &Store, root: &RunId, printer: Arc<Printer>, detail: Detail) -> Self {
        let unseen = if printer.quiet { None } else { Unseen::begin() };
        let screen = Screen::new(printer, root.clone(), detail);
        Self { task: tokio::spawn(watch(store.subscribe(), screen)), _unseen: unseen }
    }

    /// Waits until the end of the run has been shown.
    pub async fn finish(self) {
        // The task only ends early by a panic, which has printed itself.
        drop(tokio::time::timeout(Duration::from_millis(500), self.task).await);
    }
}

async fn watch(mut events: Receiver<Arc<EventRecord>>, mut screen: Screen) {
    loop {
        match events.recv().await {
            Ok(record) => {
                let over = record.run == screen.root && matches!(record.event, Event::RunFinished { .. });
                screen.show(&record);
                if over {
                    break;
                }
            }
            // A slow terminal loses pieces of text, never the run.
            Err(RecvError::Lagged(_)) => {}
            Err(RecvError::Closed) => break,
        }
    }
    screen.printer.set_bar(None);
    screen.bar.finish_and_clear();
}

struct Screen {
    printer: Arc<Printer>,
    root: RunId,
    detail: Detail,
    narrator: Narrator,
    bar: ProgressBar,
}

impl Screen {
    fn new(printer: Arc<Printer>, root: RunId, detail: Detail) -> Self {
        let bar = if printer.live && !printer.quiet {
            ProgressBar::with_draw_target(None, ProgressDrawTarget::stderr_with_hz(10))
        } else {
            ProgressBar::hidden()
        };
        if let Ok(style) = ProgressStyle::with_template("{spinner} {wide_msg}") {
            bar.set_style(style);
        }
        printer.set_bar(Some(bar.clone()));
        Self { printer, root, detail, narrator: Narrator::default(), bar }
    }

    fn show(&mut self, record: &EventRecord) {
        match self.narrator.hear(record, self.detail) {
            Telling::Line(text) => {
                self.line(&text);
                // What is still under way stands below the line again.
                if let Telling::Live(text) = self.narrator.live() {
                    self.status(&text);
                    self.bar.force_draw();
                }
            }
            Telling::Live(text) if self.printer.live => {
                self.status(&text);
                // A step may run long, and nothing else would show what the rate of drawing has left out.
                if matches!(record.event, Event::StepStarted { .. }) {
                    self.bar.force_draw();
                }
            }
            Telling::Live(_) => self.tenth(record),
            Telling::Nothing => {}
        }
    }

    /// Without a terminal nothing can move, so every tenth step of a batch is a line.
    fn tenth(&self, record: &EventRecord) {
        if let Event::BatchProgress { done, of, .. } = &record.event
            && *of >= 10
            && done.is_multiple_of(of / 10)
            && let Some(text) = self.narrator.batch(record, self.detail)
        {
            self.line(&text);
        }
    }

    /// Shows the end of the text on the status line.
    fn status(&self, text: &str) {
        if self.bar.is_hidden() {
            return;
        }
        let text = visible(text);
        let cut = text.char_indices().rev().nth(TAIL - 1).map_or(0, |(at, _)| at);
        self.bar.set_message(text[cut..].replace('\n', " "));
        self.bar.tick();
    }

    fn line(&self, text: &str) {
        if self.printer.quiet {
            return;
        }
        self.bar.suspend(|| self.printer.dim(text));
    }
}
