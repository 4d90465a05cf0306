//! An input that fits one prompt comfortably is answered by one call.

use crate::core::failure::Outcome;
use crate::core::ids::Frame;
use crate::core::request::{LlmOptions, LlmRequest};
use crate::host::attempts::Attempting;
use crate::host::choose::Wish;
use crate::host::models::Served;
use crate::host::run_host::RunHost;
use crate::registry::roles::Role;
use crate::turn::prompt;
use serde_json::Value;
use tokio_util::sync::CancellationToken;

/// The largest input that is sent as it is, in bytes: about 8,000 tokens, which any model reads well.
const COMFORTABLE: usize = 32_000;

/// Whether an input of `bytes` fits a window of `window` tokens comfortably.
pub fn fits(bytes: usize, window: u64) -> bool {
    bytes <= COMFORTABLE && u64::try_from(bytes / 2).is_ok_and(|tokens| tokens <= window)
}

/// Answers the task by one call.
pub async fn answer(host: &RunHost, task: &str, role: &Role, wish: Wish, cancel: &CancellationToken) -> Outcome<Value> {
    let text = host.view.text(COMFORTABLE)?;
    let own = role.system.as_deref().filter(|_| !text.is_empty()).map(|own| format!("{}\n\n{own}", prompt::DIRECT));
    let system = own.or_else(|| (!text.is_empty()).then(|| prompt::DIRECT.to_owned()));
    let (persona, role) = (role.persona.clone(), Some(role.name.to_string()));
    let Wish { model, requires, strategy, .. } = wish;
    let label = Some("direct".to_owned());
    let options = LlmOptions { role, model, requires, strategy, system, persona, label, ..LlmOptions::default() };
    let request = LlmRequest { prompt: prompt::direct(task, &text), options };
    let (frame, request, schema) = (&Frame::root(), &request, host.schema.as_deref());
    Attempting { host, frame, request, schema, cancel, slots: None, gate: None }.unchecked().await
}

/// Whether this run is answered directly.
pub fn is_direct(host: &RunHost, served: &Served, recursive: bool) -> bool {
    !recursive && fits(host.view.len(), served.spec.window)
}
