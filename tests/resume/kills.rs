//! Killed at every effect, and at any time under load: the answer is the same, and no answer is paid twice.

use super::{Gate, newest, newest_id};
use crate::support::program::Program;
use serde_json::json;
use std::collections::HashMap;

/// Steps, each of which rests on the one before.
const STEPS: usize = 50;

/// How many processes are killed; `RHIZO_TEST_KILLS=2000` makes it forty times the usual.
fn kills() -> usize {
    std::env::var("RHIZO_TEST_KILLS").ok().and_then(|kills| kills.parse().ok()).unwrap_or(STEPS)
}

/// Every prompt once, whatever was killed.
fn once(gate: &Gate, prompts: usize) {
    let mut times: HashMap<String, usize> = HashMap::new();
    for prompt in gate.answered() {
        *times.entry(prompt).or_default() += 1;
    }
    let twice: Vec<_> = times.iter().filter(|(_, times)| **times > 1).collect();
    assert!(twice.is_empty(), "answered more than once: {twice:?}");
    assert_eq!(times.len(), prompts);
}

#[test]
fn killed_at_every_effect_of_fifty_steps() {
    for _ in 0..kills().div_ceil(STEPS) {
        let gate = Gate::default();
        let server = gate.server();
        let code =
            format!("let said = 0;\nfor n in 0..{STEPS} {{ said += llm(`step ${{n}} after ${{said}}`).len(); }}\nsaid");
        let program = Program::paying(&server).file("steps.rhai", code);
        gate.pass(0);
        let running = program.args(["run", "steps.rhai"]).start();
        gate.wait_for_held(1);
        running.kill();
        running.end();
        let id = newest_id(&program);
        // Each process gets the answer that the one before was killed for, and is killed for the next.
        for step in 1..STEPS {
            gate.pass(1);
            let running = program.args(["resume", &id]).start();
            gate.wait_for_held(step + 1);
            running.kill();
            running.end();
        }
        gate.open();
        let document = program.args(["resume", &id, "--json"]).run().ok().json();
        once(&gate, STEPS);
        assert_eq!(document["answer"].as_u64(), Some(whole_length()), "{document:#}");
        assert_eq!(document["replayed_calls"], json!(STEPS - 1));
        let row = newest(&program);
        assert_eq!((&row["status"], &row["under_way"]), (&json!("completed"), &json!(0)));
    }
}

/// What the fifty steps add up to.
fn whole_length() -> u64 {
    (0..STEPS).fold(0, |said, n| said + format!("step {n} after {said}").len() as u64)
}

#[test]
fn killed_at_any_time_under_load() {
    for round in 0..kills().div_ceil(10) {
        let gate = Gate::default();
        gate.open();
        let server = gate.server();
        let code = "let words = []; for n in 0..40 { words.push(`word ${n}`); } llm_batch(words, #{concurrency: 8})";
        let program = Program::paying(&server).file("load.rhai", code);
        // The kill falls while answers arrive, are written and are asked for.
        let running = program.args(["run", "load.rhai"]).start();
        server.wait_for(1 + (round * 7) % 39);
        running.kill();
        running.end();
        let id = newest_id(&program);
        let open = program.args(["runs", "show", &id, "--json"]).run().ok().json()["open"].clone();
        let before = server.asks().len();
        let document = program.args(["resume", &id, "--json"]).run().ok().json();
        let answer = document["answer"].as_array().expect("a list");
        assert!(answer.iter().enumerate().all(|(n, word)| *word == json!(format!("WORD {n}"))), "{document:#}");
        let replayed = usize::try_from(document["replayed_calls"].as_u64().expect("a number")).expect("small");
        assert_eq!(replayed + server.asks().len() - before, 40, "what is not in the log is asked, once: {document:#}");
        // An answer that had come and was not yet on disk is asked for again: it was listed as under way.
        let again = gate.answered().len() - 40;
        assert!(again <= open.as_array().map_or(0, Vec::len), "{again} were asked again, open were {open:#}");
    }
}
