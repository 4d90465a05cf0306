//! What a root run is asked, and what it answers.

use crate::core::child::{ChildOptions, ChildRequest};
use crate::core::failure::{Failure, FailureKind};
use crate::core::message::{Message, Speaker};
use crate::core::status::RunStatus;
use crate::core::strategy::Strategy;
use crate::core::text::head_tail;
use crate::host::models::choose::Chosen;
use crate::host::run_host::RunHost;
use crate::turn::finish::SILENT;
use serde_json::Value;
use std::sync::Arc;
use tokio_util::sync::CancellationToken;

/// A root run to be made.
pub struct Root {
    /// Its host.
    pub host: Arc<RunHost>,
    /// What it shall do.
    pub task: String,
    /// The role of the root model; the default root role if absent.
    pub role: Option<String>,
    /// A model instead of the role's.
    pub model: Option<String>,
    /// Capabilities and tags that the model must have.
    pub requires: Vec<String>,
    /// How to choose among models that all meet what is required.
    pub strategy: Option<Strategy>,
    /// Explores even what would fit into one prompt.
    pub recursive: bool,
    /// Why a pipeline names this role or model, for people.
    pub reason: Option<String>,
    /// Ends the run.
    pub cancel: CancellationToken,
}

impl Root {
    /// That of a child run.
    pub fn of_child(host: &Arc<RunHost>, request: ChildRequest, cancel: CancellationToken) -> Self {
        let ChildOptions { role, model, requires, strategy, reason, .. } = request.options;
        let (host, task) = (Arc::clone(host), request.task);
        Self { host, task, role, model, requires, strategy, recursive: false, reason, cancel }
    }

    /// The model that it got, with the reason for which this one is named.
    pub fn explained(&self, chosen: Arc<Chosen>) -> Arc<Chosen> {
        if self.reason.is_none() {
            return chosen;
        }
        let reason = chosen.because(self.reason.as_deref(), self.model.is_some());
        Arc::new(Chosen { reason, ..chosen.as_ref().clone() })
    }
}

/// How much is told of what a model said that never came to an end, in bytes.
const SAID: usize = 400;

/// How a root run ended.
#[derive(Clone, Debug)]
pub struct RootEnd {
    /// The answer.
    pub answer: Option<Value>,
    /// How.
    pub status: RunStatus,
    /// Why it did not complete.
    pub failure: Option<Failure>,
    /// Turns made; 0 for a direct answer.
    pub turns: u32,
    /// The role that began; nothing if the run ended before it was known.
    pub role: Option<String>,
    /// Whether a stronger role took over.
    pub relieved: bool,
}

impl RootEnd {
    /// The end of a run that failed.
    pub fn failed(failure: Failure, turns: u32) -> Self {
        let status = status_of(&failure);
        Self { answer: None, status, failure: Some(failure), turns, role: None, relieved: false }
    }

    /// The same with the last thing that the run saw, so that paid work is not lost with it.
    pub fn stopped(failure: Failure, history: &[Message], turns: u32) -> Self {
        let failure = seen(history).into_iter().fold(failure, |failure, seen| failure.detail("partial", seen));
        // Where no turn came to anything, the words of the model say why: they are paid for, and stand nowhere else.
        let is_said = |text: &str| !text.trim().is_empty() && text != SILENT;
        let said = history.iter().rev().find(|m| m.speaker == Speaker::Assistant && is_said(&m.text));
        let said = said.filter(|_| failure.kind == FailureKind::Turns);
        let tell = |failure: Failure, said: &Message| failure.detail("said", head_tail(said.text.trim(), SAID, ""));
        Self::failed(said.into_iter().fold(failure, tell), turns)
    }

    /// The same of a run that may have gone on past calls that a budget refused, or past a part that failed: then it is not
    /// complete.
    #[must_use]
    pub fn lacking(self, lacks: bool) -> Self {
        let lacks = lacks && self.status == RunStatus::Completed;
        Self { status: if lacks { RunStatus::Partial } else { self.status }, ..self }
    }

    /// The end of a run with an answer.
    pub fn completed(answer: Value, turns: u32) -> Self {
        let status = RunStatus::Completed;
        Self { answer: Some(answer), status, failure: None, turns, role: None, relieved: false }
    }
}

/// What the last answer led to, results of calls before what the next turn was told.
fn seen(history: &[Message]) -> Option<String> {
    let answer = history.iter().rposition(|message| message.speaker == Speaker::Assistant)?;
    let after = history.iter().skip(answer + 1).map(|message| message.text.as_str());
    Some(after.collect::<Vec<_>>().join("\n\n"))
}

/// How a run ended that this failure ended.
pub fn status_of(failure: &Failure) -> RunStatus {
    use crate::core::exit::Exit;
    match failure.kind.exit() {
        Exit::Limit | Exit::Timeout => RunStatus::Limited,
        Exit::Interrupted => RunStatus::Cancelled,
        Exit::Waiting => RunStatus::Waiting,
        Exit::Ok | Exit::Failed | Exit::Usage | Exit::Config | Exit::Provider => RunStatus::Failed,
    }
}
