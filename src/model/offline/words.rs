//! Words: where they are, which carry content, their common form, and the engine's own tokens.
//!
//! English suffixes and common words only; other languages are matched word for word.

use std::collections::HashSet;
use std::sync::LazyLock;

/// A word and where it begins, in bytes.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Word<'a> {
    /// Byte offset of its first character.
    pub start: usize,
    /// The word as it stands.
    pub text: &'a str,
}

/// The words of `text` in order: runs of letters, digits and `_`; an ideograph is a word of its own.
pub fn words(text: &str) -> impl Iterator<Item = Word<'_>> {
    let mut at = 0;
    std::iter::from_fn(move || {
        let start = at + text[at..].find(in_word)?;
        let rest = &text[start..];
        let first = rest.chars().next()?;
        let length = if is_ideograph(first) {
            first.len_utf8()
        } else {
            rest.find(|c| !in_word(c) || is_ideograph(c)).unwrap_or(rest.len())
        };
        at = start + length;
        Some(Word { start, text: &text[start..at] })
    })
}

/// The form in which words are compared: lower case, English plural endings removed.
pub fn normal(word: &str) -> String {
    let mut word = word.to_lowercase();
    let Some(without) = word.strip_suffix('s') else { return word };
    if word.len() < 4 || word.ends_with("ss") || word.ends_with("us") || word.ends_with("is") {
        return word;
    }
    if word.len() > 4 && word.ends_with("ies") {
        word.truncate(word.len() - 3);
        word.push('y');
        return word;
    }
    let sibilant = ["xes", "ches", "shes", "sses", "zes"].iter().any(|end| word.ends_with(end));
    let length = if sibilant { word.len() - 2 } else { without.len() };
    word.truncate(length);
    word
}

/// The content words of `text` in their common form, in order, each once. Their further endings are for the context
/// room's stems to meet; these words are shown to people and counted.
pub fn keywords(text: &str) -> Vec<String> {
    let mut found: Vec<String> = Vec::new();
    for word in words(text) {
        if is_common(word.text) {
            continue;
        }
        let normal = normal(word.text);
        if !found.contains(&normal) {
            found.push(normal);
        }
    }
    found
}

/// Whether a word carries no content of its own: articles, pronouns, auxiliaries, question words.
pub fn is_common(word: &str) -> bool {
    let lower = word.to_lowercase();
    COMMON_SET.contains(lower.as_str())
}

/// The number of the engine's tokens in `text`: each word and each other visible character is one.
pub fn token_count(text: &str) -> u64 {
    tokens(text).fold(0, |count, _| count + 1)
}

/// The longest head of `text` that has at most `limit` tokens.
pub fn token_head(text: &str, limit: u64) -> &str {
    let Ok(limit) = usize::try_from(limit) else { return text };
    match tokens(text).nth(limit) {
        None => text,
        Some(start) => text[..start].trim_end(),
    }
}

/// Byte offsets at which the tokens of `text` begin.
fn tokens(text: &str) -> impl Iterator<Item = usize> {
    let mut inside = false;
    text.char_indices().filter_map(move |(at, c)| {
        let continues = inside && in_word(c);
        inside = in_word(c);
        (!continues && !c.is_whitespace()).then_some(at)
    })
}

fn in_word(c: char) -> bool {
    c.is_alphanumeric() || c == '_'
}

/// Chinese characters, kana and Hangul syllables are written without spaces between words.
const fn is_ideograph(c: char) -> bool {
    matches!(c, '\u{3040}'..='\u{30ff}' | '\u{3400}'..='\u{4dbf}' | '\u{4e00}'..='\u{9fff}' | '\u{ac00}'..='\u{d7af}')
}

static COMMON_SET: LazyLock<HashSet<&str>> = LazyLock::new(|| COMMON.split_ascii_whitespace().collect());

const COMMON: &str = "a an the this that these those and or but nor so if then else than as of to in on at by for from \
    with without within into onto over under between about after before during per via up down out off \
    i me my we us our you your he him his she her hers it its they them their there here \
    who whom whose which what when where why how many much long often old \
    is are was were be been being am do does did done has have had having can could may might must shall should will \
    would not no yes any all each every some such only also very just both either \
    s t d ll re ve m \
    tell say give show name list find count number please answer explain describe \
    text document documents file files context question total";

#[cfg(test)]
mod tests {
    use super::{keywords, normal, token_count, token_head, words};

    #[test]
    fn words_have_offsets() {
        let found: Vec<_> = words("é, foo_bar's 日本 x").map(|w| (w.start, w.text)).collect();
        assert_eq!(found, [(0, "é"), (4, "foo_bar"), (12, "s"), (14, "日"), (17, "本"), (21, "x")]);
    }

    #[test]
    fn plurals_lose_their_ending() {
        for (word, expect) in [
            ("Errors", "error"),
            ("cities", "city"),
            ("boxes", "box"),
            ("files", "file"),
            ("glass", "glass"),
            ("status", "status"),
            ("basis", "basis"),
            ("gas", "gas"),
            ("ties", "tie"),
        ] {
            assert_eq!(normal(word), expect);
        }
    }

    #[test]
    fn keywords_are_content_words_once() {
        assert_eq!(keywords("Who wrote the errors, and which error?"), ["wrote", "error"]);
    }

    #[test]
    fn tokens_are_words_and_marks() {
        for (text, expect) in [("", 0), ("a b", 2), ("a, b!", 4), ("foo_bar(1)", 4), ("  ", 0)] {
            assert_eq!(token_count(text), expect, "{text:?}");
        }
        for (text, limit, expect) in [("a, b! c", 3, "a, b"), ("a b", 9, "a b"), ("a b", 0, ""), ("été ça", 1, "été")]
        {
            assert_eq!(token_head(text, limit), expect);
        }
    }
}
