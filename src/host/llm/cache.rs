//! Kept answers of `llm`: looked up before anything is reserved or sent, and kept once an answer is accepted.
//!
//! Opt-in, because the same question asked twice usually wants two answers. A failure is never kept, nor an answer that
//! was cut or did not match its schema.

use crate::budget::ledger::Tag;
use crate::core::effect::{EffectKey, canonical};
use crate::core::event::Event;
use crate::core::failure::{Failure, FailureKind, Outcome};
use crate::core::ids::Frame;
use crate::core::message::ModelAnswer;
use crate::core::money::Money;
use crate::core::request::Keep;
use crate::core::span::span;
use crate::core::text::one_line;
use crate::host::call::arguments::asked;
use crate::host::call::fallback;
use crate::host::call::length;
use crate::host::call::{self, ModelCall};
use crate::host::door::{self, Done, Entered};
use crate::host::llm::flights::Flight;
use crate::host::run_host::RunHost;
use crate::store::answers::KEPT_MILLIS;
use serde_json::json;
use std::time::Duration;
use tokio_util::sync::CancellationToken;

/// The kept answers as one `llm` uses them, with all questions that it may ask.
#[derive(Debug, Default)]
pub struct Cache {
    /// How old an answer may be, in milliseconds; `None` if none is wanted.
    age: Option<u64>,
    /// The key of the first question; the answer that is accepted in the end belongs to it.
    first: Option<String>,
    /// The place in the log of the last question.
    last: Option<EffectKey>,
    /// Holds back those who ask the same meanwhile.
    flight: Option<Flight>,
}

impl Cache {
    /// The cache of a call with this option, or of one that leaves it to the settings.
    ///
    /// Fails with `Invalid` for what is no span of time, or one of more than 30 days.
    pub fn of(host: &RunHost, keep: Option<&Keep>) -> Outcome<Self> {
        let settings = &host.kit.settings;
        let seconds = |seconds: f64| Duration::try_from_secs_f64(seconds).ok();
        let age = match keep {
            None if !settings.cache => return Ok(Self::default()),
            Some(Keep::Flag(false)) => return Ok(Self::default()),
            None | Some(Keep::Flag(true)) => seconds(settings.cache_age),
            Some(Keep::Seconds(given)) => seconds(*given),
            Some(Keep::Span(given)) => span(given),
        };
        let age = age.and_then(|age| u64::try_from(age.as_millis()).ok()).filter(|millis| *millis <= KEPT_MILLIS);
        match age {
            Some(age) => Ok(Self { age: Some(age), ..Self::default() }),
            None => Err(Failure::new(FailureKind::Invalid, "cache is no span of time up to 30 days")
                .hint("write cache: true, seconds, or \"90s\", \"10m\", \"1h\", \"7d\"")),
        }
    }

    /// The answer to a question: a kept one if there is one, else a new one. Equal questions go out one after the other,
    /// so that the first answer serves them all.
    pub async fn ask(
        &mut self,
        host: &RunHost,
        mut call: ModelCall,
        cancel: &CancellationToken,
    ) -> Outcome<ModelAnswer> {
        let Some(age) = self.age else { return fallback::model(host, call, cancel).await };
        length::wish(&mut call);
        let key = key(&call);
        if self.first.is_none() {
            self.flight = Some(host.kit.flights.board(&key, cancel).await?);
        }
        self.last = Some(host.next_key(&call.frame, asked(&call)?.hash()));
        // A run that goes on has what its log says, whatever others have kept since.
        let found = if fallback::is_logged(host, &call)? { None } else { kept(host, &call, &key, age) };
        self.first.get_or_insert(key);
        if let Some(flight) = self.flight.take_if(|flight| found.is_some() || flight.is_vain()) {
            drop(flight);
        }
        match found {
            Some(kept) => reuse(host, &call, kept).await,
            None => fallback::model(host, call, cancel).await,
        }
    }

    /// Keeps an accepted answer for the first question, unless it is another model's than was asked. The next
    /// equal question of this program finds it. The answer is paid and logged: that it cannot be kept is only told.
    /// An answer of a log may not have been kept in time, and is as old as its effect.
    pub async fn keep(mut self, host: &RunHost, frame: &Frame, answer: &ModelAnswer) {
        let is_own = !answer.cached && answer.substituted.is_empty() && !host.is_sealed();
        let Some(key) = self.first.as_deref().filter(|_| is_own) else { return };
        match self.put(host, key, answer).await {
            Ok(()) => self.flight.take().into_iter().for_each(Flight::land),
            Err(failure) => {
                let text = format!("an answer cannot be kept for later: {}", one_line(&failure.message, 200));
                host.emit(frame, &Event::Note { text });
            }
        }
    }

    async fn put(&self, host: &RunHost, key: &str, answer: &ModelAnswer) -> Outcome<()> {
        let (store, now) = (&host.kit.store, host.now());
        let mut given = now;
        if answer.replayed {
            let effect = self.last.as_ref().map(|key| store.effect(&host.run, key)).transpose()?.flatten();
            given = effect.and_then(|effect| effect.ended_at).unwrap_or_default();
            // What cannot be read is no reason to keep nothing.
            if matches!(store.kept_answer(key, now, now.saturating_sub(given)), Ok(Some(_))) {
                return Ok(());
            }
        }
        let value = serde_json::to_value(answer)
            .map_err(|e| Failure::new(FailureKind::Internal, format!("an answer has no form as data: {e}")))?;
        store.keep_answer(key, given, now, &value).await
    }
}

/// Everything that the answer may depend on.
fn key(call: &ModelCall) -> String {
    let spec = &call.served.spec;
    let mut whole = json!({
        "id": spec.id,
        "provider": spec.provider,
        "base_url": spec.base_url,
        "name": spec.name,
        "request": call.request,
    });
    // A header may name another account, or another version of a model.
    if !spec.headers.is_empty() {
        whole["headers"] = json!(spec.headers);
    }
    blake3::hash(canonical(&whole).as_bytes()).to_hex().to_string()
}

/// The kept answer of this key. One that cannot be read is none, and the next answer takes its place.
fn kept(host: &RunHost, call: &ModelCall, key: &str, age: u64) -> Option<ModelAnswer> {
    let read = host.kit.store.kept_answer(key, host.now(), age).and_then(|found| {
        found.map(serde_json::from_value).transpose().map_err(|e| Failure::new(FailureKind::Io, e.to_string()))
    });
    read.unwrap_or_else(|failure| {
        let why = one_line(&failure.message, 200);
        let text = format!("a kept answer cannot be read and is asked for again: {why}");
        host.emit(&call.frame, &Event::Note { text });
        None
    })
}

/// Answers with what was kept: an effect and an event like any other, at no cost.
async fn reuse(host: &RunHost, call: &ModelCall, kept: ModelAnswer) -> Outcome<ModelAnswer> {
    let answer = ModelAnswer { cost: Some(Money::ZERO), millis: 0, cached: true, replayed: false, ..kept };
    let usage = answer.reply.usage;
    let (model, role) = (call.served.spec.id.clone(), call.role.name.clone());
    // Nothing was used. An earlier attempt stays charged, to those who were asked then.
    let work = async { Done { result: Ok(answer), usage: None, cost: Some(Money::ZERO) } };
    let answer = match door::enter(host, &call.frame, asked(call)?)? {
        Entered::Answered(answer) => answer?,
        Entered::Due(entry) => entry.of(&role, &model).observe(host, work).await?,
    };
    host.scope.charge_cached(&Tag { role: role.clone(), model: model.clone() });
    host.emit(
        &call.frame,
        &Event::ModelFinished {
            call: call::next_number(),
            model,
            role,
            usage,
            cost: Some(Money::ZERO),
            millis: 0,
            failure: None,
            replayed: false,
            cached: true,
        },
    );
    Ok(answer)
}
