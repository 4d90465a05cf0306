//! Cutting text for people and models: on character boundaries, keeping head and tail.

/// The largest index at most `index` that is a character boundary of `text`.
pub fn floor_boundary(text: &str, index: usize) -> usize {
    let mut at = index.min(text.len());
    while !text.is_char_boundary(at) {
        at -= 1;
    }
    at
}

/// `text` if it has at most `limit` bytes, else its head and tail around a note of how much was left out.
///
/// The head gets two thirds. `recover` says how to see the rest, for example `out(3)`.
pub fn head_tail(text: &str, limit: usize, recover: &str) -> String {
    if text.len() <= limit {
        return text.to_owned();
    }
    let head = floor_boundary(text, limit * 2 / 3);
    let mut tail = text.len() - (limit - limit * 2 / 3);
    while !text.is_char_boundary(tail) {
        tail += 1;
    }
    let cut = tail - head;
    let how = if recover.is_empty() { String::new() } else { format!("; {recover} has all of it") };
    format!("{}\n... [{cut} of {} bytes left out{how}] ...\n{}", &text[..head], text.len(), &text[tail..])
}

/// The first line of `text`, cut to `limit` characters with an ellipsis.
pub fn one_line(text: &str, limit: usize) -> String {
    let line = text.trim().lines().next().unwrap_or_default();
    let more = text.trim().lines().nth(1).is_some();
    let mut cut: String = line.chars().take(limit).collect();
    if more || line.chars().count() > limit {
        cut.push('…');
    }
    cut
}

/// The candidate nearest to `word`, if it is near enough to be a slip of the hand.
pub fn nearest<'a>(word: &str, candidates: impl IntoIterator<Item = &'a str>) -> Option<&'a str> {
    candidates
        .into_iter()
        .map(|c| (strsim::damerau_levenshtein(&word.to_lowercase(), &c.to_lowercase()), c))
        .filter(|(distance, c)| *distance < c.len().min(word.len()) && *distance <= 1 + c.len().min(word.len()) / 4)
        .min_by_key(|(distance, _)| *distance)
        .map(|(_, c)| c)
}

#[cfg(test)]
mod tests {
    use super::{head_tail, nearest, one_line};

    #[test]
    fn cuts_keep_both_ends_whole() {
        let text = "é".repeat(100);
        let cut = head_tail(&text, 31, "out(1)");
        assert!(cut.starts_with("éééééééééé\n... ["), "{cut}");
        assert!(cut.ends_with("] ...\néééé") || cut.ends_with("] ...\nééééé"), "{cut}");
        assert!(cut.contains("out(1) has all of it"));
        assert_eq!(head_tail("short", 31, ""), "short");
    }

    #[test]
    fn one_line_says_when_it_cut() {
        assert_eq!(one_line("a\nb", 10), "a…");
        assert_eq!(one_line("abcdef", 3), "abc…");
        assert_eq!(one_line(" abc ", 3), "abc");
    }

    #[test]
    fn nearest_takes_slips_only() {
        assert_eq!(nearest("raed_file", ["read_file", "write_file"]), Some("read_file"));
        assert_eq!(nearest("zzz", ["read_file", "write_file"]), None);
    }
}
