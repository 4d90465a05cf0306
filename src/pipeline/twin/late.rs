//! Failures that a block tells at its end: of several the first of the file, also when a later step fails at once.

use crate::pipeline::graph;
use crate::pipeline::plan::{Jump, Step};
use crate::pipeline::twin::Place;
use crate::pipeline::twin::code::{Lines, text};
use crate::pipeline::twin::fates::{can_fail, leads_back};
use crate::pipeline::twin::jumps::is_bounded;

/// The statements that tell the failures noted of the steps before this one in the file, if it may fail at once.
pub(super) fn before(place: &Place<'_>, at: usize) -> Vec<String> {
    let (block, order) = (place.block, &place.fates.order);
    if !block.steps.get(at).is_some_and(|step| fails_at_once(place, at, step)) {
        return Vec::new();
    }
    let turn = |at: usize| order.iter().position(|one| *one == at);
    // Where one is lost with the other, it does not run. Behind it the other may have failed on an earlier round.
    let both = |other: usize| turn(other) > turn(at) || !place.fates.lost_with(block, other).contains(&at);
    let others = block.steps.iter().enumerate().take(at).filter(|(other, _)| both(*other));
    others.filter_map(|(other, step)| told(place, other, step)).collect()
}

/// The statement that tells the failure that was noted of a step, if one is noted.
pub(super) fn told(place: &Place<'_>, at: usize, step: &Step) -> Option<String> {
    let name = &step.name;
    if place.fates.throws_late(at, step) {
        return Some(format!("if outcomes.{name} == \"failed\" {{ throw errors.{name}; }}"));
    }
    let spent = place.fates.spent.contains(&at);
    spent.then(|| format!("if {}.contains({}) {{ throw errors.{name}; }}", place.spent, text(name)))
}

/// Lines of a step in whose failure those go before that were noted earlier.
pub(super) fn behind(noted: Vec<String>, body: &mut Lines, write: impl FnOnce(&mut Lines)) {
    if noted.is_empty() {
        return write(body);
    }
    body.add("try {");
    body.deeper();
    write(body);
    body.shallower();
    body.add("} catch (failure) {");
    body.deeper();
    body.extend(noted);
    body.add("throw failure;");
    body.shallower();
    body.add("}");
}

/// Whether a failure of a step, or one too many of its jumps, ends the block before its end.
fn fails_at_once(place: &Place<'_>, at: usize, step: &Step) -> bool {
    let fates = &place.fates;
    let uncaught = !fates.caught.contains(&at) && (can_fail(step) || is_bounded(place.block, at));
    let refuses = !fates.over && graph::jumps(step).any(|jump| *jump == Jump::Fail);
    let back = leads_back(place.block, at, step) && !fates.spent.contains(&at);
    uncaught || refuses || back
}
