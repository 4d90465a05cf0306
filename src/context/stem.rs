//! Words as search compares them: lower case, with the commonest English endings taken off. No dictionary, no other
//! language's endings.

use std::collections::HashSet;

/// The words of a question: stemmed, each once, without stop words unless there is nothing else.
pub fn query_tokens(query: &str) -> Vec<String> {
    let all: Vec<String> = words(query).map(str::to_lowercase).collect();
    let telling = |word: &&String| !STOP.contains(&word.as_str());
    let chosen: Vec<&String> =
        if all.iter().any(|word| telling(&word)) { all.iter().filter(telling).collect() } else { all.iter().collect() };
    let mut known = HashSet::new();
    chosen.into_iter().map(|word| stem(word)).filter(|term| known.insert(term.clone())).collect()
}

/// What every word with this stem begins with, whatever its ending.
pub(crate) fn common_prefix(stem: &str) -> &str {
    match stem.strip_suffix('i') {
        Some(rest) if rest.len() > 1 && stem.is_ascii() => rest,
        _ => stem,
    }
}

/// The word in lower case without a plural, `ing` or `ed` ending; short words and those with digits keep theirs.
pub fn stem(word: &str) -> String {
    let mut word = word.to_lowercase();
    if word.len() < 3 || !word.bytes().all(|byte| byte.is_ascii_lowercase()) {
        return word;
    }
    if word.len() > 3 {
        take_plural(&mut word);
        take_past_or_progressive(&mut word);
    }
    let length = word.len();
    if length > 3 && word.ends_with('e') {
        word.pop();
    } else if length > 2 && word.ends_with('y') && !is_vowel(word.as_bytes()[length - 2]) {
        word.pop();
        word.push('i');
    }
    if let [.., a, b] = word.as_bytes()
        && a == b
        && !is_vowel(*b)
    {
        word.pop();
    }
    word
}

/// Whether words of this character's script are written without spaces, so that each character counts as a word.
pub(crate) fn stands_alone(c: char) -> bool {
    matches!(c, '\u{0E00}'..='\u{0E7F}' | '\u{3040}'..='\u{30FF}' | '\u{3400}'..='\u{4DBF}' | '\u{4E00}'..='\u{9FFF}'
        | '\u{F900}'..='\u{FAFF}' | '\u{20000}'..='\u{3FFFF}')
}

/// The words of a text as they stand: runs of letters and digits; of scripts without spaces, single characters.
pub(crate) fn words(text: &str) -> impl Iterator<Item = &str> {
    let mut rest = text;
    std::iter::from_fn(move || {
        rest = &rest[rest.find(char::is_alphanumeric)?..];
        let mut chars = rest.char_indices();
        let first = chars.next().map_or(0, |(_, c)| if stands_alone(c) { c.len_utf8() } else { 0 });
        let end = if first > 0 {
            first
        } else {
            chars.find(|(_, c)| !c.is_alphanumeric() || stands_alone(*c)).map_or(rest.len(), |(at, _)| at)
        };
        let (word, after) = rest.split_at(end);
        rest = after;
        Some(word)
    })
}

fn is_vowel(byte: u8) -> bool {
    matches!(byte, b'a' | b'e' | b'i' | b'o' | b'u' | b'y')
}

fn take_plural(word: &mut String) {
    let length = word.len();
    if word.ends_with("sses") || (word.ends_with("ies") && length > 4) {
        word.truncate(length - 2);
    } else if word.ends_with('s') && !["ss", "us", "is"].iter().any(|end| word.ends_with(end)) {
        word.truncate(length - 1);
    }
}

fn take_past_or_progressive(word: &mut String) {
    let rest = |ending: &str| {
        let rest = word.strip_suffix(ending)?;
        rest.bytes().any(is_vowel).then_some(rest.len())
    };
    let cut = if word.ends_with("ied") && word.len() > 4 {
        Some(word.len() - 2)
    } else if word.ends_with("eed") {
        rest("eed").map(|length| length + 2)
    } else {
        rest("ed").or_else(|| rest("ing")).filter(|length| *length > 1)
    };
    if let Some(length) = cut {
        word.truncate(length);
    }
}

/// Words that carry no meaning of their own in a question.
const STOP: &[&str] = &[
    "a", "about", "an", "and", "any", "are", "as", "at", "be", "been", "by", "can", "could", "did", "do", "does",
    "each", "find", "for", "from", "give", "had", "has", "have", "how", "i", "in", "into", "is", "it", "its", "list",
    "many", "me", "much", "my", "no", "not", "of", "on", "or", "our", "please", "s", "she", "should", "show", "so",
    "some", "tell", "than", "that", "the", "their", "them", "there", "these", "they", "this", "those", "to", "was",
    "we", "were", "what", "when", "where", "which", "who", "whom", "whose", "why", "will", "with", "would", "you",
    "your",
];

#[cfg(test)]
mod tests {
    use super::{common_prefix, query_tokens, stem};
    use crate::context::rank::tokens;

    #[test]
    fn forms_of_a_word_meet() {
        let check = |forms: &[&str]| {
            let first = stem(forms[0]);
            for form in forms {
                assert_eq!(stem(form), first, "{form}");
                assert!(form.to_lowercase().starts_with(common_prefix(&first)), "{form} {first}");
            }
        };
        check(&["cache", "caches", "cached", "caching", "Cache"]);
        check(&["study", "studies", "studied", "studying"]);
        check(&["run", "runs", "running"]);
        check(&["add", "adds", "added", "adding"]);
        check(&["class", "classes"]);
        check(&["agree", "agrees", "agreed"]);
        check(&["fall", "falls", "falling"]);
        check(&["play", "plays", "played", "playing"]);
        check(&["error", "errors"]);
    }

    #[test]
    fn unlike_words_stay_apart() {
        let check = |word: &str, expect: &str| assert_eq!(stem(word), expect);
        check("string", "string");
        check("status", "status");
        check("as", "as");
        check("GPT4s", "gpt4s");
        check("Grüße", "grüße");
        check("ring", "ring");
    }

    #[test]
    fn tokens_of_texts_and_questions() {
        let check = |text: &str, expect: &[&str]| assert_eq!(tokens(text).collect::<Vec<_>>(), expect, "{text}");
        check("The max_tokens, 42!", &["the", "max", "token", "42"]);
        check("東京 tower", &["東", "京", "tower"]);
        check("abc東d", &["abc", "東", "d"]);
        check("", &[]);
        let check = |query: &str, expect: &[&str]| assert_eq!(query_tokens(query), expect, "{query}");
        check("What is the capital of the capitals?", &["capital"]);
        check("to be or not to be", &["to", "be", "or", "not"]);
    }
}
