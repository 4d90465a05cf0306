//! A pipeline as pseudocode: the steps in the order of the file, as somebody would tell them.

use crate::pipeline::explain::words::{jump, short, template};
use crate::pipeline::plan::{Act, Block, OnItemFailure, Pipeline, Step};

/// The lines of the whole pipeline.
pub(super) fn lines(pipeline: &Pipeline) -> Vec<String> {
    let mut lines = block(&pipeline.block);
    if pipeline.outputs.is_empty() {
        lines.extend(pipeline.block.steps.last().map(|last| format!("answer {}", last.name)));
    } else {
        let outputs: Vec<String> =
            pipeline.outputs.iter().map(|(name, value)| format!("{name} = {}", short(value))).collect();
        lines.push(format!("answer {}", outputs.join(", ")));
    }
    lines
}

fn block(block: &Block) -> Vec<String> {
    block.steps.iter().flat_map(step).collect()
}

fn step(step: &Step) -> Vec<String> {
    let mut lines = act(step);
    for product in &step.products {
        lines.push(format!("write {} to {}", product.value.source(), template(&product.path)));
    }
    if let Some(to) = &step.on_success {
        lines.push(format!("go to {}", jump(to)));
    }
    if let Some(condition) = &step.condition {
        let head = format!("if {}", condition.source());
        lines = std::iter::once(head).chain(indented(lines)).collect();
        if let Some(to) = &step.on_false {
            lines.push(format!("else go to {}", jump(to)));
        }
    }
    if let Some(to) = &step.on_failure {
        lines.push(format!("if {} failed go to {}", step.name, jump(to)));
    }
    lines
}

fn indented(lines: Vec<String>) -> impl Iterator<Item = String> {
    lines.into_iter().map(|line| format!("  {line}"))
}

fn act(step: &Step) -> Vec<String> {
    let name = &step.name;
    let who =
        step.choice.model.as_ref().or(step.choice.role.as_ref()).map(|who| format!(" of {who}")).unwrap_or_default();
    let fields: Vec<&str> = step.vars.iter().map(|var| var.name.as_str()).collect();
    let fields = if fields.is_empty() { String::new() } else { format!(" -> {}", fields.join(", ")) };
    let head = match &step.act {
        Act::Llm(call) => format!("{name} = ask a model{who}: {}{fields}", short(&call.prompt)),
        Act::Tool(call) => format!("{name} = tool {} {}{fields}", call.name, short(&call.args)),
        Act::Script(call) => format!("{name} = script {} {}{fields}", call.name, short(&call.args)),
        Act::Nested(nested) => format!("{name} = pipeline {} {}", nested.path.display(), short(&nested.inputs)),
        Act::Run(run) => format!("{name} = child run{who}: {}{fields}", short(&run.task)),
        Act::Set(values) => {
            let values: Vec<String> = values.iter().map(|(key, value)| format!("{key} = {}", short(value))).collect();
            format!("{name} = {}", values.join(", "))
        }
        Act::Ask(ask) => format!("{name} = ask the person{who}: {}", short(&ask.prompt)),
        Act::Switch(switch) => {
            let cases = switch.cases.iter().map(|(value, to)| format!("{value}: {}", jump(to)));
            let rest = switch.default.iter().map(|to| format!("else: {}", jump(to)));
            format!("{name} = {}, go to {}", switch.on.source(), cases.chain(rest).collect::<Vec<_>>().join(", "))
        }
        Act::Each(each) => {
            let goes_on = if each.on_item_failure == OnItemFailure::Continue { ", failures go on" } else { "" };
            let head = format!("{name} = for each {} in {}{goes_on}", each.name, short(&each.items));
            return std::iter::once(head).chain(indented(block(&each.block))).collect();
        }
        Act::While(repeat) => {
            let head = format!("{name} = while {}, at most {} times", repeat.condition.source(), repeat.max_iterations);
            return std::iter::once(head).chain(indented(block(&repeat.block))).collect();
        }
        Act::Parallel(branches) => {
            let mut lines = vec![format!("{name} = at the same time")];
            for branch in branches {
                lines.push(format!("  {}:", branch.name));
                lines.extend(block(&branch.block).into_iter().map(|line| format!("    {line}")));
            }
            return lines;
        }
        Act::Wait(span) => format!("wait {} s", span.as_secs_f64()),
        Act::End(value) => format!("end with {}", short(value)),
    };
    vec![head]
}
