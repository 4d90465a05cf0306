//! Words that are one slip away from a type: taken for examples they would cost three calls that cannot be right.

use crate::core::failure::{Failure, FailureKind, Outcome};
use crate::core::text::did_you_mean;
use crate::host::typed::words::TYPES;
use serde_json::Value;

/// The words of the short form, and those for which it has a list or a map.
const KINDS: &[&str] = &[
    "string", "number", "integer", "boolean", "float", "datetime", "array", "object", "int", "bool", "date", "text",
    "any",
];

/// The longest word that is taken for a slip, in bytes.
const LONGEST: usize = 16;

/// Other words that are as near, and are meant.
const MEANT: &[&str] = &[
    "strong", "strung", "spring", "sting", "flat", "bloat", "gloat", "flout", "afloat", "lumber", "slumber", "umber",
    "numbed", "inter", "abject", "nit", "nay", "bolo", "boo", "ate", "tex", "txt", "daytime",
];

/// Looks for slips in a short form, an example, or what was meant as a JSON Schema.
///
/// # Errors
/// `invalid` with the nearest word.
pub(super) fn check(given: &Value) -> Outcome<()> {
    walk(given, false)
}

/// `typed` is whether a `type` stands beside the value, whose texts are then no short form.
fn walk(given: &Value, typed: bool) -> Outcome<()> {
    match given {
        Value::Object(map) => {
            let typed = map.get("type").and_then(Value::as_str).is_some_and(|word| TYPES.contains(&word));
            map.iter().try_for_each(|(name, value)| field(name, value, typed))
        }
        // Several texts are the values of an enumeration.
        Value::Array(items) if items.len() > 1 && items.iter().all(Value::is_string) => Ok(()),
        Value::Array(items) => items.iter().try_for_each(|item| walk(item, typed)),
        Value::String(form) if !typed => text(form),
        _ => Ok(()),
    }
}

fn field(name: &str, value: &Value, typed: bool) -> Outcome<()> {
    match (name, value) {
        ("type", Value::String(word)) => slip(word, word, TYPES),
        ("type", Value::Array(words)) => {
            let words: Vec<&str> = words.iter().filter_map(Value::as_str).collect();
            let meant = words.iter().any(|word| TYPES.contains(word));
            words.iter().filter(|_| meant).try_for_each(|word| slip(word, word, TYPES))
        }
        // Texts about a value and names of fields are no types.
        ("description" | "title" | "required" | "enum" | "const", _) => Ok(()),
        _ => walk(value, typed),
    }
}

fn text(form: &str) -> Outcome<()> {
    let form = form.trim();
    let end = form.find(|sign: char| !sign.is_ascii_alphabetic()).unwrap_or(form.len());
    let (word, rest) = form.split_at(end);
    if rest.is_empty() && matches!(word, "object" | "array" | "list" | "map") {
        let message = format!("the schema is wrong: \"{word}\" does not say what is in it");
        let hint = "write an array with one item, [\"string\"], or a map, #{name: \"string\"}";
        return Err(Failure::new(FailureKind::Invalid, message)
            .hint(format!("{hint}; for an example text write \"string: {word}\"")));
    }
    let rest = rest.trim_start_matches("[]").trim_start_matches('?').trim();
    let like_a_type = rest.is_empty() || rest.starts_with(':') || rest.starts_with("|null") || rest.contains("..");
    if like_a_type { slip(word, form, KINDS) } else { Ok(()) }
}

fn slip(word: &str, form: &str, known: &[&str]) -> Outcome<()> {
    let lower = word.to_lowercase();
    if known.contains(&word) || word.len() > LONGEST || MEANT.contains(&lower.as_str()) {
        return Ok(());
    }
    let near = known.iter().filter_map(|kind| Some((distance(&lower, kind)?, *kind))).min();
    near.map_or(Ok(()), |(_, kind)| {
        let message = format!("the schema is wrong: there is no type `{word}`");
        let hint = format!("{} for an example text write \"string: {form}\"", did_you_mean(kind));
        Err(Failure::new(FailureKind::Invalid, message).hint(hint))
    })
}

/// How far a word is from a type, if it is near enough to be a slip. Most words that are one letter away from a short
/// one are English or names (`hint`, `tool`, `kate`), so there it must be a letter that is written twice, lost or
/// swapped, or a plural.
fn distance(word: &str, kind: &str) -> Option<usize> {
    let distance = strsim::damerau_levenshtein(word, kind);
    if kind.len() > 4 {
        return (distance <= 1 + usize::from(kind.len() > 6)).then_some(distance);
    }
    let clumsy = letters(word, false) == letters(kind, false)
        || letters(word, true) == letters(kind, true)
        || word.strip_suffix('s') == Some(kind)
        || (kind.len() == 4 && word.len() == 3);
    (distance <= 1 && clumsy).then_some(distance)
}

/// The letters of a word: in their order without those that are repeated, or all of them in the order of the alphabet.
fn letters(word: &str, sorted: bool) -> Vec<char> {
    let mut letters: Vec<char> = word.chars().collect();
    if sorted {
        letters.sort_unstable();
    } else {
        letters.dedup();
    }
    letters
}

#[cfg(test)]
mod tests {
    use super::check;
    use serde_json::json;

    #[test]
    fn slips_are_told_and_examples_stay() {
        for (given, near) in [
            (json!({"n": "integerr"}), Some("integer")),
            (json!({"n": "strng?"}), Some("string")),
            (json!({"n": "flaot 0..1"}), Some("float")),
            (json!({"n": "boolen: whether"}), Some("boolean")),
            (json!({"n": ["nubmer"]}), Some("number")),
            (json!({"n": "intger|null"}), Some("integer")),
            (json!({"type": "integerr"}), Some("integer")),
            (json!({"type": "object", "properties": {"a": {"type": "strnig"}}}), Some("string")),
            (json!({"type": ["null", "numbr"]}), Some("number")),
            (json!("booleann"), Some("boolean")),
            (json!({"tea": "strong", "season": "spring", "rent": "flat", "who": "Bill", "when": "data"}), None),
            (json!({"n": "int", "s": "text", "b": "bool", "d": "date", "a": "any"}), None),
            (json!({"n": "intt"}), Some("int")),
            (json!({"n": "itn?"}), Some("int")),
            (json!({"n": "ints"}), Some("int")),
            (json!({"n": "intt 1.."}), Some("int")),
            (json!({"n": "Int"}), Some("int")),
            (json!({"n": "String: the name"}), Some("string")),
            (json!({"n": "boool|null"}), Some("bool")),
            (json!({"n": ["bol"]}), Some("bool")),
            (json!({"n": "dat"}), Some("date")),
            (json!({"n": "daet"}), Some("date")),
            (json!({"n": "ttext"}), Some("text")),
            (json!({"n": "anyy"}), Some("any")),
            (json!({"n": "arry"}), Some("array")),
            (json!({"n": "obejct?"}), Some("object")),
            (json!("intt"), Some("int")),
            (json!({"a": "hint", "b": "mint", "c": "into", "d": "tool", "e": "book", "f": "boo", "g": "pool"}), None),
            (json!({"a": "Kate", "b": "rate", "c": "data", "d": "ate", "e": "test", "f": "next", "g": "txt"}), None),
            (json!({"a": "Ann", "b": "many", "c": "last", "d": "man", "e": "in", "f": "str", "g": "n"}), None),
            (json!({"a": "intt of words", "b": "dat|tex", "c": ["intt", "boool"]}), None),
            (json!({"n": ["strng", "flaot"], "m": "strng|flaot"}), None),
            (json!({"a": "a strng of words", "b": "numbers of ships"}), None),
            (json!({"type": "car", "a": null, "b": 1}), None),
            (json!({"description": "strng"}), None),
        ] {
            let found = check(&given).err().and_then(|failure| failure.hint);
            let near = near.map(|near| format!("did you mean `{near}`?"));
            assert_eq!(
                found.as_ref().map(|hint| hint.split_inclusive('?').next().unwrap_or_default().to_owned()),
                near,
                "{given}"
            );
        }
        for word in ["object", "array", "list", "map"] {
            assert!(check(&json!({"a": word})).is_err(), "{word}");
            assert!(check(&json!({"a": format!("string: {word}")})).is_ok(), "{word}");
        }
    }
}
