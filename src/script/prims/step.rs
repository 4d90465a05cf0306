//! `told_step`: a piece of work that whoever watches is told of as a step, like those of pipelines.
//!
//! It is the stdlib's own and stands in no table. Where the step `tells`, what its work comes to says in the stdlib's words
//! how it ended.

use crate::core::request::Request;
use crate::core::status::StepOutcome;
use crate::core::step::{StepAbout, StepEnd, StepTold};
use crate::script::bridge;
use crate::script::convert::options;
use crate::script::errors::from_native;
use crate::script::errors::way::{self, Home};
use crate::script::prims::primitive::{Answer, answered, ask, done};
use rhai::{Dynamic, Engine, EvalAltResult, FnPtr, Map, NativeCallContext, Position};

/// The name under which the stdlib's modules call it.
pub const NAME: &str = "told_step";

/// The name that the engine knows: no program can write it, nor make it of a text.
pub const OWN_NAME: &str = "told step";

/// Adds it to an engine.
pub fn register(engine: &mut Engine) {
    engine.register_fn(OWN_NAME, |context: NativeCallContext, about: Map, work: FnPtr| run(&context, about, &work));
    engine.register_fn(OWN_NAME, |about: Map, why: &str| -> Answer<Dynamic> {
        let about = done(options(about, NAME))?;
        ask(Request::Step(StepTold::Skipped { about, why: why.to_owned() }))
    });
}

fn run(context: &NativeCallContext, about: Map, work: &FnPtr) -> Answer<Dynamic> {
    let about: StepAbout = done(options(about, NAME))?;
    let (tells, whole) = (about.tells, about.whole.is_some());
    let (_, heard) = answered(bridge::asked(Request::Step(StepTold::Begins(about))))?;
    // Where whoever hears of its beginning fails, it has begun all the same, and ends with that.
    let answer = answered(heard).and_then(|()| work.call_within_context::<Dynamic>(context, ()));
    let end = end(&answer, tells);
    let lost = if whole { missing(&answer, &end) } else { None };
    let told = ask(Request::Step(StepTold::Ends(StepEnd { lost, ..end })));
    let value = answer?;
    told.map(|_| value)
}

fn end(answer: &Answer<Dynamic>, tells: bool) -> StepEnd {
    match answer {
        Ok(value) if tells => said(value),
        Ok(_) => StepEnd::new(StepOutcome::Ok, String::new()),
        Err(error) if way::end(error).is_some() => StepEnd::new(StepOutcome::Ok, String::new()),
        Err(error) => failed(error),
    }
}

/// How a step ended whose work came to a value: a map may hold its `failure`, what it `waits` for, or a `verdict`.
fn said(value: &Dynamic) -> StepEnd {
    let map = value.read_lock::<Map>();
    let field = |name: &str| map.as_ref().and_then(|map| map.get(name).cloned());
    if let Some(failure) = field("failure") {
        return failed(&EvalAltResult::ErrorRuntime(failure, Position::NONE));
    }
    match (field("waits"), field("verdict")) {
        (Some(why), _) => StepEnd::new(StepOutcome::Waiting, why.to_string()),
        (None, Some(verdict)) => StepEnd::new(StepOutcome::Ok, verdict.to_string()),
        (None, None) => StepEnd::new(StepOutcome::Ok, String::new()),
    }
}

/// How a step ended whose work failed. What the failure holds beside its message is the program's, and may be long.
fn failed(error: &EvalAltResult) -> StepEnd {
    let mut failure = from_native(way::of(error, &|_| Home::Native).inner);
    failure.details.clear();
    StepEnd { outcome: StepOutcome::of(failure.kind), reason: String::new(), failure: Some(failure), lost: None }
}

/// What is missing of a whole: all of it if it failed, else what its value says.
fn missing(answer: &Answer<Dynamic>, end: &StepEnd) -> Option<String> {
    if end.outcome == StepOutcome::Failed {
        return end.failure.as_ref().map(|failure| failure.message.clone());
    }
    // An answer that is an error here is the end that the program has called for.
    let missing = answer.as_ref().ok()?.read_lock::<Map>()?.get("missing")?.to_string();
    (!missing.is_empty()).then_some(missing)
}
