//! Following a call while it runs: its own limit of time, and its pieces passed on as events.

use crate::budget::reservation::Reservation;
use crate::core::effect::EffectKey;
use crate::core::event::Event;
use crate::core::failure::{Failure, FailureKind};
use crate::core::message::{ChatReply, FailedCall};
use crate::core::usage::Usage;
use crate::host::call::ModelCall;
use crate::host::run_host::RunHost;
use crate::model::chat::{Afford, Piece, Turn, Watch};
use crate::model::lane::UNSENT;
use crate::model::retry::unheard;
use futures::FutureExt;
use std::future::ready;
use std::pin::pin;
use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering};
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;
use tokio_util::sync::CancellationToken;

/// How long a model may say nothing before a person is told.
const SILENCE: Duration = Duration::from_secs(5);

/// Makes the call within its own limit of time. A call that is overdue is told to end and says what it has used.
pub(in crate::host) async fn within(
    host: &RunHost,
    call: &ModelCall,
    watch: &Watch,
    heard: &AtomicBool,
) -> Result<ChatReply, FailedCall> {
    let work = call.served.model.chat(&call.request, watch);
    let mut work = pin!(unless_silent(host, call, (watch.turn.as_ref(), heard), work));
    let Some(limit) = call.timeout else {
        return work.await;
    };
    tokio::select! {
        biased;
        outcome = &mut work => return outcome,
        () = tokio::time::sleep(limit) => watch.end_overdue(),
    }
    // It may have come just in time.
    work.await.map_err(|failed| overdue(failed, limit.as_secs_f64()))
}

/// The failure of a call that took longer than it may. One that never got its turn was not sent.
fn overdue(failed: FailedCall, seconds: f64) -> FailedCall {
    let FailedCall { failure, usage } = failed;
    if failure.details.contains_key(UNSENT) {
        let what = format!("the call waited for its turn for {seconds} s, and was not sent");
        let hint = "raise `timeout` of the call, or the limits of its model";
        return Failure::new(FailureKind::Stalled, what).hint(hint).detail(UNSENT, true).into();
    }
    let failure =
        Failure::new(FailureKind::Stalled, format!("no answer within {seconds} s")).hint("raise `timeout` of the call");
    FailedCall { failure: unheard(failure, &usage), usage }
}

/// Says once for each model that it is slow to answer: whoever waits shall know for what, and how long it may take. While a
/// call waits for its turn its model is not slow.
async fn unless_silent<T>(
    host: &RunHost,
    call: &ModelCall,
    (turn, heard): (&Turn, &AtomicBool),
    mut work: impl Future<Output = T> + Unpin,
) -> T {
    // Polled first: setting a timer wakes the runtime's driver unless an earlier one is set, and the work sets several.
    tokio::select! {
        biased;
        () = silent(turn) => {}
        outcome = &mut work => return outcome,
    }
    let spec = &call.served.spec;
    if !heard.load(Ordering::Relaxed) && host.kit.models.first_silence(&spec.id) {
        let limit = if spec.stream { spec.first_token_timeout } else { spec.timeout };
        let text = format!("{} has not answered for {} s; it is given {limit} s", spec.id, SILENCE.as_secs());
        host.emit(&call.frame, &Event::Note { text });
    }
    work.await
}

/// Waits until the silence of a call that has had its turn is long.
async fn silent(turn: &Turn) {
    tokio::time::sleep(SILENCE).await;
    let sent = turn.wait().await;
    tokio::time::sleep(SILENCE.saturating_sub(sent.elapsed())).await;
}

/// A call on the wire.
pub(in crate::host) struct Followed<'a> {
    /// Its number in this process.
    pub(in crate::host) number: u64,
    /// Its place in the log, if its intent is there already or on its way there.
    pub(in crate::host) noted: Option<EffectKey>,
    /// What is held back for it.
    pub(in crate::host) held: &'a Arc<Mutex<Option<Reservation>>>,
    /// Whether its model has said anything.
    pub(in crate::host) heard: &'a Arc<AtomicBool>,
}

/// Passes pieces on as events. Text is not stored, so a slow screen never slows the call.
pub(in crate::host) fn watch(
    host: &RunHost,
    call: &ModelCall,
    followed: Followed<'_>,
    cancel: &CancellationToken,
) -> Watch {
    let Followed { number, noted, held, heard } = followed;
    // Of its own, because the limit of this call ends this call only.
    let cancel = cancel.child_token();
    let (afford, by_person) = (afford(host, Arc::clone(held), noted.clone()), Arc::clone(&host.kit.by_person));
    let monitor = call.monitor.map(|thresholds| thresholds.for_limit(call.request.sampling.max_tokens));
    let Ok(host) = host.handle() else {
        return Watch { cancel, monitor, standby: call.standby, afford, by_person, ..Watch::silent() };
    };
    let (frame, model) = (call.frame.clone(), call.served.spec.id.clone());
    let heard = Arc::clone(heard);
    let request = AtomicUsize::new(1);
    let on_text = move |piece| {
        let event = match piece {
            Piece::Id(id) => {
                // Who settles the call after a crash can ask its provider by it.
                let request = request.load(Ordering::Relaxed);
                noted.iter().for_each(|key| host.kit.store.log_provider(&host.run, key, request, &id));
                return;
            }
            Piece::Text(text) => Event::ModelText { call: number, text },
            Piece::Reset => Event::ModelReset { call: number },
            Piece::Note(text) => Event::Note { text },
            Piece::Retry { attempt, wait_millis, reason } => {
                request.fetch_add(1, Ordering::Relaxed);
                Event::Retry { model: model.clone(), attempt, wait_millis, reason }
            }
            Piece::Waiting { wait_millis, reason } => {
                host.emit(&frame, &Event::Waiting { model: model.clone(), wait_millis, reason });
                return;
            }
        };
        heard.store(true, Ordering::Relaxed);
        host.emit(&frame, &event);
    };
    Watch { on_text: Arc::new(on_text), cancel, monitor, standby: call.standby, afford, by_person, ..Watch::silent() }
}

/// Holds back another attempt and notes that in the log: killed in it, the run is charged for it too.
fn afford(host: &RunHost, held: Arc<Mutex<Option<Reservation>>>, noted: Option<EffectKey>) -> Afford {
    let (store, run) = (host.kit.store.clone(), host.run.clone());
    Arc::new(move |used: Usage| {
        let mut held = held.lock().unwrap_or_else(PoisonError::into_inner);
        let Some(reservation) = held.as_mut() else { return ready(Ok(())).boxed() };
        match (reservation.again(&used), &noted) {
            (Err(refusal), _) => ready(Err(refusal)).boxed(),
            (Ok(()), None) => ready(Ok(())).boxed(),
            (Ok(()), Some(key)) => {
                let (cost, bound) = reservation.worst();
                store.log_again(&run, key, cost, bound).boxed()
            }
        }
    })
}
