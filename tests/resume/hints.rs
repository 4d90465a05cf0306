//! How a run that ended too soon says that it can go on.

use super::{asked, holding, newest_id};
use crate::support::chat::{ChatServer, Reply};
use crate::support::program::{Program, Running};

const TWO: &str = "llm(\"a\", #{max_tokens: 100}) + llm(\"b\", #{max_tokens: 100})";

#[test]
fn who_stops_a_run_is_told_how_it_goes_on() {
    let server = holding(1);
    let program = Program::paying(&server).file("two.rhai", TWO);
    let running = program.args(["run", "two.rhai"]).start();
    server.wait_for(2);
    running.interrupt();
    let told = running.end().code(130).stderr;
    let hint = format!("hint: rhizo resume {} goes on; what was answered is not asked again", newest_id(&program));
    assert!(told.contains(&hint), "{told}");
    let again = program.args(["resume", &newest_id(&program), "--quiet"]).run().ok();
    assert!(!again.stderr.contains("hint:"), "{}", again.stderr);
    assert_eq!(asked(&server), ["a", "b", "b"]);
}

#[test]
fn who_stops_a_run_that_has_yet_to_go_on_pays_for_nothing() {
    let server = holding(usize::MAX);
    let program = Program::paying(&server).file("two.rhai", TWO);
    program.args(["run", "two.rhai", "--max-calls", "1"]).run().code(5);
    // Another process has the store, so that the run waits for its turn.
    let store = rusqlite::Connection::open(program.state().join("rhizo.db")).expect("the store");
    store.execute_batch("BEGIN IMMEDIATE").expect("locked");
    let running = program.args(["resume", "last", "--max-calls", "9", "--events", "events"]).start();
    let begun = std::time::Instant::now();
    // It is made after everything that a signal gives up at once.
    while !program.project().join("events").exists() {
        assert!(begun.elapsed().as_secs() < 60, "the events have a file");
        std::thread::yield_now();
    }
    running.interrupt();
    store.execute_batch("ROLLBACK").expect("unlocked");
    running.end().code(130);
    assert_eq!(asked(&server), ["a"]);
}

#[test]
fn who_stops_a_look_at_a_log_ends_its_program_and_is_told_how_the_run_goes_on() {
    let server = holding(usize::MAX);
    let program = Program::paying(&server).file("two.rhai", TWO);
    program.args(["run", "two.rhai", "--max-calls", "1"]).run().code(5);
    let (id, program) = (newest_id(&program), program.file("two.rhai", "loop {}"));
    for stop in [Running::interrupt, Running::terminate] {
        for (command, is_told) in [("resume", true), ("replay", false)] {
            let running = program.args([command, &id, "--json"]).start();
            running.wait_until_it_hears_interrupts();
            stop(&running);
            let ran = running.end().code(130).does_not_say("panicked");
            let (document, hint) = (ran.json(), format!("rhizo resume {id} goes on"));
            assert_eq!(document["status"], "cancelled", "{document:#}");
            assert_eq!(document["run"] == id.as_str(), is_told, "{document:#}");
            assert_eq!(ran.stderr.contains(&hint), is_told, "{}", ran.stderr);
        }
    }
    assert_eq!(asked(&server), ["a"]);
}

#[test]
fn a_limit_and_a_mistake_are_told_likewise() {
    let server = holding(usize::MAX);
    let program = Program::paying(&server).file("two.rhai", TWO).file("wrong.rhai", "let a = llm(\"a\"); nothing()");
    let hint = "goes on, with what was wrong put right; what was answered is not asked again";
    program.args(["run", "two.rhai", "--max-calls", "1"]).run().code(5).says(hint);
    program.args(["run", "wrong.rhai"]).run().code(1).says(hint);
    program.args(["run", "wrong.rhai", "--quiet"]).run().code(1).says(hint).says(&newest_id(&program));
}

/// Answers in this order: cut by a limit, by a filter, or whole.
fn answering(replies: &'static [(&'static str, &'static str)]) -> ChatServer {
    ChatServer::new(move |ask| match replies[ask.number] {
        ("cut", text) => Reply::cut(text),
        ("filtered", text) => Reply::filtered(text),
        (_, text) => Reply::text(text),
    })
}

/// A program, what the server answers and how, how many calls have been made at each end, and what is printed.
type Case = (&'static str, &'static [(&'static str, &'static str)], &'static [usize], &'static str);

#[test]
fn an_answer_of_no_use_that_ended_a_run_is_asked_for_again() {
    const SUM: &str = "llm(\"a\") + llm(\"b\")";
    const TYPED: &str = "let n = llm(\"a\", #{schema: #{n: \"int\"}}).n; llm(\"b\") + n";
    const CASES: [Case; 3] = [
        (SUM, &[("", "one "), ("cut", "tw"), ("cut", "tw"), ("", "two")], &[2, 3, 4], "one two\n"),
        (SUM, &[("", "one "), ("filtered", "tw"), ("", "two")], &[2, 3], "one two\n"),
        (TYPED, &[("", "no"), ("", "no"), ("", "no"), ("", "{\"n\": 7}"), ("", "of ")], &[3, 5], "of 7\n"),
    ];
    for (code, replies, asks, printed) in CASES {
        let server = answering(replies);
        let program = Program::paying(&server).file("two.rhai", code);
        let mut ended = program.args(["run", "two.rhai"]).run().says("goes on, with what was wrong put right");
        assert_eq!(server.asks().len(), asks[0], "{code}");
        for asked in &asks[1..] {
            ended = program.args(["resume", &newest_id(&program)]).run();
            assert_eq!(server.asks().len(), *asked, "{code}");
        }
        ended.ok().prints(printed);
        program.args(["resume", &newest_id(&program)]).run().ok().says("had completed");
        assert_eq!(server.asks().len(), asks[asks.len() - 1], "{code}");
    }
}

#[test]
fn an_answer_of_no_use_that_a_program_went_past_is_not() {
    let server = answering(&[("cut", "on"), ("", "two")]);
    let code = "let a = \"none \"; try { a = llm(\"a\") } catch (e) { } print(a + llm(\"b\")); nothing()";
    let program = Program::paying(&server).file("two.rhai", code);
    program.args(["run", "two.rhai"]).run().code(1).prints("none two\n");
    program.args(["resume", &newest_id(&program)]).run().code(1).prints("none two\n");
    assert_eq!(server.asks().len(), 2);
}

#[test]
fn what_has_no_answers_has_nothing_to_go_on_with() {
    let program = Program::offline().file("wrong.rhai", "nothing()");
    program.args(["run", "wrong.rhai"]).run().code(1).does_not_say("rhizo resume");
    let server = ChatServer::new(|_| Reply::refusal(401, "no such key"));
    let refused = Program::served_by(&server).file("one.rhai", "llm(\"a\")");
    refused.args(["run", "one.rhai"]).run().code(4).does_not_say("rhizo resume");
    let program = Program::offline().file("tool.rhai", "TOOL(\"calculate\", #{expression: \"1 + 1\"}); nothing()");
    program.args(["run", "tool.rhai"]).run().code(1).says("rhizo resume");
}

#[test]
fn what_another_context_costs_is_said_before() {
    let server = holding(1);
    let code = "let all = context.text(); llm(\"a\") + llm(all)";
    let program = Program::paying(&server).file("two.rhai", code).file("long.txt", "one");
    let running = program.args(["run", "two.rhai", "--context", "long.txt"]).start();
    server.wait_for(2);
    running.kill();
    running.end();
    let program = program.file("long.txt", "another");
    let id = newest_id(&program);
    let told = program.args(["resume", &id]).run().ok().stderr;
    assert!(told.contains("its documents have other names or sizes") && told.contains("1 replayed"), "{told}");
    assert_eq!(asked(&server), ["a", "one", "another"]);
}
