//! Turns that a resume must not take: what was handled stays handled, budgets of parts hold, nothing is written twice.

use super::{Gate, asked, holding, newest, newest_id, wait_until_written};
use crate::support::chat::{ChatServer, Reply};
use crate::support::program::{Program, effects};
use crate::support::server::Act;
use serde_json::json;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};

#[test]
fn a_failure_that_was_handled_is_an_answer() {
    let held = Arc::new(AtomicBool::new(true));
    let gate = Arc::clone(&held);
    let server = ChatServer::new(move |ask| match (ask.last().as_str(), ask.number) {
        ("first", 0) => Reply::refusal(400, "not today"),
        ("slow", _) if gate.load(Ordering::SeqCst) => Reply::acts(vec![Act::Hold]),
        (text, _) => Reply::text(text.to_uppercase()),
    });
    let code = "fn asked() { try { return llm(\"first\"); } catch (e) { return llm(\"other way\"); } }
        let a = asked(); let b = llm(\"then \" + a); let c = llm(\"slow\"); [a, b, c]";
    let program = Program::paying(&server).file("handled.rhai", code);
    let running = program.args(["run", "handled.rhai"]).start();
    server.wait_for(4);
    running.kill();
    running.end();
    held.store(false, Ordering::SeqCst);
    let document = program.args(["resume", &newest_id(&program), "--json"]).run().ok().json();
    assert_eq!(document["answer"], json!(["OTHER WAY", "THEN OTHER WAY", "SLOW"]), "{document:#}");
    assert_eq!(asked(&server), ["first", "other way", "then OTHER WAY", "slow", "slow"]);
}

#[test]
fn the_budget_of_a_pipeline_holds_over_its_whole_life() {
    let gate = Gate::default();
    gate.open();
    let server = gate.server();
    let flow = "budget: {max_calls: 3}\nsteps:\n  - a: {llm: \"a\"}\n  - b: {llm: \"b {{ a }}\"}\n  - ok: {ask: {prompt: \"{{ b }}?\"}}\n  - c: {llm: \"c {{ ok }}\"}\n  - d: {llm: \"d {{ c }}\"}\n";
    let program = Program::paying(&server).file("flow.yaml", flow);
    program.args(["run", "flow.yaml"]).run().code(6).says("rhizo runs answer");
    let id = newest_id(&program);
    program.args(["runs", "answer", &id, "-", "yes"]).run().ok();
    let ran = program.args(["resume", &id]).run();
    assert_ne!(ran.exit_code(), Some(0), "{}", ran.stderr);
    assert_eq!(asked(&server), ["a", "b A", "c yes"]);
}

#[test]
fn a_tool_that_was_stopped_by_ctrl_c_is_not_repeated_unasked() {
    let code = "TOOL(\"run_command\", #{command: \"echo once >> written; sleep 600\"}); \"done\"";
    let program = Program::offline().file("write.rhai", code);
    let running = program.args(["run", "write.rhai", "--approve", "auto"]).start();
    wait_until_written(&program, "once\n");
    running.interrupt();
    running.end().code(130);
    let id = newest_id(&program);
    program.args(["resume", &id, "--approve", "auto"]).run().code(6).says("may or may not have done its work");
    program.args(["replay", &id, "--offline"]).run().code(6).says("may or may not have done its work");
    assert_eq!(std::fs::read_to_string(program.project().join("written")).expect("a file"), "once\n");
    program.args(["runs", "settle", &id, "e1", "skip"]).run().ok();
    program.args(["resume", &id, "--approve", "auto"]).run().ok().prints("done\n");
}

#[test]
fn a_damaged_answer_is_made_again_and_stays_charged() {
    let server = holding(1);
    let program = Program::paying(&server).file("two.rhai", "llm(\"a\") + llm(\"b\")");
    let running = program.args(["run", "two.rhai"]).start();
    server.wait_for(2);
    running.kill();
    running.end();
    let id = newest_id(&program);
    let store = rusqlite::Connection::open(program.state().join("rhizo.db")).expect("the store");
    store.execute("UPDATE effects SET result = '{broken' WHERE kind = 'model' AND state = 'done'", ()).expect("damage");
    drop(store);
    program.args(["resume", &id]).run().code(1);
    let repaired = program.args(["doctor", "--repair", "--no-call"]).run().stdout;
    assert!(repaired.contains("1 effects whose answer is not JSON, to be made again"), "{repaired}");
    let document = program.args(["resume", &id, "--json"]).run().ok().json();
    assert_eq!(document["answer"], "AB");
    assert_eq!(asked(&server), ["a", "b", "a", "b"]);
    // Two answers at 30 nano-USD, the lost one at what it cost, and one that was under way at its worst.
    let cost = document["cost_usd"].as_f64().expect("a number") * 1e9;
    assert!(cost >= 90.0, "{document:#}");
}

#[test]
fn a_damaged_answer_of_a_batch_takes_nothing_from_the_others() {
    let server = holding(1);
    let program = Program::paying(&server).file("two.rhai", "llm_batch([\"a\", \"b\"], #{concurrency: 1})");
    let running = program.args(["run", "two.rhai"]).start();
    server.wait_for(2);
    let store = rusqlite::Connection::open(program.state().join("rhizo.db")).expect("the store");
    let done = "kind = 'model' AND state = 'done'";
    // The place of the first is free a moment before its answer is on disk.
    let begun = std::time::Instant::now();
    while store.query_row(&format!("SELECT count(*) FROM effects WHERE {done}"), (), |row| row.get(0)) != Ok(1) {
        assert!(begun.elapsed().as_secs() < 60, "the first answer is on disk");
        std::thread::yield_now();
    }
    running.kill();
    running.end();
    let id = newest_id(&program);
    store.execute(&format!("UPDATE effects SET result = '\"odd\"' WHERE {done}"), ()).expect("damage");
    drop(store);
    // Which of the two was the first is chance. Its item ends at once, while the other one is asked for.
    let open = asked(&server)[1].clone();
    program.args(["resume", &id]).run().code(1).says("cannot be read");
    assert_eq!(asked(&server)[2..], [open.as_str()]);
    let export = program.args(["runs", "export", &id]).run().ok().json();
    let kept = |effect: &serde_json::Value| effect["result"]["reply"]["text"] == open.to_uppercase();
    assert!(effects(&export).iter().any(kept), "its answer is paid and kept: {export:#}");
}

#[test]
fn a_substitute_that_answered_answers_again() {
    let server = ChatServer::new(|ask| Reply::text(ask.last().to_uppercase()));
    let text = format!(
        "model = \"bad\"\n[models.bad]\nbase_url = \"http://127.0.0.1:9/v1\"\ninput_price = 0\noutput_price = 0\nfallback = [\"good\"]\n\
         [models.good]\nbase_url = \"{}\"\ninput_price = 0\noutput_price = 0\n",
        server.base_url()
    );
    let program = Program::new().file("rhizo.toml", text).file("one.rhai", "llm(\"a\")");
    program.args(["run", "one.rhai"]).run().ok().prints("A\n");
    program.args(["replay", &newest_id(&program)]).run().ok().prints("A\n");
    assert_eq!(server.asks().len(), 1);
}

/// The settings of a model `one` that is out of order, with this list of those who stand in, and of these models.
fn listing(first: &ChatServer, list: &str, others: &[(&str, &ChatServer)]) -> String {
    let model = |name: &str, server: &ChatServer| {
        let base_url = server.base_url();
        format!("[models.{name}]\nbase_url = \"{base_url}\"\ninput_price = 0.001\noutput_price = 0.001\n")
    };
    let others: String = others.iter().map(|(name, server)| model(name, server)).collect();
    format!("model = \"one\"\n{}fallback = {list}\n{others}", model("one", first))
}

#[test]
fn a_substitute_that_is_listed_no_more_keeps_its_answer_and_is_not_asked_anew() {
    for list in ["[\"three\"]", "[]"] {
        let first = ChatServer::new(|_| Reply::refusal(401, "out of order"));
        let (second, third) =
            (ChatServer::new(|_| Reply::text("two")), ChatServer::new(|_| Reply::text("from the third")));
        let late = ChatServer::new(|ask| match ask.number {
            0 => Reply::refusal(401, "too early"),
            _ => Reply::text("late"),
        });
        let others = [("two", &second), ("three", &third), ("late", &late)];
        let code = "let a = llm(\"a\"); let b = llm(\"b\", #{model: \"late\"}); [a, b, llm(\"c\")]";
        let program = Program::new().file("p.rhai", code);
        let program = program.file("rhizo.toml", listing(&first, "[\"two\", \"three\"]", &others));
        program.args(["run", "p.rhai"]).run().code(4).says("too early");
        let program = program.file("rhizo.toml", listing(&first, list, &others));
        let plan = program.args(["resume", "last", "--dry-run", "--json"]).run().ok().json();
        assert_eq!((&plan["replayed"], plan["again"].as_array().map(Vec::len)), (&json!(1), Some(1)), "{plan:#}");
        if list == "[]" {
            let ran = program.args(["resume", "last"]).run().code(4);
            ran.says("nobody stood in for it: two is not listed any more");
        } else {
            let document = program.args(["resume", "last", "--json"]).run().ok().json();
            assert_eq!(document["answer"], json!(["two", "late", "from the third"]), "{document:#}");
            assert_eq!(asked(&third), ["c"]);
        }
        assert_eq!((asked(&first), asked(&second)), (vec!["a".to_owned(), "c".to_owned()], vec!["a".to_owned()]));
    }
}

#[test]
fn a_substitute_with_whose_answer_the_run_ended_is_not_asked_again_once_it_is_listed_no_more() {
    let first = ChatServer::new(|_| Reply::refusal(401, "out of order"));
    let (second, third) = (ChatServer::new(|_| Reply::cut("half")), ChatServer::new(|_| Reply::text("whole")));
    let others = [("two", &second), ("three", &third)];
    let program = Program::new().file("p.rhai", "llm(\"a\")");
    let program = program.file("rhizo.toml", listing(&first, "[\"two\"]", &others));
    program.args(["run", "p.rhai"]).run().code(4);
    let program = program.file("rhizo.toml", listing(&first, "[\"three\"]", &others));
    program.args(["resume", "last"]).run().ok().prints("whole\n");
    assert_eq!((second.asks().len(), third.asks().len()), (1, 1));
}

#[test]
fn a_run_that_goes_on_tells_why_somebody_stood_in_as_it_told_before() {
    let refuses = |why: &'static str| ChatServer::new(move |_| Reply::refusal(401, why));
    let (first, second, third) =
        (refuses("out of order"), refuses("closed"), ChatServer::new(|_| Reply::text("three")));
    let late = ChatServer::new(|ask| match ask.number {
        0 => Reply::refusal(401, "too early"),
        _ => Reply::text("late"),
    });
    let others = [("two", &second), ("three", &third), ("late", &late)];
    let program = Program::new()
        .file("p.rhai", "[llm(\"a\"), llm(\"b\", #{model: \"late\"})]")
        .file("rhizo.toml", listing(&first, "[\"two\", \"three\"]", &others));
    let told = program.args(["run", "p.rhai", "--json"]).run().code(4).json()["substituted"].clone();
    let ways: Vec<_> =
        told.as_array().into_iter().flatten().map(|one| (one["from"].clone(), one["to"].clone())).collect();
    assert_eq!(ways, [(json!("one"), json!("two")), (json!("two"), json!("three"))]);
    let again = program.args(["resume", "last", "--json"]).run().ok().json();
    assert_eq!((&again["answer"], &again["substituted"]), (&json!(["three", "late"]), &told), "{again:#}");
    assert!(!again.to_string().contains("before the run went on"), "{again:#}");
    assert_eq!((asked(&first).len(), asked(&second).len(), asked(&third).len()), (1, 1, 1));
}

#[test]
fn another_model_is_taken_if_a_flag_says_so() {
    let server = holding(1);
    let program = Program::paying(&server)
        .file("two.rhai", "llm(\"a\") + \"|\" + llm(\"The bridge opened in 1884. When did the bridge open?\")");
    let running = program.args(["run", "two.rhai"]).start();
    server.wait_for(2);
    running.kill();
    running.end();
    let ran = program.args(["resume", &newest_id(&program), "--model", "offline"]).run().ok();
    assert!(ran.stdout.contains("1884"), "{}", ran.stdout);
    assert_eq!(server.asks().len(), 2, "the server is asked no more");
}

#[test]
fn a_session_has_no_look_ahead_and_no_fork() {
    let program = Program::offline();
    program.args([]).stdin("let a = 1;\n").run().ok();
    let id = newest_id(&program);
    program.args(["resume", &id, "--dry-run"]).run().code(2).says("no program to look ahead in");
    program.args(["runs", "fork", &id]).run().code(1).says("cannot be forked");
    assert_eq!(newest(&program)["status"], "completed");
}
