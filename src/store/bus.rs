//! The live bus: every event of this process as it happens, stored ones after they are on disk.
//!
//! Events of other processes are not on it; they are read from the store by sequence number.

use crate::core::event::EventRecord;
use crate::store::open::Store;
use std::sync::Arc;
use tokio::sync::broadcast;

/// How many events a slow viewer may lag behind before it must read the store to catch up.
const CAPACITY: usize = 1_024;

impl Store {
    /// Every event of this process from now on, in order.
    ///
    /// A receiver that lags is told how much it missed and reads the rest with `Store::events`.
    pub fn subscribe(&self) -> broadcast::Receiver<Arc<EventRecord>> {
        self.bus().subscribe()
    }
}

pub(super) fn channel() -> broadcast::Sender<Arc<EventRecord>> {
    broadcast::Sender::new(CAPACITY)
}

pub(super) fn publish(bus: &broadcast::Sender<Arc<EventRecord>>, record: EventRecord) {
    // It fails when nobody listens, which is the usual case.
    drop(bus.send(Arc::new(record)));
}
