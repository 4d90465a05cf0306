//! Why a request has to wait before it goes out, and for how long. That it waits is decided in `rate`; who waits, and
//! how it is told, is `lane`'s business.

use std::time::Duration;
use tokio::time::Instant;

/// Why a request has to wait.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Cause {
    /// `requests_per_minute`.
    Requests,
    /// `tokens_per_minute`.
    Tokens,
    /// `concurrency`.
    Concurrency,
    /// `requests_per_minute` of all models of the service.
    SharedRequests,
    /// `tokens_per_minute` of all models of the service.
    SharedTokens,
    /// `concurrency` of all models of the service.
    SharedConcurrency,
    /// The server takes no more requests before its reset.
    ServerRequests,
    /// The server takes too few tokens before its reset.
    ServerTokens,
    /// The server asked another call to wait.
    ServerPause,
}

impl Cause {
    /// The reason in words, for people.
    pub const fn describe(self) -> &'static str {
        match self {
            Self::Requests => "requests_per_minute is reached",
            Self::Tokens => "tokens_per_minute is reached",
            Self::Concurrency => "as many requests as `concurrency` allows are under way",
            Self::SharedRequests => "requests_per_minute of its service is reached",
            Self::SharedTokens => "tokens_per_minute of its service is reached",
            Self::SharedConcurrency => "as many requests as `concurrency` of its service allows are under way",
            Self::ServerRequests => "the server takes no more requests at the moment",
            Self::ServerTokens => "the server takes too few tokens at the moment",
            Self::ServerPause => "the server asked to wait",
        }
    }

    /// Whether the server, not the configuration, is the reason.
    pub const fn is_server(self) -> bool {
        matches!(self, Self::ServerRequests | Self::ServerTokens | Self::ServerPause)
    }

    /// Whether a limit of all models of the service is the reason.
    pub const fn is_shared(self) -> bool {
        matches!(self, Self::SharedRequests | Self::SharedTokens | Self::SharedConcurrency)
    }

    const fn shared(self) -> Self {
        match self {
            Self::Requests => Self::SharedRequests,
            Self::Tokens => Self::SharedTokens,
            Self::Concurrency => Self::SharedConcurrency,
            other => other,
        }
    }
}

/// How long a request has to wait.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Wait {
    /// When to ask again at the latest; `None` when only the end of another request can help.
    pub until: Option<Instant>,
    /// Why.
    pub cause: Cause,
}

impl Wait {
    /// The same, as the book of a whole service says it.
    pub const fn shared(self) -> Self {
        Self { until: self.until, cause: self.cause.shared() }
    }

    /// How long it is from now on, if it has an end.
    pub fn left(&self, now: Instant) -> Option<Duration> {
        self.until.map(|until| until.saturating_duration_since(now))
    }
}
