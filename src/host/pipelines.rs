//! How a host runs pipelines, which this room does not know how to read.

use crate::core::failure::Outcome;
use crate::core::ids::Frame;
use crate::host::run_host::RunHost;
use futures::future::BoxFuture;
use serde_json::Value;
use std::sync::Arc;
use tokio_util::sync::CancellationToken;

/// Runs pipelines.
pub trait Pipelines: Send + Sync {
    /// Runs the pipeline of this path or name as a part of a run, and answers its outputs.
    fn run(
        &self,
        host: Arc<RunHost>,
        frame: Frame,
        path: String,
        inputs: Value,
        cancel: CancellationToken,
    ) -> BoxFuture<'_, Outcome<Value>>;
}

/// Answers `PIPELINE`.
pub async fn call(
    host: &RunHost,
    frame: &Frame,
    path: String,
    inputs: Value,
    cancel: CancellationToken,
) -> Outcome<Value> {
    let occurrence = host.occurrence(frame, "pipeline");
    let frame = frame.child(format_args!("pipeline{occurrence}"));
    host.kit.pipelines.run(host.handle()?, frame, path, inputs, cancel).await
}
