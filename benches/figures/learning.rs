//! What the memory gains: the tasks of the field, and looking into inputs of hidden kinds, done by the program with its
//! memory, without it, and with a memory whose outcomes are permuted again and again.
//!
//! It counts and times nothing: the same table comes in every run.

use crate::field::{self, Sum};
use crate::plan::Plan;
use crate::program;
use crate::project::Project;
use crate::server::Server;
use crate::ways;
use serde_json::Value;
use std::time::Duration;

/// Tasks of all, and of one process.
const TASKS: usize = 400;
const CHUNK: usize = 20;

/// A way to do the tasks.
struct Arm {
    name: &'static str,
    /// What stands in the table `memory` of its settings.
    more: &'static str,
    permuted: bool,
}

impl Arm {
    /// Its table of settings.
    fn table(&self) -> String {
        format!("[memory]\n{}", self.more)
    }
}

const ARMS: [Arm; 3] = [
    Arm { name: "memory on", more: "", permuted: false },
    Arm { name: "memory off", more: "enabled = false\n", permuted: false },
    Arm { name: "permuted memories", more: "", permuted: true },
];

/// Counts, prints the tables and claims their direction.
pub(crate) fn measure(plan: &Plan) {
    if !plan.wants("learning") || plan.quick {
        return;
    }
    let server = Server::start();
    server.set(1, Duration::ZERO);
    roles(plan, &server);
    looks(plan, &server);
}

/// Which role can do which task.
#[allow(clippy::print_stdout, reason = "the table is the bench's result")]
fn roles(plan: &Plan, server: &Server) {
    println!(
        "\nLearning: {TASKS} tasks of hidden kinds, {CHUNK} to a process; cost in micro-USD per task;\n\
         missed are those unsolved that some model can do.\n\n\
         | arm | half | solved at once | solved | missed | calls | cost | cost of a solved one |\n|---|---|---|---|---|---|---|---|"
    );
    let halves = ARMS.map(|arm| {
        let halves = run(server, plan, &arm);
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
    margins(halves, "at once", |sum| sum.share(sum.first));
    let [[early, on], [_, off], [_, permuted]] = halves;
    assert!(on.cost < early.cost && on.cost < off.cost && on.cost < permuted.cost, "memory costs less");
    assert!(on.first > early.first && on.first > off.first && on.first > permuted.first, "memory succeeds more");
}

/// Which way of looking serves which input.
#[allow(clippy::print_stdout, reason = "the table is the bench's result")]
fn looks(plan: &Plan, server: &Server) {
    println!(
        "\nLooking: {TASKS} tasks on inputs of hidden kinds, each with {} turns of a root that follows the best hint;\n\
         cost in micro-USD per task.\n\n| arm | half | solved | calls | cost |\n|---|---|---|---|---|",
        ways::TURNS
    );
    let halves = ARMS.map(|arm| {
        let halves = look(server, plan, &arm);
        for (half, sum) in ["first", "second"].iter().zip(halves) {
            println!(
                "| {} | {half} | {:.1} % | {:.2} | {:.0} |",
                arm.name,
                100.0 * sum.share(sum.solved),
                1.0 + sum.share(sum.calls),
                sum.cost / f64::from(sum.tasks)
            );
        }
        halves
    });
    margins(halves, "", |sum| sum.share(sum.solved));
    let [[early, on], [_, off], [_, permuted]] = halves;
    assert!(on.cost < early.cost && on.cost < off.cost && on.cost < permuted.cost, "memory costs less");
    assert!(on.solved > early.solved && on.solved > off.solved && on.solved > permuted.solved, "memory succeeds more");
}

/// Prints by how much the second half with memory is better than the others; `solved` is the share that counts.
#[allow(clippy::print_stdout, reason = "the margins are the bench's result")]
fn margins(halves: [[Sum; 2]; 3], how: &str, solved: impl Fn(&Sum) -> f64) {
    let [[early, on], [_, off], [_, permuted]] = halves;
    let how = if how.is_empty() { String::new() } else { format!(" {how}") };
    let told = |sum: &Sum, other: &Sum| {
        let less = 100.0 * (1.0 - sum.cost / f64::from(sum.tasks) / (other.cost / f64::from(other.tasks)));
        (less, 100.0 * (solved(sum) - solved(other)))
    };
    println!();
    for (name, other) in [("the first half", early), ("memory off", off), ("permuted memories", permuted)] {
        let (less, points) = told(&on, &other);
        println!(
            "The second half with memory costs {less:.0} % less than {name} and solves {points:+.1} points more{how}."
        );
    }
    let (less, points) = told(&permuted, &off);
    println!(
        "With permuted memories it costs {less:.0} % less than memory off and solves {points:+.1} points more{how}."
    );
}

/// The first and the second half of the tasks of the field, done in a row.
fn run(server: &Server, plan: &Plan, arm: &Arm) -> [Sum; 2] {
    let settings = format!("{}{}", field::settings(&server.base_url()), arm.table());
    let project = Project::with(plan.scratch(), &settings);
    let tasks = field::tasks(TASKS);
    in_a_row(&project, arm, tasks.chunks(CHUNK).map(|tasks| vec!["eval".to_owned(), field::program(tasks)]))
}

/// The same of the inputs with hidden ways.
fn look(server: &Server, plan: &Plan, arm: &Arm) -> [Sum; 2] {
    let project = Project::with(plan.scratch(), &ways::settings(&server.base_url(), arm.more));
    let mut context = Vec::new();
    for (name, text) in ways::documents() {
        project.write(name, &text);
        context.extend(["--context".to_owned(), name.to_owned()]);
    }
    let tasks = ways::tasks(TASKS);
    let with = |tasks: &[ways::Task]| [vec!["eval".to_owned(), ways::program(tasks)], context.clone()].concat();
    in_a_row(&project, arm, tasks.chunks(CHUNK).map(with))
}

/// Processes in a row: the first and the second half of the rows that they answer.
fn in_a_row(project: &Project, arm: &Arm, calls: impl Iterator<Item = Vec<String>>) -> [Sum; 2] {
    let mut rows: Vec<Value> = Vec::new();
    for arguments in calls {
        if arm.permuted && !rows.is_empty() {
            field::permute(&project.state());
        }
        let arguments: Vec<&str> = arguments.iter().map(String::as_str).chain(["--json"]).collect();
        let ran = program::run(&mut project.rhizo(&arguments));
        let document: Value = serde_json::from_str(&ran.out).expect("a document");
        rows.extend(document["answer"].as_array().into_iter().flatten().cloned());
    }
    assert_eq!(rows.len(), TASKS);
    let (first, second) = rows.split_at(TASKS / 2);
    [Sum::of(first), Sum::of(second)]
}
