//! Costs by table, and the promise that no call within its bound costs more than the worst case.

use super::{Bound, Price};
use crate::core::usage::Usage;
use proptest::prelude::{any, prop_assert, proptest};

const MINI: Price = Price { input: 150_000_000, cached_input: Some(75_000_000), output: 600_000_000 };

fn usage(input: u64, cached: u64, output: u64) -> Usage {
    Usage { input_tokens: input, cached_input_tokens: cached, output_tokens: output, ..Usage::default() }
}

#[test]
fn costs_are_exact_and_rounded_up() {
    for (price, usage, nanos) in [
        (MINI, usage(1_000_000, 0, 0), 150_000_000),
        (MINI, usage(0, 0, 1_000_000), 600_000_000),
        (MINI, usage(1_000_000, 400_000, 0), 90_000_000 + 30_000_000),
        (MINI, usage(10, 20, 0), 750),
        (Price { cached_input: None, ..MINI }, usage(10, 10, 0), 1_500),
        (Price { input: 1, cached_input: None, output: 0 }, usage(1, 0, 0), 1),
        (Price { input: 1, cached_input: None, output: 1 }, usage(500_000, 0, 500_001), 2),
        (Price::FREE, usage(u64::MAX, 0, u64::MAX), 0),
        (Price { input: u64::MAX, cached_input: None, output: u64::MAX }, usage(u64::MAX, 0, u64::MAX), u64::MAX),
    ] {
        assert_eq!(price.cost(&usage).nanos(), nanos, "{price:?} {usage:?}");
    }
}

proptest! {
    #[test]
    fn nothing_within_the_bound_costs_more_than_the_worst(
        input in any::<u64>(), cached in any::<Option<u64>>(), output in any::<u64>(),
        tokens_in in any::<u64>(), tokens_cached in any::<u64>(), tokens_out in any::<u64>(),
        less_in in any::<u64>(), less_out in any::<u64>(),
    ) {
        let price = Price { input, cached_input: cached, output };
        let bound = Bound { input_tokens: tokens_in, output_tokens: tokens_out };
        let used = usage(tokens_in.saturating_sub(less_in), tokens_cached, tokens_out.saturating_sub(less_out));
        prop_assert!(price.cost(&used) <= price.worst(&bound));
    }
}
