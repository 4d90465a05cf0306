//! What comes before and after a step of a block, however many lie between. What waits for what is known to `graph`.

use crate::pipeline::graph::{jumps, target, waiting, waits};
use crate::pipeline::plan::Block;
use std::collections::BTreeSet;
use std::ops::Range;

/// The steps that come after one: what waits for it or for another one of them, and what these repeat by leading back.
pub fn later(block: &Block, at: usize) -> BTreeSet<usize> {
    let waiting = waiting(block);
    reached(at, |step| waiting.get(step).into_iter().flatten().copied().chain(repeated(block, step)).collect())
}

/// The steps that a step comes after.
pub fn earlier(block: &Block, at: usize) -> BTreeSet<usize> {
    let repeated: Vec<Range<usize>> = (0..block.steps.len()).map(|from| repeated(block, from)).collect();
    reached(at, |step| {
        let repeating = repeated.iter().enumerate().filter(|(_, steps)| steps.contains(&step)).map(|(from, _)| from);
        waits(&block.steps, step).into_iter().chain(repeating).collect()
    })
}

/// What stands between a step and the first one to which it may lead back, that one with it.
fn repeated(block: &Block, from: usize) -> Range<usize> {
    let targets = block.steps.get(from).into_iter().flat_map(jumps).filter_map(|jump| target(block, from, jump));
    targets.min().map_or(from..from, |to| to..from)
}

/// All that is found from a step on; the step itself only if a way leads to it again.
fn reached(at: usize, next: impl Fn(usize) -> Vec<usize>) -> BTreeSet<usize> {
    let (mut found, mut open) = (BTreeSet::new(), vec![at]);
    while let Some(step) = open.pop() {
        open.extend(next(step).into_iter().filter(|other| found.insert(*other)));
    }
    found
}
