//! `llm` with a check: a closure of the script looks at every answer, and attempts go on until it accepts one.

use crate::core::attempts::{Attempt, Attempted, Judgement};
use crate::core::failure::{Failure, FailureKind, Outcome};
use crate::core::request::{LlmRequest, Request};
use crate::script::bridge;
use crate::script::convert::{friendly, to_dynamic};
use crate::script::prims::primitive::{Answer, done};
use rhai::{Dynamic, FnPtr, Map, NativeCallContext};
use serde_json::Value;

/// A check of answers with its name.
pub struct Check {
    closure: FnPtr,
    gate: String,
}

/// Takes `check` and `gate` out of the options of `llm`; nothing if there is no check.
pub fn take(map: &mut Map) -> Outcome<Option<Check>> {
    let wrong = |what: &str| {
        Failure::new(FailureKind::Invalid, format!("llm: {what}"))
            .hint("for example llm(p, #{check: |answer| answer.contains(\"km\"), gate: \"has a unit\"})")
    };
    let gate = map.remove("gate").map(Dynamic::into_string).transpose();
    let gate = gate.map_err(|kind| wrong(&format!("gate is a name, not {}", friendly(kind))))?;
    let Some(check) = map.remove("check") else {
        return if gate.is_none() { Ok(None) } else { Err(wrong("a gate needs a check")) };
    };
    let kind = check.type_name();
    let closure =
        check.try_cast::<FnPtr>().ok_or_else(|| wrong(&format!("check is a closure, not {}", friendly(kind))))?;
    Ok(Some(Check { closure, gate: gate.unwrap_or_else(|| "check".to_owned()) }))
}

/// Asks until the check accepts an answer; the failure of the chain if it never does.
pub fn call(context: &NativeCallContext, request: &LlmRequest, check: &Check) -> Answer<Dynamic> {
    let step = |attempts, judgement, answer| Attempt {
        request: request.clone(),
        gate: check.gate.clone(),
        attempts,
        judgement,
        answer,
    };
    let ask = |step: Attempt| done(bridge::ask(Request::Attempt(Box::new(step))).and_then(attempted));
    let mut tried = ask(step(None, None, String::new()))?;
    loop {
        let value = to_dynamic(&tried.value);
        let judgement = done(judged(&check.closure.call_within_context::<Dynamic>(context, (value.clone(),))?))?;
        let passed = judgement.passed;
        let answer = match tried.value {
            Value::String(text) => text,
            other => other.to_string(),
        };
        // The host notes the verdict, and answers a refusal with the next attempt.
        tried = ask(step(Some(tried.attempts), Some(judgement), answer))?;
        if passed {
            return Ok(value);
        }
    }
}

fn attempted(value: Value) -> Outcome<Attempted> {
    serde_json::from_value(value)
        .map_err(|error| Failure::new(FailureKind::Internal, format!("an attempt has another form: {error}")))
}

/// The verdict of a check: true or false, or a text that says what is wrong.
fn judged(verdict: &Dynamic) -> Outcome<Judgement> {
    if let Ok(passed) = verdict.as_bool() {
        return Ok(Judgement { passed, reason: String::new() });
    }
    let reason = verdict.clone().into_string().map_err(|kind| {
        Failure::new(FailureKind::Invalid, format!("the check of llm answered {}", friendly(kind)))
            .hint("it answers true or false, or a text that says what is wrong")
    })?;
    Ok(Judgement { passed: reason.is_empty(), reason })
}
