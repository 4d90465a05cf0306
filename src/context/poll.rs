//! The question that long scans ask now and then: shall I stop? It knows no clock and no budget; its owner does.

use crate::core::failure::{Failure, Outcome};
use std::fmt;
use std::sync::Arc;
use tokio_util::sync::CancellationToken;

type Question = dyn Fn() -> Option<Failure> + Send + Sync;

/// Asked at least once per 4 MB of scanned data and per 64 matches in it; an answer ends the scan with that failure.
#[derive(Clone, Default)]
pub struct Poll(Option<Arc<Question>>);

impl Poll {
    /// Asks `question`, which must be cheap.
    pub fn new(question: impl Fn() -> Option<Failure> + Send + Sync + 'static) -> Self {
        Self(Some(Arc::new(question)))
    }

    /// Stops with this failure once `cancel` says so.
    pub fn until(cancel: &CancellationToken, stopped: fn() -> Failure) -> Self {
        let cancel = cancel.clone();
        Self::new(move || cancel.is_cancelled().then(stopped))
    }

    /// Never stops anything.
    pub const fn never() -> Self {
        Self(None)
    }

    /// The failure that ends the scan, if there is one.
    pub fn check(&self) -> Outcome<()> {
        match self.0.as_ref().and_then(|question| question()) {
            Some(failure) => Err(failure),
            None => Ok(()),
        }
    }
}

impl fmt::Debug for Poll {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(if self.0.is_some() { "Poll(question)" } else { "Poll(never)" })
    }
}
