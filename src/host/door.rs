//! The one door of effects: intent, call, result. Nothing that cannot be repeated happens beside it.
//!
//! Whoever comes to the door enters first, which counts him and finds what an earlier attempt at the same run was
//! answered; only then is money held, and only what has no answer is asked of the world.

use crate::core::effect::{EffectKey, EffectKind, canonical};
use crate::core::failure::{Failure, FailureKind, Outcome};
use crate::core::ids::{Frame, ModelId, RoleName};
use crate::core::money::Money;
use crate::core::price::Bound;
use crate::core::usage::Usage;
use crate::host::call::unusable::Needs;
use crate::host::replay::Found;
use crate::host::replay::resume;
use crate::host::run_host::RunHost;
use crate::store::effects::{EffectEnd, EffectRow, EffectState, Intent};
use crate::store::writer::Haste;
use serde::Serialize;
use serde::de::DeserializeOwned;
use serde_json::Value;
use std::sync::Arc;
use tokio::sync::Semaphore;

/// What is about to be asked of the world.
pub struct Asked {
    kind: EffectKind,
    hash: String,
    text: String,
    needs: Option<Needs>,
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
        Self { kind, hash: hasher.finalize().to_hex().to_string(), text, needs: None }
    }

    /// What equal effects share.
    pub fn hash(&self) -> &str {
        &self.hash
    }

    /// The same effect, of whose arguments the log keeps another text: a part of them because it has the rest, or more than
    /// what makes two effects equal.
    pub fn kept_as(self, text: String) -> Self {
        Self { text, ..self }
    }

    /// The same at a place that has been counted.
    pub(super) fn at(self, key: EffectKey) -> Entry {
        let Self { kind, text, .. } = self;
        Entry { key, kind, text, asked: None, worst: (None, Bound::default()), earlier: None, crowd: None }
    }

    /// What its answer must be so that its call goes on with it.
    pub(super) fn needs(&self) -> Needs {
        self.needs.clone().unwrap_or_default()
    }

    /// The same of a model whose answer must be such.
    pub fn needing(self, needs: Option<Needs>) -> Self {
        Self { needs, ..self }
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

/// What the log knows of an effect that has entered.
pub enum Entered<T> {
    /// Its answer, given before.
    Answered(Outcome<T>),
    /// It is to be made.
    Due(Box<Entry>),
}

/// An effect at the door.
pub struct Entry {
    key: EffectKey,
    kind: EffectKind,
    text: String,
    asked: Option<(RoleName, ModelId)>,
    /// What it may cost at most, and the most tokens that it may use.
    worst: (Option<Money>, Bound),
    /// An earlier attempt without an answer.
    earlier: Option<Box<EffectRow>>,
    /// The places of the batch that it is one of.
    crowd: Option<Arc<Semaphore>>,
}

/// Counts an effect in its frame, and looks for its answer in the log of a run that goes on.
///
/// # Errors
/// `replay` for what a sealed log does not have, or has in another form.
pub fn enter<T: DeserializeOwned>(host: &RunHost, frame: &Frame, asked: Asked) -> Outcome<Entered<T>> {
    let (kind, needs, occurrence) = (asked.kind, asked.needs.clone(), host.occurrence(frame, &asked.hash));
    let key = EffectKey { frame: frame.clone(), hash: asked.hash.clone(), occurrence };
    let mut entry = asked.at(key);
    let Some(replay) = &host.replay else { return Ok(Entered::Due(Box::new(entry))) };
    resume::charge_parts(host, &entry.key, kind)?;
    let found = replay.find(&host.kit.store, &entry.key, needs.as_ref())?;
    resume::recall_child(host, &entry.key, kind, matches!(found, Found::Tried(_)))?;
    resume::note(host, kind, &found);
    match found {
        Found::Answer(value) => return read(value, &entry).map(|value| Entered::Answered(Ok(value))),
        Found::Failure(failure) => return Ok(Entered::Answered(Err(host.counts.causes.mark(failure, &entry.key)))),
        Found::Tried(row) if !replay.is_sealed() => entry.earlier = Some(row),
        Found::Tried(_) | Found::Nothing => replay.miss(&host.kit.store, &entry.key, entry.kind, &entry.text)?,
    }
    Ok(Entered::Due(Box::new(entry)))
}

fn read<T: DeserializeOwned>(value: Value, entry: &Entry) -> Outcome<T> {
    serde_json::from_value(value).map_err(|error| {
        let (kind, frame) = (entry.kind.name(), &entry.key.frame);
        Failure::new(
            FailureKind::Replay,
            format!("the stored answer of the {kind} effect at {frame} cannot be read: {error}"),
        )
        .hint("`rhizo doctor --repair` takes damaged records out of the way; the effect is then made again")
    })
}

impl Entry {
    /// The attempt that was under way when its process died.
    pub fn under_way(&self) -> Option<&EffectRow> {
        self.earlier.as_deref().filter(|row| row.state == EffectState::Intent)
    }

    /// An earlier attempt that brought no answer.
    pub fn earlier(&self) -> Option<&EffectRow> {
        self.earlier.as_deref()
    }

    /// Its place in the log.
    pub const fn key(&self) -> &EffectKey {
        &self.key
    }

    /// The same with arguments as the log keeps them.
    pub fn kept_as(self, text: String) -> Self {
        Self { text, ..self }
    }

    /// The same with who is asked, for model calls.
    pub fn of(mut self, role: &RoleName, model: &ModelId) -> Self {
        self.asked = Some((role.clone(), model.clone()));
        self
    }

    /// The same with what it may cost at most, and the most tokens that it may use.
    pub fn at_most(self, cost: Option<Money>, bound: Bound) -> Self {
        Self { worst: (cost, bound), ..self }
    }

    /// Makes an effect that must leave a trace before it happens: a paid call or a tool that writes. The intent is on
    /// disk before `work` starts, the result before anybody sees it.
    pub async fn perform<T: Serialize>(self, host: &RunHost, work: impl Future<Output = Done<T>>) -> Outcome<T> {
        let (key, begun) = self.begin(host);
        host.kit.store.begin_effect(&host.run, &key, begun).await?;
        let done = work.await;
        // What is paid must not be lost for the sake of company.
        host.kit.store.log_result(&host.run, &key, end(host, &done)?, Haste::Now).await?;
        done.result.map_err(|failure| host.counts.causes.mark(failure, &key))
    }

    /// Makes an effect that is harmless to repeat (the clock, a read, a free model): intent and result are written
    /// together, in one commit, before anybody sees the result.
    pub async fn observe<T: Serialize>(self, host: &RunHost, work: impl Future<Output = Done<T>>) -> Outcome<T> {
        let crowd = self.crowd.clone();
        let (key, begun) = self.begin(host);
        let done = work.await;
        let end = end(host, &done)?;
        host.kit.store.log_effect(&host.run, &key, begun, end, haste(crowd.as_deref())).await?;
        done.result.map_err(|failure| host.counts.causes.mark(failure, &key))
    }

    /// Makes an effect whose intent nobody waits for: it is handed over before `work` starts, and on disk with the events that
    /// tell of it.
    pub async fn note<T: Serialize>(self, host: &RunHost, work: impl Future<Output = Done<T>>) -> Outcome<T> {
        let crowd = self.crowd.clone();
        let (key, begun) = self.begin(host);
        drop(host.kit.store.log_intent(&host.run, &key, begun, Haste::WithOthers));
        let done = work.await;
        host.kit.store.log_result(&host.run, &key, end(host, &done)?, haste(crowd.as_deref())).await?;
        done.result.map_err(|failure| host.counts.causes.mark(failure, &key))
    }

    /// Makes an effect that consists of others, which are logged by themselves.
    pub async fn contain<T: Serialize>(self, host: &RunHost, work: impl Future<Output = Outcome<T>>) -> Outcome<T> {
        self.note(host, async { Done::from(work.await) }).await
    }

    /// The same as one of a batch with these places.
    pub fn among(self, crowd: Option<Arc<Semaphore>>) -> Self {
        Self { crowd, ..self }
    }

    pub(super) fn begin(self, host: &RunHost) -> (EffectKey, Intent) {
        let Self { key, kind, text, asked, worst: (worst_cost, bound), .. } = self;
        let part = host.within.as_ref().map(|part| part.path().to_owned());
        (key, Intent { kind, text, worst_cost, bound, asked, part, at: host.now() })
    }
}

/// Enters and makes an effect that must leave a trace before it happens; what was answered before is not made again.
pub async fn perform<T: Serialize + DeserializeOwned>(
    host: &RunHost,
    frame: &Frame,
    asked: Asked,
    worst_cost: Option<Money>,
    work: impl Future<Output = Done<T>>,
) -> Outcome<T> {
    match enter(host, frame, asked)? {
        Entered::Answered(answer) => answer,
        Entered::Due(entry) => entry.at_most(worst_cost, Bound::default()).perform(host, work).await,
    }
}

/// Enters and makes an effect that is harmless to repeat.
pub async fn observe<T: Serialize + DeserializeOwned>(
    host: &RunHost,
    frame: &Frame,
    asked: Asked,
    work: impl Future<Output = Done<T>>,
) -> Outcome<T> {
    match enter(host, frame, asked)? {
        Entered::Answered(answer) => answer,
        Entered::Due(entry) => entry.observe(host, work).await,
    }
}

/// Notes what a run was told of itself (its budget, that it has no memory), so that it is told the same again. It is on
/// disk with the next effect, and nothing that rests on it can be there before it.
///
/// # Errors
/// `replay` for what a sealed log does not have.
pub fn told<T: Serialize + DeserializeOwned>(host: &RunHost, frame: &Frame, asked: Asked, value: T) -> Outcome<T> {
    let entry = match enter(host, frame, asked)? {
        Entered::Answered(answer) => return answer,
        Entered::Due(entry) => entry,
    };
    let done = Done::from(Ok(value));
    let (key, begun) = entry.begin(host);
    drop(host.kit.store.log_effect(&host.run, &key, begun, end(host, &done)?, Haste::WithOthers));
    done.result
}

/// How soon a write of an effect is to be on disk. While all places of its batch are taken nobody is held up by it, and
/// many such writes share one sync.
fn haste(crowd: Option<&Semaphore>) -> Haste {
    if crowd.is_some_and(|places| places.available_permits() == 0) { Haste::WithOthers } else { Haste::Now }
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
