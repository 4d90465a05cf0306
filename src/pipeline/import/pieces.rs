//! A text of Jinja cut into what is written as it is, holes and tags, with the blanks that go with tags.
//!
//! Blanks are as orchestrator sets its templates up (`trim_blocks`, `lstrip_blocks`, `keep_trailing_newline`): those between
//! the beginning of a line and a tag are dropped, and one line end behind it.

/// A piece of a text.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Piece<'t> {
    /// What is written as it is.
    Text(&'t str),
    /// `{{ .. }}`.
    Hole(&'t str),
    /// `{% .. %}`.
    Tag(&'t str),
}

/// The pieces, without comments.
pub(super) fn pieces(text: &str) -> Vec<Piece<'_>> {
    let mut pieces = Vec::new();
    let mut rest = text;
    let mut begins_line = true;
    while let Some((begin, close)) = opening(rest) {
        let inner = rest.get(begin + 2..).unwrap_or_default();
        let Some(end) = inner.find(close) else { break };
        let source = inner.get(..end).unwrap_or_default();
        let is_hole = close == "}}";
        let before = rest.get(..begin).unwrap_or_default();
        push(&mut pieces, before_tag(before, source.starts_with('-'), !is_hole, begins_line));
        let plain = source.trim_matches('-').trim();
        match close {
            "}}" => pieces.push(Piece::Hole(plain)),
            "%}" => pieces.push(Piece::Tag(plain)),
            _ => {}
        }
        let after = inner.get(end + 2..).unwrap_or_default();
        rest = match (source.ends_with('-'), is_hole) {
            (true, _) => after.trim_start(),
            (false, true) => after,
            (false, false) => after.strip_prefix('\n').unwrap_or(after),
        };
        begins_line = after.strip_suffix(rest).is_some_and(|dropped| dropped.ends_with('\n'));
    }
    push(&mut pieces, rest);
    pieces
}

fn push<'t>(pieces: &mut Vec<Piece<'t>>, text: &'t str) {
    if !text.is_empty() {
        pieces.push(Piece::Text(text));
    }
}

/// Where the first hole, tag or comment begins, and with what it ends.
fn opening(text: &str) -> Option<(usize, &'static str)> {
    let forms = [("{{", "}}"), ("{%", "%}"), ("{#", "#}")];
    forms.into_iter().filter_map(|(open, close)| Some((text.find(open)?, close))).min()
}

/// The text before a hole or tag: without its blanks if that says so, and without those of the line that a tag begins.
fn before_tag(text: &str, stripped: bool, is_tag: bool, begins_line: bool) -> &str {
    if stripped {
        return text.trim_end();
    }
    let line = text.trim_end_matches([' ', '\t']);
    let is_first = if line.is_empty() { begins_line } else { line.ends_with('\n') };
    if is_tag && is_first { line } else { text }
}

#[cfg(test)]
mod tests {
    use super::Piece::{Hole, Tag, Text};
    use super::pieces;

    #[test]
    fn blanks_go_with_tags() {
        for (text, expected) in [
            ("a {{ b }} c", vec![Text("a "), Hole("b"), Text(" c")]),
            ("a {{- b -}} c", vec![Text("a"), Hole("b"), Text("c")]),
            ("a\n  {% if b %}\n  c\n  {% endif %}\nd", {
                vec![Text("a\n"), Tag("if b"), Text("  c\n"), Tag("endif"), Text("d")]
            }),
            ("{% if b -%}\n\n  c {% endif %} d", vec![Tag("if b"), Text("c "), Tag("endif"), Text(" d")]),
            ("a {# b {{ c }} #}d", vec![Text("a "), Text("d")]),
            ("\n{{ a }}\n", vec![Text("\n"), Hole("a"), Text("\n")]),
            ("{{ a }} {% if b %}\n {% endif %}", vec![Hole("a"), Text(" "), Tag("if b"), Tag("endif")]),
            ("a {{ b", vec![Text("a {{ b")]),
        ] {
            assert_eq!(pieces(text), expected, "{text}");
        }
    }
}
