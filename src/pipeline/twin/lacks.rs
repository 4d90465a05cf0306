//! What a block may go on without: steps that failed and whose failure is dealt with, and those of which a part did. It notes
//! them by name, so that a step that is made again can take its note back; the end of the script tells of them.

use crate::pipeline::plan::{Act, Block, OnItemFailure, Step};
use crate::pipeline::twin::code::text;
use crate::pipeline::twin::{Place, Twin};

/// Whether a block may come to its end without a part of it.
pub(super) fn may_lack(block: &Block) -> bool {
    block.steps.iter().any(may_be_noted)
}

/// Whether a block may go on without a step, or without a part of it.
pub(super) fn may_be_noted(step: &Step) -> bool {
    step.goes_on() || may_lose_parts(step)
}

/// Whether a step may come to its end without a part of it.
pub(super) fn may_lose_parts(step: &Step) -> bool {
    let goes_past_items = matches!(&step.act, Act::Each(each) if each.on_item_failure == OnItemFailure::Continue);
    goes_past_items || step.act.blocks().into_iter().any(may_lack)
}

impl Twin {
    /// The variable with the notes of a block.
    pub(super) fn missing(&self, block: &Block) -> String {
        let first = block.steps.first().map_or("", |step| step.name.as_str());
        self.fresh(&format!("missing_of_{first}"))
    }
}

impl Place<'_> {
    /// The statement that notes a step.
    pub(super) fn misses(&self, step: &Step) -> String {
        format!("{}.{} = true;", self.missing, step.name)
    }

    /// The statement that takes the note back.
    pub(super) fn regains(&self, step: &Step) -> String {
        format!("{}.remove({});", self.missing, text(&step.name))
    }
}
