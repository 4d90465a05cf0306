//! Amounts of USD in JSON as integers, without losing a digit that the list gives.

use serde_json::Value;

/// Rates of genai-prices are USD per million tokens: nano-USD have nine decimals.
pub(super) const PER_MILLION: usize = 9;
/// Rates of litellm are USD per token: six decimals more.
pub(super) const PER_TOKEN: usize = 15;

/// A non-negative JSON number times ten to the power of `decimals`, rounded to the nearest integer. Numbers such as
/// `2.9999999999999997e-07`, which a list computed in floating point, so become what was meant.
///
/// `None` if it is no number, is negative, or is too large.
pub(super) fn scaled(value: &Value, decimals: usize) -> Option<u64> {
    let number = value.as_f64().filter(|number| number.is_finite() && *number >= 0.0)?;
    // `Display` writes the shortest decimal number that is this float, never with an exponent.
    let text = format!("{number}");
    let (whole, part) = text.split_once('.').unwrap_or((&text, ""));
    let kept: String = part.chars().chain(std::iter::repeat('0')).take(decimals).collect();
    let up = part.as_bytes().get(decimals).is_some_and(|digit| *digit >= b'5');
    format!("{whole}{kept}").parse::<u64>().ok()?.checked_add(u64::from(up))
}

#[cfg(test)]
mod tests {
    use super::{PER_MILLION, PER_TOKEN, scaled};
    use serde_json::json;

    #[test]
    fn numbers_keep_their_digits() {
        for (value, decimals, expect) in [
            (json!(2), PER_MILLION, Some(2_000_000_000)),
            (json!(0.003625), PER_MILLION, Some(3_625_000)),
            (json!(1.25e-06), PER_TOKEN, Some(1_250_000_000)),
            (json!(1.5e-7), PER_TOKEN, Some(150_000_000)),
            (json!(3e-7_f64.next_down()), PER_TOKEN, Some(300_000_000)),
            (json!(0.0), PER_TOKEN, Some(0)),
            (json!(-1), PER_MILLION, None),
            (json!(1e300), PER_MILLION, None),
            (json!("2"), PER_MILLION, None),
            (json!(null), PER_MILLION, None),
        ] {
            assert_eq!(scaled(&value, decimals), expect, "{value}");
        }
    }
}
