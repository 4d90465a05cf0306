//! Keeping an index fast and small: compaction, and removal of tables that a rebuild has replaced.

use crate::core::failure::{Failure, FailureKind, Outcome};
use crate::memory::index::fault::OpenFault;
use crate::memory::index::lease::Lease;
use crate::memory::index::{EpisodeIndex, failure};
use lancedb::DistanceType;
use lancedb::index::Index;
use lancedb::index::scalar::BitmapIndexBuilder;
use lancedb::index::vector::IvfFlatIndexBuilder;
use lancedb::table::{Duration, OptimizeAction};
use std::fs;
use std::io;
use std::path::Path;

/// Each `add` leaves a fragment and a version behind; from this many on, compaction pays.
const FRAGMENTS: usize = 48;
/// From this many rows on, a search is faster through partitions than over all rows (5,000: by a factor of three).
const PARTITIONED: usize = 2_000;
/// Versions older than this go; a search in another process needs its version for seconds at most.
const KEEP_MINUTES: i64 = 10;

impl EpisodeIndex {
    /// Optimizes if many small writes have piled up or the table has grown out of exact search; answers whether it did.
    pub async fn tidy(&self, lease: &Lease) -> Outcome<bool> {
        let stats = self.table.stats().await.map_err(|error| failure("examining the memory index", &error))?;
        let grown = stats.num_rows >= PARTITIONED && stats.num_indices == 0;
        if stats.fragment_stats.num_small_fragments < FRAGMENTS && !grown {
            return Ok(false);
        }
        self.optimize(lease).await?;
        Ok(true)
    }

    /// Merges small fragments, drops old versions, and keeps the partitions of a large table up to date.
    /// Takes seconds for 100,000 rows.
    pub async fn optimize(&self, _lease: &Lease) -> Outcome<()> {
        let doing = "compacting the memory index";
        let older_than = Duration::try_minutes(KEEP_MINUTES);
        let prune = OptimizeAction::Prune { older_than, delete_unverified: None, error_if_tagged_old_versions: None };
        for action in [OptimizeAction::All, prune] {
            self.table.optimize(action).await.map_err(|error| failure(doing, &error))?;
        }
        let stats = self.table.stats().await.map_err(|error| failure(doing, &error))?;
        if stats.num_rows >= PARTITIONED && stats.num_indices == 0 {
            // Flat partitions hold the vectors themselves: the smaller kinds lose a tenth of the nearest rows.
            let kind = Index::IvfFlat(IvfFlatIndexBuilder::default().distance_type(DistanceType::Cosine));
            self.table.create_index(&["vector"], kind).execute().await.map_err(|error| failure(doing, &error))?;
            for column in ["namespace", "action", "arm"] {
                let kind = Index::Bitmap(BitmapIndexBuilder::default());
                self.table.create_index(&[column], kind).execute().await.map_err(|error| failure(doing, &error))?;
            }
        }
        Ok(())
    }
}

/// Removes all tables in `folder` but one. A process that still reads another of them opens the index anew.
pub(super) async fn remove_others(folder: &Path, table: &str, _lease: &Lease) -> Result<(), OpenFault> {
    let (folder, keep) = (folder.to_owned(), format!("{table}.lance"));
    let clearing = tokio::task::spawn_blocking(move || {
        for entry in fs::read_dir(&folder)? {
            let entry = entry?;
            let name = entry.file_name().to_string_lossy().into_owned();
            if name.ends_with(".lance") && name != keep {
                fs::remove_dir_all(entry.path())?;
            }
        }
        Ok(())
    });
    let cleared = clearing.await.unwrap_or_else(|error| Err(io::Error::other(error)));
    cleared.map_err(|error| {
        OpenFault::Failed(Failure::new(FailureKind::Io, format!("removing an old memory index failed: {error}")))
    })
}
