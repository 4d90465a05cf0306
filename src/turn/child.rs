//! Child runs: a root run at depth + 1, on a slice of the parent's budget, with its own session.

use crate::budget::ledger::ChildSlice;
use crate::context::view::View;
use crate::core::document::ContextRef;
use crate::core::event::{Event, RunStatus};
use crate::core::failure::{Failure, FailureKind, Outcome};
use crate::core::ids::{Frame, RunId};
use crate::core::money::Money;
use crate::core::request::ChildRequest;
use crate::core::text::one_line;
use crate::host::children::Children;
use crate::host::episodes::{self, Ended};
use crate::host::run_host::{RunHost, RunSetup};
use crate::host::typed::{Checked, Schema};
use crate::registry::roles;
use crate::store::runs::{NewRun, RunEnd, new_run_id};
use crate::turn::root::{Root, RootEnd};
use crate::turn::runner;
use futures::FutureExt;
use futures::future::BoxFuture;
use serde_json::Value;
use std::sync::Arc;
use tokio_util::sync::CancellationToken;

/// Starts child runs with the root loop.
pub struct RootChildren;

impl Children for RootChildren {
    fn run(
        &self,
        parent: Arc<RunHost>,
        frame: Frame,
        request: ChildRequest,
        cancel: CancellationToken,
    ) -> BoxFuture<'_, Outcome<Value>> {
        async move { child(&parent, &frame, request, cancel).await }.boxed()
    }
}

async fn child(parent: &RunHost, frame: &Frame, request: ChildRequest, cancel: CancellationToken) -> Outcome<Value> {
    let slice = ChildSlice {
        max_cost: request.options.max_cost.map(usd).transpose()?,
        max_calls: request.options.max_calls,
        max_tokens: request.options.max_tokens,
    };
    let schema = request.options.schema.as_deref().map(Schema::read).transpose()?.map(Arc::new);
    let scope = parent.scope.child(&slice)?;
    let run = new_run_id(parent.now());
    let depth = scope.depth();
    let setup = RunSetup {
        run: run.clone(),
        scope,
        library: Arc::clone(&parent.library),
        view: view(parent, &request.context, &run)?,
        max_turns: request.options.max_turns.unwrap_or(parent.max_turns),
        schema: schema.clone(),
        choices: Arc::clone(&parent.choices),
        shown: Arc::clone(&parent.shown),
        on_print: None,
    };
    begin(parent, &run, &request, depth);
    let task = one_line(&request.task, 200);
    parent.emit(frame, &Event::ChildStarted { child: run.clone(), task: task.clone(), depth });
    let host = RunHost::new(Arc::clone(&parent.kit), setup);
    host.emit(&Frame::root(), &Event::RunStarted { task, depth });
    let root = Root {
        host: Arc::clone(&host),
        task: request.task,
        role: request.options.role,
        model: request.options.model,
        requires: request.options.requires,
        strategy: request.options.strategy,
        recursive: false,
        cancel,
    };
    host.trail.inherit(&parent.trail);
    let end = runner::run(&root).await;
    remember(&root, &end).await;
    close(&host, &end).await?;
    parent.emit(frame, &Event::ChildFinished { child: run.clone(), status: end.status });
    match (end.answer, end.failure) {
        (Some(answer), _) => schema.map_or(Ok(answer.clone()), |schema| typed(&schema, &answer)),
        (None, Some(failure)) => Err(for_parent(failure).detail("child", run.as_str())),
        (None, None) => Err(Failure::new(FailureKind::Internal, "a child ended without an answer or a reason")),
    }
}

async fn remember(root: &Root, end: &RootEnd) {
    if end.status == RunStatus::Cancelled {
        return;
    }
    let spent = root.host.scope.report().totals;
    let ended = Ended {
        task: &root.task,
        role: end.role.as_deref().or(root.role.as_deref()).unwrap_or(roles::ROOT),
        status: end.status,
        failure: end.failure.as_ref(),
        turns: end.turns,
        tokens: spent.usage.total(),
        cost_nanos: spent.cost.nanos(),
    };
    episodes::remember(&root.host, episodes::of_child(&root.host, &ended)).await;
}

/// The answer with the numbers that the schema names; `FINAL` has refused what does not match.
fn typed(schema: &Schema, answer: &Value) -> Outcome<Value> {
    match schema.check_data(answer) {
        Checked::Valid(value) => Ok(value),
        Checked::Wrong(message) => {
            let what = format!("the child's answer does not match the schema: {message}");
            Err(Failure::new(FailureKind::Invalid, what).detail("raw", answer.clone()))
        }
    }
}

/// A child that was stopped by its own slice must not stop its parent: what is uncatchable within the child is an
/// ordinary failure outside. If the parent's own budget is used up too, its next call says so.
fn for_parent(failure: Failure) -> Failure {
    if !matches!(failure.kind, FailureKind::Budget | FailureKind::Limit | FailureKind::Deadline) {
        return failure;
    }
    let (inner, message) = (failure.kind.name(), format!("the child run was stopped: {}", failure.message));
    Failure { kind: FailureKind::Child, message, ..failure }.detail("stopped_by", inner)
}

/// What the child may look into.
fn view(parent: &RunHost, context: &ContextRef, run: &RunId) -> Outcome<View> {
    match context {
        ContextRef::Spans(spans) => parent.library.resolve(spans),
        ContextRef::Text(text) => Ok(parent.library.add_text(&format!("text of {run}"), text.clone())),
        ContextRef::Empty => Ok(View::default()),
    }
}

/// Not awaited: the queue keeps the order, so the row is on disk with the child's first effect.
fn begin(parent: &RunHost, run: &RunId, request: &ChildRequest, depth: u32) {
    let new = NewRun {
        id: run.clone(),
        parent: Some(parent.run.clone()),
        kind: "child".to_owned(),
        task: request.task.clone(),
        version: env!("CARGO_PKG_VERSION").to_owned(),
        settings: serde_json::to_value(&request.options).unwrap_or_default(),
        depth,
        started_at: parent.now(),
    };
    drop(parent.kit.store.begin_run(new));
}

/// Writes the end of a run: its event and its row. The totals are the whole tree's, for a child those so far.
pub async fn close(host: &RunHost, end: &RootEnd) -> Outcome<()> {
    let failure = end.failure.clone();
    host.emit(&Frame::root(), &Event::RunFinished { status: end.status, failure: failure.clone() });
    let totals = host.scope.report().totals;
    let row = RunEnd {
        status: end.status,
        result: end.answer.clone(),
        failure,
        cost: Some(totals.cost),
        calls: totals.calls,
        input_tokens: totals.usage.input_tokens,
        output_tokens: totals.usage.output_tokens,
        ended_at: host.now(),
    };
    debug_assert!(end.status != RunStatus::Running, "a run that has ended is not running");
    host.kit.store.end_run(&host.run, row).await
}

fn usd(amount: f64) -> Outcome<Money> {
    Money::parse_usd(&format!("{amount:.9}"))
        .ok_or_else(|| Failure::new(FailureKind::Invalid, format!("max_cost must be an amount in USD, not {amount}")))
}
