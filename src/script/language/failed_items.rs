//! Failed items of batches, which stand as maps in their slots. As a part of a text one would look like an answer, so
//! that is refused; what `catch` received has no slot and may be told as it is.

use crate::core::failure::{Failure, FailureKind};
use crate::core::text::one_line;
use rhai::Map;

/// Why a map must not become a part of a text, if it is a failed item.
pub fn refusal(map: &Map) -> Option<Failure> {
    let failed = map.get("error").is_some_and(|flag| flag.as_bool().unwrap_or(false)) && map.contains_key("kind");
    let item = map.get("item").filter(|_| failed)?.as_int().ok()?;
    let text = |name: &str| {
        let value = map.get(name).and_then(|value| value.as_immutable_string_ref().ok().map(|text| text.to_string()));
        one_line(&value.unwrap_or_default(), 200)
    };
    let what = format!("item {item} of a batch failed and is no text ({}: {})", text("kind"), text("message"));
    Some(Failure::new(FailureKind::Invalid, what).hint(
        "leave failed items out first: `answers.filter(|a| !retry::is_failure(a))`; such a map has `r.error`, and \
         `r.message` says why it failed",
    ))
}
