//! Whose value may be `()` where it is read: what is skipped, jumped over, or failed while the flow goes on.

use crate::pipeline::check::ways::{
    ended_before, ends, falls_with, goes_on, goes_past, has_condition_of, jumped_over, reader, skips_others,
};
use crate::pipeline::check::{Known, Seen};
use crate::pipeline::plan::{Act, Input, Jump, Step};
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
    /// What is known of a file with these inputs.
    pub(super) fn of(known: &'k Known<'k>, inputs: &'k [Input]) -> Self {
        let optional = inputs.iter().filter(|input| input.may_be_nothing());
        let optional = optional.map(|input| input.name.as_str()).collect();
        let enders = known.steps.values().filter(|seen| ends(seen.block, seen.step));
        let behind =
            |seen: &'k Seen<'k>| seen.block.steps.iter().skip_while(move |step| step.name != seen.step.name).skip(1);
        let ended = enders.flat_map(behind).filter(|step| !step.always);
        let skipped = ended.map(|step| step.name.as_str()).collect();
        let mut absence = Self { known, optional, skipped };
        // What is skipped passes on, so that it is looked at until nothing is added.
        loop {
            let before = absence.skipped.len();
            for (name, seen) in &known.steps {
                if absence.is_skipped_with_another(seen) {
                    absence.skipped.insert(name);
                }
            }
            if absence.skipped.len() == before {
                return absence;
            }
        }
    }

    fn is_skipped_with_another(&self, seen: &Seen<'k>) -> bool {
        let step = seen.step;
        let of_block = |at: &usize| seen.block.steps.get(*at);
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
        let reader = reader(&around, seen.block);
        // Outputs, and what was taken out of a body, are made when all of the block is done.
        let behind = reader.is_none();
        if goes_past(seen, reader, behind) && !around.iter().any(|other| has_condition_of(other, seen)) {
            return Some("it has a condition".to_owned());
        }
        if let Some(by) = jumped_over(seen.block, name, reader) {
            return Some(format!("`{by}` may jump over it"));
        }
        // Who needs what failed or was skipped is skipped with it, and so is all that stands in its body.
        let regardless = reader.is_none_or(|at| !falls_with(seen, at));
        if regardless { self.lost(seen, behind) } else { None }
    }

    /// Why the value of a step may be `()` for whoever reads it whatever became of the step, or behind the whole block.
    fn lost(&self, seen: &Seen<'_>, behind: bool) -> Option<String> {
        let step = seen.step;
        let runs = step.always && step.condition.is_none();
        if let Some(by) = ended_before(seen.block, &step.name).filter(|_| !runs) {
            return Some(format!("`{by}` may end the block before it"));
        }
        if self.is_skipped(&step.name) {
            return Some("a step that it needs may fail or be skipped".to_owned());
        }
        let late = goes_on(step) || step.on_false == Some(Jump::Skip);
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
            let is_passed = self.is_skipped(&step.name) || jumped_over(seen.block, &step.name, None).is_some();
            !asks && !repeats && !is_passed
        })
    }

    /// Whether an input need not be given.
    pub(super) fn is_optional(&self, input: &str) -> bool {
        self.optional.contains(input)
    }

    /// Whether an input may be `()` where it is read, and nobody has asked first.
    pub(super) fn lacks(&self, read: &Use, input: &str) -> bool {
        let of_it = |question: &&Question| question.path.iter().map(String::as_str).take(2).eq(["inputs", input]);
        let mut own = read.expression.iter().flat_map(Expression::questions).filter(of_it);
        let mut around = self.conditions(read).flat_map(Expression::questions).filter(of_it);
        self.is_optional(input) && !own.any(|question| question.with == Constant::Nothing) && !around.any(makes_sure)
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
        let bears = |expression: &Expression, but: Option<&Reference>| {
            let mut others = expression.references().iter().filter(|other| Some(*other) != but);
            others.any(|other| other.path.starts_with(path) && is_borne(other))
                && !expression.questions().iter().any(|question| question.path == *path)
        };
        read.expression.iter().any(|own| bears(own, Some(&read.reference)))
            || self.conditions(read).any(|condition| bears(condition, None))
    }

    /// Whether a condition around the reader makes sure that the step failed.
    pub(super) fn asks_error(&self, read: &Use, name: &str) -> bool {
        let own = read.expression.iter().flat_map(Expression::questions);
        let demanded = self.conditions(read).flat_map(Expression::questions).filter(|question| question.demanded);
        own.chain(demanded).any(|question| failed(question, name))
    }

    /// Whether a condition around the reader makes sure that the value is there.
    fn asks_before(&self, read: &Use, name: &str) -> bool {
        let mut demanded = self.conditions(read).flat_map(Expression::questions).filter(|question| question.demanded);
        demanded.any(|question| there(question, name))
    }

    /// The conditions that hold where something is read.
    fn conditions<'s>(&'s self, read: &Use) -> impl Iterator<Item = &'s Expression> + use<'s, 'k> {
        let own = usize::from(read.user.part == Part::Condition);
        self.known.around(&read.user.step).into_iter().skip(own).filter_map(|seen| seen.step.condition.as_ref())
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

/// Whether this asks for the value of a step, or for how the step ended.
fn asks(question: &Question, name: &str) -> bool {
    match question.path.iter().map(String::as_str).collect::<Vec<_>>().as_slice() {
        [of] => *of == name && question.with == Constant::Nothing,
        ["outcomes", of] => *of == name,
        _ => false,
    }
}

/// Whether this is true only if the value of a step is there.
fn there(question: &Question, name: &str) -> bool {
    is_ended(question, name, "ok") || (!question.equal && question.with == Constant::Nothing && question.path == [name])
}

/// Whether this is true only if a step failed.
fn failed(question: &Question, name: &str) -> bool {
    let error = !question.equal && question.with == Constant::Nothing && question.path == ["errors", name];
    error || is_ended(question, name, "failed")
}

fn is_ended(question: &Question, name: &str, how: &str) -> bool {
    question.equal && question.path == ["outcomes", name] && question.with == Constant::Text(how.to_owned())
}
