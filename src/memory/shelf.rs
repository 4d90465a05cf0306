//! The open index of a memory: opened when first needed, kept in line with the log, rebuilt when it is broken.
//!
//! An index that fails is noted and repaired or rebuilt; no episode is lost by it, because the log has them all.

use crate::core::failure::{Failure, FailureKind, Outcome};
use crate::memory::index::EpisodeIndex;
use crate::memory::index::fault::OpenFault;
use crate::memory::parts::{Parts, blocking};
use crate::memory::upkeep;
use std::mem;
use std::path::{Path, PathBuf};
use std::sync::{Mutex, PoisonError};
use std::time::Duration;
use tokio::sync::Mutex as AsyncMutex;

/// How long a first use may spend on repairs; what is left is noted and repaired by the next ones.
const PATIENCE: Duration = Duration::from_secs(3);

/// An open index, and the mark of the log that it is in line with.
struct Open {
    index: EpisodeIndex,
    mark: (u64, u64),
}

/// The place of the open index.
pub(super) struct Shelf {
    folder: PathBuf,
    slot: AsyncMutex<Option<Open>>,
    notes: Mutex<Vec<Failure>>,
}

impl Shelf {
    /// A place for the index in this folder; opens nothing yet.
    pub(super) fn new(folder: PathBuf) -> Self {
        Self { folder, slot: AsyncMutex::new(None), notes: Mutex::default() }
    }

    /// The folder of the index.
    pub(super) fn folder(&self) -> &Path {
        &self.folder
    }

    /// Whether the index is open.
    pub(super) async fn is_open(&self) -> bool {
        self.slot.lock().await.is_some()
    }

    /// Closes the index; the next use opens it anew and adds what it lacks.
    pub(super) async fn close(&self) {
        *self.slot.lock().await = None;
    }

    /// What went wrong with the index since the last call without stopping anybody.
    pub(super) fn take_notes(&self) -> Vec<Failure> {
        mem::take(&mut *self.notes.lock().unwrap_or_else(PoisonError::into_inner))
    }

    /// Notes what went wrong without stopping anybody.
    pub(super) fn note(&self, failure: Failure) {
        tracing::warn!(kind = failure.kind.name(), "{}", failure.message);
        let mut notes = self.notes.lock().unwrap_or_else(PoisonError::into_inner);
        if !notes.contains(&failure) {
            notes.push(failure);
        }
    }

    /// Builds the index anew; `progress` gets (done, all) episodes.
    pub(super) async fn rebuild(&self, parts: &Parts, progress: &(dyn Fn(u64, u64) + Sync)) -> Outcome<u64> {
        let mut slot = self.slot.lock().await;
        let mark = mark(parts).await?;
        let index = upkeep::rebuild(&self.folder, parts, progress).await?;
        let count = index.count().await?;
        *slot = Some(Open { index, mark });
        Ok(count)
    }

    /// The open index, in line with the log. `Config` if it was built with another embedder.
    pub(super) async fn index(&self, parts: &Parts) -> Outcome<EpisodeIndex> {
        let mut slot = self.slot.lock().await;
        let mark = mark(parts).await?;
        if let Some(open) = slot.as_ref().filter(|open| open.mark == mark && open.index.is_current()) {
            return Ok(open.index.clone());
        }
        let (id, dimensions) = (parts.embedder.id(), parts.embedder.dimensions());
        let index = match EpisodeIndex::open(&self.folder, id, dimensions).await {
            Ok(index) => match self.repair(&index, parts).await {
                Ok(()) => index,
                Err(failure) => self.renewed(parts, &failure.message).await?,
            },
            Err(OpenFault::Broken(why)) => self.renewed(parts, &why).await?,
            Err(fault) => return Err(fault.into()),
        };
        *slot = Some(Open { index: index.clone(), mark });
        Ok(index)
    }

    /// Asks the index; if that fails, opens it anew (another process may just have replaced it), then rebuilds it.
    pub(super) async fn ask<T, F>(&self, parts: &Parts, ask: impl Fn(EpisodeIndex) -> F) -> Outcome<T>
    where
        F: Future<Output = Outcome<T>>,
    {
        if let Ok(answer) = ask(self.index(parts).await?).await {
            return Ok(answer);
        }
        self.close().await;
        let failure = match ask(self.index(parts).await?).await {
            Ok(answer) => return Ok(answer),
            Err(failure) => failure,
        };
        let mut slot = self.slot.lock().await;
        let mark = mark(parts).await?;
        let index = self.renewed(parts, &failure.message).await?;
        let answer = ask(index.clone()).await;
        *slot = Some(Open { index, mark });
        answer
    }

    /// A new index in the place of a broken one, filled from the log.
    async fn renewed(&self, parts: &Parts, why: &str) -> Outcome<EpisodeIndex> {
        self.note(Failure::new(FailureKind::Io, format!("the memory index was broken and is rebuilt: {why}")));
        let index = upkeep::empty(&self.folder, parts).await?;
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

async fn mark(parts: &Parts) -> Outcome<(u64, u64)> {
    let store = parts.store.clone();
    blocking(move || store.episode_mark()).await
}
