//! BM25: the formula, and an index of a few texts in memory. Views are searched without an index, in `search`.
//!
//! Source: Robertson and Zaragoza, "The Probabilistic Relevance Framework: BM25 and Beyond", 2009; k1 = 1.2, b = 0.75.

use crate::context::stem::{query_tokens, stem, words};
use std::collections::HashMap;

const K1: f64 = 1.2;
const B: f64 = 0.75;

/// A ranked index of texts.
#[derive(Clone, Debug, Default)]
pub struct Bm25 {
    /// For each word, the texts that have it and how often.
    postings: HashMap<String, Vec<(usize, usize)>>,
    /// Words per text.
    lengths: Vec<usize>,
}

impl Bm25 {
    /// Indexes the texts; they are known by their positions.
    pub fn new<'a>(texts: impl IntoIterator<Item = &'a str>) -> Self {
        let mut index = Self::default();
        for (position, text) in texts.into_iter().enumerate() {
            let mut length = 0;
            for token in tokens(text) {
                length += 1;
                let texts = index.postings.entry(token).or_default();
                match texts.last_mut() {
                    Some((last, count)) if *last == position => *count += 1,
                    _ => texts.push((position, 1)),
                }
            }
            index.lengths.push(length);
        }
        index
    }

    /// The best `k` texts with their scores, best first, earlier first among equals; texts without any word of the query
    /// are not among them.
    pub fn search(&self, query: &str, k: usize) -> Vec<(usize, f64)> {
        let average = float(self.lengths.iter().sum()) / float(self.lengths.len()).max(1.0);
        let mut scores: HashMap<usize, f64> = HashMap::new();
        for term in query_tokens(query) {
            let Some(texts) = self.postings.get(&term) else { continue };
            let weight = rarity(texts.len(), self.lengths.len());
            for (position, count) in texts {
                let length = float(self.lengths[*position]) / average.max(1.0);
                *scores.entry(*position).or_default() += weight * frequency(*count, length);
            }
        }
        let mut ranked: Vec<(usize, f64)> = scores.into_iter().collect();
        ranked.sort_by(|a, b| b.1.total_cmp(&a.1).then(a.0.cmp(&b.0)));
        ranked.truncate(k);
        ranked
    }

    /// The number of texts.
    pub fn len(&self) -> usize {
        self.lengths.len()
    }

    /// Whether it holds no text.
    pub fn is_empty(&self) -> bool {
        self.lengths.is_empty()
    }
}

/// The words of a text for ranking: runs of letters and digits, stemmed; of scripts without spaces, single characters.
pub fn tokens(text: &str) -> impl Iterator<Item = String> + '_ {
    words(text).map(stem)
}

/// The weight of a word that `having` of `all` texts have.
pub(crate) fn rarity(having: usize, all: usize) -> f64 {
    let (having, all) = (float(having), float(all).max(float(having)));
    (1.0 + (all - having + 0.5) / (having + 0.5)).ln()
}

/// How much `count` occurrences are worth in a text of `length` times the average.
pub(crate) fn frequency(count: usize, length: f64) -> f64 {
    let count = float(count);
    count * (K1 + 1.0) / (count + K1 * (1.0 - B + B * length))
}

/// Counts beyond four billion count as that.
pub(crate) fn float(count: usize) -> f64 {
    f64::from(u32::try_from(count).unwrap_or(u32::MAX))
}

#[cfg(test)]
mod tests {
    use super::Bm25;

    #[test]
    fn ranks_by_rarity_and_coverage() {
        let texts = ["the cat sat on the mat", "dogs and cats", "a dog barked at the mailman", "", "the the the"];
        let index = Bm25::new(texts);
        let check = |query: &str, expect: &[usize]| {
            let found: Vec<usize> = index.search(query, 10).into_iter().map(|(at, _)| at).collect();
            assert_eq!(found, expect, "{query}");
        };
        check("cat", &[1, 0]);
        check("Which dog barks?", &[2, 1]);
        check("mailmen", &[]);
        check("the", &[4, 0, 2]);
        check("", &[]);
        assert_eq!(index.search("cat dog", 1).len(), 1);
        assert!(Bm25::default().search("x", 3).is_empty());
    }
}
