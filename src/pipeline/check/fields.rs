//! Every reading of a name, compared with what is known of its value.

use crate::core::text::nearest;
use crate::pipeline::check::absence::Absence;
use crate::pipeline::check::forms::{self, Forms};
use crate::pipeline::check::{Known, deeds, wanted};
use crate::pipeline::plan::{Act, OnItemFailure, Pipeline};
use crate::pipeline::read::{Reader, Use};
use crate::script::expression::{Constant, Form};

/// What texts and lists answer without being called.
const PROPERTIES: &[&str] = &["len", "is_empty", "chars", "bytes", "start", "end"];

/// What numbers answer.
const OF_NUMBERS: &[&str] = &[
    "is_odd",
    "is_even",
    "is_zero",
    "is_nan",
    "is_finite",
    "is_infinite",
    "floor",
    "ceiling",
    "round",
    "int",
    "fraction",
];

/// What even `()` answers when it is called.
const OF_ALL: &[&str] = &["to_string", "to_debug", "type_of", "is_shared"];

/// Checks all readings.
pub(super) fn check(reader: &mut Reader<'_, '_>, pipeline: &Pipeline, known: &Known<'_>, absence: &Absence<'_>) {
    let inputs = forms::of_inputs(&pipeline.inputs);
    let forms = Forms::of(pipeline, absence);
    wanted::check(reader, known, &forms, &inputs, absence);
    deeds::clashes(reader, &forms);
    let uses = std::mem::take(&mut reader.uses);
    for read in uses.iter().filter(|read| read.local) {
        if let Some(message) = unbegun(read, known) {
            reader.fault(read.at, message);
        }
    }
    for read in uses.iter().filter(|read| !read.local) {
        let path: Vec<&str> = read.reference.path.iter().map(String::as_str).collect();
        let message = match path.as_slice() {
            ["inputs", input] => {
                unknown_field("inputs", &inputs, &[*input]).or_else(|| deeds::of_input(read, input, absence, &forms))
            }
            ["inputs", rest @ ..] => {
                unknown_field("inputs", &inputs, rest).or_else(|| absent_input(read, rest, absence))
            }
            ["outcomes", name, field, ..] => {
                Some(format!("`outcomes.{name}` is a text such as \"ok\" or \"failed\", and has no field `{field}`"))
            }
            ["errors", name, field, ..] => {
                unguarded_error(read, name, absence).or_else(|| error_of_items(known, name, field))
            }
            [name, rest @ ..] => match forms.get(name) {
                Some(form) => of_step(read, name, form, rest, absence)
                    .or_else(|| deeds::of_step(read, name, absence, &forms).filter(|_| rest.is_empty())),
                None => None,
            },
            [] => None,
        };
        if let Some(message) = message {
            reader.fault(read.at, message);
        }
    }
    reader.uses = uses;
}

/// An input that need not be given has no fields then.
fn absent_input(read: &Use, way: &[&str], absence: &Absence<'_>) -> Option<String> {
    let [input, field, ..] = way else { return None };
    let asked = matches!(read.reference.optional, Some(1 | 2)) || !absence.lacks(read, input);
    (!asked).then(|| {
        format!(
            "`inputs.{input}` may be `()`: give it a default, write `inputs.{input}?.{field}`, or ask \
             `inputs.{input} != ()`"
        )
    })
}

fn of_step(read: &Use, name: &str, form: &Form, fields: &[&str], absence: &Absence<'_>) -> Option<String> {
    let Some(field) = fields.first() else {
        let method = read.reference.method.as_deref().filter(|method| !OF_ALL.contains(method))?;
        let why = absence.why(read, name)?;
        return Some(format!(
            "`{name}` may be `()` here, because {why}: write `{name}?.{method}(..)`, or let a condition ask \
             `outcomes.{name} == \"ok\"`"
        ));
    };
    if let Some(message) = unknown_field(name, form, fields) {
        return Some(message);
    }
    let why = absence.why(read, name)?;
    Some(format!(
        "`{name}` may be `()` here, because {why}: write `{name}?.{field}`, or let a condition ask `outcomes.{name} == \"ok\"`"
    ))
}

/// Why a way of fields leads nowhere.
fn unknown_field(name: &str, form: &Form, fields: &[&str]) -> Option<String> {
    let mut way = name.to_owned();
    let mut form = form;
    for field in fields {
        match form {
            Form::Any => return None,
            Form::Map(known) => {
                let Some(found) = known.all.iter().find(|known| known.name == *field) else {
                    let names: Vec<&str> = known.all.iter().map(|known| known.name.as_str()).collect();
                    return Some(match nearest(field, names.iter().copied()) {
                        Some(near) => format!("`{way}` has no field `{field}`; did you mean `{near}`?"),
                        None if names.is_empty() => format!("`{way}` has no fields, so not `{field}` either"),
                        None => format!("`{way}` has no field `{field}`; it has {}", names.join(", ")),
                    });
                };
                if !found.sure {
                    return Some(format!("`{way}.{field}` need not be there: read it by `{way}.get(\"{field}\")`"));
                }
                form = &found.form;
            }
            Form::Number if OF_NUMBERS.contains(field) => return None,
            Form::Number | Form::Flag => {
                return Some(format!("`{way}` is {}, and has no field `{field}`", form.kind()));
            }
            Form::Text | Form::List if PROPERTIES.contains(field) => return None,
            Form::Text | Form::List => {
                let whole = matches!(form, Form::Text) && !way.contains('.');
                let hint = if whole { "; `vars` give the step's value fields" } else { "" };
                return Some(format!("`{way}` is {}, and has no field `{field}`{hint}", form.kind()));
            }
        }
        way = format!("{way}.{field}");
    }
    None
}

/// The last iteration's value is not there when the condition is asked for the first time.
fn unbegun(read: &Use, known: &Known<'_>) -> Option<String> {
    let Act::While(repeat) = &known.steps.get(read.user.step.as_str())?.step.act else { return None };
    let (reference, whole) = (&read.reference, read.expression.as_ref()?);
    let asked = whole.questions().iter().any(|q| q.path == ["prev"] && q.with == Constant::Nothing)
        || whole.references().iter().any(|r| r.path.first().is_some_and(|name| name == "iteration"));
    if reference.path.first()? != "prev" || reference.optional == Some(1) || asked {
        return None;
    }
    let here = repeat.condition.is(whole);
    let way = match reference.path.get(1).or(reference.method.as_ref()) {
        Some(field) => format!("`prev?.{field}`"),
        // As part of a larger expression it may be anything.
        None => whole.sole().map(|_| "what is compared".to_owned())?,
    };
    here.then(|| format!("`prev` is `()` before the first iteration: write {way}, or ask `prev == () || ..` first"))
}

/// Where items may fail and the step goes on, `errors` has their failures by key, and nobody knows which.
fn error_of_items(known: &Known<'_>, name: &str, field: &str) -> Option<String> {
    let Act::Each(each) = &known.steps.get(name)?.step.act else { return None };
    (each.on_item_failure == OnItemFailure::Continue).then(|| {
        format!("`errors.{name}` has the failures of items by key: read it by `errors.{name}?.get(\"{field}\")`")
    })
}

/// A failure is there only if the step failed.
fn unguarded_error(read: &Use, name: &str, absence: &Absence<'_>) -> Option<String> {
    let asked = read.reference.optional == Some(2) || absence.asks_error(read, name);
    (!asked).then(|| {
        format!(
            "`errors.{name}` is `()` unless the step failed: write `errors.{name}?.`, or let a condition ask \
             `outcomes.{name} == \"failed\"`"
        )
    })
}
