//! One HTTP exchange: a request out, its answer in pieces, with limits on time and size.
//!
//! Nothing here knows what the bytes mean. The total time of a call and its cancellation belong to whoever awaits this.

use crate::core::failure::{Failure, FailureKind, Outcome};
use crate::model::transport;
use reqwest::Response;
use reqwest::header::{ACCEPT, ACCEPT_ENCODING, AUTHORIZATION, CONTENT_TYPE, HeaderMap, HeaderValue};
use secrecy::{ExposeSecret, SecretString};
use std::time::Duration;
use tokio::time::{Instant, timeout_at};

/// The most bytes of an answer in one piece that are read, counted after decompression. All of it is held in memory.
pub const BODY_CAP: usize = 16 * 1024 * 1024;
/// The most bytes of a streamed answer that are read: each is forgotten with its event, and events of a few bytes of
/// text are often a hundred times as long.
pub const STREAM_CAP: usize = 256 * 1024 * 1024;
/// The most bytes of a refusal that are read.
const REFUSAL_CAP: usize = 64 * 1024;
/// How long a refusal's body is waited for.
const REFUSAL_PATIENCE: Duration = Duration::from_secs(10);
/// How long the end of an answer that is already whole is waited for, so that its connection can be used again.
const DRAIN_PATIENCE: Duration = Duration::from_millis(20);

/// How long each part of a call may take.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Timeouts {
    /// Making a connection.
    pub connect: Duration,
    /// From the request to the first word, thought or call of a streamed answer, whatever events announce it. A thought that
    /// begins and is not shown ends it while events go on to come.
    pub first_token: Duration,
    /// From one event of a streamed answer to the next.
    pub between_tokens: Duration,
    /// The whole call, repeated attempts and the waits between them included.
    pub total: Duration,
}

impl Default for Timeouts {
    fn default() -> Self {
        Self {
            connect: Duration::from_secs(10),
            first_token: Duration::from_secs(180),
            between_tokens: Duration::from_secs(60),
            total: Duration::from_secs(600),
        }
    }
}

/// Until when something is waited for, and how to say that it did not come.
#[derive(Clone, Copy, Debug)]
pub struct Patience {
    until: Instant,
    limit: Duration,
    what: &'static str,
}

impl Patience {
    /// Waits from `start` for `limit`; `what` completes "the server sent ... within 5 s".
    pub fn from(start: Instant, limit: Duration, what: &'static str) -> Self {
        Self { until: later(start, limit), limit, what }
    }

    /// Waits from now.
    pub fn now(limit: Duration, what: &'static str) -> Self {
        Self::from(Instant::now(), limit, what)
    }

    /// The one of the two that ends later.
    pub fn longer(self, other: Self) -> Self {
        if other.until > self.until { other } else { self }
    }

    fn failure(&self, host: &str) -> Failure {
        transport::stalled(host, self.what, self.limit)
    }
}

/// The instant after a duration; one too long to add is as good as a year.
pub fn later(start: Instant, duration: Duration) -> Instant {
    const YEAR: Duration = Duration::from_secs(365 * 24 * 3600);
    start.checked_add(duration.min(YEAR)).unwrap_or(start)
}

/// The headers of a JSON request, without a key. A streamed answer is asked for uncompressed, because compressing
/// servers and proxies hold tokens back until a block is full.
pub fn json_headers(stream: bool) -> HeaderMap {
    let mut headers = HeaderMap::new();
    headers.insert(CONTENT_TYPE, HeaderValue::from_static("application/json"));
    if stream {
        headers.insert(ACCEPT, HeaderValue::from_static("text/event-stream"));
        headers.insert(ACCEPT_ENCODING, HeaderValue::from_static("identity"));
    } else {
        headers.insert(ACCEPT, HeaderValue::from_static("application/json"));
    }
    headers
}

/// Adds a key as bearer token.
///
/// # Errors
/// `config` if the key cannot stand in a header.
pub fn add_bearer(headers: &mut HeaderMap, key: Option<&SecretString>) -> Outcome<()> {
    if let Some(key) = key {
        headers.insert(AUTHORIZATION, secret(&format!("Bearer {}", key.expose_secret().trim()))?);
    }
    Ok(())
}

/// The value of a header that must not be shown.
///
/// # Errors
/// `config` if it contains characters that cannot stand in a header.
pub fn secret(text: &str) -> Outcome<HeaderValue> {
    let mut value = HeaderValue::from_str(text).map_err(|_| {
        Failure::new(FailureKind::Config, "the key contains characters that cannot be sent")
            .hint("check OPENAI_API_KEY, or the provider's key in the configuration, for line breaks and quotes")
    })?;
    value.set_sensitive(true);
    Ok(value)
}

/// Sends a request and waits for the head of the answer.
///
/// # Errors
/// `transport`, `protocol` or `stalled`, each with the host in its message.
pub async fn open<'a>(
    request: reqwest::RequestBuilder,
    host: &'a str,
    connect: Duration,
    patience: Patience,
) -> Outcome<Incoming<'a>> {
    match timeout_at(patience.until, request.send()).await {
        Ok(Ok(response)) => Ok(Incoming { response, host, taken: 0, cap: BODY_CAP }),
        Ok(Err(error)) => Err(transport::unanswered(&error, host, connect)),
        Err(_) => Err(patience.failure(host)),
    }
}

/// An answer whose head has arrived.
#[derive(Debug)]
pub struct Incoming<'a> {
    response: Response,
    host: &'a str,
    taken: usize,
    cap: usize,
}

impl Incoming<'_> {
    /// The HTTP status.
    pub fn status(&self) -> u16 {
        self.response.status().as_u16()
    }

    /// Host and port of the server.
    pub fn host(&self) -> &str {
        self.host
    }

    /// The content type; empty if there is none.
    pub fn content_type(&self) -> &str {
        self.response.headers().get(CONTENT_TYPE).and_then(|value| value.to_str().ok()).unwrap_or_default()
    }

    /// The headers.
    pub fn headers(&self) -> &HeaderMap {
        self.response.headers()
    }

    /// Lets more bytes in, for an answer that is not kept as a whole.
    pub const fn allow(&mut self, cap: usize) {
        self.cap = cap;
    }

    /// The next bytes, or `None` at the end.
    ///
    /// # Errors
    /// `stalled` after the patience, `transport` if the connection breaks, `protocol` beyond the cap.
    pub async fn chunk(&mut self, patience: Patience) -> Outcome<Option<impl AsRef<[u8]> + use<>>> {
        let bytes = match timeout_at(patience.until, self.response.chunk()).await {
            Ok(Ok(Some(bytes))) => bytes,
            Ok(Ok(None)) => return Ok(None),
            Ok(Err(error)) => return Err(transport::broken(&error, self.host)),
            Err(_) => return Err(patience.failure(self.host)),
        };
        self.taken = self.taken.saturating_add(bytes.len());
        if self.taken > self.cap {
            let cap = self.cap / (1024 * 1024);
            let message = format!("the answer of {} is larger than {cap} MiB", self.host);
            return Err(Failure::new(FailureKind::Protocol, message));
        }
        Ok(Some(bytes))
    }

    /// The text of a refusal, as much of it as arrives: a refusal whose reason is cut is still a refusal.
    pub async fn refusal(mut self) -> String {
        let patience = Patience::now(REFUSAL_PATIENCE, "no reason");
        let mut body = Vec::new();
        while let Ok(Some(bytes)) = self.chunk(patience).await {
            let room = REFUSAL_CAP - body.len();
            let bytes = bytes.as_ref();
            body.extend_from_slice(&bytes[..room.min(bytes.len())]);
            if body.len() == REFUSAL_CAP {
                break;
            }
        }
        String::from_utf8_lossy(&body).into_owned()
    }

    /// Reads what little may be left of an answer that is already whole.
    pub async fn drain(&mut self) {
        let patience = Patience::now(DRAIN_PATIENCE, "no end");
        while let Ok(Some(_)) = self.chunk(patience).await {}
    }
}
