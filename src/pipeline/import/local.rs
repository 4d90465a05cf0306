//! Names that are known within a loop only.

use crate::pipeline::import::form::Form;

/// A name of theirs, with a field or without, and what it is here.
#[derive(Clone, Debug)]
pub(super) struct Local {
    /// As expressions there have it: `item`, `loop.index`.
    pub(super) theirs: String,
    /// The expression here.
    pub(super) ours: String,
    /// The form of its value.
    pub(super) form: Form,
}

impl Local {
    /// A name for an expression.
    pub(super) fn new(theirs: &str, ours: &str, form: Form) -> Self {
        Self { theirs: theirs.to_owned(), ours: ours.to_owned(), form }
    }

    fn count(theirs: &str, ours: &str) -> Self {
        Self::new(theirs, ours, Form::Plain)
    }

    fn flag(theirs: &str, ours: &str) -> Self {
        Self::new(theirs, ours, Form::Flag)
    }

    /// What `loop` has within a loop over a list: Jinja's own names, whose `index` counts from 1.
    pub(super) fn positions(name: &str, index: &str, list: &str) -> Vec<Self> {
        let of = |field: &str| format!("{name}.{field}");
        vec![
            Self::count(&of("index"), &format!("({index} + 1)")),
            Self::count(&of("index0"), index),
            Self::count(&of("length"), &format!("{list}.len()")),
            Self::flag(&of("first"), &format!("({index} == 0)")),
            Self::flag(&of("last"), &format!("({index} + 1 == {list}.len())")),
        ]
    }

    /// What a `for_each` has: orchestrator's own names, whose `index` counts from 0.
    pub(super) fn items(list: &str, form: Form) -> Vec<Self> {
        let own = [
            Self::new("item", "item", form),
            Self::count("index", "index"),
            Self::count("position", "(index + 1)"),
            Self::count("length", &format!("{list}.len()")),
            Self::count("remaining", &format!("({list}.len() - index - 1)")),
            Self::flag("is_first", "(index == 0)"),
            Self::flag("is_last", &format!("(index + 1 == {list}.len())")),
            Self::flag("has_next", &format!("(index + 1 < {list}.len())")),
            Self::flag("has_prev", "(index > 0)"),
        ];
        own.into_iter().chain(Self::positions("loop", "index", list)).collect()
    }

    /// What a `while` has, whose rounds are counted from 0 there and from 1 here.
    pub(super) fn rounds(id: &str) -> Vec<Self> {
        let counts = ["iteration".to_owned(), "index".to_owned(), format!("{id}.iteration"), format!("{id}.index")];
        let own = [Self::count("position", "iteration"), Self::flag("is_first", "(iteration == 1)")];
        counts.iter().map(|name| Self::count(name, "(iteration - 1)")).chain(own).collect()
    }
}
