//! Hints behind the cursor: that more is awaited, the signature of the function being called, else the rest of an earlier
//! line.

use crate::core::text::visible;
use crate::repl::editor::validator;
use crate::repl::lexer::{Kind, Piece, pieces};
use crate::repl::vocabulary;
use crate::script::session::Session;
use rustyline::Context;
use rustyline::hint::Hint;
use rustyline::history::SearchDirection;

/// The shortest line that is looked for in the history.
const SHORTEST: usize = 3;

/// A hint.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Suggestion {
    shown: String,
    /// What the right arrow takes over: of an earlier input all its lines, of which the first is shown.
    taken: Option<String>,
}

impl Hint for Suggestion {
    fn display(&self) -> &str {
        &self.shown
    }

    fn completion(&self) -> Option<&str> {
        self.taken.as_deref()
    }
}

/// What stands in an empty row below code that is not finished: without it one cannot tell waiting from hanging.
pub fn awaited(line: &str, session: &mut Session) -> Option<Suggestion> {
    let open = line.ends_with('\n') && !validator::is_complete(session, line);
    open.then(|| Suggestion { shown: "...".to_owned(), taken: None })
}

/// The signature of a call whose parenthesis was just opened at the end of `line`.
pub fn signature(line: &str, session: &Session) -> Option<Suggestion> {
    let list = pieces(line);
    let mut code = list.iter().rev();
    let open = code.next().filter(|p| p.text == "(")?;
    let name = code.next().filter(|p: &&Piece<'_>| p.kind == Kind::Word && p.end() == open.start)?;
    let usage = vocabulary::usage(name.text, session)?;
    let parameters = usage.split_once('(')?.1;
    (parameters != ")").then(|| Suggestion { shown: parameters.to_owned(), taken: None })
}

/// The rest of the newest line that begins with `line`.
pub fn earlier(line: &str, context: &Context<'_>) -> Option<Suggestion> {
    if line.len() < SHORTEST || line.contains('\n') {
        return None;
    }
    let newest = context.history_index().min(context.history().len().checked_sub(1)?);
    // A history that cannot be searched has nothing to suggest.
    let found = context.history().starts_with(line, newest, SearchDirection::Reverse).ok()??;
    let rest = found.entry.get(line.len()..)?;
    let shown = rest.lines().next().filter(|rest| !rest.is_empty())?;
    let more = if rest.contains('\n') { " ..." } else { "" };
    Some(Suggestion { shown: format!("{}{more}", visible(shown)), taken: Some(rest.to_owned()) })
}
