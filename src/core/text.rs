//! Text for people and models: cut on character boundaries, keeping head and tail; without tricks and without secrets.

use std::borrow::Cow;
use std::fmt::Display;

/// The longest word that is taken for a slip of the hand, in bytes.
const LONGEST: usize = 64;
/// The most names that a word is compared with.
const COMPARED: usize = 10_000;

/// How the question begins whether a name was meant, up to the name.
const ASKED: &str = "did you mean `";

/// `text` if it has at most `limit` bytes, else its head and tail around a note of how much was left out.
///
/// The head gets two thirds. `recover` says how to see the rest, for example `out(3)`.
pub fn head_tail(text: &str, limit: usize, recover: &str) -> String {
    if text.len() <= limit {
        return text.to_owned();
    }
    let head = text.floor_char_boundary(limit * 2 / 3);
    let tail = text.ceil_char_boundary(text.len() - (limit - limit * 2 / 3));
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

/// A whole number with commas between its thousands.
pub fn thousands(number: impl Display) -> String {
    let digits = number.to_string();
    let mut shown = String::new();
    for (at, digit) in digits.chars().enumerate() {
        if at > 0 && (digits.len() - at).is_multiple_of(3) {
            shown.push(',');
        }
        shown.push(digit);
    }
    shown
}

/// So many of these, for a noun whose plural ends in an `s`.
pub fn counted(number: impl Display, noun: &str) -> String {
    let number = number.to_string();
    if number == "1" { format!("1 {noun}") } else { format!("{number} {noun}s") }
}

/// A word of a shell: in quotes unless it means nothing else to one as it is.
pub fn quoted(text: &str) -> String {
    let plain = !text.is_empty() && text.chars().all(|c| c.is_ascii_alphanumeric() || "_-./:,@%+".contains(c));
    if plain { text.to_owned() } else { format!("'{}'", text.replace('\'', "'\\''")) }
}

/// Whether a terminal obeys a character instead of showing it, or shows nothing of it: control characters but line ends
/// and tabs, those that reverse the order of reading, and letters without a form. The two joiners are none of them, for
/// scripts and emoji are written with them.
pub fn is_hidden(c: char) -> bool {
    let reorders = matches!(c, '\u{61c}' | '\u{200e}' | '\u{200f}' | '\u{2028}'..='\u{202e}' | '\u{2066}'..='\u{2069}');
    let formless = matches!(
        c,
        '\u{ad}'
            | '\u{115f}'
            | '\u{1160}'
            | '\u{180e}'
            | '\u{200b}'
            | '\u{2060}'..='\u{2065}'
            | '\u{206a}'..='\u{206f}'
            | '\u{3164}'
            | '\u{feff}'
            | '\u{ffa0}'
            | '\u{fff9}'..='\u{fffb}'
            | '\u{e0000}'..='\u{e007f}'
    );
    reorders || formless || (c.is_control() && !matches!(c, '\n' | '\t'))
}

/// `text` with such characters shown by their codes, so that it cannot move the cursor or colour the screen. A carriage
/// return in front of a line end is left out.
pub fn visible(text: &str) -> Cow<'_, str> {
    if !text.contains(is_hidden) {
        return Cow::Borrowed(text);
    }
    let mut shown = String::with_capacity(text.len() + 16);
    let mut rest = text.chars().peekable();
    while let Some(c) = rest.next() {
        match c {
            '\r' if rest.peek() == Some(&'\n') => {}
            c if is_hidden(c) => shown.extend(c.escape_default()),
            c => shown.push(c),
        }
    }
    Cow::Owned(shown)
}

/// An address without what may be secret in it: the user's name and password, and what stands after `?`.
pub fn without_secrets(address: &str) -> String {
    let (address, query) = address.split_once('?').map_or((address, ""), |(address, _)| (address, "?..."));
    let (scheme, rest) = address.split_once("://").map_or(("", address), |(scheme, rest)| (scheme, rest));
    let host_ends = rest.find('/').unwrap_or(rest.len());
    let (authority, path) = rest.split_at(host_ends);
    let kept = authority.rsplit_once('@').map_or_else(|| authority.to_owned(), |(_, host)| format!("...@{host}"));
    let colon = if scheme.is_empty() { "" } else { "://" };
    format!("{scheme}{colon}{kept}{path}{query}")
}

/// A part of an address without its percent codes.
pub fn decoded(part: &str) -> String {
    let (mut bytes, mut rest) = (Vec::with_capacity(part.len()), part.as_bytes());
    while let Some((first, after)) = rest.split_first() {
        let code = after.get(..2).and_then(|two| std::str::from_utf8(two).ok());
        let byte = code.filter(|_| *first == b'%').and_then(|code| u8::from_str_radix(code, 16).ok());
        bytes.push(byte.unwrap_or(*first));
        rest = if byte.is_some() { &after[2..] } else { after };
    }
    String::from_utf8_lossy(&bytes).into_owned()
}

/// The candidate nearest to `word`, if it is near enough to be a slip of the hand. Words that nobody writes at once
/// have none: comparing two takes time and memory by the product of their lengths.
pub fn nearest<'a>(word: &str, candidates: impl IntoIterator<Item = &'a str>) -> Option<&'a str> {
    within(4, word, candidates)
}

/// The same among names that nobody chose to be unlike each other, as those of files: with one slip more in six letters
/// instead of four.
pub fn nearest_file<'a>(word: &str, candidates: impl IntoIterator<Item = &'a str>) -> Option<&'a str> {
    within(6, word, candidates)
}

/// The same for a name that nobody knows and that may be right all the same: with a single slip.
pub fn nearest_by_a_letter<'a>(word: &str, candidates: impl IntoIterator<Item = &'a str>) -> Option<&'a str> {
    within(usize::MAX, word, candidates)
}

/// The question for the candidate nearest to `word`, if there is one.
pub fn meant<'a>(word: &str, candidates: impl IntoIterator<Item = &'a str>) -> Option<String> {
    nearest(word, candidates).map(did_you_mean)
}

/// The question whether a name was meant.
pub fn did_you_mean(name: impl Display) -> String {
    format!("{ASKED}{name}`?")
}

/// The name that a hint asks for, if it is such a question.
pub fn guess(hint: &str) -> Option<&str> {
    hint.strip_prefix(ASKED)?.strip_suffix("`?")
}

/// With one slip, and one more in so many letters. To a name of one or two letters any other is as near: there one letter
/// may be missing, and none be another.
fn within<'a>(letters_per_slip: usize, word: &str, candidates: impl IntoIterator<Item = &'a str>) -> Option<&'a str> {
    if word.len() > LONGEST {
        return None;
    }
    let typed = word.to_lowercase();
    let letters = typed.chars().count();
    let distance = |candidate: &str| {
        let (known, shorter) = (candidate.to_lowercase(), candidate.len().min(word.len()));
        let length = known.chars().count();
        let most = if letters < 3 { length.saturating_sub(letters).min(1) } else { 1 + shorter / letters_per_slip };
        // Every letter that one has more than the other is a slip of its own.
        let comparable = length.abs_diff(letters) <= most;
        let distance = comparable.then(|| strsim::damerau_levenshtein(&typed, &known))?;
        (distance < shorter && distance <= most).then_some(distance)
    };
    let near = candidates.into_iter().take(COMPARED).filter_map(|candidate| Some((distance(candidate)?, candidate)));
    near.min_by_key(|(distance, _)| *distance).map(|(_, candidate)| candidate)
}

#[cfg(test)]
mod tests {
    use super::{counted, guess, head_tail, meant, nearest, one_line, quoted, thousands, visible, without_secrets};

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
    fn thousands_are_set_apart() {
        for (number, expect) in [(0, "0"), (999, "999"), (1_000, "1,000"), (1_234_567, "1,234,567")] {
            assert_eq!(thousands(number), expect);
        }
    }

    #[test]
    fn one_is_no_plural() {
        for (number, expect) in [(0, "0 calls"), (1, "1 call"), (2, "2 calls"), (11, "11 calls")] {
            assert_eq!(counted(number, "call"), expect);
        }
    }

    #[test]
    fn a_shell_reads_a_word_as_it_is() {
        for (text, word) in [
            ("root/step:e", "root/step:e"),
            ("par[0]", "'par[0]'"),
            ("$(touch a)", "'$(touch a)'"),
            ("it's", "'it'\\''s'"),
            ("", "''"),
        ] {
            assert_eq!(quoted(text), word);
        }
    }

    #[test]
    fn nothing_shown_moves_the_cursor() {
        for (text, shown) in [
            ("a\u{1b}[2J\tb\nc\r", "a\\u{1b}[2J\tb\nc\\r"),
            ("one\r\ntwo", "one\ntwo"),
            ("\u{9b}2J\u{7f}\0", "\\u{9b}2J\\u{7f}\\u{0}"),
            ("rm \u{202e}txt", "rm \\u{202e}txt"),
            ("日本 é 👨\u{200d}👩", "日本 é 👨\u{200d}👩"),
        ] {
            assert_eq!(visible(text), shown);
        }
        let formless =
            "\u{ad}\u{61c}\u{115f}\u{180e}\u{200b}\u{200e}\u{200f}\u{3164}\u{fff9}\u{fffb}\u{e0000}\u{e007f}";
        assert_eq!(visible(formless), formless.escape_unicode().to_string());
    }

    #[test]
    fn addresses_lose_their_secrets() {
        for (address, shown) in [
            ("https://a.b:8/v1", "https://a.b:8/v1"),
            ("https://me:pw@a.b/v1", "https://...@a.b/v1"),
            ("http://a/v1?key=abc", "http://a/v1?..."),
            ("me:pw@host", "...@host"),
        ] {
            assert_eq!(without_secrets(address), shown);
        }
    }

    #[test]
    fn nearest_takes_slips_only() {
        assert_eq!(nearest("raed_file", ["read_file", "write_file"]), Some("read_file"));
        assert_eq!(nearest("zzz", ["read_file", "write_file"]), None);
        assert_eq!(nearest("Größe", ["große", "gross"]), Some("große"));
        assert_eq!(nearest("a", ["b", "ab"]), None);
        assert_eq!(nearest("tz", ["to", "z"]), None);
        assert_eq!(nearest("st", ["at", "set"]), Some("set"));
        assert_eq!(nearest("TZ", ["to", "tz"]), Some("tz"));
    }

    #[test]
    fn a_question_tells_the_name_that_it_asks_for() {
        let question = meant("raed_file", ["read_file", "write_file"]).expect("a slip");
        assert_eq!(question, "did you mean `read_file`?");
        assert_eq!(guess(&question), Some("read_file"));
        assert_eq!(guess("declare it first"), None);
        assert_eq!(meant("zzz", ["read_file"]), None);
    }

    #[test]
    fn long_words_are_compared_with_nothing() {
        let long = "x".repeat(10_000_000);
        assert_eq!(nearest(&long, ["xx", &long]), None);
        assert_eq!(nearest("yyyy", ["yyy", &long]), Some("yyy"));
        let (typed, known) = ("x".repeat(64), "x".repeat(63));
        assert_eq!(nearest(&typed, [known.as_str()]), Some(known.as_str()));
    }
}
