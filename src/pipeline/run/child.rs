//! `run`: a child run with a root model of its own.

use crate::core::child::{ChildOptions, ChildRequest};
use crate::core::document::ContextRef;
use crate::core::failure::Outcome;
use crate::core::request::Request;
use crate::pipeline::plan::{Run, Step};
use crate::pipeline::run::course::Course;
use crate::pipeline::run::llm;
use crate::pipeline::values::Values;
use serde_json::Value;
use std::sync::Arc;

/// Answers the child's final value.
pub async fn run(course: &Course<'_>, step: &Step, run: &Run, values: &Values) -> Outcome<Value> {
    let context = match &run.context {
        Some(context) => ContextRef::Text(values.fill_text(context)?),
        None if course.host.view.is_empty() => ContextRef::Empty,
        None => ContextRef::Spans(course.host.view.spans()),
    };
    let options = ChildOptions {
        role: step.choice.role.clone(),
        model: step.choice.model.clone(),
        requires: step.choice.requires.clone(),
        strategy: step.choice.strategy,
        max_turns: run.max_turns,
        schema: step.schema().or_else(|| run.schema.clone()).map(|schema| Arc::new(llm::sorted(schema))),
        label: Some(step.name.clone()),
        reason: step.choice.why(),
        ..ChildOptions::default()
    };
    course.ask(Request::Rlm(ChildRequest { task: values.fill_text(&run.task)?, context, options })).await
}
