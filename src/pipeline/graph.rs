//! The one graph of a block: what waits for what. Reading builds it, running and showing follow it.

use crate::pipeline::plan::{Block, Jump, Step};
use crate::pipeline::read::flow::Leap;
use crate::pipeline::read::step::Draft;
use crate::pipeline::read::words::JUMPS;
use crate::pipeline::read::{Part, Reader};
use indexmap::IndexSet;
use std::cmp::Reverse;
use std::collections::{BTreeMap, BTreeSet, BinaryHeap, HashMap, HashSet};

/// Puts the steps of a block into relation, by what they read: the uses from `begin` on. Those that could not be read are
/// left out, but their names are known.
pub(super) fn link(reader: &mut Reader<'_, '_>, drafts: Vec<Draft>, begin: usize) -> Block {
    let known: IndexSet<String> = drafts.iter().map(|draft| draft.name.clone()).collect();
    let mut steps: Vec<Step> = Vec::with_capacity(drafts.len());
    let (mut spots, mut leaps) = (Vec::with_capacity(drafts.len()), Vec::with_capacity(drafts.len()));
    for draft in drafts {
        draft.leaps.iter().for_each(|leap| check_name(reader, &known, leap));
        if let Some(step) = draft.step {
            steps.push(step);
            spots.push(draft.at);
            leaps.push(draft.leaps);
        }
    }
    let names: HashMap<String, usize> = steps.iter().enumerate().map(|(at, step)| (step.name.clone(), at)).collect();
    let owners = owners(&steps);
    depend(reader, &mut steps, begin, &names, &owners);
    control(&mut steps, &names);
    for (at, leaps) in leaps.iter().enumerate() {
        for leap in leaps {
            check_leap(reader, &steps, &names, at, leap);
        }
    }
    for cycle in cycles(&steps) {
        let at = cycle.first().and_then(|first| spots.get(*first).copied()).unwrap_or_default();
        reader.fault(at, format!("these steps wait for each other: {}", shown(&steps, &cycle)));
    }
    Block { steps, positions: names }
}

/// Lets each step wait for what it reads.
fn depend(
    reader: &Reader<'_, '_>,
    steps: &mut [Step],
    begin: usize,
    names: &HashMap<String, usize>,
    owners: &HashMap<String, usize>,
) {
    let mut after: Vec<BTreeSet<usize>> = vec![BTreeSet::new(); steps.len()];
    for read in reader.uses.iter().skip(begin).filter(|read| !read.local) {
        let (Some(owner), Some(first)) = (owners.get(&read.user.step), read.reference.path.first()) else { continue };
        let watches = matches!(first.as_str(), "outcomes" | "errors");
        let name = if watches { read.reference.path.get(1) } else { Some(first) };
        let (Some(step), Some(name)) = (steps.get_mut(*owner), name) else { continue };
        // What a step writes may be its own value, which it does not wait for.
        if read.user.part == Part::Product && *name == read.user.step {
            continue;
        }
        let list = if watches { &mut step.watches } else { &mut step.reads };
        if reader.steps.contains_key(name) && !list.contains(name) {
            list.push(name.clone());
        }
        if let (Some(needed), Some(set)) = (names.get(name), after.get_mut(*owner)) {
            set.insert(*needed);
        }
    }
    for (step, after) in steps.iter_mut().zip(after) {
        step.after = after.into_iter().collect();
    }
}

/// The step of the block that each name belongs to: its own, and those of the bodies in it.
fn owners(steps: &[Step]) -> HashMap<String, usize> {
    fn inner(step: &Step, at: usize, owners: &mut HashMap<String, usize>) {
        owners.insert(step.name.clone(), at);
        for block in step.act.blocks() {
            block.steps.iter().for_each(|step| inner(step, at, owners));
        }
    }
    let mut owners = HashMap::new();
    steps.iter().enumerate().for_each(|(at, step)| inner(step, at, &mut owners));
    owners
}

/// What follows a point of control waits for it, and one that leads back waits for all that it would repeat.
fn control(steps: &mut [Step], names: &HashMap<String, usize>) {
    let points: Vec<usize> = (0..steps.len()).filter(|at| steps.get(*at).is_some_and(Step::is_control)).collect();
    for at in 0..steps.len() {
        let Some(step) = steps.get_mut(at) else { continue };
        let back = targets(step).filter_map(|name| names.get(name)).filter(|target| **target < at).min();
        let repeated = back.map_or(at..at, |target| *target..at);
        let waits: BTreeSet<usize> = points.iter().copied().filter(|point| *point < at).chain(repeated).collect();
        step.behind = waits.into_iter().filter(|other| step.after.binary_search(other).is_err()).collect();
    }
}

/// The names of the steps that a step may lead to.
pub(super) fn targets(step: &Step) -> impl Iterator<Item = &str> {
    jumps(step).filter_map(|jump| if let Jump::To(name) = jump { Some(name.as_str()) } else { None })
}

/// All jumps of a step.
pub(super) fn jumps(step: &Step) -> impl Iterator<Item = &Jump> {
    let own = [&step.on_false, &step.on_success, &step.on_failure].into_iter().flatten();
    let cases: Vec<&Jump> = match &step.act {
        crate::pipeline::plan::Act::Switch(switch) => {
            switch.cases.iter().map(|(_, jump)| jump).chain(&switch.default).collect()
        }
        _ => Vec::new(),
    };
    own.chain(cases)
}

/// Whether a step before this one may lead past it.
pub(super) fn is_passed_over(block: &Block, at: usize) -> bool {
    let leads_past = |step: &Step| targets(step).filter_map(|name| block.position(name)).any(|to| to > at);
    block.steps.iter().take(at).any(leads_past)
}

/// How often each step is visited at most: once, and once more for each jump that repeats it. Visits are counted as long
/// as the block runs, so that a loop inside another one does not begin to count again with it.
pub(super) fn visits(block: &Block) -> Vec<u64> {
    // Where a jump backward leads, and the last step that makes it.
    let mut loops: BTreeMap<usize, usize> = BTreeMap::new();
    for (from, step) in block.steps.iter().enumerate() {
        let backward = jumps(step).filter_map(|jump| target(block, from, jump)).filter(|to| *to <= from);
        loops.extend(backward.map(|to| (to, from)));
    }
    let loops: Vec<_> = loops.into_iter().map(|(to, from)| (to..=from, repetitions(block, to))).collect();
    let most = |(at, step): (usize, &Step)| {
        let around = loops.iter().filter(|(repeated, _)| repeated.contains(&at));
        let led = 1 + around.map(|(_, times)| times).sum::<u64>();
        step.max_visits.map_or(led, |most| led.min(u64::from(most)))
    };
    block.steps.iter().enumerate().map(most).collect()
}

/// How often the flow is led back to a step at most: one that was passed over has its first visit then.
fn repetitions(block: &Block, to: usize) -> u64 {
    let most = block.steps.get(to).and_then(|step| step.max_visits).map_or(1, u64::from);
    if is_passed_over(block, to) { most } else { most.saturating_sub(1) }
}

/// The step to which a jump leads, if it is one.
pub(super) fn target(block: &Block, from: usize, jump: &Jump) -> Option<usize> {
    match jump {
        Jump::To(name) => block.position(name),
        Jump::Retry => Some(from),
        _ => None,
    }
}

/// Keeps the fault that a jump leads to no step of the block.
fn check_name(reader: &mut Reader<'_, '_>, steps: &IndexSet<String>, leap: &Leap) {
    let Jump::To(name) = &leap.jump else { return };
    if !steps.contains(name) {
        let known: Vec<&str> = steps.iter().map(String::as_str).chain(JUMPS.iter().copied()).collect();
        reader.unknown(leap.at, &format!("{} leads to no step of this block:", leap.what), name, &known);
    }
}

/// Keeps the fault that a jump leads back without an end.
fn check_leap(reader: &mut Reader<'_, '_>, steps: &[Step], names: &HashMap<String, usize>, at: usize, leap: &Leap) {
    let target = match &leap.jump {
        Jump::To(name) => names.get(name).copied(),
        Jump::Retry => Some(at),
        _ => None,
    };
    let back = target.filter(|target| *target <= at).and_then(|target| steps.get(target));
    if let Some(step) = back.filter(|step| step.max_visits.is_none()) {
        let message = format!(
            "{} leads back to `{}`, which needs `max_visits`: how often it may be visited at most",
            leap.what, step.name
        );
        reader.fault(leap.at, message);
    }
    // What is repeated runs in the order of the file, and a jump back waits for all that stands before it.
    if let (Some(back), Some(from)) = (back, steps.get(at))
        && let Some((early, late)) = out_of_order(steps)
    {
        let message = format!(
            "`{}` leads back to `{}`, and `{early}` stands before `{late}`, which it needs: write the steps in the order \
             in which they run",
            from.name, back.name
        );
        reader.fault(leap.at, message);
    }
}

/// A step that stands before one that it needs, and that one.
fn out_of_order(steps: &[Step]) -> Option<(&str, &str)> {
    steps.iter().enumerate().find_map(|(own, step)| {
        let needed = step.after.iter().find(|needed| **needed > own)?;
        steps.get(*needed).map(|needed| (step.name.as_str(), needed.name.as_str()))
    })
}

/// The ways that lead back to where they began, each once, as positions.
fn cycles(steps: &[Step]) -> Vec<Vec<usize>> {
    let mut found = Vec::new();
    let mut done: HashSet<usize> = HashSet::new();
    for start in 0..steps.len() {
        // A way and what is left to look at behind each of its steps: the walk keeps its own stack.
        let mut way: Vec<(usize, Vec<usize>)> = Vec::new();
        if !done.contains(&start) {
            way.push((start, waits(steps, start)));
        }
        while let Some((at, rest)) = way.last_mut() {
            let Some(next) = rest.pop() else {
                done.insert(*at);
                way.pop();
                continue;
            };
            if let Some(begin) = way.iter().position(|(at, _)| *at == next) {
                found.push(way.iter().skip(begin).map(|(at, _)| *at).collect());
            } else if !done.contains(&next) {
                way.push((next, waits(steps, next)));
            }
        }
    }
    found
}

/// What a step waits for.
pub(super) fn waits(steps: &[Step], at: usize) -> Vec<usize> {
    steps.get(at).map(|step| step.after.iter().chain(&step.behind).copied().collect()).unwrap_or_default()
}

fn shown(steps: &[Step], cycle: &[usize]) -> String {
    let names: Vec<&str> =
        cycle.iter().chain(cycle.first()).filter_map(|at| steps.get(*at)).map(|step| step.name.as_str()).collect();
    names.join(" -> ")
}

/// The steps that wait for each one.
pub(super) fn waiting(block: &Block) -> Vec<Vec<usize>> {
    let mut waiting = vec![Vec::new(); block.steps.len()];
    for at in 0..block.steps.len() {
        for other in waits(&block.steps, at) {
            waiting.get_mut(other).into_iter().for_each(|all| all.push(at));
        }
    }
    waiting
}

/// The steps of a block, each behind those that it waits for, as far as they do not wait for each other.
pub(super) fn needed_first(block: &Block) -> Vec<usize> {
    let (mut order, mut seen) = (Vec::with_capacity(block.steps.len()), HashSet::new());
    for start in 0..block.steps.len() {
        let mut way = vec![(start, false)];
        while let Some((at, is_ready)) = way.pop() {
            if is_ready {
                order.push(at);
            } else if seen.insert(at) {
                way.push((at, true));
                way.extend(waits(&block.steps, at).into_iter().map(|other| (other, false)));
            }
        }
    }
    order
}

/// The steps of a block in an order in which they can run, those written first before others.
pub fn order(block: &Block) -> Vec<usize> {
    let (waiting, priority) = (waiting(block), |at: usize| block.steps.get(at).map(|step| step.priority));
    let mut open: Vec<usize> = (0..block.steps.len()).map(|at| waits(&block.steps, at).len()).collect();
    let begin = open.iter().enumerate().filter(|(_, open)| **open == 0);
    let mut ready: BinaryHeap<_> = begin.map(|(at, _)| (priority(at), Reverse(at))).collect();
    let mut order = Vec::with_capacity(block.steps.len());
    while let Some((_, Reverse(at))) = ready.pop() {
        order.push(at);
        for other in waiting.get(at).into_iter().flatten() {
            let Some(open) = open.get_mut(*other) else { continue };
            *open -= 1;
            if *open == 0 {
                ready.push((priority(*other), Reverse(*other)));
            }
        }
    }
    order
}
