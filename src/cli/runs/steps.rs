//! The steps of a run with what became of each, from its events.

use crate::core::event::{Event, EventRecord};
use crate::core::failure::Outcome;
use crate::core::ids::RunId;
use crate::core::status::StepOutcome;
use crate::repl::steps::ended;
use crate::store::open::Store;
use serde_json::{Value, json};

/// Most steps that are told.
const TOLD: usize = 30;

/// The steps that ended since the run last went on, which tells those again that its log answers.
pub fn steps(store: &Store, run: &RunId) -> Outcome<Vec<EventRecord>> {
    let mut steps = Vec::new();
    for record in store.events(run, 0)? {
        match &record.event {
            Event::RunResumed { .. } => steps.clear(),
            Event::StepFinished { .. } => steps.push(record),
            _ => {}
        }
    }
    Ok(steps)
}

/// The steps as data.
pub fn value(steps: &[EventRecord]) -> Value {
    let one = |record: &EventRecord| {
        let mut value = json!(record.event);
        value["frame"] = json!(record.frame);
        value
    };
    steps.iter().map(one).collect()
}

/// A line for each step. Where they are too many, those that did not succeed are told before others.
pub fn text(steps: &[EventRecord]) -> String {
    let mut told: Vec<(usize, &EventRecord)> = steps.iter().enumerate().collect();
    told.sort_by_key(|(_, record)| is_ok(record));
    told.truncate(TOLD);
    told.sort_by_key(|(place, _)| *place);
    let lines = told.into_iter().filter_map(|(_, record)| ended(record));
    let mut text: String = lines.map(|line| format!("step    {line}\n")).collect();
    if let Some(more) = steps.len().checked_sub(TOLD).filter(|more| *more > 0) {
        text.push_str(&format!("step    .. and {more} more\n"));
    }
    text
}

const fn is_ok(record: &EventRecord) -> bool {
    matches!(record.event, Event::StepFinished { outcome: StepOutcome::Ok, .. })
}
