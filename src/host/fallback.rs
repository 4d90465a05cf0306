//! A call and, if its provider fails, the same call to the models that stand in. Each of them is told, paid and logged
//! as a call of its own.

use crate::core::event::Event;
use crate::core::failure::{Failure, FailureKind, Outcome};
use crate::core::message::{ModelAnswer, Speaker, Substitution};
use crate::core::text::one_line;
use crate::host::call::{self, ModelCall};
use crate::host::choose::Substitute;
use crate::host::run_host::RunHost;
use crate::host::typed::Schema;
use crate::policy::substitute::mends;
use serde_json::json;
use std::sync::Arc;
use tokio_util::sync::CancellationToken;

/// Makes the call; on a failure that another model could mend, the next of its substitutes is asked.
///
/// # Errors
/// The last provider's failure. A substitute that the budget does not allow leaves the failure before it.
pub async fn model(host: &RunHost, call: ModelCall, cancel: &CancellationToken) -> Outcome<ModelAnswer> {
    host.choices.chosen(&call.role.name, &call.served.spec.id, &call.reason);
    if call.substitutes.is_empty() {
        return call::model(host, call, cancel).await;
    }
    let (mut next, substitutes) = (call.clone(), Arc::clone(&call.substitutes));
    let mut failure = match call::model(host, call, cancel).await {
        Ok(answer) => return Ok(answer),
        Err(failure) => failure,
    };
    let mut passed_over = Vec::new();
    for substitute in substitutes.iter() {
        if !mends(&failure) || cancel.is_cancelled() {
            break;
        }
        if let Some(barred) = barred(substitute, &next) {
            passed_over.push(format!("{} {barred}", substitute.spec.id));
            continue;
        }
        let from = next.served.spec.id.clone();
        next.served = host.kit.models.serve(substitute.spec.id.as_str(), || Ok(substitute.spec.as_ref().clone()))?;
        reword(&mut next)?;
        let substitution = Substitution { from, to: substitute.spec.id.clone(), why: one_line(&failure.message, 200) };
        tell(host, &next, &substitution);
        next.reason = Arc::from(format!("stands in for {}: {}", substitution.from, substitution.why));
        next.substituted.push(substitution);
        host.choices.chosen(&next.role.name, &next.served.spec.id, &next.reason);
        match call::model(host, next.clone(), cancel).await {
            Ok(answer) => return Ok(answer),
            // The trouble is still the provider's; that a substitute is too dear for what is left is beside it.
            Err(refused) if refused.kind == FailureKind::Budget => {
                passed_over.push(format!("{}: {}", substitute.spec.id, one_line(&refused.message, 120)));
                break;
            }
            Err(failed) => failure = failed,
        }
    }
    Err(explained(failure, &next, &passed_over))
}

/// Why a model may not stand in for this call.
fn barred(substitute: &Substitute, call: &ModelCall) -> Option<String> {
    let seeing = call.request.messages.iter().any(|message| !message.images.is_empty());
    let blind = seeing && !substitute.spec.capabilities.vision;
    substitute.barred.clone().or_else(|| blind.then(|| "does not read pictures".to_owned()))
}

/// A model that cannot be held to a schema gets it in the prompt instead.
fn reword(call: &mut ModelCall) -> Outcome<()> {
    let held = call.served.spec.capabilities.json;
    let Some(given) = call.request.schema.take_if(|_| !held) else {
        return Ok(());
    };
    let schema = Schema::read(&given)?;
    if let Some(prompt) = call.request.messages.iter_mut().find(|message| message.speaker == Speaker::User) {
        prompt.text = schema.ask(&prompt.text);
    }
    Ok(())
}

fn tell(host: &RunHost, call: &ModelCall, substitution: &Substitution) {
    let Substitution { from, to, why } = substitution.clone();
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
