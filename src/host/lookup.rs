//! Settling a call by its provider's word: its answer as the log would have had it, or what it cost.

use crate::core::failure::{Failure, FailureKind, Outcome};
use crate::core::ids::ModelId;
use crate::core::message::{ChatReply, ChatRequest, ModelAnswer};
use crate::core::money::Money;
use crate::core::usage::Usage;
use crate::host::kit::Kit;
use crate::host::models::Served;
use crate::model::chat::Known;
use crate::store::effects::EffectRow;
use crate::store::settle::Settlement;
use serde_json::Value;

/// Asks the provider of a model call what became of it: of the last of its requests first, and what the others cost.
///
/// Fails with `Invalid` if the call has no id or its provider cannot be asked, with `NotFound` if it is not known there,
/// with `Rejected` if it has no whole answer.
pub async fn settlement(kit: &Kit, effect: &EffectRow) -> Outcome<Settlement> {
    if effect.provider.is_empty() {
        let what = format!("the provider gave effect {} no id to ask by", effect.seq);
        return Err(Failure::new(FailureKind::Invalid, what));
    }
    let intent = effect.intent.as_ref().map(|stored| kit.store.load(stored)).transpose()?.unwrap_or_default();
    let model = ModelId::new(intent["model"].as_str().unwrap_or_default());
    // Of a root's later turns the log has only the last messages; they matter where nobody has counted the tokens.
    let request: ChatRequest = serde_json::from_value(intent).unwrap_or_default();
    let served = kit.models.by_name(model.as_str())?;
    let images = request.messages.iter().map(|message| message.images.len() as u64).sum();
    let cost = |usage: &Usage| served.price.as_ref().map(|price| price.cost(usage, images));
    let mut told = Told::default();
    for id in effect.provider.iter().rev() {
        match served.model.look_up(id, &request).await.map_err(|failure| served.explained(failure)) {
            Ok(Known::Answer(reply)) if told.reply.is_none() => told.reply = Some(reply),
            Ok(Known::Answer(reply)) => told.spent(cost(&reply.usage)),
            Ok(Known::Cost(cost)) => (told.has_cost, told.cost) = (true, told.cost.saturating_add(cost)),
            Ok(Known::Unfinished(status, usage)) => {
                let so_far = usage.as_ref().and_then(cost);
                told.spent(so_far);
                told.failure.get_or_insert(unfinished(&served, id, &status, so_far));
            }
            Err(failure) => drop(told.failure.get_or_insert(failure)),
        }
    }
    match (told.reply, told.failure) {
        (Some(reply), _) => {
            let usage = reply.usage;
            let cost = cost(&usage).map(|cost| cost.saturating_add(told.cost));
            Ok(Settlement::Answer { value: answer(model, reply, cost)?, usage, cost })
        }
        (None, Some(failure)) if !told.has_cost => Err(failure),
        (None, _) => Ok(Settlement::Cost(told.cost)),
    }
}

/// What a provider said of the requests of a call.
#[derive(Default)]
struct Told {
    /// The answer to the last request that has one.
    reply: Option<ChatReply>,
    /// What the others cost.
    cost: Money,
    /// Whether it said what a request cost without having its answer.
    has_cost: bool,
    /// Why the last request that has no answer has none.
    failure: Option<Failure>,
}

impl Told {
    fn spent(&mut self, cost: Option<Money>) {
        self.cost = self.cost.saturating_add(cost.unwrap_or_default());
    }
}

fn answer(model: ModelId, reply: ChatReply, cost: Option<Money>) -> Outcome<Value> {
    let reason = "its provider was asked for the answer by its id".to_owned();
    let (cached, replayed, substituted) = (false, false, Vec::new());
    let answer = ModelAnswer { model, reply, cost, millis: 0, cached, replayed, reason, substituted };
    serde_json::to_value(answer)
        .map_err(|error| Failure::new(FailureKind::Internal, format!("an answer has no form as data: {error}")))
}

fn unfinished(served: &Served, id: &str, status: &str, cost: Option<Money>) -> Failure {
    let cost = cost.map_or_else(String::new, |cost| format!("; so far it cost {cost}"));
    let what = format!("{} has no whole answer to {id}: {status}{cost}", served.spec.id);
    Failure::new(FailureKind::Rejected, what)
}
