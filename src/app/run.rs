//! One run from its first row in the store to its last: what `ask`, `run`, `eval` and the REPL have in common.

use crate::app::document::Document;
use crate::app::launch::{self, Launch};
use crate::budget::ledger::Ledger;
use crate::budget::report::Totals;
use crate::context::library::Library;
use crate::core::event::Event;
use crate::core::failure::{Failure, FailureKind, Outcome};
use crate::core::ids::{Frame, RunId};
use crate::core::status::RunStatus;
use crate::core::text::one_line;
use crate::host::kit::Kit;
use crate::host::memories::episodes::{self, Ended};
use crate::host::replay::Replay;
use crate::host::run_host::{OnPrint, RunHost, RunSetup};
use crate::host::tools;
use crate::host::typed::Schema;
use crate::pipeline::intention;
use crate::pipeline::plan::Pipeline;
use crate::pipeline::run::whole;
use crate::script::session::{Session, SessionSetup};
use crate::store::runs::{NewRun, new_run_id};
use crate::turn::child::close;
use crate::turn::root::{Root, RootEnd};
use crate::turn::runner;
use serde_json::{Map, Value, json};
use std::path::PathBuf;
use std::sync::{Arc, OnceLock};
use std::time::Duration;
use tokio_util::sync::CancellationToken;

/// A run that has begun.
pub struct Run {
    /// Its host.
    pub host: Arc<RunHost>,
    /// What it is about, as stored.
    pub task: String,
    /// Ends it.
    pub cancel: CancellationToken,
    /// What became of the steps of its pipeline, if it is one.
    steps: OnceLock<Value>,
}

/// A run that is about to begin.
#[derive(Default)]
pub struct Start<'a> {
    /// What kind it is: `ask`, `run`, `eval`, `repl`, ...
    pub kind: &'a str,
    /// What it shall do.
    pub task: &'a str,
    /// What it takes to start it again; `None` for what is over at once.
    pub launch: Option<Launch>,
    /// Shows what its scripts print.
    pub on_print: Option<OnPrint>,
    /// What its final value must be; `None` for anything.
    pub schema: Option<Arc<Schema>>,
}

/// What a run may have beside its context.
#[derive(Default)]
pub struct Parts {
    /// What its final value must be; `None` for anything.
    pub schema: Option<Arc<Schema>>,
    /// Shows what its scripts print.
    pub on_print: Option<OnPrint>,
    /// What it was answered before.
    pub replay: Option<Arc<Replay>>,
}

/// Begins a run: a row in the store, a ledger, a host.
pub fn begin(kit: &Arc<Kit>, start: Start<'_>, library: Library) -> Run {
    let Start { kind, task, launch, on_print, schema } = start;
    let limits = kit.settings.limits;
    let id = new_run_id((kit.clock)());
    let launch = launch.map(|launch| Launch {
        folder: kit.settings.environment.folder.display().to_string(),
        documents: launch::documents(&library),
        ..launch
    });
    let new = NewRun {
        id: id.clone(),
        parent: None,
        kind: kind.to_owned(),
        task: task.to_owned(),
        version: env!("CARGO_PKG_VERSION").to_owned(),
        settings: json!({"limits": limits, "model": kit.settings.forced_model, "launch": launch}),
        depth: 0,
        started_at: (kit.clock)(),
    };
    // Not awaited: the queue keeps the order, so the row is on disk with whatever is awaited first.
    drop(kit.store.begin_run(new));
    let parts = Parts { schema, on_print, replay: None };
    let run = Run::of(kit, id, (kind, task), library, parts);
    run.host.emit(&Frame::root(), &Event::RunStarted { task: one_line(task, 200), depth: 0 });
    run
}

/// A run that does nothing and leaves nothing in the store: it lends its session to questions about names.
pub fn idle(kit: &Arc<Kit>, library: Library) -> Run {
    Run::of(kit, new_run_id((kit.clock)()), ("eval", ""), library, Parts::default())
}

impl Run {
    /// A run that has a row in the store already.
    pub const fn new(host: Arc<RunHost>, task: String, cancel: CancellationToken) -> Self {
        Self { host, task, cancel, steps: OnceLock::new() }
    }

    /// The parts of a run with its kind and task, and with what it was answered before.
    pub(super) fn of(kit: &Arc<Kit>, id: RunId, (kind, task): (&str, &str), library: Library, parts: Parts) -> Self {
        let Parts { schema, on_print, replay } = parts;
        let limits = kit.settings.limits;
        let setup = RunSetup {
            run: id,
            scope: Ledger::new(limits).root(),
            view: library.view(),
            library: Arc::new(library),
            by_model: kind == "ask",
            max_turns: limits.max_turns,
            schema,
            choices: Arc::default(),
            shown: Arc::default(),
            counts: Arc::default(),
            replay,
            on_print,
        };
        Self::new(RunHost::new(Arc::clone(kit), setup), task.to_owned(), CancellationToken::new())
    }

    /// A session of this run.
    pub fn session(&self, folder: Option<PathBuf>, args: Option<Value>) -> Session {
        Session::new(SessionSetup {
            host: Arc::clone(&self.host) as Arc<dyn crate::script::host::Host>,
            runtime: tokio::runtime::Handle::current(),
            frame: Frame::root(),
            view: self.host.view.clone(),
            folder,
            compute: Duration::from_millis(self.host.scope.limits().compute_millis),
            args,
        })
    }

    /// Makes a root run of this task, and remembers how it went.
    pub async fn root(&self, role: Option<String>, recursive: bool) -> RootEnd {
        let root = Root {
            host: Arc::clone(&self.host),
            task: self.task.clone(),
            role: role.clone(),
            model: None,
            requires: Vec::new(),
            strategy: None,
            recursive,
            reason: None,
            cancel: self.cancel.clone(),
        };
        let before = self.host.scope.report().totals;
        let end = self.within(runner::run(&root)).await;
        let begun = end.role.as_deref().or(role.as_deref()).unwrap_or(crate::registry::roles::ROOT);
        self.remember(begun, &end, &before).await;
        end
    }

    /// Runs a pipeline of which this run is made. Whoever starts it has thereby allowed the files that it declares.
    pub async fn pipeline(&self, pipeline: &Pipeline, inputs: Map<String, Value>) -> RootEnd {
        let start = whole::Start { inputs, frame: Frame::root(), cancel: self.cancel.clone(), allowed: true, depth: 0 };
        if self.host.replay.is_none() {
            // A store that cannot be read fails the first effect as well.
            drop(intention::keep(&self.host, pipeline));
        }
        let work = async {
            let done = whole::run(&self.host, pipeline, start).await;
            // It is made once, so nothing can be there already.
            drop(self.steps.set(Value::Object(done.steps)));
            match done.failure {
                None if done.partial => RootEnd { status: RunStatus::Partial, ..RootEnd::completed(done.answer, 0) },
                None => RootEnd::completed(done.answer, 0),
                Some(failure) => {
                    let answer = Some(done.answer).filter(|answer| !answer.is_null());
                    RootEnd { answer, ..RootEnd::failed(failure, 0) }
                }
            }
        };
        self.within(work).await
    }

    /// Calls the tool of which this run is made.
    pub async fn tool(&self, tool: &str, args: Map<String, Value>) -> RootEnd {
        let work = async {
            let (name, args) = (tool.to_owned(), Value::Object(args));
            match tools::call(&self.host, &Frame::root(), name, args, &self.cancel).await {
                Ok(value) => RootEnd::completed(value, 0),
                Err(failure) => RootEnd::failed(failure, 0),
            }
        };
        self.within(work).await
    }

    /// Ends `work` at the run's deadline, and says so if it went on past calls that a budget refused or parts that failed.
    pub async fn within(&self, work: impl Future<Output = RootEnd>) -> RootEnd {
        let before = self.host.lacks();
        let end = in_time(self.host.scope.limits().timeout_millis, &self.cancel, work).await;
        end.lacking(self.host.lacks() > before)
    }

    /// The episodes of a finished run, written together; `before` is what the ledger had spent when it began. The index is
    /// brought up to date by the next recall, so that ending stays fast.
    async fn remember(&self, role: &str, end: &RootEnd, before: &Totals) {
        if !self.host.kit.settings.memory || self.host.is_sealed() || end.status == RunStatus::Cancelled {
            return;
        }
        let after = self.host.scope.report().totals;
        let ended = Ended {
            task: &self.task,
            role,
            status: end.status,
            failure: end.failure.as_ref(),
            turns: end.turns,
            tokens: after.usage.total().saturating_sub(before.usage.total()),
            cost_nanos: after.cost.nanos().saturating_sub(before.cost.nanos()),
        };
        episodes::remember(&self.host, episodes::of_run(&self.host, &ended)).await;
    }

    /// Writes the end of the run. Everything emitted before is on disk when it returns.
    pub async fn close(&self, end: &RootEnd) -> Outcome<()> {
        let ended = close(&self.host, end).await;
        // The first write that failed says why; what failed after it only says that something is missing.
        self.host.kit.store.close().await?;
        ended
    }

    /// The result document.
    pub fn document(&self, end: &RootEnd) -> Value {
        let report = self.host.scope.report();
        let document = Document {
            answer: end.answer.as_ref(),
            status: end.status,
            run: &self.host.run,
            turns: end.turns,
            totals: report.totals,
            refused: self.host.scope.refused(),
            rows: &report.rows,
            choices: &self.host.choices,
            failure: end.failure.as_ref(),
            steps: self.steps(),
            products: &self.host.products(),
            is_stored: false,
        };
        document.to_json()
    }

    /// What became of the steps of its pipeline, by name, once it has ended.
    pub fn steps(&self) -> Option<&Value> {
        self.steps.get()
    }
}

/// Stops `work` at its deadline. If it comes to a good end all the same, that stays: its answer is paid.
async fn in_time(millis: Option<u64>, cancel: &CancellationToken, work: impl Future<Output = RootEnd>) -> RootEnd {
    let Some(millis) = millis else { return work.await };
    let mut work = std::pin::pin!(work);
    tokio::select! {
        biased;
        end = &mut work => end,
        () = tokio::time::sleep(Duration::from_millis(millis)) => {
            cancel.cancel();
            let end = work.await;
            if end.failure.is_none() {
                return end;
            }
            let failure = Failure::new(FailureKind::Deadline, format!("the run took longer than {} s", seconds(millis)))
                .hint("raise --timeout");
            let partial = end.failure.and_then(|f| f.details.get("partial").cloned());
            RootEnd::failed(partial.into_iter().fold(failure, |f, p| f.detail("partial", p)), end.turns)
        }
    }
}

fn seconds(millis: u64) -> f64 {
    Duration::from_millis(millis).as_secs_f64()
}

#[cfg(test)]
mod tests;
