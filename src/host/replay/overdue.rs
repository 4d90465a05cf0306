//! Parts of programs and steps of pipelines that ran out of time. Where a log is answered from no time passes, so it has that
//! they did, as a failure of their own: what was under way then is neither asked again nor taken for what came in time.
//!
//! As other failures it is tried again where the run ended with it. Who keeps the time is not here.

use crate::core::effect::{EffectKey, EffectKind};
use crate::core::failure::{Failure, FailureKind, Outcome};
use crate::core::ids::Frame;
use crate::host::door::{Asked, Done};
use crate::host::replay::{Found, resume};
use crate::host::run_host::RunHost;
use crate::host::tools::product;
use crate::store::effects::{EffectEnd, EffectState};
use crate::store::resume::Recorded;
use serde::{Deserialize, Serialize};
use serde_json::{Value, json};
use std::collections::HashMap;
use std::time::Duration;

/// Under which name a kept failure has how far the part had come.
const CAME: &str = "came";

/// A part with a timeout, and its place in the log.
pub struct Watch {
    name: String,
    limit: Duration,
    key: EffectKey,
    intent: Value,
    /// How much the run had asked for when it began.
    since: u64,
    /// How far it came before, if the log has that it ran out of time.
    before: Option<Came>,
    /// What the log of a run that goes on says of it: that it ran out of time, or that it did not after all.
    known: Option<EffectState>,
}

/// How far a part had come when its time was up.
#[derive(Clone, Debug, Serialize, Deserialize)]
struct Came {
    /// How many answers its program had been given.
    answers: u64,
    /// How often what it asked for had been asked for, in its frame and below.
    counts: Vec<(Frame, String, u32)>,
}

impl Watch {
    /// A part of this name that begins in this frame.
    ///
    /// # Errors
    /// Those of the log.
    pub fn begin(host: &RunHost, frame: &Frame, name: &str, limit: Duration) -> Outcome<Self> {
        let intent = json!({"part": name, "timeout": limit.as_secs_f64()});
        let asked = Asked::new(EffectKind::Decision, &intent);
        let (key, since) = (host.next_key(frame, asked.hash()), host.counts.all());
        // Every part is counted, so that it is known which of them it was.
        host.occurrence(frame, asked.hash());
        let found = host.replay.as_ref().map(|replay| replay.find(&host.kit.store, &key, None)).transpose()?;
        // What cannot be read tells nothing, and the part begins anew.
        let before = match found {
            Some(Found::Failure(failure)) => failure.details.get(CAME).and_then(|came| Came::deserialize(came).ok()),
            _ => None,
        };
        let is_known = |state: &EffectState| host.replay.as_ref().is_some_and(|replay| replay.is(&key, *state));
        let known = [EffectState::Failed, EffectState::Done].into_iter().find(is_known);
        Ok(Self { name: name.to_owned(), limit, key, intent, since, before, known })
    }

    /// With how many answers it ran out of time before, if the log has that it did.
    pub fn before(&self) -> Option<u64> {
        self.before.as_ref().map(|came| came.answers)
    }

    /// The failure of the part, whose time is up after so many answers: kept in the log, or found there.
    pub async fn overdue(&self, host: &RunHost, answers: u64) -> Failure {
        let failure = Failure::overdue(&self.name, self.limit.as_secs_f64());
        let kept = match &self.before {
            Some(came) => self.pass(host, came),
            // Who only looks at a log again leaves no trace in it.
            None if host.is_sealed() => Ok(()),
            None => self.keep(host, &failure, answers).await,
        };
        match kept {
            Ok(()) => host.counts.causes.mark(failure, &self.key),
            Err(failed) => failed,
        }
    }

    /// Takes note that the part has ended in time. The log of one that was taken up says so from now on.
    ///
    /// # Errors
    /// Those of the log.
    pub async fn in_time(&self, host: &RunHost) -> Outcome<()> {
        if host.is_sealed() || self.before.is_some() || self.known != Some(EffectState::Failed) {
            return Ok(());
        }
        let entry = Asked::new(EffectKind::Decision, &self.intent).at(self.key.clone());
        entry.observe::<Value>(host, async { Done::from(Ok(Value::Null)) }).await.map(drop)
    }

    async fn keep(&self, host: &RunHost, failure: &Failure, answers: u64) -> Outcome<()> {
        let came = Came { answers, counts: host.counts.since(&self.key.frame, self.since) };
        let came = serde_json::to_value(came).map_err(|error| {
            Failure::new(FailureKind::Internal, format!("{} has no form as data: {error}", self.name))
        })?;
        let kept = failure.clone().detail(CAME, came);
        if self.known == Some(EffectState::Done) {
            let end = EffectEnd { result: Err(&kept), usage: None, cost: None, at: host.now() };
            return host.kit.store.log_unusable(&host.run, &self.key, end).await;
        }
        let entry = Asked::new(EffectKind::Decision, &self.intent).at(self.key.clone());
        let noted = entry.observe::<Value>(host, async { Done::from(Err(kept)) }).await;
        // What is kept is a failure; another one is that of keeping it.
        noted.map(drop).or_else(|noted| if noted.message == failure.message { Ok(()) } else { Err(noted) })
    }

    /// Goes on behind what the part asked for, in which it is not answered again: it was paid for all the same, and has written
    /// its files. Where that stands in the log says nothing: a part that was made again keeps its place before what is new in it.
    fn pass(&self, host: &RunHost, came: &Came) -> Outcome<()> {
        host.counts.raise(came.counts.clone());
        let Some(replay) = &host.replay else { return Ok(()) };
        let counts = came.counts.iter().map(|(frame, hash, times)| ((frame, hash.as_str()), *times));
        let counts: HashMap<(&Frame, &str), u32> = counts.collect();
        let is_part = |Recorded { key, .. }: &Recorded| {
            counts.get(&(&key.frame, key.hash.as_str())).is_some_and(|times| key.occurrence < *times)
        };
        for Recorded { key, kind, .. } in replay.pass(is_part) {
            resume::charge_parts(host, &key, kind)?;
            resume::recall_child(host, &key, kind, false)?;
            product::recall_own(host, &key, kind)?;
        }
        Ok(())
    }
}
