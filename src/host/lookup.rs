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

/// Asks the provider of a model call what became of it.
///
/// Fails with `Invalid` if the call has no id or its provider cannot be asked, with `NotFound` if it is not known there,
/// with `Rejected` if it has no whole answer.
pub async fn settlement(kit: &Kit, effect: &EffectRow) -> Outcome<Settlement> {
    let id = effect.provider.as_deref().ok_or_else(|| {
        Failure::new(FailureKind::Invalid, format!("the provider gave effect {} no id to ask by", effect.seq))
    })?;
    let intent = effect.intent.as_ref().map(|stored| kit.store.load(stored)).transpose()?.unwrap_or_default();
    let model = ModelId::new(intent["model"].as_str().unwrap_or_default());
    // Of a root's later turns the log has only the last messages; they matter where nobody has counted the tokens.
    let request: ChatRequest = serde_json::from_value(intent).unwrap_or_default();
    let served = kit.models.by_name(model.as_str())?;
    let images = request.messages.iter().map(|message| message.images.len() as u64).sum();
    let cost = |usage: &Usage| served.price.as_ref().map(|price| price.cost(usage, images));
    match served.model.look_up(id, &request).await.map_err(|failure| served.explained(failure))? {
        Known::Cost(cost) => Ok(Settlement::Cost(cost)),
        Known::Answer(reply) => {
            let (usage, cost) = (reply.usage, cost(&reply.usage));
            Ok(Settlement::Answer { value: answer(model, reply, cost)?, usage, cost })
        }
        Known::Unfinished(status, usage) => Err(unfinished(&served, id, &status, usage.as_ref().and_then(cost))),
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
