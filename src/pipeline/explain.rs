//! A pipeline in words, without any model: how it flows, as pseudocode, and what depends on what.

mod flow;
mod pseudocode;
mod words;

use crate::pipeline::graph;
use crate::pipeline::plan::{Block, Input, Pipeline};
use serde_json::{Value, json};

/// The whole page.
pub fn page(pipeline: &Pipeline) -> String {
    let mut page = head(pipeline);
    for (title, lines) in [
        ("control flow", flow::lines(&pipeline.block)),
        ("pseudocode", pseudocode::lines(pipeline)),
        ("dependencies", dependencies(&pipeline.block)),
        ("products", products(pipeline)),
    ] {
        if !lines.is_empty() {
            page.push_str(&format!("\n{title}\n  {}\n", lines.join("\n  ")));
        }
    }
    page
}

/// The same as data.
pub fn document(pipeline: &Pipeline) -> Value {
    let input = |input: &Input| {
        json!({
            "name": input.name, "description": input.description, "schema": input.schema,
            "default": input.default, "required": input.required,
        })
    };
    json!({
        "id": pipeline.id,
        "name": pipeline.name,
        "description": pipeline.description,
        "version": pipeline.version,
        "hash": pipeline.hash,
        "inputs": pipeline.inputs.iter().map(input).collect::<Vec<_>>(),
        "outputs": pipeline.outputs.iter().map(|(name, _)| name).collect::<Vec<_>>(),
        "steps": steps(&pipeline.block),
        "order": order(&pipeline.block),
        "control_flow": flow::lines(&pipeline.block),
        "pseudocode": pseudocode::lines(pipeline),
        "products": products(pipeline),
    })
}

/// What it does, as somebody would tell it.
pub fn pseudocode(pipeline: &Pipeline) -> Vec<String> {
    pseudocode::lines(pipeline)
}

/// The names of the steps in an order in which they can run.
pub fn order(block: &Block) -> Vec<&str> {
    graph::order(block).into_iter().filter_map(|at| block.steps.get(at)).map(|step| step.name.as_str()).collect()
}

fn head(pipeline: &Pipeline) -> String {
    let version = if pipeline.version.is_empty() { String::new() } else { format!(" {}", pipeline.version) };
    let mut head = format!("{}{version}\n", pipeline.name);
    for line in pipeline.description.lines() {
        head.push_str(&format!("  {line}\n"));
    }
    if !pipeline.inputs.is_empty() {
        let lines: Vec<String> = pipeline.inputs.iter().map(words::input).collect();
        head.push_str(&format!("\ninputs\n  {}\n", lines.join("\n  ")));
    }
    head
}

/// Names of a block by their positions.
fn names<'b>(block: &'b Block, positions: &[usize]) -> Vec<&'b str> {
    positions.iter().filter_map(|at| block.steps.get(*at)).map(|step| step.name.as_str()).collect()
}

fn steps(block: &Block) -> Vec<Value> {
    let step = |step: &crate::pipeline::plan::Step| {
        json!({
            "name": step.name,
            "act": step.act.name(),
            "needs": names(block, &step.after),
            "waits_for": names(block, &step.behind),
            "reads": step.reads,
            "condition": step.condition.as_ref().map(crate::script::expression::Expression::source),
            "model": step.choice.model,
            "role": step.choice.role,
            "reason": step.choice.reason,
            "hash": step.hash,
            "blocks": step.act.blocks().into_iter().map(steps).collect::<Vec<_>>(),
        })
    };
    block.steps.iter().map(step).collect()
}

/// What each step reads, and behind which points of control it stands; those of bodies too.
fn dependencies(block: &Block) -> Vec<String> {
    let mut lines = Vec::new();
    for step in &block.steps {
        let mut needs = names(block, &step.after);
        needs.extend(step.reads.iter().map(String::as_str).filter(|name| block.position(name).is_none()));
        needs.retain(|name| !is_inside(step, name));
        needs.dedup();
        let from = if needs.is_empty() { "nothing".to_owned() } else { needs.join(", ") };
        let behind = names(block, &step.behind).join(", ");
        let behind = if behind.is_empty() { behind } else { format!("; after {behind}") };
        lines.push(format!("{} <- {from}{behind}", step.name));
        step.act.blocks().into_iter().for_each(|inner| lines.extend(dependencies(inner)));
    }
    lines
}

fn is_inside(step: &crate::pipeline::plan::Step, name: &str) -> bool {
    let holds = |block: &Block| block.steps.iter().any(|inner| inner.name == name || is_inside(inner, name));
    step.act.blocks().into_iter().any(holds)
}

fn products(pipeline: &Pipeline) -> Vec<String> {
    fn of(block: &Block, folder: &std::path::Path, lines: &mut Vec<String>) {
        for step in &block.steps {
            for product in &step.products {
                let path = words::template(&product.path);
                lines.push(format!("{}/{path} <- {} of {}", folder.display(), product.value.source(), step.name));
            }
            step.act.blocks().into_iter().for_each(|inner| of(inner, folder, lines));
        }
    }
    let mut lines = Vec::new();
    of(&pipeline.block, &pipeline.output_dir, &mut lines);
    lines
}
