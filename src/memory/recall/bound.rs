//! The memory stays within the number of episodes that is set: what says least goes first.

use crate::core::failure::{Failure, FailureKind};
use crate::memory::parts::blocking;
use crate::memory::recall::Memory;

impl Memory {
    /// Forgets what is too much after a write. That is upkeep: what was written is kept whatever comes of it.
    pub(super) async fn keep_bounded(&self) {
        let most = self.settings.most;
        let store = self.store.clone();
        // Places only grow, so the last one is never below the number of episodes.
        let place = blocking(move || store.episode_mark()).await.map(|mark| mark.0);
        let removed = match place {
            Ok(place) if most == 0 || place <= most => return,
            Ok(_) => self.store.evict_episodes(most).await,
            Err(failure) => Err(failure),
        };
        match removed {
            Ok(0) => {}
            Ok(removed) => {
                self.shelf.close().await;
                let message = format!("{removed} episodes were forgotten, for the memory holds at most {most}");
                self.shelf
                    .note(Failure::new(FailureKind::Limit, message).hint("the setting memory.most is that number"));
            }
            Err(failure) => self.shelf.note(failure),
        }
    }
}
