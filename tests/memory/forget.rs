//! What is forgotten, by whom, and what stays.

use super::{exported, line, number};
use crate::support::program::Program;
use serde_json::json;

const DAY: u64 = 86_400_000;

/// The ids of what is left.
fn left(program: &Program) -> Vec<String> {
    let mut ids: Vec<String> =
        exported(program).iter().map(|e| e["id"].as_str().unwrap_or_default().to_owned()).collect();
    ids.sort();
    ids
}

fn now() -> u64 {
    let since = std::time::SystemTime::now().duration_since(std::time::UNIX_EPOCH).expect("after 1970");
    u64::try_from(since.as_millis()).expect("it fits")
}

/// Old and new ones, doubles of one task, one of another end, and one shipped.
fn program() -> Program {
    let (old, new) = (now() - 100 * DAY, now() - DAY);
    let lines = [
        line("old", "sum the column", json!({"at": old})),
        line("double", "sum the column 7", json!({"at": new - 2})),
        line("newest", "Sum the column!", json!({"at": new})),
        line("other", "sum the column", json!({"at": new, "outcome": "fail"})),
        line("shipped", "sum the column", json!({"at": old, "namespace": "seed"})),
    ]
    .concat();
    let program = Program::offline().file("some.jsonl", lines);
    program.args(["memory", "import", "some.jsonl", "--own"]).run().ok();
    program
}

#[test]
fn a_selection_goes_and_the_rest_stays() {
    let check = |args: &[&str], expect: &str| {
        let program = program();
        let dry = program.list(&[&["memory", "forget", "--dry-run", "--json"], args].concat()).run().ok().json();
        assert_eq!((number(&dry, "forgotten"), number(&dry, "left")), (0, 5), "{args:?}");
        let done = program.list(&[&["memory", "forget", "--json"], args].concat()).run().ok().json();
        assert_eq!(number(&done, "chosen"), number(&dry, "chosen"), "{args:?}");
        assert_eq!(left(&program).join(" "), expect, "{args:?}");
        // What was forgotten does not come back by itself.
        program.args(["memory", "import", "some.jsonl", "--own"]).run().ok();
        assert_eq!(left(&program).join(" "), expect, "{args:?}");
        program.args(["memory", "import", "some.jsonl", "--own", "--again"]).run().ok();
        assert_eq!(left(&program).len(), 5, "{args:?}");
    };
    check(&["old", "other"], "double newest shipped");
    check(&["--older-than", "90d"], "double newest other");
    check(&["--older-than", "12w"], "double newest other");
    check(&["--older-than", "1y"], "double newest old other shipped");
    check(&["--older-than", "1h30m"], "");
    check(&["--duplicates"], "newest other shipped");
    check(&["--namespace", "seed"], "double newest old other");
    check(&["--older-than", "90d", "--namespace", "prod"], "double newest other shipped");
    check(&["--older-than", "90d", "--duplicates"], "double newest other shipped");
}

#[test]
fn wrong_calls_forget_nothing() {
    let program = program();
    program.args(["memory", "forget"]).run().code(2).says("required");
    program.args(["memory", "forget", "--older-than", "soon"]).run().code(2).says("write 10m (minutes), 36h, 90d");
    program.args(["memory", "forget", "--older-than", "90"]).run().code(2).says("`90` is no age");
    program.args(["memory", "forget", "old", "--duplicates"]).run().code(2);
    program
        .args(["memory", "forget", "old", "nobody"])
        .run()
        .code(1)
        .says("there is no episode `nobody`; nothing was forgotten");
    assert_eq!(left(&program).len(), 5);
    program.args(["memory", "forget", "old", "--dry-run"]).run().ok().prints("1 episode would be forgotten, 4 kept\n");
    program.args(["memory", "forget", "old"]).run().ok().prints("1 episode forgotten, 4 kept\n");
}

#[test]
fn a_full_memory_loses_doubles_first_and_then_the_oldest_of_the_lowest_trust() {
    let words = ["alder", "birch", "cedar", "elm", "fir", "hazel", "larch", "maple", "oak", "pine"];
    let mut lines = String::new();
    for (at, word) in (0_u64..).zip(words) {
        let trust = if word == "cedar" || word == "maple" { 0.3 } else { 1.0 };
        lines += &line(word, &format!("plant a {word}"), json!({"at": 1_700_000_000_000 + at, "trust": trust}));
    }
    lines += &line("first-oak", "plant a oak", json!({"at": 1_600_000_000_000_u64}));
    let program = Program::offline().file("some.jsonl", lines);
    let ran = program.args(["memory", "import", "some.jsonl", "--own"]).env("RHIZO_MEMORY_MOST", "9").run().ok();
    ran.says("2 episodes were forgotten, for the memory holds at most 9").says("memory.most");
    let without = |gone: &[&str]| words.iter().filter(|word| !gone.contains(word)).copied().collect::<Vec<_>>();
    assert_eq!(left(&program), without(&["cedar"]), "the double and the oldest of little trust");
    // A run that remembers keeps what it has just remembered.
    let ran = program
        .args(["eval", "remember(#{situation: \"plant a yew\", trust: 1.0})"])
        .env("RHIZO_MEMORY_MOST", "9")
        .run()
        .ok();
    assert_eq!(left(&program).len(), 9, "{ran:?}");
    assert!(!left(&program).contains(&"maple".to_owned()));
    program.args(["eval", "remember(#{situation: \"plant a rose\"})"]).env("RHIZO_MEMORY_MOST", "0").run().ok();
    assert_eq!(left(&program).len(), 10, "0 keeps all");
}
