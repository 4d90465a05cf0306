//! Pipelines in YAML, from the command line and from scripts: what is refused and where, what is told of those that
//! hold, and what they do.

mod answers;
mod choices;
mod cross;
mod dry_run;
mod explain;
mod faults;
mod forms;
mod generated;
mod generated_bodies;
mod generated_cases;
mod given;
mod import;
mod import_levels;
mod import_values;
mod intent;
mod late;
mod mutated;
mod nested;
mod property;
mod random;
mod random_bodies;
mod random_given;
mod random_twins;
mod random_words;
mod run_acts;
mod run_budget;
mod run_events;
mod run_flow;
mod run_live;
mod run_loops;
mod run_partial;
mod run_products;
mod run_scripts;
mod run_twins;
mod seen;
mod taken;
mod twin;
mod whole;
mod whole_ends;
mod whole_errors;

use crate::support::program::Program;

/// A project with a pipeline `flow.yaml` and the offline engine.
fn flow(text: &str) -> Program {
    Program::offline().file("flow.yaml", text)
}

/// What `validate` says of a pipeline: code 1 and all faults, in a snapshot of this name.
#[track_caller]
fn refused(name: &str, text: &str) {
    flow(text).args(["pipeline", "validate", "flow.yaml"]).run().code(1).snapshot(name);
}

/// Claims that `validate` accepts a pipeline.
#[track_caller]
fn accepted(text: &str) {
    let ran = flow(text).args(["pipeline", "validate", "flow.yaml"]).run().ok();
    assert!(ran.stdout.starts_with("flow.yaml: ok, "), "{}", ran.stdout);
}
