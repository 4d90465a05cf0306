//! The host port as a trait: whoever owns the run implements it; no primitive knows who that is.

use crate::core::failure::Outcome;
use crate::core::request::Call;
use futures::future::BoxFuture;
use serde_json::Value;
use tokio_util::sync::CancellationToken;

/// Answers what primitives ask. Asks and answers are plain data, so a host may live in another process.
pub trait Host: Send + Sync {
    /// Answers one call. Cancelling the token asks it to end soon and settle; dropping the future gives it up.
    fn perform(&self, call: Call, cancel: CancellationToken) -> BoxFuture<'_, Outcome<Value>>;
}
