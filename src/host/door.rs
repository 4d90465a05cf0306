//! The one door of effects: intent, call, result. Nothing that cannot be repeated happens beside it.

use crate::core::effect::{EffectKey, EffectKind, canonical};
use crate::core::failure::{Failure, FailureKind, Outcome};
use crate::core::ids::Frame;
use crate::core::money::Money;
use crate::core::usage::Usage;
use crate::host::run_host::RunHost;
use crate::store::effects::{EffectEnd, Intent};
use serde::Serialize;
use serde_json::Value;

/// What is about to be asked of the world.
pub struct Asked {
    kind: EffectKind,
    hash: String,
    text: String,
}

impl Asked {
    /// An effect with these arguments.
    pub fn new(kind: EffectKind, arguments: &Value) -> Self {
        Self::written(kind, canonical(arguments))
    }

    /// An effect whose arguments are JSON text already, in a form that equal arguments share.
    pub fn written(kind: EffectKind, text: String) -> Self {
        let mut hasher = blake3::Hasher::new();
        hasher.update(kind.name().as_bytes()).update(b"\n").update(text.as_bytes());
        Self { kind, hash: hasher.finalize().to_hex().to_string(), text }
    }

    /// The same effect, of whose arguments the log keeps only this part because it has the rest.
    pub fn kept_as(self, text: String) -> Self {
        Self { text, ..self }
    }
}

/// What an effect came to.
pub struct Done<T = Value> {
    /// Its value or why it failed.
    pub result: Outcome<T>,
    /// Tokens used.
    pub usage: Option<Usage>,
    /// What it cost.
    pub cost: Option<Money>,
}

impl<T> From<Outcome<T>> for Done<T> {
    fn from(result: Outcome<T>) -> Self {
        Self { result, usage: None, cost: None }
    }
}

/// Makes an effect that must leave a trace before it happens: a paid call or a tool that writes. The intent is on
/// disk before `work` starts, the result before anybody sees it.
pub async fn perform<T: Serialize>(
    host: &RunHost,
    frame: &Frame,
    asked: Asked,
    worst_cost: Option<Money>,
    work: impl Future<Output = Done<T>>,
) -> Outcome<T> {
    let (key, begun) = begin(host, frame, asked, worst_cost);
    host.kit.store.log_intent(&host.run, &key, begun).await?;
    let done = work.await;
    host.kit.store.log_result(&host.run, &key, end(host, &done)?).await?;
    done.result
}

/// Makes an effect that is harmless to repeat (the clock, a read, a free model): intent and result are written
/// together, in one commit, before anybody sees the result.
pub async fn observe<T: Serialize>(
    host: &RunHost,
    frame: &Frame,
    asked: Asked,
    work: impl Future<Output = Done<T>>,
) -> Outcome<T> {
    let (key, begun) = begin(host, frame, asked, None);
    let done = work.await;
    host.kit.store.log_effect(&host.run, &key, begun, end(host, &done)?).await?;
    done.result
}

fn begin(host: &RunHost, frame: &Frame, asked: Asked, worst_cost: Option<Money>) -> (EffectKey, Intent) {
    let Asked { kind, hash, text } = asked;
    let occurrence = host.occurrence(frame, &hash);
    (EffectKey { frame: frame.clone(), hash, occurrence }, Intent { kind, text, worst_cost, at: host.now() })
}

fn end<'a, T: Serialize>(host: &RunHost, done: &'a Done<T>) -> Outcome<EffectEnd<'a>> {
    let result = done.result.as_ref().map(written).map_or_else(|failure| Ok(Err(failure)), |text| text.map(Ok))?;
    Ok(EffectEnd { result, usage: done.usage, cost: done.cost, at: host.now() })
}

/// JSON text of something that is about to be logged.
pub fn written<T: Serialize>(value: &T) -> Outcome<String> {
    serde_json::to_string(value)
        .map_err(|error| Failure::new(FailureKind::Internal, format!("this has no form as data: {error}")))
}
