//! Finding the lines that match an expression, and counting matches.

use crate::context::document::Document;
use crate::context::occurrences::BLOCK;
use crate::context::pattern::Pattern;
use crate::context::poll::Poll;
use crate::context::read::decode;
use crate::context::scan::{Next, matches};
use crate::context::view::{Part, View};
use crate::core::failure::Outcome;
use memchr::{memchr, memchr_iter, memrchr};
use serde::{Deserialize, Serialize};

/// The most bytes of a hit's text: longer lines are cut around the match.
const TEXT_BYTES: usize = 4096;

/// A place that was found.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Hit {
    /// The document's name.
    pub doc: String,
    /// The line in the document, from 1.
    pub line: usize,
    /// First byte of the match, in the view.
    pub start: usize,
    /// One past its last byte, in the view.
    pub end: usize,
    /// The line, without its line end; around 4 KB of it if it is longer. For `search`: the passage.
    pub text: String,
    /// How well it fits, higher is better; for `search` only.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub score: Option<f64>,
}

impl View {
    /// The first `max` lines that match `pattern`, each once, at its first match.
    ///
    /// Fails with `Invalid` on a wrong pattern, with `Io` if a file shrank, and with the poll's failure.
    pub fn grep(&self, pattern: &str, max: usize, poll: &Poll) -> Outcome<Vec<Hit>> {
        let pattern = Pattern::new(pattern)?;
        let mut hits = Vec::new();
        for part in self.parts() {
            if hits.len() >= max {
                break;
            }
            let mut cursor = LineCursor::default();
            matches(&part.document, (part.text_start(), part.end), &pattern, poll, &mut |start, end| {
                hits.push(Hit {
                    doc: part.document.name().to_owned(),
                    line: cursor.line_of(&part.document, start, poll)?,
                    start: part.at + start - part.start,
                    end: part.at + end - part.start,
                    text: decode(lines_around(part, start, end)),
                    score: None,
                });
                Ok(if hits.len() < max { Next::Line } else { Next::Stop })
            })?;
            part.document.check()?;
        }
        Ok(hits)
    }

    /// The number of matches of `pattern`, several in a line included.
    pub fn count(&self, pattern: &str, poll: &Poll) -> Outcome<usize> {
        let pattern = Pattern::new(pattern)?;
        let mut count = 0;
        for part in self.parts() {
            matches(&part.document, (part.text_start(), part.end), &pattern, poll, &mut |_, _| {
                count += 1;
                Ok(Next::Match)
            })?;
            part.document.check()?;
        }
        Ok(count)
    }
}

/// Line numbers of ascending offsets: near ones are counted from the last, far ones through the index.
#[derive(Default)]
pub(crate) struct LineCursor {
    offset: usize,
    newlines: usize,
}

impl LineCursor {
    pub(crate) fn line_of(&mut self, document: &Document, offset: usize, poll: &Poll) -> Outcome<usize> {
        self.newlines = if offset >= self.offset && offset - self.offset < BLOCK {
            self.newlines + memchr_iter(b'\n', &document.bytes()[self.offset..offset]).count()
        } else {
            document.newlines().before(document, offset, poll)?
        };
        self.offset = offset;
        Ok(self.newlines + 1)
    }
}

/// The lines that the match touches, or as much around it as a hit may show.
fn lines_around(part: &Part, start: usize, end: usize) -> Vec<u8> {
    let bytes = part.document.bytes();
    // The line behind a line end that the match ends with is the next one.
    let end = end - usize::from(bytes[start..end].ends_with(b"\n"));
    // A longer match is cut where a character ends.
    let most = start + TEXT_BYTES;
    let end = if end <= most { end } else { (start..=most).rev().find(|at| bytes[*at] & 0xC0 != 0x80).unwrap_or(most) };
    let room = (TEXT_BYTES - (end - start)) / 2;
    let first = part.text_start();
    let low = start.saturating_sub(room).max(first);
    let high = part.end.min(end + room);
    let from = match memrchr(b'\n', &bytes[low..start]) {
        Some(offset) => low + offset + 1,
        None => (low..start).find(|at| *at == first || bytes[*at] & 0xC0 != 0x80).unwrap_or(start),
    };
    let upto = match memchr(b'\n', &bytes[end..high]) {
        Some(offset) => end + offset,
        None => {
            (end..high).rev().find(|at| *at + 1 == part.end || bytes[*at + 1] & 0xC0 != 0x80).map_or(end, |at| at + 1)
        }
    };
    let text = &bytes[from..upto];
    text.strip_suffix(b"\r").unwrap_or(text).to_vec()
}
