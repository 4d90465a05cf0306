//! A text of several documents, each under a heading `=== NAME (2 lines) ===`, taken apart into their text and places.
//!
//! The headings say how many lines are theirs, so a document that holds such a line itself misleads nobody.

/// A piece of a document in a text that has several.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Part {
    /// The document's name.
    pub name: String,
    /// The line of the document in which the piece begins, from 1.
    pub line: usize,
    /// Where the piece begins in the text without headings, in bytes.
    pub at: usize,
}

/// The text without its headings, and what stood under them; the text as it is if anything in it has no heading.
pub fn apart(text: &str) -> (String, Vec<Part>) {
    let (mut plain, mut parts) = (String::new(), Vec::new());
    let mut lines = text.lines().peekable();
    loop {
        while lines.next_if(|line| line.trim().is_empty()).is_some() {}
        let Some(line) = lines.next() else { return (plain, parts) };
        let Some((name, first, count)) = heading(line) else { return (text.to_owned(), Vec::new()) };
        parts.push(Part { name: name.to_owned(), line: first, at: plain.len() });
        for line in lines.by_ref().take(count) {
            plain.push_str(line);
            plain.push('\n');
        }
        // No sentence goes on in the next document.
        plain.push('\n');
    }
}

/// The name, the first line and the number of lines of a heading `=== NAME, from line 7 (2 lines) ===`.
fn heading(line: &str) -> Option<(&str, usize, usize)> {
    let title = line.trim_end().strip_prefix("=== ")?.strip_suffix(" ===")?;
    let (name, count) = title.rsplit_once(" (")?;
    let count = count.strip_suffix(" lines)").or_else(|| count.strip_suffix(" line)"))?.parse().ok()?;
    let from = name.rsplit_once(", from line ").and_then(|(name, first)| Some((name, first.parse().ok()?)));
    let (name, first) = from.unwrap_or((name, 1));
    Some((name, first, count))
}

#[cfg(test)]
mod tests {
    use super::apart;

    fn check(text: &str, plain: &str, expect: &[(&str, usize, usize)]) {
        let (found, parts) = apart(text);
        let parts: Vec<_> = parts.iter().map(|part| (part.name.as_str(), part.line, part.at)).collect();
        assert_eq!((found.as_str(), parts.as_slice()), (plain, expect), "{text:?}");
    }

    #[test]
    fn headings_say_what_is_theirs() {
        check("", "", &[]);
        check("One.\n", "One.\n", &[]);
        let two = "\n=== a.txt (1 line) ===\nOne.\n\n=== b (old).txt, from line 7 (2 lines) ===\nTwo.\nThree.\n";
        check(two, "One.\n\nTwo.\nThree.\n\n", &[("a.txt", 1, 0), ("b (old).txt", 7, 6)]);
        check("=== a (2 lines) ===\n\n=== b (1 line) ===\n", "\n=== b (1 line) ===\n\n", &[("a", 1, 0)]);
        check("=== a (0 lines) ===\nOne.", "=== a (0 lines) ===\nOne.", &[]);
        check("=== a ===\nOne.", "=== a ===\nOne.", &[]);
    }
}
