//! Batches: many calls or children at once, results in order, failures in their slots.

use crate::core::event::Event;
use crate::core::failure::{Failure, FailureKind, Outcome};
use crate::core::ids::Frame;
use crate::core::request::{ChildRequest, LlmRequest};
use crate::host::llm;
use crate::host::run_host::RunHost;
use futures::StreamExt;
use serde_json::Value;
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};
use tokio::sync::Semaphore;
use tokio_util::sync::CancellationToken;

/// Answers `llm_batch`.
pub async fn models(
    host: &RunHost,
    frame: &Frame,
    requests: Vec<LlmRequest>,
    concurrency: usize,
    cancel: &CancellationToken,
) -> Outcome<Value> {
    let slots = Arc::new(Semaphore::new(concurrency));
    let slots = &slots;
    // More are under way than have a place: those are writing to the store.
    run(host, frame, requests, 2 * concurrency, |frame, request| async move {
        llm::answer(host, &frame, request, cancel, Some(slots)).await
    })
    .await
}

/// Answers `rlm_batch`.
pub async fn children(
    host: &RunHost,
    frame: &Frame,
    requests: Vec<ChildRequest>,
    concurrency: usize,
    cancel: &CancellationToken,
) -> Outcome<Value> {
    run(host, frame, requests, concurrency, |frame, request| async move {
        host.kit.children.run(host.handle()?, frame, request, cancel.clone()).await
    })
    .await
}

/// Runs `each` over the requests, at most `concurrency` at once.
///
/// A failed item is an error map in its slot, also when the budget ran out: the answers before it are paid, and an
/// error would take them from the script. Cancellation and deadlines end the whole.
async fn run<R, F>(
    host: &RunHost,
    frame: &Frame,
    requests: Vec<R>,
    concurrency: usize,
    each: impl Fn(Frame, R) -> F,
) -> Outcome<Value>
where
    F: Future<Output = Outcome<Value>>,
{
    let batch = host.occurrence(frame, "batch");
    let of = requests.len();
    let (done, failed) = (AtomicUsize::new(0), AtomicUsize::new(0));
    let items = requests.into_iter().enumerate().map(|(index, request)| {
        let work = each(frame.child(format_args!("batch{batch}[{index}]")), request);
        let (done, failed) = (&done, &failed);
        async move {
            let result = work.await;
            let failed =
                failed.fetch_add(usize::from(result.is_err()), Ordering::Relaxed) + usize::from(result.is_err());
            let done = done.fetch_add(1, Ordering::Relaxed) + 1;
            host.emit(frame, &Event::BatchProgress { done, failed, of });
            result.map_err(|failure| failure.detail("item", index))
        }
    });
    let mut results = futures::stream::iter(items).buffered(concurrency.max(1));
    let mut values = Vec::with_capacity(of);
    let mut cancelled = None;
    while let Some(result) = results.next().await {
        match result {
            Ok(value) => values.push(value),
            // Those in flight settle what they have used; those that have not begun end at once.
            Err(failure) if failure.kind == FailureKind::Cancelled => cancelled = cancelled.or(Some(failure)),
            Err(failure) if ends_all(&failure) => return Err(failure),
            Err(failure) => values.push(Value::Object(failure.to_map())),
        }
    }
    cancelled.map_or(Ok(Value::Array(values)), Err)
}

fn ends_all(failure: &Failure) -> bool {
    matches!(failure.kind, FailureKind::Deadline | FailureKind::Waiting)
}
