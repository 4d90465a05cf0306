//! Collects bytes that arrive piece by piece, keeping only the head and the tail; never holds more than its limit.

use std::collections::VecDeque;

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

    /// What was kept; `recover` says how to see the rest, empty if there is no way.
    pub fn finish(self, recover: &str) -> Clipped {
        let mut head = self.head;
        let tail: Vec<u8> = self.tail.into();
        let kept = u64::try_from(head.len() + tail.len()).unwrap_or(u64::MAX);
        if kept == self.seen {
            head.extend_from_slice(&tail);
            return Clipped { text: lossy(head), truncated: false };
        }
        let head = &head[..whole_end(&head)];
        let tail = &tail[whole_start(&tail)..];
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

fn lossy(bytes: Vec<u8>) -> String {
    String::from_utf8(bytes).unwrap_or_else(|error| String::from_utf8_lossy(error.as_bytes()).into_owned())
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
}
