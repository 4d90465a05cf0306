//! The host of one run: its place in the tree, its scope on the budget, its context, and the dispatch of requests.

use crate::budget::scope::Scope;
use crate::context::library::Library;
use crate::context::view::View;
use crate::core::event::Event;
use crate::core::failure::{Failure, FailureKind, Outcome};
use crate::core::ids::{Frame, RunId};
use crate::core::request::{Call, Request};
use crate::host::choices::Choices;
use crate::host::kit::Kit;
use crate::host::shown::Shown;
use crate::host::trail::Trail;
use crate::host::typed::{Checked, Schema};
use crate::host::{ask, attempts, batch, episodes, explore, llm, memories, program, save, tool_call};
use crate::policy::gate;
use crate::script::host::Host;
use futures::FutureExt;
use futures::future::BoxFuture;
use serde_json::{Value, json};
use std::collections::HashMap;
use std::sync::{Arc, Mutex, PoisonError, Weak};
use tokio_util::sync::CancellationToken;

/// What a run is, for its host.
pub struct RunSetup {
    /// Its id.
    pub run: RunId,
    /// Its place on the ledger.
    pub scope: Scope,
    /// The open documents of the whole tree.
    pub library: Arc<Library>,
    /// What this run may look into.
    pub view: View,
    /// Turns that the root may take.
    pub max_turns: u32,
    /// What the run's final value must be; `None` for anything.
    pub schema: Option<Arc<Schema>>,
    /// Which models were chosen in the whole tree, and why.
    pub choices: Arc<Choices>,
    /// What of the memory the whole tree has been shown.
    pub shown: Arc<Shown>,
    /// Shows what scripts of this run print; children print for their own model only.
    pub on_print: Option<OnPrint>,
}

/// Shows a line that a script printed.
pub type OnPrint = Arc<dyn Fn(&str) + Send + Sync>;

/// The host of one run.
pub struct RunHost {
    /// What all runs share.
    pub kit: Arc<Kit>,
    /// Its id.
    pub run: RunId,
    /// Its place on the ledger.
    pub scope: Scope,
    /// The open documents of the whole tree.
    pub library: Arc<Library>,
    /// What this run may look into.
    pub view: View,
    /// Turns that the root may take.
    pub max_turns: u32,
    /// What the run's final value must be; `None` for anything.
    pub schema: Option<Arc<Schema>>,
    /// Which models were chosen in the whole tree, and why.
    pub choices: Arc<Choices>,
    /// What of the memory the whole tree has been shown.
    pub shown: Arc<Shown>,
    /// How it looked into its context, and what it was advised.
    pub trail: Trail,
    on_print: Option<OnPrint>,
    /// How often each effect was asked for in each frame.
    pub(super) occurrences: Mutex<HashMap<(Frame, String), u32>>,
    this: Weak<Self>,
}

impl RunHost {
    /// The host of a run.
    pub fn new(kit: Arc<Kit>, setup: RunSetup) -> Arc<Self> {
        Arc::new_cyclic(|this| Self {
            kit,
            run: setup.run,
            scope: setup.scope,
            library: setup.library,
            view: setup.view,
            max_turns: setup.max_turns,
            schema: setup.schema,
            choices: setup.choices,
            shown: setup.shown,
            trail: Trail::default(),
            on_print: setup.on_print,
            occurrences: Mutex::default(),
            this: Weak::clone(this),
        })
    }

    /// This host as its own handle, for sessions and children that it starts.
    pub fn handle(&self) -> Outcome<Arc<Self>> {
        self.this.upgrade().ok_or_else(|| Failure::new(FailureKind::Internal, "the run is over"))
    }

    /// Milliseconds since 1970.
    pub fn now(&self) -> u64 {
        (self.kit.clock)()
    }

    /// Tells an event to the store and to whoever watches. The order is kept; a failing store is told at its close.
    pub fn emit(&self, frame: &Frame, event: &Event) {
        drop(self.kit.store.append(&self.run, self.now(), frame, event));
    }

    /// How often `what` was asked for in `frame` before.
    pub(super) fn occurrence(&self, frame: &Frame, what: &str) -> u32 {
        let mut counts = self.occurrences.lock().unwrap_or_else(PoisonError::into_inner);
        let count = counts.entry((frame.clone(), what.to_owned())).or_insert(0);
        let seen = *count;
        *count += 1;
        seen
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

    fn final_(&self, frame: &Frame, value: &Value, looks: u64, has_context: bool) -> Outcome<Value> {
        let refused = |kind: FailureKind, reason: &str| {
            self.emit(frame, &Event::FinalRefused { reason: reason.to_owned() });
            Failure::new(kind, format!("FINAL is refused: {reason}"))
        };
        if let Some(reason) = gate::refusal(self.kit.settings.exploration_gate, has_context, looks) {
            return Err(refused(FailureKind::Denied, reason));
        }
        match self.schema.as_ref().map(|schema| (schema, schema.check_data(value))) {
            Some((schema, Checked::Wrong(message))) => {
                let reason = format!("the value does not match the schema: {message}");
                Err(refused(FailureKind::Invalid, &reason).hint(format!("the schema is {}", schema.schema())))
            }
            _ => Ok(Value::Null),
        }
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
            Request::Tool { name, args } => tool_call::call(self, &frame, name, args, &cancel).await,
            Request::Tools { query } => tool_call::find(self, &query),
            Request::Script { name, args } => program::call(self, &frame, &name, args, &cancel).await,
            Request::Scripts { query } => Ok(program::find(self, &query)),
            Request::SaveScript(draft) => save::save(self, &frame, draft, &cancel).await,
            Request::Recall { query, k } => memories::recall(self, &frame, query, k).await,
            Request::Remember(episode) => memories::remember(self, &frame, *episode).await,
            Request::SuggestExploration => Ok(explore::suggest(self).await),
            Request::Budget => Ok(self.budget()),
            Request::Spent => Ok(self.spent()),
            Request::AskUser { prompt, choices } => ask::person(self, &frame, prompt, choices, &cancel).await,
            Request::Now => ask::now(self, &frame).await,
            Request::Random => ask::random(self, &frame).await,
            Request::Sleep { millis } => ask::sleep(self, &frame, millis, &cancel).await,
            Request::Final { value, looks, has_context } => self.final_(&frame, &value, looks, has_context),
            Request::Say { text } => {
                if let Some(show) = &self.on_print {
                    show(&text);
                }
                self.emit(&frame, &Event::Printed { text });
                Ok(Value::Null)
            }
        }
    }

    /// One line on how the run fares, for footers.
    pub fn footer(&self) -> String {
        episodes::footer(&self.scope.report())
    }
}

impl Host for RunHost {
    fn perform(&self, call: Call, cancel: CancellationToken) -> BoxFuture<'_, Outcome<Value>> {
        self.answer(call, cancel).boxed()
    }
}
