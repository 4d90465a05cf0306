//! Colours of typed code. It changes nothing but colours, so that what is seen is what is sent.

use crate::repl::lexer::{Kind, Piece, pieces};
use crate::repl::vocabulary::KEYWORDS;

const KEYWORD: &str = "35";
const CALL: &str = "34";
const TEXT: &str = "32";
const NUMBER: &str = "36";
const COMMENT: &str = "2";
const COMMAND: &str = "1;33";

/// The line with colours.
pub fn highlight(line: &str) -> String {
    if is_command(line) {
        let end = line.find(char::is_whitespace).unwrap_or(line.len());
        return format!("{}{}", painted(COMMAND, &line[..end]), &line[end..]);
    }
    let list = pieces(line);
    let mut shown = String::with_capacity(line.len() * 2);
    for (index, piece) in list.iter().enumerate() {
        let next = list[index + 1..].iter().find(|p| p.is_code()).map_or("", |p| p.text);
        match colour(piece, next) {
            // A colour must end with its line: the editor redraws lines one by one.
            Some(code) => {
                shown.push_str(&piece.text.split('\n').map(|part| painted(code, part)).collect::<Vec<_>>().join("\n"))
            }
            None => shown.push_str(piece.text),
        }
    }
    shown
}

/// Whether the line is for the REPL itself and not for the session.
pub fn is_command(line: &str) -> bool {
    line.starts_with('?')
        || line.strip_prefix('.').is_some_and(|rest| rest.starts_with(|c: char| c.is_ascii_alphabetic()))
}

/// Dimmed text, for hints.
pub fn dimmed(text: &str) -> String {
    text.split('\n').map(|part| painted(COMMENT, part)).collect::<Vec<_>>().join("\n")
}

fn colour(piece: &Piece<'_>, next: &str) -> Option<&'static str> {
    match piece.kind {
        Kind::Comment => Some(COMMENT),
        Kind::Text => Some(TEXT),
        Kind::Number => Some(NUMBER),
        Kind::Word if KEYWORDS.contains(&piece.text) => Some(KEYWORD),
        Kind::Word if next == "(" => Some(CALL),
        Kind::Word | Kind::Symbol | Kind::Space => None,
    }
}

fn painted(code: &str, text: &str) -> String {
    if text.is_empty() { String::new() } else { format!("\u{1b}[{code}m{text}\u{1b}[0m") }
}

#[cfg(test)]
mod tests {
    use super::highlight;

    /// Colours shown as `<code:text>`.
    fn check(line: &str, expect: &str) {
        let shown = highlight(line);
        assert_eq!(shown.replace("\u{1b}[0m", ">").replace("\u{1b}[", "<"), expect, "{line}");
        assert_eq!(stripped(&shown), line, "colours change nothing");
        assert_eq!(highlight(line), shown, "the same line has the same colours");
    }

    fn stripped(text: &str) -> String {
        let mut parts = text.split('\u{1b}');
        let first = parts.next().unwrap_or_default().to_owned();
        parts.fold(first, |all, part| all + part.split_once('m').map_or("", |(_, rest)| rest))
    }

    #[test]
    fn colours_follow_the_language() {
        check("let x = 1;", "<35mlet> x = <36m1>;");
        check("f (\"a\") // b", "<34mf> (<32m\"a\">) <2m// b>");
        check(".help llm", "<1;33m.help> llm");
        check("?llm", "<1;33m?llm>");
        check("`a\nb`", "<32m`a>\n<32mb`>");
        check("\"open", "<32m\"open>");
    }

    #[test]
    fn any_text_survives() {
        for line in ["", " ", ".", ".5", "`${", "`${x}", "/* a", "é\u{301}日本 _ \\", "}}}", "#\"", "'"] {
            assert_eq!(stripped(&highlight(line)), line);
        }
    }
}
