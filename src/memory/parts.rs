//! What every part of the memory works with: the log in the store, and the embedder with the vectors that are kept.

use crate::core::failure::{Failure, FailureKind, Outcome};
use crate::memory::embed::Embedder;
use crate::store::open::Store;
use std::collections::HashMap;
use std::sync::Arc;

/// The log and the embedder.
#[derive(Clone)]
pub struct Parts {
    /// Turns texts into vectors.
    pub embedder: Arc<dyn Embedder>,
    /// Holds the episodes.
    pub store: Store,
    /// Keeps the vectors of texts.
    pub cache: Store,
}

impl Parts {
    /// One unit vector per text, in order. Blocks. What an embedder has to work for is kept in the store.
    pub fn vectors(&self, texts: &[&str]) -> Outcome<Vec<Vec<f32>>> {
        if self.embedder.is_instant() {
            return self.embedder.embed(texts);
        }
        let hashes: Vec<String> = texts.iter().map(|text| hash(text)).collect();
        let mut known = self.cache.vectors(self.embedder.id().as_str(), &hashes)?;
        known.retain(|_, vector| vector.len() == self.embedder.dimensions());
        let mut missing: HashMap<&String, &str> = HashMap::new();
        for (hash, text) in hashes.iter().zip(texts).filter(|(hash, _)| !known.contains_key(*hash)) {
            missing.insert(hash, text);
        }
        let (new, texts): (Vec<&String>, Vec<&str>) = missing.into_iter().unzip();
        let vectors = if texts.is_empty() { Vec::new() } else { self.embedder.embed(&texts)? };
        let new: Vec<(String, Vec<f32>)> = new.into_iter().cloned().zip(vectors).collect();
        known.extend(new.iter().cloned());
        if !new.is_empty() {
            self.cache.keep_vectors(self.embedder.id().to_string(), new).wait()?;
        }
        Ok(hashes.iter().map(|hash| known.get(hash).cloned().unwrap_or_default()).collect())
    }
}

fn hash(text: &str) -> String {
    blake3::hash(text.as_bytes()).to_hex().to_string()
}

/// Runs work that blocks on a thread that may.
pub async fn blocking<T: Send + 'static>(work: impl FnOnce() -> Outcome<T> + Send + 'static) -> Outcome<T> {
    tokio::task::spawn_blocking(work).await.unwrap_or_else(|error| {
        Err(Failure::new(FailureKind::Internal, format!("a part of the memory broke: {error}")))
    })
}
