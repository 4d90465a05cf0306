//! Calls and what they cost: the most where their texts are known, else a guess, beside which the most may be known too.

use crate::core::money::Money;
use crate::pipeline::estimate::Row;

/// Calls, and what they cost as far as they are priced.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Amount {
    /// The most calls.
    pub calls: u64,
    /// What they cost; no bound where it is a guess.
    pub worst: Money,
    /// The most of those of which that is known.
    bound: Money,
    /// How many steps have texts of unknown length.
    guesses: u64,
    /// Of how many of these nobody knows the most.
    boundless: u64,
}

impl Amount {
    /// That of a step.
    pub(super) fn of(row: &Row) -> Self {
        Self {
            calls: row.calls,
            worst: row.worst.unwrap_or_default(),
            bound: row.most.unwrap_or_default(),
            guesses: u64::from(row.guessed),
            boundless: u64::from(row.guessed && row.most.is_none()),
        }
    }

    /// Both together.
    #[must_use]
    pub fn and(self, other: Self) -> Self {
        self.by(other, u64::saturating_add)
    }

    /// This one without the other.
    #[must_use]
    pub fn less(self, other: Self) -> Self {
        self.by(other, u64::saturating_sub)
    }

    fn by(self, other: Self, count: fn(u64, u64) -> u64) -> Self {
        let money = |own: Money, other: Money| Money::from_nanos(count(own.nanos(), other.nanos()));
        Self {
            calls: count(self.calls, other.calls),
            worst: money(self.worst, other.worst),
            bound: money(self.bound, other.bound),
            guesses: count(self.guesses, other.guesses),
            boundless: count(self.boundless, other.boundless),
        }
    }

    /// Whether a text of unknown length is counted in it, so that `worst` is no bound.
    pub const fn is_guessed(&self) -> bool {
        self.guesses > 0
    }

    /// What they cost at most; `None` if nobody knows.
    pub fn most(&self) -> Option<Money> {
        (self.boundless == 0).then_some(self.bound)
    }
}
