//! It must help: tasks of hidden kinds, done by the program with its memory, without it, and with a memory whose outcomes
//! were permuted. The bench of the same name does more of them and prints the table.

use crate::support::chat::{Ask, ChatServer, Reply};
use crate::support::program::Program;
use serde_json::Value;

#[path = "../benches/figures/field.rs"]
mod field;
#[path = "../benches/figures/ways.rs"]
mod ways;

use field::Sum;

/// Tasks of one process, and processes of one half.
const TASKS: usize = 30;
const PROCESSES: usize = 3;

/// Tasks done in a row by an arm of the trial: the first and the second half.
fn halves(more: &str, permuted: bool) -> [Sum; 2] {
    let server = ChatServer::new(|ask: &Ask| {
        let model = ask.body["model"].as_str().unwrap_or_default();
        Reply::text(field::answer(model, &ask.last())).usage(field::USAGE.0, field::USAGE.1)
    });
    let text = format!("{}{more}", field::settings(&server.base_url()));
    let program = Program::new().file("rhizo.toml", text);
    let mut rows: Vec<Value> = Vec::new();
    for tasks in field::tasks(2 * TASKS * PROCESSES).chunks(TASKS) {
        if permuted && !rows.is_empty() {
            field::permute(&program.state());
        }
        let document = program.args(["eval", &field::program(tasks), "--json"]).run().ok().json();
        rows.extend(document["answer"].as_array().into_iter().flatten().cloned());
    }
    assert_eq!(rows.len(), 2 * TASKS * PROCESSES);
    let (first, second) = rows.split_at(TASKS * PROCESSES);
    [Sum::of(first), Sum::of(second)]
}

/// Inputs of hidden kinds looked into in a row by an arm of the trial: the first and the second half.
fn looks(memory: &str, permuted: bool) -> [Sum; 2] {
    let server = ChatServer::new(|ask: &Ask| {
        let first = ask.messages().into_iter().nth(1).map(|(_, text)| text).unwrap_or_default();
        Reply::text(ways::reply(ask.turn(), &first)).usage(field::USAGE.0, field::USAGE.1)
    });
    let mut program = Program::new().file("rhizo.toml", ways::settings(&server.base_url(), memory));
    let mut context = Vec::new();
    for (name, text) in ways::documents() {
        program = program.file(name, text);
        context.extend(["--context", name]);
    }
    let mut rows: Vec<Value> = Vec::new();
    for tasks in ways::tasks(2 * TASKS * PROCESSES).chunks(TASKS) {
        if permuted && !rows.is_empty() {
            field::permute(&program.state());
        }
        let code = ways::program(tasks);
        let document = program.list(&[&["eval", &code, "--json"], &context[..]].concat()).run().ok().json();
        rows.extend(document["answer"].as_array().into_iter().flatten().cloned());
    }
    assert_eq!(rows.len(), 2 * TASKS * PROCESSES);
    let (first, second) = rows.split_at(TASKS * PROCESSES);
    [Sum::of(first), Sum::of(second)]
}

#[test]
fn hints_raise_success_and_permuted_memories_do_not() {
    let [on, off, permuted] = std::thread::scope(|scope| {
        let off = scope.spawn(|| looks("enabled = false", false));
        let permuted = scope.spawn(|| looks("", true));
        let on = looks("", false);
        [on, off.join().expect("an arm ended"), permuted.join().expect("an arm ended")]
    });
    let told = format!("on {on:#?}, off {off:#?}, permuted {permuted:#?}");
    let ([early, late], [_, without], [_, wrong]) = (on, off, permuted);
    let points = |sum: Sum, other: Sum| 100.0 * (sum.share(sum.solved) - other.share(other.solved));
    assert!(points(late, early) > 5.0 && points(late, without) > 25.0, "found: {told}");
    assert!(late.calls < without.calls && late.cost < 0.9 * without.cost, "cost: {told}");
    assert!(points(wrong, without) < 10.0, "permuted: {told}");
}

#[test]
fn with_memory_the_second_half_costs_less_and_succeeds_more_and_with_permuted_memories_it_does_not() {
    let [on, off, permuted] = std::thread::scope(|scope| {
        let off = scope.spawn(|| halves("[memory]\nenabled = false\n", false));
        let permuted = scope.spawn(|| halves("", true));
        let on = halves("", false);
        [on, off.join().expect("an arm ended"), permuted.join().expect("an arm ended")]
    });
    let told = format!("on {on:#?}, off {off:#?}, permuted {permuted:#?}");
    let ([early, late], [_, without], [_, wrong]) = (on, off, permuted);
    let points = |sum: Sum, other: Sum| 100.0 * (sum.share(sum.first) - other.share(other.first));
    assert!(points(late, early) > 10.0 && points(late, without) > 25.0, "solved at once: {told}");
    assert!(late.calls * 4 < early.calls * 3 && late.calls * 2 < without.calls, "calls: {told}");
    assert!(late.cost < 0.9 * early.cost && late.cost < 0.6 * without.cost, "cost: {told}");
    assert!(late.missed <= without.missed + 1, "what somebody can do is not given up: {told}");
    assert!(points(wrong, without) < 8.0 && wrong.cost > 0.9 * without.cost, "permuted: {told}");
}
