//! What a text holds on a question: its sentences ranked by BM25, and the count of what was asked about.
//!
//! Deterministic: equal scores keep the order of the text.

use crate::context::rank::Bm25;
use crate::context::rank::tokens;
use crate::context::stem::{query_tokens, stem};
use crate::model::offline::pattern::{nearest, occurrences};
use crate::model::offline::question::{Ask, Question, Unit};
use crate::model::offline::sentences::sentences;
use crate::model::offline::thing::Thing;
use crate::model::offline::words::{is_common, words};
use std::collections::{BTreeMap, BTreeSet};
use std::ops::Range;

/// How many of a text's most frequent terms stand for its subject in a summary.
const SUBJECT_TERMS: usize = 12;

/// A passage that shares something with the question.
#[derive(Clone, Debug, PartialEq)]
pub struct Passage {
    /// Where it stands in the text, in bytes.
    pub range: Range<usize>,
    /// How well it matches; larger is better.
    pub score: f64,
    /// How many of the question's terms it has.
    pub shared: usize,
}

/// What a text holds on a question.
#[derive(Clone, Debug, PartialEq)]
pub struct Evidence<'a> {
    /// The text.
    pub text: &'a str,
    /// The matching passages, best first, each wording once.
    pub passages: Vec<Passage>,
    /// The part of the best score that a passage needs to be quoted beside it.
    floor: f64,
}

impl<'a> Evidence<'a> {
    /// Ranks the sentences of `text` against `question`.
    pub fn gather(question: &Question, text: &'a str) -> Self {
        let pieces = sentences(text);
        let (terms, scores) = match question.ask {
            Ask::Summary => central(text, &pieces),
            _ => relevant(text, &pieces, &question.keywords.join(" ")),
        };
        let mut passages = Vec::new();
        let mut seen = BTreeSet::new();
        for (range, score) in pieces.into_iter().zip(scores) {
            let piece = &text[range.clone()];
            let have: BTreeSet<String> = tokens(piece).collect();
            let shared = terms.iter().filter(|term| have.contains(*term)).count();
            if (shared > 0 || holds(question, piece)) && seen.insert(piece) {
                let number = question.wants_number && piece.contains(|c: char| c.is_ascii_digit());
                let score = if number { score * 1.25 } else { score };
                passages.push(Passage { range, score, shared });
            }
        }
        if passages.iter().any(|passage| holds(question, &text[passage.range.clone()])) {
            passages.retain(|passage| holds(question, &text[passage.range.clone()]));
        }
        passages.sort_by(|a, b| b.score.total_cmp(&a.score).then(a.range.start.cmp(&b.range.start)));
        // A summary wants several passages, a question the one that answers.
        let floor = if question.ask == Ask::Summary { 0.25 } else { 0.5 };
        Self { text, passages, floor }
    }

    /// The best passages in the order of the text: at most `limit`, none far behind the best in score or in terms.
    pub fn best(&self, limit: usize) -> Vec<&'a str> {
        self.best_at(limit).into_iter().map(|range| &self.text[range]).collect()
    }

    /// Where these stand in the text.
    pub fn best_at(&self, limit: usize) -> Vec<Range<usize>> {
        let Some(first) = self.passages.first() else { return Vec::new() };
        let near = |passage: &&Passage| passage.score >= first.score * self.floor && passage.shared * 2 >= first.shared;
        in_order(self.passages.iter().filter(near).take(limit))
    }

    /// The passages for a listing in the order of the text: those with the thing itself if it is named, else those
    /// that share more than half as many words with the question as the best.
    pub fn listed(&self, question: &Question, limit: usize) -> Vec<&'a str> {
        self.listed_at(question, limit).into_iter().map(|range| &self.text[range]).collect()
    }

    /// Where these stand in the text.
    pub fn listed_at(&self, question: &Question, limit: usize) -> Vec<Range<usize>> {
        let most = self.passages.iter().map(|passage| passage.shared).max().unwrap_or(0);
        let exact = matches!(question.thing, Thing::Exact(_));
        in_order(self.passages.iter().filter(|p| exact || p.shared * 2 > most).take(limit))
    }
}

fn in_order<'p>(passages: impl Iterator<Item = &'p Passage>) -> Vec<Range<usize>> {
    let mut ranges: Vec<Range<usize>> = passages.map(|passage| passage.range.clone()).collect();
    ranges.sort_by_key(|range| range.start);
    ranges
}

/// How many of the unit a text holds.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Count {
    /// So many of what was asked about.
    Exactly(usize),
    /// None of that, but so many, at least one, of what is nearest to it.
    Near(usize),
}

/// How many of the unit the text holds; `None` if nothing countable is named.
pub fn count(question: &Question, unit: Unit, text: &str) -> Option<Count> {
    let filled = || text.lines().filter(|line| !line.trim().is_empty());
    let places = |find: fn(&Thing, &str) -> Vec<usize>| match unit {
        Unit::Lines => filled().filter(|line| !find(&question.thing, line).is_empty()).count(),
        _ => find(&question.thing, text).len(),
    };
    let found = match (&question.thing, unit) {
        (Thing::Unnamed, Unit::Lines) => filled().count(),
        (Thing::Unnamed, Unit::Words) => words(text).count(),
        (Thing::Unnamed, _) => return None,
        _ => places(occurrences),
    };
    let near = if found == 0 { places(nearest) } else { 0 };
    Some(if near > 0 { Count::Near(near) } else { Count::Exactly(found) })
}

/// Whether a passage holds a thing that the question names exactly, or what is nearest to it.
fn holds(question: &Question, passage: &str) -> bool {
    let stands = |find: fn(&Thing, &str) -> Vec<usize>| !find(&question.thing, passage).is_empty();
    matches!(&question.thing, Thing::Exact(_)) && (stands(occurrences) || stands(nearest))
}

/// The terms of a query, and BM25 of each piece for them.
fn relevant(text: &str, pieces: &[Range<usize>], query: &str) -> (Vec<String>, Vec<f64>) {
    let mut scores = vec![0.0; pieces.len()];
    let index = Bm25::new(pieces.iter().map(|range| &text[range.clone()]));
    for (at, score) in index.search(query, pieces.len()) {
        if let Some(slot) = scores.get_mut(at) {
            *slot = score;
        }
    }
    (query_tokens(query), scores)
}

/// The terms of a text's subject, and how much of it each piece has: the frequencies of its terms over the root of its
/// length, so that neither the longest nor the shortest piece wins. BM25 would prefer the rare words.
fn central(text: &str, pieces: &[Range<usize>]) -> (Vec<String>, Vec<f64>) {
    let number = |count: usize| u32::try_from(count).map_or(f64::from(u32::MAX), f64::from);
    let subject = subject(text);
    let score = |range: &Range<usize>| {
        let words: Vec<String> = tokens(&text[range.clone()]).collect();
        let distinct: BTreeSet<&String> = words.iter().collect();
        let weight: usize = distinct.into_iter().filter_map(|word| subject.get(word)).sum();
        // Headings and fragments name the subject without saying anything of it.
        let says = words.len() > 3 && !text[range.clone()].starts_with('#');
        if says { number(weight) / number(words.len()).sqrt() } else { 0.0 }
    };
    let scores = pieces.iter().map(score).collect();
    (subject.into_keys().collect(), scores)
}

/// The most frequent terms of a text with their frequencies; terms that stand once only if none stands twice.
fn subject(text: &str) -> BTreeMap<String, usize> {
    let mut counts: BTreeMap<String, usize> = BTreeMap::new();
    for word in words(text).filter(|word| !is_common(word.text)) {
        *counts.entry(stem(word.text)).or_default() += 1;
    }
    let least = counts.values().max().copied().unwrap_or(0).min(2);
    let mut ranked: Vec<(String, usize)> = counts.into_iter().filter(|(_, count)| *count >= least).collect();
    ranked.sort_by(|a, b| b.1.cmp(&a.1).then_with(|| a.0.cmp(&b.0)));
    ranked.into_iter().take(SUBJECT_TERMS).collect()
}
