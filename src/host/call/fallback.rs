//! A call and, if its provider fails, the same call to the models that stand in. Each of them is told, paid and logged
//! as a call of its own.

use crate::budget::ledger::Tag;
use crate::core::effect::EffectKind;
use crate::core::event::Event;
use crate::core::failure::{Failure, FailureKind, Outcome};
use crate::core::message::{ModelAnswer, Speaker, Substitution};
use crate::core::text::one_line;
use crate::host::call::arguments::asked;
use crate::host::call::length;
use crate::host::call::{self, ModelCall};
use crate::host::models::choose::Substitute;
use crate::host::replay::Replay;
use crate::host::replay::resume;
use crate::host::run_host::RunHost;
use crate::host::typed::Schema;
use crate::policy::substitute::{is_unsuited, mends};
use crate::store::effects::EffectState;
use serde_json::json;
use std::sync::Arc;
use tokio_util::sync::CancellationToken;

/// Makes the call; on a failure that another model could mend, the next of its substitutes is asked. A model behind which
/// one of them stands is given little patience, and while it fails the calls after it pass it by (`model/lane`).
///
/// # Errors
/// The last provider's failure. A substitute that the budget does not allow, or that does not suit the request, leaves
/// the failure before it.
pub async fn model(host: &RunHost, call: ModelCall, cancel: &CancellationToken) -> Outcome<ModelAnswer> {
    host.choices.chosen(&call.role.name, &call.served.spec.id, &call.reason);
    if call.substitutes.is_empty() {
        return call::model(host, call, cancel).await;
    }
    // Apart, because most calls have no standby and their futures are moved about.
    Box::pin(backed(host, call, cancel)).await
}

async fn backed(host: &RunHost, mut call: ModelCall, cancel: &CancellationToken) -> Outcome<ModelAnswer> {
    let substitutes = Arc::clone(&call.substitutes);
    if let Some(other) = stood_in(host, &mut call, &substitutes)? {
        return call::model(host, other, cancel).await;
    }
    call.standby = is_backed(host, &mut call, &substitutes);
    let mut failure = match call::announced(host, call.clone(), cancel, || {}).await {
        Ok(answer) => return Ok(answer),
        Err(failure) => failure,
    };
    let mut refused = call::refusal(&failure);
    let (mut passed_over, mut rest) = (Vec::new(), substitutes.iter());
    while let Some(substitute) = rest.next() {
        if !mends(&failure) || cancel.is_cancelled() {
            break;
        }
        let (mut other, substitution) = match stand_in(host, &call, substitute, &failure) {
            Ok(ready) => ready,
            Err(barred) => {
                passed_over.push(format!("{} {barred}", substitute.spec.id));
                continue;
            }
        };
        other.standby = is_backed(host, &mut other, rest.as_slice());
        let mut told = false;
        let announce = || {
            tell(host, &other, &substitution);
            told = true;
        };
        match call::announced(host, other.clone(), cancel, announce).await {
            Ok(answer) => return Ok(answer),
            // The trouble is still the provider's; that a substitute is too dear for what is left is beside it.
            Err(refused) if !told && refused.kind != FailureKind::Cancelled => {
                passed_over.push(format!("{}: {}", substitute.spec.id, one_line(&refused.message, 120)));
            }
            // Both are to be mended, but it says nothing of those behind it.
            Err(unsuited) if is_unsuited(&unsuited) => {
                passed_over.push(format!("{}: {}", substitute.spec.id, one_line(&unsuited.message, 120)));
                failure = host.counts.causes.join(failure, &unsuited);
            }
            Err(failed) => {
                refused = refused.or_else(|| call::refusal(&failed));
                (failure, call) = (host.counts.causes.join(failed, &failure), other);
            }
        }
    }
    // Where one of them answers nothing is lacking.
    refused.into_iter().for_each(|refused| host.scope.refuse(&refused, 1));
    Err(explained(failure, &call, &passed_over))
}

/// Whether the log of a run that goes on has what this call came to: an answer, of its model or of a substitute, or a
/// failure that the program went past. The call has its limit of tokens.
pub fn is_logged(host: &RunHost, call: &ModelCall) -> Outcome<bool> {
    let Some(replay) = &host.replay else { return Ok(false) };
    let key = host.next_key(&call.frame, asked(call)?.hash());
    let own = replay.is_sealed() || replay.is(&key, EffectState::Done) || replay.has_failure(&host.kit.store, &key)?;
    Ok(own || answered(host, replay, call, &call.substitutes)?.is_some())
}

/// The substitute whose answer the log of a run that goes on has: the model before it is not asked again, because its
/// failure was paid for with that answer.
fn stood_in(host: &RunHost, call: &mut ModelCall, substitutes: &[Substitute]) -> Outcome<Option<ModelCall>> {
    let Some(replay) = &host.replay else { return Ok(None) };
    length::wish(call);
    let own = asked(call)?;
    if replay.is(&host.next_key(&call.frame, own.hash()), EffectState::Done) {
        return Ok(None);
    }
    let Some((other, substitution, skipped)) = answered(host, replay, call, substitutes)? else { return Ok(None) };
    for hash in std::iter::once(own.hash()).chain(skipped.iter().map(String::as_str)) {
        pass_by(host, call, hash)?;
    }
    if let [passed @ .., _] = other.substituted.as_slice() {
        passed.iter().for_each(|one| host.choices.substituted(&call.role.name, one));
    }
    tell(host, &other, &substitution);
    Ok(Some(other))
}

/// The first substitute whose answer the log has, with what those before it would have been asked.
fn answered(
    host: &RunHost,
    replay: &Replay,
    call: &ModelCall,
    substitutes: &[Substitute],
) -> Outcome<Option<(ModelCall, Substitution, Vec<String>)>> {
    let store = &host.kit.store;
    let failed = replay.failure(store, &host.next_key(&call.frame, asked(call)?.hash()))?;
    // What was under way when its process died has no failure of its own.
    let mut before = failed.unwrap_or_else(|| Failure::new(FailureKind::Transport, "it failed before the run went on"));
    let (mut skipped, mut last): (Vec<String>, Option<ModelCall>) = (Vec::new(), None);
    for substitute in substitutes {
        let from = last.as_ref().unwrap_or(call);
        let Ok((other, substitution)) = in_place(host, from, substitute, &before) else { continue };
        let asked = asked(&other)?;
        let key = host.next_key(&call.frame, asked.hash());
        // Who may not be asked anew serves with an answer all the same, unless the run ended with it.
        let may = barred(substitute, call).is_none();
        let serves = || replay.has_answer(store, &key, other.needs.as_ref());
        if replay.is(&key, EffectState::Done) && (may || serves()?) {
            return Ok(Some((other, substitution, skipped)));
        }
        if may || replay.knows(&key) {
            skipped.push(asked.hash().to_owned());
        }
        // One that a budget refused has stood in for nobody.
        let stood_in = |failure: &Failure| failure.kind != FailureKind::Budget && !is_unsuited(failure);
        if let Some(failure) = replay.failure(store, &key)?.filter(stood_in) {
            (before, last) = (failure, Some(other));
        }
    }
    Ok(None)
}

/// Counts a failed attempt as it counted then, without making it again.
fn pass_by(host: &RunHost, call: &ModelCall, hash: &str) -> Outcome<()> {
    let key = host.next_key(&call.frame, hash);
    host.occurrence(&call.frame, hash);
    resume::charge_parts(host, &key, EffectKind::Model)
}

/// Whether one of these may be asked and paid in place of the call's model.
fn is_backed(host: &RunHost, call: &mut ModelCall, substitutes: &[Substitute]) -> bool {
    length::wish(call);
    let role = &call.role.name;
    substitutes.iter().filter(|substitute| barred(substitute, call).is_none()).any(|substitute| {
        let tag = Tag { role: role.clone(), model: substitute.spec.id.clone() };
        let wish = length::wish_of(call, &substitute.spec);
        host.scope.is_affordable(&wish, substitute.spec.price.as_ref(), &tag)
    })
}

/// The call as a substitute makes it, or why it cannot.
fn stand_in(
    host: &RunHost,
    call: &ModelCall,
    substitute: &Substitute,
    failure: &Failure,
) -> Result<(ModelCall, Substitution), String> {
    match barred(substitute, call) {
        Some(barred) => Err(barred),
        None => in_place(host, call, substitute, failure),
    }
}

/// The call as a substitute makes it or has made it.
fn in_place(
    host: &RunHost,
    call: &ModelCall,
    substitute: &Substitute,
    failure: &Failure,
) -> Result<(ModelCall, Substitution), String> {
    let spec = &substitute.spec;
    let (name, own) = (spec.id.as_str(), spec.as_ref().clone());
    // The log of a run that goes on may have its answer.
    let served = match host.replay {
        Some(_) => host.kit.models.serve_logged(name, own),
        None => host.kit.models.serve(name, || Ok(own)),
    };
    let served = served.map_err(|failure| failure.message)?;
    let mut other = ModelCall { served, ..call.clone() };
    reword(&mut other).map_err(|failure| failure.message)?;
    let from = call.served.spec.id.clone();
    let substitution = Substitution { from, to: spec.id.clone(), why: one_line(&failure.message, 200) };
    other.reason = Arc::from(format!("stands in for {}: {}", substitution.from, substitution.why));
    other.substituted.push(substitution.clone());
    Ok((other, substitution))
}

/// Why a model may not stand in for this call.
fn barred(substitute: &Substitute, call: &ModelCall) -> Option<String> {
    let seeing = call.request.messages.iter().any(|message| !message.images.is_empty());
    let blind = seeing && !substitute.spec.capabilities.vision;
    substitute.barred.clone().or_else(|| blind.then(|| "does not read pictures".to_owned()))
}

/// A model that can be held to a schema gets it with the request, any other in the prompt.
fn reword(call: &mut ModelCall) -> Outcome<()> {
    let held = call.served.spec.capabilities.json;
    let Some(schema) = call.schema.as_deref().filter(|_| held != call.request.schema.is_some()) else {
        return Ok(());
    };
    let wish = Schema::plain(schema)?.ask("");
    if let Some(prompt) = call.request.messages.iter_mut().find(|message| message.speaker == Speaker::User) {
        if !held {
            prompt.text.push_str(&wish);
        } else if let Some(plain) = prompt.text.strip_suffix(wish.as_str()).map(str::to_owned) {
            prompt.text = plain;
        }
    }
    call.request.schema = held.then(|| schema.clone());
    Ok(())
}

fn tell(host: &RunHost, call: &ModelCall, substitution: &Substitution) {
    let Substitution { from, to, why } = substitution.clone();
    host.choices.chosen(&call.role.name, &to, &call.reason);
    host.choices.substituted(&call.role.name, substitution);
    host.emit(&call.frame, &Event::Substituted { role: call.role.name.clone(), from, to, why });
}

/// The last failure with what was tried before it and who was passed over.
fn explained(failure: Failure, last: &ModelCall, passed_over: &[String]) -> Failure {
    let failure = match last.substituted.as_slice() {
        [] => failure,
        tried => failure.detail("substituted", json!(tried)),
    };
    if passed_over.is_empty() {
        return failure;
    }
    let told = format!("nobody stood in for it: {}", passed_over.join("; "));
    let hint = failure.hint.as_ref().map_or_else(|| told.clone(), |hint| format!("{hint}; {told}"));
    failure.hint(hint)
}
