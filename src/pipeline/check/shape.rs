//! What is known of the form of a step's value before it runs.

use crate::pipeline::plan::{Act, Block, Input, Step, Template};
use serde_json::Value;

/// The form of a value.
#[derive(Clone, Debug, PartialEq)]
pub(super) enum Shape {
    /// Anything.
    Any,
    /// A text.
    Text,
    /// A number.
    Number,
    /// True or false.
    Flag,
    /// A list of such items.
    List(Box<Shape>),
    /// A map with these fields.
    Map(Vec<Field>),
}

/// A field of a map.
#[derive(Clone, Debug, PartialEq)]
pub(super) struct Field {
    /// Its name.
    pub name: String,
    /// Its form.
    pub shape: Shape,
    /// Whether it is always there.
    pub sure: bool,
}

impl Shape {
    /// The form that a JSON Schema demands.
    pub(super) fn of_schema(schema: &Value) -> Self {
        match schema.get("type").and_then(Value::as_str) {
            Some("string") => Self::Text,
            Some("number" | "integer") => Self::Number,
            Some("boolean") => Self::Flag,
            Some("array") => {
                let items = schema.get("items").map_or(Self::Any, Self::of_schema);
                Self::List(Box::new(items))
            }
            Some("object") => {
                let Some(properties) =
                    schema.get("properties").and_then(Value::as_object).filter(|all| !all.is_empty())
                else {
                    return Self::Any;
                };
                let required = |name: &str| {
                    let list = schema.get("required").and_then(Value::as_array);
                    list.is_some_and(|list| list.iter().any(|known| known == name))
                };
                let field = |(name, inner): (&String, &Value)| Field {
                    name: name.clone(),
                    shape: Self::of_schema(inner),
                    sure: required(name),
                };
                Self::Map(properties.iter().map(field).collect())
            }
            _ => Self::Any,
        }
    }

    /// The form of `inputs`, of those that are given.
    pub(super) fn of_inputs(inputs: &[Input]) -> Self {
        Self::map(inputs.iter().map(|input| (input.name.clone(), Self::of_schema(&input.schema))))
    }

    /// The form of a step's value.
    pub(super) fn of_step(step: &Step) -> Self {
        if let Some(schema) = step.schema() {
            return Self::of_schema(&schema);
        }
        match &step.act {
            Act::Llm(call) => call.schema.as_ref().map_or(Self::Text, Self::of_schema),
            Act::Run(run) => run.schema.as_ref().map_or(Self::Any, Self::of_schema),
            Act::Ask(_) => Self::Text,
            Act::Set(values) => Self::map(values.iter().map(|(name, value)| (name.clone(), Self::of_template(value)))),
            Act::Nested(nested) if !nested.pipeline.outputs.is_empty() && !may_end(&nested.pipeline.block) => {
                Self::map(nested.pipeline.outputs.iter().map(|(name, value)| (name.clone(), Self::of_template(value))))
            }
            // Over a map it answers a map, and what an expression gives is known when it runs.
            Act::Each(each) if each.key.is_none() && matches!(Self::of_template(&each.items), Self::List(_)) => {
                Self::List(Box::new(Self::Any))
            }
            Act::Parallel(branches) => Self::map(branches.iter().map(|branch| {
                let last = Self::of_block(&branch.block);
                (branch.name.clone(), last)
            })),
            _ => Self::Any,
        }
    }

    /// The value of a block is that of its last step; one that may be skipped may be nothing.
    fn of_block(block: &Block) -> Self {
        let last = block.steps.last().filter(|last| last.condition.is_none() && last.on_failure.is_none());
        last.filter(|_| !block.steps.iter().any(Step::is_control)).map_or(Self::Any, Self::of_step)
    }

    fn of_template(template: &Template) -> Self {
        match template {
            Template::Text(_) | Template::Plain(Value::String(_)) => Self::Text,
            Template::List(_) | Template::Plain(Value::Array(_)) => Self::List(Box::new(Self::Any)),
            Template::Map(entries) => {
                Self::map(entries.iter().map(|(name, value)| (name.clone(), Self::of_template(value))))
            }
            Template::Plain(Value::Object(map)) => {
                let plain = |(name, value): (&String, &Value)| {
                    (name.clone(), Self::of_template(&Template::Plain(value.clone())))
                };
                Self::map(map.iter().map(plain))
            }
            Template::Plain(Value::Number(_)) => Self::Number,
            Template::Plain(Value::Bool(_)) => Self::Flag,
            Template::Value(expression) => Self::of_literal(expression.source()),
            Template::Plain(Value::Null) => Self::Any,
        }
    }

    /// The form of an expression that is a number, a truth value or a text as it stands, or that ends in a method which
    /// always gives one.
    pub(super) fn of_literal(source: &str) -> Self {
        let inner = source.strip_prefix('"').and_then(|rest| rest.strip_suffix('"'));
        let plain = |rest: &str| rest.chars().all(|c| c.is_alphanumeric() || "_.?".contains(c));
        let called = |method: &str| source.strip_suffix(method).is_some_and(plain);
        match source {
            "true" | "false" => Self::Flag,
            _ if called(".len()") => Self::Number,
            _ if called(".is_empty()") => Self::Flag,
            _ if called(".to_string()") => Self::Text,
            _ if inner.is_some_and(|inner| !inner.contains('"')) => Self::Text,
            _ if source.starts_with(|c: char| c.is_ascii_digit()) && source.parse::<f64>().is_ok() => Self::Number,
            _ => Self::Any,
        }
    }

    /// The form of what lies behind a way of fields.
    pub(super) fn at(&self, way: &[&str]) -> Option<&Self> {
        let Some((first, rest)) = way.split_first() else { return Some(self) };
        let Self::Map(fields) = self else { return None };
        fields.iter().find(|field| field.name == *first)?.shape.at(rest)
    }

    fn map(fields: impl Iterator<Item = (String, Self)>) -> Self {
        Self::Map(fields.map(|(name, shape)| Field { name, shape, sure: true }).collect())
    }

    /// What it is, in words.
    pub(super) const fn kind(&self) -> &'static str {
        match self {
            Self::Any => "a value",
            Self::Text => "a text",
            Self::Number => "a number",
            Self::Flag => "true or false",
            Self::List(_) => "a list",
            Self::Map(_) => "a map",
        }
    }
}

/// Whether a step of the block itself may end it with a value of its own.
fn may_end(block: &Block) -> bool {
    block.steps.iter().any(|step| matches!(step.act, Act::End(_)))
}
