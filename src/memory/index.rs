//! The LanceDB table of episode vectors and filter columns, in one folder with the name of its embedder.
//!
//! An index, never the truth: nothing in LanceDB is synced to disk, so a power cut may leave it unreadable.
//! It is then rebuilt from the store by `upkeep`. It holds no episode's text.

use crate::core::failure::{Failure, FailureKind, Outcome};
use crate::memory::embed::EmbedderId;
use crate::memory::index::fault::OpenFault;
use crate::memory::index::filter::Filter;
use crate::memory::index::label::Label;
use crate::memory::index::lease::Lease;
use crate::memory::index::rows::Row;
use arrow_array::RecordBatch;
use futures::TryStreamExt;
use lancedb::query::{ExecutableQuery, QueryBase, Select};
use lancedb::{DistanceType, Table};
use std::collections::HashSet;
use std::path::{Path, PathBuf};
use std::time::Duration;

mod care;
pub mod fault;
pub mod filter;
mod label;
pub mod lease;
pub mod rows;
#[cfg(test)]
mod tests;

/// Partitions of a large table that every search looks into.
const PROBES: usize = 20;

/// An open index. Cheap to clone; every read sees what other processes have written.
#[derive(Clone, Debug)]
pub struct EpisodeIndex {
    folder: PathBuf,
    label: Label,
    dimensions: usize,
    table: Table,
}

impl EpisodeIndex {
    /// Opens the index in `folder`, or makes an empty one if there is none.
    pub async fn open(folder: &Path, embedder: &EmbedderId, dimensions: usize) -> Result<Self, OpenFault> {
        if let Some(index) = Self::open_if_any(folder, embedder, dimensions).await? {
            return Ok(index);
        }
        let lease = Lease::take(folder).await.map_err(OpenFault::Failed)?;
        // Another process may have made one while this one waited.
        match Self::open_if_any(folder, embedder, dimensions).await? {
            Some(index) => Ok(index),
            None => Self::begin(folder, embedder, dimensions).await?.publish(&lease).await,
        }
    }

    /// Opens the index in `folder`; nothing if there is none.
    pub async fn open_if_any(
        folder: &Path,
        embedder: &EmbedderId,
        dimensions: usize,
    ) -> Result<Option<Self>, OpenFault> {
        let Some(label) = Label::read(folder)? else { return Ok(None) };
        label.check(embedder)?;
        let broken = |error: lancedb::Error| OpenFault::Broken(error.to_string());
        let table = connect(folder).await?.open_table(&label.table).execute().await.map_err(broken)?;
        let schema = table.schema().await.map_err(broken)?;
        if *schema != *rows::schema(dimensions).map_err(OpenFault::Failed)? {
            return Err(OpenFault::Broken("its columns are those of another version".to_owned()));
        }
        Ok(Some(Self { folder: folder.to_owned(), label, dimensions, table }))
    }

    /// Begins an empty index in `folder` that nobody sees before `publish`; one that is there stays in use.
    pub async fn begin(folder: &Path, embedder: &EmbedderId, dimensions: usize) -> Result<Self, OpenFault> {
        let schema = rows::schema(dimensions).map_err(OpenFault::Failed)?;
        let label = Label::fresh(embedder);
        let made = connect(folder).await?.create_empty_table(&label.table, schema).execute().await;
        let table = made.map_err(|error| OpenFault::Failed(failure("making the memory index", &error)))?;
        Ok(Self { folder: folder.to_owned(), label, dimensions, table })
    }

    /// Puts this index in the place of the one that is in the folder, in one step, and removes that one.
    pub async fn publish(self, lease: &Lease) -> Result<Self, OpenFault> {
        self.label.write(&self.folder)?;
        care::remove_others(&self.folder, &self.label.table, lease).await?;
        Ok(self)
    }

    /// Adds rows with one commit of about 2 ms, so callers batch. Ids must be new: nothing is replaced.
    pub async fn add(&self, rows: &[Row]) -> Outcome<()> {
        if rows.is_empty() {
            return Ok(());
        }
        let batch = rows::batch(rows, self.dimensions)?;
        self.table.add(batch).execute().await.map_err(|error| failure("writing the memory index", &error))?;
        Ok(())
    }

    /// The ids of the `k` rows nearest to a vector among those that pass the filter, nearest first, each id once,
    /// with cosine similarities of -1 to 1. The filter is applied before the search, so `k` rows come if there are.
    /// In a table of many thousands of rows, few of the nearest may be missed (under 1 in 100 as measured).
    pub async fn search(&self, vector: &[f32], k: usize, filter: &Filter) -> Outcome<Vec<(String, f64)>> {
        if k == 0 {
            return Ok(Vec::new());
        }
        // A row may be there twice (two processes repaired at once), so a few more are asked for.
        let batches = self.nearest(vector, k.saturating_add(8), filter).await;
        let mut found = rows::distances(&batches.map_err(|error| failure("searching the memory index", &error))?)?;
        found.sort_by(|a, b| a.1.total_cmp(&b.1).then_with(|| a.0.cmp(&b.0)));
        let mut seen = HashSet::new();
        found.retain(|(id, _)| seen.insert(id.clone()));
        found.truncate(k);
        Ok(found.into_iter().map(|(id, distance)| (id, 1.0 - f64::from(distance))).collect())
    }

    async fn nearest(&self, vector: &[f32], k: usize, filter: &Filter) -> lancedb::Result<Vec<RecordBatch>> {
        let query = self.table.query().nearest_to(vector)?.distance_type(DistanceType::Cosine);
        // Without an upper bound, a filter that few rows pass is followed through all partitions.
        let query = query.minimum_nprobes(PROBES)?.maximum_nprobes(None)?;
        let query = query.limit(k).select(Select::columns(&["id", "_distance"]));
        let query = match filter.sql() {
            Some(sql) => query.only_if(sql),
            None => query,
        };
        query.execute().await?.try_collect().await
    }

    /// Whether it still is the index of its folder: another process may have rebuilt it.
    pub fn is_current(&self) -> bool {
        Label::read(&self.folder).is_ok_and(|label| label.as_ref() == Some(&self.label))
    }

    /// The folder that it is in.
    pub fn folder(&self) -> &Path {
        &self.folder
    }

    /// How many rows there are.
    pub async fn count(&self) -> Outcome<u64> {
        let count = self.table.count_rows(None).await.map_err(|error| failure("counting the memory index", &error))?;
        Ok(u64::try_from(count).unwrap_or(u64::MAX))
    }

    /// Every id, as often as it is there.
    pub async fn ids(&self) -> Outcome<Vec<String>> {
        let query = self.table.query().select(Select::columns(&["id"]));
        let batches = async { query.execute().await?.try_collect::<Vec<_>>().await };
        rows::ids(&batches.await.map_err(|error| failure("reading the memory index", &error))?)
    }

    /// Every id with its vector, as often as it is there: 1.5 kB per row.
    pub async fn vectors(&self) -> Outcome<Vec<(String, Vec<f32>)>> {
        let query = self.table.query().select(Select::columns(&["id", "vector"]));
        let batches = async { query.execute().await?.try_collect::<Vec<_>>().await };
        rows::vectors(&batches.await.map_err(|error| failure("reading the memory index", &error))?)
    }

    /// Removes all rows that have these ids.
    pub async fn remove(&self, ids: &[String]) -> Outcome<()> {
        for some in ids.chunks(500) {
            let list = filter::list(some.iter().map(String::as_str));
            self.table
                .delete(format!("id IN ({list})").as_str())
                .await
                .map_err(|error| failure("removing from the memory index", &error))?;
        }
        Ok(())
    }
}

async fn connect(folder: &Path) -> Result<lancedb::Connection, OpenFault> {
    let Some(path) = folder.to_str() else {
        let message = format!("the memory folder {} has a name that is not unicode", folder.display());
        return Err(OpenFault::Failed(Failure::new(FailureKind::Config, message)));
    };
    let connecting = lancedb::connect(path).read_consistency_interval(Duration::ZERO).execute();
    connecting.await.map_err(|error| OpenFault::Failed(failure("opening the memory index", &error)))
}

/// A failure of the index in words; the index can always be rebuilt, and the hint says how.
fn failure(doing: &str, error: &lancedb::Error) -> Failure {
    Failure::new(FailureKind::Io, format!("{doing} failed: {error}"))
        .hint("`rhizo memory reindex` rebuilds the index; no episode is lost")
}
