//! The control-flow graph: for every step what it does, what it waits for, and where it may lead.

use crate::pipeline::explain::{names, words};
use crate::pipeline::plan::{Act, Block, Step};

/// A line for every step, the steps of bodies indented below theirs.
pub(super) fn lines(block: &Block) -> Vec<String> {
    block.steps.iter().flat_map(|step| step_lines(block, step)).collect()
}

fn step_lines(block: &Block, step: &Step) -> Vec<String> {
    let mut parts = vec![format!("{} [{}]", step.name, step.act.name())];
    let waits = [names(block, &step.after), names(block, &step.behind)].concat();
    parts.push(if waits.is_empty() { "at once".to_owned() } else { format!("after {}", waits.join(", ")) });
    if let Some(condition) = &step.condition {
        parts.push(format!("if {}", condition.source()));
    }
    if step.always {
        parts.push("always".to_owned());
    }
    for (when, jump) in [("if not", &step.on_false), ("then", &step.on_success), ("on failure", &step.on_failure)] {
        parts.extend(jump.as_ref().map(|jump| format!("{when} -> {}", words::jump(jump))));
    }
    if let Act::Switch(switch) = &step.act {
        parts.extend(switch.cases.iter().map(|(value, jump)| format!("{value} -> {}", words::jump(jump))));
        parts.extend(switch.default.as_ref().map(|jump| format!("else -> {}", words::jump(jump))));
    }
    parts.extend(step.max_visits.map(|most| format!("at most {most} visits")));
    let mut lines = vec![parts.join("; ")];
    let inner = |block: &Block, depth: &str| lines_below(block, depth);
    match &step.act {
        Act::Parallel(branches) => {
            for branch in branches {
                lines.push(format!("  branch {}", branch.name));
                lines.extend(inner(&branch.block, "    "));
            }
        }
        act => act.blocks().into_iter().for_each(|block| lines.extend(inner(block, "  "))),
    }
    lines
}

fn lines_below(block: &Block, depth: &str) -> Vec<String> {
    lines(block).into_iter().map(|line| format!("{depth}{line}")).collect()
}
