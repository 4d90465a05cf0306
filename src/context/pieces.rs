//! Paragraphs, words, and the texts between two markers.

use crate::context::chunk::PIECES;
use crate::context::poll::Poll;
use crate::context::view::{Part, View};
use crate::core::failure::{Failure, FailureKind, Outcome};
use memchr::{memchr, memmem};
use std::sync::Arc;

/// Bytes looked at between two polls.
const STEP: usize = 1 << 20;

impl View {
    /// The paragraphs: runs of lines that are not blank, without the line end of the last.
    ///
    /// Fails with `Invalid` if there are more than a million.
    pub fn paragraphs(&self, poll: &Poll) -> Outcome<Vec<Self>> {
        let mut found = Vec::new();
        for part in self.parts() {
            let mut open: Option<(usize, usize)> = None;
            each_line(part, poll, &mut |start, end| {
                let blank = part.document.bytes()[start..end].iter().all(u8::is_ascii_whitespace);
                open = match (open, blank) {
                    (None, false) => Some((start, end)),
                    (Some((first, _)), false) => Some((first, end)),
                    (ended, true) => {
                        keep(&mut found, part, ended, "paragraphs")?;
                        None
                    }
                };
                Ok(())
            })?;
            keep(&mut found, part, open, "paragraphs")?;
        }
        self.check()?;
        Ok(found)
    }

    /// The number of words: runs of bytes that are not white space, as `wc -w` counts them.
    pub fn word_count(&self, poll: &Poll) -> Outcome<usize> {
        let mut count = 0;
        for part in self.parts() {
            let mut inside = false;
            for (index, step) in part.text().chunks(STEP).enumerate() {
                poll.check()?;
                for byte in step {
                    let space = byte.is_ascii_whitespace();
                    count += usize::from(inside && space);
                    inside = !space;
                }
                let from = part.text_start() + index * STEP;
                part.document.release(from, from + step.len());
            }
            count += usize::from(inside);
        }
        self.check()?;
        Ok(count)
    }

    /// The texts between a marker `a` and the next marker `b`, without the markers, in order.
    ///
    /// Fails with `Invalid` if a marker is empty or there are more than a million.
    pub fn between(&self, a: &str, b: &str, poll: &Poll) -> Outcome<Vec<Self>> {
        if a.is_empty() || b.is_empty() {
            return Err(Failure::new(FailureKind::Invalid, "the markers of between(a, b) must not be empty")
                .hint("use head(n), tail(n) or slice(a, b) for the ends of a text"));
        }
        let (opening, closing) = (memmem::Finder::new(a), memmem::Finder::new(b));
        let mut found = Vec::new();
        for part in self.parts() {
            let mut at = part.start;
            while let Some(start) = find(part, &opening, at, poll)? {
                let start = start + a.len();
                let Some(end) = find(part, &closing, start, poll)? else { break };
                keep(&mut found, part, Some((start, end)), "texts between them")?;
                at = end + b.len();
            }
        }
        self.check()?;
        Ok(found)
    }
}

fn keep(found: &mut Vec<View>, part: &Part, span: Option<(usize, usize)>, what: &str) -> Outcome<()> {
    let Some((start, end)) = span else { return Ok(()) };
    if found.len() >= PIECES {
        return Err(Failure::new(FailureKind::Invalid, format!("there are more than {PIECES} {what}"))
            .hint("cut the text with chunks(size) first"));
    }
    found.push(View::of_spans([(Arc::clone(&part.document), start, end)]));
    Ok(())
}

/// Calls `visit` with the bounds of each line, in the document, without its line end.
fn each_line(part: &Part, poll: &Poll, visit: &mut dyn FnMut(usize, usize) -> Outcome<()>) -> Outcome<()> {
    let bytes = &part.document.bytes()[..part.end];
    let (mut at, mut released) = (part.text_start(), part.start);
    while at < part.end {
        let end = memchr(b'\n', &bytes[at..]).map_or(part.end, |offset| at + offset);
        let text = &bytes[at..end];
        visit(at, at + text.strip_suffix(b"\r").unwrap_or(text).len())?;
        at = end + 1;
        if at - released > STEP {
            poll.check()?;
            part.document.intact()?;
            part.document.release(released, at);
            released = at;
        }
    }
    Ok(())
}

/// Where the marker next begins in the document, at `from` or later.
fn find(part: &Part, finder: &memmem::Finder<'_>, from: usize, poll: &Poll) -> Outcome<Option<usize>> {
    let bytes = &part.document.bytes()[..part.end];
    let mut at = from;
    while at < part.end {
        let upto = part.end.min(at + STEP + finder.needle().len());
        if let Some(offset) = finder.find(&bytes[at..upto]) {
            return Ok(Some(at + offset));
        }
        poll.check()?;
        part.document.intact()?;
        part.document.release(at, upto);
        at += STEP;
    }
    Ok(None)
}
