//! Answers that a check refused and with which a run ended: it asks once more when it goes on. What was answered is judged
//! first, and nothing that passes is paid again.

use super::{asked, newest_id};
use crate::support::chat::{Ask, ChatServer, Reply};
use crate::support::program::Program;
use serde_json::json;
use std::sync::atomic::{AtomicUsize, Ordering};

const CHECKED: &str =
    r#"llm("how far?", #{check: |a| if a.contains("km") { "" } else { "no unit" }, gate: "has a unit"})"#;

/// A program of which nothing is decided by chance.
fn program(server: &ChatServer, code: &str) -> Program {
    let text = format!(
        "model = \"paid\"\n[models.paid]\nbase_url = \"{}\"\ninput_price = 0.001\noutput_price = 0.001\n\
         [escalation]\naudit = 0\n",
        server.base_url()
    );
    Program::new().file("rhizo.toml", text).file("p.rhai", code)
}

/// A server that names the unit from an answer on, counted from 0.
fn naming(from: usize) -> ChatServer {
    ChatServer::new(move |ask| Reply::text(if ask.number < from { "5" } else { "5 km" }).usage(20, 10))
}

#[test]
fn an_answer_that_a_check_refused_and_that_ended_the_run_is_asked_for_again_with_the_reason() {
    let server = naming(2);
    let program = program(&server, CHECKED);
    let reason = "the answer did not pass `has a unit`: no unit";
    program.args(["run", "p.rhai"]).run().code(1).says(reason);
    let id = newest_id(&program);
    program.args(["replay", &id]).run().code(1).says(reason);
    let plan = program.args(["resume", &id, "--dry-run", "--json"]).run().ok().json();
    let count = |list: &str| plan[list].as_array().map(Vec::len);
    assert_eq!([count("again"), count("changed"), count("new")], [Some(1), Some(0), Some(0)], "{plan:#}");
    assert_eq!(server.asks().len(), 2, "nothing is asked to find that out");
    program.args(["resume", &id, "--strict"]).run().ok().prints("5 km\n");
    let last = asked(&server)[2].clone();
    assert!(last.starts_with("how far?\n\nYour earlier answer:\n5\n\n") && last.contains(reason), "{last}");
    program.args(["replay", &id]).run().ok().prints("5 km\n");
    assert_eq!(server.asks().len(), 3);
}

#[test]
fn each_time_that_the_run_goes_on_one_more_answer_is_asked_for() {
    let server = naming(4);
    let program = program(&server, CHECKED);
    program.args(["run", "p.rhai"]).run().code(1);
    let id = newest_id(&program);
    program.args(["resume", &id]).run().code(1);
    program.args(["replay", &id]).run().code(1).says("did not pass `has a unit`");
    assert_eq!(server.asks().len(), 3);
    program.args(["resume", &id]).run().code(1);
    let document = program.args(["resume", &id, "--json"]).run().ok().json();
    assert_eq!((&document["answer"], &document["cost_usd"]), (&json!("5 km"), &json!(150.0 / 1e9)), "{document:#}");
    assert_eq!(server.asks().len(), 5);
}

#[test]
fn an_answer_that_passes_a_check_that_was_changed_is_not_paid_again() {
    let server = naming(usize::MAX);
    let program = program(&server, CHECKED);
    program.args(["run", "p.rhai"]).run().code(1);
    let program = program.file("p.rhai", CHECKED.replace("km", "5"));
    program.args(["resume", &newest_id(&program)]).run().ok().prints("5\n");
    assert_eq!(server.asks().len(), 2);
}

#[test]
fn a_refusal_that_the_program_had_dealt_with_stays_one() {
    let met = AtomicUsize::new(0);
    let server =
        ChatServer::new(move |ask: &Ask| match ask.last() == "two" && met.fetch_add(1, Ordering::SeqCst) == 0 {
            true => Reply::refusal(400, "not today"),
            false => Reply::text("5"),
        });
    let program = program(&server, &format!("try {{ {CHECKED} }} catch {{ }}\nllm(\"two\")"));
    program.args(["run", "p.rhai"]).run().code(4);
    program.args(["resume", &newest_id(&program)]).run().ok().prints("5\n");
    let asked = asked(&server);
    assert_eq!((asked.len(), &asked[2..]), (4, &["two".to_owned(), "two".to_owned()][..]));
}

#[test]
fn an_item_of_a_batch_is_asked_for_again_and_batches_behind_it_are_not() {
    let met = AtomicUsize::new(0);
    let server = ChatServer::new(move |ask: &Ask| match ask.last() {
        text if text.starts_with("one") => {
            Reply::text(if met.fetch_add(1, Ordering::SeqCst) < 3 { "5" } else { "5 km" })
        }
        text if text == "two" => Reply::text("7 km"),
        text => Reply::text(text.to_uppercase()),
    });
    let code = "let all = llm_batch([\"one\", \"two\"], #{check: |a, i| a.contains(\"km\"), gate: \"has a unit\"});\n\
                let x = llm_batch([\"x\"]);\nif type_of(all[0]) == \"map\" { throw all[0] }\nall[0] + x[0]";
    let program = program(&server, code);
    program.args(["run", "p.rhai"]).run().code(1);
    let id = newest_id(&program);
    program.args(["resume", &id]).run().code(1).says("did not pass `has a unit`");
    program.args(["resume", &id]).run().ok().prints("5 kmX\n");
    let asked = asked(&server);
    let times = |begin: &str| asked.iter().filter(|text| text.starts_with(begin)).count();
    assert_eq!([times("one"), times("two"), times("x")], [4, 1, 1], "{asked:#?}");
}
