//! What a log has, for whoever must know before an effect comes to the door.

use crate::core::effect::{EffectKey, EffectKind};
use crate::core::ids::Frame;
use crate::host::replay::frames::with_those_around;
use crate::host::replay::{Entry, Replay};
use crate::store::effects::EffectState;

impl Replay {
    /// Whether the log has this effect, answered or not.
    pub fn knows(&self, key: &EffectKey) -> bool {
        self.lock().known.contains_key(key)
    }

    /// Whether the log has an effect of this kind in this frame.
    pub fn has(&self, kind: EffectKind, frame: &Frame) -> bool {
        self.lock().within(frame).any(|entry| entry.recorded.kind == kind)
    }

    /// Whether the log has any effect in this frame or in a part of it.
    pub fn has_below(&self, frame: &Frame) -> bool {
        let around = || with_those_around(self.lock().known.keys().map(|key| key.frame.as_str()));
        self.frames.get_or_init(around).contains(frame.as_str())
    }

    /// The part of the run that an effect was made in, if it was made in any.
    pub(in crate::host) fn part(&self, key: &EffectKey) -> Option<String> {
        self.lock().known.get(key)?.recorded.part.clone()
    }

    /// The child runs that were started in parts of the run, with these.
    pub(in crate::host) fn children_in_parts(&self) -> Vec<(String, EffectKey)> {
        let book = self.lock();
        let children = book.known.values().filter(|entry| entry.recorded.kind == EffectKind::Child);
        children.filter_map(|entry| Some((entry.recorded.part.clone()?, entry.recorded.key.clone()))).collect()
    }

    /// Whether the log has this effect in this state.
    pub fn is(&self, key: &EffectKey, state: EffectState) -> bool {
        self.lock().known.get(key).is_some_and(|entry| entry.recorded.state == state)
    }

    /// How many effects of the log are in this state; readings are not counted.
    pub fn count(&self, state: EffectState) -> u64 {
        let is_counted = |entry: &&Entry| entry.recorded.state == state && !entry.recorded.kind.is_reading();
        u64::try_from(self.lock().known.values().filter(is_counted).count()).unwrap_or(u64::MAX)
    }
}
