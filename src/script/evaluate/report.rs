//! How a failed evaluation is told: the message, the place with a caret, and a hint.

use crate::core::failure::Failure;

/// Names of Rhai's own functions that a misspelled name may have meant.
pub const BUILT_IN: &[&str] = &[
    "print",
    "debug",
    "len",
    "push",
    "pop",
    "shift",
    "insert",
    "remove",
    "contains",
    "index_of",
    "map",
    "filter",
    "reduce",
    "sort",
    "reverse",
    "join",
    "split",
    "trim",
    "replace",
    "sub_string",
    "to_upper",
    "to_lower",
    "keys",
    "values",
    "type_of",
    "to_string",
    "parse_int",
    "parse_float",
    "to_int",
    "to_float",
    "abs",
    "min",
    "max",
    "floor",
    "ceiling",
    "round",
    "starts_with",
    "ends_with",
    "extract",
    "append",
    "some",
    "all",
    "find",
    "range",
    "is_empty",
    "chars",
    "bytes",
    "get",
    "set",
    "clear",
    "truncate",
    "chop",
    "dedup",
    "drain",
    "retain",
    "splice",
    "mixin",
];

/// The failure in full, on several lines.
pub fn render(failure: &Failure) -> String {
    let mut text = format!("error: {}", failure.message);
    if let Some(snippet) = failure.details.get("snippet").and_then(|s| s.as_str()) {
        text.push('\n');
        text.push_str(snippet);
    }
    if let Some(hint) = &failure.hint {
        text.push_str("\nhint: ");
        text.push_str(hint);
    }
    text
}
