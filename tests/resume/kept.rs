//! Kept answers and runs that go on: what a log has comes first, and what was paid for it stays charged.

use super::{asked, newest_id};
use crate::support::chat::{ChatServer, Reply};
use crate::support::program::Program;
use crate::support::server::Act;
use serde_json::json;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};

#[test]
fn an_answer_that_stood_in_is_not_lost_to_one_that_another_run_has_kept() {
    let held = Arc::new(AtomicBool::new(true));
    let gate = Arc::clone(&held);
    let first = ChatServer::new(|ask| match ask.number {
        0 => Reply::refusal(401, "out of order"),
        _ => Reply::text("from the first"),
    });
    let second = ChatServer::new(move |ask| match ask.last().as_str() {
        "then" if gate.load(Ordering::SeqCst) => Reply::acts(vec![Act::Hold]),
        "then" => Reply::text("THEN"),
        _ => Reply::text("from the second"),
    });
    let model = |name: &str, server: &ChatServer| {
        let prices = "input_price = 0.001\noutput_price = 0.001\n";
        format!("[models.{name}]\nbase_url = \"{}\"\n{prices}", server.base_url())
    };
    let text = format!("model = \"one\"\n{}fallback = [\"two\"]\n{}", model("one", &first), model("two", &second));
    let code = "let x = llm(\"q\", #{cache: true}); [x, llm(\"then\", #{model: \"two\"})]";
    let program = Program::new().file("rhizo.toml", text).file("two.rhai", code);
    let running = program.args(["run", "two.rhai"]).start();
    second.wait_for(2);
    running.kill();
    running.end();
    held.store(false, Ordering::SeqCst);
    let id = newest_id(&program);
    program.args(["eval", "llm(\"q\", #{cache: true})"]).run().ok().prints("from the first\n");
    let document = program.args(["resume", &id, "--json"]).run().ok().json();
    assert_eq!(document["answer"], json!(["from the second", "THEN"]), "{document:#}");
    assert_eq!(asked(&first), ["q", "q"]);
    assert_eq!(asked(&second), ["q", "then", "then"]);
}
