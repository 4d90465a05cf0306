//! Batches: many calls or children at once, results in order, failures in their slots.

use crate::core::attempts::Attempt;
use crate::core::child::ChildRequest;
use crate::core::event::Event;
use crate::core::failure::{Failure, FailureKind, Outcome};
use crate::core::ids::Frame;
use crate::core::request::LlmRequest;
use crate::host::attempts::ladder::Ladder;
use crate::host::attempts::{self, Among, Attempting};
use crate::host::replay::past;
use crate::host::run_host::RunHost;
use crate::host::typed::Schema;
use serde_json::Value;
use std::sync::Arc;
use std::time::{Duration, Instant};
use tokio::sync::{OnceCell, Semaphore};
use tokio::task::JoinSet;
use tokio_util::sync::CancellationToken;

/// How often the progress of a batch is told at least, if it has any.
const TELL_EVERY: Duration = Duration::from_millis(50);

/// Answers `llm_batch`.
pub async fn models(
    host: &RunHost,
    frame: &Frame,
    requests: Vec<LlmRequest>,
    concurrency: usize,
    cancel: &CancellationToken,
) -> Outcome<Value> {
    let (slots, handle, cancel) = (Arc::new(Semaphore::new(concurrency)), host.handle()?, cancel.clone());
    // One schema for all is the rule: it is read once, and a wrong one is told before anything is sent.
    let shared = requests.first().and_then(|first| first.options.schema.clone());
    let read = shared.as_deref().map(Schema::read).transpose()?.map(Arc::new);
    // So are their options. Where nobody can answer, each item says so, and the log has one choice in vain of each.
    let alike = requests.first().filter(|first| requests.iter().all(|r| Arc::ptr_eq(&r.options, &first.options)));
    let ladder = alike.map(|_| Arc::new(OnceCell::<Ladder>::new()));
    let requests = requests.into_iter().enumerate().collect();
    // More are under way than have a place: those are writing to the store, which now and then stops for longer than a
    // round of calls takes to copy its log into the file.
    run(host, (frame, "batch", false), requests, 4 * concurrency, move |frame, request| {
        let (slots, host, cancel) = (Arc::clone(&slots), Arc::clone(&handle), cancel.clone());
        let (given, same) = (request.options.schema.clone(), request.options.schema == shared);
        let (read, ladder) = (read.clone().filter(|_| same), ladder.clone());
        async move {
            let own = given.filter(|_| !same).as_deref().map(Schema::read).transpose()?;
            let schema = own.as_ref().or(read.as_deref());
            let (host, frame, request, cancel) = (&*host, &frame, &request, &cancel);
            let (slots, ladder) = (Some(&slots), ladder.as_deref());
            Attempting { host, frame, request, schema, cancel, slots, gate: None, ladder }.unchecked().await
        }
    })
    .await
}

/// Answers a round of `llm_batch` with a check: the first attempts of all, or the verdicts on them with the next attempts
/// of those that were refused.
pub async fn attempts(
    host: &RunHost,
    frame: &Frame,
    steps: Vec<(usize, Attempt)>,
    concurrency: usize,
    cancel: &CancellationToken,
) -> Outcome<Value> {
    let (slots, handle) = (Arc::new(Semaphore::new(concurrency)), host.handle()?);
    let schema = steps.first().and_then(|(_, first)| first.request.options.schema.clone());
    let schema = schema.as_deref().map(Schema::read).transpose()?.map(Arc::new);
    // Verdicts alone need no place and are no progress.
    let accepted = |step: &Attempt| step.judgement.as_ref().is_some_and(|judgement| judgement.passed);
    let (accepted, due): (Vec<_>, Vec<_>) = steps.into_iter().partition(|(_, step)| accepted(step));
    let among = Among { schema: None, slots: None, cancel };
    let noted = accepted.into_iter().map(|(_, step)| attempts::step_on(host, frame, step, among));
    futures::future::try_join_all(noted).await?;
    if due.is_empty() {
        return Ok(Value::Array(Vec::new()));
    }
    // Chains that are taken up have rounds of their own: the numbers of the batches behind them stay the same.
    let is_again = |(_, step): &(usize, Attempt)| step.attempts.as_ref().is_some_and(|attempts| attempts.again > 0);
    let name = if due.iter().all(is_again) { "batch_again" } else { "batch" };
    let is_refused = due.iter().all(|(_, step)| step.judgement.is_some());
    let cancel = cancel.clone();
    run(host, (frame, name, is_refused), due, 4 * concurrency, move |frame, step| {
        let (slots, host, cancel, schema) = (Arc::clone(&slots), Arc::clone(&handle), cancel.clone(), schema.clone());
        async move {
            let among = Among { schema: schema.as_deref(), slots: Some(&slots), cancel: &cancel };
            attempts::step_on(&host, &frame, step, among).await
        }
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
    let (handle, cancel) = (host.handle()?, cancel.clone());
    let requests = requests.into_iter().enumerate().collect();
    run(host, (frame, "batch", false), requests, concurrency, move |frame, request| {
        let (host, cancel) = (Arc::clone(&handle), cancel.clone());
        async move { host.kit.children.run(Arc::clone(&host), frame, request, cancel).await }
    })
    .await
}

/// Runs `each` over the requests, at most `concurrency` at once, on the runtime's threads. Each request has the number of
/// its item, which its frame and its failure are told by; `again` says of all that they were refused before.
///
/// A failed item is an error map in its slot, also when the budget ran out: the answers before it are paid, and an
/// error would take them from the script. Cancellation and deadlines end the whole once those under way have ended: what
/// they have asked is paid. Where one waits for a person, whoever can go on without does.
async fn run<R, F>(
    host: &RunHost,
    (frame, name, again): (&Frame, &str, bool),
    requests: Vec<(usize, R)>,
    concurrency: usize,
    each: impl Fn(Frame, R) -> F,
) -> Outcome<Value>
where
    F: Future<Output = Outcome<Value>> + Send + 'static,
{
    let batch = host.occurrence(frame, name);
    let place = |item: usize| frame.child(format_args!("{name}{batch}[{item}]"));
    let of = requests.len();
    let mut waiting = requests.into_iter().enumerate();
    // What is dropped unfinished is aborted.
    let mut running = JoinSet::new();
    let mut values = vec![Value::Null; of];
    let (mut done, mut failed, mut ending, mut told) = (0, 0, Ending::default(), Instant::now());
    loop {
        while running.len() < concurrency.max(1)
            && !ending.is_at_once()
            && let Some((slot, (item, request))) = waiting.next()
        {
            // In a box from the start: a future of some kilobytes would be copied on every way into the task.
            let work = Box::pin(each(place(item), request));
            running.spawn(async move { (slot, item, work.await) });
        }
        let Some(joined) = running.join_next().await else {
            break;
        };
        let (slot, item, result) = joined
            .map_err(|error| Failure::new(FailureKind::Internal, format!("an item of the batch died: {error}")))?;
        done += 1;
        failed += usize::from(result.is_err());
        // Every tenth is told to those who want lines; more often than the eye sees is of no use to anybody.
        if done == of || done.is_multiple_of((of / 10).max(1)) || told.elapsed() >= TELL_EVERY {
            told = Instant::now();
            host.emit(frame, &Event::BatchProgress { done, failed, of, again });
        }
        let value = match result {
            Ok(value) => value,
            Err(failure) if ends_all(&failure) => {
                ending.note(failure.detail("item", item));
                continue;
            }
            Err(failure) => given_up(host, &place(item), failure.detail("item", item)),
        };
        if let Some(place) = values.get_mut(slot) {
            *place = value;
        }
    }
    ending.0.map_or(Ok(Value::Array(values)), Err)
}

/// The slot of an item that failed.
fn given_up(host: &RunHost, frame: &Frame, failure: Failure) -> Value {
    if failure.gives_up() {
        past::note_item(host, frame);
    }
    failure.to_slot()
}

fn ends_all(failure: &Failure) -> bool {
    use FailureKind::{Cancelled, Deadline, Replay, Waiting};
    matches!(failure.kind, Cancelled | Deadline | Replay | Waiting)
}

/// Why the whole ends with a failure, if it does: what stops it stands above a question to a person.
#[derive(Default)]
struct Ending(Option<Failure>);

impl Ending {
    fn note(&mut self, failure: Failure) {
        // Of misses in a look ahead the first item's is told, whichever came first.
        let item = |failure: &Failure| failure.details.get("item").and_then(Value::as_u64);
        let is_first = |held: &Failure| !(held.is_alone() && failure.is_alone()) || item(&failure) < item(held);
        let stands_above = !self.is_at_once() && failure.kind != FailureKind::Waiting;
        if self.0.as_ref().is_none_or(|held| stands_above && is_first(held)) {
            self.0 = Some(failure);
        }
    }

    /// Whether no further item is begun.
    fn is_at_once(&self) -> bool {
        self.0.as_ref().is_some_and(|failure| failure.kind != FailureKind::Waiting && !failure.is_alone())
    }
}
