//! Typed answers: a schema in any of its forms, the wish for it, and the check of what comes back.
//!
//! Nothing here asks a model: the turns in which an answer is repaired are `host::llm`'s.

mod extract;
mod forms;
mod numbers;
mod said;
mod slips;
mod spread;
mod words;

use crate::core::failure::{Failure, FailureKind, Outcome};
use crate::core::text::one_line;
use crate::host::typed::spread::ways::{self, Again};
use serde_json::Value;
use std::slice;

/// The most complaints about one answer that a model is shown.
const COMPLAINTS: usize = 5;
/// The most characters of one complaint: validators quote the value, which may be long.
const COMPLAINT: usize = 300;

/// A schema that answers are checked against; compiled once, also for a whole batch.
#[derive(Debug)]
pub struct Schema {
    schema: Value,
    text: String,
    validator: jsonschema::Validator,
    /// Made of a short form, whose optional fields are always there, as null if need be.
    short: bool,
    /// How many parts it has, if none refers to another: then each is held against a value once.
    parts: Option<usize>,
}

/// What a check found.
#[derive(Clone, Debug, PartialEq)]
pub enum Checked {
    /// A value that matches, its numbers of the kind that the schema names.
    Valid(Value),
    /// Why there is none, in words for the model.
    Wrong(String),
}

impl Schema {
    /// Reads a JSON Schema, an example object, or the short form `{score: "float 0..1", tags: ["string"]}`.
    ///
    /// # Errors
    /// `invalid` if a short form has a range or a type that is none, or if a JSON Schema is wrong.
    pub fn read(given: &Value) -> Outcome<Self> {
        if words::is_schema(given) {
            return Self::plain(given);
        }
        slips::check(given)?;
        Ok(Self { short: true, ..Self::plain(&forms::expand(given)?)? })
    }

    /// The JSON Schema of a text that is a short form and nothing else: `float 0..1`, `int?`, `string[]`, `low|high`; `None`
    /// of one that says in words what a value is.
    ///
    /// # Errors
    /// `invalid` if its range is none.
    pub fn of_short_form(text: &str) -> Outcome<Option<Value>> {
        forms::alone(text)
    }

    /// Reads what is known to be a JSON Schema, also one that allows anything: `{}` alone would be an example without
    /// fields.
    ///
    /// # Errors
    /// `invalid` if the schema is wrong.
    pub fn plain(schema: &Value) -> Outcome<Self> {
        let parts = spread::check(schema)?;
        let validator = jsonschema::options().should_validate_formats(true).build(schema).map_err(|error| {
            let place = error.instance_path().to_string();
            let place = if place.is_empty() { place } else { format!(" at {place}") };
            let what = one_line(&error.to_string(), COMPLAINT);
            Failure::new(FailureKind::Invalid, format!("the schema is wrong{place}: {what}"))
        })?;
        Ok(Self { text: schema.to_string(), schema: schema.clone(), validator, short: false, parts })
    }

    /// The JSON Schema.
    pub const fn schema(&self) -> &Value {
        &self.schema
    }

    /// The prompt with the wish for this form, for models that cannot be held to it.
    pub fn ask(&self, prompt: &str) -> String {
        format!("{prompt}\n\nAnswer with JSON only, matching this JSON Schema:\n{}", self.text)
    }

    /// What the model is told about a wrong answer.
    pub fn complaint(&self, message: &str) -> String {
        format!(
            "That answer does not match the schema: {message}\nAnswer again with JSON only, matching it:\n{}",
            self.text
        )
    }

    /// Finds the JSON in an answer and checks it.
    ///
    /// Of several values the last one that matches counts, one in a fence before one in prose: models try before they
    /// answer, and quote examples. Without any JSON a bare word stands for the text that it is, and for a number or a
    /// word of an enumeration what the answer says, if it cannot mean another.
    pub fn check(&self, answer: &str) -> Checked {
        let found = extract::values(answer);
        let text = match found.values.as_slice() {
            // A word may be JSON by itself: `1` and `true` in an enumeration of texts.
            [] | [Value::Null | Value::Bool(_) | Value::Number(_)] if found.broken.is_none() => {
                Some(found.text.to_owned())
            }
            [Value::String(text)] => Some(text.clone()),
            _ => None,
        };
        match self.check_found(found) {
            Checked::Wrong(message) => {
                let said = text.and_then(|text| said::value(&self.schema, &text));
                let checked = said.map(|value| self.check_value(&value)).filter(Checked::is_valid);
                checked.unwrap_or(Checked::Wrong(message))
            }
            valid => valid,
        }
    }

    fn check_found(&self, found: extract::Found<'_>) -> Checked {
        if !self.is_soon_checked(&found.values) {
            return Checked::Wrong(ways::TOO_MANY.to_owned());
        }
        let best = found.values.last().map(|value| self.check_value(value));
        let first_valid =
            || found.values.iter().rev().skip(1).filter_map(|value| self.matched(value)).find(Checked::is_valid);
        match best {
            Some(Checked::Wrong(message)) => first_valid().unwrap_or(Checked::Wrong(message)),
            Some(valid) => valid,
            None => match self.check_value(&Value::String(found.text.to_owned())) {
                valid @ Checked::Valid(_) if found.broken.is_none() && !found.text.is_empty() => valid,
                checked => Checked::Wrong(match (found.broken, checked) {
                    (Some(error), _) => format!("the JSON is broken: {error}"),
                    (None, _) if found.text.is_empty() => "the answer is empty".to_owned(),
                    (None, Checked::Wrong(message)) if self.wants_text() => message,
                    (None, _) => format!("there is no JSON in {:?}", one_line(found.text, 80)),
                }),
            },
        }
    }

    /// Checks a value that is data already; a text may hold the JSON.
    pub fn check_data(&self, value: &Value) -> Checked {
        if !self.is_soon_checked(slice::from_ref(value)) {
            return Checked::Wrong(ways::TOO_MANY.to_owned());
        }
        match (self.check_value(value), value.as_str()) {
            (Checked::Wrong(message), Some(text)) => match self.check_found(extract::values(text)) {
                // Where a text is wanted, or a word was given, it is no JSON that is missing.
                Checked::Wrong(_) if self.wants_text() || !extract::tried(text) => Checked::Wrong(message),
                checked => checked,
            },
            (checked, _) => checked,
        }
    }

    /// A value that is data already, if it fits; `what` begins the failure if not.
    ///
    /// # Errors
    /// `invalid`, with the value as `raw`.
    pub fn fit(&self, value: &Value, what: &str) -> Outcome<Value> {
        match self.check_data(value) {
            Checked::Valid(value) => Ok(value),
            Checked::Wrong(message) => {
                Err(Failure::new(FailureKind::Invalid, format!("{what}: {message}")).detail("raw", value.clone()))
            }
        }
    }

    /// Whether a text is wanted, or nothing: a word or a date needs no quotes to be one.
    fn wants_text(&self) -> bool {
        if let Some(options) = self.schema.get("enum").and_then(Value::as_array) {
            return options.iter().all(|option| option.is_string() || option.is_null());
        }
        match self.schema.get("type") {
            Some(Value::Array(kinds)) => kinds.iter().all(|kind| kind == "string" || kind == "null"),
            kind => kind.is_some_and(|kind| kind == "string"),
        }
    }

    /// Whether it is soon known of these values whether they match.
    fn is_soon_checked(&self, values: &[Value]) -> bool {
        let count = ways::count(values);
        let at_most = self.parts.map_or(usize::MAX, |parts| parts.saturating_mul(count));
        let are_few = |again| ways::are_few(&self.schema, values, again).is_ok_and(|few| few);
        at_most <= ways::most(count) || are_few(Again::Followed) || are_few(Again::LookedUp)
    }

    fn check_value(&self, value: &Value) -> Checked {
        self.matched(value).unwrap_or_else(|| Checked::Wrong(self.faults(value)))
    }

    /// What a value that matches comes to; nothing if it does not.
    fn matched(&self, value: &Value) -> Option<Checked> {
        if !self.validator.is_valid(value) {
            return None;
        }
        let most = ways::most(ways::count(slice::from_ref(value)));
        let mut value = value.clone();
        Some(match numbers::shape(&self.schema, self.short, &mut value, most) {
            Ok(()) => Checked::Valid(value),
            Err(message) => Checked::Wrong(message),
        })
    }

    /// What is wrong with a value that does not match.
    fn faults(&self, value: &Value) -> String {
        if !ways::are_few(&self.schema, slice::from_ref(value), Again::Followed).is_ok_and(|few| few) {
            return "where cannot be said: it nests deep, and the schema leads through one field in several ways"
                .to_owned();
        }
        let faults = self.validator.iter_errors(value).take(COMPLAINTS).map(|error| complaint(&error));
        faults.collect::<Vec<_>>().join("; ")
    }
}

impl Checked {
    const fn is_valid(&self) -> bool {
        matches!(self, Self::Valid(_))
    }
}

fn complaint(error: &jsonschema::ValidationError<'_>) -> String {
    let (path, what) = (error.instance_path().to_string(), one_line(&error.to_string(), COMPLAINT));
    if path.is_empty() { what } else { format!("{path}: {what}") }
}

#[cfg(test)]
mod tests;
