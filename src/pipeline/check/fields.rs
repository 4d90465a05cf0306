//! Every reading of a name, compared with what is known of its value.

use crate::pipeline::check::absence::Absence;
use crate::pipeline::check::forms::Forms;
use crate::pipeline::check::given::misfit;
use crate::pipeline::check::schemas::of_schema;
use crate::pipeline::check::{Known, deeds, lacks, wanted};
use crate::pipeline::plan::{Act, OnItemFailure, Pipeline, Step, Var};
use crate::pipeline::read::{Part, Reader, Use};
use crate::pipeline::run::inputs;
use crate::script::expression::{Constant, Form};

/// What even `()` answers when it is called.
const OF_ALL: &[&str] = &["to_string", "to_debug", "type_of", "is_shared"];

/// Checks all readings.
pub(super) fn check(reader: &mut Reader<'_, '_>, pipeline: &Pipeline, forms: &Forms<'_>) {
    wanted::check(reader, forms);
    deeds::clashes(reader, forms);
    let uses = std::mem::take(&mut reader.uses);
    for read in &uses {
        let fault = of_name(read, pipeline, forms).or_else(|| of_value(read, forms));
        fault.into_iter().for_each(|message| reader.fault(read.at, message));
    }
    reader.uses = uses;
    for (name, seen) in &forms.known.steps {
        let at = reader.steps.get(*name).copied().unwrap_or_default();
        undeclared(seen.step).into_iter().for_each(|message| reader.fault(at, message));
    }
}

/// What is wrong with the fields that a step takes from the answer of its tool or pipeline, as far as that is known.
fn undeclared(step: &Step) -> Vec<String> {
    let (name, form) = match &step.act {
        Act::Tool(call) => (call.name.clone(), of_schema(&call.answer).form),
        Act::Nested(nested) => (nested.path.display().to_string(), nested.pipeline.answer.form.clone()),
        _ => return Vec::new(),
    };
    let wrong = match &form {
        // A text may hold them as JSON.
        Form::Any | Form::Text => Vec::new(),
        Form::Map(_) => step.vars.iter().filter_map(|var| untaken(&name, &form, var)).collect(),
        _ if step.vars.is_empty() => Vec::new(),
        _ => vec![format!("that of `{name}` is {}: leave `vars` out", form.kind())],
    };
    wrong.into_iter().map(|what| format!("`vars` take fields of the answer: {what}")).collect()
}

/// Why an answer of this form never gives a field, or need not: a step needs all that it declares.
fn untaken(name: &str, form: &Form, var: &Var) -> Option<String> {
    let own = var.name.as_str();
    let Form::Map(fields) = form else { return None };
    let Some(field) = fields.all.iter().find(|field| field.name == own) else {
        return unknown_field((name, form), &[own], false, &|_| true);
    };
    if !field.sure {
        let hint = format!("leave `vars` out and read it by `.get(\"{own}\")`");
        return Some(format!("`{own}` of `{name}` need not be there: {hint}"));
    }
    // What may be `()` may be taken for that.
    if field.made.lack.is_some() {
        return None;
    }
    let (way, schema, kind) = misfit(&field.made.form, &var.schema, false, own)?;
    Some(format!("`{way}` of `{name}` is {kind}, and is declared as {}", inputs::wanted(schema)))
}

/// What is wrong with a reading by what its name means.
fn of_name(read: &Use, pipeline: &Pipeline, forms: &Forms<'_>) -> Option<String> {
    let (known, absence) = (forms.known, forms.absence);
    let path: Vec<&str> = read.reference.path.iter().map(String::as_str).collect();
    let unknown = |fields: &[&str]| unknown_field(("inputs", &forms.inputs), fields, false, &|f| absence.says(read, f));
    match path.as_slice() {
        _ if read.local => unbegun(read, forms),
        [of @ ("outcomes" | "errors"), name, ..] if read.user.part == Part::Product && read.user.step == *name => {
            Some(format!("`{of}.{name}` is not known yet where `{name}` writes its files"))
        }
        ["inputs", input] => unknown(&[*input]).or_else(|| deeds::of_input(read, input, forms)),
        ["inputs", rest @ ..] => unknown(rest)
            .or_else(|| absent_input(read, rest, absence))
            .or_else(|| left_out(read, rest, pipeline, absence)),
        ["outcomes", name, field, ..] => {
            Some(format!("`outcomes.{name}` is a text such as \"ok\" or \"failed\", and has no field `{field}`"))
        }
        ["errors", name, field, ..] => {
            unguarded_error(read, name, absence).or_else(|| error_of_items(known, name, field))
        }
        [name, rest @ ..] if known.steps.contains_key(name) => {
            of_step(read, name, rest, forms).or_else(|| deeds::of_step(read, name, forms).filter(|_| rest.is_empty()))
        }
        _ => None,
    }
}

/// What is wrong with a reading by what is known of the value that it begins with.
fn of_value(read: &Use, forms: &Forms<'_>) -> Option<String> {
    let path: Vec<&str> = read.reference.path.iter().map(String::as_str).collect();
    let unknown = || {
        let (length, made) = forms.begin(read)?;
        let (begin, fields) = path.split_at_checked(length)?;
        let says = |field: &str| forms.absence.says(read, field);
        unknown_field((begin.join(".").as_str(), &made.form), fields, begin == ["answer"], &says)
    };
    unknown().or_else(|| lacks::refused(read, forms)).or_else(|| deeds::mistaken(read, forms))
}

/// An input that need not be given has no fields then.
fn absent_input(read: &Use, way: &[&str], absence: &Absence<'_>) -> Option<String> {
    let [input, field, ..] = way else { return None };
    let asked = read.reference.optional.contains(&2) || !absence.lacks(read, input);
    (!asked).then(|| {
        format!(
            "`inputs.{input}` may be `()`: give it a default, write `inputs.{input}?.{field}`, or ask \
             `inputs.{input} != ()`"
        )
    })
}

/// An input has no more fields than its default where it is not given, if nobody knows what is given else.
fn left_out(read: &Use, way: &[&str], pipeline: &Pipeline, absence: &Absence<'_>) -> Option<String> {
    let [name, field, ..] = way else { return None };
    let input = pipeline.inputs.iter().find(|input| input.name == *name)?;
    let default = input.default.as_ref()?.as_object().filter(|default| !default.contains_key(*field))?;
    // Whoever computes with it, or reads it on some ways only, may know more.
    let is_plain = read.expression.as_ref().is_some_and(|whole| whole.sole() == Some(&read.reference.path));
    if !is_plain || !absence.is_read_in_any_run(read) {
        return None;
    }
    let names: Vec<&str> = default.keys().map(String::as_str).collect();
    let has = if names.is_empty() { "no fields".to_owned() } else { names.join(", ") };
    Some(format!(
        "`inputs.{name}` has no field `{field}` where it is not given, as its default has {has}: read it by \
         `inputs.{name}.get(\"{field}\")`, or add it to the default"
    ))
}

fn of_step(read: &Use, name: &str, fields: &[&str], forms: &Forms<'_>) -> Option<String> {
    let absence = forms.absence;
    let Some(field) = fields.first() else {
        let method = read.reference.method.as_deref().filter(|method| !OF_ALL.contains(method))?;
        let why = absence.why(read, name)?;
        return Some(format!(
            "`{name}` may be `()` here, because {why}: write `{name}?.{method}(..)`, or let a condition ask \
             `outcomes.{name} == \"ok\"`"
        ));
    };
    let made = forms.seen(&read.user.step, name)?;
    if let Some(message) = unknown_field((name, &made.form), fields, true, &|field| absence.says(read, field)) {
        return Some(message);
    }
    let why = absence.why(read, name)?;
    Some(format!(
        "`{name}` may be `()` here, because {why}: write `{name}?.{field}`, or let a condition ask `outcomes.{name} == \"ok\"`"
    ))
}

/// Why a way of fields leads nowhere; `answers` is whether the value is one for which `vars` may stand, `says` whether the
/// reader asks for a field that need not be there.
fn unknown_field(
    (name, mut form): (&str, &Form),
    fields: &[&str],
    answers: bool,
    says: &dyn Fn(&str) -> bool,
) -> Option<String> {
    let mut way = name.to_owned();
    for field in fields {
        if let Some(what) = form.lacking(&way, field) {
            let whole = matches!(form, Form::Text) && answers && !way.contains('.');
            let hint = if whole { "; `vars` give the step's value fields" } else { "" };
            return Some(format!("{what}{hint}"));
        }
        let Form::Map(known) = form else { return None };
        match known.all.iter().find(|known| known.name == *field) {
            Some(found) if !found.sure && !says(field) => {
                return Some(format!("`{way}.{field}` need not be there: read it by `{way}.get(\"{field}\")`"));
            }
            Some(found) => form = &found.made.form,
            None => form = &known.rest.as_ref()?.form,
        }
        way = format!("{way}.{field}");
    }
    None
}

/// The last iteration's value is not there when the condition is asked for the first time.
fn unbegun(read: &Use, forms: &Forms<'_>) -> Option<String> {
    let Act::While(repeat) = &forms.known.steps.get(read.user.step.as_str())?.step.act else { return None };
    let (reference, whole) = (&read.reference, read.expression.as_ref()?);
    let asked = whole.questions().iter().any(|q| q.path == ["prev"] && q.with == Constant::Nothing)
        || whole.references().iter().any(|r| r.path.first().is_some_and(|name| name == "iteration"));
    if reference.path.first()? != "prev" || asked || !repeat.condition.is(whole) {
        return None;
    }
    let passed = reference.optional.contains(&1);
    let way = match reference.path.get(1).or(reference.method.as_ref()).filter(|_| !passed) {
        Some(field) => format!("`prev?.{field}`"),
        None if passed => {
            deeds::remedy(read, "prev", forms).filter(|_| reference.whole)?;
            format!("another value by `??`, as in `(prev?.{} ?? ..)`", reference.path.get(1..)?.join("."))
        }
        // As part of a larger expression it may be anything.
        None => whole.sole().map(|_| "what is compared".to_owned())?,
    };
    Some(format!("`prev` is `()` before the first iteration: write {way}, or ask `prev == () || ..` first"))
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
    let asked = read.reference.optional.contains(&2) || absence.asks_error(read, name);
    (!asked).then(|| {
        format!(
            "`errors.{name}` is `()` unless the step failed: write `errors.{name}?.`, or let a condition ask \
             `outcomes.{name} == \"failed\"`"
        )
    })
}
