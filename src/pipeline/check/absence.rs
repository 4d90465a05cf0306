//! Whose value may be `()` where it is read: what is skipped, jumped over, or failed while the flow goes on.

use crate::pipeline::check::ways::{has_condition_of, reader, skips_others};
use crate::pipeline::check::{Known, Seen};
use crate::pipeline::graph::needed_first;
use crate::pipeline::plan::{Act, Block, Jump, Pipeline, Step};
use crate::pipeline::read::{Part, Use, User};
use crate::pipeline::tree::Spot;
use crate::script::expression::{Constant, Expression, Question, Reference};
use std::collections::HashSet;

/// Whose value may be absent.
pub(super) struct Absence<'k> {
    known: &'k Known<'k>,
    /// Inputs that need not be given and have no default.
    optional: HashSet<&'k str>,
    /// Steps that may be skipped for another one.
    skipped: HashSet<&'k str>,
}

impl<'k> Absence<'k> {
    /// What is known of a file.
    pub(super) fn of(known: &'k Known<'k>, pipeline: &'k Pipeline) -> Self {
        let optional = pipeline.inputs.iter().filter(|input| input.may_be_nothing());
        let optional = optional.map(|input| input.name.as_str()).collect();
        let is_ended = |seen: &Seen<'_>| !seen.step.always && seen.ways.ended_before(seen.at).is_some();
        let skipped = known.steps.iter().filter(|(_, seen)| is_ended(seen)).map(|(name, _)| *name).collect();
        let mut absence = Self { known, optional, skipped };
        absence.pass_on(&pipeline.block);
        absence
    }

    /// What is skipped passes that on to the steps of its block that wait for it.
    fn pass_on(&mut self, block: &'k Block) {
        for step in needed_first(block).into_iter().filter_map(|at| block.steps.get(at)) {
            let seen = self.known.steps.get(step.name.as_str());
            if seen.is_some_and(|seen| self.is_skipped_with_another(seen)) {
                self.skipped.insert(&step.name);
            }
            step.act.blocks().into_iter().for_each(|block| self.pass_on(block));
        }
    }

    fn is_skipped_with_another(&self, seen: &Seen<'k>) -> bool {
        let step = seen.step;
        let of_block = |at: &usize| seen.ways.step(*at);
        let is_lost = |other: &Step, severs: bool| {
            (severs || self.is_skipped(&other.name)) && !step.watches.contains(&other.name)
        };
        let needs = step.after.iter().filter_map(of_block).any(|needed| is_lost(needed, skips_others(needed)));
        // A point of control that was skipped holds up what stands behind it; one whose failure was dealt with does not.
        !step.always && (needs || step.behind.iter().filter_map(of_block).any(|point| is_lost(point, false)))
    }

    /// Whether a step may be skipped because one ended the block, or because one that it needs failed, or said so.
    pub(super) fn is_skipped(&self, step: &str) -> bool {
        self.skipped.contains(step)
    }

    /// Why the value of a step may be `()` where it is read; `None` if it is there, or the reader asks first.
    pub(super) fn why(&self, read: &Use, name: &str) -> Option<String> {
        let seen = self.known.steps.get(name)?;
        let asked = read.expression.iter().flat_map(Expression::questions).any(|question| asks(question, name));
        if read.reference.optional.contains(&1) || asked || self.asks_before(read, name) {
            return None;
        }
        if read.user.part == Part::Product && read.user.step == name {
            return None;
        }
        let around = self.known.around(&read.user.step);
        let (ways, reader) = (&seen.ways, reader(&around, seen));
        // Outputs, and what was taken out of a body, are made when all of the block is done.
        let behind = reader.is_none();
        if ways.goes_past(seen.at, reader, behind) && !around.iter().any(|other| has_condition_of(other, seen)) {
            return Some("it has a condition".to_owned());
        }
        if let Some(by) = ways.jumped_over(seen.at, reader) {
            return Some(format!("`{by}` may jump over it"));
        }
        // Who needs what failed or was skipped is skipped with it, and so is all that stands in its body.
        let regardless = reader.is_none_or(|at| !ways.falls_with(at, seen.at));
        if regardless { self.lost(seen, behind) } else { None }
    }

    /// Whether a reader always meets the value of a step, being skipped where there is none, and no condition asks for it.
    pub(super) fn is_there(&self, read: &Use, name: &str) -> bool {
        let reference = Reference::plain(vec![name.to_owned()]);
        let plain = Use { reference, expression: None, ..read.clone() };
        !self.asks_before(read, name) && self.why(&plain, name).is_none()
    }

    /// Why the value of a step may be `()` for whoever reads it whatever became of the step, or behind the whole block.
    fn lost(&self, seen: &Seen<'_>, behind: bool) -> Option<String> {
        let step = seen.step;
        let runs = step.always && step.condition.is_none();
        if let Some(by) = seen.ways.ended_before(seen.at).filter(|_| !runs) {
            return Some(format!("`{by}` may end the block before it"));
        }
        if self.is_skipped(&step.name) {
            return Some("a step that it needs may fail or be skipped".to_owned());
        }
        let late = step.goes_on() || step.on_false == Some(Jump::Skip);
        (!behind || late).then(|| "it may have failed".to_owned())
    }

    /// Whether an expression may read `()` by the name of a step.
    pub(super) fn may_lack(&self, user: &User, expression: &Expression, name: &str) -> bool {
        let (user, reference) = (user.clone(), Reference::plain(vec![name.to_owned()]));
        let expression = Some(expression.clone());
        self.why(&Use { user, at: Spot::default(), reference, local: false, expression }, name).is_some()
    }

    /// Whether what a value was taken from may be absent for this reader, too.
    pub(super) fn may_be(&self, read: &Use, origin: &[String]) -> bool {
        match origin.iter().map(String::as_str).collect::<Vec<_>>().as_slice() {
            ["inputs", input] => self.lacks(read, input),
            [name] => self.why(&Use { reference: Reference::plain(origin.to_vec()), ..read.clone() }, name).is_some(),
            _ => true,
        }
    }

    /// Whether a reading in the body of a `while` is made in the first iteration, too.
    pub(super) fn is_in_first_turn(&self, read: &Use) -> bool {
        let around = self.known.around(&read.user.step);
        let last = around.iter().skip(1).position(|seen| matches!(seen.step.act, Act::While(_)));
        let runs = last.and_then(|last| around.get(..=last)).is_some_and(|inside| self.run(read.user.part, inside));
        let mut own = read.expression.iter().flat_map(Expression::references);
        runs && !own.any(|other| other.path.first().is_some_and(|name| name == "iteration"))
    }

    /// Whether something is read in any run.
    pub(super) fn is_read_in_any_run(&self, read: &Use) -> bool {
        self.run(read.user.part, &self.known.around(&read.user.step))
    }

    /// Whether steps run in any case, of which each stands in the body of the next one; `part` of the first one reads.
    fn run(&self, part: Part, around: &[&Seen<'_>]) -> bool {
        around.iter().enumerate().all(|(depth, seen)| {
            let step = seen.step;
            let asks = step.condition.is_some() && (depth > 0 || part != Part::Condition);
            let repeats = depth > 0 && matches!(step.act, Act::Each(_) | Act::While(_));
            let is_passed = self.is_skipped(&step.name) || seen.ways.jumped_over(seen.at, None).is_some();
            !asks && !repeats && !is_passed
        })
    }

    /// Whether an input need not be given.
    pub(super) fn is_optional(&self, input: &str) -> bool {
        self.optional.contains(input)
    }

    /// Whether an input may be `()` where it is read, and nobody has asked first.
    pub(super) fn lacks(&self, read: &Use, input: &str) -> bool {
        let way = ["inputs".to_owned(), input.to_owned()];
        let of_it = |question: &&Question| question.path.starts_with(&way);
        let mut own = read.expression.iter().flat_map(Expression::questions).filter(of_it);
        let mut around = self.conditions(read).flat_map(Expression::questions).filter(of_it);
        self.is_optional(input)
            && !own.any(|question| question.with == Constant::Nothing || knows(question, way.len()))
            && !around.any(makes_sure)
            && !self.is_borne_before(read, &way)
    }

    /// Whether the expression asks for a value, or a condition around it does and means it, or they look at it in a way
    /// that bears `()`.
    pub(super) fn asks_for(&self, read: &Use, way: &[String]) -> bool {
        let own = || read.expression.iter();
        let of_it = |question: &&Question| question.path == way;
        let bears = |other: &&Reference| {
            let passed = other.path.starts_with(way) && other.optional.contains(&way.len());
            (passed && (other.deed.is_none() || !other.whole)) || (other.path == way && other.deed.is_none())
        };
        let others = own().flat_map(Expression::references).filter(|other| **other != read.reference);
        own().flat_map(Expression::questions).any(|question| of_it(&question))
            || self.conditions(read).flat_map(Expression::questions).filter(of_it).any(makes_sure)
            || others.chain(self.conditions(read).flat_map(Expression::references)).any(|other| bears(&other))
    }

    /// Whether a value is looked at elsewhere in the expression, or by a condition around it, in a way that bears `()`:
    /// whoever does knows that it may be that.
    pub(super) fn looks_first(&self, read: &Use) -> bool {
        let path = &read.reference.path;
        let own = read.expression.iter().flat_map(Expression::references);
        let mut others = own.filter(|other| **other != read.reference);
        others.any(|other| other.path.starts_with(path) && is_borne(other)) || self.is_borne_before(read, path)
    }

    /// Whether a condition around the reader looks at what stands at a way so that it bears `()`, and is not true just
    /// because of that.
    fn is_borne_before(&self, read: &Use, way: &[String]) -> bool {
        let bears = |condition: &Expression| {
            let mut looks =
                condition.references().iter().filter(|other| other.path.starts_with(way) && is_borne(other));
            looks.any(|other| !condition.questions().iter().any(|asked| asked.path == other.path && is_open(asked)))
        };
        self.conditions(read).any(bears)
    }

    /// Whether a condition around the reader looks at a part of what stands at a way: what is true of one part may tell
    /// that another one is there.
    pub(super) fn is_weighed(&self, read: &Use, way: &[String]) -> bool {
        let is_part = |other: &Reference| other.path.starts_with(way) && (other.path.len() > way.len() || !other.whole);
        self.conditions(read).flat_map(Expression::references).any(is_part)
    }

    /// Whether a field stands as a text in the expression, or in a condition or the choice of items around it: whoever
    /// names it asks whether it is there.
    pub(super) fn says(&self, read: &Use, field: &str) -> bool {
        let around = self.known.around(&read.user.step);
        let items =
            around.iter().filter_map(|seen| if let Act::Each(each) = &seen.step.act { Some(each) } else { None });
        let items = items.flat_map(|each| each.items.expressions());
        let mut all = read.expression.iter().chain(self.conditions(read)).chain(items);
        all.any(|expression| expression.says(field))
    }

    /// Whether a condition around the reader makes sure that the step failed.
    pub(super) fn asks_error(&self, read: &Use, name: &str) -> bool {
        let own = read.expression.iter().flat_map(Expression::questions);
        let demanded = self.conditions(read).flat_map(Expression::questions).filter(|question| question.demanded);
        own.chain(demanded).any(|question| failed(question, name))
    }

    /// Whether a condition around the reader makes sure that the value is there.
    fn asks_before(&self, read: &Use, name: &str) -> bool {
        let demanded = || self.conditions(read).flat_map(Expression::questions).filter(|question| question.demanded);
        let is_not = |how: &str| demanded().any(|question| !question.equal && is_of_outcome(question, name, how));
        demanded().any(|question| there(question, name))
            || (is_not("skipped") && is_not("failed"))
            || self.is_borne_before(read, &[name.to_owned()])
    }

    /// The conditions that hold where something is read: those around it, and those without which it is not reached.
    fn conditions<'s>(&'s self, read: &Use) -> impl Iterator<Item = &'s Expression> + use<'s, 'k> {
        let own = usize::from(read.user.part == Part::Condition);
        let around = self.known.around(&read.user.step);
        let before: Vec<&Expression> = around.iter().flat_map(|seen| seen.ways.held(seen.at)).collect();
        around.into_iter().skip(own).filter_map(|seen| seen.step.condition.as_ref()).chain(before)
    }
}

/// Whether what is done with a reading bears `()`: nothing is done, or it is passed over with what is absent.
const fn is_borne(read: &Reference) -> bool {
    read.deed.is_none() || (!read.optional.is_empty() && !read.whole)
}

/// Whether this is true only if what is asked for is there, and the whole only if this is.
fn makes_sure(question: &Question) -> bool {
    question.demanded && question.equal != (question.with == Constant::Nothing)
}

/// Whether who asks this may go on where the answer is `()`: that is asked for itself, or a text is ruled out.
fn is_open(question: &Question) -> bool {
    question.with == Constant::Nothing || (!question.equal && question.with != Constant::Other)
}

/// Whether who asks this bears that so many parts of its way are `()`, and has an answer that tells where they are not.
fn knows(question: &Question, length: usize) -> bool {
    let bears = question.path.len() == length || question.optional.contains(&length);
    bears && (question.equal || question.with == Constant::Nothing)
}

/// Whether this asks for the value of a step, or for how the step ended.
fn asks(question: &Question, name: &str) -> bool {
    match question.path.iter().map(String::as_str).collect::<Vec<_>>().as_slice() {
        ["outcomes", of] => *of == name,
        [of, ..] => *of == name && knows(question, 1),
        [] => false,
    }
}

/// Whether this is true only if the value of a step is there.
fn there(question: &Question, name: &str) -> bool {
    let of_it = question.path.first().is_some_and(|of| of == name);
    is_ended(question, name, "ok") || (of_it && makes_sure(question))
}

/// Whether this is true only if a step failed.
fn failed(question: &Question, name: &str) -> bool {
    let error = !question.equal && question.with == Constant::Nothing && question.path == ["errors", name];
    error || is_ended(question, name, "failed")
}

fn is_ended(question: &Question, name: &str, how: &str) -> bool {
    question.equal && is_of_outcome(question, name, how)
}

/// Whether this compares how a step ended with this.
fn is_of_outcome(question: &Question, name: &str, how: &str) -> bool {
    question.path == ["outcomes", name] && question.with == Constant::Text(how.to_owned())
}
