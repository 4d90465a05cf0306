//! For which steps leave is needed: what the policy refuses is told before anything is paid, for the files that steps write
//! and for the tools of steps that a run comes to anyway. What a run only may come to is left to it.

use crate::core::failure::{Failure, Outcome};
use crate::pipeline::answerable::{every, sure};
use crate::pipeline::plan::{Act, Block, Step};
use crate::pipeline::product;
use crate::tools::approval::Approval;
use crate::tools::catalog::Catalog;

/// Refuses a pipeline with a step that the policy refuses, whatever happens in the run.
///
/// # Errors
/// `denied` with the first such step.
pub fn check(policy: Approval, tools: &Catalog, block: &Block) -> Outcome<()> {
    if policy == Approval::Never {
        product::none(block)?;
    }
    called(policy, tools, block)
}

fn called(policy: Approval, tools: &Catalog, block: &Block) -> Outcome<()> {
    for step in sure(block) {
        asks(policy, tools, step)
            .map_err(|failure| Failure { message: format!("step `{}`: {}", step.name, failure.message), ..failure })?;
        match &step.act {
            Act::Parallel(branches) => branches.iter().try_for_each(|branch| called(policy, tools, &branch.block))?,
            Act::Nested(nested) => called(policy, tools, &nested.pipeline.block)?,
            _ => {}
        }
    }
    Ok(())
}

/// Whether a person is asked before the tool of a step is called.
fn asks(policy: Approval, tools: &Catalog, step: &Step) -> Outcome<bool> {
    match &step.act {
        Act::Tool(call) => policy.asks(tools.get(&call.name)?.tool.spec()),
        _ => Ok(false),
    }
}

/// Notes on the steps that wait for a person if a run comes to them and nobody is there.
pub fn waits(policy: Approval, tools: &Catalog, block: &Block) -> Vec<String> {
    let mut steps = Vec::new();
    every(block, &mut steps);
    let wait = |step: &Step| match &step.act {
        Act::Ask(ask) if ask.of.is_none() => Some("the answer of a person".to_owned()),
        // What is refused does not wait.
        Act::Tool(call) if asks(policy, tools, step) == Ok(true) => {
            Some(format!("a person's leave for {} (--approve auto gives it)", call.name))
        }
        _ => None,
    };
    let told = |step: &&Step| {
        let what = wait(step)?;
        Some(format!(
            "note: step `{}` waits for {what}, if the run comes to it: there is no terminal to ask on",
            step.name
        ))
    };
    steps.iter().filter_map(told).collect()
}
