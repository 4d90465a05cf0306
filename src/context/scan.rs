//! The one loop that finds matches in a document: window by window, giving memory back behind itself, asking the poll.
//!
//! It behaves as if every line were searched by itself, without paying for that: the expression runs over whole windows,
//! and only a match that would cross a line end is sought again within its line.

use crate::context::document::Document;
use crate::context::pattern::Pattern;
use crate::context::poll::Poll;
use crate::core::failure::Outcome;
use memchr::{memchr, memrchr};

/// Bytes searched between two polls. Small enough for slow expressions (10 MB/s) to stop within 100 ms.
const WINDOW: usize = 1 << 20;
/// How far a match in a line longer than a window may reach beyond it.
const LINE_REACH: usize = 1 << 16;
/// How far a match that crosses lines may reach beyond its window: the longest such match that is surely found whole.
const ACROSS_REACH: usize = 1 << 20;
/// Bytes before a window that `^` and `\b` can see.
const BEHIND: usize = 4;
/// Matches between two polls: an expression may look through its whole window for each of them, a millisecond at a time.
const FOUND: usize = 64;

/// Where to go on after a match.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Next {
    /// Behind the match.
    Match,
    /// At the next line.
    Line,
    /// Nowhere.
    Stop,
}

/// Calls `visit` with the start and end of each match in the bytes from `start` to `end` of the document.
///
/// Answers whether it was stopped. The caller checks the document afterwards.
pub(crate) fn matches(
    document: &Document,
    (start, end): (usize, usize),
    pattern: &Pattern,
    poll: &Poll,
    visit: &mut dyn FnMut(usize, usize) -> Outcome<Next>,
) -> Outcome<bool> {
    let bytes = &document.bytes()[..end];
    let mut scan = Scan { bytes, start, pattern, poll, visit, last: None, found: 0, stopped: false };
    let mut at = start;
    while at < end && !scan.stopped {
        poll.check()?;
        let next = scan.window(at)?;
        document.intact()?;
        document.release(at, next);
        at = next;
    }
    Ok(scan.stopped)
}

struct Scan<'a> {
    bytes: &'a [u8],
    start: usize,
    pattern: &'a Pattern,
    poll: &'a Poll,
    visit: &'a mut dyn FnMut(usize, usize) -> Outcome<Next>,
    /// The end of the match before: an empty match there is not another one.
    last: Option<usize>,
    /// How many matches were found.
    found: usize,
    stopped: bool,
}

impl Scan<'_> {
    /// Visits the matches that begin in the window at `at`; answers where the next window begins.
    fn window(&mut self, at: usize) -> Outcome<usize> {
        let (stop, reach) = self.bounds(at);
        let behind = at.saturating_sub(BEHIND).max(self.start);
        let mut from = at;
        while let Some((first, last)) = self.find(behind, reach, from) {
            self.found += 1;
            if self.found.is_multiple_of(FOUND) {
                self.poll.check()?;
            }
            // An empty match behind the last newline is in no line.
            let inside = first < stop || (first == self.bytes.len() && !self.bytes.ends_with(b"\n"));
            if !inside {
                break;
            }
            from = match self.line_end_within(first, last) {
                None => self.visit((first, last))?,
                Some(newline) => self.within(behind, first, newline)?,
            };
            if self.stopped || from > reach || (from >= stop && stop < self.bytes.len()) {
                break;
            }
        }
        Ok(from.max(stop))
    }

    /// Visits the match within the line that ends with this newline, where one would cross it; answers where to go on.
    fn within(&mut self, behind: usize, first: usize, newline: usize) -> Outcome<usize> {
        // Each line of a window may have such a match, and each may be as long as the window.
        self.poll.check()?;
        match self.find(behind, self.text_end(newline), first) {
            Some(found) => self.visit(found),
            None => Ok(newline + 1),
        }
    }

    /// The newline of the line that a match begins in, if the match reaches beyond the line's text.
    fn line_end_within(&self, first: usize, last: usize) -> Option<usize> {
        if self.pattern.across {
            return None;
        }
        let upto = self.bytes.len().min(last + 1);
        let newline = first + memchr(b'\n', &self.bytes[first..upto])?;
        (last > self.text_end(newline)).then_some(newline)
    }

    /// Where the text of the line ends that ends with this newline.
    fn text_end(&self, newline: usize) -> usize {
        if self.bytes[self.start..newline].ends_with(b"\r") { newline - 1 } else { newline }
    }

    /// The first match in `behind..reach` that begins at `from` or later.
    fn find(&self, behind: usize, reach: usize, from: usize) -> Option<(usize, usize)> {
        let text = &self.bytes[behind..reach];
        let mut from = from - behind;
        loop {
            if from > text.len() {
                return None;
            }
            let found = self.pattern.regex.find_at(text, from)?;
            if !found.is_empty() || self.last != Some(behind + found.start()) {
                return Some((behind + found.start(), behind + found.end()));
            }
            from = found.start() + 1;
        }
    }

    fn visit(&mut self, (first, last): (usize, usize)) -> Outcome<usize> {
        self.last = Some(last);
        match (self.visit)(first, last)? {
            Next::Match => Ok(last),
            Next::Line => {
                // An empty match there is one of the next line.
                self.last = None;
                let ended = last > first && self.bytes[..last].ends_with(b"\n");
                self.line_after(last - usize::from(ended))
            }
            Next::Stop => {
                self.stopped = true;
                Ok(last)
            }
        }
    }

    /// The beginning of the line after the one that holds `at`, or one past the end.
    fn line_after(&self, at: usize) -> Outcome<usize> {
        let mut from = at;
        while from < self.bytes.len() {
            let upto = self.bytes.len().min(from + WINDOW);
            if let Some(offset) = memchr(b'\n', &self.bytes[from..upto]) {
                return Ok(from + offset + 1);
            }
            self.poll.check()?;
            from = upto;
        }
        Ok(self.bytes.len() + 1)
    }

    /// Where the window at `at` stops, and how far its matches may reach.
    fn bounds(&self, at: usize) -> (usize, usize) {
        let end = self.bytes.len();
        let stop = at + WINDOW;
        if stop >= end {
            return (end, end);
        }
        if self.pattern.across {
            return (stop, end.min(stop + ACROSS_REACH));
        }
        match memrchr(b'\n', &self.bytes[at..stop]) {
            Some(offset) => (at + offset + 1, at + offset + 1),
            None => (stop, end.min(stop + LINE_REACH)),
        }
    }
}
