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
        ParseErrorType::FnMissingBody(_) => is_behind(source, &error),
        _ => false,
    };
    if open { Completeness::Incomplete } else { Completeness::Complete }
}

/// Whether a program ends in code, not within a text or a comment.
pub fn ends_in_code(source: &str) -> bool {
    matches!(end(source).0, Within::Code)
}

/// What a place of a program belongs to.
#[derive(Clone, Copy)]
enum Within {
    Code,
    /// A text or a character, up to this quote.
    Text(char),
    /// A raw text, up to a quote and this many hashes.
    Raw(usize),
    Line,
    /// Comments in comments, this many.
    Comment(usize),
}

/// Where a program ends, and whether it closes more brackets than it opens, which no further line mends.
fn end(source: &str) -> (Within, bool) {
    let (mut within, mut open, mut rest) = (Within::Code, [0_i64; 3], source);
    // How many braces stand open around each open `${`, the innermost last.
    let mut around = Vec::new();
    while let Some(c) = rest.chars().next() {
        let (mut after, length) = step(within, c, rest);
        if matches!(within, Within::Code) {
            count(&mut open, c);
            if c == '}' && around.last() == Some(&open[2]) {
                around.pop();
                after = Within::Text('`');
            }
        } else if c == '$' && matches!(after, Within::Code) {
            around.push(open[2]);
            open[2] += 1;
        }
        within = after;
        rest = &rest[length..];
    }
    (within, open.iter().any(|left| *left < 0))
}

/// What follows the beginning of `rest`, which is `c`, and how many bytes belong to it.
fn step(within: Within, c: char, rest: &str) -> (Within, usize) {
    match within {
        Within::Code => code(c, rest),
        Within::Text(quote) => text(quote, c, rest),
        Within::Raw(wanted) if c == '"' && hashes(&rest[1..]) >= wanted => (Within::Code, 1 + wanted),
        Within::Line if c == '\n' => (Within::Code, 1),
        Within::Comment(0 | 1) if rest.starts_with("*/") => (Within::Code, 2),
        Within::Comment(deep) if rest.starts_with("*/") => (Within::Comment(deep - 1), 2),
        Within::Comment(deep) if rest.starts_with("/*") => (Within::Comment(deep + 1), 2),
        Within::Raw(_) | Within::Line | Within::Comment(_) => (within, c.len_utf8()),
    }
}

fn code(c: char, rest: &str) -> (Within, usize) {
    match c {
        '/' if rest.starts_with("//") => (Within::Line, 2),
        '/' if rest.starts_with("/*") => (Within::Comment(1), 2),
        '"' | '`' | '\'' => (Within::Text(c), 1),
        '#' => {
            let many = hashes(rest);
            if rest[many..].starts_with('"') { (Within::Raw(many), many + 1) } else { (Within::Code, many) }
        }
        _ => (Within::Code, c.len_utf8()),
    }
}

/// The same in a text: one in back-ticks has no escapes but that of `${`, behind which there is code.
fn text(quote: char, c: char, rest: &str) -> (Within, usize) {
    let length = match (quote, c) {
        ('`', '$') if rest.starts_with("${") => return (Within::Code, 2),
        ('`', '\\') if rest.starts_with("\\${") => 3,
        ('"' | '\'', '\\') => 1 + rest[1..].chars().next().map_or(0, char::len_utf8),
        _ if c == quote => return (Within::Code, 1),
        _ => c.len_utf8(),
    };
    (Within::Text(quote), length)
}

fn hashes(text: &str) -> usize {
    text.bytes().take_while(|byte| *byte == b'#').count()
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
    let (lines, columns) = extent(source);
    error.position().line() == Some(lines) && error.position().position().is_some_and(|c| c >= columns)
}

/// Whether it stands behind that, so that nothing is there that is not awaited.
fn is_behind(source: &str, error: &rhai::ParseError) -> bool {
    let place = error.position().line().zip(error.position().position());
    place.is_none_or(|place| place > extent(source))
}

/// How many lines there are, and columns in the last.
fn extent(source: &str) -> (usize, usize) {
    let text = source.trim_end();
    (text.lines().count(), text.lines().last().map_or(0, |line| line.chars().count()))
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
