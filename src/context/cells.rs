//! Ranking without an index: one scan counts the query's words per cell of a view, BM25 scores pairs of cells.

use crate::context::pattern::Pattern;
use crate::context::poll::Poll;
use crate::context::rank::{float, frequency, rarity};
use crate::context::scan::{Next, matches};
use crate::context::terms::term_at;
use crate::context::view::{Part, View};
use crate::core::failure::Outcome;

/// More words of a query than this are not looked at.
pub(crate) const TERMS: usize = 32;

/// What is sought, and how much each word of it counts once that is known.
pub(crate) struct Query {
    pub(crate) terms: Vec<String>,
    pub(crate) pattern: Pattern,
    pub(crate) weights: Option<Vec<f64>>,
}

/// A passage of two neighbouring cells that may be among the best.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Candidate {
    pub(crate) part: usize,
    /// The number of its first cell in the part.
    pub(crate) cell: usize,
    pub(crate) score: f64,
}

/// How often one word occurs in one cell; small, because there may be millions.
#[derive(Clone, Copy, Debug)]
struct Posting {
    part: u32,
    cell: u32,
    term: u16,
    count: u16,
}

/// The best `k` pairs of cells of `cell` bytes, best first, that do not overlap.
///
/// Sets the query's weights if they are not known yet.
pub(crate) fn best(view: &View, query: &mut Query, cell: usize, k: usize, poll: &Poll) -> Outcome<Vec<Candidate>> {
    let mut postings = Vec::new();
    for (index, part) in view.parts().iter().enumerate() {
        count(part, narrow(index), cell, query, poll, &mut postings)?;
    }
    let weights = query.weights.get_or_insert_with(|| {
        let mut having = vec![0; query.terms.len()];
        for posting in &postings {
            having[usize::from(posting.term)] += 1;
        }
        let cells = view.parts().iter().map(|part| part.len().div_ceil(cell)).sum();
        having.into_iter().map(|having| rarity(having, cells)).collect()
    });
    let mut chosen: Vec<Candidate> = Vec::new();
    for candidate in ranked(view, &postings, weights, cell, k) {
        let overlaps = |other: &Candidate| other.part == candidate.part && other.cell.abs_diff(candidate.cell) < 2;
        if chosen.len() < k && !chosen.iter().any(overlaps) {
            chosen.push(candidate);
        }
    }
    Ok(chosen)
}

/// Counts the query's words in each cell of the part.
fn count(part: &Part, index: u32, cell: usize, query: &Query, poll: &Poll, all: &mut Vec<Posting>) -> Outcome<()> {
    let mut first = all.len();
    matches(&part.document, (part.text_start(), part.end), &query.pattern, poll, &mut |start, end| {
        let Some(term) = term_at(part, start, end, &query.terms).and_then(|term| u16::try_from(term).ok()) else {
            return Ok(Next::Match);
        };
        let here = narrow((start - part.start) / cell);
        if all[first..].last().is_some_and(|posting| posting.cell != here) {
            first = all.len();
        }
        match all[first..].iter_mut().find(|posting| posting.term == term) {
            Some(posting) => posting.count = posting.count.saturating_add(1),
            None => all.push(Posting { part: index, cell: here, term, count: 1 }),
        }
        Ok(Next::Match)
    })?;
    part.document.check()
}

/// Scores every pair of neighbouring cells whose first has a word of the query; the best come first.
///
/// Each chosen pair rules out at most two others, so that three times `k` are enough to choose from.
fn ranked(view: &View, postings: &[Posting], weights: &[f64], cell: usize, k: usize) -> Vec<Candidate> {
    let enough = k.saturating_mul(3);
    let order =
        |a: &Candidate, b: &Candidate| b.score.total_cmp(&a.score).then((a.part, a.cell).cmp(&(b.part, b.cell)));
    let mut found: Vec<Candidate> = Vec::new();
    let mut groups = postings.chunk_by(|a, b| (a.part, a.cell) == (b.part, b.cell)).peekable();
    while let Some(group) = groups.next() {
        let Some(Posting { part, cell: number, .. }) = group.first().copied() else { continue };
        let is_neighbour = |next: &&&[Posting]| next.iter().all(|p| p.part == part && p.cell == number + 1);
        let neighbour = groups.peek().filter(is_neighbour).copied().unwrap_or_default();
        let mut counts = [0; TERMS];
        for posting in group.iter().chain(neighbour) {
            counts[usize::from(posting.term)] += usize::from(posting.count);
        }
        let (part, number) = (wide(part), wide(number));
        let bytes = (view.parts()[part].len() - number * cell).min(2 * cell);
        let length = float(bytes) / float(2 * cell);
        let score = weights.iter().zip(counts).map(|(weight, count)| weight * frequency(count, length)).sum();
        found.push(Candidate { part, cell: number, score });
        if found.len() > enough.saturating_mul(2).saturating_add(4096) {
            found.sort_by(order);
            found.truncate(enough);
        }
    }
    found.sort_by(order);
    found
}

/// There are at most a million cells, and fewer parts than documents.
fn narrow(number: usize) -> u32 {
    u32::try_from(number).unwrap_or(u32::MAX)
}

fn wide(number: u32) -> usize {
    usize::try_from(number).unwrap_or(usize::MAX)
}
