//! `llm`: one user message, one answer, typed if a schema is given.

pub mod cache;
pub mod flights;
pub mod images;

use crate::core::bounds::some_time;
use crate::core::event::Event;
use crate::core::failure::{Failure, Outcome};
use crate::core::ids::Frame;
use crate::core::message::{ChatRequest, Message, ModelAnswer, Sampling, Speaker, Thinking};
use crate::core::request::{LlmOptions, LlmRequest};
use crate::core::thoughts;
use crate::host::attempts::Attempting;
use crate::host::call::ModelCall;
use crate::host::call::unusable::{self, Needs};
use crate::host::llm::cache::Cache;
use crate::host::models::choose::{Chosen, Wish};
use crate::host::run_host::RunHost;
use crate::host::typed::{Checked, Schema};
use crate::registry::models::Provider;
use crate::registry::personas;
use serde_json::Value;
use std::sync::Arc;
use std::time::Duration;
use tokio::sync::Semaphore;
use tokio_util::sync::CancellationToken;

/// How often a model is shown what is wrong with a typed answer.
const REPAIRS: usize = 2;

/// Answers one `llm`.
pub async fn one(host: &RunHost, frame: &Frame, request: LlmRequest, cancel: &CancellationToken) -> Outcome<Value> {
    let schema = request.options.schema.as_deref().map(Schema::read).transpose()?;
    let (request, schema) = (&request, schema.as_ref());
    Attempting { host, frame, request, schema, cancel, slots: None, gate: None, ladder: None }.unchecked().await
}

/// Makes one attempt of a chain, with more room and more thought if it thinks harder: the value, and the answer that it was
/// taken from.
///
/// Fails by itself where no request comes about (a picture or a persona that is not there): that is nobody's failure, and
/// nobody else could mend it.
pub async fn answer(
    chain: &Attempting<'_>,
    request: &LlmRequest,
    harder: bool,
) -> Outcome<Outcome<(Value, ModelAnswer)>> {
    let Attempting { host, frame, schema, cancel, slots, gate, .. } = *chain;
    let chosen = match host.choose(&wish(&request.options)).await {
        Ok(chosen) => chosen,
        Err(failure) => return Ok(Err(failure)),
    };
    let options = &request.options;
    let timeout = options.timeout.map(|seconds| some_time("llm", seconds)).transpose()?;
    let asking = Asking { host, frame, options, chosen: &chosen, schema, cancel, slots, harder, timeout };
    let messages = asking.messages(&request.prompt)?;
    let cache = Cache::of(host, options.cache.as_ref())?;
    Ok(asking.answer(cache, messages, gate.is_some()).await)
}

/// Twice the room, and the next level of thought. Where nobody has set a level, protocols that have one get one above their
/// usual; what else speaks chat completions may not know the word.
fn harder(sampling: Sampling, provider: Provider) -> Sampling {
    let usual = match provider {
        Provider::Anthropic => Some(Thinking::Low),
        Provider::Responses => Some(Thinking::Medium),
        Provider::OpenAi | Provider::Offline => None,
    };
    Sampling {
        max_tokens: sampling.max_tokens.map(|room| room.saturating_mul(2)),
        thinking: sampling.thinking.or(usual).map(Thinking::more),
        ..sampling
    }
}

fn wish(options: &LlmOptions) -> Wish {
    Wish {
        role: options.role.clone(),
        model: options.model.clone(),
        requires: options.requires.clone(),
        strategy: options.strategy,
    }
}

/// One `llm` on its way.
struct Asking<'a> {
    host: &'a RunHost,
    frame: &'a Frame,
    options: &'a LlmOptions,
    chosen: &'a Chosen,
    schema: Option<&'a Schema>,
    cancel: &'a CancellationToken,
    slots: Option<&'a Arc<Semaphore>>,
    harder: bool,
    timeout: Option<Duration>,
}

impl Asking<'_> {
    async fn answer(&self, mut cache: Cache, messages: Vec<Message>, judged: bool) -> Outcome<(Value, ModelAnswer)> {
        let (value, answer) = match self.schema {
            None => {
                let answer = self.send(&mut cache, messages, None, Needs::default()).await?;
                let text = self.whole(&answer)?.to_owned();
                if text.trim().is_empty() {
                    self.tell_empty(&answer, judged);
                }
                (Value::String(text), answer)
            }
            Some(schema) => Box::pin(self.typed(schema, &mut cache, messages)).await?,
        };
        cache.keep(self.host, self.frame, &answer).await;
        Ok((value, answer))
    }

    /// The standing instructions: the call's own say all, unless it names a persona too.
    fn system(&self) -> Outcome<Option<String>> {
        let (options, role) = (self.options, &self.chosen.role);
        let of_role = role.persona.as_deref().filter(|_| options.system.is_none());
        let system = options.system.as_deref().or(role.system.as_deref());
        let persona = options.persona.as_deref().or(of_role);
        personas::standing(&self.host.kit.settings.paths, persona, system)
    }

    fn messages(&self, prompt: &str) -> Outcome<Vec<Message>> {
        let served = &self.chosen.served;
        let mut messages = Vec::new();
        if let Some(system) = self.system()? {
            messages.push(Message::new(Speaker::System, system));
        }
        // A model that is held to the schema needs no words about it.
        let wish = self.schema.filter(|_| !served.spec.capabilities.json);
        let prompt = wish.map_or_else(|| prompt.to_owned(), |schema| schema.ask(prompt));
        let images = images::read(self.host, &served.spec, &self.options.images)?;
        messages.push(Message { images, ..Message::new(Speaker::User, prompt) });
        Ok(messages)
    }

    /// Asks until the answer matches, at most `REPAIRS` times again; each is a call of its own, paid and logged.
    async fn typed(
        &self,
        schema: &Schema,
        cache: &mut Cache,
        mut messages: Vec<Message>,
    ) -> Outcome<(Value, ModelAnswer)> {
        let mut repairs = 0;
        let mut last: Option<String> = None;
        loop {
            let label = (repairs > 0).then(|| format!("repair {repairs} of {REPAIRS}"));
            let needs = Needs { schema: (repairs == REPAIRS).then(|| Arc::new(schema.schema().clone())) };
            let answer = match self.send(cache, messages.clone(), label, needs).await {
                Ok(answer) => answer,
                // What was paid for before is not lost with the call that failed.
                Err(failure) => return Err(last.into_iter().fold(failure, |failure, raw| failure.detail("raw", raw))),
            };
            // A cut answer may hold a part that matches, and would be cut again.
            let text = self.whole(&answer)?.to_owned();
            let message = match schema.check(&text) {
                Checked::Valid(value) => return Ok((value, answer)),
                Checked::Wrong(message) => message,
            };
            self.count_unusable(&answer);
            if repairs == REPAIRS {
                let failure = unusable::unlike(&message, &answer).detail("repairs", repairs);
                return Err(self.holding().into_iter().fold(failure, Failure::hint));
            }
            repairs += 1;
            // Thoughts are not sent back, and some servers refuse an empty message.
            let said = thoughts::behind(&text);
            if !said.is_empty() {
                messages.push(Message::new(Speaker::Assistant, said));
            }
            messages.push(Message::new(Speaker::User, schema.complaint(&message)));
            last = Some(text);
        }
    }

    /// What may help a described model of which nobody says whether it can be held to a schema.
    fn holding(&self) -> Option<String> {
        let id = &self.chosen.served.spec.id;
        let config = self.host.kit.settings.models.get(id.as_str())?;
        (config.json.is_none() && config.capabilities.is_none()).then(|| {
            format!(
                "`json = true` under [models.\"{id}\"] holds the model to the schema where its server can; a simpler schema or \
                 a stronger role helps too; `raw` has the last answer"
            )
        })
    }

    /// The text of an answer that came whole.
    fn whole<'a>(&self, answer: &'a ModelAnswer) -> Outcome<&'a str> {
        unusable::whole(answer).inspect_err(|_| self.count_unusable(answer))
    }

    /// Tells of an answer without a text, which is no failure: a program goes on with it. A check that judges it counts it.
    fn tell_empty(&self, answer: &ModelAnswer, is_judged: bool) {
        if !is_judged {
            self.count_unusable(answer);
        }
        if self.host.choices.first_empty(&answer.model) {
            let text = format!("the answer of {} is empty: it came to its end without a text", answer.model);
            self.host.emit(self.frame, &Event::Note { text });
        }
    }

    fn count_unusable(&self, answer: &ModelAnswer) {
        if let Some(paid) = &answer.paid {
            unusable::count(self.host, paid, &answer.model, answer.cost.unwrap_or_default());
        }
    }

    async fn send(
        &self,
        cache: &mut Cache,
        messages: Vec<Message>,
        note: Option<String>,
        needs: Needs,
    ) -> Outcome<ModelAnswer> {
        let Chosen { role, served, substitutes, .. } = self.chosen;
        let (options, standard) = (self.options, role.sampling.clone());
        let mut sampling = Sampling {
            max_tokens: options.max_tokens.or(standard.max_tokens),
            temperature: options.temperature.or(standard.temperature),
            stop: options.stop.clone().unwrap_or(standard.stop),
            thinking: standard.thinking,
        };
        if self.harder {
            sampling = harder(sampling, served.spec.provider);
        }
        let wanted = self.schema.map(|schema| Arc::new(schema.schema().clone()));
        let schema = wanted.as_deref().filter(|_| served.spec.capabilities.json).cloned();
        let label = [options.label.clone(), note].into_iter().flatten().collect::<Vec<_>>().join(", ");
        let call = ModelCall {
            frame: self.frame.clone(),
            role: Arc::clone(role),
            monitor: role.monitor.map(|monitor| monitor.for_json(self.schema.is_some())),
            served: served.clone(),
            reason: self.chosen.because(options.reason.as_deref(), options.model.is_some()),
            substituted: Vec::new(),
            substitutes: Arc::clone(substitutes),
            standby: false,
            request: ChatRequest { messages, sampling, schema, ..ChatRequest::default() },
            schema: wanted,
            label: (!label.is_empty()).then_some(label),
            timeout: self.timeout,
            logged: 0,
            needs: Some(needs),
            slots: self.slots.map(Arc::clone),
        };
        Box::pin(cache.ask(self.host, call, self.cancel)).await
    }
}
