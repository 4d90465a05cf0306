//! `//`, which divides in Python and begins a comment here.

/// What is said where it seems to have been meant as a division.
pub const DIVISION: &str = "`//` begins a comment here; `/` between whole numbers leaves out the rest: `7 / 2` is 3";

/// What follows `//` on a line, if it looks like a divisor: a single number or variable after a value, with nothing but
/// the rest of an expression behind it.
pub fn divides(line: &str, is_variable: impl Fn(&str) -> bool) -> Option<&str> {
    let (before, after) = line.split_once("//")?;
    // Within a text it is neither.
    let in_text = ['"', '`'].iter().any(|quote| before.matches(*quote).count() % 2 == 1);
    let is_part = |c: char| c.is_ascii_alphanumeric() || matches!(c, '_' | '.');
    if in_text || !before.trim_end().ends_with(|c: char| is_part(c) || matches!(c, ')' | ']')) {
        return None;
    }
    let after = after.trim();
    let (divisor, rest) = after.split_at(after.find(|c: char| !is_part(c)).unwrap_or(after.len()));
    let is_value = divisor.parse::<f64>().is_ok_and(f64::is_finite) || is_variable(divisor);
    let rest = rest.trim_start_matches(|c: char| c.is_whitespace() || matches!(c, ')' | ']'));
    let goes_on = rest.is_empty() || rest.starts_with([';', '+', '-', '*', '/', '{']);
    (is_value && goes_on && !has_two_words(rest)).then_some(divisor)
}

/// Whether two words follow each other with nothing between them, as in prose.
fn has_two_words(text: &str) -> bool {
    let is_word = |part: &str| part.chars().all(|c| c.is_alphanumeric() || c == '_');
    let parts: Vec<&str> = text.split_whitespace().collect();
    parts.windows(2).any(|pair| pair.iter().all(|part| is_word(part)))
}
