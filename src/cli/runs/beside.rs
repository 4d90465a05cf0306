//! What a fork of a pipeline keeps behind the step at which it ends: the answers of steps that do not come after that one, of
//! other items and of other branches, so that it does not matter which of two was faster.

use crate::app::build::App;
use crate::app::launch::Launch;
use crate::core::effect::EffectKind;
use crate::core::ids::Frame;
use crate::pipeline::plan::{Act, Block, Pipeline, Step};
use crate::pipeline::{graph, load};
use crate::store::effects::EffectRow;
use crate::store::runs::RunRow;
use indexmap::IndexSet;
use std::collections::{BTreeSet, HashSet};
use std::sync::Arc;

/// What is kept beside the effects up to a step.
#[derive(Default)]
pub struct Beside {
    /// By number.
    pub effects: BTreeSet<u64>,
    /// The steps that these are of, as `rhizo runs show` names them, in the order of their effects.
    pub steps: IndexSet<String>,
}

/// The pipeline of a run as it was when it began: by its steps the log is told apart. Nothing if there is none, or if it cannot
/// be read by now, which is told when the run goes on.
pub fn pipeline(app: &App, row: &RunRow, launch: &Launch) -> Option<Arc<Pipeline>> {
    let (path, text) = (launch.path()?, launch.source.as_ref().filter(|_| row.kind == "pipeline")?);
    let tools = app.kit.tools.get().ok()?;
    load::load_text(&app.kit.settings, tools, &path, text).ok()
}

/// What is kept behind effect `upto`, the last one of a step or before its end; `frames` are those of all steps that its name
/// means or of parts of them, as what comes after any of these is not kept.
pub fn of(block: &Block, effects: &[EffectRow], upto: u64, frames: &HashSet<Frame>) -> Beside {
    let mut kept = Beside::default();
    let ways: Vec<Vec<Level<'_>>> = frames.iter().map(|frame| way(block, frame)).collect();
    for effect in effects.iter().filter(|effect| effect.seq > upto) {
        let path = steps(&effect.key.frame);
        let depths: Option<Vec<usize>> = ways.iter().map(|way| parting(way, &path)).collect();
        let Some(depth) = depths.and_then(|depths| depths.into_iter().max()) else { continue };
        kept.effects.insert(effect.seq);
        let mut names = effect.key.frame.steps();
        names.truncate(depth + 1);
        kept.steps.extend(names.pop());
    }
    // Which model a wish got is noted for the run as a whole, before the first call to it.
    let last = kept.effects.last().copied().unwrap_or_default();
    let is_choice = |effect: &&EffectRow| effect.kind == EffectKind::Decision && effect.key.frame == Frame::root();
    let choices = effects.iter().filter(is_choice).map(|effect| effect.seq).filter(|seq| (upto..last).contains(seq));
    kept.effects.extend(choices);
    kept
}

/// A step on the way down to the one at which a fork ends.
struct Level<'a> {
    step: &'a Step,
    /// The steps of its block that do not come after it.
    free: BTreeSet<&'a str>,
    /// What leads on from it: a visit, an item, a turn.
    parts: Vec<&'a str>,
}

impl Level<'_> {
    /// Whether another item or branch of the step leads on like this.
    fn has_beside(&self, parts: &[&str]) -> bool {
        let kind = match self.step.act {
            Act::Each(_) => "item:",
            Act::Parallel(_) => "branch:",
            _ => return false,
        };
        match (parts.split_last(), self.parts.split_last()) {
            (Some((one, before)), Some((other, around))) => {
                before == around && one != other && one.starts_with(kind) && other.starts_with(kind)
            }
            _ => false,
        }
    }
}

/// The way to a frame, as far as steps lead to it.
fn way<'a>(mut block: &'a Block, frame: &'a Frame) -> Vec<Level<'a>> {
    let mut way = Vec::new();
    for (name, parts) in steps(frame) {
        let Some((at, step)) = block.steps.iter().enumerate().find(|(_, step)| step.name == name) else { break };
        let later = graph::later(block, at);
        let is_free = |(other, _): &(usize, &Step)| *other != at && !later.contains(other);
        let free = block.steps.iter().enumerate().filter(is_free).map(|(_, step)| step.name.as_str()).collect();
        let inner = parts.last().and_then(|part| inner(step, part));
        way.push(Level { step, free, parts });
        let Some(inner) = inner else { break };
        block = inner;
    }
    way
}

/// How deep the step stands that shows what is below these steps not to come after the end of a way, if one does.
fn parting(way: &[Level<'_>], path: &[(&str, Vec<&str>)]) -> Option<usize> {
    for (depth, (level, (name, parts))) in way.iter().zip(path).enumerate() {
        if *name != level.step.name {
            return level.free.contains(*name).then_some(depth);
        }
        if *parts != level.parts {
            return level.has_beside(parts).then_some(depth + 1);
        }
    }
    None
}

/// The steps of a frame, each with the parts that lead on from it.
fn steps(frame: &Frame) -> Vec<(&str, Vec<&str>)> {
    let mut steps: Vec<(&str, Vec<&str>)> = Vec::new();
    for part in frame.as_str().split('/') {
        if let Some(name) = part.strip_prefix("step:") {
            steps.push((name, Vec::new()));
        } else if let Some((_, parts)) = steps.last_mut() {
            parts.push(part);
        }
    }
    steps
}

/// The block in a step to which a part of a frame leads.
fn inner<'a>(step: &'a Step, part: &str) -> Option<&'a Block> {
    match (&step.act, part.split_once(':').unwrap_or((part, ""))) {
        (Act::Each(each), ("item", _)) => Some(&each.block),
        (Act::While(repeat), ("turn", _)) => Some(&repeat.block),
        (Act::Nested(nested), ("pipeline", _)) => Some(&nested.pipeline.block),
        (Act::Parallel(branches), ("branch", name)) => {
            branches.iter().find(|branch| branch.name == name).map(|branch| &branch.block)
        }
        _ => None,
    }
}
