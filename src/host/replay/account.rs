//! What became of the answers of a log: used, missing, left over.

use crate::core::effect::EffectKind;
use crate::core::ids::Frame;
use crate::core::money::Money;
use crate::host::missed::Missed;
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

impl Replay {
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
