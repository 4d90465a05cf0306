//! Pipelines by path or name, for scripts and tools.

use crate::config::paths::Paths;
use crate::context::discover::similar;
use crate::core::failure::{Failure, FailureKind, Outcome};
use crate::core::status::StepOutcome;
use crate::core::text::{counted, meant};
use crate::host::pipelines::{Pipelines, Wanted};
use crate::host::replay::Replay;
use crate::host::run_host::RunHost;
use crate::pipeline::plan::Pipeline;
use crate::pipeline::run::whole::{self, Done, Start};
use crate::pipeline::{answerable, explain, intention, load};
use futures::FutureExt;
use futures::future::BoxFuture;
use serde_json::{Map, Value, json};
use std::path::{Path, PathBuf};
use std::sync::Arc;

/// Runs pipelines from files.
pub struct Files;

impl Pipelines for Files {
    fn run(&self, host: Arc<RunHost>, wanted: Wanted) -> BoxFuture<'_, Outcome<Value>> {
        async move {
            let path = find(&host, &wanted.path)?;
            let pipeline = load::load(&host.kit.settings, host.kit.tools.get()?, &path)?;
            // What a log tells of is answered by it, or told by the first call without an answer.
            let told = |replay: &Arc<Replay>| replay.is_sealed() || replay.has_below(&wanted.frame);
            if !host.replay.as_ref().is_some_and(told) {
                answerable::check(&host.kit.models, &pipeline.block, None).await?;
            }
            let depth = around(wanted.frame.as_str());
            let inputs = match wanted.inputs {
                Value::Object(map) => map,
                Value::Null => Map::new(),
                other => {
                    let what = format!("the inputs of a pipeline are a map, not {other}");
                    return Err(Failure::new(FailureKind::Invalid, what));
                }
            };
            let start = Start { inputs, frame: wanted.frame, cancel: wanted.cancel, allowed: wanted.allowed, depth };
            let done = whole::run(&host, &pipeline, start).await;
            // Nobody else says so of a pipeline that a program calls.
            if done.partial && done.failure.is_none() {
                host.lose(lost(&pipeline, &done));
            }
            whole::answer(&pipeline, done)
        }
        .boxed()
    }

    fn explain(&self, host: &RunHost, path: &str) -> Outcome<Value> {
        let path = find(host, path)?;
        let pipeline = load::load(&host.kit.settings, host.kit.tools.get()?, &path)?;
        let mut document = explain::document(&pipeline);
        let judged = intention::last(&host.kit.store, &pipeline)?;
        document["intention"] = judged.map_or(Value::Null, |judged| json!(judged));
        Ok(document)
    }
}

/// What a pipeline went on past, for people.
fn lost(pipeline: &Pipeline, done: &Done) -> String {
    let failed = done.steps.iter().filter(|(_, came)| came.as_str() == Some(StepOutcome::Failed.name()));
    let failed: Vec<&str> = failed.map(|(name, _)| name.as_str()).collect();
    let what = match failed.len() {
        0 => return format!("a part of a step of pipeline `{}` failed", pipeline.id),
        steps => counted(steps, "step"),
    };
    format!("{what} of pipeline `{}` failed ({})", pipeline.id, failed.join(", "))
}

/// How many pipelines stand around the one of a frame. A run of a pipeline has no part of its own for it: its steps come
/// first.
fn around(frame: &str) -> usize {
    let parts = || frame.split('/');
    let pipelines = parts().filter(|part| part.starts_with("pipeline")).count();
    let first = parts().find(|part| part.starts_with("pipeline") || part.starts_with("step:"));
    let root = first.is_some_and(|part| part.starts_with("step:"));
    pipelines.saturating_sub(usize::from(!root))
}

/// The file that a script means: one of the workspace, or one of the project's or the user's by its name.
fn find(host: &RunHost, given: &str) -> Outcome<PathBuf> {
    let paths = &host.kit.settings.paths;
    let known = all(paths);
    if let Some((_, path)) = known.iter().find(|(name, path)| name == given || path.as_path() == Path::new(given)) {
        return Ok(path.clone());
    }
    if is_yaml(Path::new(given)) {
        let path = Path::new(given);
        let full = paths.workspace.join(path);
        return host.kit.tool_context.workspace.resolve_read(given).map_err(|failure| {
            match similar(path, &full).filter(|_| failure.kind == FailureKind::NotFound && path.is_relative()) {
                Some(near) => failure.hint(near),
                None => failure,
            }
        });
    }
    let failure = Failure::new(FailureKind::NotFound, format!("there is no pipeline `{given}`"));
    Err(match meant(given, known.iter().map(|(name, _)| name.as_str())) {
        Some(meant) => failure.hint(meant),
        None => failure.hint(format!("name a .yaml file, or one of {}", paths.project_pipelines.display())),
    })
}

/// Whether a file is a pipeline by its suffix.
pub fn is_yaml(path: &Path) -> bool {
    path.extension().is_some_and(|suffix| suffix.eq_ignore_ascii_case("yaml") || suffix.eq_ignore_ascii_case("yml"))
}

/// The pipelines of the project and of the user by name, in the order of their names; one of the project hides one of
/// the user.
pub fn all(paths: &Paths) -> Vec<(String, PathBuf)> {
    let mut known: Vec<(String, PathBuf)> = Vec::new();
    for folder in [&paths.project_pipelines, &paths.user_pipelines] {
        // A folder that is not there holds no pipelines.
        let entries = std::fs::read_dir(folder).into_iter().flatten().flatten();
        let mut files: Vec<PathBuf> = entries.map(|entry| entry.path()).filter(|path| is_yaml(path)).collect();
        files.sort();
        for file in files {
            let name = file.file_stem().map(|stem| stem.to_string_lossy().into_owned()).unwrap_or_default();
            if !known.iter().any(|(taken, _)| *taken == name) {
                known.push((name, file));
            }
        }
    }
    known
}
