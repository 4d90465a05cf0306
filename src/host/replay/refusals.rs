//! Calls that a limit refused. Whoever looks at the log again meets the refusal there; a run that goes on may be allowed more,
//! and tries anew, unless something had failed before the refusal and it went on past both.

use crate::core::effect::{EffectKey, EffectKind, canonical};
use crate::core::failure::{Failure, Outcome};
use crate::core::ids::RunId;
use crate::host::door::{Asked, Entry};
use crate::host::replay::{Found, Mode, Replay};
use crate::host::run_host::RunHost;
use crate::host::tools;
use crate::model::lane::UNSENT;
use crate::model::retry::NOT_REPEATED;
use crate::store::effects::{EffectEnd, EffectRow};
use crate::store::open::Store;
use crate::store::writer::Haste;
use serde_json::{Value, json};

impl Entry {
    /// Notes that it was refused before anything was asked; answers the refusal as the log has it.
    ///
    /// # Errors
    /// Those of the log.
    pub fn refused(self, host: &RunHost, failure: Failure) -> Outcome<Failure> {
        let store = &host.kit.store;
        // Its last attempt was refused another one, and is once more.
        if let Some(failed) = self.failed(store)?.filter(|failed| failed.details.contains_key(NOT_REPEATED)) {
            return Ok(failed);
        }
        // What an earlier attempt has come to is not overwritten: it may have cost something, and may still be settled.
        let (entry, failure) = if self.is_unsent(store)? {
            (self, failure.detail(UNSENT, true))
        } else {
            let (beside, asked) = beside(self.key());
            (asked.at(beside), failure)
        };
        let (key, begun) = entry.begin(host);
        let end = EffectEnd { result: Err(&failure), usage: None, cost: None, at: host.now() };
        drop(store.log_effect(&host.run, &key, begun, end, Haste::WithOthers));
        Ok(failure)
    }

    /// Whether nothing was ever sent for it.
    fn is_unsent(&self, store: &Store) -> Outcome<bool> {
        let Some(row) = self.earlier() else { return Ok(true) };
        let unsent = |failure: Failure| failure.details.contains_key(UNSENT);
        Ok(row.attempts == 1 && self.failed(store)?.is_some_and(unsent))
    }

    /// The failure of its last attempt.
    fn failed(&self, store: &Store) -> Outcome<Option<Failure>> {
        let Some(row) = self.earlier() else { return Ok(None) };
        Ok(store.answer(row)?.and_then(Result::err))
    }
}

impl Replay {
    /// What is said of an effect without an answer, other than by its last attempt: that a limit refused it since, or that its run
    /// waits for a word on it. A run that goes on is told so again of what it had gone past, unless it is to ask for that.
    ///
    /// # Errors
    /// Those of the log.
    pub(super) fn refused(&self, store: &Store, row: &EffectRow, mode: Mode) -> Outcome<Option<Found>> {
        if mode == Mode::Sealed
            && let Some(waits) = self.awaited(store, row)?
        {
            return Ok(Some(Found::Failure(waits)));
        }
        let (key, _) = beside(&row.key);
        if !self.knows(&key) {
            return Ok(None);
        }
        let refusal = after(store, &self.run, row)?;
        Ok(refusal.filter(|_| mode == Mode::Sealed || self.goes_on_behind(&key)).map(|refusal| {
            let is_wanted = mode != Mode::Sealed && self.log.asks_refused;
            if is_wanted { Found::Tried(Box::new(row.clone())) } else { Found::Failure(refusal) }
        }))
    }

    /// Why the run waits, if it does for a word on this effect.
    fn awaited(&self, store: &Store, row: &EffectRow) -> Outcome<Option<Failure>> {
        let is_meant = |failure: &&Failure| failure.details.get("effect").and_then(Value::as_u64) == Some(row.seq);
        let Some(failure) = self.log.waits.as_ref().filter(is_meant) else { return Ok(None) };
        let is_open = row.kind == EffectKind::Tool && tools::is_begun(store, row)?;
        Ok(is_open.then(|| failure.clone()))
    }
}

/// The refusal that came after the last attempt at an effect, if one did.
fn after(store: &Store, run: &RunId, row: &EffectRow) -> Outcome<Option<Failure>> {
    let Some(refusal) = store.effect(run, &beside(&row.key).0)? else { return Ok(None) };
    let last = row.ended_at.unwrap_or(row.started_at);
    let is_later = refusal.ended_at.is_some_and(|refused| refused >= last);
    Ok(if is_later { store.answer(&refusal)?.and_then(Result::err) } else { None })
}

/// Where the refusal of an effect stands beside it.
fn beside(key: &EffectKey) -> (EffectKey, Asked) {
    let text = canonical(&json!({"refused": key.hash, "occurrence": key.occurrence}));
    let asked = Asked::written(EffectKind::Decision, text);
    (EffectKey { frame: key.frame.clone(), hash: asked.hash().to_owned(), occurrence: 0 }, asked)
}
