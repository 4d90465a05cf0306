//! For how long an evaluation computed: its waits are not charged, and branches that compute side by side are charged once, as
//! the person who waits for them is; else a machine with more cores would reach the deadline sooner.

use std::time::{Duration, Instant};

/// For how long no thread of an evaluation computed.
pub struct Clock {
    computing: usize,
    waited: Duration,
    idle_since: Instant,
}

impl Clock {
    /// A clock of one thread that computes since then.
    pub const fn started(at: Instant) -> Self {
        Self { computing: 1, waited: Duration::ZERO, idle_since: at }
    }

    /// One more thread computes.
    pub fn enter(&mut self) {
        self.waited = self.waited();
        self.computing += 1;
    }

    /// One thread fewer computes.
    pub fn leave(&mut self) {
        self.computing = self.computing.saturating_sub(1);
        if self.computing == 0 {
            self.idle_since = Instant::now();
        }
    }

    /// For how long none computed.
    pub fn waited(&self) -> Duration {
        if self.computing == 0 { self.waited + self.idle_since.elapsed() } else { self.waited }
    }
}
