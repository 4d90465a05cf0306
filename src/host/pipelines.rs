//! How a host runs pipelines, which this room does not know how to read.

use crate::core::effect::EffectKind;
use crate::core::failure::Outcome;
use crate::core::ids::Frame;
use crate::host::door::{self, Asked};
use crate::host::run_host::RunHost;
use futures::future::BoxFuture;
use serde_json::{Value, json};
use std::sync::Arc;
use tokio_util::sync::CancellationToken;

/// A pipeline that is to be run as a part of a run.
pub struct Wanted {
    /// Its file in the workspace, or the name of one of the project's or the user's.
    pub path: String,
    /// Its inputs, an object.
    pub inputs: Value,
    /// Where in the run.
    pub frame: Frame,
    /// Whether the files that it declares may be written without asking.
    pub allowed: bool,
    /// Ends it.
    pub cancel: CancellationToken,
}

/// Runs pipelines.
pub trait Pipelines: Send + Sync {
    /// Runs a pipeline and answers its outputs.
    fn run(&self, host: Arc<RunHost>, wanted: Wanted) -> BoxFuture<'_, Outcome<Value>>;

    /// What a pipeline says and does, and what it was judged to be for.
    fn explain(&self, host: &RunHost, path: &str) -> Outcome<Value>;
}

/// Answers `explain_pipeline`. The file may be another one when the run goes on, so the answer is kept.
pub fn explain(host: &RunHost, frame: &Frame, path: &str) -> Outcome<Value> {
    let asked = Asked::new(EffectKind::Decision, &json!({"explain": path}));
    let explained = host.kit.pipelines.explain(host, path)?;
    door::told(host, frame, asked, explained)
}

/// Answers `PIPELINE`. The call itself is no effect: what its steps do is.
pub async fn call(
    host: &RunHost,
    frame: &Frame,
    path: String,
    inputs: Value,
    cancel: CancellationToken,
) -> Outcome<Value> {
    run(host, Wanted { path, inputs, frame: frame.clone(), allowed: false, cancel }).await
}

/// Runs a pipeline in a frame of its own below the one that is given.
pub async fn run(host: &RunHost, wanted: Wanted) -> Outcome<Value> {
    let occurrence = host.occurrence(&wanted.frame, "pipeline");
    let frame = wanted.frame.child(format_args!("pipeline{occurrence}"));
    host.kit.pipelines.run(host.handle()?, Wanted { frame, ..wanted }).await
}
