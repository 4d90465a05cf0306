//! What the line editor asks while a line is typed: completions, hints, colours, and whether the line is finished.
//! It evaluates nothing.

use crate::host::kit::Kit;
use crate::repl::editor::hinter::{self, Suggestion};
use crate::repl::editor::{completer, hidden, highlighter, listing, size, validator};
use crate::script::session::Session;
use rustyline::completion::{Completer, Pair};
use rustyline::highlight::{CmdKind, Highlighter};
use rustyline::hint::Hinter;
use rustyline::validate::{ValidationContext, ValidationResult, Validator};
use rustyline::{CompletionType, Context, Helper};
use std::borrow::Cow;
use std::sync::Arc;
use tokio::sync::Mutex;

/// What is known while a line is typed. The session is idle then, so its lock is free.
pub struct Prompter {
    /// Tools, programs, models.
    pub kit: Arc<Kit>,
    /// Variables and functions.
    pub session: Arc<Mutex<Session>>,
    /// The names of the open documents.
    pub documents: Vec<String>,
}

impl Prompter {
    /// Whether what is typed may have colours. Where it may not, it still must not reach the terminal as it is.
    fn has_colour(&self) -> bool {
        self.kit.settings.environment.get("NO_COLOR").is_none()
    }
}

impl Helper for Prompter {}

impl Completer for Prompter {
    type Candidate = Pair;

    fn complete(&self, line: &str, pos: usize, _: &Context<'_>) -> rustyline::Result<(usize, Vec<Pair>)> {
        let Ok(session) = self.session.try_lock() else {
            return Ok((pos, Vec::new()));
        };
        let known = completer::Known { kit: &self.kit, session: &session, documents: &self.documents };
        let (start, pairs) = completer::complete(line, pos, &known);
        Ok((start, listing::fitting(pairs, size::size().unwrap_or(listing::USUAL))))
    }
}

impl Hinter for Prompter {
    type Hint = Suggestion;

    fn hint(&self, line: &str, pos: usize, context: &Context<'_>) -> Option<Suggestion> {
        if pos < line.len() {
            return None;
        }
        let mut session = self.session.try_lock().ok()?;
        hinter::awaited(line, &mut session)
            .or_else(|| hinter::signature(line, &session))
            .or_else(|| hinter::earlier(line, context))
    }
}

impl Highlighter for Prompter {
    fn highlight<'l>(&self, line: &'l str, _: usize) -> Cow<'l, str> {
        let shown = hidden::harmless(line);
        if self.has_colour() { Cow::Owned(highlighter::highlight(&shown)) } else { shown }
    }

    fn highlight_prompt<'b, 's: 'b, 'p: 'b>(&'s self, prompt: &'p str, _: bool) -> Cow<'b, str> {
        if self.has_colour() { Cow::Owned(format!("\u{1b}[1m{prompt}\u{1b}[0m")) } else { Cow::Borrowed(prompt) }
    }

    fn highlight_hint<'h>(&self, hint: &'h str) -> Cow<'h, str> {
        if self.has_colour() { Cow::Owned(highlighter::dimmed(hint)) } else { Cow::Borrowed(hint) }
    }

    fn highlight_candidate<'c>(&self, candidate: &'c str, _: CompletionType) -> Cow<'c, str> {
        Cow::Borrowed(candidate)
    }

    fn highlight_char(&self, _: &str, _: usize, kind: CmdKind) -> bool {
        kind != CmdKind::MoveCursor
    }
}

impl Validator for Prompter {
    fn validate(&self, context: &mut ValidationContext<'_>) -> rustyline::Result<ValidationResult> {
        let complete =
            self.session.try_lock().map_or(true, |mut session| validator::is_complete(&mut session, context.input()));
        Ok(if complete { ValidationResult::Valid(None) } else { ValidationResult::Incomplete })
    }
}
