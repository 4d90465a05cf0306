//! Where in a pipeline something runs: what all its steps share, and what changes on the way down.

use crate::core::failure::Outcome;
use crate::core::ids::Frame;
use crate::core::request::{Call, Request};
use crate::host::run_host::RunHost;
use crate::pipeline::plan::Pipeline;
use crate::script::host::Host;
use serde_json::Value;
use std::sync::Arc;
use tokio::sync::Semaphore;
use tokio_util::sync::CancellationToken;

/// What all steps of one pipeline share.
pub struct Shared {
    /// Places for steps that do something themselves.
    pub slots: Semaphore,
    /// Whether the person who started the pipeline has thereby allowed the files that it declares.
    pub allowed: bool,
    /// How many pipelines stand around this one.
    pub depth: usize,
}

impl Shared {
    /// For a pipeline that runs so many steps at once.
    pub fn new(pipeline: &Pipeline, allowed: bool, depth: usize) -> Self {
        let slots = Semaphore::new(pipeline.limits.max_parallel.max(1));
        Self { slots, allowed, depth }
    }
}

/// A place on the way down.
#[derive(Clone)]
pub struct Course<'a> {
    /// The pipeline.
    pub pipeline: &'a Pipeline,
    /// What all its steps share.
    pub shared: &'a Shared,
    /// Who answers, with the budget of this part.
    pub host: Arc<RunHost>,
    /// Ends this part.
    pub cancel: CancellationToken,
    /// Where in the run.
    pub frame: Frame,
    /// The key of the item, or the name of the branch, for people.
    pub key: Option<String>,
    /// How many siblings there are at this place: items, or nothing known.
    pub of: usize,
}

impl Course<'_> {
    /// Asks the host here.
    pub async fn ask(&self, request: Request) -> Outcome<Value> {
        self.host.perform(Call { frame: self.frame.clone(), request }, self.cancel.clone()).await
    }

    /// The same place with another frame.
    #[must_use]
    pub fn at(&self, frame: Frame) -> Self {
        Self { frame, ..self.clone() }
    }

    /// The place of an item or branch.
    #[must_use]
    pub fn within(&self, part: &str, key: &str, of: usize) -> Self {
        Self { key: Some(key.to_owned()), of, ..self.at(self.frame.named(part, key)) }
    }
}
