//! Where the flow of a block may lead past a step, and who is led past it as well.

use crate::pipeline::check::Seen;
use crate::pipeline::graph::{jumps, targets};
use crate::pipeline::plan::{Act, Block, Jump, Step};
use crate::script::expression::Reference;
use std::collections::HashSet;

/// What a body gives its steps beside the item, under the same names as one further out.
const OF_BODIES: &[&str] = &["key", "index", "prev", "iteration"];

/// Whether a failure of the step is dealt with, so that the block comes to its end without its value.
pub(super) fn goes_on(step: &Step) -> bool {
    matches!(step.on_failure, Some(Jump::Continue | Jump::Skip | Jump::To(_) | Jump::End))
}

/// Whether a step that fails, or skips on purpose, lets the flow go on without those that need it.
pub(super) fn skips_others(step: &Step) -> bool {
    goes_on(step) || jumps(step).any(|jump| *jump == Jump::Skip)
}

/// Whether a condition of the step that does not hold lets the flow reach its reader.
pub(super) fn goes_past(seen: &Seen<'_>, reader: Option<usize>, output: bool) -> bool {
    let step = seen.step;
    let Some(at) = seen.block.position(&step.name).filter(|_| step.condition.is_some()) else { return false };
    match &step.on_false {
        // What stands behind it is not reached then; what stands before it and waits for it is, and the outputs are made.
        Some(Jump::End) => output || reader.is_some_and(|reader| reader < at),
        Some(Jump::To(target)) => leads_past(seen.block, (at, target), at, reader),
        on_false => matches!(on_false, None | Some(Jump::Continue | Jump::Retry)),
    }
}

/// Whether the condition of a step held wherever the one at a position of its block runs, because that one is not reached,
/// or is skipped, else.
pub(super) fn held(seen: &Seen<'_>, at: usize) -> bool {
    let step = seen.step;
    let stops = step.condition.is_some() && !goes_past(seen, Some(at), false) && falls_with(seen, at);
    stops && jumped_over(seen.block, &step.name, Some(at)).is_none()
}

/// Whether what stands around a reader runs only if the condition of a step holds, because its own one says the same and
/// means it: what bodies give their steps is something else in each of them.
pub(super) fn has_condition_of(other: &Seen<'_>, seen: &Seen<'_>) -> bool {
    let Some((own, condition)) = seen.step.condition.as_ref().zip(other.step.condition.as_ref()) else { return false };
    let of_body = |read: &Reference| read.path.first().is_some_and(|name| OF_BODIES.contains(&name.as_str()));
    let beside = seen.block.position(&other.step.name).is_some();
    (beside || !own.references().iter().any(of_body)) && own.says_the_same(condition)
}

/// Where the step of a block stands that reads, or in whose body it is read; nothing if that is outside of the block.
pub(super) fn reader(around: &[&Seen<'_>], block: &Block) -> Option<usize> {
    around.iter().find_map(|seen| block.position(&seen.step.name))
}

/// A step that may jump over this one, and not over the reader as well.
pub(super) fn jumped_over<'b>(block: &'b Block, name: &str, reader: Option<usize>) -> Option<&'b str> {
    let at = block.position(name)?;
    let over = |(from, step): (usize, &'b Step)| {
        targets(step).any(|target| leads_past(block, (from, target), at, reader)).then_some(step.name.as_str())
    };
    block.steps.iter().enumerate().take(at).find_map(over)
}

/// Whether a jump leads past a step, but not past its reader as well: whoever is jumped over too reads nothing.
fn leads_past(block: &Block, (from, target): (usize, &str), at: usize, reader: Option<usize>) -> bool {
    let Some(target) = block.position(target) else { return false };
    target > at && !reader.is_some_and(|reader| (from + 1..target).contains(&reader))
}

/// A step that may end the block before this one.
pub(super) fn ended_before<'b>(block: &'b Block, name: &str) -> Option<&'b str> {
    let at = block.position(name)?;
    block.steps.iter().take(at).find(|step| ends(block, step)).map(|step| step.name.as_str())
}

/// Whether a step may end its block so that the outputs are made all the same. One that ends the whole gives another value
/// than the outputs, unless what always runs ends the block after it.
pub(super) fn ends(block: &Block, step: &Step) -> bool {
    let leads = |step: &Step| jumps(step).any(|jump| *jump == Jump::End);
    let again = || block.steps.iter().any(|other| other.always && leads(other));
    leads(step) || (matches!(step.act, Act::End(_)) && again())
}

/// Whether the step at a position of a block is skipped where another one is, or has failed, because it needs that one
/// or what needs it.
pub(super) fn falls_with(other: &Seen<'_>, at: usize) -> bool {
    let (mut open, mut known) = (vec![at], HashSet::new());
    while let Some(at) = open.pop() {
        let Some(step) = other.block.steps.get(at).filter(|step| !step.always && known.insert(at)) else { continue };
        let needed = step.after.iter().map(|at| (*at, true));
        // A point of control whose failure is dealt with holds up nobody.
        let behind = step.behind.iter().map(|at| (*at, !goes_on(other.step)));
        for (at, severs) in needed.chain(behind) {
            let Some(needed) = other.block.steps.get(at).filter(|needed| !step.watches.contains(&needed.name)) else {
                continue;
            };
            if needed.name == other.step.name && severs {
                return true;
            }
            // What is jumped over holds up nobody either.
            if needed.name != other.step.name && jumped_over(other.block, &needed.name, None).is_none() {
                open.push(at);
            }
        }
    }
    false
}
