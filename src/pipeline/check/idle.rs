//! What is written for the absence of a step that may fail, and helps nobody: its reader is skipped with it. Such a
//! reading is no fault, it is noted.

use crate::pipeline::check::Seen;
use crate::pipeline::check::forms::Forms;
use crate::pipeline::check::ways::reader;
use crate::pipeline::plan::{Act, Jump, While};
use crate::pipeline::read::{Part, Reader, Use};
use crate::pipeline::values::Values;
use crate::script::expression::{Constant, Expression, Form, Question};
use serde_json::Value;
use std::collections::HashSet;

/// Notes them, of each reader once for each step.
pub(super) fn check(file: &mut Reader<'_, '_>, forms: &Forms<'_>) {
    let (mut seen, mut notes) = (HashSet::new(), Vec::new());
    for read in &file.uses {
        let idle = idle(read, forms).filter(|pair| seen.insert(*pair));
        notes.extend(idle.map(|(step, name)| (read.at, told(step, name))));
    }
    notes.into_iter().for_each(|(at, note)| file.note(at, note));
}

fn told(step: &str, name: &str) -> String {
    format!(
        "`{step}` is skipped where `{name}` fails, so nothing takes the place of `{name}` here: with `dependencies: \
         [outcomes.{name}]` it runs all the same"
    )
}

/// The reader of a step, and that step, if its failure is dealt with so that the flow comes by the reader, which bears its
/// absence and never meets it.
fn idle<'k>(read: &Use, forms: &Forms<'k>) -> Option<(&'k str, &'k str)> {
    let name = read.reference.path.first().filter(|_| !read.local)?;
    let seen = forms.known.steps.get(name.as_str())?;
    let at = reader(&forms.known.around(&read.user.step), seen)?;
    let comes_by = match seen.step.on_failure.as_ref()? {
        Jump::Continue => true,
        Jump::To(target) => seen.ways.position(target).is_some_and(|to| to > seen.at && to <= at),
        _ => false,
    };
    let step = seen.ways.step(at).filter(|step| comes_by && !step.watches.contains(name))?;
    let never_meets = seen.ways.falls_with(at, seen.at) && forms.absence.is_there(read, name);
    (never_meets && bears(read, name) && answers(seen, forms)).then_some((step.name.as_str(), seen.step.name.as_str()))
}

/// Whether a step that succeeds is known to have a value: one that may be `()` is replaced then.
fn answers(seen: &Seen<'_>, forms: &Forms<'_>) -> bool {
    let turns = match &seen.step.act {
        Act::While(repeat) => begins(repeat),
        _ => true,
    };
    let made = forms.seen(&seen.step.name, &seen.step.name).filter(|_| turns);
    made.is_some_and(|made| made.lack.is_none() && made.form != Form::Any)
}

/// Whether a `while` has a first iteration, whatever it reads of others: without one it has no value.
fn begins(repeat: &While) -> bool {
    let mut values = Values::default();
    values.set("prev", Value::Null);
    values.set("iteration", Value::from(1));
    values.holds(&repeat.condition) == Ok(true)
}

/// Whether something is done here where there is no value of a step.
fn bears(read: &Use, name: &str) -> bool {
    let nothing = |question: &Question| question.path == [name] && question.with == Constant::Nothing;
    let replaces = |whole: &Expression| read.reference.path.len() == 1 && whole.replaces(&read.reference);
    let asks = |whole: &Expression| replaces(whole) || whole.questions().iter().any(nothing);
    let passes = read.reference.optional.contains(&1);
    // A condition that is false without the value says that nothing is to be done then.
    read.user.part != Part::Condition && (passes || read.expression.as_ref().is_some_and(asks))
}
