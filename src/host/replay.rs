//! The answers that a run has been given before, for a run that goes on or is looked at again.
//!
//! It decides nothing about money and asks nobody; `host/door` uses it at the one place where effects pass.

mod account;
pub(super) mod again;
pub mod causes;
pub(super) mod frames;
mod known;
pub mod missed;
pub mod overdue;
pub mod parts;
pub mod past;
pub(super) mod refusals;
pub mod resume;

pub use account::Account;

use crate::budget::report::Totals;
use crate::core::effect::{EffectKey, EffectKind};
use crate::core::failure::{Failure, Outcome};
use crate::core::ids::{Frame, RunId};
use crate::core::money::Money;
use crate::host::call::unusable::Needs;
use crate::host::replay::missed::Missed;
use crate::host::replay::past::Log;
use crate::host::tools;
use crate::model::lane::UNSENT;
use crate::store::effects::{EffectEnd, EffectRow, EffectState};
use crate::store::open::Store;
use crate::store::resume::Recorded;
use serde_json::Value;
use std::cmp::Reverse;
use std::collections::{BTreeMap, HashMap, HashSet};
use std::sync::{Arc, Mutex, OnceLock, PoisonError};

/// What is done about an effect that has no answer in the log.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Mode {
    /// It is made.
    Live,
    /// It is a failure, and failures that were recorded are answers: nothing is asked of the world.
    Sealed,
    /// It ends the look ahead, among items at the same time that of its own item: nothing is asked of the world, and what a live
    /// run would make again is missed.
    Ahead,
}

/// The log of a run, and what has been used of it.
#[derive(Debug)]
pub struct Replay {
    run: RunId,
    log: Log,
    book: Mutex<Book>,
    /// The frames of its effects and those around them, once somebody asks. No effect is added to a log that was read.
    frames: OnceLock<HashSet<String>>,
    /// What was spent in its parts before the run went on, once one of them begins.
    pub(super) spent: OnceLock<BTreeMap<String, Vec<Totals>>>,
}

#[derive(Debug)]
struct Book {
    mode: Mode,
    known: HashMap<EffectKey, Entry>,
    /// The same by frame, for which a look ahead asks at each miss, and each call of a stored program. No effect is added to a log
    /// that was read.
    places: HashMap<Frame, Vec<EffectKey>>,
    /// Frames in which is asked again what the run had ended with, and the numbers of the effects that say so.
    taken_up: HashMap<Frame, u64>,
    replayed: u64,
    cost: Money,
    missed: Vec<Missed>,
    /// Whether closures of `on_event` were told what the log does not have.
    misheard: bool,
}

#[derive(Debug)]
struct Entry {
    recorded: Arc<Recorded>,
    used: bool,
}

impl Book {
    /// What the log has in a frame.
    fn within(&self, frame: &Frame) -> impl Iterator<Item = &Entry> + Clone {
        self.places.get(frame).into_iter().flatten().filter_map(|place| self.known.get(place))
    }

    /// What the log has in the place of an effect: the first of its kind in the frame that nobody has asked for.
    fn instead(&self, key: &EffectKey, kind: EffectKind) -> Option<&EffectKey> {
        let free = self.within(&key.frame).filter(|entry| !entry.used).map(|entry| &entry.recorded);
        let free = free.filter(|known| known.state == EffectState::Done);
        let first = free.clone().filter(|known| known.kind == kind).min_by_key(|known| known.seq)?;
        // Of a choice people know only what it was made for.
        let chosen = free.filter(|known| kind == EffectKind::Decision && known.kind.is_outward());
        let chosen = chosen.filter(|known| known.seq > first.seq).min_by_key(|known| known.seq);
        Some(&chosen.unwrap_or(first).key)
    }

    /// What had failed in the frame of an effect just before it: that one may have stood in for it.
    fn failed_before(&self, key: &EffectKey) -> Vec<EffectKey> {
        let Some(stood) = self.known.get(key).map(|entry| &entry.recorded) else { return Vec::new() };
        let is_earlier = |known: &&Recorded| known.kind == stood.kind && known.seq < stood.seq;
        let mut earlier: Vec<_> = self.within(&key.frame).map(|entry| &*entry.recorded).filter(is_earlier).collect();
        earlier.sort_by_key(|known| Reverse(known.seq));
        let failed = earlier.into_iter().take_while(|known| known.state == EffectState::Failed);
        failed.map(|known| known.key.clone()).collect()
    }
}

/// What the log says of an effect.
#[derive(Debug)]
pub enum Found {
    /// Its answer.
    Answer(Value),
    /// That it failed; only a sealed log tells.
    Failure(Failure),
    /// That it was asked for and brought no answer: it failed, or was under way when its process died.
    Tried(Box<EffectRow>),
    /// Nothing that could be used.
    Nothing,
}

impl Replay {
    /// The log of a run.
    pub fn load(store: &Store, run: &RunId, mode: Mode) -> Outcome<Self> {
        let log: Vec<_> = store.recorded(run)?.into_iter().map(Arc::new).collect();
        let entry = |recorded: &Arc<Recorded>| Entry { recorded: Arc::clone(recorded), used: false };
        let known: HashMap<_, _> = log.iter().map(|recorded| (recorded.key.clone(), entry(recorded))).collect();
        let mut places: HashMap<_, Vec<_>> = HashMap::new();
        known.keys().for_each(|key: &EffectKey| places.entry(key.frame.clone()).or_default().push(key.clone()));
        let (taken_up, missed, cost) = (HashMap::new(), Vec::new(), Money::ZERO);
        let book = Mutex::new(Book { mode, known, places, taken_up, replayed: 0, cost, missed, misheard: false });
        Ok(Self { run: run.clone(), log: Log::of(log, false), book, frames: OnceLock::new(), spent: OnceLock::new() })
    }

    /// Whether nothing may be asked of the world.
    pub fn is_sealed(&self) -> bool {
        self.lock().mode != Mode::Live
    }

    /// From now on nothing is asked of the world.
    pub fn seal(&self) {
        self.lock().mode = Mode::Sealed;
    }

    /// From now on what is not in the log is asked of the world.
    pub fn unseal(&self) {
        self.lock().mode = Mode::Live;
    }

    /// What the log says of an effect.
    pub fn find(&self, store: &Store, key: &EffectKey, needs: Option<&Needs>) -> Outcome<Found> {
        if !self.knows(key) {
            return Ok(Found::Nothing);
        }
        let mode = self.lock().mode;
        let Some(row) = store.effect(&self.run, key)? else { return Ok(Found::Nothing) };
        let row_kind = row.kind;
        // What was answered in another place of the run has its cost there.
        let is_counted = mode == Mode::Ahead && row.origin.as_ref() != Some(&self.run);
        let cost = if is_counted { missed::cost(store, &row)? } else { Money::ZERO };
        let answer = store.answer(&row)?;
        let refused = if matches!(answer, Some(Ok(_))) { None } else { self.refused(store, &row, mode)? };
        let found = match (answer, refused) {
            (Some(Ok(value)), _) => {
                match needs.and_then(|needs| self.unusable(mode, &row, needs.failure_of(&value)?)) {
                    None => Found::Answer(value),
                    Some(failure) => {
                        self.give_up(store, &row, failure);
                        Found::Tried(Box::new(row))
                    }
                }
            }
            (_, Some(found)) => found,
            (Some(Err(failure)), None) if mode == Mode::Sealed || self.is_past(&row, &failure) => {
                Found::Failure(failure)
            }
            (Some(Err(_)) | None, None) => Found::Tried(Box::new(row)),
        };
        if !matches!(found, Found::Tried(_)) {
            let mut book = self.lock();
            book.replayed += u64::from(!row_kind.is_reading());
            book.cost = book.cost.saturating_add(cost);
            if let Some(entry) = book.known.get_mut(key) {
                entry.used = true;
            }
        }
        Ok(found)
    }

    /// The failure that an answer led to, if it ended the run.
    fn unusable(&self, mode: Mode, row: &EffectRow, failure: Failure) -> Option<Failure> {
        (mode != Mode::Sealed && !self.is_past(row, &failure)).then_some(failure)
    }

    /// Takes an answer out of use. On disk it is a failed attempt from now on, which has its price; another attempt begins
    /// behind this write.
    fn give_up(&self, store: &Store, row: &EffectRow, failure: Failure) {
        let live = {
            let mut book = self.lock();
            book.known.get_mut(&row.key).into_iter().for_each(|entry| entry.used = true);
            book.mode == Mode::Live
        };
        if live {
            // What was copied from another run was paid by that.
            let own = row.origin.is_none();
            let failure = if own { failure } else { failure.detail(UNSENT, true) };
            let (usage, cost) = (row.usage.filter(|_| own), row.cost.filter(|_| own));
            let end = EffectEnd { result: Err(&failure), usage, cost, at: row.ended_at.unwrap_or(row.started_at) };
            // Without it the next write to the effect fails, and says so.
            drop(store.log_unusable(&self.run, &row.key, end));
        }
    }

    fn is_past(&self, row: &EffectRow, failure: &Failure) -> bool {
        let effect = self.lock().known.get(&row.key).map(|entry| Arc::clone(&entry.recorded));
        effect.is_some_and(|effect| self.log.is_past(&effect, failure))
    }

    /// Whether the run asked for more behind this effect.
    fn goes_on_behind(&self, key: &EffectKey) -> bool {
        let effect = self.lock().known.get(key).map(|entry| Arc::clone(&entry.recorded));
        effect.is_some_and(|effect| self.log.goes_on_behind(&effect))
    }

    /// Whether the run ended with this choice and may go on behind it, which is then asked in another frame.
    pub fn takes_up(&self, given_up: &EffectKey, place: Frame) -> bool {
        let mut book = self.lock();
        let ended = book.known.get(given_up).filter(|_| book.mode != Mode::Sealed).map(|entry| &entry.recorded);
        let Some(seq) = ended.filter(|recorded| recorded.raised).map(|recorded| recorded.seq) else { return false };
        book.taken_up.insert(place, seq);
        true
    }

    /// Takes effects of the log for used that nobody has asked for; answers which, in their order.
    pub(super) fn pass(&self, is_passed: impl Fn(&Recorded) -> bool) -> Vec<Recorded> {
        let mut passed = Vec::new();
        for entry in self.lock().known.values_mut().filter(|entry| !entry.used && is_passed(&entry.recorded)) {
            entry.used = true;
            passed.push(Recorded::clone(&entry.recorded));
        }
        passed.sort_by_key(|recorded| recorded.seq);
        passed
    }

    /// Whether this effect has an answer that its call goes on with: none with which the run ended.
    pub fn has_answer(&self, store: &Store, key: &EffectKey, needs: Option<&Needs>) -> Outcome<bool> {
        let mode = self.lock().mode;
        let Some(row) = store.effect(&self.run, key)? else { return Ok(false) };
        let Some(Ok(value)) = store.answer(&row)? else { return Ok(false) };
        let failure = needs.and_then(|needs| needs.failure_of(&value));
        Ok(failure.is_none_or(|failure| self.unusable(mode, &row, failure).is_none()))
    }

    /// How this effect failed, if the log has that.
    pub fn failure(&self, store: &Store, key: &EffectKey) -> Outcome<Option<Failure>> {
        let Some(row) = store.effect(&self.run, key)? else { return Ok(None) };
        Ok(store.answer(&row)?.and_then(Result::err))
    }

    /// Whether this effect failed, and a run that goes on is told so again.
    pub fn has_failure(&self, store: &Store, key: &EffectKey) -> Outcome<bool> {
        let Some(row) = store.effect(&self.run, key)? else { return Ok(false) };
        Ok(store.answer(&row)?.and_then(Result::err).is_some_and(|failure| self.is_past(&row, &failure)))
    }

    /// Notes an effect that the log does not have; a sealed log answers with the failure.
    pub fn miss(&self, store: &Store, key: &EffectKey, kind: EffectKind, asked: &str) -> Outcome<()> {
        let (again, place, failed) = {
            let book = self.lock();
            // Who may ask the world anew needs no comparison.
            if book.mode == Mode::Live {
                return Ok(());
            }
            let again = book.known.get(key).map(|entry| entry.recorded.seq);
            let place = book.instead(key, kind).cloned();
            let failed = place.as_ref().map_or_else(Vec::new, |place| book.failed_before(place));
            (again.or_else(|| book.taken_up.get(&key.frame).copied()), place, failed)
        };
        let row = |key: &EffectKey| store.effect(&self.run, key).transpose();
        let failed = failed.iter().filter_map(row).collect::<Outcome<Vec<EffectRow>>>()?;
        let stood = place.map_or(Ok(None), |place| store.effect(&self.run, &place))?;
        let tried = if kind == EffectKind::Tool { store.effect(&self.run, key)? } else { None };
        let begun = tried.map_or(Ok(false), |row| tools::is_begun(store, &row))?;
        let missed = Missed::of(store, (key, kind, asked), (again, begun), (stood.as_ref(), &failed))?;
        let failure = self.with_hearing(&missed, missed.failure(&self.run));
        let mut book = self.lock();
        book.missed.push(missed);
        Err(if book.mode == Mode::Ahead { failure.alone() } else { failure })
    }

    fn lock(&self) -> std::sync::MutexGuard<'_, Book> {
        self.book.lock().unwrap_or_else(PoisonError::into_inner)
    }
}
