//! Kept answers and runs that go on: what a log has comes first, and what was paid for it stays charged.

use super::{asked, newest, newest_id};
use crate::support::chat::{ChatServer, Reply};
use crate::support::program::Program;
use crate::support::server::Act;
use serde_json::{Value, json};
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

#[test]
fn what_was_under_way_before_a_kept_answer_stays_charged() {
    let server = ChatServer::new(|ask| match ask.number {
        0 | 2 => Reply::acts(vec![Act::Hold]),
        _ => Reply::text(ask.last().to_uppercase()).usage(20, 10),
    });
    let code = "[llm(\"a\", #{max_tokens: 100, cache: true}), llm(\"b\", #{max_tokens: 100})]";
    let program = Program::paying(&server).file("two.rhai", code);
    let running = program.args(["run", "two.rhai"]).start();
    server.wait_for(1);
    running.kill();
    running.end();
    let id = newest_id(&program);
    let nanos = |usd: &Value| usd.as_f64().expect("a number") * 1e9;
    let worst = nanos(&newest(&program)["worst_cost_usd"]);
    program.args(["eval", "llm(\"a\", #{max_tokens: 100, cache: true})"]).run().ok().prints("A\n");
    let running = program.args(["resume", &id]).start();
    server.wait_for(3);
    running.kill();
    running.end();
    let document = program.args(["resume", &id, "--json"]).run().ok().json();
    assert_eq!(asked(&server), ["a", "a", "b", "b"]);
    // Both calls were under way once, and may have cost the same; the answer to the second cost 30 nano-USD.
    assert_eq!((&document["answer"], &document["calls"]), (&json!(["A", "B"]), &json!(3)), "{document:#}");
    assert!((nanos(&document["cost_usd"]) - 2.0 * worst - 30.0).abs() < 0.5, "{document:#} {worst}");
}

#[test]
fn an_answer_that_was_not_kept_in_time_is_kept_with_its_age() {
    let server = ChatServer::new(|ask| match ask.number {
        1 => Reply::acts(vec![Act::Hold]),
        number => Reply::text(format!("{} {number}", ask.last())),
    });
    let code = "[llm(\"a\", #{cache: true}), llm(\"b\"), llm(\"a\", #{cache: \"7d\"}), llm(\"a\", #{cache: \"1h\"})]";
    let program = Program::paying(&server).file("four.rhai", code);
    let running = program.args(["run", "four.rhai"]).start();
    server.wait_for(2);
    running.kill();
    running.end();
    // As if it had died two hours ago, with the answer in its log and not among those that are kept.
    let store = rusqlite::Connection::open(program.state().join("rhizo.db")).expect("the store");
    let older = "UPDATE effects SET ended_at = ended_at - 7200000 WHERE kind = 'model' AND state = 'done'";
    store.execute_batch(&format!("DELETE FROM answers; {older}")).expect("changed");
    let id = newest_id(&program);
    let document = program.args(["resume", &id, "--json"]).run().ok().json();
    assert_eq!(document["answer"], json!(["a 0", "b 2", "a 0", "a 3"]), "{document:#}");
    assert_eq!(asked(&server), ["a", "b", "b", "a"]);
    // Who only looks at a log keeps nothing.
    store.execute_batch("DELETE FROM answers").expect("changed");
    program.args(["replay", &id]).run().ok();
    assert_eq!(store.query_row("SELECT count(*) FROM answers", (), |row| row.get(0)), Ok(0));
}
