//! Reading token counts, and not believing everything in them.
//!
//! Numbers that are missing, negative or absurd are treated as if the server had sent none; they are then estimated.

use crate::core::usage::Usage;
use serde_json::Value;

/// More tokens than any model's window and answer have together; a count beyond it is a fault of the server.
const ABSURD: u64 = 1_000_000_000;

/// A count, if there is one that can be true.
pub fn count(counts: &Value, name: &str) -> Option<u64> {
    counts.get(name).and_then(Value::as_u64).filter(|count| *count <= ABSURD)
}

/// The usage with parts that are no larger than their wholes, or `None` if nothing was counted.
pub fn credible(usage: Usage) -> Option<Usage> {
    let cached = usage.cached_input_tokens.min(usage.input_tokens);
    let counted = usage.input_tokens > 0 || usage.output_tokens > 0;
    counted.then_some(Usage {
        cached_input_tokens: cached,
        cache_write_tokens: usage.cache_write_tokens.min(usage.input_tokens - cached),
        reasoning_tokens: usage.reasoning_tokens.min(usage.output_tokens),
        ..usage
    })
}
