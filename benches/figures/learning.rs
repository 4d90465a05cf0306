//! What the memory gains: the tasks of the field done by the program with its memory, without it, and with a memory whose
//! outcomes are permuted again and again.
//!
//! It counts and times nothing: the same table comes in every run.

use crate::field::{self, Sum};
use crate::plan::Plan;
use crate::program;
use crate::project::Project;
use crate::server::Server;
use serde_json::Value;
use std::time::Duration;

/// Tasks of all, and of one process.
const TASKS: usize = 400;
const CHUNK: usize = 20;

/// A way to do the tasks.
struct Arm {
    name: &'static str,
    more: &'static str,
    permuted: bool,
}

const ARMS: [Arm; 3] = [
    Arm { name: "memory on", more: "", permuted: false },
    Arm { name: "memory off", more: "[memory]\nenabled = false\n", permuted: false },
    Arm { name: "permuted memories", more: "", permuted: true },
];

/// Counts, prints the table and claims its direction.
#[allow(clippy::print_stdout, reason = "the table is the bench's result")]
pub(crate) fn measure(plan: &Plan) {
    if !plan.wants("learning") || plan.quick {
        return;
    }
    let server = Server::start();
    server.set(1, Duration::ZERO);
    println!(
        "\nLearning: {TASKS} tasks of hidden kinds, {CHUNK} to a process; cost in micro-USD per task;\n\
         missed are those unsolved that some model can do.\n\n\
         | arm | half | solved at once | solved | missed | calls | cost | cost of a solved one |\n|---|---|---|---|---|---|---|---|"
    );
    let halves = ARMS.map(|arm| {
        let halves = run(&server, plan, &arm);
        for (half, sum) in ["first", "second"].iter().zip(halves) {
            println!(
                "| {} | {half} | {:.1} % | {:.1} % | {:.1} % | {:.2} | {:.0} | {:.0} |",
                arm.name,
                100.0 * sum.share(sum.first),
                100.0 * sum.share(sum.solved),
                100.0 * sum.share(sum.missed),
                sum.share(sum.calls),
                sum.cost / f64::from(sum.tasks),
                sum.cost / f64::from(sum.solved)
            );
        }
        halves
    });
    let [[early, on], [_, off], [_, permuted]] = halves;
    println!();
    for (name, other) in [("the first half", early), ("memory off", off), ("permuted memories", permuted)] {
        println!(
            "The second half with memory costs {:.0} % less than {name} and solves {:+.1} points more at once.",
            100.0 * (1.0 - on.cost / f64::from(on.tasks) / (other.cost / f64::from(other.tasks))),
            100.0 * (on.share(on.first) - other.share(other.first))
        );
    }
    println!(
        "With permuted memories it costs {:.0} % less than memory off and solves {:+.1} points more at once.",
        100.0 * (1.0 - permuted.cost / off.cost),
        100.0 * (permuted.share(permuted.first) - off.share(off.first))
    );
    assert!(on.cost < early.cost && on.cost < off.cost && on.cost < permuted.cost, "memory costs less");
    assert!(on.first > early.first && on.first > off.first && on.first > permuted.first, "memory succeeds more");
}

/// The first and the second half of the tasks, done in a row.
fn run(server: &Server, plan: &Plan, arm: &Arm) -> [Sum; 2] {
    let settings = format!("{}{}", field::settings(&server.base_url()), arm.more);
    let project = Project::with(plan.scratch(), &settings);
    let mut rows: Vec<Value> = Vec::new();
    for tasks in field::tasks(TASKS).chunks(CHUNK) {
        if arm.permuted && !rows.is_empty() {
            field::permute(&project.state());
        }
        let ran = program::run(&mut project.rhizo(&["eval", &field::program(tasks), "--json"]));
        let document: Value = serde_json::from_str(&ran.out).expect("a document");
        rows.extend(document["answer"].as_array().into_iter().flatten().cloned());
    }
    assert_eq!(rows.len(), TASKS);
    let (first, second) = rows.split_at(TASKS / 2);
    [Sum::of(first), Sum::of(second)]
}
