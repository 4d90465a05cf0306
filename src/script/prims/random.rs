//! `random`: chance, as an effect.

use crate::core::failure::{Failure, FailureKind};
use crate::core::request::Request;
use crate::script::desk::Desk;
use crate::script::errors::raise;
use crate::script::prims::primitive::{Answer, Primitive, ask};
use rhai::{Dynamic, Engine};
use std::sync::Arc;

/// `random`.
pub const RANDOM: Primitive = Primitive {
    name: "random",
    usage: &["random()", "random(low, high)"],
    summary: "Returns a float in 0..1, or an integer from low to high, both included; a resumed run gets that of its first pass again.",
    params: &[("low", "the smallest integer"), ("high", "the largest integer")],
    example: "let n = random(1, 6); print(n >= 1 && n <= 6)",
    prints: "true\n",
    register,
};

fn register(engine: &mut Engine, _: &Arc<Desk>) {
    engine.register_fn("random", || ask(Request::Random));
    engine.register_fn("random", |low: i64, high: i64| -> Answer<Dynamic> {
        if low > high {
            return Err(raise(Failure::new(FailureKind::Invalid, format!("random: {low} is greater than {high}"))));
        }
        let share = ask(Request::Random)?.as_float().unwrap_or(0.0);
        Ok(within(low, high, share).into())
    });
}

/// The integer at this share of the way from `low` to `high`, which are both included.
fn within(low: i64, high: i64, share: f64) -> i64 {
    // A share has 53 bits. Whole numbers keep those of a span that a float does not hold.
    #[allow(
        clippy::cast_possible_truncation,
        clippy::cast_precision_loss,
        clippy::cast_sign_loss,
        reason = "53 bits fit"
    )]
    let bits = (share * (1_u64 << 53) as f64) as u64;
    let step = (u128::from(bits) * (u128::from(high.abs_diff(low)) + 1)) >> 53;
    low.saturating_add_unsigned(u64::try_from(step).unwrap_or(u64::MAX)).min(high)
}

#[cfg(test)]
mod tests {
    use super::within;

    #[test]
    fn shares_are_spread_over_the_whole_range() {
        for (low, high, share, expect) in [
            (1, 6, 0.0, 1),
            (1, 6, 0.5, 4),
            (1, 6, 0.999_999, 6),
            (7, 7, 0.9, 7),
            (i64::MIN, i64::MAX, 0.0, i64::MIN),
            (i64::MIN, i64::MAX, 0.25, i64::MIN / 2),
            (i64::MIN, i64::MAX, 0.5, 0),
            (i64::MIN, i64::MAX, 0.75, i64::MAX / 2 + 1),
            (0, i64::MAX, 0.5, i64::MAX / 2 + 1),
        ] {
            assert_eq!(within(low, high, share), expect, "{low}..={high} at {share}");
        }
    }
}
