//! What happens beside a run, and what it had been refused or handed out before: live runs are left alone, budgets hold.

use super::{Gate, asked, holding, newest, newest_id, nursery};
use crate::support::program::Program;
use serde_json::{Value, json};

const TWO: &str = "llm(\"a\", #{max_tokens: 100}) + llm(\"b\", #{max_tokens: 100})";

fn status(program: &Program, id: &str) -> Value {
    program.args(["runs", "show", id, "--json"]).run().ok().json()["status"].clone()
}

#[test]
fn a_run_at_work_is_not_settled() {
    let gate = Gate::default();
    let server = gate.server();
    let program = Program::paying(&server).file("two.rhai", TWO);
    gate.pass(1);
    let running = program.args(["run", "two.rhai"]).start();
    gate.wait_for_held(1);
    let id = newest_id(&program);
    for verdict in [&["rerun"][..], &["cost", "0.1"]] {
        let args = [&["runs", "settle", &id, "e1"][..], verdict].concat();
        program.list(&args).run().code(1).says("is at work, and will hear its answers itself").says("hint: wait until");
    }
    running.kill();
    running.end();
    // Also while it goes on in another process.
    let again = program.args(["resume", &id]).start();
    gate.wait_for_held(2);
    program.args(["runs", "settle", &id, "e1", "rerun"]).run().code(1).says("is at work");
    again.kill();
    again.end();
    program.args(["runs", "settle", &id, "e1", "cost", "0.00000005"]).run().ok();
}

#[test]
fn a_run_of_another_container_is_settled_and_answered_by_force_only() {
    let server = holding(0);
    let files = Program::paying(&server).file("one.rhai", "llm(\"a\", #{max_tokens: 100})");
    let program = files.file("flow.yaml", "steps:\n  - ok: {ask: {prompt: \"fine?\"}}\n");
    let running = program.args(["run", "one.rhai"]).start();
    server.wait_for(1);
    running.kill();
    running.end();
    let killed = newest_id(&program);
    program.args(["run", "flow.yaml"]).run().code(6);
    let waiting = newest_id(&program);
    let store = rusqlite::Connection::open(program.state().join("rhizo.db")).expect("the store");
    // A process is named by boot, namespace and start.
    let elsewhere = "UPDATE runs SET status = 'running',
        process = substr(process, 1, instr(process, ' ')) || 'pid:[1] 7'";
    assert_eq!(store.execute(elsewhere, ()), Ok(2));
    let rerun = ["runs", "settle", &killed, "e1", "rerun"];
    let cost = ["runs", "settle", &killed, "e1", "cost", "0.00000005"];
    let answer = ["runs", "answer", &waiting, "-", "yes"];
    for word in [&rerun[..], &cost, &answer] {
        program.list(word).run().code(1).says("cannot be told from here").says("if it is gone, add --force");
        program.list(&[word, &["--force"]].concat()).run().ok();
    }
}

#[test]
fn a_sweep_leaves_a_run_alone_that_goes_on() {
    let gate = Gate::default();
    let server = gate.server();
    let program = Program::paying(&server).file("two.rhai", TWO);
    let swept = |program: &Program| {
        let args = ["runs", "gc", "--older-than", "0s", "--keep", "0", "--unfinished", "--json"];
        program.args(args).run().ok().json()["runs"].clone()
    };
    gate.pass(1);
    let running = program.args(["run", "two.rhai"]).start();
    gate.wait_for_held(1);
    running.kill();
    running.end();
    let id = newest_id(&program);
    let again = program.args(["resume", &id, "--json"]).start();
    gate.wait_for_held(2);
    assert_eq!((swept(&program), status(&program, &id)), (json!(0), json!("running")));
    again.kill();
    again.end();
    gate.open();
    program.args(["resume", &id]).run().ok().prints("AB\n");
    assert_eq!(swept(&program), json!(1), "what has ended goes");
}

#[test]
fn a_budget_that_refused_a_call_is_met_again() {
    let server = holding(usize::MAX);
    let program = Program::paying(&server).file("two.rhai", TWO);
    let told = |document: Value| {
        let failure = &document["failure"];
        json!([failure["kind"], failure["message"], failure["hint"]])
    };
    for (flag, limit) in [("--max-calls", "1"), ("--max-cost", "0.00000039")] {
        let refused = told(program.args(["run", "two.rhai", flag, limit, "--json"]).run().code(5).json());
        let id = newest_id(&program);
        assert_eq!(refused[0], "budget", "{refused:#}");
        assert_eq!(told(program.args(["replay", &id, "--json"]).run().code(5).json()), refused);
        // Nothing was sent for it, so it is none of the run's calls.
        assert_eq!(newest(&program)["calls"], 1);
        let more = ["resume", &id, "--max-calls", "9", "--max-cost", "1", "--json"];
        let document = program.args(more).run().ok().json();
        assert_eq!((&document["answer"], &document["calls"]), (&json!("AB"), &json!(2)), "{document:#}");
    }
}

#[test]
fn a_refusal_does_not_forget_what_was_under_way() {
    let server = holding(1);
    let program = Program::paying(&server).file("two.rhai", TWO);
    let running = program.args(["run", "two.rhai", "--max-calls", "2"]).start();
    server.wait_for(2);
    running.kill();
    running.end();
    let id = newest_id(&program);
    let open = |program: &Program| program.args(["runs", "show", &id, "--json"]).run().ok().json();
    let before = open(&program);
    program.args(["resume", &id]).run().code(5).says("calls");
    let after = open(&program);
    assert_eq!((&after["open"], &after["calls"]), (&before["open"], &json!(2)), "{after:#}");
    let worst = before["worst_cost_usd"].as_f64().expect("a number");
    assert!((after["cost_usd"].as_f64().expect("a number") - worst).abs() < 1e-12, "{before:#}\n{after:#}");
    program.args(["runs", "settle", &id, "e1", "cost", "0.00000005"]).run().ok();
    assert_eq!(open(&program)["cost_usd"], json!(80.0 / 1e9), "an answer at 30 nano-USD and the settled 50");
    let document = program.args(["resume", &id, "--max-calls", "3", "--json"]).run().ok().json();
    // Two answers at 30 nano-USD and the settled 50.
    assert_eq!((&document["answer"], &document["cost_usd"]), (&json!("AB"), &json!(110.0 / 1e9)), "{document:#}");
    assert_eq!(asked(&server), ["a", "b", "b"]);
}

#[test]
fn a_child_has_what_is_left_of_its_slice() {
    let server = nursery();
    let text: String = (0..2_000).map(|line| format!("line {line} of a long text\n")).collect();
    let code = "rlm(\"child\", context, #{max_calls: 3})";
    let program = Program::paying(&server).file("parent.rhai", code).file("long.txt", text);
    let running = program.args(["run", "parent.rhai", "-c", "long.txt", "--max-calls", "50"]).start();
    server.wait_for(2);
    running.kill();
    running.end();
    let id = newest_id(&program);
    // Of three calls two were made before: the first turn, and the second in vain.
    for _ in 0..2 {
        let failure = program.args(["resume", &id, "--json"]).run().code(5).json()["failure"].clone();
        assert_eq!(
            (&failure["kind"], &failure["details"]["stopped_by"]),
            (&json!("child"), &json!("budget")),
            "{failure:#}"
        );
        assert_eq!(server.asks().len(), 3, "the first turn, and twice the second");
    }
    let children = program.args(["runs", "export", &id]).run().ok().json()["children"].clone();
    assert_eq!(children.as_array().map(Vec::len), Some(1), "it goes on under its own id");
    assert_eq!(children[0]["run"]["calls"], 3);
}

#[test]
fn what_has_no_price_is_not_shown_as_free() {
    let server = holding(2);
    let program = Program::served_by(&server).file("three.rhai", "llm(\"a\"); llm(\"b\"); llm(\"c\")");
    let lists = |program: &Program| program.args(["runs", "list"]).run().ok().stdout;
    let shows = |program: &Program| program.args(["runs", "show", &newest_id(program)]).run().ok().stdout;
    let running = program.args(["run", "three.rhai"]).start();
    server.wait_for(3);
    running.kill();
    running.end();
    let open = "unknown + 2 unpriced";
    assert!(lists(&program).contains(open) && shows(&program).contains(open), "{}", shows(&program));
    program.args(["resume", &newest_id(&program)]).run().ok();
    let ended = "$0.00 + 3 unpriced";
    assert!(lists(&program).contains(ended) && shows(&program).contains(ended), "{}", shows(&program));
    let row = newest(&program);
    assert_eq!((&row["cost_usd"], &row["worst_cost_usd"]), (&Value::Null, &Value::Null), "{row:#}");
    let flow = "steps:\n  - a: {llm: \"a\"}\n";
    let program = Program::served_by(&server).file("flow.yaml", flow);
    let page = program.args(["pipeline", "run", "flow.yaml", "--dry-run"]).run().ok().stdout;
    assert!(page.contains("at most 1 call and an unknown amount") && !page.contains("$0.00"), "{page}");
}

#[test]
fn what_is_known_of_a_price_is_shown_beside_what_is_not() {
    let server = holding(usize::MAX);
    let program = Program::paying(&server).file("two.rhai", "llm(\"a\") + llm(\"b\", #{model: \"odd\"})");
    let settings = std::fs::read_to_string(program.project().join("rhizo.toml")).expect("a file");
    let odd = format!("{settings}[models.odd]\nbase_url = \"{}\"\n", server.base_url());
    let program = program.file("rhizo.toml", odd);
    program.args(["run", "two.rhai"]).run().ok().prints("AB\n");
    let shown = "$0.00000003 + 1 unpriced";
    let listed = program.args(["runs", "list"]).run().ok().stdout;
    assert!(listed.contains(shown), "{listed}");
    assert_eq!(newest(&program)["cost_usd"], Value::Null);
    let session = program.args([]).stdin(".runs\n").run().ok();
    assert!(session.stdout.contains(shown), "{}\n{}", session.stdout, session.stderr);
}
