//! Recorded runs as fixtures: run again without a server, a key or a trace.

use super::{asked, holding, newest, newest_id};
use crate::support::chat::{ChatServer, Reply};
use crate::support::program::Program;
use crate::support::server::Act;
use serde_json::json;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering};

fn recorded() -> (Program, String) {
    let server = holding(usize::MAX);
    let code = "let a = llm(\"a\");\nprint(a);\nlet b = llm_batch([\"b\", \"c\"]);\n#{a: a, b: b, at: now()}";
    let program = Program::paying(&server).file("all.rhai", code);
    program.args(["run", "all.rhai"]).run().ok();
    let id = newest_id(&program);
    (program, id)
}

#[test]
fn a_recorded_run_needs_no_server() {
    let (program, id) = recorded();
    let before = newest(&program);
    let document = program.args(["replay", &id, "--offline", "--json"]).run().ok().json();
    assert_eq!((&document["answer"], &document["status"]), (&before_result(&program, &id), &json!("completed")));
    let ran = program.args(["replay", &id]).run().ok();
    assert!(ran.stdout.starts_with("A\n"), "what it printed is printed again: {}", ran.stdout);
    program.args(["replay", &id, "-q"]).run().ok().does_not_say("replayed");
    assert_eq!(newest(&program), before, "a replay leaves no trace");
    let program = Program::offline();
    program.args(["eval", "llm(\"a\")"]).run().ok();
    program.args(["replay", "last"]).run().ok().says(" replayed: 1 answer of its log, nothing was asked\n");
}

fn before_result(program: &Program, id: &str) -> serde_json::Value {
    program.args(["runs", "show", id, "--json"]).run().ok().json()["result"].clone()
}

#[test]
fn a_miss_names_what_was_expected_and_what_was_found() {
    let (program, id) = recorded();
    let program = program.file("all.rhai", "let a = llm(\"another\"); a");
    let ran = program.args(["replay", &id, "--json"]).run().code(1);
    let document = ran.json();
    assert_eq!(document["failure"]["kind"], "replay", "{document:#}");
    assert!(document["failure"]["details"]["found"]["asked"].as_str().expect("a text").contains("another"));
    let expected = document["failure"]["details"]["expected"].as_u64().expect("the number of an effect");
    let shown = program.args(["runs", "show", &id, "--effect", &expected.to_string(), "--json"]).run().ok().json();
    assert_eq!(shown["kind"], "model", "{shown:#}");
    // A program that catches everything cannot hide it.
    let program = program.file("all.rhai", "try { llm(\"another\") } catch (e) { \"hidden\" }");
    let told = ": message 1 (user): expected \"a\", found \"another\"\n";
    program.args(["replay", &id]).run().code(1).says(&format!("has no answer to this model effect at root/e1{told}"));
}

#[test]
fn where_a_choice_is_missed_first_the_words_of_its_call_are_told() {
    let server = holding(usize::MAX);
    let model = |name: &str| {
        format!("[models.{name}]\nbase_url = \"{}\"\ninput_price = 0.001\noutput_price = 0.001\n", server.base_url())
    };
    let role = |name: &str, model: &str| format!("[roles.{name}]\nmodels = [\"{model}\"]\n");
    let roles = [role("worker", "small"), role("expert", "large"), role("architect", "large")].concat();
    let program = Program::new()
        .file("rhizo.toml", format!("{}{}{roles}", model("small"), model("large")))
        .file("hello.rhai", "print(llm(\"hello one\"))");
    program.args(["run", "hello.rhai"]).run().ok();
    let program = program.file("hello.rhai", "print(llm(\"hello two\"))");
    let ran = program.args(["replay", "last", "--offline"]).run().code(1);
    ran.says("has no answer to this model effect at root/e1: message 1 (user): expected \"hello one\", found \"hello two\"\n")
        .says("hint: hello.rhai has changed since the run; the log has effect ")
        .says(", and it is asked with other messages now; ");
    assert_eq!(asked(&server), ["hello one"], "nobody is asked");
}

#[test]
fn what_a_replay_lacks_is_named() {
    let program = Program::offline().file("inner.yaml", "steps: {a: {set: {v: '1'}}}\n");
    program.args(["eval", "PIPELINE(\"inner.yaml\", #{}).v"]).run().ok();
    std::fs::remove_file(program.project().join("inner.yaml")).expect("it was there");
    let ran = program.args(["replay", "last"]).run().code(1).says("the replay has failed where the run had not: ");
    ran.says("inner.yaml").does_not_say("another answer");
}

#[test]
fn in_what_a_model_is_asked_otherwise_is_named() {
    let server = ChatServer::new(|_| Reply::text("{\"n\": 1}").usage(20, 10));
    let model = format!(
        "model = \"paid\"\n[models.paid]\nbase_url = \"{}\"\ninput_price = 0.001\noutput_price = 0.001\n",
        server.base_url()
    );
    let code = "let rated = llm(\"rate it\", #{schema: #{n: \"int\"}}); rated.n + nothing()";
    let program = Program::new().file("rhizo.toml", format!("{model}json = true\n")).file("rate.rhai", code);
    program.args(["run", "rate.rhai"]).run().code(1);
    let program = program.file("rhizo.toml", model);
    let told = "with other messages and without a schema";
    program.args(["replay", "last"]).run().code(1).says(&format!("and it is asked {told} now; `rhizo runs show "));
    let plan = program.args(["resume", "last", "--dry-run"]).run().ok().stdout;
    assert!(plan.contains(&format!("changed: model at root/e1: paid, \"rate it…\", {told} (was effect ")), "{plan}");
    assert_eq!(server.asks().len(), 1, "nothing was asked");
}

#[test]
fn another_end_is_told() {
    let (program, id) = recorded();
    let program = program.file("all.rhai", "let a = llm(\"a\"); a + \" and more\"");
    let document = program.args(["replay", &id, "--json"]).run().code(1).says("ended with another answer").json();
    let ended = (&document["answer"], &document["status"], &document["failure"]["kind"]);
    assert_eq!(ended, (&json!("A and more"), &json!("failed"), &json!("replay")), "{document:#}");
}

#[test]
fn a_root_run_is_a_fixture_too() {
    let server = ChatServer::root(&["context.count(\"line\")", "FINAL(llm(\"said\"))"], "leaf");
    let text: String = (0..2_000).map(|n| format!("line {n} of a long text\n")).collect();
    let program = Program::served_by(&server).file("long.txt", text);
    program.args(["ask", "why?", "-c", "long.txt"]).run().ok().prints("leaf\n");
    drop(server);
    let id = newest_id(&program);
    program.args(["replay", &id]).env("OPENAI_BASE_URL", "").run().ok().prints("leaf\n");
}

#[test]
fn what_a_limit_refused_is_refused_in_the_same_words() {
    let program = Program::paying(&holding(usize::MAX)).file("p.rhai", "llm_batch([\"a\", \"b\", \"c\", \"d\"])");
    let answer = program.args(["run", "p.rhai", "--max-calls", "2", "--json"]).run().ok().json();
    let again = program.args(["replay", "last", "--offline", "--json"]).run().ok().json();
    assert_eq!(again["answer"], answer["answer"]);
}

#[test]
fn what_a_limit_refused_at_the_second_attempt_is_refused_in_a_replay() {
    let script = "let b = \"\"; try { b = within(#{max_calls: 1}, || llm(\"slow\")) } catch (e) { b = e.kind } b";
    let flow = "\
steps: {b: {llm: slow, budget: {max_calls: 1}, on_failure: continue}}
outputs: {of: outcomes.b}
";
    for (name, text, answer) in [("p.rhai", script, json!("child")), ("p.yaml", flow, json!({"of": "failed"}))] {
        let server = holding(0);
        let program = Program::paying(&server).file(name, text);
        let running = program.args(["run", name]).start();
        server.wait_for(1);
        running.kill();
        running.end();
        let id = newest_id(&program);
        let document = program.args(["resume", &id, "--json"]).run().ok().json();
        assert_eq!(document["answer"], answer, "{name}: {document:#}");
        let again = program.args(["replay", &id, "--offline", "--json"]).run().ok().json();
        assert_eq!(again["answer"], answer, "{name}: {again:#}");
        assert_eq!(server.asks().len(), 1, "{name}");
    }
}

#[test]
fn a_way_that_rests_on_events_is_gone_again() {
    let (held, answers) = (Arc::new(AtomicBool::new(true)), AtomicUsize::new(0));
    let gate = Arc::clone(&held);
    let server = ChatServer::new(move |ask| match ask.last().as_str() {
        slow if slow.starts_with("slow") && gate.load(Ordering::SeqCst) => Reply::acts(vec![Act::Hold]),
        "first" if answers.fetch_add(1, Ordering::SeqCst) == 0 => Reply::refusal(400, "not today"),
        text => Reply::text(text.to_uppercase()),
    });
    let code = "let seen = [];
        on_event(|e| seen.push(`${e.event} ${e.seq}`));
        try { llm(\"first\"); } catch { llm(`behind ${seen.len()}: ${seen}`); }
        par_map([\"a\", \"b\"], |text| llm(text));
        llm(`slow ${seen.len()}: ${seen}`);
        print(seen.len() > 8);";
    let program = Program::paying(&server).file("p.rhai", code);
    let running = program.args(["run", "p.rhai"]).start();
    server.wait_for(5);
    running.kill();
    running.end();
    held.store(false, Ordering::SeqCst);
    let id = newest_id(&program);
    program.args(["resume", &id]).run().ok().prints("true\n");
    program.args(["replay", &id, "--offline"]).run().ok().prints("true\n");
    let asked = asked(&server);
    assert_eq!(asked.len(), 6, "only what was under way is asked again: {asked:#?}");
    assert_eq!(asked[4], asked[5]);
}

#[test]
fn what_is_heard_of_a_question_that_ran_out_of_time_is_heard_again() {
    let held = Arc::new(AtomicBool::new(true));
    let gate = Arc::clone(&held);
    let server = ChatServer::new(move |ask| match ask.last().as_str() {
        "slow" => Reply::acts(vec![Act::Hold]),
        "last" if gate.load(Ordering::SeqCst) => Reply::acts(vec![Act::Hold]),
        text => Reply::text(text.to_uppercase()),
    });
    for work in ["llm(\"slow\")", "par_map([1, 2], |n| llm(\"slow\"))", "within(#{timeout: 600}, || llm(\"slow\"))"] {
        held.store(true, Ordering::SeqCst);
        let before = server.asks().len();
        let code = format!(
            "let seen = [];
            on_event(|e| seen.push(`${{e.event}} ${{e.seq}}`));
            llm(\"first\");
            try {{ within(#{{timeout: 2.0}}, || {work}) }} catch {{}}
            llm(`behind ${{seen.len()}}: ${{seen}}`);
            llm(\"last\");
            print(seen.len() > 5);"
        );
        let program = Program::paying(&server).file("p.rhai", code);
        let running = program.args(["run", "p.rhai"]).start();
        server.wait_for(before + if work.starts_with("par_map") { 5 } else { 4 });
        running.kill();
        running.end();
        held.store(false, Ordering::SeqCst);
        let id = newest_id(&program);
        let known = server.asks().len();
        program.args(["resume", &id]).run().ok().prints("true\n");
        program.args(["replay", &id, "--offline"]).run().ok().prints("true\n");
        let asked = asked(&server);
        assert_eq!(asked[known..], ["last"], "only what was under way is asked again: {asked:#?}");
    }
}

#[test]
fn what_was_heard_of_a_question_belongs_to_no_other() {
    let answers = AtomicUsize::new(0);
    let server = ChatServer::new(move |ask| match ask.last().as_str() {
        "first" if answers.fetch_add(1, Ordering::SeqCst) == 0 => Reply::refusal(400, "not today"),
        "second" => Reply::refusal(400, "never at all"),
        text => Reply::text(text.to_uppercase()),
    });
    let code = "let seen = [];
        on_event(|e| if e.event == \"model_finished\" && e.failure != () { seen.push(e.failure.message) });
        llm(\"first\");
        try { llm(\"second\") } catch {}
        print(`heard ${seen}`);";
    let program = Program::paying(&server).file("p.rhai", code);
    assert_eq!(program.args(["run", "p.rhai"]).run().stdout, "");
    for again in ["resume", "replay"] {
        let heard = program.args([again, "last"]).run().ok().stdout;
        assert!(heard.contains("never at all") && !heard.contains("not today"), "{again}: {heard}");
    }
}

#[test]
fn a_way_that_rests_on_events_which_the_log_does_not_have_is_named_where_it_parts() {
    let server = ChatServer::new(|ask| Reply::text(ask.last().to_uppercase()));
    let head = "let n = 0;\non_event(|e| { n += 1; });\nlet a = llm(\"a\");\n";
    let told = "the log does not have all that closures of on_event heard";
    for last in ["if n > 0 { llm(\"many\") } else { llm(\"few\") }", "if n > 0 { \"many\" } else { \"few\" }"] {
        let program = Program::paying(&server).file("p.rhai", format!("{head}{last}"));
        let ran = program.args(["run", "p.rhai"]).run().ok();
        assert!(ran.stdout.to_lowercase().starts_with("many"), "{}", ran.stdout);
        program.args(["replay", "last"]).run().ok();
        let store = rusqlite::Connection::open(program.state().join("rhizo.db")).expect("the store");
        store.execute("DELETE FROM effects WHERE kind = 'heard'", ()).expect("no readings");
        drop(store);
        program.args(["replay", "last"]).run().code(1).says(told).does_not_say("has changed");
    }
    let plain = Program::paying(&server).file("p.rhai", "llm(\"a\")");
    plain.args(["run", "p.rhai"]).run().ok();
    let plain = plain.file("p.rhai", "llm(\"b\")");
    plain.args(["replay", "last"]).run().code(1).does_not_say(told);
}
