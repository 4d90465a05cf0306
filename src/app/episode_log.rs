//! The store as the memory's log of episodes.

use crate::core::episode::Episode;
use crate::core::failure::Outcome;
use crate::memory::truth::EpisodeLog;
use crate::store::open::Store;
use futures::FutureExt;
use futures::future::BoxFuture;

/// The log of episodes in the store.
pub struct StoreLog(pub Store);

impl EpisodeLog for StoreLog {
    fn append<'a>(&'a self, episodes: &'a [Episode]) -> BoxFuture<'a, Outcome<()>> {
        self.0.append_episodes(episodes.to_vec()).boxed()
    }

    fn all(&self) -> Outcome<Vec<Episode>> {
        self.0.episodes()
    }

    fn by_ids(&self, ids: &[String]) -> Outcome<Vec<Episode>> {
        self.0.episodes_by_ids(ids)
    }

    fn ids(&self) -> Outcome<Vec<String>> {
        self.0.episode_ids()
    }

    fn count(&self) -> Outcome<u64> {
        self.0.episode_count()
    }
}
