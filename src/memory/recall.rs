//! The memory as the rest of the program sees it: remember episodes, recall similar ones, rebuild the index.
//!
//! Nothing is opened before it is needed. The log decides: an episode counts as remembered once the store has it. It
//! draws no conclusions; `learn` does.

use crate::core::episode::{Episode, Outline, Recalled};
use crate::core::failure::{Failure, FailureKind, Outcome};
use crate::memory::embed::Embedder;
use crate::memory::hashing::Hashing;
use crate::memory::index::EpisodeIndex;
use crate::memory::index::filter::Filter;
use crate::memory::onnx::OnnxEmbedder;
use crate::memory::parts::{Parts, blocking};
use crate::memory::resident::Resident;
use crate::memory::settings::{EmbedderChoice, MemorySettings};
use crate::memory::shelf::Shelf;
use crate::memory::situation;
use crate::memory::trend::Trends;
use crate::store::open::Store;
use std::collections::HashMap;
use std::path::PathBuf;
use std::sync::Arc;
use std::sync::atomic::{AtomicU32, Ordering};
use tokio::sync::{OnceCell, RwLock};
use ulid::Ulid;

mod bound;
pub(in crate::memory) mod keep;
mod trends;
#[cfg(test)]
mod tests;

/// An index of at most so many rows is read into working memory with the first search: that costs as much as two
/// searches through the index.
const SMALL: u64 = 20_000;
/// A larger one is read (a second per 100,000 rows) once a process has shown that it searches often.
const OFTEN: u32 = 4;

/// The memory. Shared behind an `Arc`.
pub struct Memory {
    settings: MemorySettings,
    store: Store,
    cache: Store,
    embedder: OnceCell<Arc<dyn Embedder>>,
    shelf: Shelf,
    resident: Arc<RwLock<Option<Resident>>>,
    trends: Trends,
    searches: AtomicU32,
}

/// What there is to say about a memory.
#[derive(Clone, Debug, PartialEq)]
pub struct MemoryStats {
    /// The embedder's name.
    pub embedder: String,
    /// The length of its vectors.
    pub dimensions: usize,
    /// The folder of the index.
    pub folder: PathBuf,
    /// Episodes in the log.
    pub episodes: u64,
    /// Episodes in the index; 0 if there is none yet or it cannot be read.
    pub indexed: u64,
    /// Why the index cannot be used, if it cannot.
    pub fault: Option<Failure>,
}

/// An episode near a situation, as far as decisions need it.
#[derive(Clone, Debug, PartialEq)]
pub struct Near {
    /// The episode without its texts.
    pub outline: Outline,
    /// Cosine similarity of the situations, -1 to 1.
    pub similarity: f64,
}

impl Memory {
    /// A memory over the episodes of a store; reads and writes nothing yet.
    pub fn new(settings: MemorySettings, store: Store) -> Self {
        let shelf = Shelf::new(settings.folder.join("index"));
        let (resident, trends, searches) = (Arc::default(), Trends::default(), AtomicU32::new(0));
        Self { settings, cache: store.clone(), store, embedder: OnceCell::new(), shelf, resident, trends, searches }
    }

    /// The same memory with an embedder that is loaded already, and another store to keep vectors of texts in.
    #[must_use]
    pub fn with(self, embedder: Arc<dyn Embedder>, cache: Store) -> Self {
        Self { cache, embedder: OnceCell::new_with(Some(embedder)), ..self }
    }

    /// Stores an episode and answers its id. `at` must be given; `id` and the fingerprint are filled in if empty.
    ///
    /// Fails only if the log fails, or with `Invalid` if the situation is empty. Trouble with the index is noted.
    pub async fn remember(&self, episode: Episode) -> Outcome<String> {
        let mut ids = self.remember_all(vec![episode]).await?;
        ids.pop().ok_or_else(|| Failure::new(FailureKind::Internal, "the memory stored nothing"))
    }

    /// Stores many episodes, all or none, and answers their ids; much faster than one by one. They are on disk when it
    /// returns; the next search adds them to the index.
    pub async fn remember_all(&self, episodes: Vec<Episode>) -> Outcome<Vec<String>> {
        let embedder = &self.settings.embedder_name();
        let prepared = |episode| prepared(episode, embedder);
        let episodes = episodes.into_iter().map(prepared).collect::<Outcome<Vec<_>>>()?;
        let ids = episodes.iter().map(|episode| episode.id.clone()).collect();
        self.store.append_episodes(episodes).await?;
        self.keep_bounded().await;
        Ok(ids)
    }

    /// Stores those of the episodes that are neither known nor forgotten, and answers how many these were.
    pub async fn add_all(&self, episodes: Vec<Episode>) -> Outcome<u64> {
        let embedder = &self.settings.embedder_name();
        let prepared = |episode| prepared(episode, embedder);
        let added = self.store.add_episodes(episodes.into_iter().map(prepared).collect::<Outcome<Vec<_>>>()?).await?;
        self.keep_bounded().await;
        Ok(added)
    }

    /// Removes episodes for good; answers how many there were. The index loses them with the next search.
    pub async fn forget(&self, ids: Vec<String>, at: u64) -> Outcome<u64> {
        let removed = self.store.forget_episodes(ids, at).await?;
        self.shelf.close().await;
        Ok(removed)
    }

    /// The `k` episodes most like a query among those that a real run may see, most similar first.
    pub async fn recall(&self, query: &str, k: usize) -> Outcome<Vec<Recalled>> {
        self.recall_where(query, k, &Filter::real()).await
    }

    /// The `k` episodes most like a query among those that pass a filter, most similar first.
    ///
    /// `Config` if the index was built with another embedder. A broken index is rebuilt, and that is noted.
    pub async fn recall_where(&self, query: &str, k: usize, filter: &Filter) -> Outcome<Vec<Recalled>> {
        let near = self.near(query, k, vec![filter.clone()]).await?.pop().unwrap_or_default();
        let (store, ids) = (self.store.clone(), near.iter().map(|near| near.outline.id.clone()).collect::<Vec<_>>());
        let episodes = blocking(move || store.episodes_by_ids(&ids)).await?;
        let mut episodes: HashMap<String, Episode> =
            episodes.into_iter().map(|episode| (episode.id.clone(), episode)).collect();
        let known = near.into_iter().filter_map(|near| Some((episodes.remove(&near.outline.id)?, near.similarity)));
        Ok(known.map(|(episode, similarity)| Recalled { episode, similarity }).collect())
    }

    /// For each filter the `k` episodes most like a query among those that pass it, most similar first.
    pub async fn near(&self, query: &str, k: usize, filters: Vec<Filter>) -> Outcome<Vec<Vec<Near>>> {
        let parts = self.parts().await?;
        let query = situation::canonical(query);
        let embedding = parts.clone();
        let vector = blocking(move || embedding.vectors(&[query.as_str()])).await?.pop().unwrap_or_default();
        self.near_all(&parts, &vector, k, &filters).await
    }

    /// Builds the index anew from the log with the embedder that is set, and the sums of utility with it; `progress`
    /// gets (done, all) episodes.
    pub async fn reindex(&self, progress: &(dyn Fn(u64, u64) + Sync)) -> Outcome<u64> {
        let parts = self.parts().await?;
        self.store.rebuild_utilities().await?;
        *self.resident.write().await = None;
        self.shelf.rebuild(&parts, progress).await
    }

    /// How many episodes there are and whether the index is well; changes nothing.
    pub async fn stats(&self) -> Outcome<MemoryStats> {
        let parts = self.parts().await?;
        let store = self.store.clone();
        let episodes = blocking(move || store.episode_count()).await?;
        let (id, dimensions) = (parts.embedder.id(), parts.embedder.dimensions());
        let folder = self.shelf.folder();
        let counted = match EpisodeIndex::open_if_any(folder, id, dimensions).await {
            Ok(Some(index)) => index.count().await,
            Ok(None) => Ok(0),
            Err(fault) => Err(fault.into()),
        };
        let (indexed, fault) = match counted {
            Ok(count) => (count, None),
            Err(failure) => (0, Some(failure)),
        };
        let folder = folder.to_owned();
        Ok(MemoryStats { embedder: id.to_string(), dimensions, folder, episodes, indexed, fault })
    }

    /// What went wrong with the index or the log since the last call without stopping anybody, for a person to read.
    pub fn take_notes(&self) -> Vec<Failure> {
        self.shelf.take_notes().into_iter().chain(self.store.take_note()).collect()
    }

    /// The embedder that is set, loaded at the first call.
    pub async fn embedder(&self) -> Outcome<Arc<dyn Embedder>> {
        let choice = self.settings.embedder.clone();
        self.embedder.get_or_try_init(|| blocking(move || load(&choice))).await.cloned()
    }

    /// The log of episodes.
    pub const fn store(&self) -> &Store {
        &self.store
    }

    /// The embedder with the log, for work in bulk.
    pub async fn parts(&self) -> Outcome<Parts> {
        Ok(Parts { embedder: self.embedder().await?, store: self.store.clone(), cache: self.cache.clone() })
    }

    fn often(&self) -> bool {
        self.searches.fetch_add(1, Ordering::Relaxed) >= OFTEN
    }
}

/// An episode ready for the log: named, and with the situation text that is embedded.
fn prepared(mut episode: Episode, embedder: &str) -> Outcome<Episode> {
    episode.situation = situation::canonical(&episode.situation);
    if episode.situation.is_empty() || episode.at == 0 {
        let message = "an episode needs a situation, in words, and the time when it ended";
        return Err(Failure::new(FailureKind::Invalid, message).hint(r#"for example #{situation: "sum a column"}"#));
    }
    if !(0.0..=1.0).contains(&episode.trust) || !(0.0..=1.0).contains(&episode.propensity) {
        return Err(Failure::new(FailureKind::Invalid, "trust and propensity are numbers from 0 to 1"));
    }
    if episode.id.is_empty() {
        // The time is the caller's and the rest is random, so that ids sort by time.
        episode.id = Ulid::from_parts(episode.at, Ulid::generate().random()).to_string();
    }
    if episode.fingerprint.is_empty() {
        episode.fingerprint = situation::fingerprint(&episode.situation);
    }
    embedder.clone_into(&mut episode.embedder);
    Ok(episode)
}

/// Loads an embedder; blocks, for half a second if it is a sentence model.
pub fn load(choice: &EmbedderChoice) -> Outcome<Arc<dyn Embedder>> {
    Ok(match choice {
        EmbedderChoice::Hashing => Arc::new(Hashing::new()),
        EmbedderChoice::Folder(folder) => Arc::new(OnnxEmbedder::from_folder(folder)?),
        EmbedderChoice::Hub { cache } => Arc::new(OnnxEmbedder::from_hub(cache)?),
    })
}
