//! Small effects: a question to the person, the clock, chance, a pause.

use crate::core::effect::{EffectKind, canonical};
use crate::core::failure::{Failure, FailureKind, Outcome};
use crate::core::ids::{Frame, RunId};
use crate::core::text::quoted;
use crate::host::door::{self, Asked, Entered, Entry};
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
    let question = Question { prompt, choices, leave: None };
    let work = async {
        tokio::select! {
            biased;
            () = cancel.cancelled() => Err(Failure::cancelled()),
            answer = question.put_to(host.kit.tool_context.person.as_ref()) => {
                answer.map(Value::String).map_err(|failure| unanswered(host, frame, failure))
            }
        }
        .into()
    };
    door::perform(host, frame, Asked::new(EffectKind::Person, &intent), None, work).await
}

/// How a question that nobody is there for can be answered later.
fn unanswered(host: &RunHost, frame: &Frame, failure: Failure) -> Failure {
    if failure.kind != FailureKind::Waiting {
        return failure;
    }
    let (run, step) = (&host.run, quoted(frame.as_str()));
    failure.hint(format!("rhizo runs answer {run} {step} VALUE, then rhizo resume {}", going_on(host)))
}

/// The run that goes on once a person has answered: of a child the one that was started. Where that cannot be read the child
/// is named, of which `resume` says what it is a part of.
pub(super) fn going_on(host: &RunHost) -> RunId {
    host.kit.store.top(&host.run).unwrap_or_else(|_| host.run.clone())
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

/// Answers `uuid`: version 4 of RFC 9562, from the system's generator.
pub async fn uuid(host: &RunHost, frame: &Frame) -> Outcome<Value> {
    let work = async { Ok(json!(random_uuid())).into() };
    door::observe(host, frame, Asked::new(EffectKind::Uuid, &Value::Null), work).await
}

/// Answers `env`. A variable is an effect: a run that goes on elsewhere sees what it saw.
pub async fn variable(host: &RunHost, frame: &Frame, name: &str) -> Outcome<Value> {
    let settings = &host.kit.settings;
    let refused =
        |hint: String| Err(Failure::new(FailureKind::Denied, format!("env: a program may not read {name}")).hint(hint));
    if settings.is_secret(name) {
        return refused("no program sees keys and passwords, whatever [tools] env lists".to_owned());
    }
    if !settings.visible_variables.iter().any(|known| known == name) {
        return refused(format!("list it under [tools] env = [\"{name}\"] in rhizo.toml"));
    }
    let value = settings.environment.get(name).map(str::to_owned);
    door::observe(host, frame, Asked::new(EffectKind::Env, &json!(name)), async { Ok(json!(value)).into() }).await
}

fn random_uuid() -> String {
    let random = ulid::Ulid::generate().random() & ((1 << 80) - 1);
    let more = ulid::Ulid::generate().random() & ((1 << 48) - 1);
    let bits = (random << 48) | more;
    let versioned = (bits & !(0xf << 76)) | (4 << 76);
    let hex = format!("{:032x}", (versioned & !(0b11 << 62)) | (0b10 << 62));
    format!("{}-{}-{}-{}-{}", &hex[..8], &hex[8..12], &hex[12..16], &hex[16..20], &hex[20..])
}

/// A random float in 0..1. A ULID's random half is filled by the system's generator, so no other generator is needed.
pub fn share() -> f64 {
    let bits = u64::try_from(ulid::Ulid::generate().random() & u128::from(u64::MAX)).unwrap_or(0) >> 11;
    #[allow(clippy::cast_precision_loss, reason = "53 bits fit a float's mantissa")]
    let share = bits as f64 / (1_u64 << 53) as f64;
    share
}

/// Answers `sleep`. A pause that was under way when its run stopped goes on with what is left of it.
pub async fn sleep(host: &RunHost, frame: &Frame, millis: u64, cancel: &CancellationToken) -> Outcome<Value> {
    let entry = match door::enter(host, frame, Asked::new(EffectKind::Sleep, &json!(millis)))? {
        Entered::Answered(answer) => return answer,
        Entered::Due(entry) => entry,
    };
    let now = host.now();
    // By a clock that was set back it has yet to begin: then all of it is left, and never more.
    let since = began(host, &entry)?.filter(|since| *since <= now).unwrap_or(now);
    let rest = Duration::from_millis(millis.saturating_sub(now.saturating_sub(since)));
    let work = async {
        tokio::select! {
            biased;
            () = cancel.cancelled() => Err(Failure::cancelled()),
            () = tokio::time::sleep(rest) => Ok(Value::Null),
        }
        .into()
    };
    entry.kept_as(canonical(&json!({"millis": millis, "since": since}))).note(host, work).await
}

/// When a pause began for the first time, in milliseconds since 1970, if it did before.
fn began(host: &RunHost, entry: &Entry) -> Outcome<Option<u64>> {
    let Some(row) = entry.earlier() else { return Ok(None) };
    let kept = row.intent.as_ref().map(|intent| host.kit.store.load(intent)).transpose()?.unwrap_or_default();
    // Earlier versions kept the span alone.
    Ok(Some(kept["since"].as_u64().unwrap_or(row.started_at)))
}
