//! Brings an index in line with the log: adds what is missing, removes what is too much, or builds it anew.
//!
//! It never writes to the log.

use crate::core::failure::Outcome;
use crate::memory::index::EpisodeIndex;
use crate::memory::index::lease::Lease;
use crate::memory::index::rows::Row;
use crate::memory::parts::{Parts, blocking};
use std::collections::{HashMap, HashSet};
use std::path::Path;
use std::time::{Duration, Instant};

/// Episodes that are embedded between two looks at the clock.
const STEP: usize = 64;
/// Rows that are written at once: about 6 MB.
const WRITE: usize = 4_096;

/// Repairs an index until it agrees with the log or `patience` is over, newest episodes first; answers how many
/// episodes are still missing. Does nothing if somebody else is repairing.
pub(super) async fn repair(index: &EpisodeIndex, parts: &Parts, patience: Duration) -> Outcome<usize> {
    let log = parts.store.clone();
    let known = blocking(move || log.episode_count()).await?;
    if index.count().await? == known {
        return Ok(0);
    }
    let Some(lease) = Lease::try_take(index.folder())? else { return Ok(0) };
    let log = parts.store.clone();
    let known = blocking(move || log.episode_ids()).await?;
    let difference = Difference::between(&known, index.ids().await?);
    index.remove(&difference.surplus).await?;
    let begun = Instant::now();
    let done = fill(index, parts, &difference.missing, |_| begun.elapsed() < patience).await?;
    if done > WRITE {
        index.optimize(&lease).await?;
    } else if done > 0 {
        index.tidy(&lease).await?;
    }
    Ok(difference.missing.len() - done)
}

/// Builds a new index from the whole log and puts it in the place of the one in `folder`.
pub(super) async fn rebuild(
    folder: &Path,
    parts: &Parts,
    progress: &(dyn Fn(u64, u64) + Sync),
) -> Outcome<EpisodeIndex> {
    let lease = Lease::take(folder).await?;
    let log = parts.store.clone();
    let mut ids = blocking(move || log.episode_ids()).await?;
    ids.reverse();
    let fresh = EpisodeIndex::begin(folder, parts.embedder.id(), parts.embedder.dimensions()).await?;
    let total = number(ids.len());
    progress(0, total);
    fill(&fresh, parts, &ids, |done| {
        progress(number(done), total);
        true
    })
    .await?;
    fresh.optimize(&lease).await?;
    Ok(fresh.publish(&lease).await?)
}

/// Puts an empty index in the place of the one in `folder`.
pub(super) async fn empty(folder: &Path, parts: &Parts) -> Outcome<EpisodeIndex> {
    let lease = Lease::take(folder).await?;
    let fresh = EpisodeIndex::begin(folder, parts.embedder.id(), parts.embedder.dimensions()).await?;
    Ok(fresh.publish(&lease).await?)
}

/// Adds the episodes of these ids, in their order, while `go_on` of the number done says so; answers that number.
async fn fill(index: &EpisodeIndex, parts: &Parts, ids: &[String], go_on: impl Fn(usize) -> bool) -> Outcome<usize> {
    let mut done = 0;
    let mut rows = Vec::new();
    for step in ids.chunks(STEP) {
        rows.extend(embedded(parts, step.to_vec()).await?);
        done += step.len();
        if rows.len() >= WRITE {
            index.add(&rows).await?;
            rows.clear();
        }
        if !go_on(done) {
            break;
        }
    }
    index.add(&rows).await?;
    Ok(done)
}

async fn embedded(parts: &Parts, ids: Vec<String>) -> Outcome<Vec<Row>> {
    let parts = parts.clone();
    blocking(move || {
        let episodes = parts.store.episodes_by_ids(&ids)?;
        let texts: Vec<&str> = episodes.iter().map(|episode| episode.situation.as_str()).collect();
        let vectors = parts.vectors(&texts)?;
        Ok(episodes.iter().zip(vectors).map(|(episode, vector)| Row::new(episode, vector)).collect())
    })
    .await
}

fn number(count: usize) -> u64 {
    u64::try_from(count).unwrap_or(u64::MAX)
}

/// How an index differs from the log.
#[derive(Debug, PartialEq, Eq)]
struct Difference {
    /// Ids to remove from the index: unknown to the log, or there more than once.
    surplus: Vec<String>,
    /// Ids to add, newest first; those that are there more than once are among them, since removal takes all.
    missing: Vec<String>,
}

impl Difference {
    fn between(known: &[String], indexed: Vec<String>) -> Self {
        let mut times: HashMap<String, u32> = HashMap::new();
        for id in indexed {
            *times.entry(id).or_default() += 1;
        }
        let log: HashSet<&String> = known.iter().collect();
        let mut surplus: Vec<String> =
            times.iter().filter(|(id, times)| **times > 1 || !log.contains(id)).map(|(id, _)| id.clone()).collect();
        surplus.sort();
        let missing = known.iter().rev().filter(|id| times.get(*id) != Some(&1)).cloned().collect();
        Self { surplus, missing }
    }
}

#[cfg(test)]
mod tests {
    use super::Difference;

    #[test]
    fn differences_are_found_both_ways() {
        let ids = |text: &str| text.split_whitespace().map(str::to_owned).collect::<Vec<_>>();
        let check = |log: &str, index: &str, surplus: &str, missing: &str| {
            let expect = Difference { surplus: ids(surplus), missing: ids(missing) };
            assert_eq!(Difference::between(&ids(log), ids(index)), expect, "{log} / {index}");
        };
        check("", "", "", "");
        check("a b c", "c a b", "", "");
        check("a b c", "b", "", "c a");
        check("a", "a x y", "x y", "");
        check("a b", "a a b x", "a x", "a");
    }
}
