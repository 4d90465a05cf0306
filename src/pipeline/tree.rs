//! The text of a YAML file as a tree in which every node knows its place. It knows YAML and nothing of pipelines.
//!
//! Read are the core schema of YAML 1.2 and one document. Duplicate keys are faults, and what anchors and nesting can
//! grow to is bounded.

mod builder;
mod scalar;

use serde_json::{Map, Value};

/// The largest file, in bytes.
pub(super) const LARGEST: usize = 1024 * 1024;

/// How deep lists and maps may nest.
pub(super) const DEEPEST: usize = 64;

/// How many nodes aliases may add.
pub(super) const ALIASED: usize = 10_000;

/// A place in the text, both from 1, the column in characters.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord)]
pub(super) struct Spot {
    /// The line.
    pub line: usize,
    /// The column.
    pub column: usize,
}

/// A value with its place.
#[derive(Clone, Debug, PartialEq)]
pub(super) struct Node {
    /// Where it begins.
    pub at: Spot,
    /// Its bytes in the text, of a scalar.
    pub range: (usize, usize),
    /// What it is.
    pub data: Data,
}

/// What a node is.
#[derive(Clone, Debug, PartialEq)]
pub(super) enum Data {
    /// Nothing.
    Null,
    /// Yes or no.
    Bool(bool),
    /// A whole number.
    Int(i64),
    /// Any other number.
    Float(f64),
    /// A text.
    Text(String),
    /// A list.
    List(Vec<Node>),
    /// A map, in the order of the file.
    Map(Vec<Entry>),
}

/// A key and its value.
#[derive(Clone, Debug, PartialEq)]
pub(super) struct Entry {
    /// The key, as it is written.
    pub key: String,
    /// What the key is, unless it is a text: `True`, `1.0`, `~`.
    pub scalar: Option<Data>,
    /// Where the key begins.
    pub at: Spot,
    /// The value.
    pub value: Node,
}

impl Entry {
    /// The key as the text of a value: what is no text as JSON writes it.
    pub(super) fn case(&self) -> String {
        match self.scalar {
            Some(Data::Null) => "null".to_owned(),
            Some(Data::Bool(flag)) => flag.to_string(),
            Some(Data::Int(number)) => number.to_string(),
            Some(Data::Float(number)) if number.is_finite() => Value::from(number).to_string(),
            _ => self.key.clone(),
        }
    }
}

/// What is wrong with the text as YAML.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Flaw {
    /// Where.
    pub at: Spot,
    /// What.
    pub message: String,
}

/// Reads a text. The tree is what could be read of it; `None` if nothing could.
pub(super) fn read(text: &str) -> (Option<Node>, Vec<Flaw>) {
    builder::build(text)
}

impl Node {
    /// The text, if it is one.
    pub(super) fn text(&self) -> Option<&str> {
        if let Data::Text(text) = &self.data { Some(text) } else { None }
    }

    /// What it is, in words.
    pub(super) const fn kind(&self) -> &'static str {
        match self.data {
            Data::Null => "nothing",
            Data::Bool(_) => "true or false",
            Data::Int(_) => "a whole number",
            Data::Float(_) => "a number",
            Data::Text(_) => "a text",
            Data::List(_) => "a list",
            Data::Map(_) => "a map",
        }
    }

    /// The entries of a map, or of a list of maps with one key each.
    pub(super) fn entries(&self) -> Option<Vec<&Entry>> {
        match &self.data {
            Data::Map(entries) => Some(entries.iter().collect()),
            Data::List(items) => items.iter().map(Self::single).collect(),
            _ => None,
        }
    }

    /// The one entry of a map with one key.
    pub(super) fn single(&self) -> Option<&Entry> {
        match &self.data {
            Data::Map(entries) if entries.len() == 1 => entries.first(),
            _ => None,
        }
    }

    /// The value as plain data. What JSON cannot say, as infinite numbers, becomes null.
    pub(super) fn value(&self) -> Value {
        match &self.data {
            Data::Null => Value::Null,
            Data::Bool(flag) => Value::Bool(*flag),
            Data::Int(number) => Value::from(*number),
            Data::Float(number) => Value::from(*number),
            Data::Text(text) => Value::String(text.clone()),
            Data::List(items) => Value::Array(items.iter().map(Self::value).collect()),
            Data::Map(entries) => {
                let map: Map<String, Value> = entries.iter().map(|e| (e.key.clone(), e.value.value())).collect();
                Value::Object(map)
            }
        }
    }

    /// How many nodes it has, itself included.
    fn size(&self) -> usize {
        1 + match &self.data {
            Data::List(items) => items.iter().map(Self::size).sum(),
            Data::Map(entries) => entries.iter().map(|entry| entry.value.size()).sum(),
            _ => 0,
        }
    }
}

#[cfg(test)]
mod tests;
