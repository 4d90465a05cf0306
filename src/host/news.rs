//! The events of a run for its own script. The store's `close` is its barrier: what was told before is there afterwards.

use crate::core::event::{Event, EventRecord};
use crate::core::failure::{Failure, FailureKind, Outcome};
use crate::host::run_host::RunHost;
use serde_json::{Value, json};
use tokio::sync::broadcast::error::RecvError;

/// Answers the stored events behind a number, or the number of the last one if none is given. What was printed is left
/// out: whoever prints about events would hear of it without an end.
pub async fn read(host: &RunHost, after: Option<u64>, wait: bool) -> Outcome<Value> {
    let store = &host.kit.store;
    let mut live = store.subscribe();
    let Some(after) = after else {
        host.replay.iter().for_each(|replay| replay.hear());
        store.close().await?;
        return Ok(json!(store.events(&host.run, 0)?.last().map_or(0, |record| record.seq)));
    };
    loop {
        if !wait {
            store.close().await?;
        }
        let told = |record: &EventRecord| !matches!(record.event, Event::Printed { .. });
        let records: Vec<EventRecord> = store.events(&host.run, after)?.into_iter().filter(told).collect();
        if !wait || !records.is_empty() {
            return serde_json::to_value(records).map_err(|error| {
                Failure::new(FailureKind::Internal, format!("an event has no form as data: {error}"))
            });
        }
        loop {
            match live.recv().await {
                Ok(record) if record.run != host.run || record.seq == 0 || !told(&record) => {}
                Ok(_) | Err(RecvError::Lagged(_)) => break,
                Err(RecvError::Closed) => return Ok(json!([])),
            }
        }
    }
}
