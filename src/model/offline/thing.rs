//! What a question is about: a quoted term, an identifier, or the noun after "how many" or "list".
//!
//! It goes by the form of words; it knows no grammar and no dictionary.

use crate::model::offline::words::{is_common, normal, words};

/// What a question is about.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Thing {
    /// Quoted terms or identifiers, each as written.
    Exact(Vec<String>),
    /// One phrase, its words in their common form.
    Phrase(Vec<String>),
    /// Nothing in particular.
    Unnamed,
}

impl Thing {
    /// What a question is about: quoted terms first; then, for a count, the noun after its cue; then identifiers; then
    /// that noun. `noun` is the number of the word after the cue, for questions that have one.
    pub fn named(text: &str, noun: Option<usize>, counted: bool) -> Self {
        let quoted = quoted(text);
        if !quoted.is_empty() {
            return Self::Exact(quoted);
        }
        let phrase = match noun.map(|after| phrase(text, after)) {
            Some(run) if run.is_empty() => phrase(text, 0),
            run => run.unwrap_or_default(),
        };
        let identifiers = identifiers(text);
        let named: Vec<String> = identifiers.iter().filter(|name| phrase.contains(name)).cloned().collect();
        if !named.is_empty() {
            return Self::Exact(named);
        }
        if !identifiers.is_empty() && (!counted || phrase.is_empty()) {
            return Self::Exact(identifiers);
        }
        if phrase.is_empty() { Self::Unnamed } else { Self::Phrase(phrase.iter().map(|word| normal(word)).collect()) }
    }

    /// The last word of a phrase of several: mostly what the words before it describe.
    pub fn last_word(&self) -> Option<Self> {
        match self {
            Self::Phrase(words) if words.len() > 1 => words.last().map(|word| Self::Phrase(vec![word.clone()])),
            _ => None,
        }
    }

    /// The thing for people, in quotation marks; empty if unnamed.
    pub fn label(&self) -> String {
        match self {
            Self::Exact(terms) => terms.iter().map(|term| format!("\"{term}\"")).collect::<Vec<_>>().join(" or "),
            Self::Phrase(words) => format!("\"{}\"", words.join(" ")),
            Self::Unnamed => String::new(),
        }
    }
}

/// Words that say how something is counted or listed, not what.
const UNITS: &str = "line lines row rows word words time times occurrence occurrences instance instances \
    different distinct unique various called used defined found happen happened term terms \
    contain contains containing mention mentions mentioned appear appears appeared occur occurs occurred exist exists";

/// Plurals without an ending.
const IRREGULAR: [&str; 4] = ["people", "men", "women", "children"];

/// The first run of at most three content words from the word `after` on, up to its first plural: what follows that is
/// mostly a verb. A run does not cross punctuation.
fn phrase(text: &str, after: usize) -> Vec<String> {
    let mut run: Vec<String> = Vec::new();
    let mut end = 0;
    for word in words(text).skip(after) {
        let lower = word.text.to_lowercase();
        let content = !is_common(&lower) && !is_unit(&lower);
        let joined = run.is_empty() || text[end..word.start].trim().is_empty();
        if !run.is_empty() && (!content || !joined || run.len() == 3) {
            break;
        }
        if content {
            run.push(word.text.to_owned());
        }
        if content && (normal(&lower) != lower || IRREGULAR.contains(&lower.as_str())) {
            break;
        }
        end = word.start + word.text.len();
    }
    run
}

/// Whether a word says how something is counted or listed, not what.
pub fn is_unit(word: &str) -> bool {
    UNITS.split_ascii_whitespace().any(|unit| unit == word)
}

/// Terms in quotation marks or back-ticks.
fn quoted(text: &str) -> Vec<String> {
    const PAIRS: [(char, char); 6] = [('"', '"'), ('`', '`'), ('“', '”'), ('«', '»'), ('„', '“'), ('\'', '\'')];
    let mut found: Vec<String> = Vec::new();
    let mut rest = text;
    while let Some(open) = rest.find(|c| PAIRS.iter().any(|pair| pair.0 == c)) {
        let mark = rest[open..].chars().next().unwrap_or_default();
        let close = PAIRS.iter().find(|pair| pair.0 == mark).map_or(mark, |pair| pair.1);
        // An apostrophe opens a quotation only after a space and closes it only before none of a word.
        let apostrophe = mark == '\'' && rest[..open].ends_with(char::is_alphanumeric);
        let inner = &rest[open + mark.len_utf8()..];
        let end = inner
            .match_indices(close)
            .map(|(at, _)| at)
            .find(|at| close != '\'' || !inner[at + 1..].starts_with(char::is_alphanumeric));
        match end {
            Some(end) if !apostrophe && !inner[..end].trim().is_empty() => {
                push_once(&mut found, inner[..end].trim());
                rest = &inner[end + close.len_utf8()..];
            }
            _ => rest = inner,
        }
    }
    found
}

/// Words that are names in a program or a file system: `snake_case`, `CamelCase`, `ALLCAPS`, `a::b`, `dir/name.ext`,
/// `E0432`.
fn identifiers(text: &str) -> Vec<String> {
    let shouted = !text.chars().any(char::is_lowercase);
    let mut found = Vec::new();
    for token in text.split_whitespace() {
        let token = token.trim_matches(|c: char| !c.is_alphanumeric() && c != '_' && c != '/');
        let token = token.strip_suffix("'s").or(token.strip_suffix("’s")).unwrap_or(token);
        if is_identifier(token) && !(shouted && token.chars().all(char::is_alphabetic)) {
            push_once(&mut found, token);
        }
    }
    found
}

fn is_identifier(token: &str) -> bool {
    let chars: Vec<char> = token.chars().collect();
    let letters = chars.iter().filter(|c| c.is_alphabetic()).count();
    if letters < 2 {
        return letters == 1 && chars.len() > 2 && chars.iter().any(char::is_ascii_digit) && chars[0].is_alphabetic();
    }
    let inner = |mark: char| chars.windows(3).any(|w| w[1] == mark && w[0].is_alphanumeric() && w[2].is_alphanumeric());
    let camel = chars.windows(2).any(|w| w[0].is_lowercase() && w[1].is_uppercase());
    let capitals = chars.iter().all(|c| c.is_uppercase() || c.is_ascii_digit() || *c == '_');
    let mixed =
        chars[0].is_alphabetic() && chars.iter().any(char::is_ascii_digit) && chars.iter().all(|c| c.is_alphanumeric());
    token.contains('_') || token.contains("::") || camel || capitals || mixed || inner('.') || inner('/')
}

fn push_once(found: &mut Vec<String>, term: &str) {
    if !found.iter().any(|known| known == term) {
        found.push(term.to_owned());
    }
}
