//! The rows of tables that a view has pieces of. A row belongs to the piece that it begins in, so that pieces which part a
//! document part its rows; the first row of the document names the columns of each. It reads no row.

use crate::context::document::Document;
use crate::context::poll::Poll;
use crate::context::view::{Part, View};
use crate::core::failure::Outcome;
use memchr::memchr2_iter;
use std::sync::Arc;

/// How far from a cut the beginning of a row is looked for outside of quotes.
const REACH: usize = 1 << 20;

/// What a view has of one document, as a table.
pub(crate) struct Table {
    pub(crate) document: Arc<Document>,
    /// The header with the rows below it.
    pub(crate) text: View,
    /// Whether it begins within the document.
    pub(crate) is_piece: bool,
    /// How many lines of the document lie between the header and the first row.
    pub(crate) skipped: usize,
}

impl View {
    /// The tables of its documents, in order.
    pub(crate) fn tables(&self, poll: &Poll) -> Outcome<Vec<Table>> {
        let documents = self.parts().chunk_by(|one, next| Arc::ptr_eq(&one.document, &next.document));
        documents.filter_map(|parts| parts.first().map(|first| table(first, parts, poll))).collect()
    }
}

fn table(first: &Part, parts: &[Part], poll: &Poll) -> Outcome<Table> {
    let document = &first.document;
    let is_piece = first.start > 0;
    let header = if is_piece { header_end(document, poll)? } else { 0 };
    let row = |offset| row_at(document, offset, poll).map(|at| at.max(header));
    let mut spans = vec![(Arc::clone(document), 0, header)];
    for part in parts {
        spans.push((Arc::clone(document), row(part.start)?, row(part.end)?));
    }
    let lines = |offset| document.newlines().before(document, offset, poll);
    let skipped = lines(row(first.start)?)?.saturating_sub(lines(header)?);
    Ok(Table { document: Arc::clone(document), text: View::of_spans(spans), is_piece, skipped })
}

/// Where the first row ends; blank lines before it are none.
fn header_end(document: &Document, poll: &Poll) -> Outcome<usize> {
    let start = document.text_start();
    let blank = document.bytes()[start..].iter().take_while(|byte| matches!(byte, b'\r' | b'\n')).count();
    row_at(document, start + blank + 1, poll)
}

/// Where the first row begins at `offset` or behind it: behind a newline that is in no quotes. Where quotes are no pairs,
/// as in `5" pipe`, none may be found nearby, and any newline will do: the rows are parted all the same, at lines.
fn row_at(document: &Document, offset: usize, poll: &Poll) -> Outcome<usize> {
    let length = document.len();
    let Some(from) = offset.checked_sub(1).filter(|_| offset < length) else { return Ok(offset.min(length)) };
    let mut is_quoted = !document.quotes().before(document, from, poll)?.is_multiple_of(2);
    let upto = length.min(from + REACH);
    let bytes = &document.bytes()[from..upto];
    for at in memchr2_iter(b'"', b'\n', bytes) {
        if bytes[at] == b'"' {
            is_quoted = !is_quoted;
        } else if !is_quoted {
            return Ok(from + at + 1);
        }
    }
    if upto == length {
        return Ok(length);
    }
    let lines = document.newlines();
    let next = lines.position(document, lines.before(document, from, poll)?, poll)?;
    Ok(next.map_or(length, |newline| newline + 1))
}
