//! Whether Enter sends what is typed or begins another line. The parser decides.

use crate::repl::editor::highlighter::is_command;
use crate::repl::input;
use crate::repl::underscore;
use crate::script::completeness::Completeness;
use crate::script::session::Session;

/// Whether typed text can be sent as it is.
pub fn is_complete(session: &mut Session, typed: &str) -> bool {
    let text = typed.trim();
    if input::is_fenced(text) {
        return input::is_closed(text);
    }
    let (first, rest) = input::first(text);
    if !rest.is_empty() {
        return is_complete(session, rest);
    }
    // `_` alone is no Rhai, so the parser would call the code wrong before it sees that it is not finished.
    text.is_empty()
        || is_command(first)
        || text.ends_with('?')
        || session.judge(&underscore::rewrite(typed, "out(-1)")) == Completeness::Complete
}
