//! The circuit breaker of one model at one server: after several calls in a row that did not get through, further ones
//! fail at once, until a probe gets through.
//!
//! Counted are calls, each with all its attempts: a server that restarts within a call's retries opens nothing. Which
//! calls ask which breaker is `lane`'s business. Pure: it is told the time.

use crate::core::failure::{Failure, FailureKind};
use crate::policy::substitute::mends;
use serde::Serialize;
use std::fmt;
use std::time::Duration;
use tokio::time::Instant;

/// Calls in a row that open it for calls which nobody else can answer.
pub const OPENS_AFTER: u32 = 5;
/// Calls in a row that open it for calls which another model answers then.
pub const YIELDS_AFTER: u32 = 1;
/// How long it stays open before a probe.
pub const OPEN_FOR: Duration = Duration::from_secs(30);

/// How a call ended, as far as it says something about the connection.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Contact {
    /// The server answered, be it with a refusal.
    Made,
    /// It could not be reached, the connection broke or fell silent, or it answered that it is overloaded or broken.
    Lost,
    /// It is not known: the caller gave up.
    #[default]
    Unknown,
}

impl Contact {
    /// What the kind of a call's failure says; `None` is success.
    pub const fn of(failure: Option<FailureKind>) -> Self {
        match failure {
            Some(FailureKind::Transport | FailureKind::Stalled | FailureKind::Server) => Self::Lost,
            Some(FailureKind::Cancelled | FailureKind::Deadline | FailureKind::Config) => Self::Unknown,
            _ => Self::Made,
        }
    }

    /// The same for calls that another model can answer: whatever makes it stand in is a reason not to ask again at
    /// once, but for an answer out of protocol, which may be the matter of one request.
    pub fn with_standby(failure: Option<&Failure>) -> Self {
        match failure {
            Some(failure) if failure.kind != FailureKind::Protocol && mends(failure) => Self::Lost,
            other => Self::of(other.map(|failure| failure.kind)),
        }
    }
}

/// Where a breaker stands.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum Standing {
    /// Calls go out.
    Closed,
    /// Calls fail at once.
    Open,
    /// One call is under way to find out.
    HalfOpen,
}

impl Standing {
    /// The name in tables and JSON.
    pub const fn name(self) -> &'static str {
        match self {
            Self::Closed => "closed",
            Self::Open => "open",
            Self::HalfOpen => "half_open",
        }
    }
}

/// What a person may know of a breaker.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
pub struct Health {
    /// Where it stands.
    pub breaker: Standing,
    /// Calls in a row that did not get through.
    pub failures: u32,
    /// Milliseconds until the next probe, while it is open.
    pub retry_millis: Option<u64>,
}

impl fmt::Display for Health {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match (self.breaker, self.retry_millis) {
            (Standing::Closed, _) if self.failures > 0 => write!(f, "closed, {} failed in a row", self.failures),
            (Standing::Open, Some(millis)) => write!(f, "open, tried again in {} s", millis.div_ceil(1_000)),
            (standing, _) => f.write_str(&standing.name().replace('_', " ")),
        }
    }
}

/// Why a call may not go out.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Refused {
    /// Until the next probe; `None` while one is under way.
    pub left: Option<Duration>,
    /// Calls in a row that did not get through.
    pub failures: u32,
}

/// The breaker.
#[derive(Debug)]
pub struct Breaker {
    opens_after: u32,
    failures: u32,
    state: State,
}

#[derive(Debug, Default)]
enum State {
    #[default]
    Closed,
    Open {
        until: Instant,
    },
    Probing,
}

impl Breaker {
    /// A closed breaker that so many calls in a row open.
    pub const fn new(opens_after: u32) -> Self {
        Self { opens_after, failures: 0, state: State::Closed }
    }

    /// Lets a call out at `now`; true if it is the probe.
    pub fn enter(&mut self, now: Instant) -> Result<bool, Refused> {
        let failures = self.failures;
        match self.state {
            State::Closed => Ok(false),
            State::Open { until } if now >= until => {
                self.state = State::Probing;
                Ok(true)
            }
            State::Open { until } => Err(Refused { left: Some(until.saturating_duration_since(now)), failures }),
            State::Probing => Err(Refused { left: None, failures }),
        }
    }

    /// Notes how a call ended.
    pub fn leave(&mut self, now: Instant, probe: bool, contact: Contact) {
        match contact {
            Contact::Made => *self = Self::new(self.opens_after),
            Contact::Lost => {
                self.failures = self.failures.saturating_add(1);
                // Calls that were under way when it opened do not keep it open longer.
                if probe || (self.failures >= self.opens_after && matches!(self.state, State::Closed)) {
                    self.state = State::Open { until: now + OPEN_FOR };
                }
            }
            // The next call is a probe in its place.
            Contact::Unknown if probe => self.state = State::Open { until: now },
            Contact::Unknown => {}
        }
    }

    /// How it stands at `now`.
    pub fn health(&self, now: Instant) -> Health {
        let (breaker, left) = match self.state {
            State::Closed => (Standing::Closed, None),
            State::Open { until } => (Standing::Open, Some(until.saturating_duration_since(now))),
            State::Probing => (Standing::HalfOpen, None),
        };
        let millis = |left: Duration| u64::try_from(left.as_millis()).unwrap_or(u64::MAX);
        Health { breaker, failures: self.failures, retry_millis: left.map(millis) }
    }
}

#[cfg(test)]
mod tests {
    use super::{Breaker, Contact, OPEN_FOR, OPENS_AFTER, Refused, Standing};
    use crate::core::failure::{Failure, FailureKind};
    use std::time::Duration;
    use tokio::time::Instant;

    const SECOND: Duration = Duration::from_secs(1);

    fn failed(times: u32, now: Instant) -> Breaker {
        let mut breaker = Breaker::new(OPENS_AFTER);
        for _ in 0..times {
            assert_eq!(breaker.enter(now), Ok(false));
            breaker.leave(now, false, Contact::Lost);
        }
        breaker
    }

    #[test]
    fn what_an_end_says_of_the_server() {
        use FailureKind::{Auth, Cancelled, Protocol, RateLimit, Rejected, Server, Stalled, Transport};
        for (kind, alone, with_standby) in [
            (Transport, Contact::Lost, Contact::Lost),
            (Stalled, Contact::Lost, Contact::Lost),
            (Server, Contact::Lost, Contact::Lost),
            (RateLimit, Contact::Made, Contact::Lost),
            (Auth, Contact::Made, Contact::Lost),
            (Rejected, Contact::Made, Contact::Made),
            (Protocol, Contact::Made, Contact::Made),
            (Cancelled, Contact::Unknown, Contact::Unknown),
        ] {
            let found = (Contact::of(Some(kind)), Contact::with_standby(Some(&Failure::new(kind, ""))));
            assert_eq!(found, (alone, with_standby), "{}", kind.name());
        }
        assert_eq!((Contact::of(None), Contact::with_standby(None)), (Contact::Made, Contact::Made));
    }

    #[test]
    fn opens_after_five_in_a_row() {
        let now = Instant::now();
        assert_eq!(failed(4, now).enter(now), Ok(false));
        let refused = failed(5, now).enter(now + SECOND);
        assert_eq!(refused, Err(Refused { left: Some(OPEN_FOR - SECOND), failures: 5 }));
        for (between, expect) in [(Contact::Made, Standing::Closed), (Contact::Unknown, Standing::Open)] {
            let mut breaker = failed(4, now);
            breaker.leave(now, false, between);
            breaker.leave(now, false, Contact::Lost);
            assert_eq!(breaker.health(now).breaker, expect, "{between:?}");
        }
    }

    #[test]
    fn one_probe_decides() {
        let now = Instant::now();
        for (contact, expect, left) in [
            (Contact::Made, Standing::Closed, None),
            (Contact::Lost, Standing::Open, Some(30_000)),
            (Contact::Unknown, Standing::Open, Some(0)),
        ] {
            let mut breaker = failed(5, now);
            let later = now + OPEN_FOR;
            assert_eq!(breaker.enter(later), Ok(true));
            assert_eq!(breaker.enter(later), Err(Refused { left: None, failures: 5 }), "only one probe");
            assert_eq!(breaker.health(later).breaker, Standing::HalfOpen);
            breaker.leave(later, true, contact);
            let health = breaker.health(later);
            assert_eq!((health.breaker, health.retry_millis), (expect, left), "{contact:?}");
        }
    }

    #[test]
    fn late_failures_do_not_prolong_it() {
        let now = Instant::now();
        let mut breaker = failed(5, now);
        breaker.leave(now + SECOND, false, Contact::Lost);
        assert_eq!(breaker.enter(now + OPEN_FOR), Ok(true));
    }
}
