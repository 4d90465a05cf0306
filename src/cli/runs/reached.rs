//! Up to which effect a run had come when a step of it ended, by the log of its events.
//!
//! Effects of a pipeline have frames with its steps; those in steps that a program tells of do not, and only the order
//! of what happened says which they are.

use crate::core::effect::EffectKind;
use crate::core::event::{Event, EventRecord};
use crate::core::ids::Frame;
use crate::core::status::StepOutcome;
use crate::repl::steps::named;
use crate::store::effects::{EffectRow, EffectState};
use std::cmp::Ordering;
use std::collections::{HashMap, HashSet};

/// A step that came to its end.
pub struct Step<'a> {
    end: &'a EventRecord,
    /// Its name with the item that it is of.
    pub name: String,
    /// The frames of all steps that a person may have meant, of which it is the last to end.
    pub frames: HashSet<&'a Frame>,
}

/// The step that a person means by this: its name, also as `rhizo runs show` has it, or its frame.
pub fn step<'a>(events: &'a [EventRecord], at: &str) -> Option<Step<'a>> {
    let mut frames = HashSet::new();
    let mut last = None;
    for end in events {
        let Some((step, name)) = ended(end) else { continue };
        // A run that goes on tells again what its log answers.
        if is_meant(end, (step, &name), at) && frames.insert(&end.frame) {
            last = Some((end, name));
        }
    }
    last.map(|(end, name)| Step { end, name, frames })
}

/// The frames of all steps that a person may have meant, whatever became of them.
pub fn frames<'a>(events: &'a [EventRecord], at: &str) -> HashSet<&'a Frame> {
    let is_meant = |end: &&EventRecord| finished(end).is_some_and(|(step, name, _)| is_meant(end, (step, &name), at));
    events.iter().filter(is_meant).map(|end| &end.frame).collect()
}

fn is_meant(end: &EventRecord, (step, name): (&str, &str), at: &str) -> bool {
    step == at || end.frame.as_str() == at || squeezed(name) == squeezed(at)
}

/// A step that came to its end: its name alone, and with its item.
pub fn ended(record: &EventRecord) -> Option<(&str, String)> {
    finished(record).filter(|(.., outcome)| *outcome == StepOutcome::Ok).map(|(step, name, _)| (step, name))
}

/// The same of one that failed too, or never began.
fn finished(record: &EventRecord) -> Option<(&str, String, StepOutcome)> {
    match &record.event {
        Event::StepFinished { step, key, outcome, .. } => {
            Some((step.as_str(), named(&record.frame, step, key.as_deref()), *outcome))
        }
        _ => None,
    }
}

fn squeezed(name: &str) -> String {
    name.split_whitespace().collect()
}

impl Step<'_> {
    /// The number of its last effect, or of the last one that had ended when it did if no frame has the step, 0 if none
    /// had.
    ///
    /// # Errors
    /// The last one of which that is sure, if the log cannot tell of the one behind it.
    pub fn last_effect(&self, events: &[EventRecord], effects: &[EffectRow]) -> Result<u64, u64> {
        let below = format!("{}/", self.end.frame);
        let is_own = |frame: &str| frame == self.end.frame.as_str() || frame.starts_with(&below);
        let is_own = |effect: &&EffectRow| effect.kind != EffectKind::Handled && is_own(effect.key.frame.as_str());
        let own = effects.iter().filter(is_own).map(|effect| effect.seq).max();
        if let Some(own) = own {
            return Ok(own);
        }
        let heard = heard(events, self.end.seq);
        let mut ranks: HashMap<(&str, &str), usize> = HashMap::new();
        let mut known: Vec<(&EffectRow, Option<bool>)> = Vec::new();
        for effect in effects {
            let place = (effect.key.frame.as_str(), effect.kind.name());
            let rank = ranks.entry(place).or_default();
            let is_heard = is_told(effect).then(|| *rank < heard.get(&place).copied().unwrap_or_default());
            *rank += usize::from(effect.state == EffectState::Done);
            known.push((effect, self.had_ended(effect, is_heard)));
        }
        let last = known.iter().filter(|(_, had)| *had == Some(true)).map(|(effect, _)| effect.seq).max().unwrap_or(0);
        let next = known.iter().find(|(effect, _)| effect.seq > last && !effect.kind.is_reading());
        if next.is_none_or(|(_, had)| had.is_some()) { Ok(last) } else { Err(last) }
    }

    /// Whether an effect had ended by then. Its times tell unless they tie, or are those of another run.
    fn had_ended(&self, effect: &EffectRow, is_heard: Option<bool>) -> Option<bool> {
        let Some(at) = effect.ended_at else { return Some(false) };
        match at.cmp(&self.end.at) {
            Ordering::Less if effect.origin.is_none() => Some(true),
            Ordering::Greater if effect.origin.is_none() => Some(false),
            _ => is_heard,
        }
    }
}

/// Whether an event tells of an effect's success. Of a tool that a log answers none does, so of a copied one none has.
fn is_told(effect: &EffectRow) -> bool {
    let is_told = effect.kind == EffectKind::Model || (effect.kind == EffectKind::Tool && effect.origin.is_none());
    is_told && effect.state == EffectState::Done
}

/// How many effects of a frame and kind had succeeded before an event.
fn heard(events: &[EventRecord], before: u64) -> HashMap<(&str, &str), usize> {
    let mut heard: HashMap<(&str, &str), usize> = HashMap::new();
    for record in events.iter().take_while(|record| record.seq < before) {
        let kind = match &record.event {
            // What models answered is told again from here on.
            Event::RunResumed { .. } => {
                heard.retain(|(_, kind), _| *kind != EffectKind::Model.name());
                continue;
            }
            Event::ModelFinished { failure: None, .. } => EffectKind::Model,
            Event::ToolFinished { failure: None, .. } => EffectKind::Tool,
            _ => continue,
        };
        *heard.entry((record.frame.as_str(), kind.name())).or_default() += 1;
    }
    heard
}
