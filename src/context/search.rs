//! Ranked search of a view, without an index.
//!
//! A scan at the speed of `grep` is cheaper to own than an index: nothing to build, to keep in memory or to invalidate.

use crate::context::cells::{Query, TERMS, best};
use crate::context::grep::{Hit, LineCursor};
use crate::context::poll::Poll;
use crate::context::read::decode;
use crate::context::stem::query_tokens;
use crate::context::terms::{WORD, pattern_of};
use crate::context::view::{Part, View};
use crate::core::failure::Outcome;
use std::sync::Arc;

/// Bytes of a cell; a passage is two neighbouring cells.
const CELL: usize = 512;
/// Larger views have larger cells, so that the counts stay within some tens of MB.
const CELLS: usize = 1_000_000;
/// How far a passage grows to the beginning and end of a line, in bytes.
const MARGIN: usize = 240;

impl View {
    /// The best `k` passages of about 1 KB for the query's words, best first; they do not overlap in their core.
    ///
    /// Words are compared without case and common English endings. A query without words finds nothing.
    pub fn search(&self, query: &str, k: usize, poll: &Poll) -> Outcome<Vec<Hit>> {
        let mut terms = query_tokens(query);
        // A longer one is found nowhere, and could be megabytes of pattern.
        terms.retain(|term| term.len() <= 2 * WORD);
        terms.truncate(TERMS);
        if terms.is_empty() || k == 0 {
            return Ok(Vec::new());
        }
        let mut query = Query { pattern: pattern_of(&terms)?, terms, weights: None };
        let cell = CELL.max(self.len() / CELLS);
        let mut hits = Vec::new();
        for found in best(self, &mut query, cell, k, poll)? {
            let part = &self.parts()[found.part];
            let (mut start, mut end) = passage(part, found.cell, cell);
            if cell > CELL {
                (start, end) = refine(part, (start, end), &mut query, poll)?;
            }
            hits.push(hit(part, start, end, found.score, poll)?);
        }
        self.check()?;
        Ok(hits)
    }
}

/// The bytes of a pair of cells, in the document.
fn passage(part: &Part, number: usize, cell: usize) -> (usize, usize) {
    let start = part.start + number * cell;
    (start, part.end.min(start + 2 * cell))
}

/// The best pair of small cells in a passage of large ones.
fn refine(part: &Part, (start, end): (usize, usize), query: &mut Query, poll: &Poll) -> Outcome<(usize, usize)> {
    let view = View::of_spans([(Arc::clone(&part.document), start, end)]);
    let found = best(&view, query, CELL, 1, poll)?;
    let inner =
        found.first().and_then(|found| view.parts().get(found.part).map(|part| passage(part, found.cell, CELL)));
    Ok(inner.unwrap_or((start, end)))
}

fn hit(part: &Part, start: usize, end: usize, score: f64, poll: &Poll) -> Outcome<Hit> {
    let bytes = part.document.bytes();
    let first = part.text_start();
    let start = start.max(first);
    let low = start.saturating_sub(MARGIN).max(first);
    let high = part.end.min(end + MARGIN);
    let before = &bytes[low..start];
    let line = memchr::memrchr(b'\n', before).map(|at| low + at + 1);
    let begins = line
        .or((low == first).then_some(low))
        .unwrap_or_else(|| before.iter().rposition(u8::is_ascii_whitespace).map_or(start, |at| low + at + 1));
    let after = &bytes[end..high];
    let ends = match memchr::memchr(b'\n', after) {
        _ if end > part.start && bytes[end - 1] == b'\n' => end,
        Some(at) => end + at,
        None if high == part.end => high,
        None => after.iter().position(u8::is_ascii_whitespace).map_or(end, |at| end + at),
    };
    let view = View::of_spans([(Arc::clone(&part.document), 0, bytes.len())]);
    let (begins, ends) = (view.floor(begins).max(first), view.ceil(ends).min(part.end));
    Ok(Hit {
        doc: part.document.name().to_owned(),
        line: LineCursor::default().line_of(&part.document, begins, poll)?,
        start: part.at + begins - part.start,
        end: part.at + ends - part.start,
        text: decode(bytes[begins..ends].to_vec()),
        score: Some((score * 1000.0).round() / 1000.0),
    })
}
