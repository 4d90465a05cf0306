//! Names that are known within a loop only.

/// A name of theirs, with a field or without, and what it is here.
#[derive(Clone, Debug)]
pub(super) struct Local {
    /// As expressions there have it: `item`, `loop.index`.
    pub(super) theirs: String,
    /// The expression here.
    pub(super) ours: String,
    /// Whether it is true or false.
    pub(super) is_flag: bool,
}

impl Local {
    /// A name for an expression.
    pub(super) fn new(theirs: &str, ours: &str) -> Self {
        Self { theirs: theirs.to_owned(), ours: ours.to_owned(), is_flag: false }
    }

    fn flag(theirs: &str, ours: String) -> Self {
        Self { theirs: theirs.to_owned(), ours, is_flag: true }
    }

    /// What `loop` has within a loop over a list: Jinja's own names, whose `index` counts from 1.
    pub(super) fn positions(name: &str, index: &str, list: &str) -> Vec<Self> {
        let of = |field: &str| format!("{name}.{field}");
        vec![
            Self::new(&of("index"), &format!("({index} + 1)")),
            Self::new(&of("index0"), index),
            Self::new(&of("length"), &format!("{list}.len()")),
            Self::flag(&of("first"), format!("({index} == 0)")),
            Self::flag(&of("last"), format!("({index} + 1 == {list}.len())")),
        ]
    }

    /// What a `for_each` has: orchestrator's own names, whose `index` counts from 0.
    pub(super) fn items(list: &str) -> Vec<Self> {
        let own = [
            Self::new("item", "item"),
            Self::new("index", "index"),
            Self::new("position", "(index + 1)"),
            Self::new("length", &format!("{list}.len()")),
            Self::flag("is_first", "(index == 0)".to_owned()),
            Self::flag("is_last", format!("(index + 1 == {list}.len())")),
        ];
        own.into_iter().chain(Self::positions("loop", "index", list)).collect()
    }
}
