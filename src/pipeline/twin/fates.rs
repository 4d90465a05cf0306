//! What may become of the steps of a block, as far as its text tells: who can fail while the flow goes on, who is skipped
//! with whom, whose value is that of the block. Nothing is written here.

use crate::pipeline::graph;
use crate::pipeline::plan::{Act, Block, Jump, Step};
use crate::pipeline::twin::jumps::is_bounded;
use crate::script::expression::Expression;
use std::collections::BTreeSet;

/// The fates of the steps of a block; steps are positions.
#[derive(Default)]
pub(super) struct Fates {
    /// The order in which the script does them.
    pub order: Vec<usize>,
    /// Those that are skipped if one that they need is lost.
    pub skippable: BTreeSet<usize>,
    /// Those that may be lost to whoever needs them.
    pub cuts: BTreeSet<usize>,
    /// Those that may be lost to all that stands behind them.
    pub stops: BTreeSet<usize>,
    /// Those whose failure ends the block only when all else is done.
    pub passes: BTreeSet<usize>,
    /// Those whose jump back may be one too many, while others go on; and those that may fail the block while others
    /// run all the same, though a failure of their own does not.
    pub spent: BTreeSet<usize>,
    /// Those whose failure is caught.
    pub caught: BTreeSet<usize>,
    /// Those whose failure, or what their ways say of it, is told only at the end of the block.
    pub late: BTreeSet<usize>,
    /// Those whose outcome must be kept.
    pub watched: BTreeSet<usize>,
    /// Those that others need.
    pub needed: BTreeSet<usize>,
    /// Those over which a jump may lead.
    pub passed_over: BTreeSet<usize>,
    /// Whether a jump only notes whom it passes over, if anybody, because others come between that stand before it in the file.
    pub notes_past: bool,
    /// Whether steps that run all the same come after one that may end the block.
    pub over: bool,
    /// The first of these that is not left out gives the block its value; its condition, or a jump, may leave out all but the
    /// last.
    pub values: Vec<usize>,
}

impl Fates {
    /// The fates of a block. `read` are the names whose outcomes or errors are read, `used` is whether its value is.
    pub(super) fn of(block: &Block, read: &BTreeSet<String>, used: bool) -> Self {
        let mut fates = Self { order: order(block), ..Self::default() };
        fates.over = ends_before_always(block) || fates.order.iter().any(|at| !fates.spared_by(block, *at).is_empty());
        let steps = || block.steps.iter().enumerate();
        fates.passed_over = steps().filter(|(at, _)| graph::is_passed_over(block, *at)).map(|(at, _)| at).collect();
        fates.notes_past = !fates.order.is_sorted() && steps().any(|(at, step)| leads_forward(block, at, step));
        fates.needed = steps().filter(|(at, _)| is_needed(block, *at)).map(|(at, _)| at).collect();
        fates.passes = steps().filter(|(at, step)| fates.goes_past(block, *at, step)).map(|(at, _)| at).collect();
        let spent = steps().filter(|(at, step)| {
            let too_often = leads_back(block, *at, step) && fates.is_outlived(block, *at);
            too_often || (fates.over && fails(step) && step.goes_past_failure())
        });
        fates.spent = spent.map(|(at, _)| at).collect();
        fates.lose(block);
        let caught = steps().filter(|(at, step)| fates.is_caught(*at, step));
        fates.caught = caught.map(|(at, _)| at).collect();
        let late = steps().filter(|(at, step)| fates.throws_late(*at, step) || fates.spent.contains(at));
        fates.late = late.map(|(at, _)| at).collect();
        if used {
            fates.value(block);
        }
        let watched = |at: usize, step: &Step| {
            let leads = fates.caught.contains(&at) && leads_on(step);
            read.contains(&step.name) || fates.unsure().contains(&at) || leads
        };
        fates.watched = steps().filter(|(at, step)| watched(*at, step)).map(|(at, _)| at).collect();
        fates
    }

    /// Whether a failure of the step, or a jump to `fail`, is told only at the end of the block.
    pub(super) fn throws_late(&self, at: usize, step: &Step) -> bool {
        self.passes.contains(&at) || (self.over && fails(step) && !step.goes_past_failure())
    }

    /// Whether a step may be skipped although nothing leads past it.
    pub(super) fn may_skip(&self, block: &Block, at: usize) -> bool {
        let regardless = block.steps.get(at).is_some_and(|step| step.always);
        self.skippable.contains(&at) || (self.over && !regardless)
    }

    /// Whether others can go on after a failure that nothing deals with.
    fn goes_past(&self, block: &Block, at: usize, step: &Step) -> bool {
        step.on_failure.is_none() && (can_fail(step) || is_bounded(block, at)) && self.is_outlived(block, at)
    }

    /// The steps before this one whose end of the block, or failure, spares it: they stand behind it in the file.
    pub(super) fn spared_by(&self, block: &Block, at: usize) -> Vec<usize> {
        let before = self.order.iter().copied().take_while(|other| *other != at);
        let ends_it = |other: usize| block.steps.get(other).is_some_and(ends_block);
        before.filter(|other| *other > at && ends_it(*other)).collect()
    }

    /// Whether an end skips a step that one which it spares needs.
    fn is_missed(&self, block: &Block, at: usize) -> bool {
        let misses = |(other, step): (usize, &Step)| {
            let needs = unwatched(block, step).any(|needed| needed == at);
            needs && self.spared_by(block, other).into_iter().any(|end| end < at)
        };
        block.steps.iter().enumerate().any(misses)
    }

    /// Whether a step may fail the block while one that needs it stands before it in the file, and is not skipped with the
    /// rest.
    pub(super) fn fails_before(&self, block: &Block, at: usize) -> bool {
        let needs = |other: &Step| unwatched(block, other).any(|needed| needed == at);
        self.over && block.steps.get(at).is_some_and(fails) && block.steps.iter().take(at).any(needs)
    }

    /// Whether others can go on when a step is lost to all behind it.
    fn is_outlived(&self, block: &Block, at: usize) -> bool {
        self.lost_with(block, at).len() < self.order.iter().skip_while(|other| **other != at).count()
    }

    /// A step, and those that cannot go on when it is lost to all behind it.
    pub(super) fn lost_with(&self, block: &Block, at: usize) -> BTreeSet<usize> {
        let mut lost = BTreeSet::from([at]);
        for other in self.order.iter().copied().skip_while(|other| *other != at).skip(1) {
            let needs = |step: &Step| unwatched(block, step).any(|needed| lost.contains(&needed));
            if block.steps.get(other).is_some_and(needs) {
                lost.insert(other);
            }
        }
        lost
    }

    /// What is lost with what. Whoever needs a step stands behind it in the order.
    fn lose(&mut self, block: &Block) {
        for at in self.order.clone() {
            let Some(step) = block.steps.get(at) else { continue };
            let lost = |needed: usize| {
                let set = if step.after.contains(&needed) { &self.cuts } else { &self.stops };
                set.contains(&needed)
            };
            let skippable = unwatched(block, step).any(lost);
            let missed = self.over && !step.always && self.is_missed(block, at);
            let fails = self.fails_before(block, at);
            let passes = missed || fails || self.passes.contains(&at) || self.spent.contains(&at);
            if skippable {
                self.skippable.insert(at);
            }
            if skippable || passes {
                self.stops.insert(at);
            }
            if skippable || passes || skips_others(step) || step.goes_on() {
                self.cuts.insert(at);
            }
        }
    }

    fn is_caught(&self, at: usize, step: &Step) -> bool {
        match &step.on_failure {
            None => self.passes.contains(&at),
            Some(Jump::Fail) => self.over,
            Some(_) => true,
        }
    }

    /// Which steps may give the block its value.
    fn value(&mut self, block: &Block) {
        let may_be_left_out = |at: usize| {
            block.steps.get(at).is_some_and(|step| step.condition.is_some()) || self.passed_over.contains(&at)
        };
        let behind = (0..block.steps.len()).rev().take_while(|at| may_be_left_out(*at)).count();
        self.values = (0..block.steps.len()).rev().take(behind + 1).collect();
    }

    /// Those that may give the block its value and of which it shows only then whether they were left out.
    pub(super) fn unsure(&self) -> &[usize] {
        match self.values.as_slice() {
            [unsure @ .., _] => unsure,
            [] => &[],
        }
    }

    /// Whether it is noted of a step that it was skipped with one that it needs.
    pub(super) fn tells_lost(&self, at: usize) -> bool {
        let tells = self.needed.contains(&at) || (self.skippable.contains(&at) && self.unsure().contains(&at));
        tells && !self.skippable.is_empty()
    }
}

/// Whether a step may lead back to one before it, or to itself.
pub(super) fn leads_back(block: &Block, at: usize, step: &Step) -> bool {
    graph::jumps(step).filter_map(|jump| graph::target(block, at, jump)).any(|to| to <= at)
}

/// Whether a step may lead to one behind it.
fn leads_forward(block: &Block, at: usize, step: &Step) -> bool {
    graph::targets(step).filter_map(|name| block.position(name)).any(|to| to > at)
}

/// Whether a way out of a step tells those that need it to be skipped.
fn skips_others(step: &Step) -> bool {
    graph::jumps(step).any(|jump| *jump == Jump::Skip)
}

/// Whether a step can fail at all: one that only names values, or waits, cannot, unless its time is limited.
pub(super) fn can_fail(step: &Step) -> bool {
    let harmless = match &step.act {
        Act::Set(values) => values.iter().flat_map(|(_, value)| value.expressions()).all(only_names),
        Act::Wait(_) => true,
        _ => false,
    };
    !harmless || step.condition.is_some() || !step.products.is_empty() || step.timeout.is_some()
}

/// Whether an expression is a value by its name, or one that stands there.
pub(super) fn only_names(expression: &Expression) -> bool {
    let source = expression.source();
    match expression.references() {
        [] => serde_json::from_str::<serde_json::Value>(source).is_ok(),
        [one] => {
            let sure = match one.path.as_slice() {
                [_] => true,
                [of, _] => of == "inputs" || of == "outcomes",
                _ => false,
            };
            sure && one.path.join(".") == source
        }
        _ => false,
    }
}

/// The steps without which this one does not run.
pub(super) fn unwatched<'b>(block: &'b Block, step: &'b Step) -> impl Iterator<Item = usize> + 'b {
    let watched = |at: usize| block.steps.get(at).is_some_and(|other| step.watches.contains(&other.name));
    let needed = step.after.iter().chain(&step.behind).copied();
    needed.filter(move |at| !step.always && !watched(*at))
}

/// The steps as the file has them where there are jumps, unless one reads what stands behind it.
fn order(block: &Block) -> Vec<usize> {
    let forward = |(at, step): (usize, &Step)| step.after.iter().all(|needed| *needed < at);
    let jumps = block.steps.iter().any(Step::may_lead_away);
    if jumps && block.steps.iter().enumerate().all(forward) {
        return (0..block.steps.len()).collect();
    }
    graph::order(block)
}

fn is_needed(block: &Block, at: usize) -> bool {
    block.steps.iter().any(|other| unwatched(block, other).any(|needed| needed == at))
}

/// Whether its success, or a condition that does not hold, leads anywhere but on.
fn leads_on(step: &Step) -> bool {
    let jumps = [&step.on_false, &step.on_success].into_iter().flatten().any(|jump| *jump != Jump::Continue);
    jumps || matches!(step.act, Act::Switch(_) | Act::End(_))
}

/// Whether a step may end its block early.
pub(super) fn ends(step: &Step) -> bool {
    matches!(step.act, Act::End(_)) || graph::jumps(step).any(|jump| *jump == Jump::End)
}

/// Whether a way out of a step ends its block, well or not.
pub(super) fn ends_block(step: &Step) -> bool {
    ends(step) || fails(step)
}

/// Whether a way out of a step fails the block.
fn fails(step: &Step) -> bool {
    let jumps = [&step.on_false, &step.on_success, &step.on_failure];
    jumps.into_iter().flatten().any(|jump| *jump == Jump::Fail)
}

fn ends_before_always(block: &Block) -> bool {
    let last = block.steps.iter().rposition(|step| step.always);
    last.is_some_and(|last| block.steps.iter().take(last).any(ends_block))
}
