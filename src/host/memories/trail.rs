//! How a run looked into its context, and what the memory advised it.

use crate::budget::report::Totals;
use crate::host::memories::explore::Offer;
use crate::policy::template::follows;
use std::sync::{Mutex, OnceLock, PoisonError};

/// One way in which a run looked, in all of its turns together.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Look {
    /// The calls, with `_` for what depends on the input.
    pub template: String,
    /// Entries found, where that is known.
    pub hits: Option<u64>,
    /// Tokens of the turns that looked so.
    pub tokens: u64,
    /// What these turns cost, in nano-USD.
    pub cost_nanos: u64,
}

/// The record of a run.
#[derive(Debug, Default)]
pub struct Trail {
    looks: Mutex<Vec<Look>>,
    offer: OnceLock<Offer>,
}

impl Trail {
    /// Adds the looks of a turn; what it used is between the totals.
    pub fn add(&self, looks: Vec<Look>, before: &Totals, after: &Totals) {
        let tokens = after.usage.total().saturating_sub(before.usage.total());
        let cost_nanos = after.cost.nanos().saturating_sub(before.cost.nanos());
        let mut all = self.looks.lock().unwrap_or_else(PoisonError::into_inner);
        let mut of_turn: Vec<Look> = Vec::new();
        for look in looks {
            match of_turn.iter_mut().find(|known| known.template == look.template) {
                Some(known) => known.hits = sum(known.hits, look.hits),
                None => of_turn.push(Look { tokens, cost_nanos, ..look }),
            }
        }
        for look in of_turn {
            match all.iter_mut().find(|known| known.template == look.template) {
                Some(known) => {
                    known.hits = sum(known.hits, look.hits);
                    known.tokens += look.tokens;
                    known.cost_nanos += look.cost_nanos;
                }
                None => all.push(look),
            }
        }
    }

    /// The looks so far, in order.
    pub fn looks(&self) -> Vec<Look> {
        self.looks.lock().unwrap_or_else(PoisonError::into_inner).clone()
    }

    /// What the memory advised, if it was asked.
    pub fn offer(&self) -> Option<&Offer> {
        self.offer.get()
    }

    /// Keeps what the memory advised; only the first advice counts.
    pub(in crate::host) fn advise(&self, offer: Offer) -> &Offer {
        self.offer.get_or_init(|| offer)
    }

    /// Keeps what chance decided for a parent: without hints there are none for its children either.
    pub fn inherit(&self, parent: &Self) {
        if let Some(offer) = parent.offer().filter(|offer| offer.policy == "off") {
            self.advise(offer.clone());
        }
    }

    /// Whether the best hint was followed; nothing if none was shown.
    pub fn hint_used(&self) -> Option<bool> {
        let best = self.offer()?.hints.first()?;
        Some(self.looks().iter().any(|look| follows(&look.template, &best.template)))
    }
}

fn sum(a: Option<u64>, b: Option<u64>) -> Option<u64> {
    a.map_or(b, |a| Some(a + b.unwrap_or(0)))
}
