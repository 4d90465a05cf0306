//! The exploration gate: an answer about a long input counts only once the input has been looked at.

/// Why `FINAL` is refused, if it is.
///
/// `looks` is how often the session has read its context; `enabled` is the setting `gate.exploration`.
pub fn refusal(enabled: bool, has_context: bool, looks: u64) -> Option<&'static str> {
    (enabled && has_context && looks == 0).then_some(
        "the context has not been looked at yet: read some of it first, for example \
         `print(context.head(2000))` or `context.search(\"...\", 5)`, then call FINAL again",
    )
}

#[cfg(test)]
mod tests {
    use super::refusal;

    #[test]
    fn only_an_unread_context_shuts_the_gate() {
        for (enabled, has_context, looks, shut) in
            [(true, true, 0, true), (true, true, 1, false), (true, false, 0, false), (false, true, 0, false)]
        {
            assert_eq!(refusal(enabled, has_context, looks).is_some(), shut);
        }
    }
}
