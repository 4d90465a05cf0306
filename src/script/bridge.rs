//! The bridge from a script's thread to the host: the only `block_on`.
//!
//! A script runs on a thread of its own, so blocking it is harmless; on a runtime worker this would panic.

use crate::core::failure::{Failure, FailureKind, Outcome};
use crate::core::heard::Heard;
use crate::core::ids::Frame;
use crate::core::request::{Call, Request};
use crate::core::step::StepTold;
use crate::script::hearing::{Ear, Hearing};
use crate::script::host::Host;
use crate::script::language::words;
use crate::script::limits::gate::{self, Gate};
use crate::script::limits::timed::Timed;
use crate::script::limits::weight::weight;
use crate::script::output::Output;
use futures::FutureExt;
use futures::future::BoxFuture;
use serde_json::Value;
use std::cell::RefCell;
use std::panic::resume_unwind;
use std::pin::Pin;
use std::sync::Arc;
use std::task::{Context, Poll};
use std::time::Duration;
use tokio::runtime::Handle;
use tokio::task::{JoinError, JoinHandle};

/// How long a cancelled call may take to settle what it has used before it is dropped.
const SETTLE: Duration = Duration::from_millis(150);

/// Where the current thread sits in the run: its frame, its gate and its way to the host.
#[derive(Clone)]
pub struct Seat {
    /// The frame of effects made on this thread.
    pub frame: Frame,
    /// What can stop this thread.
    pub gate: Arc<Gate>,
    /// Who answers.
    pub host: Arc<dyn Host>,
    /// The runtime that drives the host's futures.
    pub runtime: Handle,
    /// What the evaluation says, on all its threads.
    pub output: Arc<Output>,
    /// Who hears of the run's events on this thread; nobody on those of branches, but those of a closure that is told of one.
    pub hearers: Option<Hearing>,
    /// The innermost part with a timeout that it works in.
    pub part: Option<Arc<Timed>>,
    /// The step in which the program says to be, if it is made of a pipeline.
    pub step: Option<Arc<str>>,
}

impl Seat {
    /// Takes note of an answer for the parts with a timeout around it; whether it came in time for all of them.
    pub fn note(&self) -> bool {
        self.part.as_ref().is_none_or(|part| part.note(&self.frame))
    }

    /// The same of what a question came to: what was stopped was given no answer.
    fn settle(&self, done: &Outcome<Value>) -> bool {
        if done.as_ref().is_err_and(|failure| failure.kind == FailureKind::Cancelled) {
            return !self.part.as_ref().is_some_and(|part| part.is_overdue());
        }
        self.note()
    }
}

thread_local! {
    /// Parallel branches of one script share the engine; what differs between them is the thread.
    static SEAT: RefCell<Option<Seat>> = const { RefCell::new(None) };
}

/// Takes `seat` for the time of `work` on this thread.
pub fn seated<T>(seat: Seat, work: impl FnOnce() -> T) -> T {
    let gate = Arc::clone(&seat.gate);
    let before = SEAT.with(|s| s.replace(Some(seat)));
    words::reset();
    let answer = gate::under(gate, work);
    SEAT.with(|s| s.replace(before));
    answer
}

/// The seat of this thread; a failure outside an evaluation.
pub fn seat() -> Outcome<Seat> {
    SEAT.with(|s| s.borrow().clone())
        .ok_or_else(|| Failure::new(FailureKind::Internal, "a primitive was called outside an evaluation"))
}

/// The step in which the program says to be on this thread.
pub fn step() -> Option<Arc<str>> {
    SEAT.with_borrow(|seat| seat.as_ref()?.step.clone())
}

/// Notes in which step it is from now on.
pub fn in_step(step: Option<Arc<str>>) {
    SEAT.with_borrow_mut(|seat| {
        if let Some(seat) = seat {
            seat.step = step;
        }
    });
}

/// Asks the host and waits; cancellation ends the wait within 150 ms. The wait is not charged as computing.
pub fn ask(request: Request) -> Outcome<Value> {
    asked(request).and_then(|(value, heard)| heard.map(|()| value))
}

/// The same, with what has stopped the program while the closures of `on_event` were told, beside the answer: the host has
/// answered all the same.
pub fn asked(request: Request) -> Outcome<(Value, Outcome<()>)> {
    let seat = seat()?;
    // What has begun is told to have ended also where the program is stopped.
    let ends = matches!(request, Request::Step(StepTold::Ends(_) | StepTold::Leaves { .. }));
    if let Some(failure) = seat.gate.stop().filter(|_| !ends) {
        return Err(failure);
    }
    if let Some(part) = seat.part.as_ref().filter(|_| !ends) {
        part.admit()?;
    }
    let hearing = seat.hearers.as_ref().filter(|hearing| hearing.is_heard());
    if let Some(hearing) = hearing {
        hearing.allows(&request)?;
    }
    let _room = seat.gate.room(weight(&request))?;
    let hearing = hearing.filter(|hearing| !hearing.is_telling() && !Hearing::is_at_once(&request));
    let ear = hearing.map(|hearing| hearing.at(&request)).transpose()?;
    let call = Call { frame: seat.frame.clone(), request };
    let mut answer = answer(&seat, call);
    let mut unheard: Outcome<()> = Ok(());
    let done = loop {
        // Who was stopped hears nothing, and what he was not told would come again and again.
        match wait(&seat, &mut answer, ear.as_ref().filter(|_| unheard.is_ok())) {
            Came::Answer(done) => break done,
            // The answer is waited for in any case: it may be paid already.
            Came::News(news) => unheard = unheard.and(news.and_then(|news| tell(&seat, ear.as_ref(), &news))),
        }
    };
    let in_time = seat.settle(&done);
    if let Some(ear) = &ear {
        unheard = unheard.and(tell_rest(&seat, ear, &done, in_time));
    }
    done.map(|value| (value, unheard))
}

/// What came while a script waited.
enum Came {
    Answer(Outcome<Value>),
    News(Outcome<Value>),
}

#[allow(clippy::disallowed_methods, reason = "this is the bridge: a script's thread is no runtime worker")]
fn wait(seat: &Seat, answer: &mut BoxFuture<'static, Outcome<Value>>, ear: Option<&Ear<'_>>) -> Came {
    let news = async {
        match ear {
            Some(ear) => seat.host.perform(ear.next(seat), seat.gate.cancel().clone()).await,
            None => std::future::pending().await,
        }
    };
    seat.gate.waiting(|| {
        seat.runtime.block_on(async {
            tokio::select! {
                biased;
                done = &mut *answer => Came::Answer(done),
                () = seat.gate.cancel().cancelled() => Came::Answer(settled(&seat.gate, answer).await),
                news = news => Came::News(news),
            }
        })
    })
}

/// What a call comes to that is cancelled. In a part of the program it has its time to settle, as long as that goes on.
async fn settled(gate: &Gate, answer: &mut BoxFuture<'static, Outcome<Value>>) -> Outcome<Value> {
    let too_late = async {
        gate.cancel_of_whole().cancelled().await;
        tokio::time::sleep(SETTLE).await;
    };
    let done = tokio::select! {
        biased;
        done = answer => Some(done),
        () = too_late => None,
    };
    match done {
        Some(Err(failure)) => Err(failure),
        // A success that came too late is in the log; the script, or its part, is over all the same.
        Some(Ok(_)) | None => Err(Failure::cancelled()),
    }
}

/// Tells what branches have done, once they have joined, `in_time` or not: what comes next may rest on it.
pub fn hear(in_time: bool) -> Outcome<()> {
    let seat = seat()?;
    let hearing = seat.hearers.as_ref().filter(|hearing| hearing.is_heard() && !hearing.is_telling());
    let Some(hearing) = hearing else { return Ok(()) };
    tell_rest(&seat, &hearing.at_branches(), &Ok(Value::Null), in_time)
}

/// Tells the events up to the answer, of which the last may not have been stored when it came. Those of what was stopped with
/// its part are told with the next answer.
#[allow(clippy::disallowed_methods, reason = "this is the bridge: a script's thread is no runtime worker")]
fn tell_rest(seat: &Seat, ear: &Ear<'_>, done: &Outcome<Value>, in_time: bool) -> Outcome<()> {
    if !in_time {
        ear.owe();
        return Ok(());
    }
    let rest = ear.rest(seat, done);
    let work = seat.host.perform(rest, seat.gate.cancel().clone());
    let heard = seat.gate.waiting(|| seat.runtime.block_on(work))?;
    let heard: Heard = serde_json::from_value(heard)
        .map_err(|error| Failure::new(FailureKind::Internal, format!("events have another form: {error}")))?;
    let told = ear.hearing().tell(seat, &heard.events);
    ear.hearing().pass(heard.last);
    told
}

fn tell(seat: &Seat, ear: Option<&Ear<'_>>, news: &Value) -> Outcome<()> {
    let events = news.as_array().map_or(&[][..], Vec::as_slice);
    ear.map_or(Ok(()), |ear| ear.hearing().tell(seat, events))
}

/// The host's answer. What talks to models is driven by the runtime's own threads, beside their connections: on this
/// thread each piece of an answer would wake it.
fn answer(seat: &Seat, call: Call) -> BoxFuture<'static, Outcome<Value>> {
    let talks = matches!(
        call.request,
        Request::Llm(_)
            | Request::LlmBatch { .. }
            | Request::Attempt(_)
            | Request::AttemptBatch { .. }
            | Request::Rlm(_)
            | Request::RlmBatch { .. }
            | Request::Pipeline { .. }
    );
    let (host, cancel) = (Arc::clone(&seat.host), seat.gate.cancel().clone());
    let work = async move { host.perform(call, cancel).await };
    if !talks {
        return work.boxed();
    }
    let task = Task(seat.runtime.spawn(work));
    task.map(|joined| match joined.map_err(JoinError::try_into_panic) {
        Ok(answer) => answer,
        Err(Ok(panic)) => resume_unwind(panic),
        Err(Err(_)) => Err(Failure::new(FailureKind::Cancelled, "the program ends")),
    })
    .boxed()
}

/// A task that ends when it is dropped.
struct Task(JoinHandle<Outcome<Value>>);

impl Future for Task {
    type Output = Result<Outcome<Value>, JoinError>;

    fn poll(mut self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<Self::Output> {
        Pin::new(&mut self.0).poll(context)
    }
}

impl Drop for Task {
    fn drop(&mut self) {
        self.0.abort();
    }
}
