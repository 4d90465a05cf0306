//! The one door of effects: intent, call, result. Nothing that cannot be repeated happens beside it.

use crate::core::effect::{EffectKey, EffectKind, canonical};
use crate::core::failure::Outcome;
use crate::core::ids::Frame;
use crate::core::money::Money;
use crate::core::usage::Usage;
use crate::host::run_host::RunHost;
use crate::store::effects::{EffectEnd, Intent};
use serde_json::Value;

/// What an effect came to.
pub struct Done {
    /// Its value or why it failed.
    pub result: Outcome<Value>,
    /// Tokens used.
    pub usage: Option<Usage>,
    /// What it cost.
    pub cost: Option<Money>,
}

impl From<Outcome<Value>> for Done {
    fn from(result: Outcome<Value>) -> Self {
        Self { result, usage: None, cost: None }
    }
}

/// The key of an effect that is about to happen in `frame`.
pub fn key(host: &RunHost, frame: &Frame, kind: EffectKind, intent: &Value) -> EffectKey {
    let text = format!("{}\n{}", kind.name(), canonical(intent));
    let hash = blake3::hash(text.as_bytes()).to_hex().to_string();
    let occurrence = host.occurrence(frame, &hash);
    EffectKey { frame: frame.clone(), hash, occurrence }
}

/// Makes an effect that must leave a trace before it happens: a paid call or a tool that writes. The intent is on
/// disk before `work` starts, the result before anybody sees it.
pub async fn perform(
    host: &RunHost,
    frame: &Frame,
    kind: EffectKind,
    intent: &Value,
    worst_cost: Option<Money>,
    work: impl Future<Output = Done>,
) -> Outcome<Value> {
    let key = key(host, frame, kind, intent);
    let begun = Intent { kind, value: intent, worst_cost, at: host.now() };
    host.kit.store.log_intent(&host.run, &key, &begun).await?;
    let done = work.await;
    let end = EffectEnd { result: done.result.as_ref(), usage: done.usage, cost: done.cost, at: host.now() };
    host.kit.store.log_result(&host.run, &key, &end).await?;
    done.result
}

/// Makes an effect that is harmless to repeat (the clock, a read, a free model): intent and result are written
/// together, in one commit, before anybody sees the result.
pub async fn observe(
    host: &RunHost,
    frame: &Frame,
    kind: EffectKind,
    intent: &Value,
    work: impl Future<Output = Done>,
) -> Outcome<Value> {
    let key = key(host, frame, kind, intent);
    let at = host.now();
    let done = work.await;
    let begun = Intent { kind, value: intent, worst_cost: None, at };
    let end = EffectEnd { result: done.result.as_ref(), usage: done.usage, cost: done.cost, at: host.now() };
    host.kit.store.log_effect(&host.run, &key, &begun, &end).await?;
    done.result
}
