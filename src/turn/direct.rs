//! An input that fits one prompt comfortably is answered by one call.

use crate::context::poll::Poll;
use crate::core::failure::{Failure, FailureKind, Outcome};
use crate::core::ids::Frame;
use crate::core::request::{LlmOptions, LlmRequest};
use crate::host::attempts::Attempting;
use crate::host::models::Served;
use crate::host::models::choose::Wish;
use crate::host::run_host::RunHost;
use crate::registry::roles::Role;
use crate::turn::prompt;
use crate::turn::root::Root;
use serde_json::Value;
use std::sync::Arc;
use tokio_util::sync::CancellationToken;

/// The largest input that is sent as it is, in bytes: about 8,000 tokens, which any model reads well.
const COMFORTABLE: usize = 32_000;

/// Whether a text of `bytes` fits a window of `window` tokens comfortably.
pub fn fits(bytes: usize, window: u64) -> bool {
    bytes <= COMFORTABLE && u64::try_from(bytes / 2).is_ok_and(|tokens| tokens <= window)
}

/// Answers the task by one call.
pub async fn answer(root: &Root, role: &Role, wish: Wish) -> Outcome<Value> {
    let Root { host, task, cancel, .. } = root;
    let text = if host.view.is_empty() { String::new() } else { host.view.headed(&poll(cancel))? };
    let rules = (!text.is_empty()).then(|| prompt::answering(host.view.documents().len()));
    let system = rules.map(|rules| match &role.system {
        Some(own) => format!("{rules}\n\n{own}"),
        None => rules,
    });
    let name = role.name.as_str();
    let (persona, role) = (role.persona.clone(), Some(name.to_owned()));
    let Wish { model, requires, strategy, .. } = wish;
    let (label, reason) = (Some("direct".to_owned()), root.reason.clone());
    let options =
        LlmOptions { role, model, requires, strategy, system, persona, label, reason, ..LlmOptions::default() };
    let request = LlmRequest { prompt: prompt::direct(task, &text), options: Arc::new(options) };
    let (frame, request, schema) = (&Frame::root(), &request, host.schema.as_deref());
    let attempting = Attempting { host, frame, request, schema, cancel, slots: None, gate: None, ladder: None };
    attempting
        .unchecked()
        .await
        .map_err(|failure| if failure.kind == FailureKind::Truncated { cut(failure, name) } else { failure })
}

/// Counting the lines before a piece of a very long document takes a while.
fn poll(cancel: &CancellationToken) -> Poll {
    Poll::until(cancel, Failure::cancelled)
}

/// A cut answer with what came of it, which is paid, and with the setting that gives more room: a question has no options.
fn cut(failure: Failure, role: &str) -> Failure {
    let came = failure.details.get("raw").cloned();
    let failure = failure.hint(format!("raise `max_tokens` of [roles.{role}] in rhizo.toml, or ask for less"));
    came.into_iter().fold(failure, |failure, came| failure.detail("partial", came))
}

/// Whether this run is answered directly: with its headings its input fits one prompt.
pub fn is_direct(host: &RunHost, served: &Served, recursive: bool) -> bool {
    !recursive && fits(host.view.headed_len(), served.spec.window)
}
