//! A whole pipeline: its inputs, its budget and deadline, its steps, its outputs.

use crate::core::failure::{Failure, FailureKind, Outcome};
use crate::core::ids::Frame;
use crate::host::run_host::RunHost;
use crate::pipeline::leave;
use crate::pipeline::load::file_name;
use crate::pipeline::plan::{NESTING, Nested, Pipeline, Slice};
use crate::pipeline::run::block::{self, Ended};
use crate::pipeline::run::course::{Course, Shared};
use crate::pipeline::run::inputs;
use crate::pipeline::run::step::{Answer, slice};
use crate::pipeline::values::Values;
use serde_json::{Map, Value};
use std::path::{Path, PathBuf};
use std::sync::Arc;
use tokio_util::sync::CancellationToken;

/// How a pipeline is started.
pub struct Start {
    /// Its inputs, as given.
    pub inputs: Map<String, Value>,
    /// Where in the run.
    pub frame: Frame,
    /// Ends it.
    pub cancel: CancellationToken,
    /// Whether whoever starts it has thereby allowed the files that it declares.
    pub allowed: bool,
    /// How many pipelines stand around it.
    pub depth: usize,
}

/// How a pipeline ended.
pub struct Done {
    /// Its outputs, of a failure those that could be made; without any its value, which a failure has not.
    pub answer: Value,
    /// Why it did not complete.
    pub failure: Option<Failure>,
    /// What became of its steps, by name.
    pub steps: Map<String, Value>,
    /// Whether a part of it failed, though it came to its end.
    pub partial: bool,
}

/// Runs a pipeline as a part of a run.
pub async fn run(host: &RunHost, pipeline: &Pipeline, start: Start) -> Done {
    match begin(host, pipeline, start).await {
        Ok(done) => done,
        Err(failure) => Done { answer: Value::Null, failure: Some(failure), steps: Map::new(), partial: true },
    }
}

async fn begin(host: &RunHost, pipeline: &Pipeline, start: Start) -> Outcome<Done> {
    if start.depth >= NESTING {
        return Err(Failure::new(FailureKind::Depth, format!("pipelines call each other deeper than {NESTING}"))
            .hint("look for a pipeline that calls itself"));
    }
    let file = std::fs::canonicalize(&pipeline.path).unwrap_or_else(|_| pipeline.path.clone());
    ends(host, &file, &start.frame)?;
    let mut values = Values::default();
    values.set("inputs", inputs::settle(pipeline, &start.inputs)?);
    // A run that goes on has perhaps written all its files already.
    if host.replay.is_none() {
        leave::check(host.kit.approval, host.kit.tools.get()?, &pipeline.block)?;
    }
    let shared = Shared::new(pipeline, start.allowed, start.depth);
    let named = (format!("pipeline `{}`", pipeline.id), file);
    let part = host.pipeline(&start.frame, named, &slice(&pipeline.budget)?)?;
    let course = Course {
        pipeline,
        shared: &shared,
        host: part,
        cancel: start.cancel.child_token(),
        // Its steps are those of the item that calls it.
        key: start.frame.key(),
        frame: start.frame,
        of: 0,
    };
    let mut ended = timed(&course, pipeline, block::run(&course, &pipeline.block, &values)).await;
    let answer = match outputs(pipeline, &ended) {
        Ok(answer) => answer,
        Err(failure) => {
            ended.failure = ended.failure.or(Some(failure));
            Value::Null
        }
    };
    let failure = ended.failure.map(Failure::named);
    Ok(Done { answer, failure, steps: ended.outcomes, partial: ended.partial })
}

/// Refuses a pipeline within itself, which a program in it may call: what stands before that call would be paid as often as
/// pipelines may nest.
fn ends(host: &RunHost, file: &Path, frame: &Frame) -> Outcome<()> {
    let around = host.pipelines();
    // What a log of an earlier version has is answered by it.
    let is_logged = || host.replay.as_ref().is_some_and(|replay| replay.has_below(frame));
    let Some(begin) = around.iter().position(|open| open == file).filter(|_| !is_logged()) else { return Ok(()) };
    let way = around.iter().skip(begin).map(PathBuf::as_path).chain([file]).map(file_name);
    let way = way.collect::<Vec<_>>().join(" -> ");
    Err(Failure::new(FailureKind::Depth, format!("pipelines call each other without an end: {way}"))
        .hint("look for a program that runs the pipeline of which it is a part"))
}

async fn timed(course: &Course<'_>, pipeline: &Pipeline, work: impl Future<Output = Ended>) -> Ended {
    let Some(limit) = pipeline.limits.timeout else { return work.await };
    let mut work = std::pin::pin!(work);
    tokio::select! {
        ended = &mut work => ended,
        () = tokio::time::sleep(limit) => {
            course.cancel.cancel();
            let what = format!("pipeline `{}` took longer than {} s", pipeline.id, limit.as_secs_f64());
            let failure = Failure::new(FailureKind::Deadline, what).hint("raise `timeout` under `limits` of the file");
            Ended { failure: Some(failure), ..work.await }
        }
    }
}

/// What the pipeline answers. After a failure that is what there is of it.
fn outputs(pipeline: &Pipeline, ended: &Ended) -> Outcome<Value> {
    if pipeline.outputs.is_empty() || ended.early {
        // What a part of it came to is no answer of the whole.
        return Ok(if ended.failure.is_none() { ended.value.clone() } else { Value::Null });
    }
    let mut outputs = Map::new();
    for (name, template) in &pipeline.outputs {
        match ended.values.fill(template) {
            Ok(value) => {
                outputs.insert(name.clone(), value);
            }
            Err(failure) if ended.failure.is_none() => {
                let message = format!("the output `{name}` cannot be made: {}", failure.message);
                return Err(Failure { message, ..failure });
            }
            // What it needs is missing, and why is told already.
            Err(_) => {}
        }
    }
    Ok(Value::Object(outputs))
}

/// Runs a pipeline as a step of another one.
pub async fn nested(course: &Course<'_>, nested: &Nested, values: &Values) -> Outcome<Answer> {
    let pipeline = &nested.pipeline;
    let inputs = match values.fill(&nested.inputs)? {
        Value::Object(map) => map,
        other => return Err(Failure::new(FailureKind::Data, format!("the inputs must be a map, they are {other}"))),
    };
    inputs::settle(pipeline, &inputs).map_err(Failure::of_data)?;
    let start = Start {
        inputs,
        frame: course.frame.child("pipeline"),
        cancel: course.cancel.clone(),
        allowed: course.shared.allowed,
        depth: course.shared.depth + 1,
    };
    let done = Box::pin(run(&course.host, pipeline, start)).await;
    let partial = done.partial;
    answer(pipeline, done).map(|value| Answer::from(value).with_parts(partial))
}

/// The answer of a pipeline to whoever called it. What its own budget or deadline stopped is an ordinary failure to
/// them.
pub fn answer(pipeline: &Arc<Pipeline>, done: Done) -> Outcome<Value> {
    match done.failure {
        None => Ok(done.answer),
        Some(failure) if pipeline.budget != Slice::default() || pipeline.limits.timeout.is_some() => {
            Err(failure.contained(&format!("pipeline `{}`", pipeline.id)))
        }
        Some(failure) => Err(failure),
    }
}
