//! The limits of steps as options of `within`; and as comments what of a file a script has no words for.

use crate::pipeline::plan::{Act, Block, Input, PARALLEL, Pipeline, Step};
use crate::pipeline::product::SUFFIXES;
use crate::pipeline::twin::code::{Lines, text};
use crate::pipeline::twin::products::suffix;
use crate::registry::programs::SOURCE_LIMIT;

/// What the script lacks of the file, as far as this one has it.
pub(super) fn left_out(pipeline: &Pipeline) -> Vec<String> {
    let mut blocks = Vec::new();
    gather(&pipeline.block, &mut blocks);
    let steps = || blocks.iter().flat_map(|block| &block.steps);
    let ordered = |block: &&Block| {
        block.steps.iter().any(Step::may_lead_away) && block.steps.iter().any(|step| step.priority != 0)
    };
    let at_once = |step: &Step| matches!(step.act, Act::Each(_) | Act::Parallel(_));
    let mut paths = steps().flat_map(|step| &step.products).map(|product| suffix(&product.path));
    let facts = [
        (pipeline.inputs.iter().any(has_form), "that the inputs have their forms"),
        (blocks.iter().any(ordered), "`priority` in blocks with jumps, whose steps stand as they are written"),
        (
            pipeline.limits.max_parallel != PARALLEL && steps().any(at_once),
            "`limits.max_parallel` for the whole: it holds for each `par_map`",
        ),
        (
            paths.any(|suffix| !SUFFIXES.contains(&suffix.as_str())),
            "what a suffix that only a hole gives makes of a file: no table, no bytes",
        ),
    ];
    let told = facts.into_iter().filter(|(concerns, _)| *concerns);
    told.map(|(_, what)| format!("// Not carried over: {what}.")).collect()
}

/// The script, which says at its head if it is longer than one that can be run.
pub(super) fn sized(script: String) -> String {
    if script.len() <= SOURCE_LIMIT {
        return script;
    }
    let (head, rest) = script.split_once('\n').unwrap_or((script.as_str(), ""));
    let most = SOURCE_LIMIT / 1024;
    format!("{head}\n// It is longer than a program may be, {most} KiB: it can be read, not run.\n{rest}")
}

/// A block and those inside of it.
fn gather<'p>(block: &'p Block, blocks: &mut Vec<&'p Block>) {
    blocks.push(block);
    for step in &block.steps {
        step.act.blocks().into_iter().for_each(|inner| gather(inner, blocks));
    }
}

/// Whether an input must be more than a text.
fn has_form(input: &Input) -> bool {
    let plain = |(name, value): (&String, &serde_json::Value)| match name.as_str() {
        "type" => value == "string",
        name => ["description", "examples"].contains(&name),
    };
    input.schema.as_object().is_none_or(|schema| !schema.iter().all(plain))
}

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

/// The options with which `within` does what a step does, if the step has limits of its own.
pub(super) fn of(step: &Step) -> Option<String> {
    let slice = &step.budget;
    let mut options = vec![format!("name: {}", text(&format!("step `{}`", step.name)))];
    options.extend(step.timeout.map(|limit| format!("timeout: {:?}", limit.as_secs_f64())));
    options.extend(slice.max_cost.map(|most| format!("max_cost: {most:?}")));
    options.extend(slice.max_calls.map(|most| format!("max_calls: {most}")));
    options.extend(slice.max_tokens.map(|most| format!("max_tokens: {most}")));
    (options.len() > 1).then(|| format!("#{{{}}}", options.join(", ")))
}
