//! A call under way, as the breakers of its lane count it.

use crate::core::failure::{Failure, FailureKind};
use crate::core::text::one_line;
use crate::model::breaker::{Contact, Refused};
use crate::model::lane::{Lane, UNSENT};
use tokio::time::Instant;

/// A call under way; one that is dropped says nothing about the server.
pub(super) struct Visit<'a> {
    lane: &'a Lane,
    pub(super) probe: bool,
    pub(super) hasty_probe: bool,
    /// What its end says to the patient breaker and to the hasty one.
    ended: [Contact; 2],
}

impl<'a> Visit<'a> {
    /// A call that no breaker has seen yet.
    pub(super) fn new(lane: &'a Lane) -> Self {
        Self { lane, probe: false, hasty_probe: false, ended: Default::default() }
    }

    /// Notes how it ended.
    pub(super) fn end(&mut self, failure: Option<&Failure>) {
        // What is refused here has not reached the server. One that asks to wait is a reason to ask another all the same.
        let unsent = failure.is_some_and(|failure| failure.details.contains_key(UNSENT));
        let patient = if unsent { Contact::Unknown } else { Contact::of(failure.map(|failure| failure.kind)) };
        self.ended = [patient, Contact::with_standby(failure)];
        if let Some(failure) = failure.filter(|_| self.ended[1] == Contact::Lost) {
            self.lane.hasty().1 = one_line(&failure.message, 120);
        }
    }
}

impl Drop for Visit<'_> {
    fn drop(&mut self) {
        let (now, [patient, hasty]) = (Instant::now(), self.ended);
        self.lane.breaker().leave(now, self.probe, patient);
        self.lane.hasty().0.leave(now, self.hasty_probe, hasty);
    }
}

/// The failure of a call that an open breaker does not let out.
pub(super) fn unsent(what: String, refused: Refused) -> Failure {
    let when = match refused.left {
        Some(left) => format!("it is tried again in {} s", left.as_secs().saturating_add(1)),
        None => "it is being tried again right now".to_owned(),
    };
    let failure = Failure::new(FailureKind::Transport, format!("{what}; {when}"))
        .hint("check the server and the network; `rhizo models test` asks it at once")
        .detail("breaker", "open")
        .detail(UNSENT, true);
    refused.left.into_iter().fold(failure, |failure, left| failure.detail("retry_after", left.as_secs_f64()))
}
