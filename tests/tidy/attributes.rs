//! Attributes in a token stream, and the stretches of it that are compiled for tests only.

use super::lexer::{Kind, Token};
use std::ops::Range;

/// One `#[..]` or `#![..]`.
pub(super) struct Attribute<'a> {
    /// What stands between the brackets.
    pub(super) tokens: &'a [Token],
    /// Whether it is `#![..]`.
    pub(super) inner: bool,
    pub(super) line: usize,
    /// The tokens it takes, brackets included.
    pub(super) range: Range<usize>,
}

impl Attribute<'_> {
    /// Its words, in order.
    pub(super) fn words(&self) -> impl Iterator<Item = &str> {
        self.tokens.iter().filter(|token| token.kind == Kind::Word).map(|token| token.text.as_str())
    }

    /// Whether it begins with this word.
    pub(super) fn is(&self, name: &str) -> bool {
        self.tokens.first().is_some_and(|token| token.is(name))
    }

    /// Whether what it stands on is compiled for tests only.
    pub(super) fn is_test(&self) -> bool {
        let on_test =
            self.words().any(|word| word == "test") && self.words().all(|word| word != "not" && word != "any");
        let test_function = self.words().last() == Some("test") && !self.is("cfg") && !self.is("cfg_attr");
        test_function || (self.is("cfg") && on_test)
    }
}

/// Every attribute of a source.
pub(super) fn attributes(tokens: &[Token]) -> Vec<Attribute<'_>> {
    (0..tokens.len()).filter_map(|at| attribute(tokens, at)).collect()
}

/// The token ranges that are compiled for tests only.
pub(super) fn test_ranges(tokens: &[Token]) -> Vec<Range<usize>> {
    attributes(tokens)
        .iter()
        .filter(|attribute| attribute.is_test())
        .map(|attribute| match attribute.inner {
            true => 0..tokens.len(),
            false => attribute.range.start..item_end(tokens, attribute.range.end),
        })
        .collect()
}

/// The index after the bracket that closes the one at `open`.
pub(super) fn closing(tokens: &[Token], open: usize) -> usize {
    let mut depth = 0_usize;
    for (at, token) in tokens.iter().enumerate().skip(open) {
        depth = match nesting(token) {
            Nesting::Opens => depth + 1,
            Nesting::Closes => depth.saturating_sub(1),
            Nesting::Neither => depth,
        };
        if depth == 0 {
            return at + 1;
        }
    }
    tokens.len()
}

enum Nesting {
    Opens,
    Closes,
    Neither,
}

fn nesting(token: &Token) -> Nesting {
    match token.kind {
        Kind::Mark if matches!(token.text.as_str(), "(" | "[" | "{") => Nesting::Opens,
        Kind::Mark if matches!(token.text.as_str(), ")" | "]" | "}") => Nesting::Closes,
        _ => Nesting::Neither,
    }
}

fn attribute(tokens: &[Token], at: usize) -> Option<Attribute<'_>> {
    let hash = tokens.get(at).filter(|token| token.is("#"))?;
    let inner = tokens.get(at + 1)?.is("!");
    let open = at + 1 + usize::from(inner);
    tokens.get(open).filter(|token| token.is("["))?;
    let end = closing(tokens, open);
    let between = tokens.get(open + 1..end.saturating_sub(1))?;
    Some(Attribute { tokens: between, inner, line: hash.line, range: at..end })
}

/// The index after the item, field or statement that begins at `at`.
fn item_end(tokens: &[Token], mut at: usize) -> usize {
    while let Some(token) = tokens.get(at) {
        match nesting(token) {
            Nesting::Closes => return at,
            Nesting::Opens => {
                at = closing(tokens, at);
                if token.is("{") {
                    return at;
                }
            }
            Nesting::Neither if token.is(";") => return at + 1,
            Nesting::Neither => at += 1,
        }
    }
    tokens.len()
}
