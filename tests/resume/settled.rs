//! A person's word on what a killed run left open: what may be said of which effect, how much, and how it is said otherwise.

use super::{newest_id, nursery, wait_until_written};
use crate::support::chat::ChatServer;
use crate::support::program::Program;
use serde_json::Value;

/// What `runs show` has of a run, as data.
fn shown(program: &Program, id: &str) -> Value {
    program.args(["runs", "show", id, "--json"]).run().ok().json()
}

/// A run that was killed while a child of it waited for the answer to its second turn; and what is open of each kind.
fn killed_in_a_child() -> (ChatServer, Program, String, Vec<Value>) {
    let server = nursery();
    let text: String = (0..2_000).map(|line| format!("line {line} of a long text\n")).collect();
    let code = "rlm(\"look\", context)";
    let program = Program::paying(&server).file("parent.rhai", code).file("long.txt", text);
    let running = program.args(["run", "parent.rhai", "-c", "long.txt"]).start();
    server.wait_for(2);
    running.kill();
    running.end();
    let id = newest_id(&program);
    let open = shown(&program, &id)["open"].as_array().expect("a list").clone();
    let of = |kind: &str| open.iter().find(|effect| effect["kind"] == kind).expect("one").clone();
    let found = vec![of("child"), of("model")];
    (server, program, id, found)
}

#[test]
fn a_tool_that_writes_has_no_cost_for_which_it_would_be_repeated() {
    let code = "TOOL(\"run_command\", #{command: \"echo once >> written; sleep 600\"})";
    let program = Program::offline().file("write.rhai", code);
    let running = program.args(["run", "write.rhai", "--approve", "auto"]).start();
    wait_until_written(&program, "once\n");
    running.kill();
    running.end();
    let id = newest_id(&program);
    let ways = "say `rerun`, `skip` or `set VALUE`";
    let ran = program.args(["runs", "settle", &id, "e1", "cost", "0.01"]).run().code(1);
    ran.says("is no model call, and has no cost of its own").says(ways);
    let ran = program.args(["runs", "settle", &id, "e1", "provider"]).run().code(1);
    ran.says("is no model call, and has no provider").says(ways);
    program.args(["resume", &id, "--approve", "auto"]).run().code(6).says("may or may not have done its work");
    assert_eq!(std::fs::read_to_string(program.project().join("written")).expect("a file"), "once\n");
}

#[test]
fn a_child_has_no_cost_but_that_of_its_calls() {
    let (_server, program, id, open) = killed_in_a_child();
    let seq = open[0]["seq"].to_string();
    let (child, call) = (open[1]["run"].as_str().expect("an id"), &open[1]["seq"]);
    let ran = program.args(["runs", "settle", &id, &seq, "cost", "0.01"]).run().code(1);
    ran.says("has no cost of its own").says(&format!("open in its run: rhizo runs settle {child} {call}; or say"));
    assert_eq!(shown(&program, &id)["open"].as_array().map(Vec::len), Some(2));
    program.args(["runs", "settle", child, &call.to_string(), "cost", "0.00000005"]).run().ok();
    assert_eq!(shown(&program, &id)["open"].as_array().map(Vec::len), Some(1));
}
