//! Looking further for a call: the passages of the run's context that bear on its prompt, for the attempt that follows a
//! refused answer.
//!
//! They are what the context holds and no answer of a model, so nothing is logged beside the decision that led to them.

use crate::context::poll::Poll;
use crate::core::failure::{Failure, FailureKind, Outcome};
use crate::core::text::head_tail;
use crate::host::run_host::RunHost;
use tokio_util::sync::CancellationToken;

/// Passages that are shown; one has about a kilobyte.
const SHOWN: usize = 6;
/// The most bytes of a passage.
const LONGEST: usize = 2_000;

/// The passages as a part of a prompt; empty if the context has none that share a word with it.
pub async fn of(host: &RunHost, prompt: &str, cancel: &CancellationToken) -> Outcome<String> {
    let (view, prompt) = (host.view.clone(), prompt.to_owned());
    let poll = Poll::until(cancel, Failure::cancelled);
    let hits = tokio::task::spawn_blocking(move || view.search(&prompt, SHOWN, &poll)).await;
    let hits =
        hits.map_err(|error| Failure::new(FailureKind::Internal, format!("a search of the context died: {error}")))??;
    if hits.is_empty() {
        return Ok(String::new());
    }
    let told: Vec<String> =
        hits.iter().map(|hit| format!("[{}]\n{}", hit.doc, head_tail(hit.text.trim_end(), LONGEST, ""))).collect();
    Ok(format!("\n\nPassages of the input that may bear on it:\n\n{}", told.join("\n\n")))
}
