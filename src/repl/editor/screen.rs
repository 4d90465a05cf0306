//! The one way to the screen: lines, text that is still changing, and what arrives while a line is edited or a person is
//! asked. What others wrote is shown here without power over the terminal; a pipe gets every byte as it is.
//!
//! A reader that has gone away (`| head`) is no error and ends the output quietly.

use crate::core::text::visible;
use crate::repl::editor::kept::Kept;
use crate::repl::editor::live::Live;
use crate::repl::editor::person::Front;
use crate::repl::editor::size;
use crate::repl::table::{page, progress, told};
use std::borrow::Cow;
use std::io::{ErrorKind, IsTerminal, Write};
use std::sync::mpsc::{Sender, channel};
use std::sync::{Mutex, MutexGuard, PoisonError};

/// Where output goes and how it may look.
pub struct Screen {
    state: Mutex<State>,
    /// Whether standard output is a terminal, and whether it takes colours.
    out: Stream,
    /// The same of standard error.
    err: Stream,
    redraws: bool,
    quiet: bool,
}

/// How a screen may look.
#[derive(Clone, Copy, Debug, Default)]
pub struct Looks {
    /// Whether it may have colours: not with NO_COLOR and not on dumb terminals.
    pub colour: bool,
    /// Whether what stands there may be drawn anew, which dumb terminals cannot do.
    pub redraws: bool,
    /// Whether progress and footers are left out.
    pub quiet: bool,
}

#[derive(Clone, Copy)]
struct Stream {
    terminal: bool,
    colour: bool,
}

struct State {
    live: Live,
    /// Takes what is printed while a line is edited.
    late: Option<Sender<String>>,
    editing: bool,
    /// What waits while somebody is asked something.
    kept: Kept,
    /// The columns of the terminal at the last prompt.
    width: Option<u16>,
    gone: bool,
    /// Why a part of the output could not be written, if that was not the reader's wish.
    lost: Option<String>,
}

impl Screen {
    /// The screen of this process.
    pub fn new(looks: Looks) -> Self {
        let stream = |terminal: bool| Stream { terminal, colour: terminal && looks.colour };
        let (live, kept) = (Live::default(), Kept::default());
        let state = State { live, late: None, editing: false, kept, width: None, gone: false, lost: None };
        Self {
            state: Mutex::new(state),
            out: stream(std::io::stdout().is_terminal()),
            err: stream(std::io::stderr().is_terminal()),
            redraws: looks.redraws,
            quiet: looks.quiet,
        }
    }

    /// Whether standard output is a terminal.
    pub fn is_terminal(&self) -> bool {
        self.out.terminal
    }

    /// Whether standard error is a terminal.
    pub fn has_person(&self) -> bool {
        self.err.terminal
    }

    /// Why a part of the output could not be written, if that was not the reader's wish.
    pub fn lost(&self) -> Option<String> {
        self.held().lost.clone()
    }

    /// The columns of the terminal as it is now; `None` without one.
    pub fn width(&self) -> Option<u16> {
        let known = self.held().width?;
        Some(size::columns().unwrap_or(known))
    }

    /// Sets the columns of the terminal.
    pub fn set_width(&self, columns: Option<u16>) {
        self.held().width = columns;
    }

    /// Prints a line of a result to standard output.
    pub fn out(&self, text: &str) {
        self.line(&self.safe(text), false);
    }

    fn safe<'a>(&self, text: &'a str) -> Cow<'a, str> {
        if self.out.terminal { visible(text) } else { Cow::Borrowed(text) }
    }

    /// Prints what is said and not only shown to standard output: its lines wrap between words.
    pub fn page(&self, text: &str) {
        self.out(&page(text, self.width()));
    }

    /// Prints a line to standard output that begins with a coloured mark.
    pub fn marked(&self, mark: &str, text: &str) {
        let mark = if self.out.colour { format!("\u{1b}[2m{mark}\u{1b}[0m") } else { mark.to_owned() };
        self.line(&format!("{mark}{}", self.safe(text)), false);
    }

    /// Prints a line about the work to standard error.
    pub fn err(&self, text: &str) {
        self.line(&told(&visible(text), self.width()), true);
    }

    /// Prints a failure to standard error, its first word in red.
    pub fn failure(&self, text: &str) {
        let text = told(&visible(text), self.width());
        match text.strip_prefix("error:") {
            Some(rest) if self.err.colour => self.line(&format!("\u{1b}[1;31merror:\u{1b}[0m{rest}"), true),
            _ => self.line(&text, true),
        }
    }

    /// Prints a line about the work, dimmed; a quiet screen leaves it out.
    pub fn dim(&self, text: &str) {
        if self.quiet {
            return;
        }
        let text = progress(&visible(text), self.width());
        let painted = |line: &str| format!("\u{1b}[2m{line}\u{1b}[0m");
        match self.err.colour {
            true => self.line(&text.lines().map(painted).collect::<Vec<_>>().join("\n"), true),
            false => self.line(&text, true),
        }
    }

    /// Shows text that is still changing below the last line, until the next call or line; empty for none.
    pub fn live(&self, text: &str) {
        let mut state = self.held();
        if self.quiet || !self.redraws || !self.err.terminal || state.editing || state.kept.is_asking() {
            return;
        }
        let width = size::columns().or(state.width);
        let drawn = state.live.draw(&visible(text), width, self.err.colour);
        state.write(&drawn, true);
    }

    /// Takes the live text away.
    pub fn clear(&self) {
        self.held().rest();
    }

    /// Says that a line is being edited, or not any more. What is printed meanwhile goes through the editor.
    pub fn set_editing(&self, editing: bool) {
        let mut state = self.held();
        state.rest();
        // A program that had to be abandoned may have left its question open.
        state.release();
        state.editing = editing;
    }

    /// Sets what prints while a line is edited. It may block, so it gets a thread of its own.
    pub fn set_late_printer(&self, mut print: impl FnMut(String) + Send + 'static) {
        let (send, receive) = channel::<String>();
        let thread = std::thread::Builder::new().name("screen".to_owned());
        let spawned = thread.spawn(move || receive.iter().for_each(&mut print));
        // Without the thread late output is written at once, over the edited line, which is better than losing it.
        self.held().late = spawned.ok().map(|_| send);
    }

    fn line(&self, text: &str, to_err: bool) {
        let mut state = self.held();
        let terminal = if to_err { self.err.terminal } else { self.out.terminal };
        let line = format!("{text}\n");
        if terminal && state.kept.is_asking() {
            state.kept.add(&line, to_err);
            return;
        }
        if state.editing && terminal && state.late.as_ref().is_some_and(|late| late.send(line.clone()).is_ok()) {
            return;
        }
        let erased = state.live.erase(size::columns());
        state.write(&erased, true);
        state.write(&line, to_err);
        if !state.editing {
            let redrawn = state.live.redraw();
            state.write(&redrawn, true);
        }
    }

    fn held(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Front for Screen {
    fn set_asking(&self, asking: bool) {
        let mut state = self.held();
        state.rest();
        if asking { state.kept.begin() } else { state.release() }
    }

    fn can_mark(&self) -> bool {
        self.redraws
    }
}

impl State {
    /// Takes the live text away.
    fn rest(&mut self) {
        let erased = self.live.clear(size::columns());
        self.write(&erased, true);
    }

    /// Writes what has waited for an answer.
    fn release(&mut self) {
        for (text, to_err) in self.kept.end() {
            self.write(&text, to_err);
        }
    }

    fn write(&mut self, text: &str, to_err: bool) {
        if text.is_empty() || self.gone {
            return;
        }
        let written = if to_err {
            write(&mut std::io::stderr().lock(), text)
        } else {
            write(&mut std::io::stdout().lock(), text)
        };
        // The work itself goes on and is in the store. That an error cannot be told is told nowhere.
        match written {
            Err(error) if !to_err && error.kind() == ErrorKind::BrokenPipe => self.gone = true,
            Err(error) if !to_err => {
                self.lost.get_or_insert(error.to_string());
            }
            _ => {}
        }
    }
}

fn write(to: &mut dyn Write, text: &str) -> std::io::Result<()> {
    to.write_all(text.as_bytes())?;
    to.flush()
}
