//! Regular expressions for the programs of a root, and the same matching done directly for a leaf.
//!
//! It only writes expressions; the context room runs them.

use crate::model::offline::question::{Question, Unit};
use crate::model::offline::thing::Thing;
use crate::model::offline::words::{Word, normal, words};

/// The expression that finds what the question is about; `None` if it is unnamed and nothing can be counted for it.
pub fn strict(question: &Question, unit: Unit) -> Option<String> {
    let core = match &question.thing {
        Thing::Exact(terms) => any(terms.iter().map(|term| bounded(term, &escaped(term)))),
        Thing::Phrase(words) => format!("(?i)\\b{}\\b", phrase(words)),
        Thing::Unnamed if unit == Unit::Lines => return Some("^.*\\S.*$".to_owned()),
        Thing::Unnamed if unit == Unit::Words => return Some("\\w+".to_owned()),
        Thing::Unnamed => return None,
    };
    Some(if unit == Unit::Lines { line_of(&core) } else { core })
}

/// The expression to try when the strict one finds nothing: in any case, parts of words too, the last word of a phrase.
pub fn broad(question: &Question, unit: Unit) -> Option<String> {
    let core = match &question.thing {
        Thing::Exact(terms) => format!("(?i){}", any(terms.iter().map(|term| escaped(term)))),
        Thing::Phrase(words) => format!("(?i)\\b{}", stem(words.last()?)),
        Thing::Unnamed => return None,
    };
    Some(if unit == Unit::Lines { line_of(&core) } else { core })
}

/// The expression that finds any of the question's content words; `None` if it has none.
pub fn keywords(question: &Question) -> Option<String> {
    if question.keywords.is_empty() {
        return None;
    }
    Some(format!("(?i)\\b{}", any(question.keywords.iter().map(|word| stem(word)))))
}

/// The text with every character escaped that means something in a regular expression; runs of space match any space.
pub fn escaped(text: &str) -> String {
    let mut out = String::with_capacity(text.len());
    for (number, part) in text.split_whitespace().enumerate() {
        if number > 0 {
            out.push_str("\\s+");
        }
        for c in part.chars() {
            if "\\.+*?()|[]{}^$#&-~".contains(c) {
                out.push('\\');
            }
            out.push(c);
        }
    }
    out
}

/// Where the thing stands in `text`, in bytes, as the strict expression finds it.
pub fn occurrences(thing: &Thing, text: &str) -> Vec<usize> {
    match thing {
        Thing::Unnamed => Vec::new(),
        Thing::Exact(terms) => terms.iter().flat_map(|term| whole(text, term)).collect(),
        Thing::Phrase(phrase) => phrases(text, phrase),
    }
}

/// Where what is nearest to the thing stands, which is not the thing: its terms in any case and as parts of words, the
/// last word of a phrase of several.
pub fn nearest(thing: &Thing, text: &str) -> Vec<usize> {
    match thing {
        Thing::Unnamed => Vec::new(),
        Thing::Exact(terms) => terms.iter().flat_map(|term| loose(text, term)).collect(),
        Thing::Phrase(_) => thing.last_word().map(|last| occurrences(&last, text)).unwrap_or_default(),
    }
}

fn line_of(core: &str) -> String {
    match core.strip_prefix("(?i)") {
        Some(core) => format!("(?i)^.*{core}.*$"),
        None => format!("^.*{core}.*$"),
    }
}

fn any(parts: impl Iterator<Item = String>) -> String {
    let parts: Vec<String> = parts.collect();
    if let [one] = &parts[..] { one.clone() } else { format!("(?:{})", parts.join("|")) }
}

/// Word boundaries at the ends of `term` that are word characters.
fn bounded(term: &str, pattern: &str) -> String {
    let word = |c: char| c.is_alphanumeric() || c == '_';
    let before = if term.starts_with(word) { "\\b" } else { "" };
    let after = if term.ends_with(word) { "\\b" } else { "" };
    format!("{before}{pattern}{after}")
}

/// A phrase of words in their common form, each in singular or plural.
fn phrase(words: &[String]) -> String {
    words.iter().map(|word| plural(word)).collect::<Vec<_>>().join("\\s+")
}

fn plural(word: &str) -> String {
    match word.strip_suffix('y') {
        Some(head) if head.chars().count() > 1 => format!("{}(?:y|ies|ys)", escaped(head)),
        _ => format!("{}(?:e?s)?", escaped(word)),
    }
}

/// The beginning that singular and plural share.
fn stem(word: &str) -> String {
    match word.strip_suffix('y') {
        Some(head) if head.chars().count() > 2 => format!("{}(?:y|ies)", escaped(head)),
        _ => escaped(word),
    }
}

fn whole(text: &str, term: &str) -> Vec<usize> {
    let word = |c: char| c.is_alphanumeric() || c == '_';
    let free = |at: usize| {
        let before = !term.starts_with(word) || !text[..at].ends_with(word);
        before && (!term.ends_with(word) || !text[at + term.len()..].starts_with(word))
    };
    text.match_indices(term).map(|(at, _)| at).filter(|at| free(*at)).collect()
}

fn loose(text: &str, term: &str) -> Vec<usize> {
    let lower = text.to_lowercase();
    // Lower case may change lengths outside ASCII; only the number of places is used then.
    lower.match_indices(&term.to_lowercase()).map(|(at, _)| at).collect()
}

fn phrases(text: &str, phrase: &[String]) -> Vec<usize> {
    let all: Vec<(Word<'_>, String)> = words(text).map(|word| (word, normal(word.text))).collect();
    all.windows(phrase.len().max(1))
        .filter(|window| window.iter().map(|(_, normal)| normal).eq(phrase))
        .filter_map(|window| window.first().map(|(word, _)| word.start))
        .collect()
}

#[cfg(test)]
mod tests {
    use super::{broad, escaped, keywords, nearest, occurrences, strict};
    use crate::model::offline::question::{Ask, Question, Unit};

    fn check(text: &str, expect: [Option<&str>; 3]) {
        let question = Question::read(text);
        let unit = if let Ask::Count(unit) = question.ask { unit } else { Unit::Matches };
        let found = [strict(&question, unit), broad(&question, unit), keywords(&question)];
        assert_eq!(found.each_ref().map(Option::as_deref), expect, "{text:?}");
    }

    #[test]
    fn expressions() {
        check(
            "How many failed requests are there?",
            [
                Some("(?i)\\bfailed(?:e?s)?\\s+request(?:e?s)?\\b"),
                Some("(?i)\\brequest"),
                Some("(?i)\\b(?:failed|request)"),
            ],
        );
        check(
            "How many lines contain \"a.b (c)\"?",
            [Some("^.*\\ba\\.b\\s+\\(c\\).*$"), Some("(?i)^.*a\\.b\\s+\\(c\\).*$"), Some("(?i)\\b(?:b|c)")],
        );
        check("How many lines are there?", [Some("^.*\\S.*$"), None, None]);
        check("Who?", [None, None, None]);
        assert_eq!(escaped("a  b$"), "a\\s+b\\$");
    }

    #[test]
    fn leaf_counts_as_the_expressions_do() {
        for (question, text, expect) in [
            ("How many errors?", "error, errors; ERROR terrors", (3, 0)),
            ("How many failed requests?", "requests: 2; request", (0, 2)),
            ("How many failed requests?", "a failed request, other requests", (1, 2)),
            ("How many ERROR?", "ERROR error ERRORS", (1, 3)),
            ("How many 'abc'?", "xabcx ABC", (0, 2)),
            ("How many cities?", "city", (1, 0)),
        ] {
            let thing = Question::read(question).thing;
            assert_eq!((occurrences(&thing, text).len(), nearest(&thing, text).len()), expect, "{question}");
        }
    }
}
