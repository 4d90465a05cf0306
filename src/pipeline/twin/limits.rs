//! What of a step's limits a primitive has no option for, as comments.

use crate::pipeline::plan::{Act, Pipeline, Slice, Step};
use crate::pipeline::twin::code::Lines;

/// The limits of the whole file, which belong to the command that starts the script.
pub(super) fn whole(pipeline: &Pipeline, body: &mut Lines) {
    let slice = &pipeline.budget;
    let mut flags = Vec::new();
    flags.extend(slice.max_cost.map(|most| format!("--max-cost {most}")));
    flags.extend(slice.max_calls.map(|most| format!("--max-calls {most}")));
    flags.extend(slice.max_tokens.map(|most| format!("--max-tokens {most}")));
    flags.extend(pipeline.limits.timeout.map(|limit| format!("--timeout {}", limit.as_secs_f64())));
    if !flags.is_empty() {
        body.add(&format!("// The limits of the whole belong to the command: {}", flags.join(" ")));
    }
}

/// The comment of a step, if something of its limits is left out.
pub(super) fn of(step: &Step) -> Option<String> {
    let carries_time = match &step.act {
        Act::Llm(_) => true,
        Act::Ask(ask) => ask.of.is_some(),
        _ => false,
    };
    let mut left_out = Vec::new();
    if let Some(limit) = step.timeout.filter(|_| !carries_time) {
        left_out.push(format!("timeout {} s", limit.as_secs_f64()));
    }
    if step.budget != Slice::default() && !matches!(step.act, Act::Run(_)) {
        let slice = &step.budget;
        let mut parts = Vec::new();
        parts.extend(slice.max_cost.map(|most| format!("max_cost {most}")));
        parts.extend(slice.max_calls.map(|most| format!("max_calls {most}")));
        parts.extend(slice.max_tokens.map(|most| format!("max_tokens {most}")));
        left_out.push(format!("budget {}", parts.join(", ")));
    }
    (!left_out.is_empty()).then(|| format!("// Not carried over from `{}`: {}.", step.name, left_out.join("; ")))
}
