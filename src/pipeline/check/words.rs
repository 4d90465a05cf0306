//! Texts that a value never is, where all that it may be are written down: the choices of a question, an enum, and what
//! becomes of a step. Who compares it with another text, or names one as a case, has a way that nobody goes.

use crate::core::status::StepOutcome;
use crate::core::text::meant;
use crate::pipeline::check::Known;
use crate::pipeline::plan::{Act, Pipeline, Step, Template};
use crate::pipeline::read::{Reader, Use};
use crate::pipeline::values::as_text;
use crate::script::expression::Constant;
use serde_json::Value;

/// Checks what is compared with texts, and the cases of switches.
pub(super) fn check(reader: &mut Reader<'_, '_>, pipeline: &Pipeline, known: &Known<'_>) {
    let mut faults = Vec::new();
    for read in reader.uses.iter().filter(|read| !read.local) {
        let path: Vec<&str> = read.reference.path.iter().map(String::as_str).collect();
        let words = words(&path, pipeline, known);
        let wrong = words.and_then(|words| unsaid(read, &path.join("."), &words, known));
        faults.extend(wrong.map(|message| (read.at, message)));
    }
    faults.into_iter().for_each(|(at, message)| reader.fault(at, message));
}

/// The first text that a value is compared with and never is.
fn unsaid(read: &Use, way: &str, words: &[String], known: &Known<'_>) -> Option<String> {
    let (whole, path) = (read.expression.as_ref()?, &read.reference.path);
    // A comparison does not say by which of several readings it is made.
    if whole.references().iter().find(|other| other.path == *path)? != &read.reference {
        return None;
    }
    let questions = whole.questions().iter().filter(|question| question.path == *path);
    let compared = questions.filter_map(|question| match &question.with {
        Constant::Text(text) => Some(text),
        _ => None,
    });
    let cases = match known.steps.get(read.user.step.as_str()).map(|seen| &seen.step.act) {
        Some(Act::Switch(switch)) if switch.on.is(whole) && whole.sole() == Some(path.as_slice()) => &*switch.cases,
        _ => &[],
    };
    // An absent value is `null`, as a case.
    let cases = cases.iter().map(|(case, _)| case).filter(|case| *case != "null");
    let other = compared.chain(cases).find(|text| !words.contains(*text))?;
    let meant = meant(other, words.iter().map(String::as_str));
    let hint = meant.unwrap_or_else(|| format!("it is one of {}", words.join(", ")));
    Some(format!("`{way}` is never `{other}`; {hint}"))
}

/// All texts that what is read by a path may be, if they are known.
fn words(path: &[&str], pipeline: &Pipeline, known: &Known<'_>) -> Option<Vec<String>> {
    match path {
        ["outcomes", _] => Some(StepOutcome::ALL.iter().map(|outcome| outcome.name().to_owned()).collect()),
        ["inputs", name, fields @ ..] => {
            let input = pipeline.inputs.iter().find(|input| input.name == *name)?;
            of_schema(&input.schema, fields)
        }
        [name, fields @ ..] => of_step(known.steps.get(*name)?.step, fields),
        [] => None,
    }
}

fn of_step(step: &Step, fields: &[&str]) -> Option<Vec<String>> {
    let own = match &step.act {
        Act::Ask(ask) => return of_choices(ask.choices.as_ref()?).filter(|_| fields.is_empty()),
        Act::Llm(call) => call.schema.clone(),
        Act::Run(run) => run.schema.clone(),
        _ => None,
    };
    of_schema(&step.schema().or(own)?, fields)
}

/// The choices that are written out; without any the answer is free.
fn of_choices(choices: &Template) -> Option<Vec<String>> {
    let words: Vec<String> = match choices {
        Template::Plain(Value::Array(items)) => items.iter().cloned().map(as_text).collect(),
        Template::List(items) => {
            items.iter().map(|item| item.constant().cloned().map(as_text)).collect::<Option<_>>()?
        }
        _ => return None,
    };
    (!words.is_empty()).then_some(words)
}

fn of_schema(schema: &Value, fields: &[&str]) -> Option<Vec<String>> {
    let inner = fields.iter().try_fold(schema, |schema, field| schema.get("properties")?.get(*field))?;
    let all = inner.get("enum")?.as_array()?;
    all.iter().map(|word| word.as_str().map(str::to_owned)).collect()
}
