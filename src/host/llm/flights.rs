//! Equal questions that are under way: the first goes out, the others wait for its answer to be kept.
//!
//! Of one process; what was kept earlier is in the store.

use crate::core::failure::{Failure, Outcome};
use std::collections::HashMap;
use std::sync::{Arc, Mutex, PoisonError, Weak};
use tokio::sync::{Mutex as Turn, OwnedMutexGuard};
use tokio_util::sync::CancellationToken;

/// The questions under way.
#[derive(Debug, Default)]
pub struct Flights {
    /// By key; the value is whether one of them has ended without an answer that was kept.
    known: Mutex<HashMap<String, Weak<Turn<bool>>>>,
}

/// A question whose turn it is. Dropped before it lands it was in vain: those behind it wait no longer for each other.
#[derive(Debug)]
pub struct Flight {
    vain: OwnedMutexGuard<bool>,
    /// It was in vain before.
    again: bool,
}

impl Flights {
    /// Waits until nobody asks the question of this key.
    ///
    /// # Errors
    /// `cancelled`.
    pub async fn board(&self, key: &str, cancel: &CancellationToken) -> Outcome<Flight> {
        let turn = self.turn(key);
        let mut vain = tokio::select! {
            biased;
            () = cancel.cancelled() => return Err(Failure::cancelled()),
            vain = turn.lock_owned() => vain,
        };
        let again = std::mem::replace(&mut *vain, true);
        Ok(Flight { vain, again })
    }

    fn turn(&self, key: &str) -> Arc<Turn<bool>> {
        let mut known = self.known.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some(turn) = known.get(key).and_then(Weak::upgrade) {
            return turn;
        }
        // As many as are under way stay, so this is short.
        known.retain(|_, turn| turn.strong_count() > 0);
        let turn = Arc::default();
        known.insert(key.to_owned(), Arc::downgrade(&turn));
        turn
    }
}

impl Flight {
    /// Whether one before it ended without an answer to keep, so that to wait for this one may be in vain too.
    pub fn is_vain(&self) -> bool {
        self.again
    }

    /// The answer has been kept.
    pub fn land(mut self) {
        *self.vain = false;
    }
}
