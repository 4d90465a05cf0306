//! How a host starts child runs, which need a root loop that this room does not know.

use crate::core::child::ChildRequest;
use crate::core::failure::Outcome;
use crate::core::ids::Frame;
use crate::host::run_host::RunHost;
use futures::future::BoxFuture;
use serde_json::Value;
use std::sync::Arc;
use tokio_util::sync::CancellationToken;

/// Starts child runs.
pub trait Children: Send + Sync {
    /// Runs a child of `parent` to its end and answers its final value.
    fn run(
        &self,
        parent: Arc<RunHost>,
        frame: Frame,
        request: ChildRequest,
        cancel: CancellationToken,
    ) -> BoxFuture<'_, Outcome<Value>>;
}
