//! What a limit stopped is no failure of whoever it stopped, and no lesson.

use super::exported;
use crate::support::chat::{Ask, ChatServer, Reply};
use crate::support::program::{Call, Program};
use serde_json::{Value, json};

/// A root that looks and then ends.
fn reply(ask: &Ask) -> Reply {
    Reply::code(if ask.turn() == 1 { "context.grep(\"wool\")" } else { "FINAL(\"nine florins\")" })
}

fn ask<'a>(program: &'a Program, more: &[&str]) -> Call<'a> {
    let args = ["ask", "what does wool cost?", "--recursive", "--context", "prices.txt", "--schema", "\"string\""];
    program.list(&[&args[..], more].concat())
}

/// What is remembered, each as action and outcome, in alphabetical order.
fn outcomes(rows: &[Value]) -> Vec<String> {
    let word = |row: &Value, name: &str| row[name].as_str().unwrap_or_default().to_owned();
    let mut told: Vec<String> =
        rows.iter().map(|row| format!("{} {}", word(row, "action"), word(row, "outcome"))).collect();
    told.sort();
    told
}

#[test]
fn a_budget_says_nothing_of_the_run_that_it_stopped() {
    let server = ChatServer::new(reply);
    for (program, more, told, expect) in [
        (Program::served_by(&server), ["--max-cost", "0.1"], "no known price", vec!["start infra", "strategy infra"]),
        (Program::paying(&server), ["--max-cost", "0.000001"], "money budget", vec!["start infra", "strategy infra"]),
        (
            Program::served_by(&server),
            ["--max-calls", "1"],
            "call budget",
            vec!["explore infra", "start infra", "strategy infra"],
        ),
    ] {
        let program = program.file("prices.txt", "wool costs nine florins\n");
        drop(ask(&program, &more).run().code(5).says(told));
        let rows = exported(&program);
        assert_eq!(outcomes(&rows), expect, "{rows:#?}");
        assert!(rows.iter().all(|row| row.get("lesson").is_none()), "{rows:#?}");
        let stats = program.args(["memory", "stats", "--json"]).run().ok().json();
        assert_eq!((&stats["strategies"], &stats["explore"]), (&json!([]), &json!([])), "{stats:#}");
        let advice = program.args(["eval", "suggest_exploration()", "--context", "prices.txt", "--json"]).run().ok();
        assert!(!advice.stdout.contains(told), "{}", advice.stdout);
    }
}

#[test]
fn that_its_turns_are_used_up_is_the_failure_of_a_run() {
    let server = ChatServer::new(reply);
    let program = Program::served_by(&server).file("prices.txt", "wool costs nine florins\n");
    drop(ask(&program, &["--max-turns", "1"]).run().code(5));
    let rows = exported(&program);
    assert_eq!(outcomes(&rows), ["explore fail", "start fail", "strategy fail"], "{rows:#?}");
    assert!(rows.iter().any(|row| row["lesson"] == "1 turns passed without FINAL"), "{rows:#?}");
}

#[test]
fn a_budget_that_stops_the_code_of_a_turn_says_nothing_of_the_move_before_it() {
    // Two turns and one call of the second are the three that there are.
    let server = ChatServer::new(|ask| match (ask.is_root(), ask.turn()) {
        (true, 1) => Reply::code("nothing_of_that_name(1)"),
        (true, 2) => Reply::code("llm(\"one\"); llm(\"two\")"),
        (true, _) => Reply::code("FINAL(\"nine florins\")"),
        (false, _) => Reply::text("yes"),
    });
    let program = Program::served_by(&server).file("prices.txt", "wool costs nine florins\n");
    let program = program.env("RHIZO_ESCALATION_AUDIT", "0");
    drop(ask(&program, &["--max-calls", "3"]).run().code(5));
    let rows = exported(&program);
    let retried = rows.iter().find(|row| row["arm"] == "retry").cloned().unwrap_or_default();
    assert_eq!(retried["outcome"], "infra", "{rows:#?}");
}
