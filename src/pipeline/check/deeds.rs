//! What is done with values that may be `()` and does not bear it, and what no value of a form takes.

use crate::pipeline::check::forms::Forms;
use crate::pipeline::plan::{Act, Step};
use crate::pipeline::read::{Reader, Use};
use crate::script::expression::{Deed, Form};
use serde_json::Value;

/// What is wrong with what is done with an input that need not be given.
pub(super) fn of_input(read: &Use, input: &str, forms: &Forms<'_>) -> Option<String> {
    let way = format!("inputs.{input}");
    let (remedy, absence) = (remedy(read, &way, forms)?, forms.absence);
    let asked = read.reference.optional.contains(&2) || !absence.lacks(read, input) || absence.looks_first(read);
    (!asked).then(|| format!("`{way}` may be `()`: give it a default, {remedy}, or ask `{way} != ()`"))
}

/// What is wrong with what is done with the value of a step that may be skipped.
pub(super) fn of_step(read: &Use, name: &str, forms: &Forms<'_>) -> Option<String> {
    let remedy = remedy(read, name, forms).filter(|_| !forms.absence.looks_first(read))?;
    let why = forms.absence.why(read, name)?;
    Some(format!(
        "`{name}` may be `()` here, because {why}: {remedy}, or let a condition ask `outcomes.{name} == \"ok\"`"
    ))
}

/// What helps against `()` at the end of a way; `None` if what is done bears it.
pub(super) fn remedy(read: &Use, way: &str, forms: &Forms<'_>) -> Option<String> {
    let beside = || {
        let whole = read.expression.as_ref();
        whole.map_or(Form::Any, |whole| whole.beside(&read.reference, &|name| forms.named(&read.user, name)))
    };
    let bears = match read.reference.deed.as_ref()? {
        Deed::Call(name, _) => return Some(format!("write `{way}?.{name}(..)`")),
        Deed::Index => return Some(format!("write `{way}?[..]`")),
        Deed::Operator => false,
        Deed::Range => true,
        Deed::Order => matches!(beside(), Form::Any | Form::List(_) | Form::Map(_)),
    };
    (!bears).then(|| "give another value by `??`".to_owned())
}

/// What is wrong with a function or a bracket that takes no value of this form.
pub(super) fn mistaken(read: &Use, forms: &Forms<'_>) -> Option<String> {
    let deed = read.reference.deed.as_ref()?;
    let (kind, way) = (forms.end(read)?.kind(), read.reference.path.join("."));
    match deed {
        Deed::Call(name, refused) if refused.contains(&kind) => {
            Some(format!("`{way}` is {kind}, which `{name}` does not take"))
        }
        Deed::Index if kind == Form::Flag.kind() => Some(format!("`{way}` is {kind}, and has no parts")),
        Deed::Range if is_fraction(read, forms) => Some(format!(
            "`{way}` is declared as `number`, and a range takes whole numbers: declare it as `integer`, or write \
             `{way}.to_int()`"
        )),
        _ => None,
    }
}

/// Whether a model answers this as a number that is no whole one for a program, `3` as `3.0`.
fn is_fraction(read: &Use, forms: &Forms<'_>) -> bool {
    let [name, fields @ ..] = read.reference.path.as_slice() else { return false };
    let step = forms.known.steps.get(name.as_str()).map(|seen| seen.step);
    let asked = step.filter(|step| matches!(step.act, Act::Llm(_) | Act::Run(_))).and_then(Step::schema);
    let end = asked.as_ref().and_then(|schema| declared(schema, fields));
    end.is_some_and(|end| end.get("type").is_some_and(|kind| kind == "number"))
}

/// What a schema says of a field, or of one in it.
fn declared<'s>(schema: &'s Value, fields: &[String]) -> Option<&'s Value> {
    fields.iter().try_fold(schema, |schema, field| schema.get("properties")?.get(field))
}

/// Refuses operators with values that they never take, in expressions that read something.
pub(super) fn clashes(reader: &mut Reader<'_, '_>, forms: &Forms<'_>) {
    let same = |one: &Use, other: &Use| {
        one.expression.as_ref().zip(other.expression.as_ref()).is_some_and(|(one, other)| one.is(other))
    };
    let mut faults = Vec::new();
    for first in reader.uses.chunk_by(same).filter_map(<[Use]>::first) {
        let Some(whole) = &first.expression else { continue };
        faults.extend(whole.clash(&|name| forms.named(&first.user, name)).map(|clash| (first.at, clash)));
    }
    faults.into_iter().for_each(|(at, message)| reader.fault(at, message));
}
