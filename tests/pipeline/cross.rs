//! What the command line takes and refuses around pipelines.

use super::flow;
use crate::support::program::Program;

#[test]
fn files_that_are_none_are_told() {
    let program = Program::offline().file("folder/x.txt", "").file("big.yaml", "#".repeat(1024 * 1024 + 1));
    let program = program.file("one.yaml", "steps: []\n");
    let near = program.args(["run", "on.yaml"]).run().code(1);
    near.says("cannot read on.yaml").says("did you mean \"one.yaml\"?");
    let called = program.args(["eval", "PIPELINE(\"on.yaml\")"]).run().code(1);
    called.says("there is no `on.yaml`").says("did you mean \"one.yaml\"?");
    program.args(["pipeline", "validate", "none.yaml"]).run().code(1).says("cannot read none.yaml");
    program.args(["pipeline", "explain", "folder"]).run().code(1).says("folder is no file");
    program.args(["pipeline", "validate", "big.yaml"]).run().code(1).says("a pipeline at most 1024");
    program.args(["pipeline", "validate"]).run().code(2);
    program.args(["pipeline"]).run().code(2);
}

/// A chain of so many steps, each of which reads the one before it and has these keys beside its call.
fn chain(many: usize, keys: &str) -> String {
    let step = |at: usize| {
        let before = at.checked_sub(1).map_or_else(|| "inputs.t".to_owned(), |before| format!("s{before}"));
        format!("  s{at}: {{llm: 'go on with {{{{ {before} }}}}'{keys}}}\n")
    };
    format!("inputs: {{t: a text}}\nsteps:\n{}", (0..many).map(step).collect::<String>())
}

#[test]
fn a_file_has_no_more_steps_than_can_be_compared_with_each_other() {
    let inner = "  all: {each: {in: [1], steps: {inner: {set: {v: item}}}}}\n";
    let told = flow(&format!("{}{inner}", chain(4_999, ""))).args(["pipeline", "validate", "flow.yaml"]).run().code(1);
    told.says("flow.yaml has a fault")
        .says("a pipeline has at most 5000 steps, and this one 5001: repeat some by `each`, or call a part of them");
}

#[test]
fn what_holds_up_all_behind_it_is_checked_in_a_chain_of_many_steps() {
    // Every reading asks whether each of the conditions before it held: who walks the chain for that walks for hours.
    for keys in ["", ", on_failure: end", ", condition: inputs.t.len() > 3, on_false: skip"] {
        let validate = |text: &str| flow(text).args(["pipeline", "validate", "flow.yaml"]).run();
        let text = chain(500, keys);
        validate(&text).ok().prints("flow.yaml: ok, 500 steps\n");
        let told = validate(&format!("{text}  last: {{llm: '{{{{ s499.n }}}} {{{{ s500 }}}}'}}\n")).code(1);
        told.says("2 faults").says("`s499` is a text, and has no field `n`").says("no variable `s500`; did you mean");
    }
}
