//! Answers of models that a call cannot use: cut by a limit or a filter, calls of tools alone, or unlike their schema
//! after all repairs.
//!
//! The log has them as answers, which they are on the wire. A run that ended with one asks for it again when it goes on;
//! what it went past stays, as failures do (`host/replay/past`). What was paid for such answers is told with what a run cost; so is
//! that for answers without a text, which are no failures.

use crate::budget::ledger::Tag;
use crate::core::effect::{EffectKey, Paid};
use crate::core::failure::{Failure, FailureKind, Outcome};
use crate::core::ids::ModelId;
use crate::core::message::{Finish, ModelAnswer};
use crate::core::money::Money;
use crate::core::text::one_line;
use crate::host::replay::causes::Causes;
use crate::host::run_host::RunHost;
use crate::host::typed::{Checked, Schema};
use serde::Deserialize;
use serde_json::Value;
use std::sync::Arc;

/// What an answer must be so that its call goes on with it.
#[derive(Clone, Debug, Default)]
pub struct Needs {
    /// The schema that it must match; nothing if it may still be repaired.
    pub schema: Option<Arc<Value>>,
}

impl Needs {
    /// Why an answer of the log is none that its call goes on with.
    pub(in crate::host) fn failure_of(&self, kept: &Value) -> Option<Failure> {
        // What cannot be read is told where it is needed.
        self.unmet(&ModelAnswer::deserialize(kept).ok()?)
    }

    /// An answer with its place in the log, if its call fails with it.
    pub(in crate::host) fn place(&self, causes: &Causes, key: &EffectKey, answer: ModelAnswer) -> ModelAnswer {
        let cause = self.unmet(&answer).and_then(|failure| causes.of(key, &failure));
        ModelAnswer { cause, ..answer }
    }

    fn unmet(&self, answer: &ModelAnswer) -> Option<Failure> {
        let text = match whole(answer) {
            Ok(text) => text,
            Err(failure) => return Some(failure),
        };
        let schema = Schema::read(self.schema.as_deref()?).ok()?;
        match schema.check(text) {
            Checked::Valid(_) => None,
            Checked::Wrong(message) => Some(unlike(&message, answer)),
        }
    }
}

/// Counts an answer that was paid for and that its call, or the check of a program, cannot use.
pub(in crate::host) fn count(host: &RunHost, paid: &Paid, model: &ModelId, cost: Money) {
    host.scope.charge_unusable(&Tag { role: paid.role.clone(), model: model.clone() }, cost);
    host.kit.store.mark_unusable(&host.run, &paid.effect);
}

/// The text of an answer that neither its limit nor a filter cut: a part is not taken for the whole.
pub(in crate::host) fn whole(answer: &ModelAnswer) -> Outcome<&str> {
    let text = answer.reply.text.as_str();
    let failure = match answer.reply.finish {
        Finish::ToolCalls if text.trim().is_empty() => unoffered(answer),
        Finish::Stop | Finish::ToolCalls => return Ok(text),
        Finish::Length => Failure::new(FailureKind::Truncated, "the answer was cut by its token limit")
            .hint("raise max_tokens, or ask for less; `raw` has what came"),
        Finish::ContentFilter => Failure::new(FailureKind::Refusal, "the provider's filter cut the answer"),
    };
    Err(Failure { cause: answer.cause, ..failure.detail("raw", text) })
}

/// The failure of an answer that calls tools and says nothing: here no tool is ever offered.
fn unoffered(answer: &ModelAnswer) -> Failure {
    let names: Vec<String> = answer.reply.tool_requests.iter().map(|call| one_line(&call.name, 80)).collect();
    let what = format!("the answer only calls the tool {}, which was not offered, and says nothing", names.join(", "));
    Failure::new(FailureKind::Protocol, what).hint("ask again, or choose another model")
}

/// The failure of an answer that no repair has made match.
pub(in crate::host) fn unlike(message: &str, answer: &ModelAnswer) -> Failure {
    let failure = Failure::new(FailureKind::Invalid, format!("the answer does not match the schema: {message}"))
        .hint("a simpler schema or a stronger role helps; `raw` has the last answer")
        .detail("raw", answer.reply.text.as_str());
    Failure { cause: answer.cause, ..failure }
}
