//! Where a hole `{{ .. }}` of a text ends.

/// The inside of a text that is exactly one hole.
pub(super) fn whole_hole(text: &str) -> Option<&str> {
    let inner = text.strip_prefix("{{")?;
    let end = closing(inner)?;
    (end + 2 == inner.len()).then(|| inner.get(..end)).flatten()
}

/// Where `}}` closes a hole: outside of strings, and of braces that the expression opened itself.
pub(super) fn closing(inner: &str) -> Option<usize> {
    let mut depth = 0_usize;
    let mut quote: Option<char> = None;
    let mut escaped = false;
    let mut characters = inner.char_indices();
    while let Some((at, c)) = characters.next() {
        let rest = inner.get(at..).unwrap_or_default();
        match (quote, c) {
            (Some(_), _) if escaped => escaped = false,
            (Some('"'), '\\') => escaped = true,
            (Some(open), c) if open == c => quote = None,
            (Some(_), _) => {}
            (None, '"' | '`') => quote = Some(c),
            (None, '\'') => {
                if let Some(last) = behind_character(rest) {
                    characters.nth(last);
                }
            }
            (None, '{') => depth += 1,
            (None, '}') if depth > 0 => depth -= 1,
            (None, '}') if rest.starts_with("}}") => return Some(at),
            _ => {}
        }
    }
    None
}

/// Where behind the quote that a text begins with the other one stands, if a single character stands between them, which
/// may be a brace or another quote.
fn behind_character(text: &str) -> Option<usize> {
    let mut inner = text.chars().skip(1);
    let last = if inner.next()? == '\\' { 2 } else { 1 };
    (inner.nth(last - 1) == Some('\'')).then_some(last)
}
