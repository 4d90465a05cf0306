//! The closures of `on_event`: called on the script's own thread while it waits for an answer, each event once.

use crate::core::failure::{Failure, FailureKind, Outcome};
use crate::core::request::{Call, LlmRequest, Request};
use crate::core::step::StepTold;
use crate::script::bridge::Seat;
use crate::script::convert::to_dynamic;
use crate::script::errors::from_native;
use crate::script::errors::way::{self, Home};
use crate::script::limits::depth::{self, KEPT};
use crate::script::output;
#[allow(deprecated, reason = "rhai marks stored call contexts volatile, not obsolete")]
use rhai::NativeCallContextStore;
use rhai::{Dynamic, Engine, EvalAltResult, FnPtr, NativeCallContext};
use serde_json::Value;
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

/// The closures of a session.
#[derive(Default)]
pub struct Hearers {
    #[allow(deprecated, reason = "rhai marks stored call contexts volatile, not obsolete")]
    closures: Mutex<Vec<(FnPtr, NativeCallContextStore)>>,
    /// The number of the last event that was told.
    told: AtomicU64,
    telling: AtomicBool,
    /// Behind which event is still to be told what happened at questions that were stopped with their part.
    owed: Mutex<Option<u64>>,
}

/// The closures with the engine that calls them, during one evaluation.
#[derive(Clone)]
pub struct Hearing {
    engine: Arc<Engine>,
    hearers: Arc<Hearers>,
}

/// The closures while a question is waited for.
pub struct Ear<'h> {
    hearing: &'h Hearing,
    /// The number of the last event that was told before.
    since: u64,
    /// By what the log knows the question.
    asked: String,
}

impl Hearers {
    /// Adds a closure, which hears what comes behind event number `after`.
    #[allow(deprecated, reason = "rhai marks stored call contexts volatile, not obsolete")]
    pub fn add(&self, context: &NativeCallContext, closure: FnPtr, after: u64) {
        self.told.fetch_max(after, Ordering::Relaxed);
        let mut closures = self.closures.lock().unwrap_or_else(PoisonError::into_inner);
        closures.push((closure, context.store_data()));
    }

    /// The closure at this place, if there are so many.
    #[allow(deprecated, reason = "rhai marks stored call contexts volatile, not obsolete")]
    fn at(&self, index: usize) -> Option<(FnPtr, NativeCallContextStore)> {
        self.closures.lock().unwrap_or_else(PoisonError::into_inner).get(index).cloned()
    }

    /// Drops the closure at this place.
    fn drop_at(&self, index: usize) {
        let mut closures = self.closures.lock().unwrap_or_else(PoisonError::into_inner);
        if index < closures.len() {
            drop(closures.remove(index));
        }
    }

    /// Drops the closures that hold what nests too deep to be kept, and says so.
    pub fn thin(&self) -> Option<Failure> {
        let mut closures = self.closures.lock().unwrap_or_else(PoisonError::into_inner);
        let before = closures.len();
        closures.retain(|(closure, _)| !depth::closure_exceeds(closure, KEPT));
        (closures.len() < before).then(|| depth::failure("what a closure of on_event holds", KEPT))
    }
}

impl Hearing {
    /// The closures of a session during an evaluation of `engine`.
    pub fn new(engine: &Arc<Engine>, hearers: &Arc<Hearers>) -> Self {
        Self { engine: Arc::clone(engine), hearers: Arc::clone(hearers) }
    }

    /// Whether there is a closure.
    pub fn is_heard(&self) -> bool {
        !self.hearers.closures.lock().unwrap_or_else(PoisonError::into_inner).is_empty()
    }

    /// Whether a closure is being called. Branches that it makes are over when it is.
    pub fn is_telling(&self) -> bool {
        self.hearers.telling.load(Ordering::Relaxed)
    }

    /// Whether a question is answered at once, so that nobody waits and nothing is told meanwhile.
    pub const fn is_at_once(request: &Request) -> bool {
        matches!(
            request,
            Request::Say { .. }
                | Request::Tools { .. }
                | Request::Scripts { .. }
                | Request::Branches
                | Request::Typed { .. }
        )
    }

    /// Refuses effects while a closure is called: when events come is chance, and a repeated run must ask in the same order.
    pub fn allows(&self, request: &Request) -> Outcome<()> {
        if Self::is_at_once(request) || !self.is_telling() {
            return Ok(());
        }
        Err(only_looks("effects are", "ask"))
    }

    /// The closures while this question is waited for.
    pub fn at(&self, request: &Request) -> Outcome<Ear<'_>> {
        name(request).map(|asked| self.ear(asked))
    }

    /// The closures while branches are waited for.
    pub fn at_branches(&self) -> Ear<'_> {
        self.ear("branches".to_owned())
    }

    fn ear(&self, asked: String) -> Ear<'_> {
        Ear { hearing: self, since: self.told(), asked }
    }

    /// The number of the last event that was told.
    fn told(&self) -> u64 {
        self.hearers.told.load(Ordering::Relaxed)
    }

    /// Takes for told whatever stands up to this event.
    pub fn pass(&self, last: u64) {
        self.hearers.told.fetch_max(last, Ordering::Relaxed);
    }

    /// Tells events to every closure. One that fails is told as a note and hears no more: what it looks at goes on.
    ///
    /// Fails with what stops the program.
    #[allow(deprecated, reason = "rhai marks stored call contexts volatile, not obsolete")]
    pub fn tell(&self, seat: &Seat, events: &[Value]) -> Outcome<()> {
        for event in events {
            // What is not told to all stays untold, for where the program goes on.
            if let Some(failure) = seat.gate.stop() {
                return Err(failure);
            }
            let number = event.get("seq").and_then(Value::as_u64).unwrap_or_default();
            self.hearers.told.fetch_max(number, Ordering::Relaxed);
            let event = to_dynamic(event);
            let mut index = 0;
            while let Some((closure, stored)) = self.hearers.at(index) {
                let context = stored.create_context(&self.engine);
                self.hearers.telling.store(true, Ordering::Relaxed);
                let called = closure.call_within_context::<Dynamic>(&context, (event.clone(),));
                self.hearers.telling.store(false, Ordering::Relaxed);
                if let Err(error) = called {
                    self.hearers.drop_at(index);
                    note(&error)?;
                } else {
                    index += 1;
                }
            }
        }
        Ok(())
    }
}

impl Ear<'_> {
    /// The closures.
    pub const fn hearing(&self) -> &Hearing {
        self.hearing
    }

    /// The question for what happens next.
    pub fn next(&self, seat: &Seat) -> Call {
        let (after, asked) = (self.hearing.told(), self.asked.clone());
        Call { frame: seat.frame.clone(), request: Request::News { after, asked } }
    }

    /// The question for what has not been told yet of what happened meanwhile, once what was waited for has come.
    pub fn rest(&self, seat: &Seat, done: &Outcome<Value>) -> Call {
        let failed = match done {
            Ok(_) => Some(false),
            Err(failure) => (failure.kind != FailureKind::Cancelled).then_some(true),
        };
        let owed = self.owed().take();
        let since = owed.map_or(self.since, |owed| owed.min(self.since));
        let (after, asked) = (self.hearing.told(), self.asked.clone());
        Call { frame: seat.frame.clone(), request: Request::Heard { since, after, asked, failed } }
    }

    /// Leaves what happened meanwhile to the next answer, which is that of the end of the part at the latest. A run that goes on
    /// meets that again, but not what was stopped with the part.
    pub fn owe(&self) {
        self.owed().get_or_insert(self.since);
    }

    fn owed(&self) -> MutexGuard<'_, Option<u64>> {
        self.hearing.hearers.owed.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// By what the log knows a question at which something was heard: its kind and a hash of what is asked. What a program says of
/// an end, what attempts have used and how many go at once may differ where a log answers.
fn name(request: &Request) -> Outcome<String> {
    let mut hash = blake3::Hasher::new();
    let written = match request {
        Request::Step(StepTold::Ends(_)) => serde_json::to_writer(&mut hash, "ends"),
        Request::Step(StepTold::Leaves { .. }) => serde_json::to_writer(&mut hash, "leaves"),
        Request::Final { value, .. } => serde_json::to_writer(&mut hash, &("final", value)),
        Request::LlmBatch { requests, .. } => serde_json::to_writer(&mut hash, &("llm_batch", requests)),
        Request::RlmBatch { requests, .. } => serde_json::to_writer(&mut hash, &("rlm_batch", requests)),
        Request::Attempt(step) => serde_json::to_writer(&mut hash, &("attempt", &step.request)),
        Request::AttemptBatch { steps, .. } => {
            let calls: Vec<&LlmRequest> = steps.iter().map(|(_, step)| &step.request).collect();
            serde_json::to_writer(&mut hash, &("attempt_batch", calls))
        }
        request => serde_json::to_writer(&mut hash, request),
    };
    written.map_err(|error| Failure::new(FailureKind::Internal, format!("a question has no form as data: {error}")))?;
    Ok(hash.finalize().to_hex().to_string())
}

/// The failure of a closure that does more than look.
fn only_looks(what: &str, later: &str) -> Failure {
    Failure::new(FailureKind::Invalid, format!("on_event only looks: {what} not possible in its closure"))
        .hint(format!("keep what it saw in a variable, and {later} afterwards"))
}

/// Notes with what a closure failed; what stops the program is a failure of the program.
fn note(error: &EvalAltResult) -> Outcome<()> {
    // What ends a program is no error of it, and has no words for one.
    let failure = way::end(error).map_or_else(|| from_native(error), |_| only_looks("`exit` is", "end"));
    if failure.kind.stops() {
        return Err(failure);
    }
    let place = way::of(error, &|_| Home::Program).position;
    let place = place.line().map_or_else(String::new, |line| {
        place.position().map_or_else(|| format!(" (line {line})"), |column| format!(" (line {line}, column {column})"))
    });
    let hint = failure.hint.map_or_else(String::new, |hint| format!("; {hint}"));
    output::note(format!("a closure of on_event failed{place} and hears no more: {}{hint}", failure.message))
}
