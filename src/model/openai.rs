//! Models behind OpenAI's chat completions, as OpenAI itself and the servers that copy it speak them.
//!
//! One call is attempts (`retry`), each attempt an exchange (`exchange`, `stream`) whose pieces become an answer
//! (`openai/answer`). Prices, roles and caches are not here.

mod answer;
mod body;
mod calls;
mod quirks;
mod usage;
mod wire;

use crate::core::failure::{Failure, FailureKind, Outcome};
use crate::core::ids::ModelId;
use crate::core::message::{ChatReply, ChatRequest, FailedCall};
use crate::model::chat::{ChatModel, Watch};
use crate::model::classify::{Asked, refused};
use crate::model::client::HttpClient;
use crate::model::complaint::Complaint;
use crate::model::endpoint::Endpoint;
use crate::model::exchange::{Incoming, Patience, Timeouts, json_headers, later, open};
use crate::model::openai::answer::{Answer, Stage};
use crate::model::openai::quirks::{Form, Quirks};
use crate::model::retry::{FailedAttempt, RetryPolicy, cancelled, persist};
use crate::model::retry_after::Advice;
use crate::model::stream::{Heard, listen};
use crate::model::transport::stalled;
use futures::future::BoxFuture;
use jiff::Timestamp;
use secrecy::{ExposeSecret, SecretString};
use std::time::Duration;
use tokio::time::{Instant, sleep_until};

/// Everything that a model behind an OpenAI-compatible server needs.
#[derive(Clone, Debug)]
pub struct OpenAiSettings {
    /// The model's id in this program.
    pub id: ModelId,
    /// The server's address up to and including `/v1`.
    pub base_url: String,
    /// Sent as bearer token.
    pub key: Option<SecretString>,
    /// The model's name as the server knows it.
    pub model_name: String,
    /// How long each part of a call may take.
    pub timeouts: Timeouts,
    /// How failed attempts are repeated.
    pub retry: RetryPolicy,
    /// Whether answers are streamed.
    pub stream: bool,
}

/// A model behind an OpenAI-compatible server.
#[derive(Debug)]
pub struct OpenAi {
    settings: OpenAiSettings,
    client: HttpClient,
    /// The address, or why it is none; told at the first call, so that a faulty model does no harm to the others.
    endpoint: Outcome<Endpoint>,
    host: String,
    quirks: Quirks,
}

/// Why an exchange ended without an answer.
struct Broken {
    failure: Failure,
    advice: Advice,
}

impl From<Failure> for Broken {
    fn from(failure: Failure) -> Self {
        Self { failure, advice: Advice::default() }
    }
}

impl OpenAi {
    /// A model that sends its requests through `client`.
    pub fn new(settings: OpenAiSettings, client: HttpClient) -> Self {
        let endpoint = Endpoint::parse(&settings.base_url);
        let host = endpoint.as_ref().map(Endpoint::host).unwrap_or_default();
        let host_name = endpoint.as_ref().map(Endpoint::host_name).unwrap_or_default();
        let quirks = Quirks::of(host_name, &settings.model_name);
        Self { settings, client, endpoint, host, quirks }
    }

    fn asked(&self) -> Asked<'_> {
        Asked { host: &self.host, model: &self.settings.model_name, with_key: self.settings.key.is_some() }
    }

    async fn attempt(
        &self,
        request: &ChatRequest,
        watch: &Watch,
        deadline: Instant,
    ) -> Result<ChatReply, FailedAttempt> {
        let mut answer = Answer::new(watch, self.asked());
        let ended = tokio::select! {
            biased;
            () = watch.cancel.cancelled() => Err(Broken::from(cancelled())),
            () = sleep_until(deadline) => Err(Broken::from(self.overdue())),
            ended = self.exchange(request, &mut answer) => ended,
        };
        let (usage, shown) = (answer.usage(request), answer.is_shown());
        let broken = match ended {
            Err(broken) => broken,
            Ok(()) => match answer.reply(usage) {
                Ok(reply) => return Ok(reply),
                Err(failure) => Broken::from(failure),
            },
        };
        let failed = FailedCall { failure: self.redacted(broken.failure), usage };
        Err(FailedAttempt { failed, advice: broken.advice, shown })
    }

    /// Asks until the server takes the form of the request, which it does at once unless it has its quirks.
    async fn exchange(&self, request: &ChatRequest, answer: &mut Answer<'_>) -> Result<(), Broken> {
        let mut switched = false;
        loop {
            let form = self.quirks.form(self.settings.stream);
            let first = Patience::from(Instant::now(), self.first_limit(), "no token");
            let incoming = self.ask(request, form, first, answer).await?;
            let status = incoming.status();
            if (200..300).contains(&status) {
                return Ok(self.hear(incoming, first, answer).await?);
            }
            answer.stage = Stage::Idle;
            let advice = Advice::read(incoming.headers(), Timestamp::now());
            let complaint = Complaint::read(&incoming.refusal().await);
            if !self.quirks.learn(form, status, &complaint, &mut switched) {
                return Err(Broken { failure: refused(status, &complaint, self.asked()), advice });
            }
        }
    }

    async fn ask(
        &self,
        request: &ChatRequest,
        form: Form,
        first: Patience,
        answer: &mut Answer<'_>,
    ) -> Outcome<Incoming<'_>> {
        let url = self.endpoint.as_ref().map_err(Failure::clone)?.at("chat/completions");
        let connect = self.settings.timeouts.connect;
        let sent = self
            .client
            .reaching(&url, connect)?
            .post(url)
            .headers(json_headers(self.settings.key.as_ref(), form.stream)?)
            .body(body::compose(request, &self.settings.model_name, form)?);
        answer.stage = Stage::Asked;
        let incoming = open(sent, &self.host, connect, first).await;
        if incoming.as_ref().is_err_and(|failure| failure.kind != FailureKind::Stalled) {
            answer.stage = Stage::Idle;
        }
        incoming
    }

    async fn hear(&self, mut incoming: Incoming<'_>, first: Patience, answer: &mut Answer<'_>) -> Outcome<()> {
        let between = self.settings.timeouts.between_tokens;
        match listen(&mut incoming, first, between, |frame| answer.take_frame(&frame)).await {
            Ok(Heard::Events) => Ok(()),
            Ok(Heard::Json(document)) => answer.take_document(&document),
            // The answer is whole; only what would have followed it is missing.
            Err(failure) if answer.is_whole() && failure.kind.retryable() => Ok(()),
            Err(failure) => Err(failure),
        }
    }

    /// An answer in one piece begins when it is complete, so only the total limits it.
    fn first_limit(&self) -> Duration {
        let timeouts = &self.settings.timeouts;
        if self.settings.stream { timeouts.first_token } else { timeouts.total }
    }

    fn overdue(&self) -> Failure {
        stalled(&self.host, "no whole answer", self.settings.timeouts.total)
    }

    /// The failure without the key, which some servers repeat in their messages.
    fn redacted(&self, mut failure: Failure) -> Failure {
        if let Some(key) = &self.settings.key {
            let key = key.expose_secret().trim();
            if key.len() > 3 {
                failure.message = failure.message.replace(key, "***");
            }
        }
        failure
    }
}

impl ChatModel for OpenAi {
    fn id(&self) -> &ModelId {
        &self.settings.id
    }

    fn chat<'a>(&'a self, request: &'a ChatRequest, watch: &'a Watch) -> BoxFuture<'a, Result<ChatReply, FailedCall>> {
        let deadline = later(Instant::now(), self.settings.timeouts.total);
        Box::pin(persist(&self.settings.retry, watch, deadline, move || self.attempt(request, watch, deadline)))
    }
}
