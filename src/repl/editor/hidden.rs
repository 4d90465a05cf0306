//! Characters that a terminal obeys instead of showing them, in what is typed or pasted: a line that has some would not be what
//! it looks like. They are not sent to the terminal, and the line is not run with them.

use rustyline::GraphemeClusterMode;
use std::borrow::Cow;

/// The most characters that are told one by one.
const TOLD: usize = 4;

/// A line that is not run.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Refusal {
    /// Which characters it has, and where.
    pub told: String,
    /// The line without them.
    pub rest: String,
}

/// Control characters but line ends and tabs, and those that reverse the order of reading for more than themselves.
fn is_obeyed(c: char) -> bool {
    let reorders = matches!(c, '\u{202a}'..='\u{202e}' | '\u{2066}'..='\u{2069}');
    reorders || (c.is_control() && !matches!(c, '\n' | '\t'))
}

/// Why a line is not run, if it is not.
pub fn refuse(line: &str) -> Option<Refusal> {
    if !line.contains(is_obeyed) {
        return None;
    }
    let rows = (1..).zip(line.split('\n'));
    let found = rows.flat_map(|(row, text)| (1..).zip(text.chars()).map(move |(column, c)| (row, column, c)));
    let found: Vec<(usize, usize, char)> = found.filter(|(.., c)| is_obeyed(*c)).collect();
    let code = |(row, column, c): &(usize, usize, char)| format!("U+{:04X} at {row}:{column}", u32::from(*c));
    let mut codes = found.iter().take(TOLD).map(code).collect::<Vec<_>>().join(", ");
    if found.len() > TOLD {
        codes.push_str(&format!(" and {} more", found.len() - TOLD));
    }
    let told = format!(
        "note: not run: the terminal would obey {codes} instead of showing it\n\
         hint: the line stands at the prompt without that; \\u{:04x} in a text in double quotes means it",
        found.first().map_or(0, |(.., c)| u32::from(*c))
    );
    Some(Refusal { told, rest: line.chars().filter(|c| !is_obeyed(*c)).collect() })
}

/// The line as it may be shown, as wide as the editor takes it to be.
pub fn harmless(line: &str) -> Cow<'_, str> {
    if !line.contains(is_obeyed) {
        return Cow::Borrowed(line);
    }
    let mode = GraphemeClusterMode::from_env();
    let mut shown = String::with_capacity(line.len());
    for c in line.chars() {
        if !is_obeyed(c) {
            shown.push(c);
        } else if mode.width(c.encode_utf8(&mut [0; 4])) > 0 {
            shown.push(char::REPLACEMENT_CHARACTER);
        }
    }
    Cow::Owned(shown)
}

#[cfg(test)]
mod tests {
    use super::{harmless, refuse};

    #[test]
    fn what_a_terminal_obeys_is_told_with_its_place() {
        for line in ["", "1 + 1", "\"größe\t日本\u{200d}\u{200f}\"\n2"] {
            assert_eq!(refuse(line), None, "{line}");
            assert_eq!(harmless(line), line);
        }
        let refusal = refuse("a\u{7}\nbé\u{9b}31m\u{202e}").unwrap();
        assert_eq!(refusal.rest, "a\nbé31m");
        for part in ["U+0007 at 1:2, U+009B at 2:3, U+202E at 2:7 instead", "\\u0007 in a text"] {
            assert!(refusal.told.contains(part), "{}", refusal.told);
        }
        assert!(refuse(&"\u{1b}".repeat(9)).unwrap().told.contains("U+001B at 1:4 and 5 more"));
        assert!(!harmless("a\u{7}\u{9b}\u{202e}").contains(['\u{7}', '\u{9b}', '\u{202e}']));
    }
}
