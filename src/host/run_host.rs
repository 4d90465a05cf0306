//! The host of one run: its place in the tree, its scope on the budget, its context, and the dispatch of requests.

use crate::budget::footer::footer;
use crate::budget::ledger::ChildSlice;
use crate::budget::scope::Scope;
use crate::context::library::Library;
use crate::context::view::View;
use crate::core::effect::{EffectKey, EffectKind};
use crate::core::event::Event;
use crate::core::failure::{Failure, FailureKind, Outcome};
use crate::core::ids::{Frame, RunId};
use crate::core::request::{Call, Request};
use crate::host::attempts::ladder;
use crate::host::counts::Counts;
use crate::host::door::{self, Asked};
use crate::host::kit::Kit;
use crate::host::memories::explore;
use crate::host::memories::shown::Shown;
use crate::host::memories::trail::Trail;
use crate::host::models::choices::Choices;
use crate::host::program::save;
use crate::host::replay::Replay;
use crate::host::replay::parts::Part;
use crate::host::replay::{past, resume};
use crate::host::steps::{self, OpenSteps};
use crate::host::tools::product;
use crate::host::typed::Schema;
use crate::host::{ask, attempts, batch, ending, llm, memories, news, pipelines, program, tools};
use crate::script::host::Host;
use futures::FutureExt;
use futures::future::BoxFuture;
use serde_json::{Value, json};
use std::ops::Deref;
use std::path::PathBuf;
use std::sync::{Arc, Weak};
use tokio_util::sync::CancellationToken;

/// What a run is, for its host.
#[derive(Clone)]
pub struct RunSetup {
    /// Its id.
    pub run: RunId,
    /// Its place on the ledger.
    pub scope: Scope,
    /// The open documents of the whole tree.
    pub library: Arc<Library>,
    /// What this run may look into.
    pub view: View,
    /// Whether its programs are a model's.
    pub by_model: bool,
    /// Turns that the root may take.
    pub max_turns: u32,
    /// What the run's final value must be; `None` for anything.
    pub schema: Option<Arc<Schema>>,
    /// Which models were chosen in the whole tree, and why.
    pub choices: Arc<Choices>,
    /// What of the memory the whole tree has been shown.
    pub shown: Arc<Shown>,
    /// What the run has asked so far; shared by the hosts that one run has after another.
    pub counts: Arc<Counts>,
    /// What it was answered before, for a run that goes on.
    pub replay: Option<Arc<Replay>>,
    /// Shows what scripts of this run print; children print for their own model only.
    pub on_print: Option<OnPrint>,
}

/// Shows a line that a script printed.
pub type OnPrint = Arc<dyn Fn(&str) + Send + Sync>;

/// The host of one run.
pub struct RunHost {
    /// What all runs share.
    pub kit: Arc<Kit>,
    /// What the run is.
    pub setup: RunSetup,
    /// How it looked into its context, and what it was advised.
    pub trail: Trail,
    /// The steps that its programs have begun.
    pub(super) steps: OpenSteps,
    /// The part of the run that it is the host of, if it is not that of the whole.
    pub(super) within: Option<Part>,
    this: Weak<Self>,
}

impl Deref for RunHost {
    type Target = RunSetup;

    fn deref(&self) -> &RunSetup {
        &self.setup
    }
}

impl RunHost {
    /// The host of a run.
    pub fn new(kit: Arc<Kit>, setup: RunSetup) -> Arc<Self> {
        Self::of(kit, setup, None)
    }

    fn of(kit: Arc<Kit>, setup: RunSetup, within: Option<Part>) -> Arc<Self> {
        Arc::new_cyclic(|this| Self {
            kit,
            setup,
            trail: Trail::default(),
            steps: OpenSteps::default(),
            within,
            this: Weak::clone(this),
        })
    }

    /// This host as its own handle, for sessions and children that it starts.
    pub fn handle(&self) -> Outcome<Arc<Self>> {
        self.this.upgrade().ok_or_else(|| Failure::new(FailureKind::Internal, "the run is over"))
    }

    /// From now on what the log does not have is asked of the world.
    pub fn unseal(&self) {
        self.replay.iter().for_each(|replay| replay.unseal());
        self.counts.wishes.clear();
    }

    /// The host of a part of this run that begins in this frame, with a place of its own on the ledger under this name. Of a run
    /// that goes on it has been charged with what was spent in it before.
    ///
    /// # Errors
    /// Those of the store.
    pub fn part(&self, frame: &Frame, name: String, slice: &ChildSlice) -> Outcome<Arc<Self>> {
        self.begun(Part::within(self, frame), name, slice)
    }

    /// The same of a pipeline of this file.
    pub fn pipeline(&self, frame: &Frame, (name, file): (String, PathBuf), slice: &ChildSlice) -> Outcome<Arc<Self>> {
        self.begun(Part::within(self, frame).of_pipeline(file), name, slice)
    }

    fn begun(&self, part: Part, name: String, slice: &ChildSlice) -> Outcome<Arc<Self>> {
        let setup = RunSetup { scope: self.scope.part(name, slice), schema: None, ..self.setup.clone() };
        let part = Self::of(Arc::clone(&self.kit), setup, Some(part));
        resume::charge_part(&part)?;
        Ok(part)
    }

    /// The files of the pipelines that stand around, from the outside in.
    pub fn pipelines(&self) -> &[PathBuf] {
        self.within.as_ref().map_or(&[], Part::pipelines)
    }

    /// Milliseconds since 1970.
    pub fn now(&self) -> u64 {
        (self.kit.clock)()
    }

    /// Tells an event to the store and to whoever watches. The order is kept; a failing store is told at its close.
    pub fn emit(&self, frame: &Frame, event: &Event) {
        // Who only looks at a log again leaves no trace in it.
        if !self.is_sealed() {
            drop(self.kit.store.append(&self.run, self.now(), frame, event));
        }
    }

    /// How often `what` was asked for in `frame` before.
    pub(super) fn occurrence(&self, frame: &Frame, what: &str) -> u32 {
        self.counts.occurrence(frame, what)
    }

    /// The key that the next such effect of a frame will have.
    pub(super) fn next_key(&self, frame: &Frame, hash: &str) -> EffectKey {
        let occurrence = self.counts.so_far(frame, hash);
        EffectKey { frame: frame.clone(), hash: hash.to_owned(), occurrence }
    }

    /// Whether the log of a run that goes on has this effect as the next such one of its frame, answered or not.
    pub(super) fn knows(&self, frame: &Frame, asked: &Asked) -> bool {
        self.replay.as_ref().is_some_and(|replay| replay.knows(&self.next_key(frame, asked.hash())))
    }

    /// What is left of the limits, as `budget()` gives it.
    pub fn budget(&self) -> Value {
        let left = self.scope.left();
        json!({
            "cost_usd": left.cost.map(crate::core::money::Money::usd),
            "calls": left.calls,
            "tokens": left.tokens,
            "depth": self.scope.limits().max_depth.saturating_sub(self.scope.depth()),
            "turns": self.max_turns,
        })
    }

    /// What the tree has used, as `spent()` gives it.
    pub fn spent(&self) -> Value {
        let totals = self.scope.report().totals;
        json!({
            "cost_usd": totals.cost.usd(),
            "calls": totals.calls,
            "input_tokens": totals.usage.input_tokens,
            "output_tokens": totals.usage.output_tokens,
        })
    }

    #[allow(clippy::cognitive_complexity, reason = "one arm per kind of request, each a call")]
    async fn answer(&self, call: Call, cancel: CancellationToken) -> Outcome<Value> {
        let frame = call.frame;
        match call.request {
            Request::Llm(request) => llm::one(self, &frame, request, &cancel).await,
            Request::Attempt(step) => attempts::checked(self, &frame, *step, &cancel).await,
            Request::AttemptBatch { steps, concurrency } => {
                batch::attempts(self, &frame, steps, concurrency, &cancel).await
            }
            Request::LlmBatch { requests, concurrency } => {
                batch::models(self, &frame, requests, concurrency, &cancel).await
            }
            Request::Rlm(request) => self.kit.children.run(self.handle()?, frame, request, cancel).await,
            Request::RlmBatch { requests, concurrency } => {
                batch::children(self, &frame, requests, concurrency, &cancel).await
            }
            Request::Branches => {
                self.counts.claims.begin(&frame);
                Ok(Value::Null)
            }
            Request::ItemEnded => {
                past::note_item(self, &frame);
                Ok(Value::Null)
            }
            Request::Tool { name, args } => tools::call(self, &frame, name, args, &cancel).await,
            Request::Tools { query } => tools::find(self, &query),
            Request::Script { name, args } => program::call(self, &frame, &name, args, &cancel).await,
            Request::Scripts { query } => Ok(program::find(self, &query)),
            Request::Pipeline { path, inputs } => pipelines::call(self, &frame, path, inputs, cancel).await,
            Request::ExplainPipeline { path } => pipelines::explain(self, &frame, &path),
            Request::Product { path, content, allowed } => {
                product::write(self, &frame, path, content, allowed, &cancel).await
            }
            Request::SaveScript(draft) => save::save(self, &frame, draft, &cancel).await,
            Request::Recall { query, k } => memories::recall(self, &frame, query, k).await,
            Request::Remember(episode) => memories::remember(self, &frame, *episode).await,
            Request::SuggestExploration => Ok(explore::suggest(self).await),
            Request::Roles => ladder::told(self, &frame),
            Request::Budget => told(self, &frame, "budget", self.budget()),
            Request::Spent => told(self, &frame, "spent", self.spent()),
            Request::AskUser { prompt, choices } => ask::person(self, &frame, prompt, choices, &cancel).await,
            Request::Now => ask::now(self, &frame).await,
            Request::Random => ask::random(self, &frame).await,
            Request::Uuid => ask::uuid(self, &frame).await,
            Request::Env { name } => ask::variable(self, &frame, &name).await,
            Request::Sleep { millis } => ask::sleep(self, &frame, millis, &cancel).await,
            Request::Final { value, looks, has_context } => ending::settle(self, &frame, &value, (looks, has_context)),
            Request::Listen => news::listen(self).await,
            Request::News { after, asked } => news::wait(self, &frame, &asked, after).await,
            Request::Heard { since, after, asked, failed } => {
                news::heard(self, &frame, (since, after), failed.map(|failed| (asked.as_str(), failed))).await
            }
            Request::Say { text } => Ok(self.say(&frame, text)),
            Request::Step(told) => steps::told(self, &frame, told).await,
            Request::Typed { value, schema, what } => Schema::read(&schema)?.fit(&value, &what),
        }
    }

    fn say(&self, frame: &Frame, text: String) -> Value {
        if let Some(show) = &self.on_print {
            show(&text);
        }
        self.emit(frame, &Event::Printed { text });
        Value::Null
    }

    /// One line on how the run fares, for footers.
    pub fn footer(&self) -> String {
        footer(&self.scope.report().totals)
    }
}

impl Host for RunHost {
    fn perform(&self, call: Call, cancel: CancellationToken) -> BoxFuture<'_, Outcome<Value>> {
        // These are about the run as a whole, whatever step is open in it.
        let own = matches!(call.request, Request::Step(_) | Request::Final { .. } | Request::SuggestExploration);
        let within = if own { None } else { self.steps.around(&call.frame) };
        match within {
            Some(step) => async move { step.host.answer(call, cancel).await }.boxed(),
            None => self.answer(call, cancel).boxed(),
        }
    }
}

/// What a run is told of its budget stays the same when it goes on, or its next step would be another.
fn told(host: &RunHost, frame: &Frame, what: &str, value: Value) -> Outcome<Value> {
    door::told(host, frame, Asked::new(EffectKind::Budget, &Value::from(what)), value)
}
