//! Where the flow of a block may lead past a step, and who is led past it as well.

use crate::pipeline::check::Seen;
use crate::pipeline::graph::{jumps, needed_first, targets};
use crate::pipeline::plan::{Act, Block, Jump, Step};
use crate::script::expression::{Expression, Reference};
use std::cmp::Reverse;

/// What a body gives its steps beside the item, under the same names as one further out.
const OF_BODIES: &[&str] = &["key", "index", "prev", "iteration"];

/// The ways through a block, looked at once: every reading of a file asks for them, and a block may have thousands of steps.
pub(super) struct Ways<'p> {
    block: &'p Block,
    /// The jumps forward: from where, and to where.
    leaps: Vec<(usize, usize)>,
    /// Which steps one of them leads over.
    over: Bits,
    /// The first step that may end the block.
    end: Option<usize>,
    /// The steps whose conditions may hold up others.
    gates: Vec<usize>,
    /// With which others each step is skipped.
    falls: Vec<Bits>,
}

/// Positions in a block.
#[derive(Clone, Default)]
struct Bits(Vec<u64>);

impl Bits {
    fn set(&mut self, at: usize) {
        let word = at / 64;
        self.0.resize(self.0.len().max(word + 1), 0);
        if let Some(bits) = self.0.get_mut(word) {
            *bits |= 1_u64 << (at % 64);
        }
    }

    fn has(&self, at: usize) -> bool {
        self.0.get(at / 64).is_some_and(|bits| (bits >> (at % 64)) & 1 == 1)
    }

    fn join(&mut self, other: &Self) {
        self.0.resize(self.0.len().max(other.0.len()), 0);
        self.0.iter_mut().zip(&other.0).for_each(|(own, other)| *own |= other);
    }
}

impl<'p> Ways<'p> {
    /// Those of a block.
    pub(super) fn of(block: &'p Block) -> Self {
        let steps = || block.steps.iter().enumerate();
        let forward = |(from, step): (usize, &'p Step)| {
            let to = targets(step).filter_map(move |name| block.position(name)).filter(move |to| *to > from);
            to.map(move |to| (from, to))
        };
        let leaps: Vec<(usize, usize)> = steps().flat_map(forward).collect();
        let mut over = Bits::default();
        leaps.iter().for_each(|(from, to)| (from + 1..*to).for_each(|at| over.set(at)));
        let is_gate = |step: &Step| step.condition.is_some() && step.on_false.is_some();
        let gates = steps().filter(|(_, step)| is_gate(step)).map(|(at, _)| at).collect();
        let falls = vec![Bits::default(); block.steps.len()];
        let mut ways = Self { block, leaps, over, end: ended(block), gates, falls };
        for at in needed_first(block) {
            let falls = ways.falls_of(at);
            if let Some(place) = ways.falls.get_mut(at) {
                *place = falls;
            }
        }
        ways
    }

    /// The step at a position.
    pub(super) fn step(&self, at: usize) -> Option<&'p Step> {
        self.block.steps.get(at)
    }

    /// The position of a step by its name.
    pub(super) fn position(&self, name: &str) -> Option<usize> {
        self.block.position(name)
    }

    /// With which others a step is skipped where they are, or have failed, because it needs them or what needs them; that
    /// is known already of those that it waits for.
    fn falls_of(&self, at: usize) -> Bits {
        let mut all = Bits::default();
        let Some(step) = self.step(at).filter(|step| !step.always) else { return all };
        let needed = step.after.iter().map(|at| (*at, true)).chain(step.behind.iter().map(|at| (*at, false)));
        let mut needed: Vec<(usize, bool)> = needed.collect();
        // The last one first: what comes with it has brought all that falls with that, and most points come with the last.
        needed.sort_unstable_by_key(|(at, _)| Reverse(*at));
        for (at, is_read) in needed {
            let Some(other) = self.step(at).filter(|other| !step.watches.contains(&other.name)) else { continue };
            let came = all.has(at);
            // A point of control whose failure is dealt with holds up nobody.
            if is_read || !other.goes_on() {
                all.set(at);
            }
            // What is jumped over holds up nobody either.
            if !came && !self.over.has(at) {
                self.falls.get(at).into_iter().for_each(|further| all.join(further));
            }
        }
        all
    }

    /// Whether the step at a position is skipped where another one is, or has failed.
    pub(super) fn falls_with(&self, at: usize, other: usize) -> bool {
        self.falls.get(at).is_some_and(|others| others.has(other))
    }

    /// A step that may jump over the one at a position, and not over the reader as well.
    pub(super) fn jumped_over(&self, at: usize, reader: Option<usize>) -> Option<&'p str> {
        if !self.over.has(at) {
            return None;
        }
        let leap = self.leaps.iter().find(|(from, to)| *from < at && leads_past(*from, *to, at, reader))?;
        self.step(leap.0).map(|step| step.name.as_str())
    }

    /// A step that may end the block before the one at a position.
    pub(super) fn ended_before(&self, at: usize) -> Option<&'p str> {
        let end = self.end.filter(|end| *end < at)?;
        self.step(end).map(|step| step.name.as_str())
    }

    /// Whether the condition of a step that does not hold lets the flow reach its reader.
    pub(super) fn goes_past(&self, at: usize, reader: Option<usize>, output: bool) -> bool {
        let Some(step) = self.step(at).filter(|step| step.condition.is_some()) else { return false };
        match &step.on_false {
            // What stands behind it is not reached then; what stands before it and waits for it is, and the outputs are made.
            Some(Jump::End) => output || reader.is_some_and(|reader| reader < at),
            Some(Jump::To(target)) => self.block.position(target).is_some_and(|to| leads_past(at, to, at, reader)),
            on_false => matches!(on_false, None | Some(Jump::Continue | Jump::Retry)),
        }
    }

    /// The conditions that held wherever the step at a position runs, because that one is not reached, or is skipped, else.
    pub(super) fn held(&self, at: usize) -> impl Iterator<Item = &'p Expression> {
        let stops = move |gate: &usize| self.falls_with(at, *gate) && !self.goes_past(*gate, Some(at), false);
        let holds = move |gate: &&usize| stops(gate) && self.jumped_over(**gate, Some(at)).is_none();
        self.gates.iter().filter(holds).filter_map(move |gate| self.step(*gate)?.condition.as_ref())
    }
}

/// Whether a step that fails, or skips on purpose, lets the flow go on without those that need it.
pub(super) fn skips_others(step: &Step) -> bool {
    step.goes_on() || jumps(step).any(|jump| *jump == Jump::Skip)
}

/// Whether what stands around a reader runs only if the condition of a step holds, because its own one says the same and
/// means it: what bodies give their steps is something else in each of them.
pub(super) fn has_condition_of(other: &Seen<'_>, seen: &Seen<'_>) -> bool {
    let Some((own, condition)) = seen.step.condition.as_ref().zip(other.step.condition.as_ref()) else { return false };
    let of_body = |read: &Reference| read.path.first().is_some_and(|name| OF_BODIES.contains(&name.as_str()));
    (other.stands_beside(seen) || !own.references().iter().any(of_body)) && own.says_the_same(condition)
}

/// Where the step of a block stands that reads, or in whose body it is read; nothing if that is outside of the block.
pub(super) fn reader(around: &[&Seen<'_>], seen: &Seen<'_>) -> Option<usize> {
    around.iter().find(|other| other.stands_beside(seen)).map(|other| other.at)
}

/// Whether a jump leads past a step, but not past its reader as well: whoever is jumped over too reads nothing.
fn leads_past(from: usize, to: usize, at: usize, reader: Option<usize>) -> bool {
    to > at && !reader.is_some_and(|reader| (from + 1..to).contains(&reader))
}

/// The first step that may end its block so that the outputs are made all the same. One that ends the whole gives another
/// value than the outputs, unless what always runs ends the block after it.
fn ended(block: &Block) -> Option<usize> {
    let leads = |step: &Step| jumps(step).any(|jump| *jump == Jump::End);
    let again = block.steps.iter().any(|step| step.always && leads(step));
    block.steps.iter().position(|step| leads(step) || (again && matches!(step.act, Act::End(_))))
}
