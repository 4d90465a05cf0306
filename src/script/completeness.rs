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
    let (within, closes_too_much) = end(source);
    let Err(error) = engine.compile_with_scope(scope, source) else {
        let open = matches!(within, Within::Comment(_));
        return if open { Completeness::Incomplete } else { Completeness::Complete };
    };
    let at_end = || {
        let lines = source.trim_end().lines().count();
        error.position().is_none()
            || error.position().line().is_some_and(|line| line > lines || is_last(source, &error))
    };
    let open = match error.err_type() {
        ParseErrorType::UnexpectedEOF => true,
        ParseErrorType::BadInput(LexError::UnterminatedString) => !ends_with_its_line(source, error.position()),
        ParseErrorType::MissingToken(..) => at_end() && !closes_too_much,
        _ => false,
    };
    if open { Completeness::Incomplete } else { Completeness::Complete }
}

/// What a place of a program belongs to.
#[derive(Clone, Copy)]
enum Within {
    Code,
    /// A text or a character, up to this quote.
    Text(char),
    Line,
    /// Comments in comments, this many.
    Comment(usize),
}

/// Where a program ends, and whether it closes more brackets than it opens, which no further line mends.
fn end(source: &str) -> (Within, bool) {
    let (mut within, mut open) = (Within::Code, [0_i64; 3]);
    let mut chars = source.chars().peekable();
    while let Some(c) = chars.next() {
        let (after, pair) = step(within, c, chars.peek().copied());
        if pair {
            chars.next();
        }
        if matches!(within, Within::Code) {
            count(&mut open, c);
        }
        within = after;
    }
    (within, open.iter().any(|left| *left < 0))
}

/// What follows a character, and whether the next one is a part of it.
const fn step(within: Within, c: char, next: Option<char>) -> (Within, bool) {
    match (within, c, next) {
        (Within::Code, '/', Some('/')) => (Within::Line, true),
        (Within::Code, '/', Some('*')) => (Within::Comment(1), true),
        (Within::Code, '"' | '`' | '\'', _) => (Within::Text(c), false),
        (Within::Text('"' | '\''), '\\', Some(_)) => (within, true),
        (Within::Text(quote), _, _) if quote == c => (Within::Code, false),
        (Within::Line, '\n', _) | (Within::Comment(0 | 1), '*', Some('/')) => (Within::Code, c == '*'),
        (Within::Comment(deep), '*', Some('/')) => (Within::Comment(deep - 1), true),
        (Within::Comment(deep), '/', Some('*')) => (Within::Comment(deep + 1), true),
        _ => (within, false),
    }
}

fn count(open: &mut [i64; 3], c: char) {
    let [round, square, curly] = open;
    match c {
        '(' => *round += 1,
        ')' => *round -= 1,
        '[' => *square += 1,
        ']' => *square -= 1,
        '{' => *curly += 1,
        '}' => *curly -= 1,
        _ => {}
    }
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
