//! `llm`: one user message, one answer, typed if a schema is given.

use crate::core::failure::{Failure, FailureKind, Outcome};
use crate::core::ids::Frame;
use crate::core::message::{ChatRequest, Finish, Message, Sampling, Speaker};
use crate::core::request::{LlmOptions, LlmRequest};
use crate::host::cache::Cache;
use crate::host::call::ModelCall;
use crate::host::images;
use crate::host::run_host::RunHost;
use crate::host::typed::{Checked, Schema};
use serde_json::Value;
use std::sync::Arc;
use std::time::Duration;
use tokio::sync::Semaphore;
use tokio_util::sync::CancellationToken;

/// How often a model is shown what is wrong with a typed answer.
const REPAIRS: usize = 2;

/// Answers one `llm`.
pub async fn one(host: &RunHost, frame: &Frame, request: LlmRequest, cancel: &CancellationToken) -> Outcome<Value> {
    answer(host, frame, request, cancel, None).await
}

/// Answers one `llm`, as one of a batch if it is given the batch's places.
pub async fn answer(
    host: &RunHost,
    frame: &Frame,
    request: LlmRequest,
    cancel: &CancellationToken,
    slots: Option<&Arc<Semaphore>>,
) -> Outcome<Value> {
    let schema = request.options.schema.as_ref().map(Schema::read).transpose()?;
    let mut messages = messages(host, &request, schema.as_ref()).await?;
    let mut cache = Cache::of(host, request.options.cache.as_ref())?;
    let mut repairs = 0;
    loop {
        let call = call(host, frame, &request.options, messages.clone(), slots).await?;
        let answer = cache.ask(host, call, cancel).await?;
        let reply = answer.reply.clone();
        if reply.finish == Finish::ContentFilter {
            return Err(
                Failure::new(FailureKind::Refusal, "the provider's filter cut the answer").detail("raw", reply.text)
            );
        }
        let Some(schema) = &schema else {
            let text = cut(reply.finish, reply.text)?;
            cache.keep(host, &answer)?;
            return Ok(Value::String(text));
        };
        match schema.check(&reply.text) {
            Checked::Valid(value) => {
                cache.keep(host, &answer)?;
                return Ok(value);
            }
            Checked::Wrong(message) if repairs < REPAIRS => {
                repairs += 1;
                messages.push(Message::new(Speaker::Assistant, reply.text));
                messages.push(Message::new(Speaker::User, schema.complaint(&message)));
            }
            Checked::Wrong(message) => {
                return Err(Failure::new(
                    FailureKind::Invalid,
                    format!("the answer does not match the schema: {message}"),
                )
                .hint("a simpler schema or a stronger role helps; `raw` has the last answer")
                .detail("raw", reply.text));
            }
        }
    }
}

/// An answer that its limit cut is not taken for a whole one.
fn cut(finish: Finish, text: String) -> Outcome<String> {
    if finish != Finish::Length {
        return Ok(text);
    }
    Err(Failure::new(FailureKind::Truncated, "the answer was cut by its token limit")
        .hint("raise max_tokens, or ask for less; `raw` has what came")
        .detail("raw", text))
}

async fn messages(host: &RunHost, request: &LlmRequest, schema: Option<&Schema>) -> Outcome<Vec<Message>> {
    let (role, served) =
        host.kit.models.choose(request.options.role.as_deref(), request.options.model.as_deref()).await?;
    let mut messages = Vec::new();
    if let Some(system) = request.options.system.clone().or(role.system) {
        messages.push(Message::new(Speaker::System, system));
    }
    let prompt = schema.map_or_else(|| request.prompt.clone(), |schema| schema.ask(&request.prompt));
    let images = images::read(host, &served.spec, &request.options.images)?;
    messages.push(Message { images, ..Message::new(Speaker::User, prompt) });
    Ok(messages)
}

async fn call(
    host: &RunHost,
    frame: &Frame,
    options: &LlmOptions,
    messages: Vec<Message>,
    slots: Option<&Arc<Semaphore>>,
) -> Outcome<ModelCall> {
    let (role, served) = host.kit.models.choose(options.role.as_deref(), options.model.as_deref()).await?;
    let standard = role.sampling.clone();
    let sampling = Sampling {
        max_tokens: options.max_tokens.or(standard.max_tokens),
        temperature: options.temperature.or(standard.temperature),
        stop: if options.stop.is_empty() { standard.stop } else { options.stop.clone() },
        thinking: standard.thinking,
    };
    let timeout = options
        .timeout
        .map(Duration::try_from_secs_f64)
        .transpose()
        .map_err(|_| Failure::new(FailureKind::Invalid, "timeout must be a positive number of seconds"))?;
    Ok(ModelCall {
        frame: frame.clone(),
        role,
        served,
        request: ChatRequest { messages, sampling, ..ChatRequest::default() },
        label: options.label.clone(),
        timeout,
        logged: 0,
        slots: slots.map(Arc::clone),
    })
}
