//! A run that goes on without a part of a divided task is not complete, and says what is missing.

use super::{PROGRAM, mixed, play, reviews};
use crate::support::chat::ChatServer;
use crate::support::program::Program;
use serde_json::json;
use std::sync::atomic::{AtomicBool, Ordering};

/// What is missing where `mixed` judges.
const MISSING: &str = "no result of 2 of 5 parts: d (it needs e, of which there is no result), e (rejected: reject e)";

#[test]
fn a_run_that_lacks_a_part_of_its_task_is_partial_and_names_it() {
    let server = ChatServer::new(|ask| play(ask, mixed));
    let program = Program::paying(&server).file("build.rhai", PROGRAM);
    let ran = program.args(["run", "build.rhai", "--json"]).run().ok();
    let document = ran.json();
    assert_eq!((&document["status"], &document["answer"]["missing"]), (&json!("partial"), &json!(MISSING)));
    ran.says(&format!("\npartial: {MISSING}\n"));
    program.args(["run", "build.rhai", "--quiet"]).run().ok().says(&format!("partial: {MISSING}\n"));
    let shown = program.args(["runs", "show", "last", "--json"]).run().ok().json();
    assert_eq!(shown["status"], "partial");
    program.args(["resume", "last"]).run().ok().says("with a part of it failed (`rhizo runs show 0");
    let all = ChatServer::new(|ask| play(ask, |_, _| "approve"));
    let program = Program::paying(&all).file("build.rhai", PROGRAM);
    let ran = program.args(["run", "build.rhai", "--json"]).run().ok().does_not_say("partial");
    let document = ran.json();
    assert_eq!((&document["status"], &document["answer"]["missing"]), (&json!("completed"), &json!("")));
}

#[test]
fn so_is_one_that_catches_that_nothing_was_approved() {
    let server = ChatServer::new(|ask| play(ask, |_, _| "reject"));
    let code = "import \"manager\" as manager;
        try { manager::delegate(\"Build it.\", #{plan: [#{id: \"a\", task: \"job-a\"}]}) } catch { } 7";
    let program = Program::paying(&server);
    let ran = program.args(["eval", code, "--json"]).run().ok();
    assert_eq!((&ran.json()["status"], &ran.json()["answer"]), (&json!("partial"), &json!(7)));
    ran.says("partial: none of 1 parts was approved; a: rejected: reject a");
}

#[test]
fn one_that_has_it_all_at_the_second_try_lacks_nothing() {
    for (second, status) in [("Build it.", "completed"), ("Build another.", "partial")] {
        let tried = AtomicBool::new(false);
        let server = ChatServer::new(move |ask| {
            let first = reviews(ask) && !tried.swap(true, Ordering::SeqCst);
            play(ask, if first { |_, _| "reject" } else { |_, _| "approve" })
        });
        let code = format!(
            "import \"manager\" as manager; let set = #{{plan: [#{{id: \"a\", task: \"job-a\"}}]}};
            try {{ manager::delegate(\"Build it.\", set) }} catch {{ manager::delegate(\"{second}\", set) }} 7"
        );
        let document = Program::paying(&server).args(["eval", &code, "--json"]).run().ok().json();
        assert_eq!((&document["status"], &document["answer"]), (&json!(status), &json!(7)), "{second}");
    }
}

#[test]
fn a_pipeline_whose_program_lacks_a_part_is_partial() {
    let server = ChatServer::new(|ask| play(ask, mixed));
    let build = format!("//! +++\n//! summary = \"Builds it.\"\n//! +++\n{PROGRAM}.results.len()\n");
    let flow = "steps: {made: {script: build}}\n";
    let program = Program::paying(&server).file("scripts/build.rhai", build).file("flow.yaml", flow);
    let ran = program.args(["run", "flow.yaml", "--json"]).run().ok();
    let document = ran.json();
    assert_eq!((&document["status"], &document["answer"]), (&json!("partial"), &json!(3)), "{document:#}");
    assert_eq!(document["steps"], json!({"made": "ok"}));
    ran.says(&format!("partial: {MISSING}")).does_not_say("a part of a step failed");
}
