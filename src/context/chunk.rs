//! Cutting a view into chunks, preferably where a reader would cut: between documents, paragraphs, lines, sentences, words.

use crate::context::poll::Poll;
use crate::context::view::View;
use crate::core::failure::{Failure, FailureKind, Outcome};
use memchr::memmem;

/// The most pieces that a view is cut into at once.
pub(crate) const PIECES: usize = 1_000_000;
/// The most bytes before the end of a chunk in which a good place to cut is sought.
const LOOKBACK: usize = 1 << 16;
/// How often the memory behind is given back, in bytes.
const STRIDE: usize = 4 << 20;

impl View {
    /// Chunks of at most `size` bytes that together cover the view in order; each after the first begins `overlap` bytes
    /// before the end of the one before it. They are cut within the last fifth of the size, where there is a good place.
    ///
    /// Fails with `Invalid` if the size is 0, the overlap is over half the size, or there would be over a million.
    pub fn chunks(&self, size: usize, overlap: usize, poll: &Poll) -> Outcome<Vec<Self>> {
        let length = self.len();
        validate(size, overlap, length)?;
        let mut chunks = Vec::new();
        let (mut start, mut covered, mut released) = (0, 0, 0);
        while start < length {
            let mut end = self.cut(start, size);
            if end <= covered {
                // The next character is larger than what the overlap leaves of the size.
                start = covered;
                end = self.cut(start, size);
            }
            chunks.push(self.range(start, end));
            covered = end;
            if end >= length {
                break;
            }
            start = self.floor(end.saturating_sub(overlap)).max(self.ceil(start + 1)).min(end);
            if start - released > STRIDE {
                poll.check()?;
                self.release(released, start);
                released = start;
            }
        }
        self.check()?;
        Ok(chunks)
    }

    /// Where a chunk that begins at `start` best ends.
    fn cut(&self, start: usize, size: usize) -> usize {
        let limit = start.saturating_add(size);
        if limit >= self.len() {
            return self.len();
        }
        // At least one character, however small the size is.
        let limit = match self.floor(limit) {
            floor if floor > start => floor,
            _ => self.ceil(start + 1),
        };
        let low = limit - (size / 5).min(LOOKBACK).min(limit - start);
        let window = self.range(low, limit);
        if let Some(border) = window.parts().iter().rev().map(|part| part.at).find(|at| *at > 0) {
            return low + border;
        }
        match (window.parts(), self.part_at(limit)) {
            ([part], Some(behind)) if behind.at < limit => {
                // The byte behind the limit tells whether a word ends exactly there.
                let next = behind.bytes().get(limit - behind.at).copied();
                low + best_cut(part.bytes(), next).unwrap_or(limit - low)
            }
            _ => limit,
        }
    }
}

fn validate(size: usize, overlap: usize, length: usize) -> Outcome<()> {
    let invalid = |message: String, hint: String| Err(Failure::new(FailureKind::Invalid, message).hint(hint));
    if size == 0 {
        return invalid(
            "chunks of 0 bytes cannot be cut".to_owned(),
            "give the size in bytes: chunks(20000)".to_owned(),
        );
    }
    if overlap > size / 2 {
        let message = format!("an overlap of {overlap} bytes is too much for chunks of {size} bytes");
        return invalid(message, format!("the overlap is at most half of the size, here {}", size / 2));
    }
    // Chunks have at least four fifths of their size.
    let count = length / (size - size / 5 - overlap).max(1);
    if count > PIECES {
        let least = length / PIECES * 2 + 1;
        let message = format!("chunks of {size} bytes would be about {count}, and at most {PIECES} are made");
        return invalid(message, format!("use a size of at least {least} bytes"));
    }
    Ok(())
}

/// The end of the last paragraph in `text`, else of the last line, sentence or word; `next` is the byte behind it.
fn best_cut(text: &[u8], next: Option<u8>) -> Option<usize> {
    let last = |needle: &[u8]| memmem::rfind(text, needle).map(|at| at + needle.len());
    let paragraph = last(b"\n\n").max(last(b"\n\r\n"));
    let is_space = |byte: u8| byte.is_ascii_whitespace();
    let space_at = |at: usize| text.get(at).copied().or(next).is_some_and(is_space);
    let sentence = || (1..=text.len()).rev().find(|at| matches!(text[at - 1], b'.' | b'!' | b'?') && space_at(*at));
    let word = || (1..=text.len()).rev().find(|at| is_space(text[at - 1]) || space_at(*at));
    paragraph.or_else(|| last(b"\n")).or_else(sentence).or_else(word)
}

#[cfg(test)]
mod tests {
    use super::best_cut;

    #[test]
    fn cuts_at_the_greatest_end() {
        let check = |text: &str, next: Option<u8>, expect: Option<usize>| {
            assert_eq!(best_cut(text.as_bytes(), next), expect, "{text:?}");
        };
        check("ab\n\ncd\ne. f g", None, Some(4));
        check("ab\r\n\r\ncd\r\ne", None, Some(6));
        check("ab cd\ne. f g", None, Some(6));
        check("ab. cd ef", None, Some(3));
        check("ab cd ef", None, Some(6));
        check("ab cd ef", Some(b' '), Some(8));
        check("ab cd ef.", Some(b' '), Some(9));
        check("abcdef", Some(b'g'), None);
    }
}
