//! A session: engine, variables and functions that persist from one evaluation to the next.
//!
//! Each evaluation works on a fork that is committed when it ends, also when it ends with an error: values that
//! were already assigned are kept. Only an evaluation that had to be abandoned leaves the session as it was.

use crate::context::view::View;
use crate::core::failure::{Failure, FailureKind, Outcome};
use crate::core::ids::Frame;
use crate::script::bridge::Seat;
use crate::script::completeness::{Completeness, judge};
use crate::script::convert::{to_dynamic, to_value};
use crate::script::desk::Desk;
use crate::script::errors::from_parse;
use crate::script::evaluate::{Ended, Evaluation, Job};
use crate::script::handle::Context;
use crate::script::hearing::Hearing;
use crate::script::host::Host;
use crate::script::limits::gate::Gate;
use crate::script::marks::Marks;
use crate::script::output::Output;
use crate::script::state::{State, Variable};
use crate::script::worker::{self, Worker};
use crate::script::{engine, natives, show, stdlib};
use rhai::{AST, Dynamic, Engine, Scope};
use serde_json::Value;
use std::collections::HashSet;
use std::future::pending;
use std::path::PathBuf;
use std::pin::Pin;
use std::sync::Arc;
use std::time::Duration;
use tokio::time::{Instant, Sleep, sleep_until};
use tokio_util::sync::CancellationToken;

/// How long an evaluation that was cancelled or computes too long may take to notice before it is abandoned.
const GRACE: Duration = Duration::from_millis(200);
/// How long one that has noticed that it computes too long may go on before it is abandoned: it copies what it keeps.
const OVERDUE: Duration = Duration::from_secs(2);
/// How often its clock is looked at, at most: it stands still while the evaluation waits.
const TICK: Duration = Duration::from_millis(50);

/// What a session needs.
pub struct SessionSetup {
    /// Who answers the primitives.
    pub host: Arc<dyn Host>,
    /// The runtime that drives the host's futures.
    pub runtime: tokio::runtime::Handle,
    /// Where in the run the session is.
    pub frame: Frame,
    /// The long input.
    pub view: View,
    /// Where imports may come from beside the stdlib.
    pub folder: Option<PathBuf>,
    /// Computing time of one evaluation.
    pub compute: Duration,
    /// The parameters of a stored program, seen as `args`; `None` for other sessions.
    pub args: Option<Value>,
}

/// A session.
pub struct Session {
    engine: Arc<Engine>,
    desk: Arc<Desk>,
    state: Arc<State>,
    host: Arc<dyn Host>,
    runtime: tokio::runtime::Handle,
    frame: Frame,
    compute: Duration,
    worker: Worker,
    /// Looks at the clock of an evaluation. One for all: a new timer that is due before all others wakes the runtime.
    alarm: Option<Pin<Box<Sleep>>>,
    evaluations: u32,
    offered: Vec<&'static str>,
}

impl Session {
    /// A fresh session.
    pub fn new(setup: SessionSetup) -> Self {
        let desk = Arc::new(Desk::new(!setup.view.is_empty()));
        let args = setup.args.as_ref().map(to_dynamic);
        let engine = engine::build(&desk, &setup.view, args.clone(), setup.folder);
        let mut scope = Scope::new();
        scope.push_constant_dynamic("context", Dynamic::from(desk.context(setup.view)));
        if let Some(args) = args {
            scope.push_constant_dynamic("args", args);
        }
        Self {
            engine: Arc::new(engine),
            desk,
            state: Arc::new(State { scope, functions: AST::empty() }),
            host: setup.host,
            runtime: setup.runtime,
            frame: setup.frame,
            compute: setup.compute,
            worker: Worker::default(),
            alarm: None,
            evaluations: 0,
            offered: Vec::new(),
        }
    }

    /// Evaluates a program on a fork and commits it. Cancelling `cancel` ends it within 250 ms. So does its
    /// deadline, unless it only copies what it keeps: then within 2 s.
    pub async fn evaluate(&mut self, source: &str, cancel: CancellationToken) -> Evaluation {
        self.evaluations += 1;
        self.offer(source);
        let gate = Arc::new(Gate::new(cancel.clone(), self.compute));
        let output = Arc::new(Output::default());
        let seat = Seat {
            frame: self.place(),
            gate: Arc::clone(&gate),
            host: Arc::clone(&self.host),
            runtime: self.runtime.clone(),
            output: Arc::clone(&output),
            hearers: Some(Hearing::new(&self.engine, self.desk.hearers())),
            part: None,
            step: None,
        };
        let job = Job {
            engine: Arc::clone(&self.engine),
            desk: Arc::clone(&self.desk),
            state: Arc::clone(&self.state),
            source: source.to_owned(),
        };
        let (send, mut receive) = tokio::sync::oneshot::channel();
        // The receiver is gone only if this evaluation was abandoned; then nobody wants the result.
        if let Err(error) = self.worker.run(move || drop(send.send(job.run(seat)))) {
            return Evaluation::failed(worker::no_thread("the evaluation", &error));
        }
        let ended = tokio::select! {
            biased;
            ended = &mut receive => ended.ok(),
            () = cancel.cancelled() => tokio::time::timeout(GRACE, receive).await.ok().and_then(Result::ok),
            () = overdue(&gate, &mut self.alarm) => None,
        };
        if let Some(ended) = ended {
            return self.commit(ended);
        }
        self.worker.abandon();
        let died = || Failure::new(FailureKind::Internal, "the evaluation's thread died");
        Evaluation::failed(gate.stop().unwrap_or_else(died)).saying(output.take_printed(), &self.desk)
    }

    /// Where in the run the last evaluation is.
    pub fn place(&self) -> Frame {
        self.frame.child(format_args!("e{}", self.evaluations))
    }

    fn commit(&mut self, ended: Ended) -> Evaluation {
        let Ended { state, evaluation } = ended;
        let old = std::mem::replace(&mut self.state, Arc::new(state));
        let before: HashSet<&str> = old.scope.iter_raw().map(|(name, ..)| name).collect();
        let new_variables = self.state.variables(|name| !before.contains(name));
        drop(before);
        self.worker.bury(old);
        Evaluation { new_variables, ..evaluation }
    }

    /// Makes the stdlib modules that a program names known to its parser.
    fn offer(&mut self, source: &str) {
        // An abandoned evaluation may still hold the engine; its modules then need their `import`.
        if let Some(engine) = Arc::get_mut(&mut self.engine) {
            stdlib::offer(engine, &mut self.offered, source);
        }
    }

    /// Whether typed code is complete.
    pub fn judge(&mut self, source: &str) -> Completeness {
        self.offer(source);
        judge(&self.engine, &self.state.scope, source)
    }

    /// Whether a program parses here; the failure says where it does not.
    pub fn compiles(&mut self, source: &str) -> Outcome<()> {
        self.offer(source);
        let parsed = self.engine.compile_with_scope(&self.state.scope, source);
        parsed.map(drop).map_err(|error| from_parse(&error, source, &self.state.names()))
    }

    /// The variables, oldest first.
    pub fn variables(&self) -> Vec<Variable> {
        self.state.variables(|_| true)
    }

    /// The functions defined in the session, as signatures.
    pub fn functions(&self) -> Vec<String> {
        let named = self.state.functions.iter_functions().filter(|f| !f.name.starts_with("anon$"));
        named.map(|f| format!("{}({})", f.name, f.params.join(", "))).collect()
    }

    /// The signatures of a function of the language, and what it does; `None` if there is none of this name.
    pub fn native(&self, name: &str) -> Option<String> {
        natives::about(&self.engine, name)
    }

    /// The members of a variable that is a map, or of a map in it, for completion.
    pub fn members(&self, path: &[&str]) -> Vec<String> {
        let keys = |v: &Dynamic| v.as_map_ref().map(|m| m.keys().map(ToString::to_string).collect()).ok();
        self.look(path, keys).flatten().unwrap_or_default()
    }

    /// The type of a variable or of a member of it, for completion.
    pub fn kind_of(&self, path: &[&str]) -> Option<&'static str> {
        self.look(path, show::kind)
    }

    fn look<T>(&self, path: &[&str], see: impl FnOnce(&Dynamic) -> T) -> Option<T> {
        let (name, members) = path.split_first()?;
        show::within(self.state.scope.get(name)?, members, see)
    }

    /// The wanted variables that have a form as data, for saving; handles and functions are left out and named.
    pub fn snapshot(&self, wanted: impl Fn(&str) -> bool) -> (serde_json::Map<String, Value>, Vec<String>) {
        let mut kept = serde_json::Map::new();
        let mut left_out = Vec::new();
        let mine = |name: &str| name != "context" && wanted(name);
        let newest_first: Vec<_> = self.state.scope.iter_raw().filter(|(name, ..)| mine(name)).collect();
        for (name, _, value) in newest_first.into_iter().rev() {
            match to_value(value) {
                Ok(data) if value.read_lock::<Context>().is_none() => {
                    kept.insert(name.to_owned(), data);
                }
                _ => left_out.push(name.to_owned()),
            }
        }
        (kept, left_out)
    }

    /// Those of these values whose names a variable can have, and the names of the others.
    pub fn nameable(&self, values: serde_json::Map<String, Value>) -> (serde_json::Map<String, Value>, Vec<String>) {
        let is_word =
            |name: &str| name.chars().all(|c| c.is_alphanumeric() || c == '_') && name.contains(|c: char| c != '_');
        // What words are reserved the parser knows.
        let can_be = |name: &str| is_word(name) && self.engine.compile(format!("let {name} = 0;")).is_ok();
        let (named, others): (serde_json::Map<String, Value>, serde_json::Map<String, Value>) =
            values.into_iter().partition(|(name, _)| name != "context" && can_be(name));
        (named, others.into_iter().map(|(name, _)| name).collect())
    }

    /// What the variables hold now, to find out later which of them have changed.
    pub fn marks(&self) -> Marks {
        Marks::of(&self.state.scope)
    }

    /// Sets variables from data, as `snapshot` gave it. What closures have captured stays theirs too.
    pub fn restore(&mut self, values: &serde_json::Map<String, Value>) {
        let mut scope = self.state.scope.clone();
        for (name, value) in values {
            let value = to_dynamic(value);
            let captured = scope.get_mut(name).filter(|known| known.is_shared());
            let set = captured.and_then(|known| known.write_lock::<Dynamic>().map(|mut place| *place = value.clone()));
            if set.is_none() {
                scope.set_or_push(name.as_str(), value);
            }
        }
        let state = State { scope, functions: self.state.functions.clone() };
        self.worker.bury(std::mem::replace(&mut self.state, Arc::new(state)));
    }

    /// An earlier result as data.
    pub fn result(&self, number: i64) -> Outcome<Value> {
        to_value(&self.desk.result(number)?)
    }

    /// Keeps a value from outside like that of an evaluation; answers its number.
    pub fn keep(&self, value: &Value) -> usize {
        self.desk.keep(to_dynamic(value))
    }

    /// How often the session has looked into its context.
    pub fn looks(&self) -> u64 {
        self.desk.looks()
    }
}

/// Ends when an evaluation has computed for too long and does not notice: it is in a native call that asks nobody.
async fn overdue(gate: &Gate, alarm: &mut Option<Pin<Box<Sleep>>>) {
    loop {
        let left = gate.left(if gate.is_ending() { OVERDUE } else { GRACE });
        if left.is_zero() {
            return;
        }
        // A limit beyond what the clock can tell is none.
        let Some(due) = Instant::now().checked_add(left.max(TICK)) else { return pending().await };
        let alarm = alarm.get_or_insert_with(|| Box::pin(sleep_until(due)));
        alarm.as_mut().reset(due);
        alarm.as_mut().await;
    }
}

impl Drop for Session {
    fn drop(&mut self) {
        let empty = Arc::new(State { scope: Scope::new(), functions: AST::empty() });
        let state = std::mem::replace(&mut self.state, empty);
        // The engine's functions hold the desk too: whoever lets go of it last drops what it keeps.
        let engine = std::mem::replace(&mut self.engine, Arc::new(Engine::new_raw()));
        let desk = std::mem::take(&mut self.desk);
        self.worker.bury((state, engine, desk));
    }
}
