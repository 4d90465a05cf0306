//! Which names an expression may read, and which it does.

use crate::pipeline::tree::Spot;
use crate::script::expression::{Expression, Reference};
use indexmap::IndexSet;

/// The names that every expression of a file may read.
const ALWAYS: &[&str] = &["inputs", "outcomes", "errors"];

/// The names that an expression may read.
#[derive(Debug)]
pub(in crate::pipeline) struct Scope<'o> {
    /// The names of what stands around: a file has thousands of bodies, and each would copy those of all steps.
    outer: Option<&'o Self>,
    names: IndexSet<String>,
}

impl<'o> Scope<'o> {
    /// The scope of a file, before its steps are known.
    pub(crate) fn file() -> Self {
        Self { outer: None, names: ALWAYS.iter().map(|name| (*name).to_owned()).collect() }
    }

    /// The same with further names.
    pub(crate) fn with<'a>(&'o self, more: impl IntoIterator<Item = &'a str>) -> Self {
        let names = more.into_iter().filter(|name| !self.has(name)).map(ToOwned::to_owned).collect();
        Self { outer: Some(self), names }
    }

    /// Whether a name is in it.
    pub(crate) fn has(&self, name: &str) -> bool {
        self.names.contains(name) || self.outer.is_some_and(|outer| outer.has(name))
    }

    /// The names.
    pub(crate) fn names(&self) -> Vec<&str> {
        let mut names = self.outer.map_or_else(Vec::new, Self::names);
        names.extend(self.names.iter().map(String::as_str));
        names
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
