//! Steps that programs tell of, and parts with limits of their own. What is asked while one is open is asked by a part of
//! the run with a place of its own on the ledger, as in a step of a pipeline, so that it is known what it cost.
//!
//! Effects keep the frames that they have without steps: only events have those of their steps.

use crate::budget::ledger::ChildSlice;
use crate::core::event::Event;
use crate::core::failure::{Failure, FailureKind, Outcome};
use crate::core::ids::Frame;
use crate::core::money::Money;
use crate::core::status::StepOutcome;
use crate::core::step::{Part, StepAbout, StepEnd, StepTold};
use crate::host::lost::Task;
use crate::host::replay::overdue::Watch;
use crate::host::replay::past;
use crate::host::run_host::RunHost;
use serde_json::{Value, json};
use std::collections::HashMap;
use std::num::NonZeroU32;
use std::sync::{Arc, Mutex, MutexGuard, OnceLock, PoisonError};
use std::time::{Duration, Instant};

/// The steps that are open, by the frame in which they began; each is within those before it.
#[derive(Default)]
pub(super) struct OpenSteps {
    open: Mutex<HashMap<String, Vec<Arc<OpenStep>>>>,
    /// Where the step is whose host this is. A program that is called in it asks this one, where no other step is open.
    within: OnceLock<Place>,
}

/// A step, or a part, that has not ended.
pub(super) struct OpenStep {
    /// Who answers what is asked in it.
    pub(super) host: Arc<RunHost>,
    /// Where it is; a part is where the step around it is, if there is one.
    place: Option<Place>,
    begun: Instant,
    /// The task that it does, if the run lacks what is missing of that.
    whole: Option<String>,
    /// The time that it has, if it is a part with a timeout.
    watch: Option<Watch>,
}

/// Where a step is, as its events say.
#[derive(Clone)]
struct Place {
    frame: Frame,
    step: String,
    key: Option<String>,
    visit: u32,
}

impl OpenSteps {
    fn lock(&self) -> MutexGuard<'_, HashMap<String, Vec<Arc<OpenStep>>>> {
        self.open.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// The innermost step around a frame.
    pub(super) fn around(&self, frame: &Frame) -> Option<Arc<OpenStep>> {
        let open = self.lock();
        // Every call comes here, and mostly there is no step.
        if open.is_empty() {
            return None;
        }
        let mut at = frame.as_str();
        loop {
            if let Some(step) = open.get(at).and_then(|steps| steps.last()) {
                return Some(Arc::clone(step));
            }
            at = at.rsplit_once('/')?.0;
        }
    }

    fn open(&self, frame: &Frame, step: OpenStep) {
        self.lock().entry(frame.as_str().to_owned()).or_default().push(Arc::new(step));
    }

    /// Takes out the step that began last in a frame.
    fn close(&self, frame: &Frame) -> Option<Arc<OpenStep>> {
        let mut open = self.lock();
        let steps = open.get_mut(frame.as_str())?;
        let step = steps.pop();
        if steps.is_empty() {
            open.remove(frame.as_str());
        }
        step
    }
}

impl Place {
    fn new(host: &RunHost, frame: &Frame, around: Option<&OpenStep>, about: &StepAbout) -> Self {
        let around = place_around(host, around);
        let base = around.map_or(frame, |place| &place.frame);
        let item = about.key.as_ref().map(|key| base.named("item", key));
        let at = item.as_ref().unwrap_or(base).named("step", &about.step);
        let visit = about.visit.map_or_else(|| host.occurrence(&at, "step") + 1, NonZeroU32::get);
        Self {
            frame: if visit > 1 { at.child(format_args!("visit:{visit}")) } else { at },
            step: about.step.clone(),
            key: about.key.clone().or_else(|| around?.key.clone()),
            visit,
        }
    }
}

/// The place of the step that is around all else.
fn place_around<'a>(host: &'a RunHost, around: Option<&'a OpenStep>) -> Option<&'a Place> {
    around.and_then(|step| step.place.as_ref()).or_else(|| host.steps.within.get())
}

/// Takes note of what a program tells of a step.
pub(super) async fn told(host: &RunHost, frame: &Frame, told: StepTold) -> Outcome<Value> {
    match told {
        StepTold::Begins(about) => begin(host, frame, about)?,
        StepTold::Ends(end) => {
            if let Some(step) = host.steps.close(frame)
                && let Some(place) = &step.place
            {
                if let Some(task) = &step.whole {
                    lose(host, Task::new(frame, &place.step, task), &end);
                }
                let scope = &step.host.scope;
                let millis = u64::try_from(step.begun.elapsed().as_millis()).unwrap_or(u64::MAX);
                finish(host, place, end, (scope.report().totals.cost, millis, scope.is_replayed()));
            }
        }
        StepTold::Skipped { about, why } => {
            let place = Place::new(host, frame, host.steps.around(frame).as_deref(), &about);
            let end = StepEnd::new(StepOutcome::Skipped, why);
            finish(host, &place, end, (Money::ZERO, 0, false));
        }
        StepTold::Enters(part) => return enter(host, frame, part),
        StepTold::Leaves { overdue } => leave(host, frame, overdue).await?,
        StepTold::Lacks(what) => host.lose(what),
    }
    Ok(Value::Null)
}

/// Keeps what a task lacks; nothing any more where it was tried again and has all its parts.
fn lose(host: &RunHost, task: Task, end: &StepEnd) {
    match &end.lost {
        Some(what) => host.lose_of(task, what.clone()),
        None if end.outcome == StepOutcome::Ok => host.regain(&task),
        None => {}
    }
}

fn begin(host: &RunHost, frame: &Frame, about: StepAbout) -> Outcome<()> {
    let around = host.steps.around(frame);
    let outer = around.as_ref().map_or_else(|| host.handle(), |step| Ok(Arc::clone(&step.host)))?;
    if about.past {
        past::note(&outer, frame);
    }
    let part = outer.part(frame, format!("step `{}`", about.step), &ChildSlice::default())?;
    part.trail.inherit(&outer.trail);
    let place = Place::new(host, frame, around.as_deref(), &about);
    part.steps.within.get_or_init(|| place.clone());
    let event = Event::StepStarted {
        step: place.step.clone(),
        act: about.act.name().to_owned(),
        key: place.key.clone(),
        visit: place.visit,
        of: about.of,
        reason: String::new(),
    };
    host.emit(&place.frame, &event);
    let (whole, watch) = (about.whole, None);
    host.steps.open(frame, OpenStep { host: part, place: Some(place), begun: Instant::now(), whole, watch });
    Ok(())
}

/// Opens a part with limits, which is told of to nobody. Answers with how many answers its time was up, if the log has that.
fn enter(host: &RunHost, frame: &Frame, limits: Part) -> Outcome<Value> {
    let around = host.steps.around(frame);
    let outer = around.as_ref().map_or_else(|| host.handle(), |step| Ok(Arc::clone(&step.host)))?;
    let slice = ChildSlice::of(limits.max_cost, limits.max_calls, limits.max_tokens)?;
    let part = outer.part(frame, limits.name.clone(), &slice)?;
    let watch = limits.timeout.map(|seconds| watch(&part, frame, &limits.name, seconds)).transpose()?;
    let until = watch.as_ref().and_then(Watch::before);
    part.trail.inherit(&outer.trail);
    let place = place_around(host, around.as_deref()).cloned();
    if let Some(place) = &place {
        part.steps.within.get_or_init(|| place.clone());
    }
    host.steps.open(frame, OpenStep { host: part, place, begun: Instant::now(), whole: None, watch });
    Ok(json!(until))
}

fn watch(part: &RunHost, frame: &Frame, name: &str, seconds: f64) -> Outcome<Watch> {
    let limit = Duration::try_from_secs_f64(seconds);
    let limit = limit.map_err(|error| Failure::new(FailureKind::Invalid, format!("{seconds} s: {error}")))?;
    Watch::begin(part, frame, name, limit)
}

/// Closes a part.
///
/// # Errors
/// The failure of the part if its time was up after so many answers; else those of the log.
async fn leave(host: &RunHost, frame: &Frame, overdue: Option<u64>) -> Outcome<()> {
    let part = host.steps.close(frame);
    match (overdue, part.as_ref().and_then(|part| Some((&part.host, part.watch.as_ref()?)))) {
        (Some(answers), Some((host, watch))) => Err(watch.overdue(host, answers).await),
        (None, Some((host, watch))) => watch.in_time(host).await,
        (_, None) => Ok(()),
    }
}

fn finish(host: &RunHost, place: &Place, end: StepEnd, (cost, millis, replayed): (Money, u64, bool)) {
    let event = Event::StepFinished {
        step: place.step.clone(),
        key: place.key.clone(),
        outcome: end.outcome,
        cost,
        millis,
        reason: end.reason,
        failure: end.failure,
        replayed,
    };
    host.emit(&place.frame, &event);
}
