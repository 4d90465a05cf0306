//! Which names an expression may read, and which it does.

use crate::pipeline::tree::Spot;
use crate::script::expression::{Expression, Reference};

/// The names that every expression of a file may read.
const ALWAYS: &[&str] = &["inputs", "outcomes", "errors"];

/// The names that an expression may read.
#[derive(Clone, Debug)]
pub(in crate::pipeline) struct Scope {
    names: Vec<String>,
}

impl Scope {
    /// The scope of a file, before its steps are known.
    pub(crate) fn file() -> Self {
        Self { names: ALWAYS.iter().map(|name| (*name).to_owned()).collect() }
    }

    /// The same with further names.
    pub(crate) fn with<'a>(&self, more: impl IntoIterator<Item = &'a str>) -> Self {
        let mut names = self.names.clone();
        for name in more {
            if !names.iter().any(|known| known == name) {
                names.push(name.to_owned());
            }
        }
        Self { names }
    }

    /// Whether a name is in it.
    pub(crate) fn has(&self, name: &str) -> bool {
        self.names.iter().any(|known| known == name)
    }

    /// The names.
    pub(crate) fn names(&self) -> Vec<&str> {
        self.names.iter().map(String::as_str).collect()
    }
}

/// Who reads.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(in crate::pipeline) struct User {
    /// The step; empty for the outputs of the file.
    pub step: String,
    /// Its part.
    pub part: Part,
}

/// The part of a step that an expression stands in, by when it is evaluated.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(in crate::pipeline) enum Part {
    /// Before it is known whether the step runs.
    Condition,
    /// When it runs.
    Act,
    /// When it has run: its own value is known.
    Product,
    /// When all is done.
    Output,
}

/// One reading of a name.
#[derive(Clone, Debug)]
pub(in crate::pipeline) struct Use {
    /// Who reads.
    pub user: User,
    /// Where in the file.
    pub at: Spot,
    /// What.
    pub reference: Reference,
    /// Whether the name is the step's own, as that of a var.
    pub local: bool,
    /// The whole expression; a declared dependency has none.
    pub expression: Option<Expression>,
}
