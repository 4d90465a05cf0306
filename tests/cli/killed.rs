//! A run whose process was killed: its effects tell what it may have cost.

use crate::support::chat::{ChatServer, Reply};
use crate::support::program::Program;
use crate::support::server::Act;
use serde_json::json;

#[test]
fn a_killed_run_shows_what_it_may_have_cost() {
    // Two answers at 30 tokens of a nano-USD each, then silence.
    let server = ChatServer::new(|ask| match ask.number {
        0 | 1 => Reply::text("paid").usage(20, 10),
        _ => Reply::acts(vec![Act::Hold]),
    });
    let program = Program::paying(&server);
    let code = "llm(\"a\", #{max_tokens: 100}); llm(\"b\", #{max_tokens: 100});
        llm_batch([\"c\", \"d\", \"e\"], #{max_tokens: 100})";
    let running = program.args(["eval", code]).start();
    server.wait_for(5);
    running.kill();
    running.end();
    let rows = program.args(["runs", "list", "--json"]).run().ok().json();
    let row = &rows[0];
    assert_eq!((&row["status"], &row["calls"], &row["under_way"]), (&json!("interrupted"), &json!(5), &json!(3)));
    // Each of the three may use what was held back for it: 289 tokens of a prompt, and 100 of an answer with 70 behind them.
    let most = (json!(40 + 3 * 289), json!(20 + 3 * 170));
    assert_eq!((&row["input_tokens"], &row["output_tokens"]), (&most.0, &most.1), "{row:#}");
    assert_eq!(row["cost_usd"], json!(60.0 / 1e9));
    let worst = row["worst_cost_usd"].as_f64().expect("a number") * 1e9;
    assert!((worst - 60.0 - 3.0 * 459.0).abs() < 0.5, "{row:#}");
    let list = program.args(["runs", "list"]).run().ok().stdout;
    assert!(list.contains("at most $0.0000014"), "{list}");
    let id = row["id"].as_str().expect("an id");
    let shown = program.args(["runs", "show", id]).run().ok().stdout;
    assert!(shown.contains("spent   5 calls · ~907 + ~530 tokens · at most $0.0000014"), "{shown}");
    assert!(shown.contains(": 3 calls were under way"), "{shown}");
    let data = program.args(["runs", "show", id, "--json"]).run().ok().json();
    assert_eq!((&data["input_tokens"], &data["estimated"]), (&most.0, &json!(true)), "{data:#}");
    let other = ChatServer::new(|_| Reply::text("yes"));
    let whole = Program::paying(&other);
    whole.args(["eval", "llm(\"a\")"]).run().ok();
    let row = whole.args(["runs", "list", "--json"]).run().ok().json()[0].clone();
    assert_eq!((&row["under_way"], &row["worst_cost_usd"]), (&json!(0), &row["cost_usd"]), "{row:#}");
}

#[test]
fn a_run_that_was_killed_twice_may_have_cost_twice() {
    let server = ChatServer::new(|_| Reply::acts(vec![Act::Hold]));
    let program = Program::paying(&server).file("one.rhai", "llm(\"a\", #{max_tokens: 100})");
    let killed = |args: &[&str], requests| {
        let running = program.list(args).start();
        server.wait_for(requests);
        running.kill();
        running.end();
        let row = program.args(["runs", "list", "--json"]).run().ok().json()[0].clone();
        let worst = (row["worst_cost_usd"].as_f64().expect("a number") * 1e9).round();
        (row["calls"].clone(), row["under_way"].clone(), worst)
    };
    let (calls, open, worst) = killed(&["run", "one.rhai"], 1);
    assert_eq!((calls, open), (json!(1), json!(1)));
    assert_eq!(killed(&["resume", "last"], 2), (json!(2), json!(1), 2.0 * worst));
}

#[test]
fn children_count_and_kept_answers_do_not() {
    let server = ChatServer::new(|ask| match ask.number {
        0 => Reply::text("kept").usage(20, 10),
        _ => Reply::acts(vec![Act::Hold]),
    });
    let program = Program::paying(&server);
    let code = "llm(\"a\", #{cache: true}); llm(\"a\", #{cache: true}); rlm(\"b\", \"some text\")";
    let running = program.args(["eval", code]).start();
    server.wait_for(2);
    running.kill();
    running.end();
    let row = program.args(["runs", "list", "--json"]).run().ok().json()[0].clone();
    assert_eq!((&row["calls"], &row["under_way"]), (&json!(2), &json!(1)), "{row:#}");
    assert_eq!(row["cost_usd"], json!(30.0 / 1e9));
}
