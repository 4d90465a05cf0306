//! `llm` and `llm_batch` with a check: a closure of the script looks at every answer, and attempts go on until it accepts
//! one.
//!
//! The closure runs on the script's thread. In a batch all attempts that are due go out together, then their answers are
//! checked one after the other, then those that were refused go out together again.

use crate::core::attempts::{Attempt, Attempted, Judgement};
use crate::core::failure::{Failure, FailureKind, Outcome};
use crate::core::request::{LlmRequest, Request};
use crate::script::bridge;
use crate::script::convert::{friendly, to_dynamic};
use crate::script::errors::{from_native, raise};
use crate::script::prims::primitive::{Answer, answered};
use rhai::{Dynamic, EvalAltResult, FnPtr, Map, NativeCallContext};
use serde_json::Value;

/// A check of answers with its name.
pub struct Check {
    closure: FnPtr,
    gate: String,
    /// Whose option it is.
    function: &'static str,
}

/// Takes `check` and `gate` out of the options of `llm` or `llm_batch`; nothing if there is no check.
pub fn take(map: &mut Map, function: &'static str) -> Outcome<Option<Check>> {
    let wrong = |what: &str| {
        Failure::new(FailureKind::Invalid, format!("{function}: {what}"))
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
    Ok(Some(Check { closure, gate: gate.unwrap_or_else(|| "check".to_owned()), function }))
}

impl Check {
    /// The step that begins a chain, or goes on from an answer that was judged.
    fn step(&self, request: &LlmRequest, judged: Option<(Attempted, Judgement)>) -> Attempt {
        let (request, gate) = (request.clone(), self.gate.clone());
        let Some((Attempted { value, attempts }, judgement)) = judged else {
            return Attempt { request, gate, attempts: None, judgement: None, answer: String::new() };
        };
        let answer = match value {
            Value::String(text) => text,
            other => other.to_string(),
        };
        Attempt { request, gate, attempts: Some(attempts), judgement: Some(judgement), answer }
    }

    /// The verdict of the closure: true or false, or a text that says what is wrong. It sees the index if it takes two.
    fn judge(&self, context: &NativeCallContext, value: Dynamic, index: Option<usize>) -> Answer<Judgement> {
        let verdict = match index.and_then(|index| i64::try_from(index).ok()) {
            None => self.closure.call_within_context::<Dynamic>(context, (value,))?,
            Some(index) => {
                let extras = [Dynamic::from(index)];
                self.closure.call_raw_with_extra_args(self.function, context, None, [value], extras, None)?
            }
        };
        if let Ok(passed) = verdict.as_bool() {
            return Ok(Judgement { passed, reason: String::new() });
        }
        let reason = verdict.into_string().map_err(|kind| {
            let what = format!("the check of {} answered {}", self.function, friendly(kind));
            raise(
                Failure::new(FailureKind::Invalid, what)
                    .hint("it answers true or false, or a text that says what is wrong"),
            )
        })?;
        Ok(Judgement { passed: reason.is_empty(), reason })
    }
}

/// Asks until the check accepts an answer; the failure of the chain if it never does.
pub fn call(context: &NativeCallContext, request: &LlmRequest, check: &Check) -> Answer<Dynamic> {
    let ask = |step: Attempt| answered(bridge::ask(Request::Attempt(Box::new(step))).and_then(Attempted::read));
    let mut tried = ask(check.step(request, None))?;
    loop {
        let value = to_dynamic(&tried.value);
        let judgement = check.judge(context, value.clone(), None)?;
        let passed = judgement.passed;
        // The host notes the verdict, and answers a refusal with the next attempt.
        tried = ask(check.step(request, Some((tried, judgement))))?;
        if passed {
            return Ok(value);
        }
    }
}

/// The same for many prompts at once: the answers in their order, an error map where a chain failed.
pub fn batch(
    context: &NativeCallContext,
    requests: &[LlmRequest],
    concurrency: usize,
    check: &Check,
) -> Answer<Dynamic> {
    let mut answers = vec![Dynamic::UNIT; requests.len()];
    let mut steps: Vec<(usize, Attempt)> =
        requests.iter().enumerate().map(|(item, request)| (item, check.step(request, None))).collect();
    while !steps.is_empty() {
        // The host notes the verdicts of accepted answers, and answers what is due beside them.
        let accepted = |step: &Attempt| step.judgement.as_ref().is_some_and(|judgement| judgement.passed);
        let due: Vec<usize> = steps.iter().filter(|(_, step)| !accepted(step)).map(|(item, _)| *item).collect();
        let tried = answered(bridge::ask(Request::AttemptBatch { steps, concurrency }).and_then(slots))?;
        steps = Vec::new();
        for (item, slot) in due.into_iter().zip(tried) {
            let (request, place) = (&requests[item], &mut answers[item]);
            let tried = match slot {
                Slot::Answered(tried) => *tried,
                Slot::Failed(map) => {
                    *place = to_dynamic(&map);
                    continue;
                }
            };
            *place = to_dynamic(&tried.value);
            match check.judge(context, place.clone(), Some(item)) {
                Ok(judgement) => steps.push((item, check.step(request, Some((tried, judgement))))),
                Err(error) => *place = told(error, item)?,
            }
        }
    }
    Ok(answers.into())
}

/// What is wrong with one check costs nobody the other answers, unless no script may catch it.
fn told(error: Box<EvalAltResult>, item: usize) -> Answer<Dynamic> {
    let failure = from_native(&error);
    if !failure.kind.catchable() {
        return Err(error);
    }
    Ok(to_dynamic(&failure.detail("item", item).to_slot()))
}

/// What became of an item in a round.
enum Slot {
    /// An answer to be checked.
    Answered(Box<Attempted>),
    /// A chain that failed, as the map that a script sees.
    Failed(Value),
}

fn slots(answer: Value) -> Outcome<Vec<Slot>> {
    let Value::Array(slots) = answer else {
        return Err(Failure::new(FailureKind::Internal, "a batch of attempts is no array"));
    };
    let slot = |slot: Value| match slot["error"] == Value::Bool(true) {
        true => Ok(Slot::Failed(slot)),
        false => Attempted::read(slot).map(|tried| Slot::Answered(Box::new(tried))),
    };
    slots.into_iter().map(slot).collect()
}
