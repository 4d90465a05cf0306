//! Whose value may be `()` where it is read: what is skipped, jumped over, or failed while the flow goes on.

use crate::pipeline::check::{Known, Seen};
use crate::pipeline::graph::{jumps, targets};
use crate::pipeline::plan::{Act, Block, Input, Jump, Step};
use crate::pipeline::read::{Part, Use, User};
use crate::pipeline::tree::Spot;
use crate::script::expression::{Constant, Expression, Question, Reference};
use std::collections::HashSet;

/// What a body gives its steps beside the item, under the same names as one further out.
const OF_BODIES: &[&str] = &["key", "index", "prev", "iteration"];

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
        if read.reference.optional == Some(1) || asked || self.asks_before(read, name) {
            return None;
        }
        if read.user.part == Part::Product && read.user.step == name {
            return None;
        }
        let around = self.known.around(&read.user.step);
        let output = read.user.part == Part::Output;
        let reader = reader(&around, seen.block);
        if goes_past(seen, reader, output) && !around.iter().any(|other| has_condition_of(other, seen)) {
            return Some("it has a condition".to_owned());
        }
        if let Some(by) = jumped_over(seen.block, name, reader) {
            return Some(format!("`{by}` may jump over it"));
        }
        // Who needs what failed or was skipped is skipped with it, and so is all that stands in its body.
        let user = reader.and_then(|at| seen.block.steps.get(at));
        let regardless = user.is_some_and(|user| user.always || user.watches.iter().any(|watched| watched == name));
        if output || regardless { self.lost(seen, output) } else { None }
    }

    /// Why the value of a step may be `()` for whoever reads it whatever became of the step.
    fn lost(&self, seen: &Seen<'_>, output: bool) -> Option<String> {
        let step = seen.step;
        let runs = step.always && step.condition.is_none();
        if let Some(by) = ended_before(seen.block, &step.name).filter(|_| !runs) {
            return Some(format!("`{by}` may end the block before it"));
        }
        if self.is_skipped(&step.name) {
            return Some("a step that it needs may fail or be skipped".to_owned());
        }
        let late = goes_on(step) || step.on_false == Some(Jump::Skip);
        (!output || late).then(|| "it may have failed".to_owned())
    }

    /// Whether a part of a step may read `()` by the name of a step, unless the expression itself asks first.
    pub(super) fn may_lack(&self, step: &str, part: Part, name: &str) -> bool {
        let path = vec![name.to_owned()];
        let reference = Reference { path, optional: None, method: None, deed: None, line: 1, column: 1 };
        let user = User { step: step.to_owned(), part };
        self.why(&Use { user, at: Spot::default(), reference, local: false, expression: None }, name).is_some()
    }

    /// Whether an input may be `()` where it is read, and nobody has asked first.
    pub(super) fn lacks(&self, read: &Use, input: &str) -> bool {
        let of_it = |question: &&Question| question.path.iter().map(String::as_str).take(2).eq(["inputs", input]);
        let mut own = read.expression.iter().flat_map(Expression::questions).filter(of_it);
        let mut around = self.conditions(read).flat_map(Expression::questions).filter(of_it);
        let is_there =
            |question: &Question| question.demanded && question.equal != (question.with == Constant::Nothing);
        self.optional.contains(input)
            && !own.any(|question| question.with == Constant::Nothing)
            && !around.any(is_there)
    }

    /// Whether a value is looked at elsewhere in the expression, or by a condition around it, in a way that bears `()`:
    /// whoever does knows that it may be that.
    pub(super) fn looks_first(&self, read: &Use) -> bool {
        let path = &read.reference.path;
        let bears = |expression: &Expression, but: Option<&Reference>| {
            let mut others = expression.references().iter().filter(|other| Some(*other) != but);
            others.any(|other| other.path.starts_with(path) && (other.deed.is_none() || other.optional.is_some()))
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

/// Whether a failure of the step is dealt with, so that the block comes to its end without its value.
fn goes_on(step: &Step) -> bool {
    matches!(step.on_failure, Some(Jump::Continue | Jump::Skip | Jump::To(_) | Jump::End))
}

/// Whether a step that fails, or skips on purpose, lets the flow go on without those that need it.
fn skips_others(step: &Step) -> bool {
    goes_on(step) || jumps(step).any(|jump| *jump == Jump::Skip)
}

/// Whether a condition of the step that does not hold lets the flow reach its reader.
fn goes_past(seen: &Seen<'_>, reader: Option<usize>, output: bool) -> bool {
    let step = seen.step;
    let Some(at) = seen.block.position(&step.name).filter(|_| step.condition.is_some()) else { return false };
    match &step.on_false {
        // What stands behind it is not reached then; what stands before it and waits for it is, and the outputs are made.
        Some(Jump::End) => output || reader.is_some_and(|reader| reader < at),
        Some(Jump::To(target)) => leads_past(seen.block, (at, target), at, reader),
        on_false => matches!(on_false, None | Some(Jump::Continue | Jump::Retry)),
    }
}

/// Whether what stands around a reader runs only if the condition of a step holds, because its own one says the same and
/// means it: what bodies give their steps is something else in each of them.
fn has_condition_of(other: &Seen<'_>, seen: &Seen<'_>) -> bool {
    let Some((own, condition)) = seen.step.condition.as_ref().zip(other.step.condition.as_ref()) else { return false };
    let of_body = |read: &Reference| read.path.first().is_some_and(|name| OF_BODIES.contains(&name.as_str()));
    let beside = seen.block.position(&other.step.name).is_some();
    (beside || !own.references().iter().any(of_body)) && own.says_the_same(condition)
}

/// Where the step of a block stands that reads, or in whose body it is read; nothing if that is outside of the block.
fn reader(around: &[&Seen<'_>], block: &Block) -> Option<usize> {
    around.iter().find_map(|seen| block.position(&seen.step.name))
}

/// A step that may jump over this one, and not over the reader as well.
fn jumped_over<'b>(block: &'b Block, name: &str, reader: Option<usize>) -> Option<&'b str> {
    let at = block.position(name)?;
    let over = |(from, step): (usize, &'b Step)| {
        targets(step).any(|target| leads_past(block, (from, target), at, reader)).then_some(step.name.as_str())
    };
    block.steps.iter().enumerate().take(at).find_map(over)
}

/// Whether a jump leads past a step, but not past its reader as well: whoever is jumped over too reads nothing.
fn leads_past(block: &Block, (from, target): (usize, &str), at: usize, reader: Option<usize>) -> bool {
    let Some(target) = block.position(target) else { return false };
    target > at && !reader.is_some_and(|reader| (from + 1..target).contains(&reader))
}

/// A step that may end the block before this one.
fn ended_before<'b>(block: &'b Block, name: &str) -> Option<&'b str> {
    let at = block.position(name)?;
    block.steps.iter().take(at).find(|step| ends(block, step)).map(|step| step.name.as_str())
}

/// Whether a step may end its block so that the outputs are made all the same. One that ends the whole gives another value
/// than the outputs, unless what always runs ends the block after it.
fn ends(block: &Block, step: &Step) -> bool {
    let leads = |step: &Step| jumps(step).any(|jump| *jump == Jump::End);
    let again = || block.steps.iter().any(|other| other.always && leads(other));
    leads(step) || (matches!(step.act, Act::End(_)) && again())
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
