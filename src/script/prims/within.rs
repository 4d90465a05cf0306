//! `within`: a part of a program under limits of its own. What stops it there is a failure that the program can catch, like
//! that of a step of a pipeline with a budget or a deadline.
//!
//! The budget is the host's to hold; the clock is that of this thread's gate.

use crate::core::bounds::some_time;
use crate::core::request::Request;
use crate::core::step::{Part, StepTold};
use crate::script::bridge::{self, Seat, seat, seated};
use crate::script::convert::options;
use crate::script::desk::Desk;
use crate::script::errors::from_native;
use crate::script::errors::way::{self, Home};
use crate::script::limits::growth;
use crate::script::limits::timed::{Alarm, Timed};
use crate::script::prims::primitive::{Answer, Primitive, answered, ask, done};
use rhai::{Dynamic, Engine, EvalAltResult, FnPtr, Map, NativeCallContext};
use std::sync::Arc;
use std::time::Duration;
use tokio_util::sync::CancellationToken;

/// `within`.
pub const WITHIN: Primitive = Primitive {
    name: "within",
    usage: &["within(#{timeout, max_cost, max_calls, max_tokens}, || ..)"],
    summary: "Calls a closure under limits of its own; what stops it there is a failure of the kind `child`, which can be caught.",
    params: &[
        ("timeout", "seconds that it may take, or a span such as `\"30s\"`"),
        ("max_cost", "USD that it may spend"),
        ("max_calls", "model calls that it may make"),
        ("max_tokens", "tokens that it may use, prompts and answers together"),
        ("name", "what its failures call it; `the part` if not given"),
    ],
    example: "try { within(#{timeout: 0.01}, || sleep(60)) } catch (e) { print(`${e.kind}: ${e.message}`) }",
    prints: "child: the part was stopped: it took longer than 0.01 s\n",
    register,
};

fn register(engine: &mut Engine, _: &Arc<Desk>) {
    engine.register_fn("within", |context: NativeCallContext, limits: Map, work: FnPtr| run(&context, limits, &work));
}

fn run(context: &NativeCallContext, limits: Map, work: &FnPtr) -> Answer<Dynamic> {
    let part: Part = done(options(limits, "within"))?;
    let limit = done(part.timeout.map(|seconds| some_time("within", seconds)).transpose())?;
    let (name, has_budget, seat) = (part.name.clone(), part.has_budget(), done(seat())?);
    let (until, heard) = answered(bridge::asked(Request::Step(StepTold::Enters(part))))?;
    // Where whoever hears of the run's events fails, the part has begun all the same, and ends with that.
    let (answer, overdue) = match answered(heard) {
        Ok(()) => timed(&seat, limit, until.as_u64(), || called(context, work)),
        Err(error) => (Err(error), None),
    };
    // Whichever steps it went through in the part, it is in the one around it again.
    bridge::in_step(seat.step.clone());
    // The end of the program is not that of a part.
    let overdue = overdue.filter(|_| !answer.as_ref().is_err_and(|error| way::end(error).is_some()));
    let left = ask(Request::Step(StepTold::Leaves { overdue }));
    let value = match answer {
        // Its failure is that of the part.
        _ if overdue.is_some() => return left,
        Err(error) if has_budget && way::end(&error).is_none() => contained(error, &name),
        answer => answer,
    }?;
    left.map(|_| value)
}

/// Works with a gate of its own, which is shut when the time is up, or with as many answers as it was when the log was
/// written; with what came of it how many there were, if it was shut.
fn timed(
    seat: &Seat,
    limit: Option<Duration>,
    until: Option<u64>,
    work: impl FnOnce() -> Answer<Dynamic>,
) -> (Answer<Dynamic>, Option<u64>) {
    let Some(limit) = limit else { return (work(), None) };
    let (cancel, rung) = (seat.gate.cancel().child_token(), CancellationToken::new());
    let alarm = Alarm { rung: rung.clone(), cancel: cancel.clone() };
    let part = Arc::new(Timed::new(&seat.frame, until, alarm.clone(), seat.part.clone()));
    let clock = seat.runtime.spawn(async move {
        tokio::time::sleep(limit).await;
        alarm.ring();
    });
    let gate = Arc::new(seat.gate.part(cancel));
    let answer = seated(Seat { gate, part: Some(Arc::clone(&part)), ..seat.clone() }, work);
    clock.abort();
    // What computed when its time was up may come to its end this time: what is known of it stands.
    let is_over = until.is_some() || rung.is_cancelled();
    (answer, is_over.then(|| part.answers()))
}

fn called(context: &NativeCallContext, work: &FnPtr) -> Answer<Dynamic> {
    let answer = work.call_within_context::<Dynamic>(context, ());
    // What it did last may have grown too large, and no step came after it.
    growth::stop().map_or(answer, |failure| answered(Err(failure)))
}

/// What stopped a part with a budget stops nothing around it.
fn contained(error: Box<EvalAltResult>, part: &str) -> Answer<Dynamic> {
    let failure = from_native(way::of(&error, &|_| Home::Native).inner);
    if failure.kind.catchable() { Err(error) } else { answered(Err(failure.contained_whole(part))) }
}
