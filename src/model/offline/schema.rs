//! A valid JSON value for a JSON Schema, of what can be quoted or counted; where that does not fill it there is none. It knows
//! types, properties, items, enums, bounds and local references; patterns and formats it does not meet.

use crate::core::failure::{Failure, FailureKind, Outcome};
use crate::model::offline::evidence::{Count, Evidence, count};
use crate::model::offline::numbers;
use crate::model::offline::question::{Ask, Question};
use crate::model::offline::thing::Thing;
use crate::model::offline::words::words;
use serde_json::{Map, Number, Value};
use std::cell::{Cell, OnceCell};
use std::collections::BTreeSet;

/// What to do where a model must judge.
const MODEL: &str = "for a model set OPENAI_API_KEY, OPENAI_BASE_URL or OLLAMA_HOST, or name one in rhizo.toml";
/// How deep a schema is followed; a schema may refer to itself.
const DEEPEST: usize = 12;
/// The most parts that are looked at: one that needs itself in several fields doubles with every level.
const PARTS: usize = 5_000;
/// The most items that an array gets unless the schema asks for more.
const ITEMS: usize = 20;

/// What values are filled from.
struct Source<'a> {
    root: &'a Value,
    question: &'a Question,
    /// The text that the quotations are from.
    text: &'a Said<'a>,
    /// Passages, the best first.
    quotes: Vec<String>,
    /// How many there are of what the question counts.
    count: Option<usize>,
    /// The number of strings filled so far: each takes the next quotation.
    used: usize,
    /// How many more parts are looked at.
    left: &'a Cell<usize>,
}

/// A text in which options are looked for, and its words in lower case with the byte behind each: found once, as a text may
/// be long and the options many.
struct Said<'a> {
    text: &'a str,
    words: OnceCell<Vec<(String, usize)>>,
}

/// The value: required fields only, or what can be filled if none is required.
///
/// # Errors
/// `no_model` if a value that must be there can be neither quoted nor counted.
pub fn fill(schema: &Value, question: &Question, evidence: &Evidence<'_>) -> Outcome<Value> {
    let quotes = match question.ask {
        Ask::List => evidence.listed(question, ITEMS),
        _ => evidence.best(3),
    };
    let quotes = ranked_first(quotes, evidence);
    let count = counted(question, evidence.text, &quotes);
    let text = Said::of(evidence.text);
    let left = Cell::new(PARTS);
    Source { root: schema, question, text: &text, quotes, count, used: 0, left: &left }.value(schema, "", 0)
}

/// How many there are of what the question counts. Of a common thing the text may say another number itself.
fn counted(question: &Question, text: &str, quotes: &[String]) -> Option<usize> {
    let Ask::Count(unit) = question.ask else { return None };
    let is_common = matches!(question.thing, Thing::Phrase(_));
    let told = is_common && quotes.iter().any(|quote| numbers::has_any(quote));
    if told || text.trim().is_empty() {
        return None;
    }
    // A number alone cannot say that it is of something else.
    let Count::Exactly(found) = count(question, unit, text)? else { return None };
    // None of its name, and yet numbers: the text may say how many in other words.
    let in_other_words = is_common && found == 0 && text.contains(|c: char| c.is_ascii_digit());
    (!in_other_words).then_some(found)
}

/// The quotations with the best of them first, because the first string field gets the first.
fn ranked_first(quotes: Vec<&str>, evidence: &Evidence<'_>) -> Vec<String> {
    let best = evidence.best(1);
    let others = quotes.into_iter().filter(|quote| !best.contains(quote));
    best.iter().copied().chain(others).map(str::to_owned).collect()
}

impl Source<'_> {
    /// The value of the place `at`.
    fn value(&mut self, schema: &Value, at: &str, depth: usize) -> Outcome<Value> {
        let left = self.left.get().checked_sub(1).ok_or_else(|| gap(at, "value"))?;
        self.left.set(left);
        let schema = self.resolved(schema);
        if let Some(fixed) = ["const", "default"].iter().find_map(|word| schema.get(word)) {
            return Ok(fixed.clone());
        }
        if let Some(options) = schema.get("enum").and_then(Value::as_array) {
            return self.option(options).ok_or_else(|| gap(at, "enum"));
        }
        let choices = ["anyOf", "oneOf", "allOf"].iter().find_map(|word| schema.get(word).and_then(Value::as_array));
        if let Some(parts) = choices.filter(|_| depth < DEEPEST) {
            return self.choice(parts, at, depth);
        }
        let (kind, nullable) = kind(&schema);
        let filled = match kind {
            "object" => self.object(&schema, at, depth),
            "array" => self.array(&schema, at, depth),
            "string" => self.string(&schema).ok_or_else(|| gap(at, "text")),
            "integer" => self.number(&schema, true).ok_or_else(|| gap(at, "int")),
            "number" => self.number(&schema, false).ok_or_else(|| gap(at, "float")),
            "null" => Ok(Value::Null),
            _ => Err(gap(at, "bool")),
        };
        // Null says that nothing is known, and that is so.
        if nullable && filled.is_err() { Ok(Value::Null) } else { filled }
    }

    /// The schema that a local reference names.
    fn resolved(&self, schema: &Value) -> Value {
        let mut schema = schema;
        for _ in 0..DEEPEST {
            let Some(name) = schema.get("$ref").and_then(Value::as_str) else { break };
            let Some(target) = name.strip_prefix('#').and_then(|pointer| self.root.pointer(pointer)) else { break };
            schema = target;
        }
        schema.clone()
    }

    /// The first part that can be filled; null if it is one of them and no other can be.
    fn choice(&mut self, parts: &[Value], at: &str, depth: usize) -> Outcome<Value> {
        let (nulls, others): (Vec<&Value>, Vec<&Value>) =
            parts.iter().partition(|part| part.get("type").and_then(Value::as_str) == Some("null"));
        let mut first = None;
        for part in others {
            match self.value(part, at, depth + 1) {
                Ok(value) => return Ok(value),
                Err(failure) => first = first.or(Some(failure)),
            }
        }
        if nulls.is_empty() { Err(first.unwrap_or_else(|| gap(at, "value"))) } else { Ok(Value::Null) }
    }

    /// Optional fields that cannot be filled are left out.
    fn object(&mut self, schema: &Value, at: &str, depth: usize) -> Outcome<Value> {
        let mut filled = Map::new();
        let Some(properties) = schema.get("properties").and_then(Value::as_object) else { return Ok(filled.into()) };
        let required: Vec<&str> =
            schema.get("required").and_then(Value::as_array).into_iter().flatten().filter_map(Value::as_str).collect();
        let mut first = None;
        for (name, property) in properties {
            let needed = required.contains(&name.as_str());
            let wanted = if required.is_empty() { depth < DEEPEST / 2 } else { needed };
            if !wanted || depth >= DEEPEST {
                continue;
            }
            let inner = if at.is_empty() { name.clone() } else { format!("{at}.{name}") };
            match self.value(property, &inner, depth + 1) {
                Ok(value) => drop(filled.insert(name.clone(), value)),
                Err(failure) if needed => return Err(failure),
                Err(failure) => first = first.or(Some(failure)),
            }
        }
        match first {
            Some(failure) if filled.is_empty() && !self.found_nothing() => Err(failure),
            _ => Ok(filled.into()),
        }
    }

    /// One item for each quotation that can be one, made from that quotation alone.
    fn array(&self, schema: &Value, at: &str, depth: usize) -> Outcome<Value> {
        let bound = |name: &str| schema.get(name).and_then(Value::as_u64).and_then(|n| usize::try_from(n).ok());
        let least = bound("minItems").unwrap_or(0);
        let most = bound("maxItems").unwrap_or_else(|| ITEMS.max(least));
        let items = schema.get("items").filter(|_| depth < DEEPEST);
        let (mut filled, mut first, inner) = (Vec::new(), None, format!("{at}[]"));
        for quote in &self.quotes {
            let quotes = vec![quote.clone()];
            let mut part = Source { quotes, count: None, used: 0, ..*self };
            let item: Outcome<Value> =
                items.map_or_else(|| Ok(quote.clone().into()), |items| part.value(items, &inner, depth + 1));
            match item {
                Ok(item) => filled.push(item),
                Err(failure) => first = first.or(Some(failure)),
            }
        }
        if schema.get("uniqueItems") == Some(&Value::Bool(true)) {
            let mut seen = BTreeSet::new();
            filled.retain(|item| seen.insert(item.to_string()));
        }
        filled.truncate(most);
        if filled.len() < least || (filled.is_empty() && !self.found_nothing()) {
            return Err(first.unwrap_or_else(|| gap(at, "list")));
        }
        Ok(filled.into())
    }

    /// Whether there is a text and nothing in it is on the question.
    fn found_nothing(&self) -> bool {
        self.quotes.is_empty() && !self.text.text.trim().is_empty()
    }

    fn string(&mut self, schema: &Value) -> Option<Value> {
        let text = self.quotes.get(self.used).or(self.quotes.last())?;
        self.used += 1;
        let longest = schema.get("maxLength").and_then(Value::as_u64).and_then(|n| usize::try_from(n).ok());
        Some(match longest {
            Some(longest) => text.chars().take(longest).collect::<String>().into(),
            None => text.clone().into(),
        })
    }

    /// The count if the question counts, or the number that a quotation says of the same thing; else a number of the
    /// best quotation that has one; if the schema allows it.
    fn number(&self, schema: &Value, whole: bool) -> Option<Value> {
        let text = match (self.question.ask, self.count) {
            (_, Some(count)) => count.to_string(),
            (Ask::Count(_), None) => {
                self.quotes.iter().find_map(|quote| numbers::of_thing(quote, &self.question.thing))?
            }
            _ => self.quotes.iter().find_map(|quote| numbers::nearest(quote, self.question))?,
        };
        let value: f64 = text.parse().ok()?;
        if !allows(schema, value) {
            return None;
        }
        match text.parse::<i64>() {
            Ok(number) => Some(number.into()),
            Err(_) if whole => None,
            Err(_) => Number::from_f64(value).map(Value::Number),
        }
    }

    /// The only option that there is, or that the quotations name.
    fn option(&self, options: &[Value]) -> Option<Value> {
        if let [only] = options {
            return Some(only.clone());
        }
        // Where several stand before a colon the text says what may be chosen.
        let explained =
            options.iter().filter(|option| self.text.names(option, |rest| rest.starts_with(':'))).count() > 1;
        let said = |rest: &str| !(explained && rest.starts_with(':'));
        let quotes: Vec<Said<'_>> = self.quotes.iter().map(|quote| Said::of(quote)).collect();
        let mut named = options.iter().filter(|option| quotes.iter().any(|quote| quote.names(option, said)));
        let first = named.next()?;
        named.next().is_none().then(|| first.clone())
    }
}

/// That a place of the schema can be neither quoted nor counted.
fn gap(at: &str, kind: &str) -> Failure {
    let place = if at.is_empty() { "the answer".to_owned() } else { format!("`{at}`") };
    let what = format!("the offline engine quotes, it does not judge: it cannot fill {place} ({kind})");
    Failure::new(FailureKind::NoModel, what).hint(MODEL)
}

impl<'a> Said<'a> {
    const fn of(text: &'a str) -> Self {
        Self { text, words: OnceCell::new() }
    }

    fn words(&self) -> &[(String, usize)] {
        let found = || words(self.text).map(|word| (word.text.to_lowercase(), word.start + word.text.len())).collect();
        self.words.get_or_init(found)
    }

    /// Whether it has the words of an option in a row, with something after them that is right.
    fn names(&self, option: &Value, is_right: impl Fn(&str) -> bool) -> bool {
        let option = option.as_str().map_or_else(|| option.to_string(), str::to_owned);
        let wanted: Vec<String> = words(&option).map(|word| word.text.to_lowercase()).collect();
        let right = |run: &[(String, usize)]| {
            let same = run.iter().zip(&wanted).all(|((word, _), wanted)| word == wanted);
            let rest = run.last().map_or("", |(_, end)| &self.text[*end..]);
            same && is_right(rest.trim_start_matches(['`', '"', '\'', '*']))
        };
        !wanted.is_empty() && self.words().windows(wanted.len()).any(right)
    }
}

/// Whether a number is within the bounds of a schema.
fn allows(schema: &Value, value: f64) -> bool {
    let bound = |name: &str| schema.get(name).and_then(Value::as_f64);
    bound("minimum").is_none_or(|least| value >= least)
        && bound("maximum").is_none_or(|most| value <= most)
        && bound("exclusiveMinimum").is_none_or(|below| value > below)
        && bound("exclusiveMaximum").is_none_or(|above| value < above)
}

/// The type to fill, the first that is not null, and whether null will do.
fn kind(schema: &Value) -> (&str, bool) {
    match schema.get("type") {
        Some(Value::String(name)) => (name.as_str(), false),
        Some(Value::Array(names)) => {
            let names: Vec<&str> = names.iter().filter_map(Value::as_str).collect();
            let real = names.iter().find(|name| **name != "null").copied().unwrap_or("null");
            (real, names.contains(&"null"))
        }
        _ if schema.get("properties").is_some() => ("object", false),
        _ if schema.get("items").is_some() => ("array", false),
        _ => ("string", false),
    }
}

#[cfg(test)]
mod tests;
