//! Values with holes: what a text, a list or a map of the file becomes once the expressions in it are known.

use crate::script::expression::Expression;
use serde_json::Value;

/// A value with holes.
#[derive(Clone, Debug, PartialEq)]
pub enum Template {
    /// A text with holes, put together.
    Text(Vec<Part>),
    /// One expression, whose value keeps its type.
    Value(Expression),
    /// A list.
    List(Vec<Template>),
    /// A map, in the order of the file.
    Map(Vec<(String, Template)>),
    /// A value without holes.
    Plain(Value),
}

/// A piece of a text.
#[derive(Clone, Debug, PartialEq)]
pub enum Part {
    /// Text as it stands.
    Literal(String),
    /// An expression whose value is put in: a string bare, anything else as JSON.
    Hole(Expression),
}

impl Template {
    /// The value, if there is no hole in it.
    pub const fn constant(&self) -> Option<&Value> {
        if let Self::Plain(value) = self { Some(value) } else { None }
    }

    /// The text that it becomes with `hole` for the value of an expression; `None` for what is no text.
    pub fn text_with(&self, hole: impl Fn(&Expression) -> String) -> Option<String> {
        match self {
            Self::Text(parts) => {
                let piece = |part: &Part| match part {
                    Part::Literal(text) => text.clone(),
                    Part::Hole(expression) => hole(expression),
                };
                Some(parts.iter().map(piece).collect())
            }
            Self::Value(expression) => Some(hole(expression)),
            Self::Plain(value) => value.as_str().map(ToOwned::to_owned),
            Self::List(_) | Self::Map(_) => None,
        }
    }

    /// The text as the file has it, with its holes; `None` for what is no text.
    pub fn written(&self) -> Option<String> {
        self.text_with(|expression| format!("{{{{{}}}}}", expression.source()))
    }

    /// Every expression in it, in the order of the file.
    pub fn expressions(&self) -> Vec<&Expression> {
        match self {
            Self::Text(parts) => {
                parts.iter().filter_map(|part| if let Part::Hole(hole) = part { Some(hole) } else { None }).collect()
            }
            Self::Value(expression) => vec![expression],
            Self::List(items) => items.iter().flat_map(Self::expressions).collect(),
            Self::Map(entries) => entries.iter().flat_map(|(_, value)| value.expressions()).collect(),
            Self::Plain(_) => Vec::new(),
        }
    }
}
