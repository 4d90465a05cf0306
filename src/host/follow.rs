//! Following a call while it runs: its own limit of time, and its pieces passed on as events.

use crate::budget::reservation::Reservation;
use crate::core::effect::EffectKey;
use crate::core::event::Event;
use crate::core::failure::{Failure, FailureKind};
use crate::core::message::{ChatReply, FailedCall};
use crate::core::usage::Usage;
use crate::host::call::ModelCall;
use crate::host::run_host::RunHost;
use crate::model::chat::{Piece, Watch};
use crate::model::retry::unheard;
use std::pin::pin;
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;
use tokio_util::sync::CancellationToken;

/// How long a model may say nothing before a person is told.
const SILENCE: Duration = Duration::from_secs(5);

/// Makes the call within its own limit of time. A call that is overdue is told to end and says what it has used.
pub(super) async fn within(
    host: &RunHost,
    call: &ModelCall,
    watch: &Watch,
    heard: &AtomicBool,
) -> Result<ChatReply, FailedCall> {
    let work = call.served.model.chat(&call.request, watch);
    let mut work = pin!(unless_silent(host, call, heard, work));
    let Some(limit) = call.timeout else {
        return work.await;
    };
    tokio::select! {
        biased;
        outcome = &mut work => return outcome,
        () = tokio::time::sleep(limit) => watch.cancel.cancel(),
    }
    let usage = match work.await {
        // It came just in time.
        Ok(reply) => return Ok(reply),
        Err(failed) => failed.usage,
    };
    let failure = Failure::new(FailureKind::Stalled, format!("no answer within {} s", limit.as_secs_f64()))
        .hint("raise `timeout` of the call");
    Err(FailedCall { failure: unheard(failure, &usage), usage })
}

/// Says once for each model that it is slow to answer: whoever waits shall know for what, and how long it may take.
async fn unless_silent<T>(
    host: &RunHost,
    call: &ModelCall,
    heard: &AtomicBool,
    mut work: impl Future<Output = T> + Unpin,
) -> T {
    // Polled first: setting a timer wakes the runtime's driver unless an earlier one is set, and the work sets several.
    tokio::select! {
        biased;
        () = tokio::time::sleep(SILENCE) => {}
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

/// A call on the wire.
pub(super) struct Followed<'a> {
    /// Its number in this process.
    pub(super) number: u64,
    /// Its place in the log, if its intent is there already.
    pub(super) paid: Option<EffectKey>,
    /// What is held back for it.
    pub(super) held: &'a Arc<Mutex<Option<Reservation>>>,
    /// Whether its model has said anything.
    pub(super) heard: &'a Arc<AtomicBool>,
}

/// Passes pieces on as events. Text is not stored, so a slow screen never slows the call.
pub(super) fn watch(host: &RunHost, call: &ModelCall, followed: Followed<'_>, cancel: &CancellationToken) -> Watch {
    let Followed { number, paid, held, heard } = followed;
    // Of its own, because the limit of this call ends this call only.
    let cancel = cancel.child_token();
    let held = Arc::clone(held);
    let afford = Arc::new(move |used: &Usage| match held.lock().unwrap_or_else(PoisonError::into_inner).as_mut() {
        Some(reservation) => reservation.again(used),
        None => Ok(()),
    });
    let monitor = call.role.monitor.map(|thresholds| thresholds.for_limit(call.request.sampling.max_tokens));
    let Ok(host) = host.handle() else {
        return Watch { cancel, monitor, standby: call.standby, afford, ..Watch::silent() };
    };
    let (frame, model) = (call.frame.clone(), call.served.spec.id.clone());
    let heard = Arc::clone(heard);
    let on_text = move |piece| {
        let event = match piece {
            Piece::Id(id) => {
                // Who settles the call after a crash can ask its provider by it.
                paid.iter().for_each(|key| host.kit.store.log_provider(&host.run, key, &id));
                return;
            }
            Piece::Text(text) => Event::ModelText { call: number, text },
            Piece::Reset => Event::ModelReset { call: number },
            Piece::Note(text) => Event::Note { text },
            Piece::Retry { attempt, wait_millis, reason } => {
                Event::Retry { model: model.clone(), attempt, wait_millis, reason }
            }
            Piece::Waiting { wait_millis, reason } => Event::Waiting { model: model.clone(), wait_millis, reason },
        };
        heard.store(true, Ordering::Relaxed);
        host.emit(&frame, &event);
    };
    Watch { on_text: Arc::new(on_text), cancel, monitor, standby: call.standby, afford }
}
