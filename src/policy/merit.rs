//! What models are compared by: what they cost and how good they are, and the order that a strategy makes of it.
//!
//! How good a model is, is `models.NAME.rank` where the user gives it. Where not, the list price of its answers stands
//! for it: within one maker's range it follows the maker's own ordering, and it is the only figure that is known of every
//! paid model. It is a proxy and no measurement.

use crate::core::money::Money;
use crate::core::strategy::Strategy;
use crate::registry::models::ModelSpec;
use serde::Serialize;
use std::cmp::Ordering;
use std::collections::HashMap;

/// What a strategy knows of a model.
#[derive(Clone, Copy, Debug, Default, PartialEq, Serialize)]
pub struct Merit {
    /// Nano-USD per million tokens of a call with three prompt tokens for each answer token; `None` if unknown.
    pub price: Option<u64>,
    /// How good it is; without a rank of its own, USD per million answer tokens.
    pub rank: Option<f64>,
}

impl Merit {
    /// What is known of a model.
    pub fn of(spec: &ModelSpec) -> Self {
        let blended = |input: u64, output: u64| input.saturating_mul(3).saturating_add(output) / 4;
        let rates = spec.price.as_ref().map(|price| price.rates);
        let own = rates.map(|rates| blended(rates.input, rates.output));
        let proxy = rates.map(|rates| Money::from_nanos(rates.output).usd());
        Self { price: own, rank: spec.rank.or(proxy) }
    }

    fn cheaper(&self, other: &Self) -> Ordering {
        self.price.unwrap_or(u64::MAX).cmp(&other.price.unwrap_or(u64::MAX))
    }

    fn better(&self, other: &Self) -> Ordering {
        other.rank.unwrap_or(0.0).total_cmp(&self.rank.unwrap_or(0.0))
    }
}

/// The places in `fit` as a strategy prefers them. Equals stay in their own order.
///
/// `balanced` adds a model's place in the order of price to its place in the order of rank and takes the smallest sum:
/// that needs no common measure of money and quality. Where the price is the only measure all sums are equal; then the
/// one nearest to the middle of the range comes first.
pub fn ordered(strategy: Strategy, fit: &[usize], merits: &[Merit]) -> Vec<usize> {
    let merit = |at: &usize| merits.get(*at).copied().unwrap_or_default();
    let mut by_price = fit.to_vec();
    by_price.sort_by(|a, b| merit(a).cheaper(&merit(b)).then_with(|| merit(a).better(&merit(b))));
    let mut by_rank = fit.to_vec();
    by_rank.sort_by(|a, b| merit(a).better(&merit(b)).then_with(|| merit(a).cheaper(&merit(b))));
    match strategy {
        Strategy::Cost => by_price,
        Strategy::Performance => by_rank,
        Strategy::Balanced => {
            let places = |order: &[usize]| -> HashMap<usize, usize> {
                order.iter().enumerate().map(|(place, at)| (*at, place)).collect()
            };
            let (price_places, rank_places) = (places(&by_price), places(&by_rank));
            let place = |places: &HashMap<usize, usize>, at: &usize| places.get(at).copied().unwrap_or(usize::MAX / 2);
            let middle = fit.len().saturating_sub(1) / 2;
            let mut balanced = by_price.clone();
            balanced.sort_by_key(|at| {
                let dear = place(&price_places, at);
                (dear + place(&rank_places, at), dear.abs_diff(middle))
            });
            balanced
        }
    }
}

#[cfg(test)]
mod tests {
    use super::{Merit, ordered};
    use crate::core::strategy::Strategy;

    #[test]
    fn strategies_order_by_price_rank_or_both() {
        let merit = |price: u64, rank: f64| Merit { price: Some(price), rank: Some(rank) };
        let nobody_knows = Merit::default();
        // The second is nearly as good as the third at a tenth of its price; nothing is known of the last.
        let merits = [merit(1, 1.0), merit(10, 9.0), merit(100, 10.0), merit(50, 5.0), nobody_knows];
        let all: Vec<usize> = (0..merits.len()).collect();
        for (strategy, order) in [
            (Strategy::Cost, [0, 1, 3, 2, 4]),
            (Strategy::Performance, [2, 1, 3, 0, 4]),
            (Strategy::Balanced, [1, 2, 0, 3, 4]),
        ] {
            assert_eq!(ordered(strategy, &all, &merits), order, "{strategy:?}");
        }
    }

    #[test]
    fn the_middle_balances_where_price_is_the_only_measure() {
        let merits: Vec<Merit> = [(8, 8.0), (1, 1.0), (4, 4.0), (2, 2.0), (16, 16.0)]
            .map(|(price, rank)| Merit { price: Some(price), rank: Some(rank) })
            .to_vec();
        let first = |fit: &[usize]| ordered(Strategy::Balanced, fit, &merits).first().copied();
        assert_eq!(first(&[0, 1, 2, 3, 4]), Some(2));
        assert_eq!(first(&[0, 1]), Some(1));
        assert_eq!(first(&[4]), Some(4));
        assert_eq!(first(&[]), None);
    }
}
