//! Whether a run may end with a value: what `FINAL` is refused for. A refusal is an answer that its program can deal with.

use crate::context::card::CardOptions;
use crate::core::event::Event;
use crate::core::failure::{Failure, FailureKind, Outcome};
use crate::core::ids::Frame;
use crate::host::run_host::RunHost;
use crate::host::typed::Checked;
use crate::policy::gate;
use serde_json::Value;
use std::sync::atomic::{AtomicBool, Ordering};

/// What a run has done that its end depends on.
#[derive(Debug, Default)]
pub(super) struct Ending {
    /// A stored program that it called has looked into the context.
    pub(super) looked: AtomicBool,
    /// It was refused a value that says nothing.
    refused: AtomicBool,
}

/// Answers `FINAL`; `looks` is how often its session has read the context that it has.
pub(super) fn settle(
    host: &RunHost,
    frame: &Frame,
    value: &Value,
    (looks, has_context): (u64, bool),
) -> Outcome<Value> {
    // A stored program ends with a value of its own, not with that of the run.
    if frame.as_str().contains("/script:") {
        return Ok(Value::Null);
    }
    let refused = |kind: FailureKind, reason: &str| {
        host.emit(frame, &Event::FinalRefused { reason: reason.to_owned() });
        Failure::new(kind, format!("FINAL is refused: {reason}"))
    };
    let ending = &host.counts.ending;
    let looks = looks + u64::from(ending.looked.load(Ordering::Relaxed));
    if let Some(reason) = gate::refusal(host.kit.settings.exploration_gate, has_context && is_hidden(host), looks) {
        return Err(refused(FailureKind::Denied, reason));
    }
    let Some(schema) = &host.schema else {
        return match nothing(value).filter(|_| host.by_model && !ending.refused.swap(true, Ordering::Relaxed)) {
            Some(reason) => Err(refused(FailureKind::Invalid, reason)),
            None => Ok(Value::Null),
        };
    };
    match schema.check_data(value) {
        Checked::Wrong(message) => {
            let reason = format!("the value does not match the schema: {message}");
            Err(refused(FailureKind::Invalid, &reason).hint(format!("the schema is {}", schema.schema())))
        }
        _ => Ok(Value::Null),
    }
}

/// Whether there is more of the context than a root model was shown with its task.
fn is_hidden(host: &RunHost) -> bool {
    !(host.by_model && CardOptions::default().shows_all(host.view.len()))
}

/// Why a value is hardly meant as an answer.
fn nothing(value: &Value) -> Option<&'static str> {
    match value {
        Value::Null => Some(
            "the value is (), as that of `print(x)` is: call FINAL with the answer itself, or with a text that says why there \
             is none; () a second time is accepted",
        ),
        Value::String(text) if text.trim().is_empty() => Some(
            "the value is a blank text: call FINAL with the answer itself, or with a text that says why there is none; a \
             blank text a second time is accepted",
        ),
        _ => None,
    }
}
