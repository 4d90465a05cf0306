//! What a fork of a pipeline keeps behind the step at which it ends: the answers of steps that do not come after that one, so
//! that it does not matter which of two steps was faster.

use crate::app::build::App;
use crate::app::launch::Launch;
use crate::core::effect::EffectKind;
use crate::core::ids::Frame;
use crate::pipeline::plan::{Block, Pipeline};
use crate::pipeline::{graph, load};
use crate::store::effects::EffectRow;
use crate::store::runs::RunRow;
use std::collections::BTreeSet;
use std::sync::Arc;

/// What is kept beside the effects up to a step.
#[derive(Default)]
pub struct Beside {
    /// By number.
    pub effects: BTreeSet<u64>,
    /// The steps that these are of, as they were first begun.
    pub steps: Vec<String>,
}

/// The pipeline of a run as it was when it began: by its steps the log is told apart. Nothing if there is none, or if it cannot
/// be read by now, which is told when the run goes on.
pub fn pipeline(app: &App, row: &RunRow, launch: &Launch) -> Option<Arc<Pipeline>> {
    let (path, text) = (launch.path()?, launch.source.as_ref().filter(|_| row.kind == "pipeline")?);
    let tools = app.kit.tools.get().ok()?;
    load::load_text(&app.kit.settings, tools, &path, text).ok()
}

/// What is kept behind effect `upto`, the last one of a step or before its end; `frame` is that of the step or of a part of it.
pub fn of(block: &Block, effects: &[EffectRow], (upto, frame): (u64, &Frame)) -> Beside {
    let mut kept = Beside::default();
    let Some(at) = step(block, frame) else { return kept };
    let mut left = graph::later(block, at);
    left.insert(at);
    for effect in effects.iter().filter(|effect| effect.seq > upto) {
        let own = step(block, &effect.key.frame).filter(|own| !left.contains(own));
        let Some(own) = own.and_then(|own| block.steps.get(own)) else { continue };
        kept.effects.insert(effect.seq);
        if !kept.steps.contains(&own.name) {
            kept.steps.push(own.name.clone());
        }
    }
    // Which model a wish got is noted for the run as a whole, before the first call to it.
    let last = kept.effects.last().copied().unwrap_or_default();
    let is_choice = |effect: &&EffectRow| effect.kind == EffectKind::Decision && effect.key.frame == Frame::root();
    let choices = effects.iter().filter(is_choice).map(|effect| effect.seq).filter(|seq| (upto..last).contains(seq));
    kept.effects.extend(choices);
    kept
}

/// The step of a whole pipeline that a frame is of.
fn step(block: &Block, frame: &Frame) -> Option<usize> {
    let name = frame.as_str().strip_prefix("root/step:")?;
    block.position(name.split('/').next()?)
}
