//! What was spent before a run goes on: in its pipelines and steps, by repeated requests, in tokens, and by calls that never
//! went out.

use super::{Gate, asked, newest, newest_id, nursery};
use crate::support::chat::{ChatServer, Reply};
use crate::support::program::Program;
use crate::support::server::Act;
use serde_json::{Value, json};
use std::time::Instant;

/// The store of a program, beside it.
fn store(program: &Program) -> rusqlite::Connection {
    rusqlite::Connection::open(program.state().join("rhizo.db")).expect("the store")
}

/// Waits until so many calls are on disk, whether they have ended or not.
fn wait_until_logged(program: &Program, calls: i64) {
    let (store, begun) = (store(program), Instant::now());
    loop {
        let sql = "SELECT count(*) FROM effects WHERE kind = 'model'";
        let found: i64 = store.query_row(sql, (), |row| row.get(0)).expect("a count");
        if found == calls {
            return;
        }
        assert!(begun.elapsed().as_secs() < 60, "{found} of {calls} calls are on disk");
        std::thread::yield_now();
    }
}

fn nanos(usd: &Value) -> f64 {
    usd.as_f64().expect("a number") * 1e9
}

/// Runs a pipeline until it waits for a person, and answers.
fn answered(program: &Program) -> String {
    program.args(["run", "flow.yaml"]).run().code(6);
    let id = newest_id(program);
    program.args(["runs", "answer", &id, "-", "yes"]).run().ok();
    id
}

#[test]
fn child_runs_that_were_answered_count_in_the_budget_of_their_pipeline() {
    let gate = Gate::default();
    gate.open();
    let server = gate.server();
    let flow = "budget: {max_calls: 2}\nsteps:\n  - a: {run: \"a\"}\n  - ok: {ask: {prompt: \"{{ a }}?\"}}\n  - b: {run: \"b {{ ok }}\"}\n  - c: {run: \"c {{ b }}\"}\n";
    let program = Program::paying(&server).file("flow.yaml", flow);
    let id = answered(&program);
    let ran = program.args(["resume", &id]).run();
    assert_ne!(ran.exit_code(), Some(0), "{}", ran.stderr);
    assert_eq!(asked(&server), ["a", "b yes"]);
}

#[test]
fn a_child_run_that_goes_on_has_used_a_part_of_the_budget_of_its_step() {
    let server = nursery();
    let text: String = (0..2_000).map(|line| format!("line {line} of a long text\n")).collect();
    let flow = "steps:\n  - look: {run: {task: \"look\"}, budget: {max_calls: 3}}\n";
    let program = Program::paying(&server).file("flow.yaml", flow).file("long.txt", text);
    let running = program.args(["run", "flow.yaml", "-c", "long.txt"]).start();
    server.wait_for(2);
    running.kill();
    running.end();
    let ran = program.args(["resume", &newest_id(&program)]).run();
    assert_ne!(ran.exit_code(), Some(0), "{}", ran.stderr);
    assert_eq!(server.asks().len(), 3, "the first turn, and twice the second");
}

#[test]
fn a_call_that_was_under_way_counts_in_the_budget_of_its_step() {
    let gate = Gate::default();
    let server = gate.server();
    let flow = "steps:\n  - a: {llm: \"a\"}\n  - b: {llm: \"b {{ a }}\", budget: {max_calls: 1}}\n";
    let program = Program::paying(&server).file("flow.yaml", flow);
    gate.pass(1);
    let running = program.args(["run", "flow.yaml"]).start();
    gate.wait_for_held(1);
    running.kill();
    running.end();
    gate.open();
    let ran = program.args(["resume", &newest_id(&program)]).run();
    assert_ne!(ran.exit_code(), Some(0), "{}", ran.stderr);
    assert_eq!(asked(&server), ["a", "b A"]);
}

#[test]
fn a_kept_answer_has_used_nothing_of_the_budget_of_its_pipeline() {
    let gate = Gate::default();
    gate.open();
    let server = gate.server();
    let flow = "budget: {max_calls: 1}\nsteps:\n  - a: {llm: \"a\", cache: true}\n  - ok: {ask: {prompt: \"{{ a }}?\"}}\n  - b: {llm: \"b {{ ok }}\"}\n";
    let program = Program::paying(&server).file("flow.yaml", flow);
    program.args(["eval", "llm(\"a\", #{cache: true})"]).run().ok();
    let id = answered(&program);
    // It is kept no longer: the log alone has it.
    store(&program).execute("DELETE FROM answers", ()).expect("forgotten");
    program.args(["resume", &id]).run().ok();
    assert_eq!(asked(&server), ["a", "b yes"]);
}

#[test]
fn every_request_of_a_call_that_was_under_way_is_charged() {
    let server = ChatServer::new(|ask| match ask.number {
        0 | 1 => Reply::acts(vec![Act::Close]),
        2 => Reply::acts(vec![Act::Hold]),
        _ => Reply::text("at last").usage(20, 10),
    });
    let program = Program::paying(&server).file("one.rhai", "llm(\"a\", #{max_tokens: 100})");
    let running = program.args(["run", "one.rhai"]).start();
    server.wait_for(3);
    running.kill();
    running.end();
    // Each of the three may have used what was held back for it: 289 tokens of a prompt and 170 of an answer.
    let worst = nanos(&newest(&program)["worst_cost_usd"]);
    assert!((worst - 3.0 * 459.0).abs() < 0.5, "{worst}");
    let document = program.args(["resume", &newest_id(&program), "--json"]).run().ok().json();
    assert_eq!(document["answer"], "at last");
    assert!((nanos(&document["cost_usd"]) - worst - 30.0).abs() < 0.5, "{document:#}");
}

#[test]
fn tokens_of_a_call_that_was_under_way_count_also_without_a_price() {
    for price in ["", "input_price = 0\noutput_price = 0\n"] {
        let gate = Gate::default();
        let server = gate.server();
        let text = format!("model = \"far\"\n[models.far]\nbase_url = \"{}\"\n{price}", server.base_url());
        let program = Program::new().file("rhizo.toml", text).file("one.rhai", "llm(\"a\", #{max_tokens: 100})");
        let running = program.args(["run", "one.rhai", "--max-tokens", "480"]).start();
        gate.wait_for_held(1);
        wait_until_logged(&program, 1);
        running.kill();
        running.end();
        gate.open();
        let id = newest_id(&program);
        // What was held back for it is gone, and what is left is too little for another prompt.
        program.args(["resume", &id]).run().code(5).says("the token budget of the run does not allow a call to far");
        let document = program.args(["resume", &id, "--max-tokens", "1000", "--json"]).run().ok().json();
        let tokens = |name: &str| document[name].as_u64().expect("a number");
        assert_eq!((tokens("input_tokens"), tokens("output_tokens")), (289 + 20, 170 + 10), "{document:#}");
        assert_eq!((&document["answer"], &document["calls"]), (&json!("A"), &json!(2)), "{document:#}");
    }
}

#[test]
fn calls_that_only_waited_for_a_place_are_none() {
    let gate = Gate::default();
    let server = gate.server();
    let code = "llm_batch([\"a\", \"b\", \"c\"], #{concurrency: 1})";
    let program = Program::paying(&server).file("three.rhai", code);
    let running = program.args(["run", "three.rhai"]).start();
    gate.wait_for_held(1);
    wait_until_logged(&program, 1);
    running.interrupt();
    running.end().code(130);
    gate.open();
    let id = newest_id(&program);
    let shown = || program.args(["runs", "show", &id]).run().ok().stdout;
    assert!(shown().contains(&format!("next    rhizo resume {id} goes on\n")), "{}", shown());
    let document = program.args(["resume", &id, "--json"]).run().ok().json();
    assert!(!shown().contains("rhizo resume"), "{}", shown());
    // One was stopped on its way, and three were answered.
    assert_eq!((&document["answer"], &document["calls"]), (&json!(["A", "B", "C"]), &json!(4)), "{document:#}");
}

#[test]
fn a_worst_case_is_told_until_somebody_says_what_it_was() {
    let gate = Gate::default();
    let server = gate.server();
    let program = Program::paying(&server).file("one.rhai", "llm(\"a\", #{max_tokens: 100})");
    let running = program.args(["run", "one.rhai"]).start();
    gate.wait_for_held(1);
    running.kill();
    running.end();
    gate.open();
    let id = newest_id(&program);
    let worst = " at worst for 1 call whose end is unknown";
    program.args(["resume", &id]).run().ok().says(worst);
    let shown = || program.args(["runs", "show", &id]).run().ok().stdout;
    let before = shown();
    assert!(before.contains(worst) && before.contains("unknown ") && before.contains(" cost USD"), "{before}");
    assert_eq!(program.args(["runs", "show", &id, "--json"]).run().ok().json()["open"], json!([]));
    program.args(["runs", "settle", &id, "e1", "rerun"]).run().code(1).says("has its answer");
    let settled = program.args(["runs", "settle", &id, "e1", "cost", "0.00000005"]).run().ok().stdout;
    assert!(settled.contains("charged with $0.00000005 for its earlier attempt, in place of $"), "{settled}");
    // The answer cost 30 nano-USD.
    assert!((nanos(&newest(&program)["cost_usd"]) - 80.0).abs() < 0.5, "{:#}", newest(&program));
    let after = shown();
    assert!(!after.contains("unknown") && after.contains("$0.00000008"), "{after}");
    // Whoever mistyped it says it again.
    let settled = program.args(["runs", "settle", &id, "e1", "cost", "0.00000006"]).run().ok().stdout;
    assert!(settled.contains("in place of $0.00000005; it keeps its answer"), "{settled}");
    assert!((nanos(&newest(&program)["cost_usd"]) - 90.0).abs() < 0.5, "{:#}", newest(&program));
    assert!(!shown().contains("unknown"), "{}", shown());
}

#[test]
fn a_worst_case_before_a_failure_is_told_and_settled_too() {
    let server = ChatServer::new(|ask| match ask.number {
        0 => Reply::acts(vec![Act::Hold]),
        1 => Reply::refusal(404, "no such model"),
        _ => Reply::text("A").usage(20, 10),
    });
    let program = Program::paying(&server).file("one.rhai", "llm(\"a\", #{max_tokens: 100})");
    let running = program.args(["run", "one.rhai"]).start();
    server.wait_for(1);
    running.kill();
    running.end();
    let id = newest_id(&program);
    program.args(["resume", &id]).run().code(4);
    let shown = program.args(["runs", "show", &id]).run().ok().stdout;
    assert!(shown.contains(" model at root/e1: failed, and charged with $"), "{shown}");
    let row = program.args(["runs", "show", &id, "--json"]).run().ok().json();
    let (before, worst) = (nanos(&row["cost_usd"]), nanos(&row["unknown"][0]["worst_cost_usd"]));
    assert!(before >= worst && worst > 100.0, "{row:#}");
    let settled = program.args(["runs", "settle", &id, "e1", "cost", "0.00000005"]).run().ok().stdout;
    assert!(settled.contains("charged with $0.00000005 for its earlier attempt, in place of $"), "{settled}");
    let after = program.args(["runs", "show", &id, "--json"]).run().ok().json();
    assert!((nanos(&after["cost_usd"]) - (before - worst + 50.0)).abs() < 0.5, "{after:#}");
    assert_eq!(after["unknown"], json!([]));
    let document = program.args(["resume", &id, "--json"]).run().ok().json();
    assert!((nanos(&document["cost_usd"]) - nanos(&after["cost_usd"]) - 30.0).abs() < 0.5, "{document:#}");
}

#[test]
fn a_call_that_never_went_out_is_none_after_a_person_lets_it_be_made_again() {
    let server = ChatServer::new(|ask| Reply::text(ask.last().to_uppercase()).usage(20, 10));
    let program = Program::paying(&server).file("two.rhai", "[llm(\"a\"), llm(\"b\")]");
    program.args(["run", "two.rhai", "--max-calls", "1"]).run().code(5);
    let id = newest_id(&program);
    let effects = program.args(["runs", "export", &id]).run().ok().json()["effects"].clone();
    let refused = effects.as_array().into_iter().flatten().find(|effect| effect["state"] == "failed").expect("one");
    program.args(["runs", "settle", &id, &refused["seq"].to_string(), "rerun"]).run().ok();
    let document = program.args(["resume", &id, "--max-calls", "2", "--json"]).run().ok().json();
    assert_eq!((&document["answer"], &document["calls"]), (&json!(["A", "B"]), &json!(2)), "{document:#}");
}

#[test]
fn no_more_calls_of_a_batch_are_in_doubt_than_it_has_places() {
    let server = ChatServer::new(|_| Reply::acts(vec![Act::Hold]));
    let code = "let all = []; for n in 0..40 { all.push(`number ${n}`) } llm_batch(all, #{concurrency: 2})";
    for limits in [&[][..], &["--max-calls", "100"]] {
        let program = Program::paying(&server).file("b.rhai", code);
        let before = server.asks().len();
        let running = program.list(&[&["run", "b.rhai"][..], limits].concat()).start();
        server.wait_for(before + 2);
        running.kill();
        running.end();
        let open = program.args(["runs", "show", &newest_id(&program), "--json"]).run().ok().json()["open"].clone();
        assert_eq!(open.as_array().map(Vec::len), Some(2), "{open:#}");
    }
}

#[test]
fn what_a_part_has_spent_counts_before_its_items_are_asked_for_again() {
    let map = "within(#{max_calls: 2}, || par_map(0..12, |i| llm(\"say \" + i)))";
    let batch = "let all = []; for n in 0..8 { all.push(\"say \" + n) } within(#{max_calls: 2}, || llm_batch(all))";
    let inner = "within(#{max_calls: 2}, || par_map(0..6, |i| within(#{max_calls: 1}, || llm(\"say \" + i))))";
    let each = "steps:\n  - all:\n      each: {in: \"0..8\", steps: {one: {llm: \"say {{ item }}\"}}}\n      budget: {max_calls: 2}\n      on_failure: continue\n";
    for (name, text) in [("map.rhai", map), ("batch.rhai", batch), ("inner.rhai", inner), ("each.yaml", each)] {
        let server = ChatServer::new(|ask| Reply::text(ask.last().to_uppercase()).usage(20, 10));
        let program = Program::paying(&server).file(name, text);
        program.args(["run", name]).run();
        assert_eq!(server.asks().len(), 2, "{name}");
        for _ in 0..5 {
            program.args(["resume", "last"]).run();
        }
        assert_eq!(server.asks().len(), 2, "{name}: {:?}", asked(&server));
    }
}

#[test]
fn a_part_is_not_charged_with_what_lies_beside_it() {
    let one = |text: &str| format!("within(#{{max_calls: 1}}, || par_map([\"{text}\"], |t| llm(t)))[0]");
    let code = format!("let first = llm(\"0\"); [first, {}, {}, llm(\"3\")]", one("1"), one("2"));
    let server = ChatServer::new(|ask| Reply::text(format!("<{}>", ask.last())).usage(20, 10));
    let program = Program::paying(&server).file("four.rhai", &code);
    program.args(["run", "four.rhai", "--max-calls", "2"]).run();
    assert_eq!(asked(&server), ["0", "1"]);
    let document = program.args(["resume", "last", "--max-calls", "9", "--json"]).run().ok().json();
    assert_eq!(document["answer"], json!(["<0>", "<1>", "<2>", "<3>"]), "{document:#}");
    assert_eq!(asked(&server), ["0", "1", "2", "3"]);
}
