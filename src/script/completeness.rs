//! Whether typed code is complete, so that a line editor knows to go on.

use rhai::{Engine, LexError, ParseErrorType, Position, Scope};

/// What to do with typed code.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Completeness {
    /// Evaluate it (it may still be wrong).
    Complete,
    /// Wait for more lines.
    Incomplete,
}

/// Judges `source` by the parser: an error at the very end, or an open bracket or text of several lines, wants more lines.
/// Without the variables of `scope` the parser would stop at the first name, before it sees what is open.
pub fn judge(engine: &Engine, scope: &Scope<'_>, source: &str) -> Completeness {
    let Err(error) = engine.compile_with_scope(scope, source) else {
        return Completeness::Complete;
    };
    let at_end = || {
        let lines = source.trim_end().lines().count();
        error.position().is_none()
            || error.position().line().is_some_and(|line| line > lines || is_last(source, &error))
    };
    let open = match error.err_type() {
        ParseErrorType::UnexpectedEOF => true,
        ParseErrorType::BadInput(LexError::UnterminatedString) => !ends_with_its_line(source, error.position()),
        ParseErrorType::MissingToken(..) => at_end() && !closes_too_much(source),
        _ => false,
    };
    if open { Completeness::Incomplete } else { Completeness::Complete }
}

/// Whether more brackets are closed than were opened, which no further line mends. What stands in texts does not count.
fn closes_too_much(source: &str) -> bool {
    let mut within = None;
    let mut open = [0_i64; 3];
    let mut escaped = false;
    for c in source.chars() {
        match (within, c) {
            (Some(quote), _) if quote == c && !escaped => within = None,
            (None, '"' | '`') => within = Some(c),
            (None, '(') => open[0] += 1,
            (None, '[') => open[1] += 1,
            (None, '{') => open[2] += 1,
            (None, ')') => open[0] -= 1,
            (None, ']') => open[1] -= 1,
            (None, '}') => open[2] -= 1,
            _ => {}
        }
        escaped = c == '\\' && !escaped;
    }
    open.iter().any(|left| *left < 0)
}

/// Whether the error stands at or behind the last character.
fn is_last(source: &str, error: &rhai::ParseError) -> bool {
    let text = source.trim_end();
    let lines = text.lines().count();
    let columns = text.lines().last().map_or(0, |l| l.chars().count());
    error.position().line() == Some(lines) && error.position().position().is_some_and(|c| c >= columns)
}

/// Whether the open text that begins at `start` stands in double quotes, which no later line can close: only a back-slash
/// at the end of a line lets such a text go on. Behind an interpolation and in a raw text a quote is a character.
fn ends_with_its_line(source: &str, start: Position) -> bool {
    if source.trim_end_matches(['\n', '\r']).ends_with('\\') {
        return false;
    }
    let line = start.line().and_then(|line| source.lines().nth(line.checked_sub(1)?)).unwrap_or_default();
    let head: String = line.chars().take(start.position().unwrap_or(0)).collect();
    head.strip_suffix('"').is_some_and(|before| !before.ends_with(['}', '#']))
}
