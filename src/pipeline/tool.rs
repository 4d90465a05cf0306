//! Pipelines as tools: those of the project and of the user, by the name of their file.

use crate::config::settings::Settings;
use crate::core::failure::{Failure, FailureKind, Outcome};
use crate::core::tool::{EffectClass, Permission, ToolSpec};
use crate::pipeline::check::schemas::schema_of;
use crate::pipeline::plan::{Act, Block, Pipeline, parameters};
use crate::pipeline::{files, load};
use crate::tools::catalog::Catalog;
use crate::tools::tool::{Tool, ToolContext};
use futures::FutureExt;
use futures::future::BoxFuture;
use serde_json::Value;
use std::path::{Path, PathBuf};
use std::sync::Arc;

/// A pipeline as a tool.
struct PipelineTool {
    spec: ToolSpec,
    path: PathBuf,
}

/// Adds the pipelines of the project and of the user to the tools. One with faults is told to whoever asks for it.
pub fn register(settings: &Settings, catalog: &mut Catalog) {
    let all = files::all(&settings.paths);
    let mut built_in = catalog.clone();
    for (name, path) in &all {
        built_in.note_broken(name, no_tool_yet(name, path));
    }
    for (name, path) in all {
        let mut known = built_in.clone();
        known.note_broken(&name, endless(&name));
        let added = load::load(settings, &known, &path)
            .and_then(|pipeline| catalog.register(Arc::new(PipelineTool { spec: spec(&name, &pipeline), path })));
        if let Err(failure) = added {
            catalog.note_broken(&name, failure);
        }
    }
}

/// Why a pipeline that becomes a tool itself cannot call another one as a tool.
fn no_tool_yet(name: &str, path: &Path) -> Failure {
    let what = format!("`{name}` is a pipeline, which another pipeline of such a folder calls by its file");
    Failure::new(FailureKind::Invalid, what).hint(format!("`pipeline: {}`", path.display()))
}

/// Why it cannot call itself.
fn endless(name: &str) -> Failure {
    let what = format!("pipelines call each other without an end: the tool `{name}` is this pipeline");
    Failure::new(FailureKind::Invalid, what)
}

impl Tool for PipelineTool {
    fn spec(&self) -> &ToolSpec {
        &self.spec
    }

    fn call<'a>(&'a self, _: Value, _: &'a ToolContext) -> BoxFuture<'a, Outcome<Value>> {
        let failure = Failure::new(FailureKind::Tool, format!("`{}` is a pipeline and needs a run", self.spec.name));
        async { Err(failure.hint("rhizo run FILE.yaml, or PIPELINE(name, inputs) in a script")) }.boxed()
    }

    fn pipeline(&self) -> Option<&Path> {
        Some(&self.path)
    }
}

fn spec(name: &str, pipeline: &Pipeline) -> ToolSpec {
    let outputs: Vec<&str> = pipeline.outputs.iter().map(|(name, _)| name.as_str()).collect();
    let summary = if pipeline.description.is_empty() { &pipeline.name } else { &pipeline.description };
    ToolSpec {
        name: name.to_owned(),
        summary: summary.trim().to_owned(),
        parameters: parameters(&pipeline.inputs),
        returns: match outputs.as_slice() {
            [] => "The value of its last step.".to_owned(),
            names => format!("A map of {}.", names.join(", ")),
        },
        answer: schema_of(&pipeline.answer),
        effect: EffectClass::Write,
        permission: if writes(&pipeline.block) { Permission::Write } else { Permission::Free },
        examples: Vec::new(),
        tags: vec!["pipeline".to_owned()],
    }
}

/// Whether it declares files; what its tools may do, they ask for themselves.
fn writes(block: &Block) -> bool {
    block.steps.iter().any(|step| {
        let called = if let Act::Nested(nested) = &step.act { Some(&nested.pipeline.block) } else { None };
        !step.products.is_empty() || step.act.blocks().into_iter().chain(called).any(writes)
    })
}
