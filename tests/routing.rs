//! `rhizo bench routing` over made-up outcomes whose structure is known.

use crate::support::program::Program;
use serde_json::{Value, json};
use std::fmt::Write;

/// Kinds of tasks; the weak model can do every second of them, the strong one all.
const KINDS: [&str; 12] = [
    "add up the column of prices",
    "which ship leaves the harbour",
    "translate the menu for guests",
    "prove that the series converges",
    "spell the names of villages",
    "find the race between two threads",
    "sort these invoices by month",
    "explain the verdict of judges",
    "count vowels inside a sentence",
    "derive the period of a pendulum",
    "turn minutes into whole hours",
    "name the rhyme scheme in stanzas",
];

/// As many prompts of each kind.
fn outcomes(count: usize) -> String {
    let mut lines = String::new();
    for at in 0..count {
        let kind = at % KINDS.len();
        let letters: String = at.to_string().bytes().map(|digit| char::from(digit + b'a' - b'0')).collect();
        let row = json!({
            "id": at.to_string(), "set": "made-up", "domain": format!("kind {kind}"),
            "prompt": format!("{} {letters}", KINDS[kind]), "weak": u8::from(kind.is_multiple_of(2)), "strong": 1,
        });
        writeln!(lines, "{row}").expect("a text grows");
    }
    lines
}

fn line<'a>(set: &'a Value, protocol: &str, method: &str) -> &'a Value {
    let found = set["lines"].as_array().into_iter().flatten();
    let mut found = found.filter(|line| line["protocol"] == protocol && line["method"] == method);
    found.next().unwrap_or_else(|| panic!("no {protocol} of {method} in {set:#}"))
}

#[test]
fn the_memory_finds_the_structure_and_nothing_in_permuted_outcomes() {
    let program = Program::new().file("outcomes.jsonl", outcomes(240));
    let args = ["bench", "routing", "--data", "outcomes.jsonl", "--embedder", "hashing", "--seeds", "2", "--json"];
    let report = program.args(args).run().ok().json();
    assert_eq!((&report["embedder"], &report["seeds"]), (&json!("hashing-v1/384"), &json!(2)));
    let set = &report["sets"][0];
    assert_eq!((&set["set"], &set["prompts"], &set["weak"]), (&json!("made-up"), &json!(240), &json!(0.5)));
    let apgr = |protocol: &str, method: &str| line(set, protocol, method)["apgr"]["mean"].as_f64().expect("a number");
    // A perfect order gives 0.75 where the strong model gains on half of the prompts.
    for (protocol, least) in [
        ("offline", 0.74),
        ("5% targeted poison", 0.7),
        ("prequential, second half", 0.7),
        ("the same, called by gain", 0.7),
    ] {
        assert!(apgr(protocol, "memory") > least, "{protocol} in {set:#}");
    }
    for (protocol, method) in [("offline", "random"), ("permuted outcomes", "memory")] {
        assert!((0.3..0.7).contains(&apgr(protocol, method)), "{protocol} {method} in {set:#}");
    }
    let worse = |cascade: &&Value| cascade["gain"]["mean"].as_f64().is_none_or(|gain| gain < -0.005);
    assert_eq!(set["cascades"].as_array().into_iter().flatten().find(worse), None, "never worse than the rule");
    // The bench keeps to itself: nothing of it is in the memory of real runs.
    assert_eq!(program.args(["eval", "recall(\"ship\", 5).len()", "--json"]).run().ok().json()["answer"], 0);
}

#[test]
fn wrong_data_is_told_with_its_line() {
    let program = Program::new()
        .file("cut.jsonl", "{\"id\": \"a\", \"set\": \"s\", \"prompt\": \"p\", \"weak\": 1, \"strong\": 1}\n{\"id\"")
        .file("odd.jsonl", "{\"id\": \"a\", \"set\": \"s\", \"prompt\": \"p\", \"weak\": 2, \"strong\": 1}\n")
        .file("empty.jsonl", "\n");
    for (file, told) in [
        ("cut.jsonl", "cut.jsonl:2: EOF"),
        ("odd.jsonl", "odd.jsonl:1: `weak` and `strong` are 0 or 1"),
        ("empty.jsonl", "empty.jsonl has no rows"),
        ("none.jsonl", "cannot read none.jsonl"),
    ] {
        program.args(["bench", "routing", "--data", file]).run().code(1).says(told);
        if file.starts_with(['c', 'o']) {
            program.args(["memory", "seed", "--from", file]).run().code(1).says(told).says("\"weak\": 0 or 1");
        }
    }
}
