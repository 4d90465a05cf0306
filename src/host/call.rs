//! One paid model call: choose, reserve, log, send, settle, log, tell. `llm` and the root loop both go through it.

pub mod arguments;
pub mod fallback;
pub(super) mod follow;
pub(super) mod length;
pub mod lookup;
pub(super) mod share;
pub mod unusable;

use crate::budget::ledger::Tag;
use crate::budget::report::{Left, Refused};
use crate::budget::reservation::Reservation;
use crate::core::effect::{EffectKey, Paid};
use crate::core::event::Event;
use crate::core::failure::{Failure, FailureKind, Outcome};
use crate::core::ids::Frame;
use crate::core::message::{ChatRequest, ModelAnswer, Substitution};
use crate::core::money::Money;
use crate::core::thresholds::Thresholds;
use crate::host::call::arguments::asked;
use crate::host::call::follow::{Followed, watch, within};
use crate::host::call::unusable::Needs;
use crate::host::carried;
use crate::host::door::{Done, Entered, Entry};
use crate::host::models::Served;
use crate::host::models::choose::Substitute;
use crate::host::run_host::RunHost;
use crate::model::lane::UNSENT;
use crate::model::retry::NOT_REPEATED;
use crate::registry::roles::Role;
use serde_json::Value;
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Arc, Mutex, PoisonError};
use std::time::{Duration, Instant};
use tokio::sync::{OwnedSemaphorePermit, Semaphore};
use tokio_util::sync::CancellationToken;

/// Numbers calls within the process, to match their start, text and end on a screen.
static CALLS: AtomicU64 = AtomicU64::new(1);

/// A call that is about to be made.
#[derive(Clone)]
pub struct ModelCall {
    /// Where in the run.
    pub frame: Frame,
    /// The role that it plays.
    pub role: Arc<Role>,
    /// When its answer is stopped while it is written; nothing for never.
    pub monitor: Option<Thresholds>,
    /// The model.
    pub served: Served,
    /// Why this model.
    pub reason: Arc<str>,
    /// The models that failed before it.
    pub substituted: Vec<Substitution>,
    /// The models that stand in for it; asked by `fallback`.
    pub substitutes: Arc<[Substitute]>,
    /// One of them can be asked, so that this model is given little patience.
    pub standby: bool,
    /// What is sent. `max_tokens` is filled in if it is absent: without it no worst case is known.
    pub request: ChatRequest,
    /// The JSON Schema that the answer must have, whoever gives it: the request has it, or the prompt asks for it in words.
    pub schema: Option<Arc<Value>>,
    /// A name for progress.
    pub label: Option<String>,
    /// The whole call from when it has its budget, waits for its turn included.
    pub timeout: Option<Duration>,
    /// How many of the first messages the log has already, with the call before this one: a root's history is kept
    /// once, not once per turn.
    pub logged: usize,
    /// What its answer must be, where the call ends with a failure otherwise.
    pub needs: Option<Needs>,
    /// The places of a batch. A call of a batch has a place from its intent, or else from its request, until it is
    /// answered: the sync after that holds up no others.
    pub slots: Option<Arc<Semaphore>>,
}

/// Makes the call. On success the answer is paid and on disk. A refusal by a budget, of another attempt too, is counted, also
/// one of a log: a run that goes on past it lacks an answer.
pub async fn model(host: &RunHost, call: ModelCall, cancel: &CancellationToken) -> Outcome<ModelAnswer> {
    let answer = announced(host, call, cancel, || {}).await;
    let refusal = answer.as_ref().err().and_then(refusal);
    refusal.into_iter().for_each(|refused| host.scope.refuse(&refused, 1));
    answer
}

/// What refused a call that failed so, or another attempt of it.
pub fn refusal(failure: &Failure) -> Option<Refused> {
    let is_refused = failure.kind == FailureKind::Budget || failure.details.contains_key(NOT_REPEATED);
    is_refused.then(|| Refused::with(failure))
}

/// The same, with a word to say once the budget has agreed and before anything is sent.
pub async fn announced(
    host: &RunHost,
    mut call: ModelCall,
    cancel: &CancellationToken,
    announce: impl FnOnce(),
) -> Outcome<ModelAnswer> {
    if cancel.is_cancelled() {
        return Err(Failure::cancelled());
    }
    length::fits(&call)?;
    let watched = call.monitor.is_some_and(|thresholds| thresholds.wants_logprobs());
    call.request.logprobs = watched && call.served.spec.capabilities.logprobs;
    let wish = length::wish(&mut call);
    let tag = Tag { role: call.role.name.clone(), model: call.served.spec.id.clone() };
    // The log knows the call as it was asked for, so that it is found again under another budget.
    let asked = asked(&call)?;
    let key = host.next_key(&call.frame, asked.hash());
    let paid = Paid { effect: key.clone(), role: tag.role.clone() };
    let needs = call.needs.clone().unwrap_or_default();
    let placed = |answer: Outcome<ModelAnswer>| answer.map(|answer| needs.place(&host.counts.causes, &key, answer));
    let entry = match carried::enter(host, &call.frame, asked, call.slots.is_some()).await? {
        Entered::Answered(answer) => return placed(replayed(host, &call, &tag, answer)),
        Entered::Due(entry) => entry.of(&tag.role, &tag.model).among(call.slots.clone()),
    };
    host.scope.ask();
    if let Some(lacking) = &call.served.lacking {
        return Err(keyless(lacking, &call));
    }
    begin(host, &call, &entry);
    let reservation = match share::reserve(host, &call, (wish, tag), cancel).await {
        Ok(reservation) => reservation,
        Err(failure) if failure.kind == FailureKind::Cancelled => return Err(failure),
        Err(failure) => return Err(entry.refused(host, failure)?),
    };
    announce();
    let (granted, (worst, bound)) = (reservation.bound().output_tokens, reservation.worst());
    let reservation = Unsent(Some(reservation));
    length::shorten(host, &mut call, &wish, granted);
    let entry = entry.at_most(worst, bound);
    // A model that costs nothing may be asked again after a crash, so its intent needs no commit of its own. Where calls or
    // tokens are limited it uses these up all the same, and its intent is handed over without waiting for it.
    let free = worst.is_some_and(|cost| cost.nanos() == 0);
    let limited = |left: Left| left.calls.or(left.tokens).is_some();
    let noted = !free || limited(host.scope.left());
    // After a crash every intent is a call that may have gone out, so it is written by who has a place only.
    let place = if noted { place(&call).await } else { None };
    if cancel.is_cancelled() {
        return Err(Failure::cancelled());
    }
    // In a box: by itself it would be copied into each of the futures around it.
    let work = Box::pin(send(host, &call, (reservation, place), noted.then(|| entry.key().clone()), cancel));
    let answer = match (free, noted) {
        (false, _) => entry.perform(host, work).await,
        (true, true) => entry.note(host, work).await,
        (true, false) => entry.observe(host, work).await,
    };
    placed(answer).map(|answer| ModelAnswer { paid: Some(paid), ..answer })
}

/// The failure of a call that the log does not answer and whose model has no key.
fn keyless(lacking: &Failure, call: &ModelCall) -> Failure {
    let label = call.label.as_ref().map_or_else(String::new, |label| format!(" ({label})"));
    let what = format!("{}; the log has no answer to the call at {}{label}", lacking.message, call.frame);
    Failure { message: what, ..lacking.clone() }.detail("model", call.served.spec.id.as_str())
}

/// Says what a person should know before a call goes out.
fn begin(host: &RunHost, call: &ModelCall, entry: &Entry) {
    if let Some(notice) = host.kit.models.first_notice(&call.served) {
        host.emit(&call.frame, &Event::Note { text: notice });
    }
    if let Some(open) = entry.under_way() {
        let cost = open.worst_cost.map_or_else(|| "an unknown amount".to_owned(), |cost| format!("at most {cost}"));
        let text = format!("effect {} was under way when the run stopped ({cost}) and is asked again", open.seq);
        host.emit(&call.frame, &Event::Note { text });
    }
}

/// An answer that was paid for before: it is counted and told, and costs nothing.
fn replayed(host: &RunHost, call: &ModelCall, tag: &Tag, answer: Outcome<ModelAnswer>) -> Outcome<ModelAnswer> {
    host.scope.charge_replayed(tag);
    let usage = answer.as_ref().map(|answer| answer.reply.usage).unwrap_or_default();
    host.emit(
        &call.frame,
        &Event::ModelFinished {
            call: next_number(),
            model: tag.model.clone(),
            role: tag.role.clone(),
            usage,
            cost: Some(Money::ZERO),
            millis: 0,
            failure: answer.as_ref().err().cloned(),
            replayed: true,
            cached: false,
        },
    );
    answer.map(|answer| ModelAnswer { replayed: true, ..answer })
}

/// The number of the next call of the process.
pub fn next_number() -> u64 {
    CALLS.fetch_add(1, Ordering::Relaxed)
}

/// The reservation of a call that has not gone out yet. Given up in this state it costs nothing; once the call is on
/// the wire, a reservation that is dropped is charged in full, because nobody knows what was used.
struct Unsent(Option<Reservation>);

impl Drop for Unsent {
    fn drop(&mut self) {
        if let Some(reservation) = self.0.take() {
            reservation.release();
        }
    }
}

/// A place of its batch, if it is one of a batch. The semaphore is never closed; without a place the call would only be less
/// orderly.
async fn place(call: &ModelCall) -> Option<OwnedSemaphorePermit> {
    Arc::clone(call.slots.as_ref()?).acquire_owned().await.ok()
}

/// Makes the call on the wire; `noted` is its place in the log, if its intent is there already or on its way there.
async fn send(
    host: &RunHost,
    call: &ModelCall,
    (mut unsent, place): (Unsent, Option<OwnedSemaphorePermit>),
    noted: Option<EffectKey>,
    cancel: &CancellationToken,
) -> Done<ModelAnswer> {
    let place = match place {
        None => self::place(call).await,
        held => held,
    };
    let Some(reservation) = unsent.0.take_if(|_| !cancel.is_cancelled()) else {
        return Err(Failure::cancelled().detail(UNSENT, true)).into();
    };
    let number = next_number();
    let (model, role) = (call.served.spec.id.clone(), call.role.name.clone());
    let label = call.label.clone();
    let reason = call.reason.to_string();
    host.emit(
        &call.frame,
        &Event::ModelStarted { call: number, model: model.clone(), role: role.clone(), label, reason: reason.clone() },
    );
    let begun = Instant::now();
    let held = Arc::new(Mutex::new(Some(reservation)));
    let heard = Arc::default();
    let followed = Followed { number, noted, held: &held, heard: &heard };
    let watch = watch(host, call, followed, cancel);
    let outcome = within(host, call, &watch, &heard).await;
    drop(place);
    let reservation = held.lock().unwrap_or_else(PoisonError::into_inner).take();
    let begun = watch.turn.at().unwrap_or(begun);
    let millis = u64::try_from(begun.elapsed().as_millis()).unwrap_or(u64::MAX);
    let (usage, cost) = match &outcome {
        Ok(reply) => (reply.usage, reservation.and_then(|held| held.settle(&reply.usage))),
        // A model that is configured wrongly, or cannot be reached at the moment, is found out before anything is sent.
        Err(failed) if failed.failure.kind == FailureKind::Config || failed.failure.details.contains_key(UNSENT) => {
            reservation.into_iter().for_each(Reservation::release);
            (failed.usage, None)
        }
        Err(failed) => (failed.usage, reservation.and_then(|held| held.settle_failed(&failed.usage))),
    };
    let failure = outcome.as_ref().err().map(|failed| failed.failure.clone());
    let event = Event::ModelFinished {
        call: number,
        model: model.clone(),
        role,
        usage,
        cost,
        millis,
        failure,
        replayed: false,
        cached: false,
    };
    host.emit(&call.frame, &event);
    tracing::debug!(call = number, model = %model, millis, tokens = usage.total(), ok = outcome.is_ok(), "model call");
    let result = match outcome {
        Ok(reply) => {
            let substituted = call.substituted.clone();
            let (cached, replayed, cause, paid) = (false, false, None, None);
            Ok(ModelAnswer { model, reply, cost, millis, cached, replayed, reason, substituted, cause, paid })
        }
        Err(failed) => Err(call.served.explained(failed.failure)),
    };
    Done { result, usage: Some(usage), cost }
}
