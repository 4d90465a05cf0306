//! A number or a word that an answer says instead of writing JSON: `Good.`, `**42**`, `The answer is 42.`
//!
//! Nothing is guessed. The value is the whole answer, or it ends the answer in a sentence that announces it, and nothing
//! else in the answer could be meant. Whether it matches the schema is for others to check.

use serde_json::Value;

/// What announces a value, in front of `is`, `:` or `=`.
const ANNOUNCES: &[&str] = &[
    "answer",
    "result",
    "value",
    "number",
    "total",
    "count",
    "score",
    "rating",
    "label",
    "class",
    "category",
    "classification",
    "sentiment",
    "verdict",
];

/// What may stand before that.
const BEFORE: &[&str] = &["so", "thus", "hence", "therefore", "the", "my", "final", "correct", "right"];

/// Signs around a value that are no part of it.
const MARKS: &[char] = &['*', '`', '"', '\'', '“', '”', '„'];

/// The words for yes and no.
const FLAGS: &[(&str, bool)] = &[("true", true), ("yes", true), ("false", false), ("no", false)];

/// What a schema asks for, if it is a single value that is no text of any kind.
enum Kind<'a> {
    Number,
    Flag,
    Words(Vec<&'a str>),
}

/// The value that an answer without JSON says, if there is exactly one.
pub(super) fn value(schema: &Value, answer: &str) -> Option<Value> {
    let kind = kind(schema)?;
    let plain = answer.replace(MARKS, "");
    let text = plain.trim().trim_end_matches(['.', '!']).trim_end();
    let ends = ["\n", ". ", "! ", "? "].iter().filter_map(|end| text.rfind(end).map(|at| at + end.len()));
    let start = ends.max().unwrap_or(0);
    let said = match announced(&text[start..]) {
        Some(said) => said,
        None if start == 0 => text,
        None => return None,
    };
    match kind {
        Kind::Number => number(said, text),
        Kind::Flag => flag(said, text).map(Value::from),
        Kind::Words(words) => word(&words, said, text).map(Value::from),
    }
}

fn kind(schema: &Value) -> Option<Kind<'_>> {
    let known = |value: &&Value| !value.is_null();
    if let Some(values) = schema.get("enum").and_then(Value::as_array) {
        let numbers = values.iter().filter(known).all(Value::is_number);
        let words = values.iter().filter(known).map(Value::as_str).collect::<Option<Vec<_>>>();
        return if numbers { Some(Kind::Number) } else { words.map(Kind::Words) };
    }
    let types = match schema.get("type")? {
        Value::Array(types) => types.iter().filter_map(Value::as_str).filter(|word| *word != "null").collect(),
        one => vec![one.as_str()?],
    };
    match types.as_slice() {
        ["integer" | "number"] => Some(Kind::Number),
        ["boolean"] => Some(Kind::Flag),
        _ => None,
    }
}

/// What stands behind `The answer is`, `Answer:` and the like at the beginning of a sentence.
fn announced(sentence: &str) -> Option<&str> {
    let (head, said) = sentence.split_once([':', '=']).or_else(|| sentence.split_once(" is "))?;
    let head = head.to_lowercase();
    let mut words: Vec<&str> = head.split([' ', ',']).filter(|word| !word.is_empty()).collect();
    if words.last() == Some(&"is") {
        words.pop();
    }
    let (last, before) = words.split_last()?;
    let announces = ANNOUNCES.contains(last) && before.iter().all(|word| BEFORE.contains(word));
    announces.then(|| said.trim())
}

/// The number, if the answer has no other one.
fn number(said: &str, text: &str) -> Option<Value> {
    let number = serde_json::from_str::<Value>(said).ok().filter(Value::is_number)?;
    let parts = text.split(|sign: char| !(sign.is_alphanumeric() || ".,-+".contains(sign)));
    let mut numbers = parts.map(|part| part.trim_matches(['.', ','])).filter(|part| part.contains(char::is_numeric));
    numbers.all(|other| other == said).then_some(number)
}

/// Yes or no, if the answer does not say the other too.
fn flag(said: &str, text: &str) -> Option<bool> {
    let meant = |word: &str| FLAGS.iter().find(|(known, _)| known.eq_ignore_ascii_case(word)).map(|(_, flag)| *flag);
    let flag = meant(said)?;
    let mut others = text.split(|sign: char| !sign.is_alphanumeric()).filter_map(meant);
    others.all(|other| other == flag).then_some(flag)
}

/// The word of the schema, in its own spelling, if the answer has no other one of them.
fn word<'a>(words: &[&'a str], said: &str, text: &str) -> Option<&'a str> {
    let (said, text) = (said.to_lowercase(), text.to_lowercase());
    let (same, others): (Vec<&str>, Vec<&str>) = words.iter().copied().partition(|word| word.to_lowercase() == said);
    let [word] = same.as_slice() else { return None };
    let clear = !others.iter().any(|other| stands_in(&text, &other.to_lowercase()));
    clear.then_some(*word)
}

/// Whether a text has a word that is no part of a longer one.
fn stands_in(text: &str, word: &str) -> bool {
    text.match_indices(word).any(|(at, found)| {
        let (before, behind) = (&text[..at], &text[at + found.len()..]);
        !before.ends_with(char::is_alphanumeric) && !behind.starts_with(char::is_alphanumeric)
    })
}
