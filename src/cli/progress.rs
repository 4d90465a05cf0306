//! Live progress of a run on standard error: what the root model does, its children, and what it costs.

use crate::cli::printer::Printer;
use crate::core::event::{Event, EventRecord};
use crate::core::ids::{ModelId, RunId};
use crate::core::text::one_line;
use crate::store::open::Store;
use indicatif::{ProgressBar, ProgressDrawTarget, ProgressStyle};
use std::collections::HashMap;
use std::sync::Arc;
use std::time::Duration;
use tokio::sync::broadcast::Receiver;
use tokio::sync::broadcast::error::RecvError;
use tokio::task::JoinHandle;

/// How many characters of a streamed answer are shown.
const TAIL: usize = 80;

/// Follows a run until it ends.
pub struct Progress(JoinHandle<()>);

/// How much is shown.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Detail {
    /// Turns, code, calls, children.
    All,
    /// Only notes and retries: the script's own output is the progress.
    Notes,
}

impl Progress {
    /// Shows the events of `root` and its children from now on.
    pub fn follow(store: &Store, root: &RunId, printer: Arc<Printer>, detail: Detail) -> Self {
        let screen = Screen::new(printer, root.clone(), detail);
        Self(tokio::spawn(watch(store.subscribe(), screen)))
    }

    /// Waits until the end of the run has been shown.
    pub async fn finish(self) {
        // The task only ends early by a panic, which has printed itself.
        drop(tokio::time::timeout(Duration::from_millis(500), self.0).await);
    }
}

async fn watch(mut events: Receiver<EventRecord>, mut screen: Screen) {
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
    screen.bar.finish_and_clear();
}

struct Screen {
    printer: Arc<Printer>,
    root: RunId,
    detail: Detail,
    depths: HashMap<RunId, usize>,
    bar: ProgressBar,
    text: String,
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
        Self { printer, root, detail, depths: HashMap::new(), bar, text: String::new() }
    }

    fn show(&mut self, record: &EventRecord) {
        let depth = self.depths.get(&record.run).copied().unwrap_or(0);
        match &record.event {
            Event::Note { text } => self.line(depth, &format!("note: {text}")),
            Event::Retry { model, attempt, wait_millis, reason } => {
                self.line(depth, &format!("{model}: attempt {attempt} failed ({reason}); next in {wait_millis} ms"));
            }
            Event::Waiting { model, wait_millis, reason } => self.wait(depth, model, *wait_millis, reason),
            Event::ModelText { text, .. } if !self.bar.is_hidden() => self.stream(text),
            Event::BatchProgress { done, failed, of } => self.batch(depth, *done, *failed, *of),
            other if self.detail == Detail::All => self.detailed(depth, other),
            _ => {}
        }
    }

    fn detailed(&mut self, depth: usize, event: &Event) {
        match event {
            Event::TurnStarted { turn, of } => self.line(depth, &format!("turn {turn} of {of}")),
            Event::CodeStarted { source, .. } => self.code(depth, source),
            Event::CodeFinished { shown, ok, .. } => {
                let mark = if *ok { "→" } else { "✗" };
                self.line(depth, &format!("  {mark} {}", one_line(shown, 200)));
            }
            Event::ModelStarted { model, role, .. } => {
                self.text.clear();
                self.status(&format!("{role} {model} ..."));
            }
            Event::ModelFinished { model, role, cached: true, .. } => {
                self.line(depth, &format!("  {role} {model} · kept answer, free"));
            }
            Event::ModelFinished { model, role, usage, cost, millis, failure, .. } => {
                self.text.clear();
                self.status("");
                let cost = cost.map_or_else(|| "unpriced".to_owned(), |c| c.to_string());
                let end =
                    failure.as_ref().map_or_else(String::new, |f| format!(" · failed: {}", one_line(&f.message, 120)));
                let tokens = format!("{} + {} tokens", usage.input_tokens, usage.output_tokens);
                self.line(depth, &format!("  {role} {model} · {millis} ms · {tokens} · {cost}{end}"));
            }
            Event::ToolStarted { name } => self.line(depth, &format!("  tool {name}")),
            Event::ToolFinished { name, failure: Some(failure), .. } => {
                self.line(depth, &format!("  tool {name} failed: {}", one_line(&failure.message, 120)));
            }
            Event::ChildStarted { child, task, depth: level } => {
                self.depths.insert(child.clone(), usize::try_from(*level).unwrap_or(0));
                self.line(depth, &format!("  child {}: {}", short(child), one_line(task, 100)));
            }
            Event::ChildFinished { child, status } => {
                self.line(depth, &format!("  child {} {}", short(child), status.name()));
            }
            Event::FinalRefused { reason } => self.line(depth, &format!("  FINAL refused: {}", one_line(reason, 120))),
            _ => {}
        }
    }

    /// Shows the end of a streamed answer on the status line.
    fn stream(&mut self, text: &str) {
        self.text.push_str(text);
        let cut = self.text.char_indices().rev().nth(TAIL - 1).map_or(0, |(at, _)| at);
        self.text.drain(..cut);
        self.status(&self.text.replace('\n', " "));
    }

    fn code(&self, depth: usize, source: &str) {
        let lines: Vec<&str> = source.lines().filter(|l| !l.trim().is_empty()).collect();
        for line in lines.iter().take(6) {
            self.line(depth, &format!("  | {line}"));
        }
        if lines.len() > 6 {
            self.line(depth, &format!("  | ... {} more lines", lines.len() - 6));
        }
    }

    /// A long wait is a line of its own; a short one only shows on a terminal.
    fn wait(&self, depth: usize, model: &ModelId, millis: u64, reason: &str) {
        let text = format!("{model} waits up to {} s: {reason}", millis.div_ceil(1_000));
        if millis >= 1_000 && !self.printer.live { self.line(depth, &text) } else { self.status(&text) }
    }

    /// On a terminal the count moves; elsewhere every tenth is a line.
    fn batch(&self, depth: usize, done: usize, failed: usize, of: usize) {
        let failed = if failed > 0 { format!(", {failed} failed") } else { String::new() };
        let text = format!("batch {done} of {of}{failed}");
        if self.printer.live {
            self.status(&text);
        } else if of >= 10 && done.is_multiple_of(of / 10) {
            self.line(depth, &format!("  {text}"));
        }
    }

    fn status(&self, text: &str) {
        self.bar.set_message(text.to_owned());
        self.bar.tick();
    }

    fn line(&self, depth: usize, text: &str) {
        if self.printer.quiet {
            return;
        }
        let text = format!("{}{text}", "  ".repeat(depth));
        let text = self.printer.paint("2", &text);
        self.bar.suspend(|| self.printer.err(&text));
    }
}

/// The last characters of an id, which differ between runs of one moment.
fn short(id: &RunId) -> &str {
    let text = id.as_str();
    text.get(text.len().saturating_sub(6)..).unwrap_or(text)
}
