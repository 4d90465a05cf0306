//! What the flow of a twin needs to know: who goes on after a failure, who does not, and where a jump leads.

use crate::pipeline::plan::{Block, Jump, Step};
use crate::pipeline::twin::code::text;
use std::collections::BTreeSet;

/// Whether a failure lets the flow go on.
pub(super) fn goes_on(step: &Step) -> bool {
    matches!(step.on_failure, Some(Jump::Continue | Jump::Skip | Jump::To(_)))
}

/// The steps of the block whose failure a step does not survive: those that it needs, and that those need.
pub(super) fn severing<'b>(block: &'b Block, step: &Step) -> Vec<&'b str> {
    let mut open: Vec<usize> = step.after.clone();
    let (mut seen, mut found) = (BTreeSet::new(), Vec::new());
    while let Some(at) = open.pop() {
        let Some(needed) = block.steps.get(at).filter(|_| seen.insert(at)) else { continue };
        if step.watches.contains(&needed.name) {
            continue;
        }
        if goes_on(needed) {
            found.push(needed.name.as_str());
        }
        if !needed.always {
            let watched = |at: &&usize| block.steps.get(**at).is_some_and(|other| needed.watches.contains(&other.name));
            open.extend(needed.after.iter().filter(|at| !watched(at)));
        }
    }
    found.sort_unstable();
    found
}

/// The statement of a jump.
pub(super) fn leap(jump: &Jump, step: &Step, way: &str) -> String {
    match jump {
        Jump::To(name) => format!("{way} = {};", text(name)),
        Jump::Retry => format!("{way} = {};", text(&step.name)),
        Jump::End => format!("{way} = \"\";"),
        Jump::Fail => {
            format!("throw #{{kind: \"script\", message: {}}};", text(&format!("`{}` ends the pipeline", step.name)))
        }
        Jump::Continue | Jump::Skip => String::new(),
    }
}
