//! Small effects: a question to the person, the clock, chance, a pause.

use crate::core::effect::EffectKind;
use crate::core::failure::{Failure, FailureKind, Outcome};
use crate::core::ids::Frame;
use crate::host::door::{self, Asked};
use crate::host::run_host::RunHost;
use crate::tools::person::Question;
use serde_json::{Value, json};
use std::time::Duration;
use tokio_util::sync::CancellationToken;

/// Answers `ask_user`.
pub async fn person(
    host: &RunHost,
    frame: &Frame,
    prompt: String,
    choices: Vec<String>,
    cancel: &CancellationToken,
) -> Outcome<Value> {
    let intent = json!({"prompt": prompt, "choices": choices});
    let question = Question { prompt, choices };
    let work = async {
        tokio::select! {
            biased;
            () = cancel.cancelled() => Err(Failure::new(FailureKind::Cancelled, "cancelled")),
            answer = question.put_to(host.kit.tool_context.person.as_ref()) => answer.map(Value::String),
        }
        .into()
    };
    door::perform(host, frame, Asked::new(EffectKind::Person, &intent), None, work).await
}

/// Answers `now`.
pub async fn now(host: &RunHost, frame: &Frame) -> Outcome<Value> {
    let at = host.now();
    door::observe(host, frame, Asked::new(EffectKind::Clock, &Value::Null), async { Ok(json!(at)).into() }).await
}

/// Answers `random`: 53 random bits as a float in 0..1.
pub async fn random(host: &RunHost, frame: &Frame) -> Outcome<Value> {
    let work = async { Ok(json!(share())).into() };
    door::observe(host, frame, Asked::new(EffectKind::Random, &Value::Null), work).await
}

/// A random float in 0..1. A ULID's random half is filled by the system's generator, so no other generator is needed.
pub fn share() -> f64 {
    let bits = u64::try_from(ulid::Ulid::generate().random() & u128::from(u64::MAX)).unwrap_or(0) >> 11;
    #[allow(clippy::cast_precision_loss, reason = "53 bits fit a float's mantissa")]
    let share = bits as f64 / (1_u64 << 53) as f64;
    share
}

/// Answers `sleep`.
pub async fn sleep(host: &RunHost, frame: &Frame, millis: u64, cancel: &CancellationToken) -> Outcome<Value> {
    let work = async {
        tokio::select! {
            biased;
            () = cancel.cancelled() => Err(Failure::new(FailureKind::Cancelled, "cancelled")),
            () = tokio::time::sleep(Duration::from_millis(millis)) => Ok(Value::Null),
        }
        .into()
    };
    door::observe(host, frame, Asked::new(EffectKind::Sleep, &json!(millis)), work).await
}
