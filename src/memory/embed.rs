//! What an embedder is: texts in, unit vectors out, under a name that an index remembers.
//!
//! Nothing here chooses an embedder or caches a vector.

use crate::core::failure::Outcome;
use serde::{Deserialize, Serialize};
use std::fmt;

/// The name of an embedder: vectors are comparable if and only if their names are equal.
#[derive(Clone, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(transparent)]
pub struct EmbedderId(String);

impl EmbedderId {
    /// The name `family/model/dimensions`, or `family/dimensions` if `model` is empty.
    pub fn new(family: &str, model: &str, dimensions: usize) -> Self {
        if model.is_empty() {
            Self(format!("{family}/{dimensions}"))
        } else {
            Self(format!("{family}/{model}/{dimensions}"))
        }
    }

    /// The name as text.
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

impl fmt::Display for EmbedderId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

/// Turns texts into vectors. Calls block: an async caller uses `spawn_blocking`.
pub trait Embedder: Send + Sync {
    /// Its name, for example `hashing-v1/384`.
    fn id(&self) -> &EmbedderId;

    /// The length of its vectors.
    fn dimensions(&self) -> usize;

    /// Whether a text takes microseconds, so that a few hundred can be embedded while somebody waits.
    fn is_instant(&self) -> bool {
        false
    }

    /// One vector of length 1 per text, in the same order; an empty text has a vector too.
    fn embed(&self, texts: &[&str]) -> Outcome<Vec<Vec<f32>>>;
}

/// Scales a vector to length 1; leaves a zero vector as it is.
pub fn normalise(vector: &mut [f32]) {
    let length = vector.iter().map(|x| x * x).sum::<f32>().sqrt();
    if length > 0.0 {
        for x in vector {
            *x /= length;
        }
    }
}

/// The cosine similarity of two unit vectors of equal length, -1 to 1.
pub fn cosine(a: &[f32], b: &[f32]) -> f64 {
    let dot: f64 = a.iter().zip(b).map(|(x, y)| f64::from(*x) * f64::from(*y)).sum();
    dot.clamp(-1.0, 1.0)
}
