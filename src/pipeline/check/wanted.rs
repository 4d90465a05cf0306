//! Where the form of a value decides whether a step can run at all: a condition is true or false, items are a list or a
//! map, choices a list, pictures texts, what a check answers is true, false or a text, and what a file is made of is what
//! it can hold.
//! What is not known of a form is seen when the step runs.

use crate::pipeline::check::absence::Absence;
use crate::pipeline::check::forms::Forms;
use crate::pipeline::check::{Known, lacks};
use crate::pipeline::plan::{Act, Product, Step, Template};
use crate::pipeline::product::suffix;
use crate::pipeline::read::{Part, Reader, Use, User};
use crate::script::expression::{Expression, Form, Reference};
use std::path::Path;

/// What stands at a place.
#[derive(Clone, Copy, PartialEq)]
enum Wanted {
    Condition,
    Items,
    Choices,
    Pictures,
    Verdict,
}

/// Checks conditions, items, choices, pictures and checks.
pub(super) fn check(reader: &mut Reader<'_, '_>, forms: &Forms<'_>) {
    let mut faults = Vec::new();
    for read in &reader.uses {
        let Some(wanted) = wanted(read, forms.known) else { continue };
        let path: Vec<&str> = read.reference.path.iter().map(String::as_str).collect();
        if let Some(form) = forms.end(read).filter(|form| !wanted.fits(form)) {
            faults.push((read.at, wanted.refusal(&path.join("."), &form)));
        } else if !matches!(wanted, Wanted::Choices | Wanted::Pictures) && !read.local {
            let absent = absent(read, &path, forms.absence).or_else(|| lacks::needed(read, forms));
            faults.extend(absent.map(|message| (read.at, message)));
        }
    }
    for (name, seen) in &forms.known.steps {
        let at = reader.steps.get(*name).copied().unwrap_or_default();
        let wrong = computed(seen.step, forms).into_iter().chain(unwritable(seen.step, forms));
        faults.extend(wrong.map(|message| (at, message)));
    }
    faults.into_iter().for_each(|(at, message)| reader.fault(at, message));
}

/// What is wrong with a value that must be there, if it may be absent: read by `?.` it is `()` too.
pub(super) fn absent(read: &Use, path: &[&str], absence: &Absence<'_>) -> Option<String> {
    match path {
        ["inputs", input, ..] => absence.lacks(read, input).then(|| {
            format!(
                "`inputs.{input}` may be `()`: give it a default, make it required, give another value by `??`, or let \
                 a condition ask `inputs.{input} != ()`"
            )
        }),
        ["errors", name, ..] => (!absence.asks_error(read, name)).then(|| {
            format!(
                "`errors.{name}` is `()` unless the step failed: give another value by `??`, or let a condition ask \
                 `outcomes.{name} == \"failed\"`"
            )
        }),
        [name, ..] => {
            let reference = Reference { optional: Vec::new(), ..read.reference.clone() };
            let why = absence.why(&Use { reference, ..read.clone() }, name)?;
            let what = format!("`{name}` may be `()` here, because {why}");
            let hint = format!("let a condition ask `outcomes.{name} == \"ok\"`, or give another value by `??`");
            Some(format!("{what}: {hint}"))
        }
        [] => None,
    }
}

/// What is wrong with conditions, items, choices and pictures that are computed, or written out.
fn computed(step: &Step, forms: &Forms<'_>) -> Vec<String> {
    let conditions = step.condition.iter().map(|condition| (Wanted::Condition, Part::Condition, condition));
    let own = of_act(&step.act).into_iter().map(|(wanted, expression)| (wanted, Part::Act, expression));
    // What is one value as it stands is told where it is read.
    let made = conditions.chain(own).filter(|(_, _, expression)| expression.sole().is_none());
    let wrong = |(wanted, part, expression): (Wanted, Part, &Expression)| {
        let user = User { step: step.name.clone(), part };
        let form = expression.form(&|name| forms.named(&user, name));
        (!wanted.fits(&form)).then(|| wanted.refusal(expression.source(), &form))
    };
    let text = matches!(&step.act, Act::Each(each) if matches!(each.items, Template::Text(_)));
    let text = text.then(|| Wanted::Items.refusal("in", &Form::Text));
    made.filter_map(wrong).chain(text).collect()
}

/// What must have a form in an act, each of one expression.
fn of_act(act: &Act) -> Vec<(Wanted, &Expression)> {
    match act {
        Act::While(repeat) => vec![(Wanted::Condition, &repeat.condition)],
        Act::Each(each) => expression(&each.items).map(|items| (Wanted::Items, items)).into_iter().collect(),
        Act::Ask(ask) => {
            let choices = ask.choices.as_ref().and_then(expression);
            choices.map(|choices| (Wanted::Choices, choices)).into_iter().collect()
        }
        Act::Llm(call) => {
            let check = call.check.iter().map(|check| (Wanted::Verdict, check));
            let pictures = call.images.iter().filter_map(expression);
            check.chain(pictures.map(|picture| (Wanted::Pictures, picture))).collect()
        }
        _ => Vec::new(),
    }
}

/// What is wrong with the values that a step writes, by the suffixes of their files.
fn unwritable(step: &Step, forms: &Forms<'_>) -> Vec<String> {
    let user = User { step: step.name.clone(), part: Part::Product };
    let wrong = |product: &Product| {
        let (value, path) = (&product.value, product.path.written()?);
        let form = value.form(&|name| forms.named(&user, name));
        let taken = match suffix(Path::new(path.trim())).as_str() {
            "csv" if !is_table(&form) => "a list of maps, a list of lists, or a text",
            "bin" if !are_bytes(&form) => "a list of bytes, or a text",
            _ => return None,
        };
        Some(format!("the product `{}` takes {taken}, and `{}` is {}", path.trim(), value.source(), told(&form)))
    };
    step.products.iter().filter_map(wrong).collect()
}

fn is_table(form: &Form) -> bool {
    match form {
        Form::Any | Form::Text => true,
        Form::List(items) => matches!(items.each.form, Form::Any | Form::List(_) | Form::Map(_)),
        _ => false,
    }
}

fn are_bytes(form: &Form) -> bool {
    match form {
        Form::Any | Form::Text => true,
        Form::List(items) => matches!(items.each.form, Form::Any | Form::Number),
        _ => false,
    }
}

/// A form with that of the items, if it is a list.
fn told(form: &Form) -> String {
    match form {
        Form::List(items) => format!("a list, of which an item is {}", items.each.form.kind()),
        form => form.kind().to_owned(),
    }
}

impl Wanted {
    fn fits(self, form: &Form) -> bool {
        match self {
            Self::Condition => matches!(form, Form::Any | Form::Flag),
            Self::Items => matches!(form, Form::Any | Form::List(_) | Form::Map(_)),
            Self::Choices => matches!(form, Form::Any | Form::List(_)),
            Self::Pictures => match form {
                Form::Any | Form::Text => true,
                Form::List(items) => matches!(items.each.form, Form::Any | Form::Text),
                _ => false,
            },
            Self::Verdict => matches!(form, Form::Any | Form::Flag | Form::Text),
        }
    }

    fn refusal(self, source: &str, form: &Form) -> String {
        let kind = form.kind();
        match self {
            Self::Condition => format!("the condition `{source}` is {kind}: compare it, as in `{source} != ()`"),
            Self::Items => format!("`in` takes a list or a map, and `{source}` is {kind}"),
            Self::Choices => format!("`choices` takes a list, and `{source}` is {kind}"),
            Self::Pictures => format!("`images` takes a text or a list of texts, and `{source}` is {}", told(form)),
            Self::Verdict => {
                format!("a check answers true or false, or a text that says what is wrong, and `{source}` is {kind}")
            }
        }
    }
}

/// What a reading must be, if the whole expression is that one value.
fn wanted(read: &Use, known: &Known<'_>) -> Option<Wanted> {
    let whole = read.expression.as_ref().filter(|whole| whole.sole() == Some(&read.reference.path))?;
    if read.user.part == Part::Condition {
        return Some(Wanted::Condition);
    }
    let act = &known.steps.get(read.user.step.as_str())?.step.act;
    of_act(act).into_iter().find(|(_, own)| own.is(whole)).map(|(wanted, _)| wanted)
}

const fn expression(items: &Template) -> Option<&Expression> {
    if let Template::Value(expression) = items { Some(expression) } else { None }
}
