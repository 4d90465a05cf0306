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

/// A provider's word on a model call.
pub struct Word {
    /// What becomes of the call.
    pub settlement: Settlement,
    /// How many of its requests may have cost something that the provider did not say.
    pub unknown: u64,
    /// What of the cost is their worst case.
    pub worst: Money,
    /// Why the last of its answers is none, where it is to be asked again.
    pub why: Option<String>,
}

/// Asks the provider of a model call what became of it: of the last of its requests first, and what the others cost. Those
/// that it does not know, or gave no id, stay charged at their worst case.
///
/// Fails with `Invalid` if the call has no id or its provider cannot be asked, with `NotFound` if it is not known there,
/// with `Rejected` if it has no whole answer, and whenever another try may tell more of one of its requests.
pub async fn settlement(kit: &Kit, effect: &EffectRow) -> Outcome<Word> {
    if effect.provider.is_empty() {
        let what = format!("the provider gave effect {} no id to ask by", effect.seq);
        return Err(Failure::new(FailureKind::Invalid, what));
    }
    let intent = effect.intent.as_ref().map(|stored| kit.store.load(stored)).transpose()?.unwrap_or_default();
    let model = ModelId::new(intent["model"].as_str().unwrap_or_default());
    // Of a root's later turns the log has only the last messages; they matter where nobody has counted the tokens.
    let request: ChatRequest = serde_json::from_value(intent).unwrap_or_default();
    let served = kit.models.by_name(model.as_str())?;
    let images = request.images();
    let cost = |usage: &Usage| served.price.as_ref().map(|price| price.cost(usage, images));
    let mut told = Told::default();
    for id in effect.provider.iter().rev() {
        match served.model.look_up(id, &request).await.map_err(|failure| served.explained(failure)) {
            Ok(Known::Answer(reply)) => {
                told.used(reply.usage, cost(&reply.usage));
                told.reply.get_or_insert(reply);
            }
            Ok(Known::Cost(cost)) => told.paid(cost),
            Ok(Known::Failed(why, usage)) => {
                told.used(usage, cost(&usage));
                told.failed(why);
            }
            Ok(Known::Unfinished(status, Some(usage))) => {
                told.used(usage, cost(&usage));
                told.failure.get_or_insert(unfinished(&served, id, &status, cost(&usage)));
            }
            Ok(Known::Unfinished(status, None)) => return Err(unfinished(&served, id, &status, None)),
            Err(failure) if is_unknown(&failure) => told.lacks(failure),
            Err(failure) => return Err(failure),
        }
    }
    let unknown = told.unknown(effect);
    let worst = Money::from_nanos(share(effect.worst_cost.unwrap_or_default().nanos(), effect, unknown));
    if unknown > 0 {
        told.usage += most(effect, unknown);
    }
    let why = told.why.filter(|_| told.reply.is_none());
    let settlement = match (told.reply, told.failure) {
        (Some(reply), _) => {
            let (usage, cost) = (told.usage, served.price.is_some().then(|| told.cost.saturating_add(worst)));
            Settlement::Answer { value: answer(model, ChatReply { usage, ..reply }, cost)?, usage, cost }
        }
        (None, Some(failure)) if !told.has_cost => return Err(failure),
        (None, _) => {
            let usage = (!told.is_uncounted).then_some(told.usage);
            Settlement::Cost { cost: told.cost.saturating_add(worst), usage }
        }
    };
    Ok(Word { settlement, unknown, worst, why })
}

/// Whether a provider knows no call by an id. One that stands in the head alone may have the wrong form for that.
fn is_unknown(failure: &Failure) -> bool {
    failure.kind == FailureKind::NotFound || failure.details.get("status").is_some_and(|status| *status == 400)
}

/// So many requests' part of what is known of all the requests of a call.
fn share(whole: u64, effect: &EffectRow, requests: u64) -> u64 {
    whole.div_ceil(u64::from(effect.requests.max(1))).saturating_mul(requests)
}

/// What so many of the requests of a call use at most.
fn most(effect: &EffectRow, requests: u64) -> Usage {
    let whole = effect.worst_usage;
    let part = |tokens| share(tokens, effect, requests);
    Usage { input_tokens: part(whole.input_tokens), output_tokens: part(whole.output_tokens), ..whole }
}

/// What a provider said of the requests of a call.
#[derive(Default)]
struct Told {
    /// The answer to the last request that has one.
    reply: Option<ChatReply>,
    /// What the requests used.
    usage: Usage,
    /// What they cost.
    cost: Money,
    /// How many of them used or cost anything.
    billed: u64,
    /// How many ids it does not know.
    lacking: u64,
    /// Whether it said what a request cost without having its answer.
    has_cost: bool,
    /// Whether it did so without its tokens.
    is_uncounted: bool,
    /// Why the answer to the last request that failed is none.
    why: Option<String>,
    /// Why the last request that has no answer has none.
    failure: Option<Failure>,
}

impl Told {
    fn used(&mut self, usage: Usage, cost: Option<Money>) {
        self.usage += usage;
        self.cost = self.cost.saturating_add(cost.unwrap_or_default());
        self.billed += u64::from(usage.total() > 0);
    }

    fn paid(&mut self, cost: Money) {
        (self.has_cost, self.is_uncounted) = (true, true);
        self.cost = self.cost.saturating_add(cost);
        self.billed += u64::from(cost > Money::ZERO);
    }

    fn failed(&mut self, why: String) {
        self.has_cost = true;
        self.why.get_or_insert(why);
    }

    fn lacks(&mut self, failure: Failure) {
        self.lacking += 1;
        self.failure.get_or_insert(failure);
    }

    /// How many requests may have cost something that nobody said. One that was refused unread may have an id, and is not in
    /// the worst case.
    fn unknown(&self, effect: &EffectRow) -> u64 {
        let (requests, named) = (u64::from(effect.requests), effect.provider.len() as u64);
        (self.lacking + requests.saturating_sub(named)).min(requests.saturating_sub(self.billed))
    }
}

fn answer(model: ModelId, reply: ChatReply, cost: Option<Money>) -> Outcome<Value> {
    let reason = "its provider was asked for the answer by its id".to_owned();
    let (cached, replayed, substituted) = (false, false, Vec::new());
    let (cause, paid) = (None, None);
    let answer = ModelAnswer { model, reply, cost, millis: 0, cached, replayed, reason, substituted, cause, paid };
    serde_json::to_value(answer)
        .map_err(|error| Failure::new(FailureKind::Internal, format!("an answer has no form as data: {error}")))
}

fn unfinished(served: &Served, id: &str, status: &str, cost: Option<Money>) -> Failure {
    let cost = cost.map_or_else(String::new, |cost| format!("; so far it cost {cost}"));
    let what = format!("{} has no whole answer to {id}: {status}{cost}", served.spec.id);
    Failure::new(FailureKind::Rejected, what)
}
