//! Ranking of a small memory without an index: every situation is embedded and compared.
//!
//! Opening the index takes tens of milliseconds, embedding a few hundred texts by hashing takes a few.

use crate::core::episode::{Episode, Recalled};
use crate::core::failure::Outcome;
use crate::memory::embed::{Embedder, cosine};
use crate::memory::index::filter::Filter;

/// The `k` episodes whose situations are most like `query` among those that pass the filter, most similar first.
pub fn nearest(
    embedder: &dyn Embedder,
    episodes: Vec<Episode>,
    query: &str,
    k: usize,
    filter: &Filter,
) -> Outcome<Vec<Recalled>> {
    let episodes: Vec<Episode> = episodes.into_iter().filter(|episode| filter.passes(episode)).collect();
    let texts: Vec<&str> = std::iter::once(query).chain(episodes.iter().map(|e| e.situation.as_str())).collect();
    let mut vectors = embedder.embed(&texts)?.into_iter();
    let query = vectors.next().unwrap_or_default();
    let similar = |(episode, vector): (Episode, Vec<f32>)| Recalled { similarity: cosine(&query, &vector), episode };
    let mut found: Vec<Recalled> = episodes.into_iter().zip(vectors).map(similar).collect();
    found.sort_by(|a, b| b.similarity.total_cmp(&a.similarity).then_with(|| a.episode.id.cmp(&b.episode.id)));
    found.truncate(k);
    Ok(found)
}
