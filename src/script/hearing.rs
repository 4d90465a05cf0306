//! The closures of `on_event`: called on the script's own thread while it waits for an answer, each event once.

use crate::core::failure::{Failure, FailureKind, Outcome};
use crate::core::request::{Call, Request};
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
use std::sync::{Arc, Mutex, PoisonError};

/// The closures of a session.
#[derive(Default)]
pub struct Hearers {
    #[allow(deprecated, reason = "rhai marks stored call contexts volatile, not obsolete")]
    closures: Mutex<Vec<(FnPtr, NativeCallContextStore)>>,
    /// The number of the last event that was told.
    told: AtomicU64,
    telling: AtomicBool,
}

/// The closures with the engine that calls them, during one evaluation.
#[derive(Clone)]
pub struct Hearing {
    engine: Arc<Engine>,
    hearers: Arc<Hearers>,
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

    /// The number of the last event that was told.
    pub fn told(&self) -> u64 {
        self.hearers.told.load(Ordering::Relaxed)
    }

    /// The question for what happens next.
    pub fn next(&self, seat: &Seat) -> Call {
        Call { frame: seat.frame.clone(), request: Request::News { after: self.told() } }
    }

    /// The question for what happened behind event `since` and has not been told yet, once what was waited for has come.
    pub fn rest(&self, seat: &Seat, since: u64, done: &Outcome<Value>) -> Call {
        let failed = match done {
            Ok(_) => Some(false),
            Err(failure) => (failure.kind != FailureKind::Cancelled).then_some(true),
        };
        Call { frame: seat.frame.clone(), request: Request::Heard { since, after: self.told(), failed } }
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
            let number = event.get("seq").and_then(Value::as_u64).unwrap_or_default();
            self.hearers.told.fetch_max(number, Ordering::Relaxed);
            let event = to_dynamic(event);
            let mut index = 0;
            while let Some((closure, stored)) = self.hearers.at(index) {
                if let Some(failure) = seat.gate.stop() {
                    return Err(failure);
                }
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
