//! Which steps and items failed past which a run went on, and how they are made again.

use crate::cli::runs::steps;
use crate::core::event::{Event, EventRecord};
use crate::core::failure::Outcome;
use crate::core::ids::{Frame, RunId};
use crate::core::status::StepOutcome;
use crate::core::text::quoted;
use crate::store::effects::EffectState;
use crate::store::open::Store;
use indexmap::{IndexMap, IndexSet};
use std::collections::{BTreeSet, HashMap};
use std::iter;

/// Most steps and items that are named; of more the steps around them are.
const NAMED: usize = 5;

/// By a fork without them and what comes after them, as one of the whole run goes past those behind which more was asked. `None`
/// where no effect of theirs failed.
///
/// # Errors
/// Those of the store.
pub fn how(store: &Store, run: &RunId) -> Outcome<Option<String>> {
    let ended = steps::steps(store, run)?;
    let ended: HashMap<&str, (&Frame, StepOutcome)> =
        last(&ended).map(|(frame, end)| (frame.as_str(), (frame, end))).collect();
    let (mut inner, mut outer) = (IndexSet::new(), IndexSet::new());
    for effect in store.effects(run)?.iter().filter(|effect| effect.state == EffectState::Failed) {
        let frame = effect.key.frame.as_str();
        let around = frame.match_indices('/').rev().map(|(end, _)| &frame[..end]);
        let step = iter::once(frame).chain(around).find_map(|frame| ended.get(frame));
        // One that was tried again may have succeeded.
        if let Some((step, StepOutcome::Failed)) = step {
            let names = step.steps();
            inner.extend(names.last().cloned());
            outer.extend(names.first().cloned());
        }
    }
    let names = if inner.len() > NAMED { outer } else { inner };
    let before: String =
        names.iter().map(|name| format!(" --before {}", quoted(&name.replacen(" [", "[", 1)))).collect();
    let how =
        format!("made again, with what comes after it, by `rhizo runs fork {run}{before}` and `rhizo resume last`");
    Ok((!names.is_empty()).then_some(how))
}

/// What failed beside these steps of a pipeline, as the end of a sentence that names them: items or other parts of other steps.
///
/// # Errors
/// Those of the store.
pub fn beside(store: &Store, run: &RunId, steps: &[&str]) -> Outcome<String> {
    let ended = steps::steps(store, run)?;
    let part = |frame: &Frame| {
        let (step, below) = frame.as_str().strip_prefix("root/step:")?.split_once('/')?;
        let what = if below.contains("item:") { "items" } else { "a part" };
        (!steps.contains(&step)).then(|| format!("{what} of {step}"))
    };
    let failed = last(&ended).filter(|(_, outcome)| *outcome == StepOutcome::Failed);
    let parts: BTreeSet<String> = failed.filter_map(|(frame, _)| part(frame)).collect();
    let parts: Vec<String> = parts.into_iter().collect();
    Ok(if parts.is_empty() { String::new() } else { format!(" and {}", parts.join(", ")) })
}

/// What became of each step in the end: one that is repeated ends more than once.
fn last(ended: &[EventRecord]) -> impl Iterator<Item = (&Frame, StepOutcome)> {
    let mut last = IndexMap::new();
    for record in ended {
        if let Event::StepFinished { outcome, .. } = &record.event {
            last.insert(&record.frame, *outcome);
        }
    }
    last.into_iter()
}
