//! The words behind a command: blanks part them, and quotes around a word keep its blanks.

/// A word, and where it stands in the argument, quotes included.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Word<'t> {
    /// The word without its quotes.
    pub text: &'t str,
    /// Where it begins.
    pub start: usize,
    /// Behind its last byte.
    pub end: usize,
    /// The quote in front of it.
    pub quote: Option<char>,
}

/// The words of an argument. A quote that is not closed ends with the argument; one inside of a word is a letter of it,
/// as in `it's.txt`.
pub fn words(argument: &str) -> Vec<Word<'_>> {
    let mut words = Vec::new();
    let mut rest = argument.trim_start();
    while let Some(first) = rest.chars().next() {
        let start = argument.len() - rest.len();
        let quote = Some(first).filter(|c| matches!(c, '"' | '\''));
        let inner = &rest[quote.map_or(0, char::len_utf8)..];
        let ends = |c: char| quote.map_or_else(|| c.is_whitespace(), |quote| c == quote);
        let (text, behind) = inner.split_at(inner.find(ends).unwrap_or(inner.len()));
        let behind = quote.and_then(|quote| behind.strip_prefix(quote)).unwrap_or(behind);
        words.push(Word { text, start, end: argument.len() - behind.len(), quote });
        rest = behind.trim_start();
    }
    words
}

#[cfg(test)]
mod tests {
    use super::words;

    #[test]
    fn blanks_part_words_and_quotes_keep_them_together() {
        for (argument, expect) in [
            ("", vec![]),
            (" a  b ", vec![("a", 1, 2), ("b", 4, 5)]),
            ("\"a b\" c", vec![("a b", 0, 5), ("c", 6, 7)]),
            ("'a \"b' c", vec![("a \"b", 0, 6), ("c", 7, 8)]),
            ("c \"a b", vec![("c", 0, 1), ("a b", 2, 6)]),
            ("it's mine", vec![("it's", 0, 4), ("mine", 5, 9)]),
            ("\"ä\"ö", vec![("ä", 0, 4), ("ö", 4, 6)]),
        ] {
            let found: Vec<_> = words(argument).into_iter().map(|word| (word.text, word.start, word.end)).collect();
            assert_eq!(found, expect, "{argument}");
        }
    }
}
