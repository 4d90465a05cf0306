//! Failures that a block tells at its end: of several the first of the file, also when a later step fails at once. And
//! what several ends leave to come.

use crate::pipeline::graph;
use crate::pipeline::plan::{Act, Block, Jump, Step};
use crate::pipeline::twin::Place;
use crate::pipeline::twin::code::{Lines, text};
use crate::pipeline::twin::fates::{Fates, can_fail, ends_block, leads_back, only_names};
use crate::pipeline::twin::jumps::is_bounded;
use crate::script::expression::Expression;

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
    let (name, failed) = (&step.name, &place.failed);
    let late = place.fates.late.contains(&at);
    late.then(|| format!("if {failed}.contains({}) {{ throw {failed}.{name}; }}", text(name)))
}

/// The statements that note a failure of a step: for whoever asks what became of it, and for the end of the block.
pub(super) fn noted(place: &Place<'_>, at: usize, step: &Step, failure: &str, late: bool) -> Vec<String> {
    let name = &step.name;
    let mut lines = Vec::new();
    if place.fates.watched.contains(&at) {
        lines.push(format!("outcomes.{name} = \"failed\";"));
        lines.push(format!("errors.{name} = error_of({failure});"));
    }
    lines.extend(late.then(|| format!("{}.{name} = step_failure({failure});", place.failed)));
    lines
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
    body.add("throw step_failure(failure);");
    body.shallower();
    body.add("}");
}

/// Whether an expression is more than the name of a value that is there.
pub(super) fn is_computed(block: &Block, expression: &Expression) -> bool {
    !only_names(expression) && !is_declared(block, expression)
}

/// Whether an expression is a field that a step says to have.
fn is_declared(block: &Block, expression: &Expression) -> bool {
    let [one] = expression.references() else { return false };
    let [name, field] = one.path.as_slice() else { return false };
    let has = |step: &Step| {
        let sets = matches!(&step.act, Act::Set(values) if values.iter().any(|(name, _)| name == field));
        sets || step.vars.iter().any(|var| var.name == *field)
    };
    let step = block.position(name).and_then(|at| block.steps.get(at));
    one.path.join(".") == expression.source() && step.is_some_and(has)
}

/// Whether a step that always runs may end a block that has ended, with others to come that its end spares and the first
/// one does not.
pub(super) fn ends_twice(fates: &Fates, block: &Block) -> bool {
    let is = |at: usize, what: fn(&Step) -> bool| block.steps.get(at).is_some_and(what);
    fates.order.iter().any(|at| {
        let spared = fates.spared_by(block, *at);
        let closes = |other: usize| other < *at && is(other, ends_block);
        spared.iter().any(|end| is(*end, |step| step.always)) && (0..*at).any(closes)
    })
}

/// The statements that note which step has ended the block.
pub(super) fn ended(place: &Place<'_>, at: usize, step: &Step) -> Vec<String> {
    let name = text(&step.name);
    let mut lines = vec![format!("{} = {name};", place.over)];
    if place.closed != place.over {
        let before = place.block.steps.iter().take(at).filter(|step| ends_block(step)).map(|step| text(&step.name));
        let before: Vec<String> = before.collect();
        lines.push(format!(
            "if ![{}].contains({closed}) {{ {closed} = {name}; }}",
            before.join(", "),
            closed = place.closed
        ));
    }
    lines
}

/// Whether a failure of a step, or one too many of its jumps, ends the block before its end.
fn fails_at_once(place: &Place<'_>, at: usize, step: &Step) -> bool {
    let fates = &place.fates;
    let uncaught = !fates.caught.contains(&at) && (can_fail(step) || is_bounded(place.block, at));
    let refuses = !fates.over && graph::jumps(step).any(|jump| *jump == Jump::Fail);
    let back = leads_back(place.block, at, step) && !fates.spent.contains(&at);
    uncaught || refuses || back
}
