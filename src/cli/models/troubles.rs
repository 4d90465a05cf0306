//! Calls of a model that failed lately, as the store has them: a breaker lives in one process, and that of a program which has
//! just begun knows of none before it.

use crate::cli::runs::time;
use crate::core::failure::Outcome;
use crate::core::ids::{ModelId, RunId};
use crate::core::text::one_line;
use crate::model::breaker::Contact;
use crate::model::lane::UNSENT;
use crate::store::open::Store;
use crate::store::recent::RecentCall;
use serde::Serialize;
use std::fmt;

/// How long ago a call may have ended, in milliseconds.
const LATELY: u64 = 10 * 60 * 1_000;

/// Calls up to the last one that did not get through, with none between them that did.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct Troubles {
    /// How many.
    pub calls: usize,
    /// When the first one ended, in milliseconds since 1970.
    pub since: u64,
    /// When the last one ended.
    pub until: u64,
    /// The run that made the last one.
    pub run: RunId,
    /// Why that failed.
    pub why: String,
}

impl Troubles {
    /// Those of a model in the minutes before `now`; `None` if its last call got through.
    pub fn before(now: u64, store: &Store, model: &ModelId) -> Outcome<Option<Self>> {
        let mut lost: Vec<RecentCall> = Vec::new();
        for call in store.recent_calls(model, now.saturating_sub(LATELY))? {
            match contact(&call) {
                Contact::Lost => lost.push(call),
                Contact::Unknown => {}
                Contact::Made => break,
            }
        }
        let (Some(last), Some(first)) = (lost.first(), lost.last()) else { return Ok(None) };
        let why = last.failure.as_ref().map_or_else(String::new, |failure| one_line(&failure.message, 120));
        Ok(Some(Self { calls: lost.len(), since: first.at, until: last.at, run: last.run.clone(), why }))
    }
}

/// What its end said of the server, as a breaker sees it: a call that never went out says nothing.
fn contact(call: &RecentCall) -> Contact {
    match &call.failure {
        Some(failure) if failure.details.contains_key(UNSENT) => Contact::Unknown,
        failure => Contact::of(failure.as_ref().map(|failure| failure.kind)),
    }
}

impl fmt::Display for Troubles {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self { calls, run, why, .. } = self;
        let (since, until) = (time(self.since), time(self.until));
        match calls {
            1 => write!(f, "the call before failed at {until}, in run {run}: {why}"),
            _ => write!(f, "the {calls} calls before failed from {since} to {until}, the last in run {run}: {why}"),
        }
    }
}
