//! Budgets of files and of steps, and the exit codes of what goes wrong.

use crate::support::chat::{ChatServer, Reply};
use crate::support::program::Program;
use serde_json::json;

#[test]
fn a_file_has_a_budget() {
    let server = ChatServer::new(|_| Reply::text("ok"));
    let text = "budget: {max_calls: 2}\nsteps: {a: {llm: a}, b: {llm: '{{ a }}'}, c: {llm: '{{ b }}'}}\n";
    let program = Program::served_by(&server).file("p.yaml", text);
    let ran = program.args(["run", "p.yaml", "--json", "--max-calls", "10"]).run().code(5);
    let document = ran.json();
    ran.says("the call budget of pipeline `p` does not allow a call to openai/small: limit 2, spent 2")
        .says("hint: raise `max_calls` in the `budget` of pipeline `p`");
    assert_eq!(document["status"], "limited");
    assert_eq!(document["failure"]["kind"], "budget");
    assert_eq!(document["steps"], json!({"a": "ok", "b": "ok", "c": "failed"}));
    assert_eq!(document["answer"], json!(null), "what `b` said answers nothing");
    assert_eq!(server.asks().len(), 2);
    let text = "budget: {max_calls: 0}\nsteps: {a: {llm: a}}\n";
    Program::served_by(&server).file("p.yaml", text).args(["run", "p.yaml"]).run().code(5).prints("");
}

#[test]
fn a_step_has_a_budget_whose_end_can_be_dealt_with() {
    let server = ChatServer::new(|_| Reply::text("ok").usage(10, 10));
    let text = "\
steps:
  dear: {llm: 'LONG', budget: 0.0000001, on_failure: cheap}
  never: {set: {v: '1'}}
  cheap: {llm: {prompt: b, max_tokens: 10}}
";
    let program = Program::paying(&server).file("p.yaml", text.replace("LONG", &"too long ".repeat(40)));
    let document = program.args(["run", "p.yaml", "--json"]).run().ok().json();
    assert_eq!(document["steps"], json!({"dear": "failed", "never": "skipped", "cheap": "ok"}));
    assert_eq!(server.asks().len(), 1);
}

#[test]
fn the_cost_of_a_step_is_told() {
    let server = ChatServer::new(|_| Reply::text("ok").usage(100, 50));
    let text = "\
steps:
  all: {each: {in: [1, 2], steps: {a: {llm: 'n {{ item }}'}}}}
  free: {set: {v: '1'}}
";
    let program = Program::paying(&server).file("p.yaml", text);
    let run = program.args(["run", "p.yaml", "--json"]).run().ok().json()["run"].as_str().expect("an id").to_owned();
    let export = program.args(["runs", "export", &run]).run().ok().json();
    let ended = export["events"].as_array().into_iter().flatten().filter(|e| e["event"] == "step_finished");
    let costs: Vec<(String, u64)> = ended
        .map(|e| (e["step"].as_str().unwrap_or_default().to_owned(), e["cost"].as_u64().unwrap_or_default()))
        .collect();
    assert!(costs.contains(&("all".to_owned(), 300)), "{costs:?}");
    assert!(costs.contains(&("free".to_owned(), 0)), "{costs:?}");
    assert_eq!(costs.iter().filter(|cost| **cost == ("a".to_owned(), 150)).count(), 2, "{costs:?}");
}

#[test]
fn exit_codes_are_those_of_the_failure() {
    let server = ChatServer::new(|_| Reply::refusal(401, "no such key"));
    let program = Program::served_by(&server).file("p.yaml", "steps: {a: {llm: a}}\n");
    program.args(["run", "p.yaml"]).run().code(4);
    let program = Program::offline().file("p.yaml", "steps: {a: {lml: a}}\n");
    program.args(["run", "p.yaml"]).run().code(1).says("lml");
    program.args(["run", "missing.yaml"]).run().code(1).says("missing.yaml").says("takes a .rhai or a .yaml file");
    Program::offline().file("LOUD.YML", "steps: {a: {set: {n: 1}}}\n").args(["run", "LOUD.YML"]).run().ok();
    program.args(["run"]).run().code(2).says("rhizo run FILE.yaml");
}
