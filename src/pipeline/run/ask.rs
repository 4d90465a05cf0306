//! `ask`: a question to the person, or to a model that plays one.

use crate::core::failure::{Failure, FailureKind, Outcome};
use crate::core::request::{LlmOptions, LlmRequest, Request};
use crate::pipeline::plan::{Ask, Step};
use crate::pipeline::run::course::Course;
use crate::pipeline::run::llm;
use crate::pipeline::values::{Values, as_text};
use serde_json::{Value, json};
use std::sync::Arc;

/// Answers the text.
pub async fn ask(course: &Course<'_>, step: &Step, question: &Ask, values: &Values) -> Outcome<Value> {
    let prompt = values.fill_question(&question.prompt)?;
    let choices = match question.choices.as_ref().map(|choices| values.fill(choices)).transpose()? {
        None | Some(Value::Null) => Vec::new(),
        Some(Value::Array(items)) => items.into_iter().map(as_text).collect::<Vec<String>>(),
        Some(other) => {
            return Err(Failure::new(FailureKind::Data, format!("`choices` must be a list, it is {other}")));
        }
    };
    let Some(role) = &question.of else {
        return course.ask(Request::AskUser { prompt, choices }).await;
    };
    let schema = (!choices.is_empty()).then(|| Arc::new(llm::sorted(json!({"type": "string", "enum": choices}))));
    let options = LlmOptions { role: Some(role.clone()), schema, ..llm::options(course, step) };
    course.ask(Request::Llm(LlmRequest { prompt, options: Arc::new(options) })).await
}
