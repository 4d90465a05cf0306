//! A block: its steps in the order of `flow`, at the same time where nothing stands between them.

use crate::core::event::Event;
use crate::core::failure::{Failure, FailureKind};
use crate::core::money::Money;
use crate::core::status::StepOutcome;
use crate::host::replay::past;
use crate::pipeline::plan::{Act, Block, Step};
use crate::pipeline::run::course::Course;
use crate::pipeline::run::flow::{Flow, Next, is_leaf};
use crate::pipeline::run::step::{self, Came};
use crate::pipeline::values::Values;
use futures::StreamExt;
use futures::future::BoxFuture;
use futures::stream::FuturesUnordered;
use serde_json::{Map, Value, json};
use std::collections::{HashMap, HashSet};
use std::sync::Arc;

/// What a block came to.
pub struct Ended {
    /// The value of its last step, or of the one that ended it; of no use where it failed.
    pub value: Value,
    /// Why it failed, if it did.
    pub failure: Option<Failure>,
    /// Whether a step ended it with a value of its own.
    pub early: bool,
    /// What expressions behind it would see of its steps.
    pub values: Values,
    /// What became of each step, by name.
    pub outcomes: Map<String, Value>,
    /// Whether a step or an item failed, though the flow went on.
    pub partial: bool,
}

/// What is known of the steps that have ended.
#[derive(Default)]
struct Known {
    values: HashMap<usize, Arc<Value>>,
    outcomes: HashMap<usize, (StepOutcome, Value)>,
    failures: HashMap<usize, Failure>,
    /// Those of which a part failed, though they came to their end.
    partial: HashSet<usize>,
}

/// Which of several failures stands for the whole: the least. What stops all stands above a failure, and a failure above what
/// waits for a person, unless somebody will deal with it: then the person's answer is what is missing.
pub const fn rank(failure: &Failure, dealt_with: bool) -> u8 {
    match failure.kind {
        FailureKind::Waiting if dealt_with => 1,
        FailureKind::Waiting => 3,
        kind if kind.catchable() => 2,
        _ => 0,
    }
}

/// Runs a block; `base` is what all its steps see.
pub fn run<'a>(course: &'a Course<'a>, block: &'a Block, base: &'a Values) -> BoxFuture<'a, Ended> {
    Box::pin(drive(course, block, base))
}

async fn drive(course: &Course<'_>, block: &Block, base: &Values) -> Ended {
    let mut flow = Flow::new(block);
    let mut known = Known::default();
    let mut running = FuturesUnordered::new();
    let (mut leaves, limit) = (0, course.pipeline.limits.max_parallel.max(1));
    let of = if course.of > 0 { course.of } else { block.steps.len() };
    loop {
        match flow.next(leaves < limit) {
            Next::Start(index) => {
                let Some(step) = block.steps.get(index) else { continue };
                leaves += usize::from(is_leaf(&step.act));
                let visit = flow.visits(index);
                let place = Course { of, ..course.at(frame(course, step, visit)) };
                let values = known.seen_by(block, step, base);
                let too_often = flow.too_often(index);
                running.push(async move {
                    let came = match too_often {
                        Some(failure) => step::failed(step, failure),
                        None => step::visit(&place, step, visit, values).await,
                    };
                    (index, came)
                });
            }
            Next::Skip(index, outcome, why) => {
                let Some(step) = block.steps.get(index) else { continue };
                known.outcomes.insert(index, (outcome, Value::Null));
                let at = course.at(frame(course, step, flow.visits(index).max(1)));
                tell(&at, step, outcome, &Came::skipped(why));
            }
            Next::Repeat(first, last) => known.forget(first, last),
            Next::Wait => {
                let Some((index, came)) = running.next().await else { continue };
                let Some(step) = block.steps.get(index) else { continue };
                leaves -= usize::from(is_leaf(&step.act));
                conclude(course, &mut flow, &mut known, (index, step), came);
            }
            Next::Over => break,
        }
    }
    known.ended(block, base, &flow)
}

fn frame(course: &Course<'_>, step: &Step, visit: u32) -> crate::core::ids::Frame {
    let frame = course.frame.child(format_args!("step:{}", step.name));
    if visit > 1 { frame.child(format_args!("visit:{visit}")) } else { frame }
}

/// Notes what a step came to, for the flow, for expressions and for whoever watches.
fn conclude(
    course: &Course<'_>,
    flow: &mut Flow<'_>,
    known: &mut Known,
    (index, step): (usize, &Step),
    mut came: Came,
) {
    let visit = flow.visits(index);
    let value = came.value.clone().unwrap_or_default();
    let mut outcome = came.outcome();
    if let Some(failure) = flow.finish(index, outcome, came.jump.as_ref()) {
        outcome = StepOutcome::Failed;
        came.failure = Some(failure.detail("last", value.clone()).detail("step", step.name.clone()));
    }
    if let Some(failure) = came.failure.as_ref().filter(|failure| !failure.kind.catchable()) {
        match failure.kind {
            // Whoever can go on without the person does, or without what a look ahead does not know.
            _ if outcome == StepOutcome::Waiting => {}
            FailureKind::Cancelled | FailureKind::Deadline => flow.stop(format!("`{}` was stopped", step.name), true),
            _ => flow.stop(format!("`{}` failed", step.name), false),
        }
    }
    let failed = came.failure.as_ref().map(|failure| Value::Object(failure.to_error()));
    let error = failed.or_else(|| came.error.clone()).unwrap_or_default();
    known.values.insert(index, Arc::new(value));
    known.outcomes.insert(index, (outcome, error));
    known.failures.remove(&index);
    if came.partial {
        known.partial.insert(index);
    }
    known.failures.extend(came.failure.clone().map(|failure| (index, failure)));
    let at = course.at(frame(course, step, visit));
    if hides_failures(step, &came) && !flow.open().contains(&index) {
        past::note(&at.host, &at.frame);
    }
    tell(&at, step, outcome, &came);
}

/// Whether something may have failed in a step that the steps behind it take for an answer. What a program catches
/// nobody else hears of.
fn hides_failures(step: &Step, came: &Came) -> bool {
    let caught = matches!(step.act, Act::Script(_)) && came.value.is_some();
    caught || came.failure.is_some() || came.error.is_some()
}

fn tell(at: &Course<'_>, step: &Step, outcome: StepOutcome, came: &Came) {
    let event = Event::StepFinished {
        step: step.name.clone(),
        key: at.key.clone(),
        outcome,
        cost: came.cost,
        millis: came.millis,
        reason: came.reason.clone(),
        failure: came.failure.clone(),
        replayed: came.replayed,
    };
    at.host.emit(&at.frame, &event);
}

impl Known {
    /// What the expressions of a step see: what all see, and what it needs of its own block.
    fn seen_by(&self, block: &Block, step: &Step, base: &Values) -> Values {
        let mut values = base.clone();
        for name in step.reads.iter().chain(&step.watches) {
            if let Some(index) = block.position(name) {
                self.show(&mut values, index, name);
            }
        }
        values
    }

    fn show(&self, values: &mut Values, index: usize, name: &str) {
        values.set(name, self.values.get(&index).map_or_else(Arc::default, Arc::clone));
        let (outcome, error) = self.outcomes.get(&index).cloned().unwrap_or((StepOutcome::Skipped, Value::Null));
        values.told(name, outcome, error);
    }

    fn forget(&mut self, first: usize, last: usize) {
        for index in first..=last {
            self.values.remove(&index);
            self.outcomes.remove(&index);
            self.failures.remove(&index);
            self.partial.remove(&index);
        }
    }

    fn ended(mut self, block: &Block, base: &Values, flow: &Flow<'_>) -> Ended {
        let mut values = base.clone();
        let mut outcomes = Map::new();
        for (index, step) in block.steps.iter().enumerate() {
            self.show(&mut values, index, &step.name);
            let outcome = self.outcomes.get(&index).map_or(StepOutcome::Skipped, |(outcome, _)| *outcome);
            outcomes.insert(step.name.clone(), json!(outcome.name()));
        }
        let failed = |(outcome, error): &(StepOutcome, Value)| *outcome == StepOutcome::Failed || !error.is_null();
        let partial = !self.partial.is_empty() || self.outcomes.values().any(failed);
        let open = flow.open();
        let first =
            open.iter().copied().min_by_key(|index| self.failures.get(index).map(|failure| rank(failure, false)));
        let failure = first.and_then(|index| self.failures.remove(&index));
        let last = flow.end().or_else(|| flow.last());
        let value = last.and_then(|index| self.values.get(&index)).map_or(Value::Null, |value| (**value).clone());
        let early =
            flow.end().and_then(|index| block.steps.get(index)).is_some_and(|step| matches!(step.act, Act::End(_)));
        Ended { value, failure, early, values, outcomes, partial }
    }
}

impl Came {
    /// A step that did not begin.
    fn skipped(reason: String) -> Self {
        Self { reason, cost: Money::ZERO, ..Self::default() }
    }

    /// What became of it.
    pub fn outcome(&self) -> StepOutcome {
        match (&self.failure, &self.value) {
            (Some(failure), _) if failure.is_alone() => StepOutcome::Waiting,
            (Some(failure), _) => StepOutcome::of(failure.kind),
            (None, Some(_)) => StepOutcome::Ok,
            (None, None) => StepOutcome::Skipped,
        }
    }
}
