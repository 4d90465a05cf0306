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
        Account { replayed: book.replayed, cost: book.cost, missed: book.missed.clone(), unused }
    }
}
