//! `tool`: a call, whose answer may say that it failed.

use crate::core::failure::{Failure, FailureKind, Outcome};
use crate::core::request::Request;
use crate::core::text::one_line;
use crate::pipeline::plan::ToolCall;
use crate::pipeline::run::course::Course;
use crate::pipeline::values::Values;
use serde_json::Value;

/// Answers what the tool does.
pub async fn call(course: &Course<'_>, call: &ToolCall, values: &Values) -> Outcome<Value> {
    let tool = course.host.kit.tools.get()?.get(&call.name)?;
    let args = tool.given(values.fill(&call.args)?);
    // What could be known of them was checked with the file.
    tool.schema.check(&call.name, &args).map_err(Failure::of_data)?;
    let answer = course.ask(Request::Tool { name: call.name.clone(), args }).await?;
    match complaint(&answer) {
        None => Ok(answer),
        Some(what) => {
            let told = ["error", "stderr", "message"].into_iter().filter_map(|name| answer.get(name)?.as_str());
            let why = told.map(str::trim).find(|text| !text.is_empty());
            let why = why.map_or_else(String::new, |text| format!(": {}", one_line(text, 200)));
            Err(Failure::new(FailureKind::Tool, format!("{} {what}{why}", call.name)).detail("answer", answer))
        }
    }
}

/// Why an answer is a failure.
fn complaint(answer: &Value) -> Option<String> {
    let says = |name: &str| answer.get(name).and_then(Value::as_bool) == Some(true);
    if answer.get("success").and_then(Value::as_bool) == Some(false) {
        return Some(match answer.get("status").and_then(Value::as_i64) {
            _ if says("timed_out") => "took longer than its `timeout`".to_owned(),
            _ if says("overflowed") => "was ended because it printed too much".to_owned(),
            Some(status) => format!("ended with status {status}"),
            None => "answered `success: false`".to_owned(),
        });
    }
    let code = answer.get("exit_code").and_then(Value::as_i64).filter(|code| *code != 0)?;
    Some(format!("ended with exit code {code}"))
}
