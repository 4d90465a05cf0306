//! How steps and items that failed, and past which a run went on, are made again.

use crate::cli::runs::steps;
use crate::core::event::{Event, EventRecord};
use crate::core::failure::Outcome;
use crate::core::ids::{Frame, RunId};
use crate::core::status::StepOutcome;
use crate::store::effects::{EffectRow, EffectState};
use crate::store::open::Store;
use std::collections::HashSet;

/// By a fork up to the first of their failures, as one of the whole run goes past those behind which more was asked. `None`
/// where no effect of theirs failed.
///
/// # Errors
/// Those of the store.
pub fn how(store: &Store, run: &RunId) -> Outcome<Option<String>> {
    let failed =
        |record: &EventRecord| matches!(record.event, Event::StepFinished { outcome: StepOutcome::Failed, .. });
    let failed: HashSet<Frame> = steps::steps(store, run)?.into_iter().filter(failed).map(|end| end.frame).collect();
    let failed: HashSet<&str> = failed.iter().map(Frame::as_str).collect();
    let is_of_them = |effect: &&EffectRow| {
        let frame = effect.key.frame.as_str();
        let mut around = frame.match_indices('/').map(|(end, _)| &frame[..end]);
        effect.state == EffectState::Failed && (failed.contains(frame) || around.any(|step| failed.contains(step)))
    };
    let effects = store.effects(run)?;
    let first = effects.iter().find(is_of_them);
    Ok(first.map(|effect| {
        let fork = format!("rhizo runs fork {run} --at {}", effect.seq);
        format!("made again, with what was asked after it, by `{fork}` and `rhizo resume last`")
    }))
}
