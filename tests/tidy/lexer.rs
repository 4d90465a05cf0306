//! Splits Rust source into tokens and comments, each with its line, so that no rule is misled by a word in a string.
//!
//! It knows words, marks, literals and lifetimes, and nothing of the grammar.

/// What a token is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Kind {
    /// An identifier or keyword.
    Word,
    /// `::`, or one other character.
    Mark,
    /// A number, character or string, with its quotes.
    Literal,
    /// A lifetime or label.
    Lifetime,
}

/// One token.
#[derive(Clone, Debug)]
pub(super) struct Token {
    pub(super) kind: Kind,
    pub(super) text: String,
    /// The line of its first character, from 1.
    pub(super) line: usize,
}

impl Token {
    /// Whether it is this word or mark; a string with the same text is not.
    pub(super) fn is(&self, text: &str) -> bool {
        matches!(self.kind, Kind::Word | Kind::Mark) && self.text == text
    }
}

/// One line of a comment.
#[derive(Clone, Debug)]
pub(super) struct Comment {
    pub(super) line: usize,
    pub(super) text: String,
}

/// The tokens and the comments of a source.
pub(super) fn lex(text: &str) -> (Vec<Token>, Vec<Comment>) {
    let mut lexer = Lexer { rest: text, line: 1, tokens: Vec::new(), comments: Vec::new() };
    while lexer.step() {}
    (lexer.tokens, lexer.comments)
}

struct Lexer<'a> {
    rest: &'a str,
    line: usize,
    tokens: Vec<Token>,
    comments: Vec<Comment>,
}

impl<'a> Lexer<'a> {
    fn step(&mut self) -> bool {
        let Some(first) = self.rest.chars().next() else { return false };
        if first.is_whitespace() {
            self.take(first.len_utf8());
        } else if let Some(length) = comment_length(self.rest) {
            self.comment(length);
        } else {
            let (kind, length) = token(self.rest, first);
            let line = self.line;
            let text = self.take(length).to_owned();
            self.tokens.push(Token { kind, text, line });
        }
        true
    }

    fn comment(&mut self, length: usize) {
        let line = self.line;
        let text = self.take(length);
        self.comments.extend(text.lines().zip(line..).map(|(text, line)| Comment { line, text: text.to_owned() }));
    }

    fn take(&mut self, length: usize) -> &'a str {
        let (taken, rest) = self.rest.split_at(length);
        self.line += taken.matches('\n').count();
        self.rest = rest;
        taken
    }
}

fn token(rest: &str, first: char) -> (Kind, usize) {
    if let Some(length) = string_length(rest).or_else(|| character_length(rest)) {
        return (Kind::Literal, length);
    }
    if let Some(after) = rest.strip_prefix('\'') {
        return (Kind::Lifetime, 1 + word_length(after));
    }
    if let Some(after) = rest.strip_prefix("r#") {
        return (Kind::Word, 2 + word_length(after));
    }
    if first.is_ascii_digit() {
        return (Kind::Literal, word_length(rest));
    }
    match word_length(rest) {
        0 if rest.starts_with("::") => (Kind::Mark, 2),
        0 => (Kind::Mark, first.len_utf8()),
        length => (Kind::Word, length),
    }
}

fn word_length(rest: &str) -> usize {
    rest.find(|c: char| !(c.is_alphanumeric() || c == '_')).unwrap_or(rest.len())
}

fn comment_length(rest: &str) -> Option<usize> {
    if rest.starts_with("//") {
        return Some(rest.find('\n').unwrap_or(rest.len()));
    }
    rest.starts_with("/*").then(|| block_length(rest))
}

/// The length of a block comment, which may hold others.
fn block_length(rest: &str) -> usize {
    let mut depth = 0_usize;
    let mut at = 0;
    while let Some(found) = rest[at..].find(['/', '*']).map(|offset| at + offset) {
        let pair = rest.get(found..found + 2);
        at = found + if matches!(pair, Some("/*" | "*/")) { 2 } else { 1 };
        depth = match pair {
            Some("/*") => depth + 1,
            Some("*/") => depth - 1,
            _ => depth,
        };
        if depth == 0 {
            return at;
        }
    }
    rest.len()
}

/// The length of a string literal of any form, if one begins here.
fn string_length(rest: &str) -> Option<usize> {
    let prefix = ["br", "cr", "r", "b", "c", ""].into_iter().find(|prefix| rest.starts_with(prefix))?;
    let after = &rest[prefix.len()..];
    if !prefix.ends_with('r') {
        return after.strip_prefix('"').map(|body| prefix.len() + 1 + closed_length(body, '"'));
    }
    let hashes = after.len() - after.trim_start_matches('#').len();
    let body = after[hashes..].strip_prefix('"')?;
    let end = format!("\"{}", "#".repeat(hashes));
    let inner = body.find(&end).map_or(body.len(), |at| at + end.len());
    Some(prefix.len() + hashes + 1 + inner)
}

/// The length of a character literal, if one begins here; `'a` without a closing quote is a lifetime.
fn character_length(rest: &str) -> Option<usize> {
    let after = rest.strip_prefix('b').unwrap_or(rest);
    let body = after.strip_prefix('\'')?;
    let mut characters = body.chars();
    let first = characters.next()?;
    let closed = first == '\\' || characters.next() == Some('\'');
    closed.then(|| rest.len() - body.len() + closed_length(body, '\''))
}

/// The length up to and with the closing quote; a backslash hides the character after it.
fn closed_length(body: &str, quote: char) -> usize {
    let mut escaped = false;
    for (at, character) in body.char_indices() {
        if !escaped && character == quote {
            return at + 1;
        }
        escaped = !escaped && character == '\\';
    }
    body.len()
}
