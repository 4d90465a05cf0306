//! Jumps: where the flow goes when a step is done. Whether the target exists is for `check`.

use crate::pipeline::plan::Jump;
use crate::pipeline::read::Reader;
use crate::pipeline::tree::{Node, Spot};

/// A jump to be checked once the steps of its block are known.
#[derive(Clone, Debug)]
pub(in crate::pipeline) struct Leap {
    /// The key, or the case.
    pub what: String,
    /// Where.
    pub at: Spot,
    /// To where.
    pub jump: Jump,
}

impl Reader<'_, '_> {
    /// A step's name, or a word.
    pub(crate) fn jump(&mut self, node: Option<&Node>, what: &str, leaps: &mut Vec<Leap>) -> Option<Jump> {
        let node = node?;
        let jump = match self.text(Some(node), what)?.as_str() {
            "continue" => Jump::Continue,
            "fail" => Jump::Fail,
            "skip" => Jump::Skip,
            "end" => Jump::End,
            "retry" => Jump::Retry,
            name => Jump::To(name.to_owned()),
        };
        leaps.push(Leap { what: what.to_owned(), at: node.at, jump: jump.clone() });
        Some(jump)
    }
}
