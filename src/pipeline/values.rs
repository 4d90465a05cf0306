//! What the expressions of a step see: values by name, and what became of steps.

use crate::core::failure::{Failure, FailureKind, Outcome};
use crate::core::status::StepOutcome;
use crate::pipeline::plan::{Part, Template};
use crate::script::expression::Expression;
use serde_json::{Map, Value};
use std::borrow::Cow;
use std::collections::HashMap;
use std::sync::Arc;
use tokio::runtime::{Handle, RuntimeFlavor};

/// Names and their values; cheap to clone.
#[derive(Clone, Debug, Default)]
pub struct Values {
    names: HashMap<String, Arc<Value>>,
    outcomes: Map<String, Value>,
    errors: Map<String, Value>,
}

impl Values {
    /// Gives a name a value.
    pub fn set(&mut self, name: &str, value: impl Into<Arc<Value>>) {
        self.names.insert(name.to_owned(), value.into());
    }

    /// Says what became of a step.
    pub fn told(&mut self, step: &str, outcome: StepOutcome, error: Value) {
        self.outcomes.insert(step.to_owned(), outcome.name().into());
        self.errors.insert(step.to_owned(), error);
    }

    /// The value of an expression.
    ///
    /// # Errors
    /// `data` where a value has another form than the expression needs: its names are known since it was checked. And what
    /// takes too long or grows too large, as `Expression::evaluate`.
    pub fn evaluate(&self, expression: &Expression) -> Outcome<Value> {
        aside(|| {
            expression.evaluate_with(|name| match (self.names.get(name), name) {
                // A var of a step may have one of the other names, and is meant where its files are written.
                (Some(value), _) => Some(Cow::Borrowed(&**value)),
                (None, "outcomes") => Some(Cow::Owned(Value::Object(self.outcomes.clone()))),
                (None, "errors") => Some(Cow::Owned(Value::Object(self.errors.clone()))),
                (None, _) => None,
            })
        })
        .map_err(|failure| failure.of_data().detail("expression", expression.source()))
    }

    /// Whether an expression holds.
    ///
    /// # Errors
    /// `data` if it is neither true nor false, and as its evaluation.
    pub fn holds(&self, expression: &Expression) -> Outcome<bool> {
        let value = self.evaluate(expression)?;
        value.as_bool().ok_or_else(|| {
            let what = format!("the condition `{}` is {value}, neither true nor false", expression.source());
            Failure::new(FailureKind::Data, what).hint("compare: `x > 0`, `x != ()`, `text != \"\"`")
        })
    }

    /// The value of a template.
    pub fn fill(&self, template: &Template) -> Outcome<Value> {
        match template {
            Template::Text(parts) => self.text(parts, as_text).map(Value::String),
            Template::Value(expression) => self.evaluate(expression),
            Template::List(items) => items.iter().map(|item| self.fill(item)).collect::<Outcome<_>>().map(Value::Array),
            Template::Map(entries) => self.map(entries).map(Value::Object),
            Template::Plain(value) => Ok(value.clone()),
        }
    }

    /// The values of named templates.
    pub fn map(&self, entries: &[(String, Template)]) -> Outcome<Map<String, Value>> {
        entries.iter().map(|(name, value)| Ok((name.clone(), self.fill(value)?))).collect()
    }

    /// The value of a template as text: a string as it is, anything else as JSON.
    pub fn fill_text(&self, template: &Template) -> Outcome<String> {
        self.fill(template).map(as_text)
    }

    /// The same for a question: what is absent says nothing to a person.
    pub fn fill_question(&self, template: &Template) -> Outcome<String> {
        match template {
            Template::Text(parts) => self.text(parts, shown),
            other => self.fill(other).map(shown),
        }
    }

    fn text(&self, parts: &[Part], told: fn(Value) -> String) -> Outcome<String> {
        let mut text = String::new();
        for part in parts {
            match part {
                Part::Literal(literal) => text.push_str(literal),
                Part::Hole(expression) => text.push_str(&told(self.evaluate(expression)?)),
            }
        }
        Ok(text)
    }
}

/// A string bare, anything else as JSON.
pub fn as_text(value: Value) -> String {
    match value {
        Value::String(text) => text,
        other => other.to_string(),
    }
}

fn shown(value: Value) -> String {
    if value.is_null() { String::new() } else { as_text(value) }
}

/// Computes on this thread without keeping it from the runtime's other work.
fn aside<T>(work: impl FnOnce() -> T) -> T {
    let several = Handle::try_current().is_ok_and(|handle| handle.runtime_flavor() == RuntimeFlavor::MultiThread);
    if several { tokio::task::block_in_place(work) } else { work() }
}
