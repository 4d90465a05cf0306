//! An answer while it is typed, as the terminal hands it out: where it ends, and whether all of it is there. It reads and
//! writes nothing.

/// The longest answer, in bytes.
const LONGEST: usize = 1 << 20;

/// The longest line that a terminal hands out, in bytes, its end among them: what a longer one has more is gone, unsaid.
pub const LINE: usize = 4096;

/// The marks around what is pasted.
const PASTE_BEGINS: &str = "\u{1b}[200~";
const PASTE_ENDS: &str = "\u{1b}[201~";

/// What has been typed so far.
#[derive(Debug, Default)]
pub struct Answer {
    /// As much of it as an answer may have.
    kept: Vec<u8>,
    bytes: usize,
    /// Whether what comes next is pasted.
    pasting: bool,
    /// Whether the terminal has cut a line.
    cut: bool,
}

impl Answer {
    /// Takes a line, or what of one stood before a Ctrl-D; answers whether it is the last.
    pub fn take(&mut self, piece: &[u8]) -> bool {
        self.bytes += piece.len();
        if self.bytes <= LONGEST {
            self.kept.extend_from_slice(piece);
        }
        self.cut |= piece.len() >= LINE;
        self.pasting = goes_on(&String::from_utf8_lossy(piece), self.pasting);
        !self.pasting && piece.ends_with(b"\n")
    }

    /// Whether something has been typed.
    pub const fn has_begun(&self) -> bool {
        self.bytes > 0
    }

    /// Why it is none, if a part of it is lost: that cannot stand for the whole.
    pub fn fault(&self) -> Option<String> {
        let (why, mend) = if self.bytes > LONGEST {
            (format!("it has more than {LONGEST} bytes"), "put the text into a file and name that")
        } else if self.cut {
            let most = LINE - 1;
            (format!("the terminal cuts its lines at {most} bytes"), "break the line, or put the text into a file")
        } else {
            return None;
        };
        Some(format!("note: the answer is not taken: {why}\nhint: {mend}"))
    }

    /// The answer.
    pub fn text(&self) -> String {
        without_moves(&String::from_utf8_lossy(&self.kept)).trim().to_owned()
    }
}

/// Whether these keys end a line, and paste nothing that may go on.
pub fn is_enter(piece: &[u8]) -> bool {
    piece.ends_with(b"\n") && !String::from_utf8_lossy(piece).contains(PASTE_BEGINS)
}

/// Whether what is pasted goes on behind a line, which holds whole marks. The mark behind it is typed text to the terminal:
/// Backspace takes its end away first.
fn goes_on(line: &str, pasting: bool) -> bool {
    let edited = PASTE_ENDS.trim_end_matches("1~");
    match line.rsplit_once(PASTE_BEGINS) {
        Some((_, pasted)) => !pasted.contains(edited),
        None => pasting && !line.contains(edited),
    }
}

/// What was typed without the sequences of keys that move in a line: here nobody edits it, and they would be a part of it.
fn without_moves(typed: &str) -> String {
    let mut parts = typed.split('\u{1b}');
    let first = parts.next().unwrap_or_default().to_owned();
    parts.fold(first, |all, part| all + behind_sequence(part))
}

/// What follows a sequence whose escape character stood in front of `part`.
fn behind_sequence(part: &str) -> &str {
    if let Some(rest) = part.strip_prefix('[') {
        return rest.find(|c| matches!(c, '@'..='~')).map_or("", |end| &rest[end + 1..]);
    }
    let Some(rest) = part.strip_prefix('O') else { return part };
    let mut key = rest.chars();
    key.next();
    key.as_str()
}

#[cfg(test)]
mod tests {
    use super::{Answer, LINE, LONGEST, without_moves};

    /// An answer of these lines, and whether it ends with the last.
    fn typed(lines: &str) -> (Answer, bool) {
        let mut answer = Answer::default();
        let ended = lines.split_inclusive('\n').fold(false, |_, line| answer.take(line.as_bytes()));
        (answer, ended)
    }

    #[test]
    fn keys_that_move_are_no_part_of_an_answer() {
        for (typed, kept) in [
            ("größe", "größe"),
            ("bl\u{1b}[Du\u{1b}[1;5Ce\u{1b}[3~", "blue"),
            ("\u{1b}OHyes\u{1b}OF", "yes"),
            ("a\u{1b}", "a"),
            ("a\u{1b}[", "a"),
            ("a\u{1b}O", "a"),
        ] {
            assert_eq!(without_moves(typed), kept, "{typed:?}");
        }
    }
    #[test]
    fn a_paste_is_whole_with_the_line_that_it_ends_in() {
        for (lines, expect) in [
            ("", false),
            ("a", false),
            ("a\n", true),
            ("\u{1b}[200~a\nb\n", false),
            ("\u{1b}[200~a\nb\n\u{1b}[201~", false),
            ("\u{1b}[200~a\nb\n\u{1b}[201~c\n", true),
            ("\u{1b}[200~a\n\u{1b}[201~ \u{1b}[200~b\n", false),
            ("\u{1b}[200~a\nb\u{1b}[201\n", true),
            ("\u{1b}[200~a\nb\u{1b}[20\n", true),
            ("\u{1b}[200~a\nb\u{1b}[2\n", false),
        ] {
            assert_eq!(typed(lines).1, expect, "{lines:?}");
        }
    }

    #[test]
    fn no_part_of_an_answer_stands_for_all_of_it() {
        for (lines, fault) in [
            (format!("{}\n", "a".repeat(LINE - 2)), None),
            (format!("{}\n", "a".repeat(LINE - 1)), Some("cuts its lines at 4095 bytes")),
            (format!("{}\nb\n", "a".repeat(LINE - 1)), Some("cuts its lines at 4095 bytes")),
            ("a\n".repeat(LONGEST / 2), None),
            ("a\n".repeat(LONGEST / 2 + 1), Some("it has more than 1048576 bytes")),
        ] {
            let told = typed(&lines).0.fault();
            assert_eq!(told.is_some(), fault.is_some(), "{told:?}");
            assert!(fault.zip(told.as_deref()).is_none_or(|(part, told)| told.contains(part)), "{told:?}");
        }
        assert_eq!(typed(&"ä\n".repeat(9_000)).0.text().chars().count(), 17_999);
    }
}
