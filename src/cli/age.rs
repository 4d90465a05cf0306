//! Ages given on the command line: what is older than that is removed.

use crate::core::span::span;

/// An age in milliseconds. It needs a unit: somebody who writes 90 may mean days, and what is removed does not come back.
pub(super) fn age(text: &str) -> Result<u64, String> {
    let has_unit = text.trim_end().ends_with(char::is_alphabetic);
    let millis = span(text).filter(|_| has_unit).and_then(|age| u64::try_from(age.as_millis()).ok());
    millis.ok_or_else(|| format!("`{text}` is no age; write 10m (minutes), 36h, 90d, 12w or 1y"))
}

#[cfg(test)]
mod tests {
    use super::age;

    #[test]
    fn ages_are_spans_with_a_unit() {
        for (text, minutes) in [("30m", 30), ("36h", 2_160), ("1h30m", 90), ("1.5d", 2_160), ("2w", 20_160), ("0s", 0)]
        {
            assert_eq!(age(text), Ok(minutes * 60_000), "{text}");
        }
        for text in ["", "0", "90", "1e3", "d", "-1d", "6mo", "99999999999999999y"] {
            assert!(age(text).is_err_and(|why| why.contains("90d")), "{text}");
        }
    }
}
