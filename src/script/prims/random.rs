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
    summary: "Returns a float in 0..1, or an integer from low to high, both included.",
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
        // The product stays below the count of integers, so the sum stays within low..=high.
        #[allow(clippy::cast_possible_truncation, clippy::cast_precision_loss, reason = "bounded by the range")]
        let step = (share * (high.abs_diff(low) as f64 + 1.0)) as i64;
        Ok(low.saturating_add(step).min(high).into())
    });
}
