//! Splitting text into what can be quoted: sentences of prose, lines of anything else, with byte offsets.
//!
//! It knows no language's grammar; abbreviations are a short list.

use std::ops::Range;

/// A quotation longer than this many bytes is cut between words.
const LONGEST: usize = 480;

/// The sentences or lines of `text` in order, as byte ranges without surrounding space.
///
/// A block of hard-wrapped prose is split at sentence ends, so that a sentence may span lines; any other block is split
/// into its lines first.
pub fn sentences(text: &str) -> Vec<Range<usize>> {
    let mut found = Vec::new();
    for block in blocks(text) {
        if is_wrapped(&text[block.clone()]) {
            split_sentences(text, block, &mut found);
        } else {
            for line in lines(text, block) {
                split_sentences(text, line, &mut found);
            }
        }
    }
    found
}

/// The runs of lines between blank lines.
fn blocks(text: &str) -> Vec<Range<usize>> {
    let mut blocks: Vec<Range<usize>> = Vec::new();
    let mut open = false;
    for line in lines(text, 0..text.len()) {
        let blank = text[line.clone()].trim().is_empty();
        match blocks.last_mut() {
            Some(block) if open && !blank => block.end = line.end,
            _ if !blank => blocks.push(line),
            _ => {}
        }
        open = !blank;
    }
    blocks
}

/// The lines of a part of `text`, without their line ends.
fn lines(text: &str, part: Range<usize>) -> Vec<Range<usize>> {
    let mut start = part.start;
    let mut found = Vec::new();
    for line in text[part].split_inclusive('\n') {
        let end = start + line.len();
        found.push(start..start + line.trim_end_matches(['\n', '\r']).len());
        start = end;
    }
    found
}

/// Whether a block is prose broken into lines of even length: long lines, most of which go on in lower case.
fn is_wrapped(block: &str) -> bool {
    let lines: Vec<&str> = block.lines().collect();
    let Some((_, but_last)) = lines.split_last() else { return false };
    if but_last.is_empty() || block.lines().any(|line| line.starts_with([' ', '\t'])) {
        return false;
    }
    let long = but_last.iter().all(|line| line.chars().count() >= 30);
    let lower = lines.iter().skip(1).filter(|line| line.starts_with(char::is_lowercase)).count();
    let code = but_last.iter().any(|line| line.ends_with([';', '{', '}']));
    long && !code && lower * 2 > but_last.len()
}

/// Adds the sentences of a part of `text`.
fn split_sentences(text: &str, part: Range<usize>, found: &mut Vec<Range<usize>>) {
    let mut start = part.start;
    for (at, c) in text[part.clone()].char_indices() {
        let end = part.start + at + c.len_utf8();
        if end <= start || !matches!(c, '.' | '!' | '?' | '…' | '。' | '！' | '？') {
            continue;
        }
        if let Some(end) = sentence_end(text, start, end, part.end, c) {
            push_cut(text, start..end, found);
            start = end;
        }
    }
    push_cut(text, start..part.end, found);
}

/// Where the sentence ends whose possible last mark `c` ends at `mark`, if it does end there.
fn sentence_end(text: &str, start: usize, mark: usize, limit: usize, c: char) -> Option<usize> {
    let rest = &text[mark..limit];
    let closed = mark + rest.len() - rest.trim_start_matches(['"', '\'', ')', ']', '”', '’', '»', '.', '!', '?']).len();
    if matches!(c, '。' | '！' | '？') {
        return Some(closed);
    }
    let next = &text[closed..limit];
    if !next.starts_with(char::is_whitespace) || next.trim_start().starts_with(char::is_lowercase) {
        return None;
    }
    (c != '.' || !is_abbreviated(&text[start..mark])).then_some(closed)
}

/// Whether a text that ends with a full stop ends with an initial or an abbreviation.
fn is_abbreviated(text: &str) -> bool {
    const KNOWN: [&str; 14] =
        ["mr", "mrs", "ms", "dr", "prof", "st", "vs", "no", "fig", "inc", "e.g", "i.e", "cf", "approx"];
    let body = text.trim_end_matches('.');
    let last = body.rsplit(|c: char| c.is_whitespace() || c == '(').next().unwrap_or_default();
    let initial = last.chars().count() == 1 && last.starts_with(char::is_uppercase);
    let number = !last.is_empty() && last.len() == body.trim_start().len() && last.chars().all(|c| c.is_ascii_digit());
    initial || number || KNOWN.contains(&last.to_lowercase().as_str())
}

/// Adds a range without surrounding space, in parts if it is too long to be quoted.
fn push_cut(text: &str, range: Range<usize>, found: &mut Vec<Range<usize>>) {
    let mut rest = trimmed(text, range);
    while rest.len() > LONGEST {
        let cut = text.floor_char_boundary(rest.start + LONGEST);
        let space = text[rest.start..cut].rfind(char::is_whitespace).filter(|at| *at > LONGEST / 2);
        let end = space.map_or(cut, |at| rest.start + at);
        found.push(trimmed(text, rest.start..end));
        rest = trimmed(text, end..rest.end);
    }
    if !rest.is_empty() {
        found.push(rest);
    }
}

fn trimmed(text: &str, range: Range<usize>) -> Range<usize> {
    let part = &text[range.clone()];
    let start = range.start + part.len() - part.trim_start().len();
    start..start + part.trim().len()
}

#[cfg(test)]
mod tests {
    use super::{LONGEST, sentences};

    fn check(text: &str, expect: &[&str]) {
        let found: Vec<&str> = sentences(text).into_iter().map(|range| &text[range]).collect();
        assert_eq!(found, expect, "{text:?}");
    }

    #[test]
    fn prose_splits_at_sentence_ends() {
        check("", &[]);
        check("One. Two! \"Three?\" Four", &["One.", "Two!", "\"Three?\"", "Four"]);
        check(
            "Mr. J. Smith paid 3.50 euros, i.e. little. He left.",
            &["Mr. J. Smith paid 3.50 euros, i.e. little.", "He left."],
        );
        check("1. Mix it. Bake it.", &["1. Mix it.", "Bake it."]);
        check("一つ。二つ。", &["一つ。", "二つ。"]);
    }

    #[test]
    fn wrapped_prose_joins_lines_and_other_text_keeps_them() {
        check(
            "The first sentence of this paragraph is long enough\nto be wrapped. The second one follows\nit here.\n\nNext.",
            &[
                "The first sentence of this paragraph is long enough\nto be wrapped.",
                "The second one follows\nit here.",
                "Next.",
            ],
        );
        check("a=1\r\n  b=2\n\n\nc", &["a=1", "b=2", "c"]);
        check("12:00 ERROR disk full\n12:01 INFO ok", &["12:00 ERROR disk full", "12:01 INFO ok"]);
    }

    #[test]
    fn long_lines_are_cut_between_words() {
        let text = "日本 ".repeat(200);
        let parts = sentences(&text);
        assert!(parts.len() > 2);
        assert!(parts.iter().all(|range| range.len() <= LONGEST && text[range.clone()].ends_with('本')));
    }
}
