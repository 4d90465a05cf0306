//! Reads lines from a person at a terminal.

use crate::core::failure::{Failure, FailureKind, Outcome};
use crate::repl::editor::edited::Edited;
use crate::repl::editor::hidden;
use crate::repl::editor::history;
use crate::repl::editor::prompter::Prompter;
use crate::repl::editor::screen::Screen;
use rustyline::error::ReadlineError;
use rustyline::history::FileHistory;
use rustyline::{Behavior, ColorMode, CompletionType, Config, Editor, ExternalPrinter};
use std::io::IsTerminal;
use std::path::PathBuf;
use std::sync::Arc;

/// What stands in front of a typed line.
pub const PROMPT: &str = "rhizo> ";

/// What a person did at the prompt.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Typed {
    /// Sent this.
    Line(String),
    /// Gave up the line.
    Interrupted,
    /// Left.
    End,
}

/// The line editor.
pub struct LineEditor {
    editor: Editor<Prompter, FileHistory>,
    screen: Arc<Screen>,
    history: PathBuf,
    /// What stands at the next prompt of a line that was not run.
    refused: String,
}

impl LineEditor {
    /// An editor on this terminal. A history that cannot be read is told and left alone.
    pub fn new(prompter: Prompter, screen: Arc<Screen>, history: PathBuf) -> Outcome<Self> {
        let config = config(&screen).map_err(|error| fault(&error))?;
        let store = history::empty(&config);
        let mut editor = Editor::with_history(config, store).map_err(|error| fault(&error))?;
        editor.set_helper(Some(prompter));
        if let Err(failure) = history::load(&mut editor, &history) {
            screen.err(&format!("note: {failure}"));
        }
        // Where the terminal has no way to print beside an edited line, late output is written over it.
        if let Ok(mut printer) = editor.create_external_printer() {
            screen.set_late_printer(move |text| {
                // A terminal that is gone has nobody to tell.
                drop(printer.print(text));
            });
        }
        let mut own = Self { editor, screen, history, refused: String::new() };
        own.measure();
        Ok(own)
    }

    /// What completion knows.
    pub fn prompter(&mut self) -> Option<&mut Prompter> {
        self.editor.helper_mut()
    }

    /// Reads one line, which may have several rows, beginning with `initial`. Blocks this thread. A line with characters that
    /// the terminal obeys is an empty one, and the next begins with what it was without them.
    pub fn read(&mut self, initial: &str) -> Outcome<Typed> {
        self.measure();
        self.screen.set_editing(true);
        let refused = std::mem::take(&mut self.refused);
        let initial = if initial.is_empty() { refused.as_str() } else { initial };
        let edited = Edited::begin();
        let read = self.editor.readline_with_initial(PROMPT, (initial, ""));
        drop(edited);
        self.screen.set_editing(false);
        match read {
            Ok(line) => {
                if let Some(refusal) = hidden::refuse(&line) {
                    self.screen.err(&refusal.told);
                    self.refused = refusal.rest;
                    return Ok(Typed::Line(String::new()));
                }
                if let Err(failure) = history::keep(&mut self.editor, &self.history, &line) {
                    self.screen.dim(&format!("note: {failure}"));
                }
                Ok(Typed::Line(line))
            }
            Err(ReadlineError::Interrupted) => Ok(Typed::Interrupted),
            Err(ReadlineError::Eof) => Ok(Typed::End),
            Err(ReadlineError::Signal(_)) => Ok(Typed::Line(String::new())),
            Err(error) => Err(fault(&error)),
        }
    }

    fn measure(&mut self) {
        let columns = self.editor.dimensions().map(|(columns, _)| columns).filter(|columns| *columns > 0);
        self.screen.set_width(columns);
    }
}

fn config(screen: &Screen) -> rustyline::Result<Config> {
    // With the context on standard input, or the results in a file, the person is still at the terminal itself.
    let apart = !screen.is_terminal() || !std::io::stdin().is_terminal();
    let behavior = if apart { Behavior::PreferTerm } else { Behavior::Stdio };
    Ok(Config::builder()
        .max_history_size(history::LENGTH)?
        .history_ignore_space(true)
        .history_ignore_dups(true)?
        .completion_type(CompletionType::List)
        .completion_show_all_if_ambiguous(true)
        // No more are offered than the screen shows.
        .completion_prompt_limit(usize::MAX)
        .bracketed_paste(true)
        // Without it the editor would write what is typed as it is; whether there are colours is for the prompter.
        .color_mode(ColorMode::Forced)
        .behavior(behavior)
        .build())
}

fn fault(error: &ReadlineError) -> Failure {
    Failure::new(FailureKind::Io, format!("the terminal cannot be read: {error}"))
        .hint("rhizo eval CODE and rhizo run FILE need no terminal")
}
