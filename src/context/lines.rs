//! The lines of a view, found through the newline index. A document ends its last line whether or not with a newline.

use crate::context::document::Document;
use crate::context::poll::Poll;
use crate::context::view::{Part, View};
use crate::core::failure::{Failure, FailureKind, Outcome};
use memchr::{memchr, memchr_iter};
use std::sync::Arc;

impl Part {
    /// The number of lines of the part.
    pub(crate) fn line_count(&self, poll: &Poll) -> Outcome<usize> {
        let index = self.document.newlines();
        let before = index.before(&self.document, self.start, poll)?;
        let inside = index.before(&self.document, self.end, poll)? - before;
        Ok(inside + usize::from(self.text().last().is_some_and(|last| *last != b'\n')))
    }

    /// Where the line `index`, from 0, begins and ends in the document, without its line end.
    fn line(&self, index: usize, poll: &Poll) -> Outcome<Option<(usize, usize)>> {
        let found = self.whole_line(index, poll)?;
        Ok(found.map(|(start, end)| (start, start + without_return(&self.document.bytes()[start..end]).len())))
    }

    /// The same up to its newline, or the end of the part.
    fn whole_line(&self, index: usize, poll: &Poll) -> Outcome<Option<(usize, usize)>> {
        let newlines = self.document.newlines();
        let before = newlines.before(&self.document, self.start, poll)?;
        let start = match index.checked_sub(1) {
            None => self.text_start(),
            Some(previous) => match newlines.position(&self.document, before.saturating_add(previous), poll)? {
                Some(newline) => newline + 1,
                None => return Ok(None),
            },
        };
        if start >= self.end {
            return Ok(None);
        }
        let text = &self.document.bytes()[start..self.end];
        Ok(Some((start, memchr(b'\n', text).map_or(self.end, |newline| start + newline))))
    }
}

/// A line without the carriage return at its end.
fn without_return(line: &[u8]) -> &[u8] {
    line.strip_suffix(b"\r").unwrap_or(line)
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

    /// The texts of the lines from `first` to `last`, both included, each as `line` has it; negative numbers count from
    /// the end, and a `last` beyond the end is the end.
    ///
    /// Fails with `Invalid` if there is no line `first`, or if they have more than `limit` bytes, and with `Limit` if
    /// they are more than `most`.
    pub fn lines(&self, first: i64, last: i64, most: usize, limit: usize, poll: &Poll) -> Outcome<Vec<String>> {
        self.line_bounds(first, poll)?;
        let (Some(from), Some(upto)) = (self.index(first, poll)?, self.index(last, poll)?) else {
            return Err(self.absent(last, poll)?);
        };
        let spans = self.spans_of_lines(from, (upto + 1).saturating_sub(from), poll)?;
        self.check()?;
        let bytes = Self::of_spans(spans.iter().cloned()).bytes(limit)?;
        let count = spans.len() + memchr_iter(b'\n', &bytes).count();
        if count > most {
            return Err(Failure::new(FailureKind::Limit, format!("{count} lines are too many for an array"))
                .hint("take fewer lines, or `context.chunks(4000, 0)`"));
        }
        let (mut lines, mut rest) = (Vec::with_capacity(count), bytes.as_slice());
        for (_, start, end) in spans {
            let (text, behind) = rest.split_at(end - start);
            let texts = text.split(|byte| *byte == b'\n').map(without_return);
            lines.extend(texts.map(|line| String::from_utf8_lossy(line).into_owned()));
            rest = behind;
        }
        Ok(lines)
    }

    /// Where `count` lines from the line `index` on are, document by document, each without the newline of its last.
    fn spans_of_lines(&self, index: usize, count: usize, poll: &Poll) -> Outcome<Vec<(Arc<Document>, usize, usize)>> {
        let (mut skipped, mut wanted) = (index, count);
        let mut spans = Vec::new();
        for part in self.parts() {
            let Some(last) = wanted.checked_sub(1) else { break };
            // Looking in vain has indexed the part, so counting is cheap then.
            let Some((start, _)) = part.whole_line(skipped, poll)? else {
                skipped = skipped.saturating_sub(part.line_count(poll)?);
                continue;
            };
            if let Some((_, end)) = part.whole_line(skipped.saturating_add(last), poll)? {
                spans.push((Arc::clone(&part.document), start, end));
                break;
            }
            let end = part.end - usize::from(part.bytes().ends_with(b"\n"));
            spans.push((Arc::clone(&part.document), start, end));
            wanted = wanted.saturating_sub(part.line_count(poll)?.saturating_sub(skipped));
            skipped = 0;
        }
        Ok(spans)
    }

    /// The index of the line `number` if the text has as many; nothing where there is none whatever it has.
    fn index(&self, number: i64, poll: &Poll) -> Outcome<Option<usize>> {
        let distance = usize::try_from(number.unsigned_abs()).unwrap_or(usize::MAX);
        Ok(match number {
            0 => None,
            1.. => Some(distance - 1),
            _ => self.line_count(poll)?.checked_sub(distance),
        })
    }

    fn line_bounds(&self, number: i64, poll: &Poll) -> Outcome<(usize, usize)> {
        if let Some(index) = self.index(number, poll)?
            && let Some(bounds) = self.find_line(index, poll)?
        {
            return Ok(bounds);
        }
        Err(self.absent(number, poll)?)
    }

    /// The failure for a line that is not there.
    fn absent(&self, number: i64, poll: &Poll) -> Outcome<Failure> {
        self.check()?;
        let count = self.line_count(poll)?;
        Ok(Failure::new(FailureKind::Invalid, format!("there is no line {number}: the text has {count} lines"))
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
