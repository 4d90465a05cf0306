//! What is told of steps: lines of JSON, lines for people, the log.

use crate::support::chat::{ChatServer, Reply};
use crate::support::program::Program;
use serde_json::{Value, json};

const TEXT: &str = "\
steps:
  all: {each: {in: '{{ [\"x\", \"y\"] }}', key: item, max_parallel: 1, steps: {a: {set: {v: item}}}}}
  bad: {tool: calculate, args: {expression: 1 / 0}}
  behind: {set: {v: bad}}
";

fn lines(text: &str) -> Vec<Value> {
    text.lines().map(|line| serde_json::from_str(line).unwrap_or_else(|error| panic!("{error}: {line}"))).collect()
}

#[test]
fn every_event_is_a_line_and_the_last_has_the_result() {
    let program = Program::offline().file("p.yaml", TEXT);
    let ran = program.args(["run", "p.yaml", "--events", "-"]).run().code(1);
    let lines = lines(&ran.stdout);
    let names: Vec<&str> = lines.iter().filter_map(|line| line["event"].as_str()).collect();
    assert_eq!(names.first(), Some(&"run_started"), "{names:?}");
    assert_eq!(names[names.len() - 2..], ["run_finished", "result"]);
    assert_eq!(lines.last().map(|line| line["status"].clone()), Some("failed".into()));
    let seqs: Vec<u64> = lines.iter().filter_map(|line| line["seq"].as_u64()).filter(|seq| *seq > 0).collect();
    assert_eq!(seqs, (1..=u64::try_from(seqs.len()).expect("few")).collect::<Vec<_>>(), "without a gap");
    let ended: Vec<(String, String, String)> = lines
        .iter()
        .filter(|line| line["event"] == "step_finished")
        .map(|line| {
            let text = |name: &str| line[name].as_str().unwrap_or_default().to_owned();
            (text("step"), text("key"), text("outcome"))
        })
        .collect();
    let expected =
        [("a", "x", "ok"), ("a", "y", "ok"), ("all", "", "ok"), ("bad", "", "failed"), ("behind", "", "skipped")];
    for (step, key, outcome) in expected {
        let wanted = (step.to_owned(), key.to_owned(), outcome.to_owned());
        assert_eq!(ended.iter().filter(|found| **found == wanted).count(), 1, "{wanted:?} in {ended:?}");
    }
    assert_eq!(ended.len(), expected.len());
    let skipped = lines.iter().find(|line| line["outcome"] == "skipped").expect("one is skipped");
    assert_eq!(skipped["reason"], "`bad` failed");
}

#[test]
fn the_lines_can_go_to_a_file() {
    let program = Program::offline().file("p.yaml", "steps: {a: {set: {v: '1'}}}\n");
    program.args(["run", "p.yaml", "--events", "events.jsonl"]).run().ok().prints("{\n  \"v\": 1\n}\n");
    let text = std::fs::read_to_string(program.project().join("events.jsonl")).expect("a file");
    assert_eq!(lines(&text).last().map(|line| line["event"].clone()), Some("run_finished".into()));
    // Another run adds its own, and what was there stays.
    program.args(["run", "p.yaml", "--events", "events.jsonl"]).run().ok();
    let both = std::fs::read_to_string(program.project().join("events.jsonl")).expect("a file");
    assert!(both.starts_with(&text) && both.len() > text.len(), "{both}");
    let runs: std::collections::HashSet<String> = lines(&both).iter().map(|line| line["run"].to_string()).collect();
    assert_eq!(runs.len(), 2, "each line names its run");
}

#[test]
fn what_a_run_came_to_is_told_also_where_its_events_cannot_be_written() {
    let program = Program::offline().file("one.rhai", "6 * 7");
    let ran = program.args(["run", "one.rhai", "--events", "/dev/full", "--json"]).run().code(1);
    let ran = ran.says("cannot write /dev/full");
    let document = ran.json();
    assert_eq!((&document["answer"], &document["status"]), (&json!(42), &json!("completed")), "{document:#}");
    assert!(document["run"].is_string(), "{document:#}");
}

#[test]
fn a_file_that_cannot_be_written_is_told_before_anything_began() {
    let program = Program::offline().file("p.yaml", "steps: {a: {set: {v: '1'}}}\n").file("one.rhai", "1");
    for command in [["run", "p.yaml"], ["run", "one.rhai"], ["eval", "1"], ["ask", "why?"]] {
        let [command, what] = command;
        let ran = program.args([command, what, "--events", "nowhere/events.jsonl"]).run().code(1).prints("");
        ran.says("cannot write nowhere/events.jsonl").says("hint: --events takes a file, or -");
    }
    program.args(["runs", "list", "--json"]).run().ok().prints("[]\n");
}

#[test]
fn a_thousand_events_are_all_there() {
    let text = "steps: {all: {each: {in: '{{ (0..1500).to_array() }}', steps: {a: {set: {v: item}}}}}}\n";
    let program = Program::offline().file("p.yaml", text);
    let ran = program.args(["run", "p.yaml", "--events", "-", "--quiet"]).run().ok();
    let ended = lines(&ran.stdout).into_iter().filter(|line| line["event"] == "step_finished").count();
    assert_eq!(ended, 1_501);
}

#[test]
fn people_see_a_line_for_each_step() {
    let program = Program::offline().file("p.yaml", TEXT);
    let ran = program.args(["run", "p.yaml"]).run().code(1);
    for text in ["  ✓ a [x]", "  ✓ a [y]", "✓ all", "✗ bad", "- behind skipped: `bad` failed"] {
        assert!(ran.stderr.lines().any(|line| line.starts_with(text)), "no {text:?} in\n{}", ran.stderr);
    }
    program.args(["run", "p.yaml", "--quiet"]).run().code(1).does_not_say("✓ all");
}

#[test]
fn who_answers_and_why_is_kept() {
    let server = ChatServer::new(|_| Reply::text("fine"));
    let text = "default_model: small\nsteps: {a: {llm: Go.}, b: {llm: Go on., model: small}}\n";
    let rules = format!("[models.small]\nbase_url = \"{}\"\n", server.base_url());
    let program = Program::new().file("rhizo.toml", rules).file("p.yaml", text);
    let ran = program.args(["run", "p.yaml", "--events", "-"]).run().ok();
    let reasons: Vec<(String, String)> = lines(&ran.stdout)
        .iter()
        .filter(|line| line["event"] == "step_started")
        .map(|line| (line["step"].to_string(), line["reason"].as_str().unwrap_or_default().to_owned()))
        .collect();
    assert!(reasons.iter().all(|(_, reason)| !reason.is_empty()), "{reasons:?}");
    assert_ne!(reasons[0].1, reasons[1].1);
}

#[test]
fn what_never_began_is_told_in_the_form_of_the_events() {
    let program = Program::offline().file("p.yaml", "steps: {a: {lml: x}}\n");
    let ran = program.args(["run", "p.yaml", "--events", "-"]).run().code(1);
    let line: Value = serde_json::from_str(ran.stdout.trim()).expect("one line of JSON");
    assert_eq!((&line["event"], &line["status"]), (&json!("result"), &json!("failed")), "{line}");
}
