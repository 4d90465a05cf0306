//! The intention of a pipeline, written by a model that also judges whether the steps serve it.

use crate::core::event::Event;
use crate::core::failure::{Failure, FailureKind, Outcome};
use crate::core::ids::{Frame, ModelId, RunId};
use crate::core::judgement::Judgement;
use crate::core::request::{Call, LlmOptions, LlmRequest, Request};
use crate::host::models::choose::Wish;
use crate::host::run_host::RunHost;
use crate::pipeline::explain;
use crate::pipeline::plan::Pipeline;
use crate::registry::roles;
use crate::script::host::Host;
use crate::store::open::Store;
use serde::{Deserialize, Serialize};
use serde_json::json;
use std::sync::Arc;
use tokio_util::sync::CancellationToken;

const PROMPT: &str = include_str!("prompts/intention.md");

/// The kind of a run that judges an intention.
pub const KIND: &str = "intention";

/// How many sentences an intention has.
const SENTENCES: std::ops::RangeInclusive<usize> = 3..=10;

/// What a pipeline is for, and whether it does that.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Intention {
    /// What it is for, in a few sentences.
    pub intention: String,
    /// Whether the steps serve it.
    pub serves: bool,
    /// Where they do not.
    pub gaps: Vec<String>,
}

impl From<Judgement> for Intention {
    fn from(judged: Judgement) -> Self {
        let Judgement { intention, serves, gaps, .. } = judged;
        Self { intention, serves, gaps }
    }
}

impl Intention {
    /// Whether the steps serve it, or where they do not, for people.
    pub fn verdict(&self, between: &str) -> String {
        if self.serves { "the steps serve it".to_owned() } else { self.gaps.join(between) }
    }
}

/// Has a model write and judge it, and keeps both with the run. What it has judged before is not asked for again, unless that is
/// wanted.
///
/// # Errors
/// Those of a model call and of the store, and `invalid` if the model does not keep to the form twice.
pub async fn judge(host: &RunHost, pipeline: &Pipeline, again: bool, cancel: &CancellationToken) -> Outcome<Intention> {
    let frame = Frame::root().child(format_args!("intention"));
    let model = host.choose(&lead(host, pipeline)).await?.served.spec.id.clone();
    let kept = if again { None } else { before(&host.kit.store, pipeline, &model)? };
    if let Some(kept) = kept {
        let text = format!("{model} has judged this file before, as it is; --again has it judged anew");
        host.emit(&frame, &Event::Note { text });
        host.emit(&frame, &Event::Intention(kept.clone()));
        return Ok(kept.into());
    }
    let found = asked(host, &frame, pipeline, cancel).await?;
    let Intention { intention, serves, gaps } = found.clone();
    let judged = Judgement {
        pipeline: pipeline.id.clone(),
        hash: pipeline.hash.clone(),
        model: Some(model),
        intention,
        serves,
        gaps,
        architecture: explain::pseudocode(pipeline).join("\n"),
    };
    host.emit(&frame, &Event::Intention(judged));
    Ok(found)
}

/// What a model answers, if need be at the second attempt.
async fn asked(host: &RunHost, frame: &Frame, pipeline: &Pipeline, cancel: &CancellationToken) -> Outcome<Intention> {
    let prompt = PROMPT
        .replace("{words}", words(pipeline).trim_end())
        .replace("{pseudocode}", &explain::pseudocode(pipeline).join("\n"));
    let first = ask(host, frame, pipeline, prompt.clone(), cancel).await?;
    let Some(wrong) = flaw(&first) else { return Ok(first) };
    let prompt = format!("{prompt}\n\n# What was wrong with the last answer\n{wrong}");
    let again = ask(host, frame, pipeline, prompt, cancel).await?;
    match flaw(&again) {
        None => Ok(again),
        Some(flaw) => Err(Failure::new(FailureKind::Invalid, format!("the intention has not its form: {flaw}"))),
    }
}

/// Keeps with a run of the pipeline what was judged last of its file as it is.
///
/// # Errors
/// Those of the store.
pub fn keep(host: &RunHost, pipeline: &Pipeline) -> Outcome<()> {
    let judged = host.kit.store.judged(&pipeline.hash, |event| of_file(event, pipeline))?;
    judged.into_iter().for_each(|judged| host.emit(&Frame::root(), &Event::Intention(judged)));
    Ok(())
}

/// The last judgement of a pipeline as its file is now.
///
/// # Errors
/// Those of the store.
pub fn last(store: &Store, pipeline: &Pipeline) -> Outcome<Option<Intention>> {
    Ok(store.judged(&pipeline.hash, |event| of_file(event, pipeline))?.map(Intention::from))
}

/// The same by one model, which is told nothing of the files that it calls.
fn before(store: &Store, pipeline: &Pipeline, model: &ModelId) -> Outcome<Option<Judgement>> {
    let is_its_own = |judged: &Judgement| judged.model.as_ref() == Some(model);
    store.judged(&pipeline.hash, |event| of_file(event, pipeline).filter(is_its_own))
}

/// What a run keeps of the judgement of its pipeline.
///
/// # Errors
/// Those of the store.
pub fn of_run(store: &Store, run: &RunId) -> Outcome<Option<Intention>> {
    let judged = store.events(run, 0)?.into_iter().rev().find_map(|record| judgement(record.event));
    Ok(judged.map(Intention::from))
}

fn judgement(event: Event) -> Option<Judgement> {
    if let Event::Intention(judged) = event { Some(judged) } else { None }
}

/// The same if it is of this file as it is now, whatever that was called then.
fn of_file(event: Event, pipeline: &Pipeline) -> Option<Judgement> {
    let judged = judgement(event).filter(|judged| judged.hash == pipeline.hash)?;
    Some(Judgement { pipeline: pipeline.id.clone(), ..judged })
}

/// The failure of a pipeline that does not do what it is for.
pub fn mismatch(found: &Intention) -> Option<Failure> {
    if found.serves {
        return None;
    }
    let gaps = found.gaps.join("\n  ");
    let failure = Failure::new(FailureKind::Invalid, format!("the steps do not serve the intention:\n  {gaps}"));
    Some(
        failure
            .hint("change the steps or the description; --accept-mismatch takes the pipeline as it is")
            .detail("intention", found.intention.clone())
            .detail("gaps", found.gaps.clone()),
    )
}

async fn ask(
    host: &RunHost,
    frame: &Frame,
    pipeline: &Pipeline,
    prompt: String,
    cancel: &CancellationToken,
) -> Outcome<Intention> {
    let schema = json!({
        "type": "object",
        "properties": {
            "intention": {"type": "string", "description": "3 to 10 sentences"},
            "serves": {"type": "boolean", "description": "whether the steps serve the intention"},
            "gaps": {"type": "array", "items": {"type": "string"}, "description": "mismatches, each with the change that mends it; empty if there are none"},
        },
        "required": ["intention", "serves", "gaps"],
        "additionalProperties": false,
    });
    let Wish { role, model, .. } = lead(host, pipeline);
    let label = Some("intention".to_owned());
    let options = LlmOptions { role, model, schema: Some(Arc::new(schema)), label, ..LlmOptions::default() };
    let call = Call { frame: frame.clone(), request: Request::Llm(LlmRequest { prompt, options: Arc::new(options) }) };
    let answer = host.perform(call, cancel.clone()).await?;
    serde_json::from_value(answer)
        .map_err(|error| Failure::new(FailureKind::Invalid, format!("the intention has not its form: {error}")))
}

/// Who judges.
fn lead(host: &RunHost, pipeline: &Pipeline) -> Wish {
    let lead = pipeline.orchestrator.as_deref();
    let role = lead.filter(|name| roles::find(&host.kit.settings, name).is_ok());
    let model = lead.filter(|_| role.is_none());
    Wish::of(role.or_else(|| model.is_none().then_some(roles::ROOT)), model)
}

/// What is wrong with an answer that has the right form.
fn flaw(found: &Intention) -> Option<String> {
    let ends = |(at, c): (usize, char)| {
        let next = found.intention.get(at + c.len_utf8()..).and_then(|rest| rest.chars().next());
        matches!(c, '.' | '!' | '?') && next.is_none_or(char::is_whitespace)
    };
    let sentences = found.intention.trim().char_indices().filter(|found| ends(*found)).count();
    if !SENTENCES.contains(&sentences) {
        return Some(format!("the intention has {sentences} sentences, and should have 3 to 10"));
    }
    match (found.serves, found.gaps.is_empty()) {
        (false, true) => Some("the steps are said not to serve the intention, but no gap is named".to_owned()),
        (true, false) => Some("gaps are named, but the steps are said to serve the intention".to_owned()),
        _ => None,
    }
}

fn words(pipeline: &Pipeline) -> String {
    let mut words = format!("{}\n{}\n", pipeline.name, pipeline.description);
    for input in &pipeline.inputs {
        words.push_str(&format!("input {}: {}\n", input.name, input.description));
    }
    for (output, _) in &pipeline.outputs {
        words.push_str(&format!("output {output}\n"));
    }
    words
}
