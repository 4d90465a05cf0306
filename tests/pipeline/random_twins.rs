//! Random flows and the scripts that are made of them: failures, ends, jumps and what waits for what, in every combination,
//! come to the same effects and exit code.

use super::random_words::Tape;
use super::run_twins::run;
use crate::support::program::Program;
use proptest::prelude::{ProptestConfig, TestCaseError, any, prop};
use proptest::test_runner::{RngAlgorithm, TestRng, TestRunner};
use std::cell::Cell;

/// How many flows are made; `RHIZO_TEST_CASES=5000` makes more of them.
fn cases() -> u32 {
    let asked = std::env::var("RHIZO_TEST_CASES").ok().and_then(|cases| cases.parse::<u32>().ok());
    asked.map_or(30, |cases| cases.div_ceil(5))
}

fn flow(numbers: &[u16]) -> String {
    let mut tape = Tape::new(numbers);
    let many = 2 + tape.pick(4);
    let steps: String = (0..many).map(|at| format!("  s{at}: {{{}}}\n", step(&mut tape, at, many))).collect();
    format!("steps:\n{steps}")
}

fn step(tape: &mut Tape<'_>, at: usize, many: usize) -> String {
    let mut keys = vec![act(tape, at, many)];
    for (key, times) in [("on_success", 3), ("on_failure", 2), ("on_false", 7)] {
        if tape.wrong(times) {
            keys.push(format!("{key}: {}", way(tape, at, many)));
            keys.extend((key == "on_false").then(|| "condition: 1 > 2".to_owned()));
        }
    }
    if tape.wrong(6) {
        keys.push("always: true".to_owned());
    }
    if tape.wrong(6) {
        keys.push(format!("dependencies: [{}s{}]", *tape.of(&["", "outcomes."]), tape.pick(many)));
    }
    keys.join(", ")
}

/// A call that succeeds and may tell of others, or one that fails.
fn act(tape: &mut Tape<'_>, at: usize, many: usize) -> String {
    if tape.wrong(3) {
        return "tool: calculate, args: {expression: 1 / 0}".to_owned();
    }
    let other = tape.pick(many);
    let told = match tape.pick(4) {
        0 if other != at => format!(" {{{{ outcomes.s{other} }}}}"),
        1 if other != at => format!(" {{{{ s{other} ?? \"none\" }}}}"),
        _ => String::new(),
    };
    format!("llm: 'say s{at}{told}'")
}

/// Where a step leads: on, to an end, or to a step behind it.
fn way(tape: &mut Tape<'_>, at: usize, many: usize) -> String {
    let behind = at + 1 + tape.pick(many);
    match tape.pick(6) {
        0 | 1 if behind < many => format!("s{behind}"),
        word => (*["continue", "skip", "end", "fail"].get(word % 4).expect("a word")).to_owned(),
    }
}

/// What an original and its twin have in common, or where they differ; nothing if the flow is refused.
fn compared(program: &Program, text: &str) -> Option<Result<(), String>> {
    std::fs::write(program.project().join("p.yaml"), text).expect("a file");
    let explained = program.args(["pipeline", "explain", "p.yaml", "--rhai"]).run();
    if explained.exit_code() != Some(0) {
        return None;
    }
    std::fs::write(program.project().join("twin.rhai"), &explained.stdout).expect("a script");
    let (original, twin) = (run(program, "p.yaml", &[]), run(program, "twin.rhai", &[]));
    let same = (original.code, &original.effects) == (twin.code, &twin.effects);
    let differ = || format!("{original:#?}\n{twin:#?}\n{text}\n{}", explained.stdout);
    Some(if same { Ok(()) } else { Err(differ()) })
}

#[test]
fn a_made_script_goes_the_ways_of_any_flow() {
    let program = Program::offline();
    let config = ProptestConfig {
        cases: cases(),
        failure_persistence: None,
        max_shrink_iters: 100,
        ..ProptestConfig::default()
    };
    let mut runner = match std::env::var_os("RHIZO_TEST_CASES") {
        Some(_) => TestRunner::new(config),
        None => TestRunner::new_with_rng(config, TestRng::deterministic_rng(RngAlgorithm::ChaCha)),
    };
    let accepted = Cell::new(0);
    let checked = runner.run(&prop::collection::vec(any::<u16>(), 20..80), |tape| {
        let Some(came) = compared(&program, &flow(&tape)) else { return Ok(()) };
        accepted.set(accepted.get() + 1);
        came.map_err(TestCaseError::fail)
    });
    assert!(checked.is_ok(), "{}", checked.err().map(|error| error.to_string()).unwrap_or_default());
    assert!(accepted.get() * 3 > cases(), "{} accepted", accepted.get());
}
