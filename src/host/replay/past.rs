//! What a run went on past: a failure that its program had dealt with is an answer like any other, and to ask again
//! would lead another way and pay for it.
//!
//! Frames tell it where one thing follows another. Of what pipelines and batches do at once they do not, so those leave a note.

use crate::core::effect::{EffectKey, EffectKind};
use crate::core::failure::{Failure, FailureKind, Outcome};
use crate::core::ids::{Frame, RunId};
use crate::core::status::RunStatus;
use crate::host::door::{self, Asked};
use crate::host::replay::Replay;
use crate::host::run_host::RunHost;
use crate::model::retry::NOT_REPEATED;
use crate::store::effects::EffectState;
use crate::store::open::Store;
use crate::store::resume::Recorded;
use crate::store::runs::RunRow;
use serde_json::Value;
use std::sync::Arc;

/// How parts of frames begin beside which others of their kind may be at work; those of batches have numbers too.
const AT_ONCE: [&str; 4] = ["step:", "item:", "branch:", "par["];

/// Notes that a pipeline goes on past whatever has failed in this frame; it is on disk with the next effect.
pub fn note(host: &RunHost, frame: &Frame) {
    // Who only looks at a log again leaves no trace in it.
    if host.is_sealed() {
        return;
    }
    let asked = || Asked::new(EffectKind::Handled, &Value::Null);
    // The notes of earlier processes say nothing of what has failed since.
    while host.knows(frame, &asked()) {
        host.occurrence(frame, asked().hash());
    }
    // A log that cannot be read fails the next effect as well.
    drop(door::told(host, frame, asked(), Value::Null));
}

/// Notes that an item beside others has ended, if something failed in it: it is given up, or dealt with what failed. One note
/// is enough, whoever finds it.
pub fn note_item(host: &RunHost, frame: &Frame) {
    let is_known = || host.knows(frame, &Asked::new(EffectKind::Handled, &Value::Null));
    if host.counts.causes.are_below(frame) && !is_known() {
        note(host, frame);
    }
}

/// The failures that a run had gone on past as far as these effects of it tell, by number.
///
/// # Errors
/// Those of the store.
pub fn gone_past(store: &Store, run: &RunId, is_kept: impl Fn(u64) -> bool) -> Outcome<Vec<u64>> {
    let kept = store.recorded(run)?.into_iter().filter(|known| is_kept(known.seq));
    let log = Log::of(kept.map(Arc::new).collect(), true);
    let mut past = Vec::new();
    for effect in log.effects.iter().filter(|known| known.state == EffectState::Failed) {
        let Some(row) = store.effect(run, &effect.key)? else { continue };
        if let Some(Err(failure)) = store.answer(&row)?
            && log.is_past(effect, &failure)
        {
            past.push(effect.seq);
        }
    }
    Ok(past)
}

/// What a run had asked, as it tells what the run had gone on past.
#[derive(Debug)]
pub(super) struct Log {
    /// In the order of their first intents.
    effects: Vec<Arc<Recorded>>,
    /// The number of the last one that asked somebody.
    last: Option<u64>,
    /// What was under way in the end.
    open: Vec<Open>,
    /// Whether calls are made again of which a limit refused another attempt.
    pub(super) asks_refused: bool,
    /// The word that the run waits for, if it does.
    pub(super) waits: Option<Failure>,
}

/// What was under way in the end.
#[derive(Debug)]
struct Open {
    effect: Arc<Recorded>,
    /// Whether the run was still at it: no limit refused it, and nothing in its place came behind it.
    is_last: bool,
}

impl Log {
    /// Of these effects, which stand in the order of their first intents.
    pub(super) fn of(effects: Vec<Arc<Recorded>>, asks_refused: bool) -> Self {
        let outward = || effects.iter().filter(|known| known.kind.is_outward());
        let last = outward().next_back().map(|known| known.seq);
        let open = outward().filter(|known| known.open);
        let open = open.map(|known| Open { effect: Arc::clone(known), is_last: is_last(&effects, known) }).collect();
        Self { effects, last, open, asks_refused, waits: None }
    }

    /// Whether the program went on past what an effect came to, a failure: the run did not end with it, and its log has more
    /// behind it. That may have failed as well, and then it is this that is made again.
    pub(super) fn is_past(&self, effect: &Recorded, failure: &Failure) -> bool {
        use FailureKind::{Budget, Cancelled, Deadline, Waiting};
        let refused = failure.details.get("stopped_by").is_some_and(|by| by == Budget.name());
        if effect.raised
            || refused
            || matches!(failure.kind, Budget | Cancelled | Deadline | Waiting)
            || failure.details.contains_key("settled")
            || (failure.details.contains_key(NOT_REPEATED) && self.is_wanted(effect))
        {
            return false;
        }
        effect.passed || self.goes_on_behind(effect)
    }

    /// Whether the log has more behind an effect, for which that was waited.
    pub(super) fn goes_on_behind(&self, effect: &Recorded) -> bool {
        let behind = self.effects.partition_point(|known| known.seq <= effect.seq);
        let follows = |later: &Recorded| follows(effect.key.frame.as_str(), later.key.frame.as_str());
        self.effects.iter().skip(behind).any(|later| follows(later) && self.tells(later))
    }

    /// Whether a call of which a limit refused another attempt is made again, though more may be behind it: not if the program
    /// asked the same once more, and was answered.
    fn is_wanted(&self, effect: &Recorded) -> bool {
        let next = EffectKey { occurrence: effect.key.occurrence + 1, ..effect.key.clone() };
        let is_next = |known: &Arc<Recorded>| known.state == EffectState::Done && known.key == next;
        self.asks_refused && !self.effects.iter().any(is_next)
    }

    /// Whether an effect tells of what came before it that the run went on. A note behind which nothing was asked yet is none,
    /// so that nothing is lost by another try, unless other items were under way: then these alone are waited for.
    fn tells(&self, later: &Recorded) -> bool {
        // What stopped in a part of the program may have been stopped by that part alone: then its item has ended too.
        let was_waited_for = |open: &Open| open.is_last || open.effect.part == later.part;
        let beside = |open: &Open| are_beside(later.key.frame.as_str(), open.effect.key.frame.as_str());
        let is_amid = || self.open.iter().any(|open| was_waited_for(open) && beside(open));
        match later.kind {
            EffectKind::Handled => self.last > Some(later.seq) || is_amid(),
            kind => kind.is_outward(),
        }
    }
}

impl Replay {
    /// The same of a run as it was: who goes on with one that came to its end without some answers wants what was refused.
    #[must_use]
    pub fn after(mut self, row: &RunRow) -> Self {
        self.log.asks_refused = row.status == RunStatus::Partial && row.refused > 0;
        self.log.waits = row.failure.clone().filter(|failure| failure.kind == FailureKind::Waiting);
        self
    }
}

/// Whether the run was still at an effect without an end when it stopped.
fn is_last(effects: &[Arc<Recorded>], open: &Recorded) -> bool {
    if open.state == EffectState::Intent {
        return true;
    }
    let behind = effects.partition_point(|known| known.seq <= open.seq);
    let tells = |later: &Recorded| later.kind.is_outward() || later.kind == EffectKind::Handled;
    let follows = |later: &Recorded| follows(open.key.frame.as_str(), later.key.frame.as_str());
    !open.refused && !effects.iter().skip(behind).any(|later| tells(later) && follows(later))
}

/// Whether what begins later in one frame has waited for what began earlier in the other: it has, unless they are parts
/// of what is done at once.
fn follows(earlier: &str, later: &str) -> bool {
    !are_beside(earlier, later)
}

/// Whether two frames are parts of what is done at once. Where one is around the other, or the same, its own effects come one
/// after another.
fn are_beside(one: &str, other: &str) -> bool {
    let parting = one.split('/').zip(other.split('/')).find(|(one, other)| one != other);
    parting.is_some_and(|(one, other)| {
        let kind = kind(one);
        (AT_ONCE.contains(&kind) || kind.starts_with("batch")) && kind == self::kind(other)
    })
}

/// A part of a frame up to its name or its number within its kind: `step:` of `step:draft`, `batch2[` of `batch2[7]`.
fn kind(part: &str) -> &str {
    part.split_inclusive([':', '[']).next().unwrap_or(part)
}

#[cfg(test)]
mod tests {
    use super::follows;

    #[test]
    fn what_is_done_at_once_follows_nothing_beside_it() {
        for (one, other) in [
            ("root/e1/par[0]", "root/e1/par[1]"),
            ("root/e1/batch0[0]", "root/e1/batch0[12]"),
            ("root/step:a", "root/step:b"),
            ("root/step:a/turn:1/step:x", "root/step:a/turn:1/step:y"),
            ("root/step:a/item:1/step:x", "root/step:a/item:2/step:x"),
            ("root/step:a/branch:l/step:x", "root/step:a/branch:r/step:y/visit:2"),
            ("root/e1/pipeline0/step:a/script:s0/e1", "root/e1/pipeline0/step:b"),
        ] {
            assert!(!follows(one, other) && !follows(other, one), "{one} {other}");
        }
    }

    #[test]
    fn everything_else_comes_one_after_another() {
        for (earlier, later) in [
            ("root/e1", "root/e1"),
            ("root/e1", "root/e1/batch0[3]"),
            ("root/e1/par[2]/batch0[3]", "root/e1"),
            ("root/e1/batch0[1]", "root/turn2"),
            ("root/e1/par[1]", "root/e2/par[0]"),
            ("root/e9/batch0[1]", "root/e10"),
            ("root/turn2", "root/turn3"),
            ("root/s1/e1", "root/s1/e2/batch0[0]"),
            ("root/e1/batch0[1]", "root/e1/batch1[0]"),
            ("root/e1/par[1]", "root/e1/batch0[0]"),
            ("root/e1/script:s0/e1", "root/e1/script:s1/e1"),
            ("root/e1/pipeline0/step:a", "root/e1/pipeline1/step:b"),
            ("root/step:a/turn:1/step:x", "root/step:a/turn:2/step:y"),
            ("root/step:a/item:1/step:x", "root/step:a/visit:2/item:2/step:x"),
        ] {
            assert!(follows(earlier, later), "{earlier} {later}");
        }
    }
}
