//! Child runs: a root run at depth + 1, on a slice of the parent's budget, with its own session.

use crate::budget::ledger::ChildSlice;
use crate::context::document::Document;
use crate::context::poll::Poll;
use crate::context::view::View;
use crate::core::child::{ChildOptions, ChildRequest};
use crate::core::document::ContextRef;
use crate::core::effect::EffectKind;
use crate::core::event::Event;
use crate::core::failure::{Failure, FailureKind, Outcome};
use crate::core::ids::{Frame, RunId};
use crate::core::status::RunStatus;
use crate::core::text::one_line;
use crate::host::carried;
use crate::host::children::Children;
use crate::host::door::{Asked, Entered, Entry};
use crate::host::memories::episodes::{self, Ended};
use crate::host::replay::resume;
use crate::host::replay::{Mode, Replay};
use crate::host::run_host::{RunHost, RunSetup};
use crate::host::typed::Schema;
use crate::registry::roles;
use crate::store::runs::{NewRun, RunEnd, RunRow, new_run_id};
use crate::turn::root::{Root, RootEnd};
use crate::turn::runner;
use futures::FutureExt;
use futures::future::BoxFuture;
use serde_json::{Value, json};
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

async fn child(
    parent: &Arc<RunHost>,
    frame: &Frame,
    request: ChildRequest,
    cancel: CancellationToken,
) -> Outcome<Value> {
    let view = view(parent, &request.context)?;
    let fingerprint = {
        let (view, poll) = (view.clone(), Poll::until(&cancel, Failure::cancelled));
        tokio::task::spawn_blocking(move || view.fingerprint(&poll)).await.map_err(died)??
    };
    let intent = json!({"task": request.task, "context": fingerprint, "options": request.options.identity()});
    let entry = match carried::enter(parent, frame, Asked::new(EffectKind::Child, &intent), false).await? {
        Entered::Answered(answer) => return answer,
        Entered::Due(entry) => entry,
    };
    let before = earlier(parent, &entry, &request)?;
    let request = match before.as_ref().and_then(|(_, options)| options.clone()) {
        Some(options) => ChildRequest { options: going_on(options, request.options), ..request },
        None => request,
    };
    let before = before.map(|(row, _)| row);
    let id = before.as_ref().map_or_else(|| new_run_id(parent.now()), |row| row.id.clone());
    let kept = json!({"child": id, "task": request.task, "context": fingerprint, "options": request.options});
    let entry = entry.kept_as(kept.to_string());
    entry.contain(parent, run(parent, frame, request, Place { id, view, before }, cancel)).await
}

/// Where a child stands: its id, its context, and what it was before, if the run goes on.
struct Place {
    id: RunId,
    view: View,
    before: Option<RunRow>,
}

/// A child that had begun, and how it was to be run, if that can be read.
type Begun = (RunRow, Option<ChildOptions>);

/// The child that an earlier attempt at the same effect had begun.
fn earlier(parent: &RunHost, entry: &Entry, request: &ChildRequest) -> Outcome<Option<Begun>> {
    let Some(before) = entry.earlier() else { return Ok(None) };
    let Some(intent) = &before.intent else { return unnamed(parent, request) };
    let kept = parent.kit.store.load(intent)?;
    // Its row may have been swept, or the process may have died before it was written.
    let row = kept["child"].as_str().map(|id| parent.kit.store.run(id));
    let options = serde_json::from_value(kept["options"].clone()).ok();
    Ok(row.and_then(Result::ok).map(|row| (row, options)))
}

/// The child of an effect whose arguments were damaged and are gone: the only one that was asked the same and that no other
/// effect names.
fn unnamed(parent: &RunHost, request: &ChildRequest) -> Outcome<Option<Begun>> {
    let (store, mut named, mut nameless) = (&parent.kit.store, Vec::new(), 0);
    for effect in store.effects(&parent.run)?.iter().filter(|effect| effect.kind == EffectKind::Child) {
        match &effect.intent {
            Some(intent) => named.extend(store.load(intent)?["child"].as_str().map(RunId::new)),
            None => nameless += 1,
        }
    }
    // One whose options cannot be read may be another one.
    let options = |row: &RunRow| -> Option<ChildOptions> {
        let kept = store.load(row.settings.as_ref()?).ok()?;
        serde_json::from_value(kept).ok()
    };
    let wanted = request.options.identity();
    let same = |(row, options): &Begun| {
        row.task == request.task
            && !named.contains(&row.id)
            && options.as_ref().is_some_and(|options| options.identity() == wanted)
    };
    let children = store.children(&parent.run)?;
    let options: Vec<Option<ChildOptions>> = children.iter().map(options).collect();
    let mut found: Vec<Begun> = children.into_iter().zip(options).filter(same).collect();
    let one = found.pop();
    Ok(one.filter(|_| nameless == 1 && found.is_empty()))
}

/// The options of a child that goes on. What it may spend was settled when it began, as by now it has spent a part of what was
/// left then; but a limit that is larger or gone by now is the word of a person, and else it could never go on.
fn going_on(begun: ChildOptions, now: ChildOptions) -> ChildOptions {
    ChildOptions {
        reason: now.reason,
        handed: now.handed,
        max_cost: begun.max_cost.zip(now.max_cost).map(|(one, other)| one.max(other)),
        max_calls: begun.max_calls.zip(now.max_calls).map(|(one, other)| one.max(other)),
        max_tokens: begun.max_tokens.zip(now.max_tokens).map(|(one, other)| one.max(other)),
        ..begun
    }
}

async fn run(
    parent: &Arc<RunHost>,
    frame: &Frame,
    request: ChildRequest,
    place: Place,
    cancel: CancellationToken,
) -> Outcome<Value> {
    let schema = request.options.schema.as_deref().map(Schema::read).transpose()?.map(Arc::new);
    let Place { id, view, before } = place;
    if let Some(answer) =
        before.as_ref().filter(|row| row.status == RunStatus::Completed).and_then(|row| row.result.as_ref())
    {
        // It had ended, and only its parent had not heard of it.
        let answer = parent.kit.store.load(answer)?;
        return schema.map_or(Ok(answer.clone()), |schema| typed(&schema, &answer));
    }
    let scope = parent.scope.child(&slice(&request.options)?)?;
    let scope = if request.options.handed { scope.handed() } else { scope };
    let depth = scope.depth();
    let replay = match &before {
        None => None,
        Some(row) => {
            scope.restore(&resume::spent(&parent.kit.store, &row.id)?);
            Some(Arc::new(Replay::load(&parent.kit.store, &row.id, Mode::Live)?))
        }
    };
    begin(parent, &id, &request, depth, before.is_some());
    let setup = RunSetup {
        run: id.clone(),
        scope,
        library: Arc::clone(&parent.library),
        view,
        by_model: true,
        max_turns: request.options.max_turns.unwrap_or(parent.max_turns),
        schema: schema.clone(),
        choices: Arc::clone(&parent.choices),
        shown: Arc::clone(&parent.shown),
        counts: Arc::new(parent.counts.of_child(frame, &id)),
        replay,
        on_print: None,
    };
    let task = one_line(&request.task, 200);
    parent.emit(frame, &Event::ChildStarted { child: id.clone(), task: task.clone(), depth });
    let host = RunHost::new(Arc::clone(&parent.kit), setup);
    host.emit(&Frame::root(), &Event::RunStarted { task, depth });
    let root = Root::of_child(&host, request, cancel);
    host.trail.inherit(&parent.trail);
    let end = runner::run(&root).await.lacking(host.lacks() > 0);
    remember(&root, &end).await;
    parent.lose_with(&host, end.status);
    closed(parent, frame, &host, &end).await;
    match (end.answer, end.failure) {
        (Some(answer), _) => schema.map_or(Ok(answer.clone()), |schema| typed(&schema, &answer)),
        // What it comes from is in the child's log, not in this one.
        (None, Some(failure)) => {
            Err(Failure { cause: None, ..failure.contained("the child run") }.detail("child", id.as_str()))
        }
        (None, None) => Err(Failure::new(FailureKind::Internal, "a child ended without an answer or a reason")),
    }
}

/// Closes a child. If that fails its answer is not lost yet: this is decided by the write of the parent's own effect.
async fn closed(parent: &RunHost, frame: &Frame, host: &RunHost, end: &RootEnd) {
    if let Err(failure) = close(host, end).await {
        let text = format!("the end of child run {} is not stored: {}", host.run, one_line(&failure.message, 200));
        parent.emit(frame, &Event::Note { text });
    }
    parent.emit(frame, &Event::ChildFinished { child: host.run.clone(), status: end.status });
}

fn slice(options: &ChildOptions) -> Outcome<ChildSlice> {
    ChildSlice::of(options.max_cost, options.max_calls, options.max_tokens)
}

fn died(error: tokio::task::JoinError) -> Failure {
    Failure::new(FailureKind::Internal, format!("a context could not be read: {error}"))
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
    schema.fit(answer, "the child's answer does not match the schema")
}

/// What the child may look into.
fn view(parent: &RunHost, context: &ContextRef) -> Outcome<View> {
    match context {
        ContextRef::Spans(spans) => parent.library.resolve(spans),
        ContextRef::Text(text) => Ok(parent.library.add_text(Document::unnamed(text.clone()))),
        ContextRef::Empty => Ok(View::default()),
    }
}

/// Not awaited: the queue keeps the order, so the row is on disk with the child's first effect.
fn begin(parent: &RunHost, run: &RunId, request: &ChildRequest, depth: u32, again: bool) {
    if again {
        drop(parent.kit.store.claim_run(run, true));
        return;
    }
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
    let raised = failure.as_ref().map(|failure| host.counts.causes.of_end(failure)).unwrap_or_default();
    host.emit(&Frame::root(), &Event::RunFinished { status: end.status, failure: failure.clone() });
    let totals = host.scope.report().totals;
    let row = RunEnd {
        status: end.status,
        result: end.answer.clone(),
        failure,
        raised,
        unused: host.replay.as_ref().map(|replay| replay.left()),
        cost: (totals.unpriced_calls == 0).then_some(totals.cost),
        calls: totals.calls,
        refused: host.scope.refused(),
        input_tokens: totals.usage.input_tokens,
        output_tokens: totals.usage.output_tokens,
        ended_at: host.now(),
    };
    assert!(end.status != RunStatus::Running, "a run that has ended is not running");
    host.kit.store.end_run(&host.run, row).await
}
