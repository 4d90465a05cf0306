//! `llm`: one model call, with a check if the step has one.

use crate::core::attempts::{Attempt, Attempted, Judgement};
use crate::core::failure::{Failure, FailureKind, Outcome};
use crate::core::request::{LlmOptions, LlmRequest, Request};
use crate::pipeline::plan::{LlmCall, Step, Template};
use crate::pipeline::run::course::Course;
use crate::pipeline::values::{Values, as_text};
use crate::script::expression::Expression;
use serde_json::Value;
use std::sync::Arc;

/// The name of a check, as `llm` of a script has it.
const GATE: &str = "check";

/// Answers the text, or a validated value.
pub async fn call(course: &Course<'_>, step: &Step, call: &LlmCall, values: &Values) -> Outcome<Value> {
    let images = pictures(&call.images, values)?;
    let options = LlmOptions {
        system: call.system.as_ref().map(|system| values.fill_text(system)).transpose()?,
        schema: step.schema().or_else(|| call.schema.clone()).map(|schema| Arc::new(sorted(schema))),
        max_tokens: call.max_tokens,
        temperature: call.temperature,
        stop: call.stop.clone(),
        images,
        ..options(course, step)
    };
    let request = LlmRequest { prompt: values.fill_text(&call.prompt)?, options: Arc::new(options) };
    match &call.check {
        None => course.ask(Request::Llm(request)).await,
        Some(check) => checked(course, request, check, values).await,
    }
}

/// The names of pictures: a list stands for its texts, and `()` for none.
fn pictures(images: &[Template], values: &Values) -> Outcome<Vec<String>> {
    let mut names = Vec::new();
    for image in images {
        let all = match values.fill(image)? {
            Value::Array(all) => all,
            Value::Null => Vec::new(),
            one => vec![one],
        };
        for one in all {
            let Value::String(name) = one else {
                let what = format!("`images` must be a text or a list of texts, it has {one}");
                return Err(Failure::new(FailureKind::Data, what));
            };
            names.push(name);
        }
    }
    Ok(names)
}

/// A schema as a script would have it, whose maps know no order: a call is the same call from both.
pub fn sorted(schema: Value) -> Value {
    match schema {
        Value::Object(map) => {
            let mut entries: Vec<(String, Value)> = map.into_iter().map(|(key, value)| (key, sorted(value))).collect();
            entries.sort_unstable_by(|a, b| a.0.cmp(&b.0));
            Value::Object(entries.into_iter().collect())
        }
        Value::Array(items) => Value::Array(items.into_iter().map(sorted).collect()),
        plain => plain,
    }
}

/// What a step says of who answers.
pub fn options(course: &Course<'_>, step: &Step) -> LlmOptions {
    let label = course.key.as_ref().map_or_else(|| step.name.clone(), |key| format!("{} {key}", step.name));
    LlmOptions {
        role: step.choice.role.clone(),
        model: step.choice.model.clone(),
        requires: step.choice.requires.clone(),
        strategy: step.choice.strategy,
        persona: step.choice.personality.clone(),
        label: Some(label),
        cache: step.cache.clone(),
        reason: step.choice.why(),
        ..LlmOptions::default()
    }
}

/// Asks until the check accepts an answer, as `llm` with `check` does in a script.
async fn checked(course: &Course<'_>, request: LlmRequest, check: &Expression, values: &Values) -> Outcome<Value> {
    let step = |attempts, judgement, answer| {
        let attempt = Attempt { request: request.clone(), gate: GATE.to_owned(), attempts, judgement, answer };
        Request::Attempt(Box::new(attempt))
    };
    let mut tried = Attempted::read(course.ask(step(None, None, String::new())).await?)?;
    loop {
        let value = tried.value;
        let mut seen = values.clone();
        seen.set("answer", value.clone());
        let judgement = judged(&seen.evaluate(check)?)?;
        let passed = judgement.passed;
        let asked = step(Some(tried.attempts), Some(judgement), as_text(value.clone()));
        tried = Attempted::read(course.ask(asked).await?)?;
        if passed {
            return Ok(value);
        }
    }
}

/// The verdict of a check: true or false, or a text that says what is wrong.
fn judged(verdict: &Value) -> Outcome<Judgement> {
    match verdict {
        Value::Bool(passed) => Ok(Judgement { passed: *passed, reason: String::new() }),
        Value::String(reason) => Ok(Judgement { passed: reason.is_empty(), reason: reason.clone() }),
        other => Err(Failure::new(FailureKind::Data, format!("the check answered {other}"))
            .hint("it answers true or false, or a text that says what is wrong")),
    }
}
