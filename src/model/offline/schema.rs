//! A small valid JSON value for a JSON Schema, filled from the passages found.
//!
//! It knows types, properties, items, enums, bounds and local references; patterns and formats it does not meet.

use crate::context::rank::tokens;
use crate::core::text::floor_boundary;
use crate::model::offline::evidence::{Evidence, count};
use crate::model::offline::leaf::NOTHING;
use crate::model::offline::question::{Ask, Question};
use serde_json::{Map, Number, Value};
use std::collections::BTreeSet;

/// How deep a schema is followed; a schema may refer to itself.
const DEEPEST: usize = 12;
/// The most items that an array gets unless the schema asks for more.
const ITEMS: usize = 20;

/// What values are filled from.
struct Source<'a> {
    root: &'a Value,
    /// Passages in the order of the text.
    quotes: Vec<String>,
    /// How many there are of what the question counts.
    count: Option<usize>,
    /// What an empty string field says.
    nothing: String,
    /// The number of strings filled so far: each takes the next quotation.
    used: usize,
}

/// The value: required fields only, or all if none is required.
pub fn fill(schema: &Value, question: &Question, evidence: &Evidence<'_>) -> Value {
    let quotes = match question.ask {
        Ask::List => evidence.listed(question, ITEMS),
        _ => evidence.best(3),
    };
    let mut source = Source {
        root: schema,
        quotes: ranked_first(quotes, evidence),
        count: if let Ask::Count(unit) = question.ask { count(question, unit, evidence.text) } else { None },
        nothing: format!("{NOTHING}{}", question.looked_for()),
        used: 0,
    };
    source.value(schema, 0)
}

/// The quotations with the best of them first, because the first string field gets the first.
fn ranked_first(quotes: Vec<&str>, evidence: &Evidence<'_>) -> Vec<String> {
    let best = evidence.best(1);
    let others = quotes.into_iter().filter(|quote| !best.contains(quote));
    best.iter().copied().chain(others).map(str::to_owned).collect()
}

impl Source<'_> {
    fn value(&mut self, schema: &Value, depth: usize) -> Value {
        let schema = self.resolved(schema);
        for fixed in ["const", "default"] {
            if let Some(value) = schema.get(fixed) {
                return value.clone();
            }
        }
        if let Some(options) = schema.get("enum").and_then(Value::as_array) {
            return self.option(options);
        }
        for choice in ["anyOf", "oneOf", "allOf"] {
            let Some(parts) = schema.get(choice).and_then(Value::as_array) else { continue };
            let real = parts.iter().find(|part| part.get("type") != Some(&Value::from("null"))).or(parts.first());
            if let (Some(part), true) = (real, depth < DEEPEST) {
                let part = part.clone();
                return self.value(&part, depth + 1);
            }
        }
        match kind(&schema, !self.quotes.is_empty()) {
            "object" => self.object(&schema, depth),
            "array" => self.array(&schema, depth),
            "string" => self.string(&schema),
            "integer" => self.number(&schema, true),
            "number" => self.number(&schema, false),
            "boolean" => Value::Bool(!self.quotes.is_empty()),
            _ => Value::Null,
        }
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

    fn object(&mut self, schema: &Value, depth: usize) -> Value {
        let mut filled = Map::new();
        let Some(properties) = schema.get("properties").and_then(Value::as_object) else { return filled.into() };
        let required: Vec<&str> =
            schema.get("required").and_then(Value::as_array).into_iter().flatten().filter_map(Value::as_str).collect();
        for (name, property) in properties {
            let wanted = if required.is_empty() { depth < DEEPEST / 2 } else { required.contains(&name.as_str()) };
            if wanted && depth < DEEPEST {
                filled.insert(name.clone(), self.value(property, depth + 1));
            }
        }
        filled.into()
    }

    /// One item for each quotation, made from that quotation alone; more only if the schema asks for them.
    fn array(&mut self, schema: &Value, depth: usize) -> Value {
        let bound = |name: &str| schema.get(name).and_then(Value::as_u64).and_then(|n| usize::try_from(n).ok());
        let least = bound("minItems").unwrap_or(0);
        let most = bound("maxItems").unwrap_or(ITEMS.max(least));
        let number = self.quotes.len().max(least).min(most).min(1000);
        let Some(items) = schema.get("items").filter(|_| depth < DEEPEST) else {
            return self.quotes.iter().take(number).cloned().map(Value::from).collect();
        };
        let mut filled = Vec::new();
        for at in 0..number {
            let quotes = self.quotes.get(at).or(self.quotes.last()).cloned().into_iter().collect();
            let mut part = Source { root: self.root, quotes, count: None, nothing: self.nothing.clone(), used: 0 };
            filled.push(part.value(items, depth + 1));
        }
        if schema.get("uniqueItems") == Some(&Value::Bool(true)) {
            let mut seen = BTreeSet::new();
            filled.retain(|item| seen.insert(item.to_string()));
        }
        filled.into()
    }

    fn string(&mut self, schema: &Value) -> Value {
        let text = self.quotes.get(self.used).or(self.quotes.last()).unwrap_or(&self.nothing);
        self.used += 1;
        let longest = schema.get("maxLength").and_then(Value::as_u64).and_then(|n| usize::try_from(n).ok());
        match longest {
            Some(longest) => text.chars().take(longest).collect::<String>().into(),
            None => text.clone().into(),
        }
    }

    /// The count if the question counts, else the first number of the best quotation that has one, else the number of
    /// quotations; kept within the bounds.
    fn number(&self, schema: &Value, whole: bool) -> Value {
        let counted = self.count.map(|number| number.to_string());
        let text = counted.or_else(|| self.quotes.iter().find_map(|quote| first_number(quote)));
        let text = text.unwrap_or_else(|| self.quotes.len().to_string());
        let bound = |name: &str| schema.get(name).and_then(Value::as_f64);
        let mut value: f64 = text.parse().unwrap_or(0.0);
        if let Some(least) = bound("minimum") {
            value = value.max(least);
        }
        if let Some(most) = bound("maximum") {
            value = value.min(most);
        }
        if whole || value.fract() == 0.0 {
            return format!("{:.0}", value.trunc()).parse::<i64>().map_or(Value::from(0), Value::from);
        }
        Number::from_f64(value).map_or(Value::Null, Value::Number)
    }

    /// The option that shares most words with the quotations, the better quotations first; else the first option.
    fn option(&self, options: &[Value]) -> Value {
        for quote in &self.quotes {
            let have: BTreeSet<String> = tokens(quote).collect();
            let shared = |option: &&Value| {
                let text = option.as_str().map_or_else(|| option.to_string(), str::to_owned);
                tokens(&text).filter(|token| have.contains(token)).count()
            };
            // The first of equal options: `max_by_key` would give the last.
            let best = options.iter().rev().max_by_key(shared).filter(|option| shared(option) > 0);
            if let Some(option) = best {
                return option.clone();
            }
        }
        options.first().cloned().unwrap_or(Value::Null)
    }
}

/// The type to fill: the first that is not null, or null if nothing was found and null is allowed.
fn kind(schema: &Value, found: bool) -> &str {
    match schema.get("type") {
        Some(Value::String(name)) => name,
        Some(Value::Array(names)) => {
            let names: Vec<&str> = names.iter().filter_map(Value::as_str).collect();
            let real = names.iter().find(|name| **name != "null").copied().unwrap_or("null");
            if !found && names.contains(&"null") { "null" } else { real }
        }
        _ if schema.get("properties").is_some() => "object",
        _ if schema.get("items").is_some() => "array",
        _ => "string",
    }
}

/// The first number in a text, as it can be parsed: `1,234.5` becomes `1234.5`.
fn first_number(text: &str) -> Option<String> {
    let start = text.find(|c: char| c.is_ascii_digit())?;
    let sign = text[..start].ends_with('-') && !text[..start - 1].ends_with(char::is_alphanumeric);
    let run: String = text[start..].chars().take_while(|c| c.is_ascii_digit() || matches!(c, '.' | ',')).collect();
    let run = run.trim_end_matches(['.', ',']);
    let thousands = run.split(',').skip(1).all(|part| part.len() >= 3);
    let whole = if thousands { run.replace(',', "") } else { run.split(',').next()?.to_owned() };
    let cut = whole.match_indices('.').nth(1).map_or(whole.len(), |(at, _)| at);
    let number = &whole[..floor_boundary(&whole, cut)];
    Some(if sign { format!("-{number}") } else { number.to_owned() })
}

#[cfg(test)]
mod tests;
