//! A piece of the context: an ordered list of spans of documents, seen as one text with byte offsets from 0.
//!
//! A view copies nothing and is cheap to clone. Lines, matches and passages never cross from one document to the next.

use crate::context::document::Document;
use crate::context::poll::Poll;
use crate::context::unknown::unknown;
use crate::core::document::SpanRef;
use crate::core::failure::Outcome;
use serde::{Deserialize, Serialize};
use std::collections::{HashMap, HashSet};
use std::fmt;
use std::sync::Arc;

/// A piece of the context.
#[derive(Clone, Default)]
pub struct View(Parts);

#[derive(Clone, Default)]
enum Parts {
    #[default]
    None,
    One(Part),
    Many(Arc<[Part]>),
}

/// A span of one document, at its place in the view.
#[derive(Clone, Debug)]
pub(crate) struct Part {
    pub(crate) document: Arc<Document>,
    /// First byte, in the document.
    pub(crate) start: usize,
    /// One past the last byte, in the document.
    pub(crate) end: usize,
    /// Where it begins in the view.
    pub(crate) at: usize,
}

/// A document as far as a view shows it.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct DocInfo {
    /// Its name.
    pub name: String,
    /// Bytes in the view.
    pub len: usize,
    /// Lines in the view; absent where counting them would mean reading a very large text.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub lines: Option<usize>,
}

/// Views up to this many bytes have their lines counted for an overview.
const COUNTED: usize = 64 << 20;

impl Part {
    pub(crate) fn len(&self) -> usize {
        self.end - self.start
    }

    pub(crate) fn bytes(&self) -> &[u8] {
        &self.document.bytes()[self.start..self.end]
    }

    /// Where its text begins, in the document: a byte order mark is none.
    pub(crate) fn text_start(&self) -> usize {
        if self.start > 0 { self.start } else { self.document.text_start().min(self.end) }
    }

    /// The bytes of its text.
    pub(crate) fn text(&self) -> &[u8] {
        &self.document.bytes()[self.text_start()..self.end]
    }
}

impl View {
    /// The whole of one document.
    pub fn of(document: Arc<Document>) -> Self {
        let end = document.len();
        Self(Parts::One(Part { document, start: 0, end, at: 0 }))
    }

    /// The views one after the other; neighbours that touch in the same document become one span.
    pub fn join(views: &[Self]) -> Self {
        let spans = views.iter().flat_map(Self::parts).map(|part| (Arc::clone(&part.document), part.start, part.end));
        Self::of_spans(spans)
    }

    pub(crate) fn of_spans(spans: impl IntoIterator<Item = (Arc<Document>, usize, usize)>) -> Self {
        let mut parts: Vec<Part> = Vec::new();
        let mut at = 0;
        for (document, start, end) in spans {
            match parts.last_mut() {
                Some(last) if last.end == start && Arc::ptr_eq(&last.document, &document) => last.end = end,
                _ => parts.push(Part { document, start, end, at }),
            }
            at += end - start;
        }
        match (parts.len(), parts.pop()) {
            (1, Some(part)) => Self(Parts::One(part)),
            (_, None) => Self(Parts::None),
            (_, Some(last)) => {
                parts.push(last);
                Self(Parts::Many(parts.into()))
            }
        }
    }

    pub(crate) fn parts(&self) -> &[Part] {
        match &self.0 {
            Parts::None => &[],
            Parts::One(part) => std::slice::from_ref(part),
            Parts::Many(parts) => parts,
        }
    }

    /// Its length in bytes.
    pub fn len(&self) -> usize {
        self.parts().last().map_or(0, |part| part.at + part.len())
    }

    /// Whether it has no bytes.
    pub fn is_empty(&self) -> bool {
        self.len() == 0
    }

    /// The part that holds the byte at `offset`, if the view has such a byte.
    pub(crate) fn part_at(&self, offset: usize) -> Option<&Part> {
        let parts = self.parts();
        let after = parts.partition_point(|part| part.at <= offset);
        parts[..after].iter().rev().find(|part| part.len() > 0).filter(|part| offset < part.at + part.len())
    }

    /// The bytes from `a` to before `b`; negative offsets count from the end, offsets beyond the ends are the ends, and
    /// both snap back to the beginning of the character that they are in.
    #[must_use]
    pub fn slice(&self, a: i64, b: i64) -> Self {
        let length = self.len();
        let (a, b) = (place(a, length), place(b, length));
        self.range(self.floor(a), self.floor(b))
    }

    /// The first `count` bytes at most.
    #[must_use]
    pub fn head(&self, count: usize) -> Self {
        self.range(0, self.floor(count))
    }

    /// The last `count` bytes at most.
    #[must_use]
    pub fn tail(&self, count: usize) -> Self {
        let length = self.len();
        self.range(self.ceil(length.saturating_sub(count)), length)
    }

    /// The exact bytes from `start` to before `end`, not snapped.
    pub(crate) fn range(&self, start: usize, end: usize) -> Self {
        let end = end.min(self.len());
        if start >= end {
            return Self::default();
        }
        let first = self.parts().partition_point(|part| part.at + part.len() <= start);
        let spans =
            self.parts()[first..].iter().take_while(|part| part.at < end).filter(|part| part.len() > 0).map(|part| {
                let from = part.start + start.saturating_sub(part.at);
                let upto = part.start + part.len().min(end - part.at);
                (Arc::clone(&part.document), from, upto)
            });
        Self::of_spans(spans)
    }

    /// The beginning of the character that holds `offset`; `offset` itself in invalid text or beyond the end.
    pub(crate) fn floor(&self, offset: usize) -> usize {
        match self.part_at(offset) {
            Some(part) => {
                let back = floor_back(part.document.bytes(), part.start + offset - part.at);
                offset - back.min(offset - part.at)
            }
            None => offset.min(self.len()),
        }
    }

    /// `offset` if a character begins there, else the beginning of the next one.
    pub(crate) fn ceil(&self, offset: usize) -> usize {
        let length = self.len();
        (offset..length).take(4).find(|at| self.floor(*at) == *at).unwrap_or(length.min(offset + 4))
    }

    /// The documents of the view, in order, each once.
    pub fn documents(&self) -> Vec<Arc<Document>> {
        let mut seen = HashSet::new();
        let parts = self.parts().iter().filter(|part| seen.insert(part.document.name()));
        parts.map(|part| Arc::clone(&part.document)).collect()
    }

    /// The documents of the view with their sizes in it; lines only if the view has at most 64 MB.
    pub fn docs(&self, poll: &Poll) -> Outcome<Vec<DocInfo>> {
        let counted = self.len() <= COUNTED;
        let mut places: HashMap<&str, usize> = HashMap::new();
        let mut infos: Vec<DocInfo> = Vec::new();
        for part in self.parts() {
            let name = part.document.name();
            let lines = if counted { Some(part.line_count(poll)?) } else { None };
            let place = *places.entry(name).or_insert(infos.len());
            match infos.get_mut(place) {
                Some(info) => {
                    info.len += part.len();
                    info.lines = info.lines.zip(lines).map(|(a, b)| a + b);
                }
                None => infos.push(DocInfo { name: name.to_owned(), len: part.len(), lines }),
            }
        }
        self.check()?;
        Ok(infos)
    }

    /// The part of the view that is in the document `name`; a file name alone will do if only one document has it.
    ///
    /// Fails with `NotFound` and the nearest names.
    pub fn doc(&self, name: &str) -> Outcome<Self> {
        let end = format!("/{name}");
        let documents = self.documents();
        let ending: Vec<&str> = documents.iter().map(|d| d.name()).filter(|n| n.ends_with(&end)).collect();
        let found = match documents.iter().find(|document| document.name() == name) {
            Some(document) => document.name(),
            None => match ending.as_slice() {
                [one] => *one,
                _ => return Err(unknown(name, &ending, documents.iter().map(|document| document.name()))),
            },
        };
        let parts = self.parts().iter().filter(|part| part.document.name() == found);
        Ok(Self::of_spans(parts.map(|part| (Arc::clone(&part.document), part.start, part.end))))
    }

    /// The view by names and offsets, as requests and the store refer to it.
    pub fn spans(&self) -> Vec<SpanRef> {
        let wide = |offset: usize| u64::try_from(offset).unwrap_or(u64::MAX);
        let name = |part: &Part| part.document.name().to_owned();
        let parts = self.parts().iter();
        parts.map(|part| SpanRef { document: name(part), start: wide(part.start), end: wide(part.end) }).collect()
    }

    /// Fails with `Io` if a file of the view has shrunk or could not be read.
    pub fn check(&self) -> Outcome<()> {
        self.parts().iter().try_for_each(|part| part.document.check())
    }

    /// Gives the memory of these bytes back to the system.
    pub(crate) fn release(&self, start: usize, end: usize) {
        for part in self.range(start, end).parts() {
            part.document.release(part.start, part.end);
        }
    }
}

impl fmt::Debug for View {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let spans = self.parts().iter().map(|part| (part.document.name(), part.start..part.end));
        f.debug_list().entries(spans).finish()
    }
}

fn place(offset: i64, length: usize) -> usize {
    let distance = usize::try_from(offset.unsigned_abs()).unwrap_or(usize::MAX);
    if offset < 0 { length.saturating_sub(distance) } else { distance.min(length) }
}

/// How many bytes before `at` the character that holds `at` begins; 0 if `at` is in no valid character.
fn floor_back(bytes: &[u8], at: usize) -> usize {
    let is_inner = |index: usize| bytes.get(index).is_some_and(|byte| byte & 0xC0 == 0x80);
    if !is_inner(at) {
        return 0;
    }
    for back in 1..=at.min(3) {
        if is_inner(at - back) {
            continue;
        }
        let length = match bytes[at - back] {
            0xC2..=0xDF => 2,
            0xE0..=0xEF => 3,
            0xF0..=0xF4 => 4,
            _ => return 0,
        };
        let whole = bytes.get(at - back..at - back + length).is_some_and(|word| std::str::from_utf8(word).is_ok());
        return if whole && back < length { back } else { 0 };
    }
    0
}
