//! The memory as the rest of the program sees it: remember episodes, recall similar ones, rebuild the index.
//!
//! Nothing is opened before it is needed. The log decides: an episode counts as remembered once the log has it,
//! and an index that fails is noted, repaired or rebuilt without losing one. It draws no conclusions.

use crate::core::episode::{Episode, Recalled};
use crate::core::failure::{Failure, FailureKind, Outcome};
use crate::memory::embed::Embedder;
use crate::memory::exact;
use crate::memory::hashing::Hashing;
use crate::memory::index::EpisodeIndex;
use crate::memory::index::fault::OpenFault;
use crate::memory::index::filter::Filter;
use crate::memory::index::rows::Row;
use crate::memory::onnx::OnnxEmbedder;
use crate::memory::settings::{EmbedderChoice, MemorySettings};
use crate::memory::situation;
use crate::memory::truth::EpisodeLog;
use crate::memory::upkeep::{self, Parts, blocking};
use std::collections::HashMap;
use std::mem;
use std::path::PathBuf;
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;
use tokio::sync::{Mutex as AsyncMutex, OnceCell};
use ulid::Ulid;

#[cfg(test)]
mod tests;

/// How long a first use may spend on repairs; what is left is noted and repaired by the next ones.
const PATIENCE: Duration = Duration::from_secs(3);

/// The memory. Shared behind an `Arc`.
pub struct Memory {
    settings: MemorySettings,
    log: Arc<dyn EpisodeLog>,
    embedder: OnceCell<Arc<dyn Embedder>>,
    index: AsyncMutex<Option<EpisodeIndex>>,
    notes: Mutex<Vec<Failure>>,
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

impl Memory {
    /// A memory over a log; reads and writes nothing yet.
    pub fn new(settings: MemorySettings, log: Arc<dyn EpisodeLog>) -> Self {
        let (embedder, index, notes) = (OnceCell::new(), AsyncMutex::new(None), Mutex::new(Vec::new()));
        Self { settings, log, embedder, index, notes }
    }

    /// Stores an episode and answers its id. `at` must be given; `id` is filled in if it is empty.
    ///
    /// Fails only if the log fails, or with `Invalid` if the situation is empty. Trouble with the index is noted.
    pub async fn remember(&self, episode: Episode) -> Outcome<String> {
        let mut ids = self.remember_all(vec![episode]).await?;
        ids.pop().ok_or_else(|| Failure::new(FailureKind::Internal, "the memory stored nothing"))
    }

    /// Stores many episodes, all or none, and answers their ids; much faster than one by one.
    pub async fn remember_all(&self, episodes: Vec<Episode>) -> Outcome<Vec<String>> {
        let episodes = episodes.into_iter().map(prepared).collect::<Outcome<Vec<_>>>()?;
        if self.is_small(episodes.len()).await? {
            // The index takes them from the log when it is opened for the first time.
            self.log.append(&episodes).await?;
            return Ok(episodes.into_iter().map(|episode| episode.id).collect());
        }
        // Opened before the log is written, so that its repair does not find these episodes missing.
        let index = self.index().await;
        self.log.append(&episodes).await?;
        let ids = episodes.iter().map(|episode| episode.id.clone()).collect();
        let indexed = match index {
            Ok(index) => self.add(&index, episodes).await,
            Err(failure) => Err(failure),
        };
        if let Err(failure) = indexed {
            self.note(failure);
            // The next use opens the index anew and adds what it lacks.
            *self.index.lock().await = None;
        }
        Ok(ids)
    }

    /// The `k` episodes most like a query among those that a real run may see, most similar first.
    pub async fn recall(&self, query: &str, k: usize) -> Outcome<Vec<Recalled>> {
        self.recall_where(query, k, &Filter::real()).await
    }

    /// The `k` episodes most like a query among those that pass a filter, most similar first.
    ///
    /// `Config` if the index was built with another embedder. A broken index is rebuilt, and that is noted.
    pub async fn recall_where(&self, query: &str, k: usize, filter: &Filter) -> Outcome<Vec<Recalled>> {
        let embedder = self.embedder().await?;
        let query = situation::canonical(query);
        if self.is_small(0).await? {
            let (log, filter) = (self.log.clone(), filter.clone());
            return blocking(move || exact::nearest(embedder.as_ref(), log.all()?, &query, k, &filter)).await;
        }
        let vector = blocking(move || embedder.embed(&[query.as_str()])).await?.pop().unwrap_or_default();
        let found = self.search(&vector, k, filter).await?;
        let (log, ids) = (self.log.clone(), found.iter().map(|(id, _)| id.clone()).collect::<Vec<_>>());
        let episodes = blocking(move || log.by_ids(&ids)).await?;
        let mut episodes: HashMap<String, Episode> =
            episodes.into_iter().map(|episode| (episode.id.clone(), episode)).collect();
        let known = found.into_iter().filter_map(|(id, similarity)| Some((episodes.remove(&id)?, similarity)));
        Ok(known.map(|(episode, similarity)| Recalled { episode, similarity }).collect())
    }

    /// Builds the index anew from the log with the embedder that is set; `progress` gets (done, all) episodes.
    pub async fn reindex(&self, progress: &(dyn Fn(u64, u64) + Sync)) -> Outcome<u64> {
        let parts = self.parts().await?;
        let mut slot = self.index.lock().await;
        let index = upkeep::rebuild(&self.folder(), &parts, progress).await?;
        let count = index.count().await?;
        *slot = Some(index);
        Ok(count)
    }

    /// How many episodes there are and whether the index is well; changes nothing.
    pub async fn stats(&self) -> Outcome<MemoryStats> {
        let parts = self.parts().await?;
        let log = self.log.clone();
        let episodes = blocking(move || log.count()).await?;
        let (id, dimensions) = (parts.embedder.id(), parts.embedder.dimensions());
        let counted = match EpisodeIndex::open_if_any(&self.folder(), id, dimensions).await {
            Ok(Some(index)) => index.count().await,
            Ok(None) => Ok(0),
            Err(fault) => Err(fault.into()),
        };
        let (indexed, fault) = match counted {
            Ok(count) => (count, None),
            Err(failure) => (0, Some(failure)),
        };
        Ok(MemoryStats { embedder: id.to_string(), dimensions, folder: self.folder(), episodes, indexed, fault })
    }

    /// What went wrong with the index since the last call without stopping anybody, for a person to read.
    pub fn take_notes(&self) -> Vec<Failure> {
        mem::take(&mut *self.notes.lock().unwrap_or_else(PoisonError::into_inner))
    }

    /// The embedder that is set, loaded at the first call.
    pub async fn embedder(&self) -> Outcome<Arc<dyn Embedder>> {
        let choice = self.settings.embedder.clone();
        self.embedder.get_or_try_init(|| blocking(move || load(&choice))).await.cloned()
    }

    /// Whether `more` episodes and those in the log are so few that no index is needed, and none is open.
    async fn is_small(&self, more: usize) -> Outcome<bool> {
        if !self.embedder().await?.is_instant() || self.index.lock().await.is_some() {
            return Ok(false);
        }
        let log = self.log.clone();
        let count = blocking(move || log.count()).await?;
        Ok(count.saturating_add(u64::try_from(more).unwrap_or(u64::MAX)) <= self.settings.few)
    }

    async fn parts(&self) -> Outcome<Parts> {
        Ok(Parts { embedder: self.embedder().await?, log: self.log.clone() })
    }

    fn folder(&self) -> PathBuf {
        self.settings.folder.join("index")
    }

    fn note(&self, failure: Failure) {
        tracing::warn!(kind = failure.kind.name(), "{}", failure.message);
        let mut notes = self.notes.lock().unwrap_or_else(PoisonError::into_inner);
        if !notes.contains(&failure) {
            notes.push(failure);
        }
    }

    async fn add(&self, index: &EpisodeIndex, episodes: Vec<Episode>) -> Outcome<()> {
        let embedder = self.embedder().await?;
        let rows = blocking(move || {
            let texts: Vec<&str> = episodes.iter().map(|episode| episode.situation.as_str()).collect();
            let vectors = embedder.embed(&texts)?;
            Ok(episodes.iter().zip(vectors).map(|(episode, vector)| Row::new(episode, vector)).collect::<Vec<_>>())
        });
        index.add(&rows.await?).await?;
        index.tidy().await.map(drop)
    }

    /// Searches; if that fails, opens the index anew (another process may just have replaced it), then rebuilds it.
    async fn search(&self, vector: &[f32], k: usize, filter: &Filter) -> Outcome<Vec<(String, f64)>> {
        if let Ok(found) = self.index().await?.search(vector, k, filter).await {
            return Ok(found);
        }
        *self.index.lock().await = None;
        let failure = match self.index().await?.search(vector, k, filter).await {
            Ok(found) => return Ok(found),
            Err(failure) => failure,
        };
        let parts = self.parts().await?;
        let mut slot = self.index.lock().await;
        let index = self.renewed(&parts, &failure.message).await?;
        let found = index.search(vector, k, filter).await;
        *slot = Some(index);
        found
    }

    /// The open index, in line with the log.
    async fn index(&self) -> Outcome<EpisodeIndex> {
        let parts = self.parts().await?;
        let mut slot = self.index.lock().await;
        if let Some(index) = slot.as_ref().filter(|index| index.is_current()) {
            return Ok(index.clone());
        }
        let (id, dimensions) = (parts.embedder.id(), parts.embedder.dimensions());
        let index = match EpisodeIndex::open(&self.folder(), id, dimensions).await {
            Ok(index) => match self.repair(&index, &parts).await {
                Ok(()) => index,
                Err(failure) => self.renewed(&parts, &failure.message).await?,
            },
            Err(OpenFault::Broken(why)) => self.renewed(&parts, &why).await?,
            Err(fault) => return Err(fault.into()),
        };
        *slot = Some(index.clone());
        Ok(index)
    }

    /// A new index in the place of a broken one, filled from the log.
    async fn renewed(&self, parts: &Parts, why: &str) -> Outcome<EpisodeIndex> {
        self.note(Failure::new(FailureKind::Io, format!("the memory index was broken and is rebuilt: {why}")));
        let index = upkeep::empty(&self.folder(), parts).await?;
        self.repair(&index, parts).await?;
        Ok(index)
    }

    async fn repair(&self, index: &EpisodeIndex, parts: &Parts) -> Outcome<()> {
        let missing = upkeep::repair(index, parts, PATIENCE).await?;
        if missing > 0 {
            let message = format!("{missing} older episodes are not in the memory index yet");
            self.note(Failure::new(FailureKind::Io, message).hint("`rhizo memory reindex` adds them all"));
        }
        Ok(())
    }
}

/// An episode ready for the log: named, and with the situation text that is embedded.
fn prepared(mut episode: Episode) -> Outcome<Episode> {
    episode.situation = situation::canonical(&episode.situation);
    if episode.situation.is_empty() || episode.at == 0 {
        let message = "an episode needs a situation, in words, and the time when it ended";
        return Err(Failure::new(FailureKind::Invalid, message).hint(r#"for example #{situation: "sum a column"}"#));
    }
    if episode.id.is_empty() {
        // The time is the caller's and the rest is random, so that ids sort by time.
        episode.id = Ulid::from_parts(episode.at, Ulid::generate().random()).to_string();
    }
    Ok(episode)
}

fn load(choice: &EmbedderChoice) -> Outcome<Arc<dyn Embedder>> {
    Ok(match choice {
        EmbedderChoice::Hashing => Arc::new(Hashing::new()),
        EmbedderChoice::Folder(folder) => Arc::new(OnnxEmbedder::from_folder(folder)?),
        EmbedderChoice::Hub { cache } => Arc::new(OnnxEmbedder::from_hub(cache)?),
    })
}
