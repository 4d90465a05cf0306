//! Runs that go on without the key of their provider: what the log answers needs none, and the first call that must be
//! sent says so.

use super::{Gate, asked, newest, newest_id, wait_until_written};
use crate::support::chat::{ChatServer, Reply};
use crate::support::program::Program;
use serde_json::{Value, json};

/// A program whose model needs a key at one nano-USD per token.
fn keyed(server: &ChatServer) -> Program {
    let text = format!(
        "model = \"far\"\n[models.far]\nbase_url = \"{}\"\nkey_env = \"FAR_KEY\"\ninput_price = 0.001\noutput_price = 0.001\n",
        server.base_url()
    );
    Program::new().file("rhizo.toml", text)
}

const MISSING: &str = "far needs a key and FAR_KEY is not set";

/// What two ends of the same run have in common, whoever paid for them.
fn end(document: &Value) -> Value {
    json!([document["answer"], document["status"], document["turns"], document["replayed_calls"], document["failure"]])
}

/// Answers the open question of the run.
fn answer(program: &Program) {
    program.args(["runs", "answer", &newest_id(program), "-", "yes"]).run().ok();
}

/// Goes on with a copy of the run with the key, and with the run itself without it.
fn goes_on(program: &Program, server: &ChatServer, answer: &str) {
    let id = newest_id(program);
    let copy = program.args(["runs", "fork", &id, "--json"]).run().ok().json()["run"].clone();
    let before = server.asks().len();
    let with = program.args(["resume", copy.as_str().expect("an id"), "--json"]).env("FAR_KEY", "k").run().ok().json();
    let without = program.args(["resume", &id, "--json"]).run().ok().json();
    assert_eq!(end(&with), end(&without));
    assert!(without["answer"].to_string().contains(answer), "{without:#}");
    assert_eq!(server.asks().len(), before, "nothing was asked");
}

#[test]
fn a_script_with_all_its_answers_needs_no_key() {
    let gate = Gate::default();
    gate.open();
    let server = gate.server();
    let code = "let a = llm(\"a\"); let b = llm_batch([\"b\", \"c\"]); a + b + ask_user(\"go on?\")";
    let program = keyed(&server).file("p.rhai", code);
    program.args(["run", "p.rhai"]).env("FAR_KEY", "k").run().code(6);
    answer(&program);
    goes_on(&program, &server, "]yes");
}

#[test]
fn a_pipeline_with_all_its_answers_needs_no_key() {
    let gate = Gate::default();
    gate.open();
    let server = gate.server();
    let flow = "outputs: {all: \"{{ a }} {{ said }}\"}\nsteps:\n  - a: {llm: \"a\"}\n  - said: {ask: {prompt: \"{{ a }}?\"}}\n";
    let program = keyed(&server).file("flow.yaml", flow);
    program.args(["run", "flow.yaml"]).env("FAR_KEY", "k").run().code(6);
    answer(&program);
    goes_on(&program, &server, "A yes");
}

#[test]
fn a_root_run_with_all_its_answers_needs_no_key() {
    let server = ChatServer::root(
        &[
            "let a = llm(\"what?\"); a",
            "let said = TOOL(\"run_command\", #{command: \"echo once >> written; sleep 600\"}); FINAL(a + \" \" + said)",
        ],
        "leaf",
    );
    let program = keyed(&server);
    let running = program.args(["ask", "what is it?", "--recursive", "--approve", "auto"]).env("FAR_KEY", "k").start();
    // Every answer of a model is in the log when the tool begins.
    wait_until_written(&program, "once\n");
    running.kill();
    running.end();
    let id = newest_id(&program);
    let open = program.args(["runs", "show", &id, "--json"]).run().ok().json()["open"][0]["seq"].to_string();
    program.args(["runs", "settle", &id, &open, "set", "yes"]).run().ok();
    goes_on(&program, &server, "leaf yes");
}

/// Goes on without the key with a run that was killed, then with it; answers the last document.
fn unanswered(program: &Program, server: &ChatServer, place: &str) -> Value {
    let (id, before) = (newest_id(program), server.asks().len());
    let open = |program: &Program| program.args(["runs", "show", &id, "--json"]).run().ok().json()["open"].clone();
    let was = open(program);
    let ran = program.args(["resume", &id]).run().code(4).says(MISSING).says("hint: export FAR_KEY=");
    let named = format!("the log has no answer to the call at {place}");
    assert!(ran.stderr.contains(&named), "{}", ran.stderr);
    assert_eq!(server.asks().len(), before, "nothing was sent");
    assert_eq!(open(program), was, "what was under way can still be settled");
    assert_eq!(newest(program)["status"], "failed");
    program.args(["resume", &id, "--json"]).env("FAR_KEY", "k").run().ok().json()
}

#[test]
fn the_first_call_of_a_script_without_an_answer_says_that_there_is_no_key() {
    let gate = Gate::default();
    let server = gate.server();
    let program = keyed(&server).file("p.rhai", "let a = llm(\"a\");\nlet b = llm(\"b\");\na + b");
    gate.pass(1);
    let running = program.args(["run", "p.rhai"]).env("FAR_KEY", "k").start();
    gate.wait_for_held(1);
    running.kill();
    running.end();
    gate.open();
    let document = unanswered(&program, &server, "root/e1");
    assert_eq!((&document["answer"], &document["replayed_calls"]), (&json!("AB"), &json!(1)), "{document:#}");
    assert_eq!(asked(&server), ["a", "b", "b"]);
    // Two answers at 30 nano-USD, and the one that was under way at its worst: its prompt and 4,096 tokens.
    assert!(document["cost_usd"].as_f64().expect("a number") * 1e9 > 4_000.0, "{document:#}");
}

#[test]
fn the_first_step_of_a_pipeline_without_an_answer_says_that_there_is_no_key() {
    let gate = Gate::default();
    let server = gate.server();
    let flow = "outputs: {all: \"{{ b }}\"}\nsteps:\n  - a: {llm: \"a\"}\n  - b: {llm: \"b {{ a }}\"}\n";
    let program = keyed(&server).file("flow.yaml", flow);
    gate.pass(1);
    let running = program.args(["run", "flow.yaml"]).env("FAR_KEY", "k").start();
    gate.wait_for_held(1);
    running.kill();
    running.end();
    gate.open();
    let document = unanswered(&program, &server, "root/step:b");
    assert_eq!((&document["answer"], &document["replayed_calls"]), (&json!({"all": "B A"}), &json!(1)), "{document:#}");
}

#[test]
fn the_first_turn_of_a_root_without_an_answer_says_that_there_is_no_key() {
    let gate = Gate::default();
    let open = gate.clone();
    let turns = ["let a = 40; a", "FINAL(a + 2)"];
    let server = gate.server_of(move |ask| Reply::code(turns[ask.turn() - 1]));
    let program = keyed(&server);
    open.pass(1);
    let running = program.args(["ask", "what is it?", "--recursive"]).env("FAR_KEY", "k").start();
    open.wait_for_held(1);
    running.kill();
    running.end();
    open.open();
    let document = unanswered(&program, &server, "root/turn2");
    assert_eq!((&document["answer"], &document["replayed_calls"]), (&json!(42), &json!(1)), "{document:#}");
}

#[test]
fn a_session_has_its_answers_again_without_a_key() {
    let gate = Gate::default();
    gate.open();
    let server = gate.server();
    let program = keyed(&server);
    program.args([]).stdin(".model far\nlet a = llm(\"a\");\n").env("FAR_KEY", "k").run().ok();
    let ran = program.args(["resume", &newest_id(&program)]).stdin("a + \"!\"\nllm(\"b\")\n").run();
    assert_eq!(ran.stdout, "A!\n", "{}", ran.stderr);
    assert!(ran.stderr.contains(MISSING), "{}", ran.stderr);
    assert_eq!(asked(&server), ["a"]);
}

#[test]
fn a_fresh_run_says_so_before_anything_is_done() {
    let gate = Gate::default();
    gate.open();
    let server = gate.server();
    let program = keyed(&server).file("p.rhai", "llm(\"a\")").file("flow.yaml", "steps:\n  - a: {llm: \"a\"}\n");
    for args in [&["ask", "what?"][..], &["run", "p.rhai"], &["run", "flow.yaml"]] {
        let ran = program.list(args).run().code(4).says(MISSING);
        assert!(!ran.stderr.contains("the log has no answer"), "{}", ran.stderr);
        assert_eq!(newest(&program)["calls"], 0);
    }
    assert!(server.asks().is_empty());
}

#[test]
fn the_answer_of_a_substitute_needs_no_key_either() {
    let gate = Gate::default();
    gate.open();
    let server = gate.server();
    let text = format!(
        "model = \"bad\"\n[models.bad]\nbase_url = \"http://127.0.0.1:9/v1\"\ninput_price = 0.001\noutput_price = 0.001\nfallback = [\"far\"]\n\
         [models.far]\nbase_url = \"{}\"\nkey_env = \"FAR_KEY\"\ninput_price = 0.001\noutput_price = 0.001\n",
        server.base_url()
    );
    let code =
        "let a = llm(\"a\"); let said = ask_user(\"go on?\"); if said == \"yes\" { a + said } else { llm(\"b\") }";
    let program = Program::new().file("rhizo.toml", text).file("p.rhai", code);
    program.args(["run", "p.rhai"]).env("FAR_KEY", "k").run().code(6);
    answer(&program);
    goes_on(&program, &server, "Ayes");
    program.args(["run", "p.rhai"]).env("FAR_KEY", "k").run().code(6);
    program.args(["runs", "answer", &newest_id(&program), "-", "no"]).run().ok();
    let ran = program.args(["resume", &newest_id(&program)]).run().code(4);
    ran.says("nobody stood in for it").says(MISSING);
    assert_eq!(asked(&server), ["a", "a"]);
}
