//! What became of the answers of a log: used, missing, left over.

use crate::core::effect::EffectKind;
use crate::core::failure::Failure;
use crate::core::ids::Frame;
use crate::core::money::Money;
use crate::host::replay::missed::Missed;
use crate::host::replay::{Entry, Replay};
use crate::store::effects::EffectState;
use crate::store::resume::Recorded;

/// What became of a log.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Account {
    /// Answers that were used again; readings are not counted.
    pub replayed: u64,
    /// What these cost when they were given; known of a look ahead.
    pub cost: Money,
    /// Effects that the log does not have.
    pub missed: Vec<Missed>,
    /// Answers that nobody asked for, by number, kind and frame.
    pub unused: Vec<(u64, EffectKind, Frame)>,
}

/// What is told where a program with a closure of `on_event` may go another way than before.
const HEARD: &str =
    "the log does not have all that closures of on_event heard, and a run that is made again hears other events";

impl Replay {
    /// Notes that closures of `on_event` were told what the log does not have.
    pub(in crate::host) fn mishear(&self) {
        self.lock().misheard = true;
    }

    /// What may have led the program another way than before, if its closures of `on_event` heard something else.
    pub fn misheard(&self) -> Option<&'static str> {
        self.lock().misheard.then_some(HEARD)
    }

    /// The failure of a missed effect, with what may have led the program there.
    pub(super) fn with_hearing(&self, missed: &Missed, failure: Failure) -> Failure {
        let Some(heard) = self.misheard() else { return failure };
        let is_elsewhere = missed.again.is_none() && missed.instead.is_none();
        let hint = failure.hint.clone().filter(|_| !is_elsewhere);
        failure.hint(hint.map_or_else(|| heard.to_owned(), |hint| format!("{hint}; {heard}")))
    }

    /// What has been used, what was missing, and what is left over.
    pub fn account(&self) -> Account {
        let book = self.lock();
        let left = |entry: &&Entry| {
            !entry.used && entry.recorded.state == EffectState::Done && !entry.recorded.kind.is_reading()
        };
        let told = |Recorded { seq, kind, key, .. }: &Recorded| (*seq, *kind, key.frame.clone());
        let mut unused: Vec<_> = book.known.values().filter(left).map(|entry| told(&entry.recorded)).collect();
        unused.sort_by_key(|(seq, ..)| *seq);
        let mut missed = book.missed.clone();
        // Items at the same time miss in any order: those that the log knows stand first, then item 2 before item 10.
        missed.sort_by_cached_key(|missed| {
            let (frame, stood) = (missed.key.frame.as_str(), missed.instead.as_ref().map(|stood| stood.seq));
            (missed.again.or(stood).unwrap_or(u64::MAX), frame.len(), frame.to_owned())
        });
        Account { replayed: book.replayed, cost: book.cost, missed, unused }
    }

    /// The numbers of all effects for which nobody has asked.
    pub fn left(&self) -> Vec<u64> {
        let book = self.lock();
        book.known.values().filter(|entry| !entry.used).map(|entry| entry.recorded.seq).collect()
    }
}
