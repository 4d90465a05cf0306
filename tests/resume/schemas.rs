//! The form of a tool's or program's parameters is a part of its call: a change is told before anything is spent.

use super::{Gate, asked, newest_id};
use crate::support::program::Program;
use serde_json::{Value, json};

const NOTE: &str = "inputs:\n  word: what it is about\noutputs: {said: \"{{ note }}\"}\nsteps:\n  - note: {llm: \"note of {{ inputs.word }}\"}\n";
const SHOUT: &str = "//! +++\n//! summary = \"Shouts.\"\n//! [params]\n//! word = \"what to shout\"\n//! +++\nllm(\"shout \" + args.word)\n";

/// Runs the program until its second call, and kills it there.
fn killed(gate: &Gate, program: &Program) -> String {
    gate.pass(1);
    let running = program.args(["run", "main.rhai"]).start();
    gate.wait_for_held(1);
    running.kill();
    running.end();
    gate.open();
    newest_id(program)
}

fn plan(program: &Program, id: &str) -> Value {
    program.args(["resume", id, "--dry-run", "--json"]).run().ok().json()
}

/// A change of the parameters is told and refused, and its absence is not.
fn told(program: Program, code: &str, file: &str, was: &str, is: &str) {
    let gate = Gate::default();
    let server = gate.server();
    let settings = format!(
        "model = \"paid\"\n[models.paid]\nbase_url = \"{}\"\ninput_price = 0.001\noutput_price = 0.001\n",
        server.base_url()
    );
    let program = program.file("rhizo.toml", settings).file("main.rhai", code).file(file, was);
    let id = killed(&gate, &program);
    let same = plan(&program, &id);
    assert_eq!((&same["changed"], &same["replayed"]), (&json!([]), &json!(1)), "{same:#}");
    let program = program.file(file, is);
    let changed = plan(&program, &id);
    assert_eq!(changed["changed"].as_array().map(Vec::len), Some(1), "{changed:#}");
    assert!(changed["changed"][0].as_str().is_some_and(|what| what.starts_with("script at root/e1")), "{changed:#}");
    program.args(["resume", &id, "--strict"]).run().code(1).says("1 changed");
    assert_eq!(asked(&server).len(), 2, "nothing was spent");
    let program = program.file(file, was);
    program.args(["resume", &id, "--strict"]).run().ok();
    assert_eq!(asked(&server).len(), 3);
}

#[test]
fn a_pipeline_as_a_tool() {
    let code = "let a = TOOL(\"note\", #{word: \"tide\"});\nllm(\"after\")";
    let other = NOTE
        .replace("  word: what it is about\n", "  word: what it is about\n  tone: {description: how, default: dry}\n");
    told(Program::new(), code, "pipelines/note.yaml", NOTE, &other);
}

#[test]
fn a_script_as_a_tool() {
    let code = "let a = SCRIPT(\"shout\", #{word: \"tide\"});\nllm(\"after\")";
    let other = SHOUT.replace("//! word =", "//! \"tone?\" = \"how\"\n//! word =");
    told(Program::new(), code, "scripts/shout.rhai", SHOUT, &other);
}

#[test]
fn a_log_without_the_forms_still_replays() {
    let gate = Gate::default();
    let server = gate.server();
    let code = "let a = TOOL(\"calculate\", #{expression: \"6*7\"});\nlet b = SCRIPT(\"shout\", #{word: \"tide\"});\nllm(\"after\")";
    let program = Program::paying(&server).file("main.rhai", code).file("scripts/shout.rhai", SHOUT);
    let id = killed(&gate, &program);
    // As earlier versions wrote it: no mark of the program, and a tool by its name and arguments alone.
    let store = rusqlite::Connection::open(program.state().join("rhizo.db")).expect("the store");
    let intent = r#"{"args":{"expression":"6*7"},"tool":"calculate"}"#;
    let hash = blake3::hash(format!("tool\n{intent}").as_bytes()).to_hex().to_string();
    let tools = store.execute("UPDATE effects SET intent = ?1, hash = ?2 WHERE kind = 'tool'", (intent, &hash));
    let marks = store.execute("DELETE FROM effects WHERE kind = 'script'", ());
    assert_eq!((tools, marks), (Ok(1), Ok(1)));
    drop(store);
    let plan = plan(&program, &id);
    assert_eq!((&plan["changed"], &plan["new"], &plan["replayed"]), (&json!([]), &json!([]), &json!(2)), "{plan:#}");
    program.args(["resume", &id, "--strict"]).run().ok().prints("AFTER\n");
    assert_eq!(asked(&server), ["shout tide", "after", "after"]);
    program.args(["replay", &id]).run().ok().prints("AFTER\n");
}

#[test]
fn what_a_log_knows_of_programs_it_knows_of_each_frame() {
    let gate = Gate::default();
    let server = gate.server();
    let code = "SCRIPT(\"shout\", #{word: \"tide\"});\npar_map([1], |n| SCRIPT(\"shout\", #{word: \"ebb\"}))[0]";
    let program = Program::paying(&server).file("main.rhai", code).file("scripts/shout.rhai", SHOUT);
    let id = killed(&gate, &program);
    let store = rusqlite::Connection::open(program.state().join("rhizo.db")).expect("the store");
    // The mark in the branch is none of the frame around it.
    let marks = store.execute("DELETE FROM effects WHERE kind = 'script' AND frame = 'root/e1'", ());
    assert_eq!(marks, Ok(1));
    drop(store);
    let plan = plan(&program, &id);
    assert_eq!((&plan["changed"], &plan["new"], &plan["replayed"]), (&json!([]), &json!([]), &json!(1)), "{plan:#}");
    program.args(["resume", &id, "--strict"]).run().ok().prints("SHOUT EBB\n");
    assert_eq!(asked(&server), ["shout tide", "shout ebb", "shout ebb"]);
}

#[test]
fn what_a_stored_program_asks_by_now_is_told_before_it_is_paid() {
    let gate = Gate::default();
    let server = gate.server();
    let code = "let a = SCRIPT(\"shout\", #{word: \"tide\"});\nllm(\"after\")";
    let program = Program::paying(&server).file("main.rhai", code).file("scripts/shout.rhai", SHOUT);
    let id = killed(&gate, &program);
    let program = program.file("scripts/shout.rhai", SHOUT.replace("\"shout \"", "\"cry \""));
    let ran = program.args(["resume", &id]).run().ok().prints("AFTER\n");
    let why = "a file, a tool, a stored program or a setting that it rests on has changed: 0 replayed";
    ran.says(why).says("changed: model at");
    assert_eq!(asked(&server), ["shout tide", "after", "cry tide", "after"]);
}
