//! One visit of a step: its condition, its attempts, its value, its files, and where it sends the flow.

use crate::budget::ledger::ChildSlice;
use crate::core::event::Event;
use crate::core::failure::{Failure, FailureKind, Outcome};
use crate::core::money::Money;
use crate::core::request::Request;
use crate::host::replay::overdue::Watch;
use crate::host::replay::past;
use crate::pipeline::plan::{Act, Branch, Jump, Slice, Step, Switch};
use crate::pipeline::product;
use crate::pipeline::run::block;
use crate::pipeline::run::course::Course;
use crate::pipeline::run::flow::is_leaf;
use crate::pipeline::run::{ask, child, each, llm, tool, vars, while_, whole};
use crate::pipeline::values::{Values, as_text};
use serde_json::{Map, Value};
use std::sync::Arc;
use std::time::{Duration, Instant};

/// What a step came to.
#[derive(Debug, Default)]
pub struct Came {
    /// Its value, if it ran to its end.
    pub value: Option<Value>,
    /// Why it failed.
    pub failure: Option<Failure>,
    /// What `errors` says of it beside its failure: those of its items by key.
    pub error: Option<Value>,
    /// Where it sends the flow, if anything says so.
    pub jump: Option<Jump>,
    /// What it and everything in it cost.
    pub cost: Money,
    /// Whether all that it asked of models was answered by the log, or all that it asked of anybody.
    pub replayed: bool,
    /// How long it took.
    pub millis: u64,
    /// Why it was skipped.
    pub reason: String,
    /// Whether a part of it failed, though it came to its end.
    pub partial: bool,
}

/// What an act answers.
pub struct Answer {
    /// Its value.
    pub value: Value,
    /// Where it sends the flow.
    pub jump: Option<Jump>,
    /// The failures of its items by key.
    pub errors: Option<Value>,
    /// Whether a part of it failed, though it came to its end.
    pub partial: bool,
}

impl From<Value> for Answer {
    fn from(value: Value) -> Self {
        Self { value, jump: None, errors: None, partial: false }
    }
}

impl Answer {
    /// The same, of which a part may have failed.
    #[must_use]
    pub fn with_parts(self, partial: bool) -> Self {
        Self { partial: self.partial || partial, ..self }
    }
}

/// Visits a step at a place of its own.
pub async fn visit(place: &Course<'_>, step: &Step, visit: u32, values: Values) -> Came {
    let begun = Instant::now();
    if place.cancel.is_cancelled() {
        return failed(step, Failure::cancelled());
    }
    let mut came = match step.condition.as_ref().map_or(Ok(true), |condition| values.holds(condition)) {
        Ok(true) => begin(place, step, visit, &values).await,
        Ok(false) => passed(step),
        Err(failure) => failed(step, failure),
    };
    came.millis = millis(begun.elapsed());
    came
}

/// A step whose condition does not hold.
fn passed(step: &Step) -> Came {
    let source = step.condition.as_ref().map_or("", |condition| condition.source());
    if step.on_false == Some(Jump::Fail) {
        let failure = Failure::new(FailureKind::Invalid, format!("the condition `{source}` does not hold"));
        return Came { failure: Some(located(step, failure)), jump: Some(Jump::Fail), ..Came::default() };
    }
    let jump = step.on_false.clone().or(Some(Jump::Continue));
    Came { jump, reason: format!("`{source}` does not hold"), ..Came::default() }
}

/// A step that failed.
pub fn failed(step: &Step, failure: Failure) -> Came {
    // A failure that no script may catch is not dealt with here either.
    let jump = step.on_failure.clone().filter(|_| failure.kind.catchable());
    Came { failure: Some(located(step, failure)), jump, ..Came::default() }
}

fn located(step: &Step, failure: Failure) -> Failure {
    if failure.details.contains_key("step") {
        return failure;
    }
    failure.detail("step", step.name.clone()).detail("at", step.place.to_string())
}

async fn begin(place: &Course<'_>, step: &Step, visit: u32, values: &Values) -> Came {
    let _held = if is_leaf(&step.act) {
        // The semaphore is never closed; without a place the step would only be less orderly.
        place.shared.slots.acquire().await.ok()
    } else {
        None
    };
    let part = |slice: ChildSlice| place.host.part(&place.frame, format!("step `{}`", step.name), &slice);
    let host = match slice(&step.budget).and_then(part) {
        Ok(host) => host,
        Err(failure) => return failed(step, failure),
    };
    let started = Event::StepStarted {
        step: step.name.clone(),
        act: step.act.name().to_owned(),
        key: place.key.clone(),
        visit,
        of: place.of,
        reason: step.choice.reason.clone(),
    };
    place.host.emit(&place.frame, &started);
    let inner = Course { host: Arc::clone(&host), cancel: place.cancel.child_token(), of: 0, ..place.clone() };
    let done = timed(&inner, step, attempts(&inner, step, values)).await;
    let done = match done {
        Err(failure) if step.budget != Slice::default() => {
            Err(failure.contained_whole(&format!("step `{}`", step.name)))
        }
        other => other,
    };
    let came = match done {
        Ok(_) if step.on_success == Some(Jump::Fail) => {
            let failure = Failure::new(FailureKind::Invalid, "its success ends the pipeline");
            Came { failure: Some(located(step, failure)), jump: Some(Jump::Fail), ..Came::default() }
        }
        Ok(answer) => {
            let jump = answer.jump.or_else(|| step.on_success.clone());
            Came { value: Some(answer.value), error: answer.errors, jump, partial: answer.partial, ..Came::default() }
        }
        Err(failure) => failed(step, failure),
    };
    Came { cost: host.scope.report().totals.cost, replayed: host.scope.is_replayed(), ..came }
}

/// Ends the work at the step's own deadline; what it has under way may settle. Where the log has that it came to that, nothing
/// begins.
async fn timed(course: &Course<'_>, step: &Step, work: impl Future<Output = Outcome<Answer>>) -> Outcome<Answer> {
    let Some(limit) = step.timeout else { return work.await };
    let watch = Watch::begin(&course.host, &course.frame, &format!("step `{}`", step.name), limit)?;
    if watch.before().is_some() {
        return Err(watch.overdue(&course.host, 0).await);
    }
    let mut work = std::pin::pin!(work);
    tokio::select! {
        done = &mut work => {
            watch.in_time(&course.host).await?;
            done
        }
        () = tokio::time::sleep(limit) => {
            course.cancel.cancel();
            // What was paid for is in the log; the step is over all the same.
            drop(work.await);
            Err(watch.overdue(&course.host, 0).await)
        }
    }
}

async fn attempts(course: &Course<'_>, step: &Step, values: &Values) -> Outcome<Answer> {
    let mut pause = step.retry.wait;
    let mut left = step.retry.times;
    loop {
        match attempt(course, step, values).await {
            Err(failure) if left > 0 && failure.kind.catchable() => {
                left -= 1;
                past::note(&course.host, &course.frame);
                if !pause.is_zero() {
                    course.ask(Request::Sleep { millis: millis(pause) }).await?;
                }
                // A factor that is no number leaves the pause as it is.
                pause = Duration::try_from_secs_f64(pause.as_secs_f64() * step.retry.factor.max(1.0)).unwrap_or(pause);
            }
            done => return done,
        }
    }
}

async fn attempt(course: &Course<'_>, step: &Step, values: &Values) -> Outcome<Answer> {
    let mut answer = act(course, step, values).await?;
    if let Some(schema) = step.schema() {
        answer.value = vars::pick(step, schema, answer.value)?;
    }
    product::write(course, step, values, &answer.value).await?;
    Ok(answer)
}

async fn act(course: &Course<'_>, step: &Step, values: &Values) -> Outcome<Answer> {
    match &step.act {
        Act::Llm(call) => llm::call(course, step, call, values).await.map(Answer::from),
        Act::Tool(call) => tool::call(course, call, values).await.map(Answer::from),
        Act::Script(call) => {
            let (name, args) = (call.name.clone(), values.fill(&call.args)?);
            course.ask(Request::Script { name, args }).await.map(Answer::from)
        }
        Act::Run(run) => child::run(course, step, run, values).await.map(Answer::from),
        Act::Set(entries) => values.map(entries).map(|map| Value::Object(map).into()),
        Act::Ask(question) => ask::ask(course, step, question, values).await.map(Answer::from),
        Act::Switch(switch) => switched(switch, values),
        Act::Wait(time) => course.ask(Request::Sleep { millis: millis(*time) }).await.map(Answer::from),
        Act::End(template) => Ok(Answer { jump: Some(Jump::End), ..values.fill(template)?.into() }),
        around => parts(course, step, around, values).await,
    }
}

/// What is made of further steps.
async fn parts(course: &Course<'_>, step: &Step, act: &Act, values: &Values) -> Outcome<Answer> {
    match act {
        Act::Nested(nested) => whole::nested(course, nested, values).await,
        Act::Each(each) => each::run(course, step, each, values).await,
        Act::While(repeat) => while_::run(course, step, repeat, values).await,
        Act::Parallel(branches) => parallel(course, step, branches, values).await,
        other => Err(Failure::new(FailureKind::Internal, format!("`{}` has no parts", other.name()))),
    }
}

/// The value of a switch, and where it leads.
fn switched(switch: &Switch, values: &Values) -> Outcome<Answer> {
    let value = values.evaluate(&switch.on)?;
    let text = as_text(value.clone());
    let case = switch.cases.iter().find(|(case, _)| *case == text).map(|(_, jump)| jump);
    let jump = case.or(switch.default.as_ref()).cloned().or(Some(Jump::Continue));
    if jump == Some(Jump::Fail) {
        let what = format!("`{}` is {value}, which is not to be", switch.on.source());
        return Err(Failure::new(FailureKind::Invalid, what));
    }
    Ok(Answer { jump, ..value.into() })
}

/// All branches at once; their values by name. One that fails lets the others end.
async fn parallel(course: &Course<'_>, step: &Step, branches: &[Branch], values: &Values) -> Outcome<Answer> {
    let work = branches.iter().map(|branch| async move {
        let place = course.within("branch", &branch.name, 0);
        (branch.name.clone(), block::run(&place, &branch.block, values).await)
    });
    let mut all = Map::new();
    let (mut failures, mut partial) = (Vec::new(), false);
    for (name, ended) in futures::future::join_all(work).await {
        failures.extend(ended.failure.map(|failure| failure.in_part("branch", name.clone())));
        all.insert(name, ended.value);
        partial = partial || ended.partial;
    }
    let failure = failures.into_iter().min_by_key(|failure| block::rank(failure, step.goes_past_failure()));
    failure.map_or(Ok(Answer::from(Value::Object(all)).with_parts(partial)), Err)
}

/// A part of a budget as the ledger has it.
pub fn slice(slice: &Slice) -> Outcome<ChildSlice> {
    ChildSlice::of(slice.max_cost, slice.max_calls, slice.max_tokens)
}

fn millis(time: Duration) -> u64 {
    u64::try_from(time.as_millis()).unwrap_or(u64::MAX)
}
