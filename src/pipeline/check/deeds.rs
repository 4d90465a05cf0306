//! What is done with values that may be `()` and does not bear it, and operators between values that they never take.

use crate::pipeline::check::absence::Absence;
use crate::pipeline::check::forms::Forms;
use crate::pipeline::read::{Reader, Use};
use crate::script::expression::{Deed, Form};

/// What is wrong with what is done with an input that need not be given.
pub(super) fn of_input(read: &Use, input: &str, absence: &Absence<'_>, forms: &Forms<'_>) -> Option<String> {
    let way = format!("inputs.{input}");
    let remedy = remedy(read, &way, forms)?;
    let asked = read.reference.optional.is_some() || !absence.lacks(read, input) || absence.looks_first(read);
    (!asked).then(|| format!("`{way}` may be `()`: give it a default, {remedy}, or ask `{way} != ()`"))
}

/// What is wrong with what is done with the value of a step that may be skipped.
pub(super) fn of_step(read: &Use, name: &str, absence: &Absence<'_>, forms: &Forms<'_>) -> Option<String> {
    let remedy = remedy(read, name, forms).filter(|_| !absence.looks_first(read))?;
    let why = absence.why(read, name)?;
    Some(format!(
        "`{name}` may be `()` here, because {why}: {remedy}, or let a condition ask `outcomes.{name} == \"ok\"`"
    ))
}

/// What helps against `()`; `None` if what is done bears it.
fn remedy(read: &Use, way: &str, forms: &Forms<'_>) -> Option<String> {
    let beside = || {
        let whole = read.expression.as_ref();
        whole.map_or(Form::Any, |whole| whole.beside(&read.reference, &|name| forms.named(name)))
    };
    let bears = match read.reference.deed.as_ref()? {
        Deed::Call(name) => return Some(format!("write `{way}?.{name}(..)`")),
        Deed::Index => return Some(format!("write `{way}?[..]`")),
        Deed::Operator => false,
        Deed::Order => matches!(beside(), Form::Any | Form::List | Form::Map(_)),
    };
    (!bears).then(|| "give another value by `??`".to_owned())
}

/// Refuses operators between values that they never take.
pub(super) fn clashes(reader: &mut Reader<'_, '_>, forms: &Forms<'_>) {
    let same = |one: &Use, other: &Use| {
        one.expression.as_ref().zip(other.expression.as_ref()).is_some_and(|(one, other)| one.is(other))
    };
    let mut faults = Vec::new();
    for uses in reader.uses.chunk_by(same) {
        // A name of the step's own may be that of another step, too.
        let Some(first) = uses.first().filter(|_| uses.iter().all(|read| !read.local)) else { continue };
        let Some(whole) = &first.expression else { continue };
        if let Some(clash) = whole.clash(&|name| forms.named(name)) {
            let (operator, left, right) = (&clash.operator, clash.left.kind(), clash.right.kind());
            faults.push((first.at, format!("`{operator}` does not take {left} and {right}: `{}`", whole.source())));
        }
    }
    faults.into_iter().for_each(|(at, message)| reader.fault(at, message));
}
