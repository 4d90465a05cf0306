//! The port to the episodes themselves, which the store keeps: an append-only log, and the only truth.
//!
//! The index may be deleted at any time and is rebuilt from here.

use crate::core::episode::Episode;
use crate::core::failure::Outcome;
use futures::future::BoxFuture;

/// An append-only log of episodes. All but `append` block: an async caller uses `spawn_blocking`.
pub trait EpisodeLog: Send + Sync {
    /// Writes all the episodes, or none; they are on disk when it returns. Ids are given and unique.
    fn append<'a>(&'a self, episodes: &'a [Episode]) -> BoxFuture<'a, Outcome<()>>;

    /// Every episode, oldest first.
    fn all(&self) -> Outcome<Vec<Episode>>;

    /// The episodes that have these ids, in any order; unknown ids are left out.
    fn by_ids(&self, ids: &[String]) -> Outcome<Vec<Episode>>;

    /// Every id, oldest first.
    fn ids(&self) -> Outcome<Vec<String>>;

    /// How many episodes there are.
    fn count(&self) -> Outcome<u64>;
}
