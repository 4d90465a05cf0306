//! Who is asked by a step, and whether anybody can be: told before a run begins, for the steps that it comes to anyway.
//!
//! What follows a condition, a jump or a failure that is dealt with, and bodies that repeat, are left to the run, with
//! a note on what nobody can answer there.

use crate::core::failure::{Failure, FailureKind, Outcome};
use crate::core::ids::Frame;
use crate::host::models::Models;
use crate::host::models::choose::Wish;
use crate::host::replay::Replay;
use crate::pipeline::graph;
use crate::pipeline::plan::{Act, Block, Step};
use crate::registry::roles;
use futures::FutureExt;
use futures::future::BoxFuture;
use std::collections::HashSet;

/// What a step says of its model; `None` if it asks none by itself.
pub fn wish(step: &Step) -> Option<Wish> {
    let default = match &step.act {
        Act::Llm(_) => None,
        Act::Run(_) => Some(roles::ROOT.to_owned()),
        Act::Ask(ask) if ask.of.is_some() => ask.of.clone(),
        _ => return None,
    };
    let choice = &step.choice;
    Some(Wish {
        role: choice.role.clone().or(default),
        model: choice.model.clone(),
        requires: choice.requires.clone(),
        strategy: choice.strategy,
    })
}

/// The log of a run that goes on, and where in it a block stands.
#[derive(Clone)]
pub struct Logged<'a> {
    /// The log.
    pub replay: &'a Replay,
    /// Where.
    pub frame: Frame,
}

impl Logged<'_> {
    /// The same for a part.
    fn part(&self, part: &str) -> Self {
        Self { frame: self.frame.child(part), ..*self }
    }
}

/// Refuses a pipeline with a step that nobody can answer, whatever happens in the run. Of a run that goes on the steps
/// count that were never begun, and a missing key is told by the first call that needs it: the run itself fails then.
///
/// # Errors
/// As the choice of the first such step: `no_model`, `auth`; `invalid` for images that its model does not take.
pub fn check<'a>(models: &'a Models, block: &'a Block, log: Option<Logged<'a>>) -> BoxFuture<'a, Outcome<()>> {
    async move {
        let within = |log: &Option<Logged<'a>>, part: &str| log.as_ref().map(|log| log.part(part));
        for step in sure(block) {
            let log = within(&log, &format!("step:{}", step.name));
            fresh(models, step, log.as_ref()).await?;
            match &step.act {
                Act::Parallel(branches) => {
                    for branch in branches {
                        check(models, &branch.block, within(&log, &format!("branch:{}", branch.name))).await?;
                    }
                }
                Act::Nested(nested) => check(models, &nested.pipeline.block, within(&log, "pipeline")).await?,
                _ => {}
            }
        }
        Ok(())
    }
    .boxed()
}

/// Looks at a step unless the log tells that it was begun.
async fn fresh(models: &Models, step: &Step, log: Option<&Logged<'_>>) -> Outcome<()> {
    if log.is_some_and(|log| log.replay.has_below(&log.frame)) {
        return Ok(());
    }
    match one(models, step).await {
        Err(failure) if log.is_none() || failure.kind != FailureKind::Auth => Err(of_step(step, failure)),
        _ => Ok(()),
    }
}

/// Notes on the steps that nobody can answer and that a run only may come to, those of bodies and of nested pipelines
/// too: whoever reads them need not pay for what leads there. A step is looked at if it names a model or what it
/// requires; who the default model is need not be found out before somebody asks it.
pub async fn doubts(models: &Models, block: &Block) -> Vec<String> {
    let mut steps = Vec::new();
    every(block, &mut steps);
    let mut doubts = Vec::new();
    for step in steps {
        let names = wish(step).is_some_and(|wish| wish.model.is_some() || !wish.requires.is_empty());
        if names && let Err(failure) = one(models, step).await {
            doubts.push(format!("note: {}, if the run comes to it", of_step(step, failure).message));
        }
    }
    doubts
}

/// The steps of a block, those of bodies and of nested pipelines too.
pub(super) fn every<'a>(block: &'a Block, steps: &mut Vec<&'a Step>) {
    for step in &block.steps {
        steps.push(step);
        step.act.blocks().into_iter().for_each(|inner| every(inner, steps));
        if let Act::Nested(nested) = &step.act {
            every(&nested.pipeline.block, steps);
        }
    }
}

async fn one(models: &Models, step: &Step) -> Outcome<()> {
    let Some(wish) = wish(step) else { return Ok(()) };
    let explained = models.explain(&wish).await?;
    let blind = explained.picked().filter(|spec| !spec.capabilities.vision);
    if let (Act::Llm(call), Some(spec)) = (&step.act, blind)
        && !call.images.is_empty()
    {
        return Err(Failure::new(FailureKind::Invalid, format!("{} takes no images", spec.id))
            .hint("requires: [vision] chooses a model that does"));
    }
    explained.choice.picked.map(drop)
}

fn of_step(step: &Step, failure: Failure) -> Failure {
    Failure { message: format!("nobody can answer step `{}`: {}", step.name, failure.message), ..failure }
}

/// The steps that run and whose failure is that of the pipeline, unless something fails before.
pub(super) fn sure(block: &Block) -> Vec<&Step> {
    let mut open: HashSet<usize> = HashSet::new();
    // Those that may not even begin, and with them whatever waits for them.
    let mut skipped: HashSet<usize> = HashSet::new();
    let mut sure = Vec::new();
    for at in graph::order(block) {
        let Some(step) = block.steps.get(at) else { continue };
        let leads = |other: &usize| block.steps.get(*other).is_some_and(Step::may_lead_away);
        let only_fails = |other: &usize| !leads(other) && block.steps.get(*other).is_some_and(Step::is_control);
        let unsure = step.after.iter().any(|other| open.contains(other) || leads(other))
            || step.behind.iter().any(|other| skipped.contains(other) || !only_fails(other));
        if unsure {
            skipped.insert(at);
        }
        if unsure || step.condition.is_some() || step.goes_past_failure() {
            open.insert(at);
        } else {
            sure.push(step);
        }
    }
    sure
}
