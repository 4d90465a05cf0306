//! The long input as scripts hold it: a cheap handle on a view, never the text itself.

use crate::context::poll::Poll;
use crate::context::view::View;
use crate::core::failure::{Failure, Outcome};
use crate::script::bridge;
use crate::script::engine::STRING_LIMIT;
use std::fmt;
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};

/// A handle on a long input or a piece of one.
#[derive(Clone)]
pub struct Context {
    /// What it shows.
    pub view: View,
    /// Counts how often the input was looked at, for the exploration gate.
    looks: Arc<AtomicU64>,
}

impl Context {
    /// A handle on `view` that counts looks in `looks`.
    pub fn new(view: View, looks: Arc<AtomicU64>) -> Self {
        Self { view, looks }
    }

    /// A handle on a piece of the same input.
    #[must_use]
    pub fn part(&self, view: View) -> Self {
        Self { view, looks: Arc::clone(&self.looks) }
    }

    /// Notes that the input was looked at.
    pub fn looked(&self) {
        self.looks.fetch_add(1, Ordering::Relaxed);
    }

    /// The whole text. Fails if it is larger than 10 MB.
    pub fn text(&self) -> Outcome<String> {
        self.looked();
        self.view.text(STRING_LIMIT)
    }
}

impl fmt::Display for Context {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "context of {} bytes", self.view.len())
    }
}

/// Stops long scans when the evaluation of this thread is cancelled, or when what they find takes too much memory.
pub fn poll() -> Outcome<Poll> {
    let gate = bridge::seat()?.gate;
    Ok(Poll::new(move || -> Option<Failure> { gate.poll(0) }))
}
