//! Money as an integer of nano-USD: no rounding can lose or invent a cent.

use crate::core::failure::{Failure, FailureKind, Outcome};
use serde::{Deserialize, Serialize};
use std::fmt;

/// An amount of money in nano-USD (10^-9 USD). Never negative.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(transparent)]
pub struct Money(u64);

impl Money {
    /// Nothing.
    pub const ZERO: Self = Self(0);

    /// An amount of nano-USD.
    pub const fn from_nanos(nanos: u64) -> Self {
        Self(nanos)
    }

    /// The amount in nano-USD.
    pub const fn nanos(self) -> u64 {
        self.0
    }

    /// Reads an amount in USD as typed by a person (`0.25`, `$1`); `None` if it is not a non-negative number.
    pub fn parse_usd(text: &str) -> Option<Self> {
        let digits = text.trim().trim_start_matches('$');
        let (whole, part) = digits.split_once('.').unwrap_or((digits, ""));
        let plain = |s: &str| s.bytes().all(|b| b.is_ascii_digit());
        if (whole.is_empty() && part.is_empty()) || !plain(whole) || !plain(part) || part.len() > 9 {
            return None;
        }
        let whole: u64 = if whole.is_empty() { 0 } else { whole.parse().ok()? };
        let part: u64 = format!("{part:0<9}").parse().ok()?;
        whole.checked_mul(1_000_000_000)?.checked_add(part).map(Self)
    }

    /// An amount in USD as a script or a file gives it.
    ///
    /// # Errors
    /// `invalid` for anything but a non-negative number.
    pub fn from_usd(amount: f64) -> Outcome<Self> {
        Self::parse_usd(&format!("{amount:.9}")).ok_or_else(|| {
            Failure::new(FailureKind::Invalid, format!("max_cost must be an amount in USD, not {amount}"))
        })
    }

    /// The sum, or the largest amount if it does not fit.
    #[must_use]
    pub const fn saturating_add(self, other: Self) -> Self {
        Self(self.0.saturating_add(other.0))
    }

    /// The difference, or nothing if `other` is larger.
    #[must_use]
    pub const fn saturating_sub(self, other: Self) -> Self {
        Self(self.0.saturating_sub(other.0))
    }

    /// The amount in USD, for display and JSON only: sums are made of integers.
    pub fn usd(self) -> f64 {
        self.0 as f64 / 1e9
    }
}

impl fmt::Display for Money {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let (whole, part) = (self.0 / 1_000_000_000, self.0 % 1_000_000_000);
        let text = format!("{part:09}");
        let kept = text.trim_end_matches('0');
        let shown = if kept.len() < 2 { &text[..2] } else { kept };
        write!(f, "${whole}.{shown}")
    }
}

impl std::iter::Sum for Money {
    fn sum<I: Iterator<Item = Self>>(amounts: I) -> Self {
        amounts.fold(Self::ZERO, Self::saturating_add)
    }
}

#[cfg(test)]
mod tests {
    use super::Money;

    #[test]
    fn reads_and_shows_usd() {
        for (typed, nanos, shown) in [
            ("0.25", 250_000_000, "$0.25"),
            ("$1", 1_000_000_000, "$1.00"),
            (".000000001", 1, "$0.000000001"),
            ("12.5", 12_500_000_000, "$12.50"),
        ] {
            let money = Money::parse_usd(typed).map(Money::nanos);
            assert_eq!(money, Some(nanos), "{typed}");
            assert_eq!(Money::from_nanos(nanos).to_string(), shown);
        }
        for typed in ["", "-1", "1e3", "x", "0.0000000001", "$", "99999999999999"] {
            assert_eq!(Money::parse_usd(typed), None, "{typed}");
        }
    }
}
