//! What a fork of a pipeline keeps of a run, by the graph alone: whatever does not come after the step at which it ends, so that it
//! matters neither which of two steps was faster nor what a run that went on has noted behind all the rest.

use crate::app::build::App;
use crate::app::launch::Launch;
use crate::core::effect::EffectKind;
use crate::core::ids::Frame;
use crate::pipeline::plan::{Act, Block, Pipeline, Step};
use crate::pipeline::{load, reach};
use crate::store::effects::EffectRow;
use crate::store::runs::RunRow;
use indexmap::IndexSet;
use std::cmp::Ordering;
use std::collections::{BTreeSet, HashMap, HashSet};
use std::ptr;
use std::rc::Rc;
use std::sync::Arc;

/// On which side of the steps that are named a fork ends.
#[derive(Clone, Copy, PartialEq, Eq)]
pub enum Side {
    /// They are taken over.
    Behind,
    /// They are left out.
    Before,
}

/// What a fork takes over.
#[derive(Default)]
pub struct Beside {
    /// Its effects, by number.
    pub effects: BTreeSet<u64>,
    /// The steps of those of them that stand behind its end though they do not come after it, nor before it, as `rhizo runs show`
    /// names them, in the order of their effects.
    pub steps: IndexSet<String>,
}

impl Beside {
    /// All up to a point in time.
    pub fn until(effects: &[EffectRow], upto: u64) -> Self {
        let effects = effects.iter().map(|effect| effect.seq).filter(|seq| *seq <= upto).collect();
        Self { effects, ..Self::default() }
    }
}

/// The pipeline of a run as it was when it began: by its steps the log is told apart. Nothing if there is none, or if it cannot
/// be read by now, which is told when the run goes on.
pub fn pipeline(app: &App, row: &RunRow, launch: &Launch) -> Option<Arc<Pipeline>> {
    let (path, text) =
        (launch.path()?, launch.source.as_ref().filter(|_| row.kind == "pipeline" || launch.tool.is_some())?);
    let tools = app.kit.tools.get().ok()?;
    load::load_text(&app.kit.settings, tools, &path, text).ok()
}

/// What is kept of a pipeline; `frames` are those of all steps that are named or of parts of them: what comes after any of these is
/// not kept, unless another one of them rests on it and they are. Where the graph does not tell, all up to effect `upto` is.
pub fn of(block: &Block, effects: &[EffectRow], (upto, side): (u64, Side), frames: &HashSet<Frame>) -> Beside {
    let mut kept = Beside::default();
    let named: HashSet<&str> = frames.iter().map(Frame::as_str).collect();
    let is_within = |frame: &str| around(frame).any(|around| named.contains(around));
    let (ends, mut known) = (frames.iter().filter(|frame| !is_within(frame.as_str())), HashMap::new());
    let ways: Vec<Vec<Level<'_>>> = ends.map(|frame| way(block, frame, &mut known)).collect();
    let mut last = upto;
    for effect in effects {
        let (frame, path) = (effect.key.frame.as_str(), steps(&effect.key.frame));
        let places: Vec<(Place, usize)> = ways.iter().map(|way| place(way, &path)).collect();
        let has = |place: Place| places.iter().any(|(other, _)| *other == place);
        let is_own = named.contains(frame) || is_within(frame);
        let is_free = !has(Place::After) && (effect.seq <= upto || !has(Place::Untold));
        let is_kept = match side {
            Side::Behind => is_own || has(Place::Before) || is_free,
            Side::Before => !is_own && is_free,
        };
        if !is_kept {
            continue;
        }
        kept.effects.insert(effect.seq);
        // A note of what was gone past may be as late as the run that went on.
        last = if effect.kind == EffectKind::Handled { last } else { last.max(effect.seq) };
        if effect.seq > upto && !is_own && is_free && !has(Place::Before) {
            let depth = places.iter().map(|(_, depth)| *depth).max().unwrap_or_default();
            let mut names = effect.key.frame.steps();
            names.truncate(depth + 1);
            kept.steps.extend(names.pop());
        }
    }
    // Which model a wish got is noted for the run as a whole, before the first call to it.
    let is_choice = |effect: &&EffectRow| effect.kind == EffectKind::Decision && effect.key.frame == Frame::root();
    kept.effects.extend(effects.iter().filter(is_choice).map(|effect| effect.seq).filter(|seq| *seq < last));
    kept
}

/// The frames around one. Another visit of a step is no part of the first one.
fn around(frame: &str) -> impl Iterator<Item = &str> {
    let ends = frame.match_indices('/').filter(move |(end, _)| !frame[*end..].starts_with("/visit:"));
    ends.map(move |(end, _)| &frame[..end])
}

/// Where an effect stands by the graph, seen from the step at which a fork ends.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Place {
    Before,
    Beside,
    After,
    /// Around it, in a circle with it, or in parts of a program: only the order of the log tells.
    Untold,
}

/// Where steps of a block stand, by their names.
type Places<'a> = HashMap<&'a str, Place>;

/// A step on the way down to the one at which a fork ends.
struct Level<'a> {
    step: &'a Step,
    /// Where the other steps of its block stand.
    others: Rc<Places<'a>>,
    /// What leads on from it: a visit, an item, a turn.
    parts: Vec<&'a str>,
}

impl Level<'_> {
    /// Where another part of the step stands.
    fn place(&self, parts: &[&str]) -> Place {
        match rounds(parts).cmp(&rounds(&self.parts)) {
            _ if self.parts.starts_with(parts) => Place::Untold,
            Ordering::Less => Place::Before,
            Ordering::Greater => Place::After,
            Ordering::Equal if self.has_beside(parts) => Place::Beside,
            Ordering::Equal => Place::Untold,
        }
    }

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

/// Which visit of a step parts of it are of, and which turn in that.
fn rounds(parts: &[&str]) -> (u64, u64) {
    let number = |kind: &str| parts.iter().find_map(|part| part.strip_prefix(kind)?.parse::<u64>().ok());
    (number("visit:").unwrap_or(1), number("turn:").unwrap_or(0))
}

/// The way to a frame, as far as steps lead to it. What is `known` by block and step serves all ways: those of the items of a step
/// pass the same ones.
fn way<'a>(
    mut block: &'a Block,
    frame: &'a Frame,
    known: &mut HashMap<(*const Block, usize), Rc<Places<'a>>>,
) -> Vec<Level<'a>> {
    let mut way = Vec::new();
    for (name, parts) in steps(frame) {
        let Some((at, step)) = block.steps.iter().enumerate().find(|(_, step)| step.name == name) else { break };
        let inner = parts.last().and_then(|part| inner(step, part));
        let others = known.entry((ptr::from_ref(block), at)).or_insert_with(|| Rc::new(others(block, at)));
        way.push(Level { step, others: Rc::clone(others), parts });
        let Some(inner) = inner else { break };
        block = inner;
    }
    way
}

/// Where the steps of a block stand, seen from one of them.
fn others<'a>(block: &'a Block, at: usize) -> Places<'a> {
    let (earlier, later) = (reach::earlier(block, at), reach::later(block, at));
    let place = |(other, step): (usize, &'a Step)| {
        let place = match (earlier.contains(&other), later.contains(&other)) {
            (true, true) => Place::Untold,
            (true, false) => Place::Before,
            (false, true) => Place::After,
            (false, false) => Place::Beside,
        };
        (step.name.as_str(), place)
    };
    block.steps.iter().enumerate().filter(|(other, _)| *other != at).map(place).collect()
}

/// Where what is below these steps stands, seen from the end of a way, and how deep the step that shows it.
fn place(way: &[Level<'_>], path: &[(&str, Vec<&str>)]) -> (Place, usize) {
    for (depth, (level, (name, parts))) in way.iter().zip(path).enumerate() {
        if *name != level.step.name {
            return (level.others.get(*name).copied().unwrap_or(Place::Untold), depth);
        }
        if *parts != level.parts {
            return (level.place(parts), depth + 1);
        }
    }
    (Place::Untold, path.len())
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
