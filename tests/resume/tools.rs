//! Calls of a tool by hand: they go on like every other run, and end like one. What has nothing to go on with says so.

use super::{asked, holding, newest, newest_id};
use crate::support::program::Program;
use serde_json::json;

const SLOW: &str = "\
inputs: {topic: {type: string}}
steps:
  a: {llm: 'a {{ inputs.topic }}'}
  b: {llm: 'b {{ a }}'}
outputs: {b: b}
";

#[test]
fn a_pipeline_that_was_called_as_a_tool_and_killed_goes_on() {
    let server = holding(1);
    let program = Program::paying(&server).file("pipelines/slow.yaml", SLOW);
    let running = program.args(["tools", "call", "slow", "topic=rain"]).start();
    server.wait_for(2);
    running.kill();
    running.end();
    let id = newest_id(&program);
    let shown = program.args(["runs", "show", &id, "--json"]).run().ok().json();
    let hint = shown["open"][0]["hint"].as_str().unwrap_or_default();
    assert!(hint.contains("asked again by resume"), "{shown:#}");
    let plan = program.args(["resume", &id, "--dry-run"]).run().ok().stdout;
    assert!(plan.starts_with("1 replayed"), "{plan}");
    program.args(["resume", &id]).run().ok().prints("{\n  \"b\": \"B A RAIN\"\n}\n").says(&format!(" · run {id}"));
    assert_eq!(asked(&server), ["a rain", "b A RAIN", "b A RAIN"]);
    program.args(["replay", &id]).run().ok().prints("{\n  \"b\": \"B A RAIN\"\n}\n");
    let fork = program.args(["runs", "fork", &id, "--at", "a"]).run().ok().stdout;
    let document = program.args(["resume", fork.trim(), "--json"]).run().ok().json();
    assert_eq!((&document["answer"], &document["status"]), (&json!({"b": "B A RAIN"}), &json!("completed")));
    assert_eq!(asked(&server)[3..], ["b A RAIN"]);
    let program = program.file("pipelines/slow.yaml", SLOW.replace("'b ", "'c "));
    program.args(["replay", &id]).run().code(1).says("slow.yaml has changed since the run");
}

#[test]
fn the_flags_of_a_call_hold_when_it_goes_on() {
    let server = holding(usize::MAX);
    let program = Program::paying(&server).file("pipelines/slow.yaml", SLOW);
    let call = program.args(["--max-calls", "1", "tools", "call", "slow", "topic=rain"]).run().code(5);
    call.says(&format!("hint: rhizo resume {} goes on", newest_id(&program)));
    program.args(["resume", "last"]).run().code(5);
    program.args(["resume", "last", "--max-calls", "2"]).run().ok();
    assert_eq!(asked(&server), ["a rain", "b A RAIN"]);
}

#[test]
fn a_call_that_waits_for_a_person_goes_on_with_the_answer() {
    let server = holding(usize::MAX);
    let flow = "steps:\n  a: {llm: a}\n  q: {ask: 'Fine, {{ a }}?'}\n  b: {llm: 'b {{ q }}'}\noutputs: {b: b}\n";
    let program = Program::paying(&server).file("pipelines/asks.yaml", flow);
    let waits = program.args(["tools", "call", "asks"]).run().code(6);
    let id = newest_id(&program);
    waits.says(&format!("then rhizo resume {id}")).says(&format!(" · run {id}"));
    program.args(["runs", "answer", &id, "q", "yes"]).run().ok();
    program.args(["resume", &id]).run().ok().prints("{\n  \"b\": \"B YES\"\n}\n");
    assert_eq!(asked(&server), ["a", "b yes"]);
    program.args(["tools", "call", "write_file", "path=a.txt", "text=b"]).run().code(6);
    program.args(["runs", "answer", "last", "root", "yes"]).run().ok();
    assert!(!program.project().join("a.txt").exists());
    program.args(["resume", "last"]).run().ok();
    assert_eq!(std::fs::read_to_string(program.project().join("a.txt")).ok().as_deref(), Some("b"));
}

#[test]
fn a_called_pipeline_that_lost_a_part_is_partial() {
    let flow = "\
steps:
  lost: {tool: read_file, args: {path: nowhere.txt}, on_failure: continue}
  after: {set: {x: 1}, dependencies: [outcomes.lost]}
";
    let program = Program::offline().file("pipelines/party.yaml", flow);
    for args in [vec!["tools", "call", "party"], vec!["eval", "TOOL(\"party\", #{})"]] {
        let ran = program.list(&args).run().ok().prints("{\n  \"x\": 1\n}\n");
        ran.says("partial: 1 step of pipeline `party` failed (lost)");
        assert_eq!(newest(&program)["status"], "partial", "{args:?}");
        let whole: Vec<&str> = args.iter().copied().chain(["--fail-on-partial"]).collect();
        program.list(&whole).run().code(1).prints("{\n  \"x\": 1\n}\n");
    }
}

#[test]
fn what_is_no_run_to_go_on_with_promises_nothing() {
    let server = holding(0);
    let program = Program::paying(&server).file("flow.yaml", "steps: {a: {llm: a}}\n");
    let running = program.args(["pipeline", "explain", "flow.yaml", "--intent"]).start();
    server.wait_for(1);
    running.kill();
    running.end();
    let id = newest_id(&program);
    let shown = program.args(["runs", "show", &id]).run().ok().stdout;
    assert!(shown.contains("nobody makes it again") && !shown.contains("resume"), "{shown}");
    let settled = program.args(["runs", "settle", &id, "intention", "cost", "0.0001"]).run().ok().stdout;
    assert!(settled.ends_with(&format!("paid with $0.0001; run {id} cannot go on\n")), "{settled}");
    program.args(["resume", &id]).run().code(1).says("does not say how it was started");
}
