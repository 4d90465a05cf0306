//! The default embedder: lexical, not semantic. Texts are similar if they share words or parts of words.
//!
//! It needs no model and no network, and its vectors are equal on every machine: the hash is written out
//! here, and nothing but addition, division and square roots is used. Synonyms are strangers to it.

use crate::core::failure::Outcome;
use crate::memory::embed::{Embedder, EmbedderId, normalise};

/// The length of its vectors.
pub const DIMENSIONS: usize = 384;
const WIDTH: u64 = 384;

/// Shares of a vector's energy: the kinds differ in number by a factor of ten, so counts must not decide.
const WORDS: f32 = 0.55;
const PAIRS: f32 = 0.15;
const PARTS: f32 = 0.30;

/// Words that say little about a text; they count a quarter, and form no pairs or parts.
const COMMON: &[&str] = &[
    "a", "an", "and", "are", "as", "at", "be", "by", "can", "do", "does", "for", "from", "has", "have", "how", "if",
    "in", "into", "is", "it", "its", "of", "on", "or", "that", "the", "their", "then", "there", "these", "they",
    "this", "to", "was", "were", "what", "when", "where", "which", "who", "will", "with", "you", "your",
];

/// The lexical hashing embedder.
pub struct Hashing {
    id: EmbedderId,
}

impl Hashing {
    /// The embedder; costs nothing.
    pub fn new() -> Self {
        Self { id: EmbedderId::new("hashing-v1", "", DIMENSIONS) }
    }
}

impl Default for Hashing {
    fn default() -> Self {
        Self::new()
    }
}

impl Embedder for Hashing {
    fn id(&self) -> &EmbedderId {
        &self.id
    }

    fn is_instant(&self) -> bool {
        true
    }

    fn dimensions(&self) -> usize {
        DIMENSIONS
    }

    fn embed(&self, texts: &[&str]) -> Outcome<Vec<Vec<f32>>> {
        Ok(texts.iter().map(|text| vector(text)).collect())
    }
}

fn vector(text: &str) -> Vec<f32> {
    let words = words(text);
    let mut sum = vec![0.0; DIMENSIONS];
    for (share, features) in [(WORDS, unigrams(&words)), (PAIRS, bigrams(&words)), (PARTS, parts(&words))] {
        let part = project(features);
        for (total, x) in sum.iter_mut().zip(part) {
            *total += share.sqrt() * x;
        }
    }
    // Signs may cancel, and a text may have no words: neither may give a vector without a direction.
    if sum.iter().all(|x| *x == 0.0) {
        sum[0] = 1.0;
    }
    normalise(&mut sum);
    sum
}

fn words(text: &str) -> Vec<String> {
    text.to_lowercase()
        .split(|c: char| !c.is_alphanumeric())
        .filter(|word| !word.is_empty())
        .map(str::to_owned)
        .collect()
}

fn common(word: &str) -> bool {
    COMMON.binary_search(&word).is_ok()
}

fn unigrams(words: &[String]) -> Vec<(u64, f32)> {
    words.iter().map(|word| (hash(&["w", word]), if common(word) { 0.25 } else { 1.0 })).collect()
}

fn bigrams(words: &[String]) -> Vec<(u64, f32)> {
    let rare: Vec<&String> = words.iter().filter(|word| !common(word)).collect();
    rare.windows(2).map(|pair| (hash(&["b", pair[0], pair[1]]), 1.0)).collect()
}

/// Runs of 3 to 5 characters of each word, with its edges marked.
fn parts(words: &[String]) -> Vec<(u64, f32)> {
    let mut found = Vec::new();
    for word in words.iter().filter(|word| !common(word)) {
        let marked: Vec<char> = format!("<{word}>").chars().collect();
        for size in 3..=5 {
            for run in marked.windows(size) {
                found.push((hash(&["c", &run.iter().collect::<String>()]), 1.0));
            }
        }
    }
    found
}

/// A unit vector (or zero): each feature adds the root of its weighted count, signed, in the place its hash names.
fn project(mut features: Vec<(u64, f32)>) -> Vec<f32> {
    features.sort_by_key(|feature| feature.0);
    let mut vector = vec![0.0; DIMENSIONS];
    for same in features.chunk_by(|a, b| a.0 == b.0) {
        let hash = same[0].0;
        let weight = same.iter().map(|feature| feature.1).sum::<f32>().sqrt();
        let sign = if hash >> 63 == 0 { 1.0 } else { -1.0 };
        vector[place(hash)] += sign * weight;
    }
    normalise(&mut vector);
    vector
}

fn place(hash: u64) -> usize {
    usize::try_from((hash & 0x7fff_ffff_ffff_ffff) % WIDTH).unwrap_or(0)
}

/// FNV-1a over the pieces with a separator, finished with the mixer of splitmix64 so that all bits depend on all.
fn hash(pieces: &[&str]) -> u64 {
    let mut state: u64 = 0xcbf2_9ce4_8422_2325;
    for piece in pieces {
        for byte in piece.bytes().chain([0xff]) {
            state = (state ^ u64::from(byte)).wrapping_mul(0x0000_0100_0000_01b3);
        }
    }
    state = (state ^ (state >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
    state = (state ^ (state >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
    state ^ (state >> 31)
}

#[cfg(test)]
mod tests;
