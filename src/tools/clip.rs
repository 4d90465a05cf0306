//! Collects bytes that arrive piece by piece, keeping only the head and the tail; never holds more than its limit.

use crate::context::read::decode;
use std::collections::VecDeque;

/// More bytes than a note of what was left out has.
pub const NOTE_BYTES: usize = 200;

/// The bytes of U+FFFD, which stands for what is no UTF-8.
const REPLACEMENT_BYTES: usize = 3;

/// A bounded collector. The head gets two thirds of the limit, as in `core::text::head_tail`.
#[derive(Debug)]
pub struct Clip {
    head: Vec<u8>,
    tail: VecDeque<u8>,
    head_limit: usize,
    tail_limit: usize,
    seen: u64,
}

/// What a [`Clip`] kept.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Clipped {
    /// All of it, or head and tail around a note of how much was left out. Invalid UTF-8 became U+FFFD.
    pub text: String,
    /// Whether something was left out.
    pub truncated: bool,
}

impl Clip {
    /// An empty collector for at most `limit` bytes.
    pub const fn new(limit: usize) -> Self {
        let head_limit = limit / 3 * 2 + limit % 3;
        Self { head: Vec::new(), tail: VecDeque::new(), head_limit, tail_limit: limit - head_limit, seen: 0 }
    }

    /// Adds bytes.
    pub fn push(&mut self, bytes: &[u8]) {
        self.seen = self.seen.saturating_add(u64::try_from(bytes.len()).unwrap_or(u64::MAX));
        let (head, rest) = bytes.split_at(bytes.len().min(self.head_limit - self.head.len()));
        self.head.extend_from_slice(head);
        let rest = &rest[rest.len().saturating_sub(self.tail_limit)..];
        let surplus = (self.tail.len() + rest.len()).saturating_sub(self.tail_limit);
        self.tail.drain(..surplus);
        self.tail.extend(rest);
    }

    /// The bytes pushed so far, kept or not.
    pub const fn seen(&self) -> u64 {
        self.seen
    }

    /// What was kept; `recover` says how to see the rest, empty if there is no way. The text keeps to the limit too, but
    /// for the note: what is no UTF-8 grows when it is decoded.
    pub fn finish(self, recover: &str) -> Clipped {
        let head = self.head;
        let tail: Vec<u8> = self.tail.into();
        let kept = u64::try_from(head.len() + tail.len()).unwrap_or(u64::MAX);
        if kept == self.seen {
            let text = decode([head.as_slice(), tail.as_slice()].concat());
            if text.len() <= self.head_limit + self.tail_limit {
                return Clipped { text, truncated: false };
            }
        }
        let head = fitting_head(&head[..whole_end(&head)], self.head_limit);
        let tail = fitting_tail(&tail[whole_start(&tail)..], self.tail_limit);
        let left_out = self.seen - u64::try_from(head.len() + tail.len()).unwrap_or(0);
        let how = if recover.is_empty() { String::new() } else { format!("; {recover} has all of it") };
        let text = format!(
            "{}\n... [{left_out} of {} bytes left out{how}] ...\n{}",
            String::from_utf8_lossy(head),
            self.seen,
            String::from_utf8_lossy(tail)
        );
        Clipped { text, truncated: true }
    }
}

/// The lengths of the characters of `bytes`, as they stand and as text.
fn lengths(bytes: &[u8]) -> impl Iterator<Item = (usize, usize)> {
    bytes.utf8_chunks().flat_map(|chunk| {
        let invalid = chunk.invalid().len();
        let replaced = (invalid > 0).then_some((invalid, REPLACEMENT_BYTES));
        chunk.valid().chars().map(|c| (c.len_utf8(), c.len_utf8())).chain(replaced)
    })
}

/// The head of `bytes` whose text has at most `limit` bytes.
fn fitting_head(bytes: &[u8], limit: usize) -> &[u8] {
    let (mut end, mut room) = (0, limit);
    for (raw, text) in lengths(bytes) {
        if text > room {
            break;
        }
        room -= text;
        end += raw;
    }
    &bytes[..end]
}

/// The tail of `bytes` whose text has at most `limit` bytes.
fn fitting_tail(bytes: &[u8], limit: usize) -> &[u8] {
    let whole: usize = lengths(bytes).map(|(_, text)| text).sum();
    let (mut start, mut surplus) = (0, whole.saturating_sub(limit));
    for (raw, text) in lengths(bytes) {
        if surplus == 0 {
            break;
        }
        surplus = surplus.saturating_sub(text);
        start += raw;
    }
    &bytes[start..]
}

/// The length of `bytes` without a character that the cut at their end has split.
fn whole_end(bytes: &[u8]) -> usize {
    // A split character leaves at most three bytes, the first of which is 0xC0 or above.
    let start = bytes.iter().rev().take(3).position(|&byte| byte >= 0xC0).map(|back| bytes.len() - 1 - back);
    match start {
        Some(start) if is_split(&bytes[start..]) => start,
        _ => bytes.len(),
    }
}

fn is_split(bytes: &[u8]) -> bool {
    std::str::from_utf8(bytes).is_err_and(|error| error.error_len().is_none())
}

/// The index of the first byte that is not the rest of a character split by the cut before `bytes`.
fn whole_start(bytes: &[u8]) -> usize {
    bytes.iter().take(3).take_while(|&&byte| byte & 0xC0 == 0x80).count()
}

#[cfg(test)]
mod tests {
    use super::Clip;

    fn clipped(limit: usize, pieces: &[&[u8]]) -> (String, bool) {
        let mut clip = Clip::new(limit);
        for piece in pieces {
            clip.push(piece);
        }
        let clipped = clip.finish("");
        (clipped.text, clipped.truncated)
    }

    #[test]
    fn short_output_is_whole() {
        for (limit, pieces, expect) in [
            (9, vec![&b"abc"[..], b"def", b"ghi"], "abcdefghi"),
            (9, vec![], ""),
            (10, vec![&b"a\xFFb"[..]], "a\u{FFFD}b"),
            (0, vec![&b""[..]], ""),
        ] {
            assert_eq!(clipped(limit, &pieces), (expect.to_owned(), false));
        }
    }

    #[test]
    fn long_output_keeps_both_ends_on_character_boundaries() {
        assert_eq!(
            clipped(9, &[b"abcdefgh", b"ijklmn", b"opq"]),
            ("abcdef\n... [8 of 17 bytes left out] ...\nopq".to_owned(), true)
        );
        let text = "é".repeat(50);
        let (text, _) = clipped(9, &[text.as_bytes()]);
        assert_eq!(text, "ééé\n... [92 of 100 bytes left out] ...\né");
        let (text, _) = clipped(10, &["x€€€€€€".as_bytes()]);
        assert_eq!(text, "x€€\n... [9 of 19 bytes left out] ...\n€");
        assert_eq!(clipped(0, &[b"ab"]).0, "\n... [2 of 2 bytes left out] ...\n");
    }

    #[test]
    fn what_is_no_text_is_counted_as_it_is_shown() {
        for (limit, bytes, expect) in [
            (9, &b"\xFF\xFF\xFF"[..], ("\u{FFFD}\u{FFFD}\u{FFFD}", false)),
            (9, &b"\xFF\xFF\xFF\xFF"[..], ("\u{FFFD}\u{FFFD}\n... [2 of 4 bytes left out] ...\n", true)),
            (
                9,
                &b"\xFF\xFF\xFF\xFF\xFF\xFFab\xFF"[..],
                ("\u{FFFD}\u{FFFD}\n... [6 of 9 bytes left out] ...\n\u{FFFD}", true),
            ),
            (12, &b"ab\xFFcdefghijklmnop"[..], ("ab\u{FFFD}cde\n... [7 of 17 bytes left out] ...\nmnop", true)),
        ] {
            assert_eq!(clipped(limit, &[bytes]), (expect.0.to_owned(), expect.1), "{bytes:?}");
        }
    }
}
