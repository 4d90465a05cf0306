//! A model behind HTTP, in any protocol: attempts, what a server turns out to lack, time limits, and the bill of what
//! broke off.
//!
//! One call is attempts (`retry`), each attempt an exchange (`exchange`, `stream`) whose pieces the protocol's reader
//! puts into a draft. Prices, roles and caches are not here.

mod known;
mod notes;

use crate::core::failure::{Failure, FailureKind, Outcome};
use crate::core::ids::ModelId;
use crate::core::message::{ChatReply, ChatRequest, FailedCall};
use crate::model::allowance::Allowance;
use crate::model::chat::{ChatModel, Known, Watch};
use crate::model::classify::{Asked, HANDED_ON, refused};
use crate::model::client::HttpClient;
use crate::model::complaint::Complaint;
use crate::model::draft::{Draft, Stage};
use crate::model::endpoint::Endpoint;
use crate::model::exchange::{Incoming, Patience, Timeouts, json_headers, open};
use crate::model::halves::{Halves, whole};
use crate::model::lane::pass::Pass;
use crate::model::lane::{Lane, need};
use crate::model::protocol::{Protocol, Reader};
use crate::model::quirks::{Features, Form, Quirks};
use crate::model::retry::{ASKED, FailedAttempt, REACH, RetryPolicy, Way, cancelled, persist};
use crate::model::retry_after::Advice;
use crate::model::secrets::Secrets;
use crate::model::sse::Frame;
use crate::model::stream::{Flow, Heard, listen};
use crate::model::transport::stalled;
use futures::future::BoxFuture;
use jiff::Timestamp;
use reqwest::Url;
use reqwest::header::{HeaderMap, HeaderName, HeaderValue};
use secrecy::SecretString;
use std::collections::HashSet;
use std::marker::PhantomData;
use std::sync::atomic::AtomicBool;
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;
use tokio::time::{Instant, sleep_until};

/// Everything that a model behind a server needs.
#[derive(Clone, Debug)]
pub struct RemoteSettings {
    /// The model's id in this program.
    pub id: ModelId,
    /// The server's address up to and including `/v1`.
    pub base_url: String,
    /// Sent in the way of the protocol.
    pub key: Option<SecretString>,
    /// Headers beside those of the protocol, as name and value.
    pub headers: Vec<(String, String)>,
    /// The model's name as the server knows it.
    pub model_name: String,
    /// The most tokens that a picture counts, if somebody says so.
    pub image_tokens: Option<u64>,
    /// How long each part of a call may take.
    pub timeouts: Timeouts,
    /// How failed attempts are repeated.
    pub retry: RetryPolicy,
    /// Whether answers are streamed.
    pub stream: bool,
    /// Whether the server is asked to keep its answers.
    pub store: bool,
    /// The way to the model, shared with everybody else who talks to it.
    pub lane: Arc<Lane>,
}

/// A model behind a server that speaks the protocol `P`.
#[derive(Debug)]
pub struct Remote<P> {
    settings: RemoteSettings,
    client: HttpClient,
    /// Where requests go, or why nowhere; told at the first call, so that a faulty model does no harm to the others.
    url: Outcome<Url>,
    host: String,
    secrets: Secrets,
    quirks: Quirks,
    /// Whether a person was told that the server's counts cannot be true.
    doubted: AtomicBool,
    /// Whether a person was told that the server keeps to no limit.
    overran: AtomicBool,
    /// What a person was told that the protocol leaves out.
    dropped: Mutex<HashSet<&'static str>>,
    protocol: PhantomData<fn() -> P>,
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

impl<P: Protocol> Remote<P> {
    /// A model that sends its requests through `client`.
    pub fn new(settings: RemoteSettings, client: HttpClient) -> Self {
        let endpoint = Endpoint::parse(&settings.base_url);
        let host = endpoint.as_ref().map(Endpoint::host).unwrap_or_default();
        let host_name = endpoint.as_ref().map(Endpoint::host_name).unwrap_or_default();
        let quirks = Quirks::new(P::lacks(host_name, &settings.model_name));
        let secrets = Secrets::of(&settings.base_url, settings.key.as_ref(), &settings.headers);
        let url = endpoint.map(|endpoint| endpoint.at(&P::path(endpoint.path())));
        let (doubted, overran, dropped) = Default::default();
        Self { settings, client, url, host, secrets, quirks, doubted, overran, dropped, protocol: PhantomData }
    }

    fn asked(&self) -> Asked<'_> {
        let RemoteSettings { model_name, key, .. } = &self.settings;
        Asked { host: &self.host, model: model_name, with_key: key.is_some(), secrets: &self.secrets }
    }

    async fn attempt(
        &self,
        request: &ChatRequest,
        watch: &Watch,
        mut pass: Pass,
        deadline: Instant,
    ) -> Result<ChatReply, FailedAttempt> {
        let begun = Instant::now();
        let mut draft = Draft::new(watch, self.asked(), self.settings.image_tokens);
        let ended = tokio::select! {
            biased;
            () = watch.cancel.cancelled() => Err(Broken::from(cancelled())),
            () = sleep_until(deadline) => Err(Broken::from(self.overdue())),
            ended = self.exchange(request, watch, &mut pass, &mut draft) => ended,
        };
        let stopped =
            |failure: &Failure| failure.kind == FailureKind::Cancelled && self.settings.stream && !watch.is_overdue();
        let usage = match &ended {
            Ok(()) => draft.bill(request, begun.elapsed()),
            Err(Broken { failure, .. }) => draft.charge(request, failure, begun.elapsed(), stopped(failure)),
        };
        self.doubt(watch, draft.excess(request));
        self.tell_overrun(watch, request, &usage);
        let shown = draft.is_shown();
        pass.used(&usage);
        let broken = match ended {
            Err(broken) => Broken { failure: draft.stopped(broken.failure), ..broken },
            Ok(()) => match draft.reply(usage) {
                Ok(reply) => return Ok(reply),
                Err(failure) => Broken::from(failure),
            },
        };
        let failed = FailedCall { failure: self.secrets.redact(broken.failure), usage };
        Err(FailedAttempt { failed, advice: broken.advice, shown })
    }

    /// Asks until the server takes the form of the request, which it does at once unless it has its quirks.
    async fn exchange(
        &self,
        request: &ChatRequest,
        watch: &Watch,
        pass: &mut Pass,
        draft: &mut Draft<'_>,
    ) -> Result<(), Broken> {
        let RemoteSettings { stream, store, .. } = self.settings;
        let mut form = Form { stream, store, lacking: self.quirks.lacking() };
        let mut tried = Features::NONE;
        let untold = |&what: &&'static str| self.dropped.lock().unwrap_or_else(PoisonError::into_inner).insert(what);
        self.tell(watch, P::drops(request, form).filter(untold));
        loop {
            let first = Patience::from(Instant::now(), self.first_limit(), "no token");
            let incoming = self.ask(request, form, first, draft).await?;
            pass.heed(&Allowance::read(incoming.headers(), Timestamp::now()));
            let status = incoming.status();
            if (200..300).contains(&status) {
                draft.head(incoming.headers());
                self.hear(incoming, first, request, draft).await?;
                draft.cut_at(&request.sampling.stop);
                return Ok(());
            }
            if !HANDED_ON.contains(&status) {
                draft.stage = Stage::Idle;
            }
            let advice = Advice::read(incoming.headers(), Timestamp::now());
            let complaint = Complaint::read(&incoming.refusal().await);
            match self.quirks.learn(P::RULES, request, &mut form, status, &complaint, &mut tried) {
                Some(lost) => self.tell(watch, lost.loss(request)),
                None => return Err(Broken { failure: refused(status, &complaint, self.asked()), advice }),
            }
            pass.again(need(request), self.settings.timeouts.total, watch).await?;
        }
    }

    async fn ask(
        &self,
        request: &ChatRequest,
        form: Form,
        first: Patience,
        draft: &mut Draft<'_>,
    ) -> Outcome<Incoming<'_>> {
        let url = self.url.as_ref().map_err(Failure::clone)?;
        let connect = self.settings.timeouts.connect;
        let sent = self
            .client
            .reaching(url, connect)?
            .post(url.clone())
            .headers(self.headers(form.stream)?)
            .body(P::compose(request, &self.settings.model_name, form)?);
        draft.stage = Stage::Asked;
        let incoming = open(sent, &self.host, connect, first).await;
        let arrived = |failure: &Failure| failure.details.get(REACH).is_some_and(|reach| reach == ASKED);
        if incoming.as_ref().is_err_and(|failure| failure.kind != FailureKind::Stalled && !arrived(failure)) {
            draft.stage = Stage::Idle;
        }
        incoming
    }

    fn headers(&self, stream: bool) -> Outcome<HeaderMap> {
        let mut headers = json_headers(stream);
        P::sign(&mut headers, self.settings.key.as_ref())?;
        for (name, value) in &self.settings.headers {
            let header = HeaderName::try_from(name.as_str()).ok().zip(HeaderValue::try_from(value.as_str()).ok());
            let (name, value) = header.ok_or_else(|| {
                Failure::new(FailureKind::Config, format!("{}: the header {name:?} cannot be sent", self.settings.id))
                    .hint("write headers as [\"Name: value\"]")
            })?;
            headers.insert(name, value);
        }
        Ok(headers)
    }

    async fn hear(
        &self,
        mut incoming: Incoming<'_>,
        first: Patience,
        request: &ChatRequest,
        draft: &mut Draft<'_>,
    ) -> Outcome<()> {
        let between = self.settings.timeouts.between_tokens;
        let (mut reader, mut halves) = (P::Reader::default(), Halves::default());
        let take = |mut frame: Frame| {
            frame.data = halves.event(frame.data);
            if let Some(flow) = draft.mark(&frame)? {
                return Ok(flow);
            }
            let flow = reader.frame(draft, &frame)?;
            draft.check_size()?;
            Ok(if draft.is_cut(request) { Flow::Cut } else { flow })
        };
        match listen(&mut incoming, first, between, take).await {
            Ok(Heard::Events) => Ok(()),
            Ok(Heard::Json(document)) => {
                let read = reader.document(draft, &whole(document));
                draft.cut_piece(request);
                read
            }
            // The answer is whole; only what would have followed it is missing.
            Err(failure) if draft.is_whole() && failure.kind.retryable() => Ok(()),
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
}

impl<P: Protocol> ChatModel for Remote<P> {
    fn id(&self) -> &ModelId {
        &self.settings.id
    }

    fn chat<'a>(&'a self, request: &'a ChatRequest, watch: &'a Watch) -> BoxFuture<'a, Result<ChatReply, FailedCall>> {
        let (lane, total) = (&self.settings.lane, self.settings.timeouts.total);
        let way = Way { lane, need: need(request), total };
        let attempt = move |pass, deadline| self.attempt(request, watch, pass, deadline);
        Box::pin(lane.call(watch.standby, persist(&self.settings.retry, way, watch, attempt)))
    }

    fn look_up<'a>(&'a self, id: &'a str, request: &'a ChatRequest) -> BoxFuture<'a, Outcome<Known>> {
        Box::pin(async move { self.known(id, request).await.map_err(|failure| self.secrets.redact(failure)) })
    }
}
