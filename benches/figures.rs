//! The figures of the README: whole-process times, cost per model call, reading large contexts, recall,
//! compiling a pipeline, and what the memory gains (`-- learning`).
//!
//! `cargo bench --bench figures` measures all, `-- NAME` what has NAME in its id, `-- --quick` leaves out what needs a
//! large file or index. Large files lie in the folder of RHIZO_BENCH_DIR, by default the system's temporary one.
//! With RHIZO_COMPARE_PYTHON=python3 of an environment that has openai-python, that does the batch too.
//! It asserts that answers are right, never that times are.
#![allow(clippy::expect_used, reason = "a bench that cannot be set up has nothing to measure and must stop")]

#[path = "figures/calls.rs"]
mod calls;
#[path = "figures/compare.rs"]
mod compare;
#[path = "figures/field.rs"]
mod field;
#[path = "figures/learning.rs"]
mod learning;
#[path = "figures/machine.rs"]
mod machine;
#[path = "figures/pipelines.rs"]
mod pipelines;
#[path = "figures/plan.rs"]
mod plan;
#[path = "figures/program.rs"]
mod program;
#[path = "figures/project.rs"]
mod project;
#[path = "figures/reading.rs"]
mod reading;
#[path = "figures/recalling.rs"]
mod recalling;
#[path = "figures/server.rs"]
mod server;
#[path = "figures/sheet.rs"]
mod sheet;
#[path = "figures/steps.rs"]
mod steps;
#[path = "figures/streaming.rs"]
mod streaming;
#[path = "figures/turns.rs"]
mod turns;
#[path = "figures/ways.rs"]
mod ways;
#[path = "figures/words.rs"]
mod words;

use criterion::Criterion;
use plan::Plan;
use sheet::Sheet;
use std::time::Duration;

fn main() {
    let plan = Plan::read();
    let sheet = Sheet::default();
    let mut criterion = Criterion::default()
        .sample_size(10)
        .warm_up_time(Duration::from_millis(1))
        .measurement_time(Duration::from_secs(2))
        .configure_from_args();
    turns::measure(&mut criterion, &plan, &sheet);
    calls::measure(&mut criterion, &plan, &sheet);
    compare::measure(&mut criterion, &plan, &sheet);
    streaming::measure(&mut criterion, &plan, &sheet);
    steps::measure(&mut criterion, &plan, &sheet);
    reading::measure(&mut criterion, &plan, &sheet);
    recalling::measure(&mut criterion, &plan, &sheet);
    pipelines::measure(&mut criterion, &plan, &sheet);
    criterion.final_summary();
    learning::measure(&plan);
    sheet.print(&machine::describe(plan.folder()));
}
