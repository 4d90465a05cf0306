//! The log of effects: the intent before the call, the result before anybody sees it.
//!
//! What may be replayed or repeated is decided by the caller; here it is only kept apart.

pub(super) mod row;
mod write;

use crate::core::effect::{EffectKey, EffectKind};
use crate::core::failure::{Failure, FailureKind, Outcome};
use crate::core::ids::{ModelId, RoleName, RunId};
use crate::core::money::Money;
use crate::core::price::Bound;
use crate::core::usage::Usage;
use crate::store::effects::row::effect_row;
use crate::store::group::Owner;
use crate::store::open::Store;
use crate::store::rows::collect;
use crate::store::value::StoredValue;
use crate::store::writer::{Ack, Haste};
use rusqlite::Connection;
use serde::{Deserialize, Serialize};
use serde_json::Value;

/// What is about to happen.
#[derive(Clone, Debug)]
pub struct Intent {
    /// What kind of effect.
    pub kind: EffectKind,
    /// The arguments as JSON text.
    pub text: String,
    /// What it may cost at most: the charge for a call whose end is unknown. `None` for what has no price.
    pub worst_cost: Option<Money>,
    /// The tokens that it may use at most, likewise; none for what is no model call.
    pub bound: Bound,
    /// Who is asked, for model calls.
    pub asked: Option<(RoleName, ModelId)>,
    /// The part of the run that it is made in, if it is in any.
    pub part: Option<String>,
    /// Milliseconds since 1970.
    pub at: u64,
}

/// How it ended.
#[derive(Clone, Debug)]
pub struct EffectEnd<'a> {
    /// The value as JSON text, or why there is none.
    pub result: Result<String, &'a Failure>,
    /// Tokens used, for model calls.
    pub usage: Option<Usage>,
    /// What it cost; `None` for what has no price.
    pub cost: Option<Money>,
    /// Milliseconds since 1970.
    pub at: u64,
}

/// How far an effect has come.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum EffectState {
    /// It may or may not have happened: in flight, or its process died.
    Intent,
    /// It succeeded; its result is stored.
    Done,
    /// It failed; the failure is stored.
    Failed,
}

/// An effect as the store knows it.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct EffectRow {
    /// Position in the run, from 1, by the first intent.
    pub seq: u64,
    /// Which effect.
    #[serde(flatten)]
    pub key: EffectKey,
    /// What kind.
    pub kind: EffectKind,
    /// How far it has come.
    pub state: EffectState,
    /// The arguments.
    pub intent: Option<StoredValue>,
    /// The value if done, the failure as JSON if failed; see `Store::answer`.
    pub result: Option<StoredValue>,
    /// Tokens used.
    pub usage: Option<Usage>,
    /// What the last attempt cost.
    pub cost: Option<Money>,
    /// What it may cost at most.
    pub worst_cost: Option<Money>,
    /// The tokens that it may use at most.
    pub worst_usage: Usage,
    /// For how many requests that is; a request that was refused unread is none of them.
    pub requests: u32,
    /// How often it was tried.
    pub attempts: u32,
    /// What earlier attempts cost, those without a known end at their worst case.
    pub earlier_cost: Money,
    /// How many of them cost something and have no known end.
    pub unknown_calls: u32,
    /// What of `earlier_cost` is their worst case; without any of them, what a person said that earlier attempts cost.
    pub unknown_cost: Money,
    /// The run that it was copied from and that paid for it; its own if it was answered in another place there.
    pub origin: Option<RunId>,
    /// Whether it is such a copy, for which nobody had asked when the run last came to an end.
    pub unused: bool,
    /// By what ids the provider knows the requests of the last attempt, in their order; a request may have none.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub provider: Vec<String>,
    /// Milliseconds since 1970, of the last attempt.
    pub started_at: u64,
    /// Milliseconds since 1970.
    pub ended_at: Option<u64>,
}

impl EffectRow {
    /// Whether a person means it by this: its number, its frame, or a part of that, where `step:draft` is also `draft`, and
    /// `draft [a]` in the item `a`. A number is nothing else: items have some too.
    pub fn is_called(&self, named: &str) -> bool {
        if let Ok(seq) = named.parse::<u64>() {
            return self.seq == seq;
        }
        let frame = self.key.frame.as_str();
        let is_part = |part: &str| part == named || part.split_once(':').is_some_and(|(_, name)| name == named);
        let squeezed = |name: &str| name.split_whitespace().collect::<String>();
        let is_step = || self.key.frame.steps().iter().any(|step| squeezed(step) == squeezed(named));
        frame == named || frame.split('/').any(is_part) || is_step()
    }
}

impl Store {
    /// Records that an effect is about to happen. The call may go out once this is acked.
    ///
    /// An effect that failed, or whose end is unknown, begins another attempt; what the earlier ones cost stays
    /// recorded. Fails with `Replay` if it is done already.
    pub fn log_intent(&self, run: &RunId, key: &EffectKey, intent: Intent, haste: Haste) -> Ack<()> {
        let owner = Owner { run: run.clone(), frame: key.frame.clone(), at: intent.at, is_patient: false };
        let begun = write::Begun::of(run, key, intent);
        self.writer().hand_over(haste, Some(owner), move |connection| begun.store(connection, None), |_| {})
    }

    /// The same at once, waited for. Dropped meanwhile, the effect has not happened, and the log says so behind the
    /// intent.
    pub async fn begin_effect(&self, run: &RunId, key: &EffectKey, intent: Intent) -> Outcome<()> {
        let mut waiting = Waiting { store: self, run, key, at: intent.at, is_over: false };
        let logged = self.log_intent(run, key, intent, Haste::Now).await;
        waiting.is_over = true;
        logged
    }

    /// Records that another request of a call that is under way may cost and use so much more at most. It may go out once
    /// this is acked.
    pub fn log_again(&self, run: &RunId, key: &EffectKey, worst_cost: Option<Money>, bound: Bound) -> Ack<()> {
        let (run, key) = (run.clone(), key.clone());
        let work = move |connection: &Connection| write::again(connection, &run, &key, worst_cost, bound);
        self.writer().write(work, |()| {})
    }

    /// Records by what id the provider knows a request of a call that is under way, the first being 1. Nobody waits for it: it is on disk with the next write
    /// that somebody waits for, or a little later.
    pub fn log_provider(&self, run: &RunId, key: &EffectKey, request: usize, id: &str) {
        let (run, key, id) = (run.clone(), key.clone(), id.to_owned());
        let work = move |connection: &Connection| write::provider(connection, &run, &key, (request, &id));
        drop(self.writer().write_in(Haste::WithOthers, work, |()| {}));
    }

    /// Records how an effect ended. The caller may use the result once this is acked.
    ///
    /// Fails with `Replay` if the effect has ended already, with `Internal` if it was never begun. While another process keeps
    /// the store locked it waits for minutes: what has come is paid.
    pub fn log_result(&self, run: &RunId, key: &EffectKey, end: EffectEnd<'_>, haste: Haste) -> Ack<()> {
        let owner = owner(run, key, &end);
        match write::Ended::of(run, key, end) {
            Ok(ended) => self.writer().write_result(haste, owner, move |connection| ended.store(connection)),
            Err(failure) => Ack::ready(Err(failure)),
        }
    }

    /// Records that an answer turned out to be of no use, and is to be asked for again: a failed attempt like others.
    pub fn log_unusable(&self, run: &RunId, key: &EffectKey, end: EffectEnd<'_>) -> Ack<()> {
        match write::Ended::of(run, key, end) {
            Ok(ended) => {
                let ended = ended.after_all();
                self.writer().write_in(Haste::WithOthers, move |connection| ended.store(connection), |()| {})
            }
            Err(failure) => Ack::ready(Err(failure)),
        }
    }

    /// Records an effect that is over as soon as it is asked for (the clock, a random number), in one step.
    pub fn log_effect(
        &self,
        run: &RunId,
        key: &EffectKey,
        intent: Intent,
        end: EffectEnd<'_>,
        haste: Haste,
    ) -> Ack<()> {
        let (owner, begun) = (owner(run, key, &end), write::Begun::of(run, key, intent));
        let ended = match write::Ended::of(run, key, end) {
            Ok(ended) => ended,
            Err(failure) => return Ack::ready(Err(failure)),
        };
        let work = move |connection: &Connection| begun.store(connection, Some(&ended));
        self.writer().write_result(haste, owner, work)
    }

    /// Every effect of a run, in the order of the first intents.
    pub fn effects(&self, run: &RunId) -> Outcome<Vec<EffectRow>> {
        self.read(|connection| {
            let mut query = connection.prepare_cached("SELECT * FROM effects WHERE run = ?1 ORDER BY seq")?;
            collect(query.query([run.as_str()])?, |row| effect_row(connection, row))
        })
    }

    /// One effect of a run, if the log has it.
    pub fn effect(&self, run: &RunId, key: &EffectKey) -> Outcome<Option<EffectRow>> {
        let sql = "SELECT * FROM effects WHERE run = ?1 AND frame = ?2 AND hash = ?3 AND occurrence = ?4";
        self.read(|connection| {
            let mut query = connection.prepare_cached(sql)?;
            let rows = query.query((run.as_str(), key.frame.as_str(), &key.hash, key.occurrence))?;
            Ok(collect(rows, |row| effect_row(connection, row))?.pop())
        })
    }

    /// What an effect answered, read from its blob if need be; `None` if its end is unknown.
    pub fn answer(&self, effect: &EffectRow) -> Outcome<Option<Result<Value, Failure>>> {
        let Some(result) = &effect.result else { return Ok(None) };
        let value = self.load(result)?;
        match effect.state {
            EffectState::Intent => Ok(None),
            EffectState::Done => Ok(Some(Ok(value))),
            EffectState::Failed => serde_json::from_value(value).map(|failure| Some(Err(failure))).map_err(|error| {
                Failure::new(
                    FailureKind::Io,
                    format!("the stored failure of effect {} is damaged: {error}", effect.seq),
                )
            }),
        }
    }
}

/// An intent on its way to the disk, and somebody who waits for it.
struct Waiting<'a> {
    store: &'a Store,
    run: &'a RunId,
    key: &'a EffectKey,
    at: u64,
    is_over: bool,
}

impl Drop for Waiting<'_> {
    fn drop(&mut self) {
        if !self.is_over {
            let failure = Failure::new(FailureKind::Cancelled, "it was stopped before it began").detail("unsent", true);
            let end = EffectEnd { result: Err(&failure), usage: None, cost: None, at: self.at };
            // Nobody is left to hear of it.
            drop(self.store.log_result(self.run, self.key, end, Haste::WithOthers));
        }
    }
}

fn owner(run: &RunId, key: &EffectKey, end: &EffectEnd<'_>) -> Owner {
    Owner { run: run.clone(), frame: key.frame.clone(), at: end.at, is_patient: true }
}

#[cfg(test)]
mod tests;
