//! The rules by which genai-prices knows a model's names: `match` clauses of the kinds `equals`, `starts_with`,
//! `ends_with`, `contains`, `regex`, `or` and `and`, which look at the name in lower case.
//!
//! Of a regular expression only the fixed beginning is read: it tells which names are not meant. What cannot be told is
//! never taken for a yes.

use crate::config::price_file::NameRule;
use serde_json::Value;

/// The model that a name means: as in genai-prices itself the first whose rule holds. `None` if there is none, or if that
/// cannot be told of a rule before it.
pub(super) fn first<'a>(rules: &'a [NameRule], name: &str) -> Option<&'a str> {
    let name = name.to_lowercase();
    let mut told = rules.iter().map(|(model, rule)| (model, holds(rule, &name)));
    let (model, sure) = told.find(|(_, told)| *told != Some(false))?;
    sure.map(|_| model.as_str())
}

/// Whether a rule gives every name in full: `{equals}`, or an `{or}` of such.
pub(super) fn only_names(rule: &Value) -> bool {
    match part(rule) {
        Some(("or", value)) => items(value).is_some_and(|rules| rules.iter().all(only_names)),
        other => other.is_some_and(|(kind, _)| kind == "equals"),
    }
}

/// Whether all of a rule is read, so that it can say yes and no to every name.
pub(super) fn is_read(rule: &Value) -> bool {
    match part(rule) {
        Some(("or" | "and", value)) => items(value).is_some_and(|rules| rules.iter().all(is_read)),
        other => other.is_some_and(|(kind, _)| matches!(kind, "equals" | "starts_with" | "ends_with" | "contains")),
    }
}

/// Whether a rule holds for a name in lower case; `None` if that cannot be told.
fn holds(rule: &Value, name: &str) -> Option<bool> {
    let (kind, value) = part(rule)?;
    match kind {
        "or" => any(items(value)?.iter().map(|rule| holds(rule, name))),
        "and" => not(any(items(value)?.iter().map(|rule| not(holds(rule, name))))),
        kind => of_text(kind, &value.as_str().filter(|text| !text.is_empty())?.to_lowercase(), name),
    }
}

fn of_text(kind: &str, text: &str, name: &str) -> Option<bool> {
    match kind {
        "equals" => Some(name == text),
        "ends_with" => Some(name.ends_with(text)),
        "starts_with" => before(text, name.strip_prefix(text)),
        "contains" => before(text, name.split_once(text).map(|(_, rest)| rest)),
        "regex" => (!name.starts_with(&fixed_beginning(text))).then_some(false),
        _ => None,
    }
}

/// The kind of a rule and what it says; a rule is an object with one field.
fn part(rule: &Value) -> Option<(&str, &Value)> {
    let fields = rule.as_object().filter(|fields| fields.len() == 1)?;
    fields.iter().next().map(|(kind, value)| (kind.as_str(), value))
}

fn items(value: &Value) -> Option<&Vec<Value>> {
    value.as_array().filter(|rules| !rules.is_empty())
}

/// True if one is true, false if all are false.
fn any(all: impl Iterator<Item = Option<bool>>) -> Option<bool> {
    let mut sure = true;
    for one in all {
        match one {
            Some(true) => return Some(true),
            Some(false) => {}
            None => sure = false,
        }
    }
    sure.then_some(false)
}

fn not(told: Option<bool>) -> Option<bool> {
    told.map(|told| !told)
}

/// Whether a name with this part, and `rest` behind it, is meant. A list that is older than `claude-opus-5-1` knows no
/// price for it, though it begins with `claude-opus-5`: a short number behind a number is another version.
fn before(part: &str, rest: Option<&str>) -> Option<bool> {
    let Some(rest) = rest else { return Some(false) };
    let number = rest.strip_prefix(['-', '.']).unwrap_or(rest);
    let digits = number.bytes().take_while(u8::is_ascii_digit).count();
    let other = part.ends_with(|sign: char| sign.is_ascii_digit()) && (1..=2).contains(&digits);
    (!other).then_some(true)
}

/// What every text begins with that a regular expression fits; empty if that cannot be told.
fn fixed_beginning(pattern: &str) -> String {
    let mut fixed = String::new();
    let mut signs = pattern.strip_prefix('^').filter(|rest| !rest.contains('|')).unwrap_or_default().chars();
    while let Some(sign) = signs.next() {
        match sign {
            // What stands before these may be missing.
            '?' | '*' | '{' => {
                fixed.pop();
                break;
            }
            '\\' => match signs.next().filter(char::is_ascii_punctuation) {
                Some(sign) => fixed.push(sign),
                None => break,
            },
            sign if sign.is_alphanumeric() || "-_/:@".contains(sign) => fixed.push(sign),
            _ => break,
        }
    }
    fixed
}

#[cfg(test)]
mod tests {
    use super::{first, fixed_beginning, holds, is_read, only_names};
    use serde_json::{Value, json};

    #[test]
    fn rules_say_yes_no_or_nothing() {
        let starts = || json!({"starts_with": "Gemini-2.5-pro"});
        let regex = || json!({"regex": "^(?!.*-tts)"});
        for (rule, name, expect) in [
            (json!({"equals": "GPT-5"}), "gpt-5", Some(true)),
            (json!({"equals": "gpt-5"}), "gpt-5-mini", Some(false)),
            (json!({"starts_with": "claude-3-5-haiku"}), "claude-3-5-haiku-20241022", Some(true)),
            (json!({"starts_with": "claude-3-5-haiku"}), "claude-3-5-haiku", Some(true)),
            (json!({"starts_with": "haiku"}), "claude-3-5-haiku", Some(false)),
            (json!({"ends_with": "haiku"}), "claude-3-5-haiku", Some(true)),
            (json!({"contains": "3-5"}), "claude-3-5-haiku", Some(true)),
            // Another version of what was listed.
            (json!({"starts_with": "claude-opus-5"}), "claude-opus-5-1", None),
            (json!({"starts_with": "claude-opus-5"}), "claude-opus-5.1-20270101", None),
            (json!({"contains": "opus-5"}), "claude-opus-5-1", None),
            (json!({"starts_with": "claude-opus-5"}), "claude-opus-5-20270101", Some(true)),
            (json!({"starts_with": "ft:gpt-4o-2024-"}), "ft:gpt-4o-2024-08-06:org", Some(true)),
            (json!({"starts_with": "gemini-2.5-pro-preview"}), "gemini-2.5-pro-preview-05-06", Some(true)),
            (json!({"and": [starts(), regex()]}), "gemini-2.5-flash", Some(false)),
            (json!({"and": [starts(), regex()]}), "gemini-2.5-pro-tts", None),
            (json!({"and": [starts(), {"ends_with": "-latest"}]}), "gemini-2.5-pro-latest", Some(true)),
            (json!({"or": [regex(), starts()]}), "gemini-2.5-pro", Some(true)),
            (json!({"or": [regex(), starts()]}), "gemini-2.5-flash", None),
            (json!({"regex": "^gemini-3\\.5-flash-\\d"}), "gemini-3.5-flash-1", None),
            (json!({"regex": "^gemini-3\\.5-flash-\\d"}), "gemini-3.6-flash-1", Some(false)),
            // None of these is a rule: nothing may follow from it.
            (json!({"starts_with": ""}), "gpt-5", None),
            (json!({"and": []}), "gpt-5", None),
            (json!({"or": []}), "gpt-5", None),
            (json!({"equals": "gpt-5", "contains": "gpt"}), "gpt-5", None),
            (json!({"sounds_like": "gpt-5"}), "gpt-5", None),
            (json!({"equals": 5}), "5", None),
            (json!("gpt-5"), "gpt-5", None),
            (Value::Null, "gpt-5", None),
        ] {
            assert_eq!(holds(&rule, name), expect, "{rule} of {name}");
        }
    }

    #[test]
    fn of_a_regular_expression_the_fixed_beginning_is_read() {
        for (pattern, expect) in [
            ("^claude-fable-5-\\d{8}$", "claude-fable-5-"),
            ("^gemini-3\\.5", "gemini-3.5"),
            ("^gpt-4o?", "gpt-4"),
            ("^gpt-4o+x", "gpt-4o"),
            ("^a{0,1}b", ""),
            ("^o[134]", "o"),
            ("^gpt|o1", ""),
            ("gpt", ""),
            ("(?i)^gpt", ""),
            ("^(?!x)", ""),
            ("^gpt\\", "gpt"),
        ] {
            assert_eq!(fixed_beginning(pattern), expect, "{pattern}");
        }
    }

    #[test]
    fn the_first_model_counts_unless_one_before_it_might() {
        let rules = |first: Value| {
            vec![
                ("a".to_owned(), first),
                ("b".to_owned(), json!({"contains": "x"})),
                ("c".to_owned(), json!({"contains": "y"})),
            ]
        };
        for (rule, name, expect) in [
            (json!({"equals": "z"}), "XY", Some("b")),
            (json!({"equals": "z"}), "y", Some("c")),
            (json!({"equals": "z"}), "w", None),
            (json!({"regex": "^v"}), "xy", Some("b")),
            (json!({"regex": "x"}), "xy", None),
        ] {
            assert_eq!(first(&rules(rule.clone()), name), expect, "{rule} of {name}");
        }
    }

    #[test]
    fn rules_are_told_apart_by_what_is_read_of_them() {
        let (equals, starts, regex) = (json!({"equals": "a"}), json!({"starts_with": "a"}), json!({"regex": "a"}));
        for (rule, names, read) in [
            (equals.clone(), true, true),
            (starts.clone(), false, true),
            (regex.clone(), false, false),
            (json!({"or": [equals, {"or": [equals]}]}), true, true),
            (json!({"or": [equals, starts]}), false, true),
            (json!({"or": [equals, {"and": [starts, regex]}]}), false, false),
            (json!({"nothing": "a"}), false, false),
            (Value::Null, false, false),
        ] {
            assert_eq!((only_names(&rule), is_read(&rule)), (names, read), "{rule}");
        }
    }
}
