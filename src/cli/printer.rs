//! The only code that prints, and the place where what others wrote loses its power over a terminal. A reader that has gone away (`| head`) is no error and ends the output quietly.

use crate::cli::table::width_aside;
use crate::core::text::{is_hidden, visible};
use crate::repl::editor::kept::Kept;
use crate::repl::editor::person::Front;
use crate::repl::table::{progress, told};
use indicatif::ProgressBar;
use serde_json::Value;
use std::borrow::Cow;
use std::io::{ErrorKind, IsTerminal, Write};
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Mutex, MutexGuard, PoisonError};

/// Where output goes and how it may look.
#[derive(Debug)]
pub struct Printer {
    /// Whether results are JSON.
    pub json: bool,
    /// Whether progress is shown.
    pub quiet: bool,
    /// Whether a run that is only partial counts as failed.
    pub wants_whole: bool,
    /// Whether standard error is a terminal that takes colours.
    pub colour: bool,
    /// Whether standard error is a terminal.
    pub live: bool,
    /// Whether the terminal obeys no codes.
    pub is_dumb: bool,
    /// Whether standard output is a terminal; elsewhere it gets every byte as it is.
    shown: bool,
    gone: AtomicBool,
    told: AtomicBool,
    lost: Mutex<Option<String>>,
    held: Mutex<Held>,
}

/// What a question keeps from the terminal.
#[derive(Debug, Default)]
struct Held {
    kept: Kept,
    /// What stands below the lines of a run.
    bar: Option<ProgressBar>,
}

/// Where diagnostics for developers go.
pub fn diagnostics() -> std::io::Stderr {
    std::io::stderr()
}

impl Printer {
    /// A printer; `no_colour` is the variable NO_COLOR or a dumb terminal.
    pub fn new(json: bool, quiet: bool, no_colour: bool) -> Self {
        let live = std::io::stderr().is_terminal();
        let shown = std::io::stdout().is_terminal();
        Self {
            json,
            quiet,
            wants_whole: false,
            colour: live && !no_colour,
            live,
            is_dumb: false,
            shown,
            gone: AtomicBool::new(false),
            told: AtomicBool::new(false),
            lost: Mutex::default(),
            held: Mutex::default(),
        }
    }

    /// Prints a line of the result to standard output.
    pub fn out(&self, text: &str) {
        self.write(&self.safe(text), "\n", false);
    }

    /// Prints text of the result without a line end.
    pub fn raw(&self, text: &str) {
        self.write(&self.safe(text), "", false);
    }

    /// Prints a value: as JSON on several lines.
    pub fn json_value(&self, value: &Value) {
        self.told.store(true, Ordering::Relaxed);
        let text = format!("{value:#}");
        // JSON has codes of its own, so that what a terminal gets is the same value.
        let text = if self.shown { coded(&text) } else { text };
        self.write(&text, "\n", false);
    }

    /// Prints a value as JSON on one line.
    pub fn json_line(&self, value: &Value) {
        self.told.store(true, Ordering::Relaxed);
        let text = value.to_string();
        let text = if self.shown { coded(&text) } else { text };
        self.write(&text, "\n", false);
    }

    /// Prints a line about the work to standard error.
    pub fn err(&self, text: &str) {
        self.write(&self.fitted(text), "\n", true);
    }

    /// Prints a line about the work, dimmed.
    pub fn dim(&self, text: &str) {
        let width = if self.live { width_aside() } else { None };
        self.write(&self.paint("2", &progress(&visible(text), width)), "\n", true);
    }

    /// Prints a failure, its first word in red.
    pub fn failure(&self, text: &str) {
        let text = self.fitted(text);
        let painted = text.strip_prefix("error:").map(|rest| self.paint("1;31", "error:") + rest);
        self.write(painted.as_deref().unwrap_or(&text), "\n", true);
    }

    /// Prints a table or, with `--json`, its rows as JSON.
    pub fn rows(&self, value: &Value, table: impl FnOnce() -> String) {
        if self.json {
            self.json_value(value);
        } else {
            self.out(table().trim_end());
        }
    }

    /// Whether a value was printed as JSON.
    pub fn has_told(&self) -> bool {
        self.told.load(Ordering::Relaxed)
    }

    /// Whether whoever read standard output has gone away.
    pub fn is_gone(&self) -> bool {
        self.gone.load(Ordering::Relaxed)
    }

    /// Why a part of the output could not be written, if that was not the reader's wish.
    pub fn lost(&self) -> Option<String> {
        self.lost.lock().unwrap_or_else(PoisonError::into_inner).clone()
    }

    /// Says what stands below the lines of a run from now on; a question takes it away until it is answered.
    pub fn set_bar(&self, bar: Option<ProgressBar>) {
        self.held().bar = bar;
    }

    /// Prints what has waited for an answer.
    pub fn release(&self) {
        let mut held = self.held();
        for (text, to_err) in held.kept.end() {
            self.put(&text, "", to_err);
        }
    }

    fn held(&self) -> MutexGuard<'_, Held> {
        self.held.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn safe<'a>(&self, text: &'a str) -> Cow<'a, str> {
        if self.shown { visible(text) } else { Cow::Borrowed(text) }
    }

    /// `text` without power over the terminal, whose words it does not break.
    fn fitted(&self, text: &str) -> String {
        told(&visible(text), if self.live { width_aside() } else { None })
    }

    /// `text` in a colour of standard error, if it takes colours.
    fn paint(&self, code: &str, text: &str) -> String {
        if self.colour { format!("\u{1b}[{code}m{text}\u{1b}[0m") } else { text.to_owned() }
    }

    /// Writes text and its end; to a terminal on which a question is open once that is over.
    fn write(&self, text: &str, end: &str, to_err: bool) {
        let terminal = if to_err { self.live } else { self.shown };
        // Held while it is written, so that a question that comes meanwhile stands below it.
        let mut held = terminal.then(|| self.held());
        match &mut held {
            Some(held) if held.kept.is_asking() => held.kept.add(&format!("{text}{end}"), to_err),
            _ => self.put(text, end, to_err),
        }
    }

    fn put(&self, text: &str, end: &str, to_err: bool) {
        if self.is_gone() {
            return;
        }
        if to_err {
            // A result is none the worse where that fails, and there is nowhere to tell it.
            drop(std::io::stderr().lock().write_all(format!("{text}{end}").as_bytes()));
            return;
        }
        let mut to = std::io::stdout().lock();
        let written = to.write_all(text.as_bytes());
        let written = written.and_then(|()| to.write_all(end.as_bytes())).and_then(|()| to.flush());
        // The work itself goes on and is in the store.
        match written {
            Ok(()) => {}
            Err(error) if error.kind() == ErrorKind::BrokenPipe => self.gone.store(true, Ordering::Relaxed),
            Err(error) => {
                self.lost.lock().unwrap_or_else(PoisonError::into_inner).get_or_insert(error.to_string());
            }
        }
    }
}

impl Front for Printer {
    fn set_asking(&self, asking: bool) {
        // The bar has a lock of its own, under which lines are printed: it is never asked for under the other one.
        let bar = self.held().bar.clone();
        if asking {
            bar.iter().for_each(ProgressBar::finish_and_clear);
            self.held().kept.begin();
        } else {
            self.release();
            bar.iter().for_each(ProgressBar::reset);
        }
    }

    fn can_mark(&self) -> bool {
        self.live && !self.is_dumb
    }
}

/// JSON with every character that a terminal obeys as a code. Those below a blank have theirs already.
fn coded(json: &str) -> String {
    let mut text = String::with_capacity(json.len());
    for c in json.chars() {
        if is_hidden(c) {
            c.encode_utf16(&mut [0; 2]).iter().for_each(|unit| text.push_str(&format!("\\u{unit:04x}")));
        } else {
            text.push(c);
        }
    }
    text
}
