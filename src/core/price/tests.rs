//! Bills computed by hand, and the promise that no call within its bound costs more than the worst case.

use super::{Bound, Price, Rates, Tier};
use crate::core::money::Money;
use crate::core::usage::Usage;
use proptest::collection::vec;
use proptest::prelude::{Strategy, any, prop_assert, proptest};

/// $2 prompt, $0.10 cached, $2.50 written, $10 answer; above 272,000 prompt tokens twice that, and $15.
fn sol() -> Price {
    let rates = |input, cached, write, output| Rates {
        input,
        cached_input: Some(cached),
        cache_write: Some(write),
        output,
        reasoning: None,
    };
    Price {
        rates: rates(2_000_000_000, 100_000_000, 2_500_000_000, 10_000_000_000),
        tiers: vec![Tier { above: 272_000, rates: rates(4_000_000_000, 200_000_000, 5_000_000_000, 15_000_000_000) }],
        per_image: 0,
        per_request: 0,
    }
}

fn usage(input: u64, cached: u64, written: u64, output: u64) -> Usage {
    Usage {
        input_tokens: input,
        cached_input_tokens: cached,
        cache_write_tokens: written,
        output_tokens: output,
        ..Usage::default()
    }
}

#[test]
fn bills_are_those_computed_by_hand() {
    for (name, usage, nanos) in [
        // 1,000 x 2,000 + 500 x 10,000 nano-USD.
        ("plain", usage(1_000, 0, 0, 500), 7_000_000),
        // 400 x 2,000 + 600 x 100 + 500 x 10,000: the 600 are not billed as prompt again.
        ("cached", usage(1_000, 600, 0, 500), 800_000 + 60_000 + 5_000_000),
        // 300 x 2,000 + 600 x 100 + 100 x 2,500.
        ("cached and written", usage(1_000, 600, 100, 0), 600_000 + 60_000 + 250_000),
        // More cached than sent, as a server may claim: 10 x 100.
        ("all cached and more", usage(10, 20, 20, 0), 1_000),
        // 10 - 4 cached = 6 can be written at most: 4 x 100 + 6 x 2,500.
        ("more parts than tokens", usage(10, 4, 99, 0), 400 + 15_000),
        // At the threshold the base rates hold: 272,000 x 2,000 + 1 x 10,000.
        ("at the threshold", usage(272_000, 0, 0, 1), 544_010_000),
        // One token above it the whole call has the others: 272,001 x 4,000 + 1 x 15,000.
        ("above the threshold", usage(272_001, 0, 0, 1), 1_088_004_000 + 15_000),
        // Cached tokens count for the threshold: 1 x 4,000 + 300,000 x 200.
        ("long and cached", usage(300_001, 300_000, 0, 0), 4_000 + 60_000_000),
        // Long and written: 300,000 x 5,000.
        ("long and written", usage(300_000, 0, 300_000, 0), 1_500_000_000),
        ("nothing used", usage(0, 0, 0, 0), 0),
    ] {
        assert_eq!(sol().cost(&usage, 0).nanos(), nanos, "{name}");
    }
}

#[test]
fn pictures_and_calls_are_billed_beside_tokens_if_the_call_was_served() {
    // $0.0025 per picture, $0.005 per call, $1 and $1 per million tokens.
    let price = Price { per_image: 2_500_000, per_request: 5_000_000, ..Price::flat(1_000_000_000, 1_000_000_000) };
    // 100 x 1,000 + 10 x 1,000 + 2 x 2,500,000 + 5,000,000.
    assert_eq!(price.cost(&usage(100, 0, 0, 10), 2).nanos(), 110_000 + 5_000_000 + 5_000_000);
    assert_eq!(price.cost(&usage(0, 0, 0, 0), 2).nanos(), 0);
    let bound = Bound { input_tokens: 100, output_tokens: 10, images: 2 };
    assert_eq!(price.worst(&bound).nanos(), 10_110_000);
}

#[test]
fn fractions_are_rounded_up_and_nothing_overflows() {
    let most = Price { per_image: u64::MAX, per_request: u64::MAX, ..Price::flat(u64::MAX, u64::MAX) };
    for (price, usage, nanos) in [
        (Price::flat(1, 0), usage(1, 0, 0, 0), 1),
        (Price::flat(1, 1), usage(500_000, 0, 0, 500_001), 2),
        (Price::flat(150_000_000, 0), usage(10, 10, 0, 0), 1_500),
        (Price::FREE, usage(u64::MAX, 0, 0, u64::MAX), 0),
        (most, usage(u64::MAX, 0, 0, u64::MAX), u64::MAX),
    ] {
        assert_eq!(price.cost(&usage, u64::MAX).nanos(), nanos, "{price:?}");
    }
}

#[test]
fn the_worst_case_is_that_of_the_dearest_tier_in_reach() {
    let bound = |input_tokens, output_tokens| Bound { input_tokens, output_tokens, images: 0 };
    // 100 x 2,500 (all written) + 10 x 10,000.
    assert_eq!(sol().worst(&bound(100, 10)).nanos(), 350_000);
    // 272,001 x 5,000 + 10 x 15,000.
    assert_eq!(sol().worst(&bound(272_001, 10)).nanos(), 1_360_005_000 + 150_000);
    // A tier that is cheaper does not lower it: 200 tokens at most at the base rate, 1,000 at a tenth of it.
    let falling = Price {
        tiers: vec![Tier { above: 200, rates: Price::flat(1_000_000, 0).rates }],
        ..Price::flat(10_000_000, 0)
    };
    assert_eq!(falling.worst(&bound(1_000, 0)).nanos(), 2_000);
}

#[test]
fn reasoning_has_its_own_rate_where_it_has_one() {
    let rates = Rates { reasoning: Some(9_000_000), ..Price::flat(1_000_000, 2_000_000).rates };
    let price = Price { rates, ..Price::default() };
    let thinking = |reasoning| Usage { reasoning_tokens: reasoning, ..usage(10, 0, 0, 100) };
    // 10 x 1 + 40 x 2 + 60 x 9 nano-USD.
    assert_eq!(price.cost(&thinking(60), 0).nanos(), 10 + 80 + 540);
    // Nobody counted: 10 x 1 + 100 x 9.
    assert_eq!(price.cost(&Usage { estimated: true, ..thinking(0) }, 0).nanos(), 10 + 900);
    // More reasoning than answer, as a server may claim.
    assert_eq!(price.cost(&thinking(500), 0).nanos(), 10 + 900);
    assert_eq!(price.worst(&Bound { input_tokens: 10, output_tokens: 100, images: 0 }).nanos(), 10 + 900);
    assert_eq!(
        price.affordable_output(&Bound { input_tokens: 10, output_tokens: 0, images: 0 }, Money::from_nanos(910)),
        Some(100)
    );
    assert!(!price.bills_as(&Price::flat(1_000_000, 2_000_000)));
}

#[test]
fn prices_bill_alike_whatever_they_leave_out() {
    let told = |cached| Price { rates: Rates { cached_input: cached, ..Price::flat(5, 7).rates }, ..Price::default() };
    assert!(told(None).bills_as(&told(Some(5))));
    assert!(!told(None).bills_as(&told(Some(4))));
    let tier = Tier { above: 9, rates: Price::flat(5, 7).rates };
    assert!(told(None).bills_as(&Price { tiers: vec![tier], ..told(None) }));
    let dearer = Tier { above: 9, rates: Price::flat(6, 7).rates };
    assert!(!told(None).bills_as(&Price { tiers: vec![dearer], ..told(None) }));
}

fn any_rates() -> impl Strategy<Value = Rates> {
    let parts = (any::<u64>(), any::<Option<u64>>(), any::<Option<u64>>(), any::<u64>(), any::<Option<u64>>());
    parts.prop_map(|(input, cached_input, cache_write, output, reasoning)| Rates {
        input,
        cached_input,
        cache_write,
        output,
        reasoning,
    })
}

fn any_price(thresholds: impl Strategy<Value = u64>) -> impl Strategy<Value = Price> {
    let tier = (thresholds, any_rates()).prop_map(|(above, rates)| Tier { above, rates });
    let parts = (any_rates(), vec(tier, 0..4), any::<u32>(), any::<u32>());
    parts.prop_map(|(rates, tiers, image, request)| Price {
        rates,
        tiers,
        per_image: u64::from(image),
        per_request: u64::from(request),
    })
}

proptest! {
    #[test]
    fn nothing_within_the_bound_costs_more_than_the_worst(
        price in any_price(0_u64..2_000), bound in (0_u64..2_500, any::<u64>(), 0_u64..9),
        less in (0_u64..2_500, any::<u64>(), 0_u64..9), parts in any::<(u64, u64)>(),
    ) {
        let (input_tokens, output_tokens, images) = bound;
        let bound = Bound { input_tokens, output_tokens, images };
        let used = usage(
            input_tokens.saturating_sub(less.0),
            parts.0 % 2_500,
            parts.1 % 2_500,
            output_tokens.saturating_sub(less.1),
        );
        prop_assert!(price.cost(&used, images.saturating_sub(less.2)) <= price.worst(&bound));
    }

    #[test]
    fn the_affordable_answer_is_the_longest_that_fits(
        price in any_price(0_u64..2_000), input_tokens in 0_u64..2_500, images in 0_u64..9, left in 0..u64::MAX,
    ) {
        let bound = |output_tokens| Bound { input_tokens, output_tokens, images };
        let left = Money::from_nanos(left);
        match price.affordable_output(&bound(0), left) {
            None => prop_assert!(price.worst(&bound(0)) > left),
            Some(most) => {
                prop_assert!(price.worst(&bound(most)) <= left);
                prop_assert!(most == u64::MAX || price.worst(&bound(most + 1)) > left);
            }
        }
    }

    #[test]
    fn a_price_survives_its_form_as_data(price in any_price(any::<u64>())) {
        let text = serde_json::to_string(&price).expect("data");
        prop_assert!(serde_json::from_str::<Price>(&text).expect("the same data") == price, "{text}");
    }
}
