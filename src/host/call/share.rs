//! A call's share of the budget, which may have to wait for what calls in flight give back.
//!
//! Whoever has a share waits for a place of its batch, for its model and for the log, never for budget: what an attempt after
//! a billed one needs is had or refused at once. So every wait here ends.

use crate::budget::ledger::Tag;
use crate::budget::reservation::Reservation;
use crate::budget::scope::afford::Wish;
use crate::core::event::Event;
use crate::core::failure::{Failure, Outcome};
use crate::host::call::ModelCall;
use crate::host::run_host::RunHost;
use std::pin::pin;
use std::time::Duration;
use tokio_util::sync::CancellationToken;

/// How long a call waits before a person is told.
const LONG: Duration = Duration::from_secs(5);

/// Holds back what the call may need, with a shorter answer if it must be.
///
/// # Errors
/// `budget` once no end of a call in flight could make it fit; `cancelled`.
pub(in crate::host) async fn reserve(
    host: &RunHost,
    call: &ModelCall,
    (wish, tag): (Wish, Tag),
    cancel: &CancellationToken,
) -> Outcome<Reservation> {
    let answer = wish.bound.output_tokens;
    let mut held = pin!(host.scope.reserve(wish, call.served.price.as_ref(), tag));
    let mut cancelled = pin!(cancel.cancelled());
    tokio::select! {
        // Polled first: mostly there is no wait, and no timer is set for it.
        biased;
        held = &mut held => return held.map_err(|failure| refused(host, failure, cancel)),
        () = &mut cancelled => return Err(Failure::cancelled()),
        () = tokio::time::sleep(LONG) => {}
    }
    let model = &call.served.spec.id;
    // Once is enough: with a tight budget many wait.
    if host.kit.models.first_shortage(model) {
        let text = format!(
            "a call to {model} waits for what the calls under way hold back of the budget: each as much as its answer may have, \
             here {answer} tokens; a lower `max_tokens` lets more of them out at once"
        );
        host.emit(&call.frame, &Event::Note { text });
    }
    tokio::select! {
        biased;
        held = held => held.map_err(|failure| refused(host, failure, cancel)),
        () = cancelled => Err(Failure::cancelled()),
    }
}

/// The refusal of a call. What stops this one may have ended first whatever it waited for: that it was stopped comes before.
fn refused(host: &RunHost, failure: Failure, cancel: &CancellationToken) -> Failure {
    if cancel.is_cancelled() { Failure::cancelled() } else { sourced(host, failure) }
}

/// The refusal of a model without a price, with who has set the limit: the person may know nothing of it.
fn sourced(host: &RunHost, failure: Failure) -> Failure {
    let limit = host.scope.limits().max_cost.filter(|_| !failure.details.contains_key("needed"));
    let (Some(limit), Some(place)) = (limit, host.kit.settings.merged.place("limits.max_cost")) else {
        return failure;
    };
    let message = format!("{}; the limit of {limit} is set by {place}", failure.message);
    Failure { message, ..failure }
}
