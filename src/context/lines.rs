//! The lines of a view, found through the newline index. A document ends its last line whether or not with a newline.

use crate::context::poll::Poll;
use crate::context::view::{Part, View};
use crate::core::failure::{Failure, FailureKind, Outcome};
use memchr::memchr;

impl Part {
    /// The number of lines of the part.
    pub(crate) fn line_count(&self, poll: &Poll) -> Outcome<usize> {
        let index = self.document.newlines();
        let before = index.before(&self.document, self.start, poll)?;
        let inside = index.before(&self.document, self.end, poll)? - before;
        Ok(inside + usize::from(self.bytes().last().is_some_and(|last| *last != b'\n')))
    }

    /// Where the line `index`, from 0, begins and ends in the document, without its line end.
    fn line(&self, index: usize, poll: &Poll) -> Outcome<Option<(usize, usize)>> {
        let newlines = self.document.newlines();
        let before = newlines.before(&self.document, self.start, poll)?;
        let start = match index.checked_sub(1) {
            None => self.start,
            Some(previous) => match newlines.position(&self.document, before + previous, poll)? {
                Some(newline) => newline + 1,
                None => return Ok(None),
            },
        };
        if start >= self.end {
            return Ok(None);
        }
        let text = &self.document.bytes()[start..self.end];
        let text = &text[..memchr(b'\n', text).unwrap_or(text.len())];
        Ok(Some((start, start + text.strip_suffix(b"\r").unwrap_or(text).len())))
    }
}

impl View {
    /// The number of its lines.
    pub fn line_count(&self, poll: &Poll) -> Outcome<usize> {
        let mut total = 0;
        for part in self.parts() {
            total += part.line_count(poll)?;
        }
        self.check()?;
        Ok(total)
    }

    /// The line of its first document in which it begins, from 1; 0 if it is in none.
    pub fn first_line(&self, poll: &Poll) -> Outcome<usize> {
        let Some(first) = self.parts().first() else { return Ok(0) };
        let before = first.document.newlines().before(&first.document, first.start, poll)?;
        first.document.check()?;
        Ok(before + 1)
    }

    /// The line `index` without its line end: 1 is the first, -1 the last. Fails with `Invalid` if there is none.
    pub fn line(&self, index: i64, poll: &Poll) -> Outcome<Self> {
        let (start, end) = self.line_bounds(index, poll)?;
        self.check()?;
        Ok(self.range(start, end))
    }

    /// The lines from `first` to `last`, both included, without the last one's line end; negative numbers count from the
    /// end, and a `last` beyond the end is the end.
    pub fn line_range(&self, first: i64, last: i64, poll: &Poll) -> Outcome<Self> {
        let (start, _) = self.line_bounds(first, poll)?;
        let end = match self.line_bounds(last, poll) {
            Ok((_, end)) => end,
            Err(failure) if failure.kind == FailureKind::Invalid && last > 0 => self.len(),
            Err(failure) => return Err(failure),
        };
        self.check()?;
        Ok(self.range(start, end))
    }

    fn line_bounds(&self, number: i64, poll: &Poll) -> Outcome<(usize, usize)> {
        let distance = usize::try_from(number.unsigned_abs()).unwrap_or(usize::MAX);
        let index = match number {
            0 => None,
            1.. => Some(distance - 1),
            _ => self.line_count(poll)?.checked_sub(distance),
        };
        if let Some(index) = index
            && let Some(bounds) = self.find_line(index, poll)?
        {
            return Ok(bounds);
        }
        self.check()?;
        let count = self.line_count(poll)?;
        Err(Failure::new(FailureKind::Invalid, format!("there is no line {number}: the text has {count} lines"))
            .hint("lines count from 1; -1 is the last"))
    }

    fn find_line(&self, index: usize, poll: &Poll) -> Outcome<Option<(usize, usize)>> {
        let mut rest = index;
        for part in self.parts() {
            if let Some((start, end)) = part.line(rest, poll)? {
                return Ok(Some((part.at + start - part.start, part.at + end - part.start)));
            }
            // Looking in vain has indexed the part, so counting is cheap now.
            rest = rest.saturating_sub(part.line_count(poll)?);
        }
        Ok(None)
    }
}
