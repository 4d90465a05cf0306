//! The events of a run for its own script. The store's `close` is its barrier: what was told before is there afterwards.
//!
//! What closures were told while their program waited is a reading like any other: a run that goes on is told it again, and
//! hears of what it makes anew only where its log ends.

use crate::core::effect::EffectKind;
use crate::core::event::{Event, EventRecord};
use crate::core::failure::{Failure, FailureKind, Outcome};
use crate::core::heard::Heard;
use crate::core::ids::Frame;
use crate::host::door::{self, Asked};
use crate::host::run_host::RunHost;
use serde::Serialize;
use serde_json::{Value, json};
use tokio::sync::broadcast::error::RecvError;

/// The number of the last event, for who begins to listen.
pub async fn listen(host: &RunHost) -> Outcome<Value> {
    let records = stored(host, 0).await?;
    Ok(json!(records.last().map_or(0, |record| record.seq)))
}

/// The events behind a number as soon as there are any. Where the log has what was told here, none come before the end.
pub async fn wait(host: &RunHost, frame: &Frame, question: &str, after: u64) -> Outcome<Value> {
    if [true, false].into_iter().any(|failed| host.knows(frame, &asked((question, failed)))) {
        return std::future::pending().await;
    }
    let mut live = host.kit.store.subscribe();
    loop {
        let mut records = host.kit.store.events(&host.run, after)?;
        records.retain(is_told);
        if !records.is_empty() {
            return as_data(&records);
        }
        loop {
            match live.recv().await {
                Ok(record) if record.run != host.run || record.seq == 0 || !is_told(&record) => {}
                Ok(_) | Err(RecvError::Lagged(_)) => break,
                Err(RecvError::Closed) => return Ok(json!([])),
            }
        }
    }
}

/// What is still to be told, behind event `after`, of what happened while a program waited, behind event `since`; or all that
/// was told here, as the log has it. What was stopped with the whole run is made again, and heard then.
pub async fn heard(
    host: &RunHost,
    frame: &Frame,
    (since, after): (u64, u64),
    done: Option<(&str, bool)>,
) -> Outcome<Value> {
    let mut records = stored(host, since).await?;
    let last = records.last().map_or(since, |record| record.seq);
    let events = match done.map(asked) {
        Some(told) if host.knows(frame, &told) => door::told(host, frame, told, Vec::new())?,
        told => {
            records.retain(is_told);
            let events = records.iter().map(as_data).collect::<Outcome<Vec<Value>>>()?;
            let known = records.partition_point(|record| record.seq <= after);
            note(host, frame, told, &events)?;
            events.into_iter().skip(known).collect()
        }
    };
    as_data(&Heard { events, last })
}

/// Keeps what was told; who only looks at a log again says that it differs.
fn note(host: &RunHost, frame: &Frame, told: Option<Asked>, events: &[Value]) -> Outcome<()> {
    let Some(told) = told else { return Ok(()) };
    if host.is_sealed() {
        host.replay.iter().for_each(|replay| replay.mishear());
        return Ok(());
    }
    door::told(host, frame, told, events.to_vec()).map(drop)
}

/// What a program waits for either fails or does not when it is made again, and events of its failure are none of its success;
/// nor are they those of another question that an edited program has there, or that comes first this time.
fn asked((question, failed): (&str, bool)) -> Asked {
    Asked::new(EffectKind::Heard, &json!({"asked": question, "failed": failed}))
}

/// The events behind a number, with all that were told until now.
async fn stored(host: &RunHost, after: u64) -> Outcome<Vec<EventRecord>> {
    host.kit.store.close().await?;
    host.kit.store.events(&host.run, after)
}

/// What was printed is left out: whoever prints about events would hear of it without an end.
const fn is_told(record: &EventRecord) -> bool {
    !matches!(record.event, Event::Printed { .. })
}

fn as_data(told: &impl Serialize) -> Outcome<Value> {
    serde_json::to_value(told)
        .map_err(|error| Failure::new(FailureKind::Internal, format!("an event has no form as data: {error}")))
}
