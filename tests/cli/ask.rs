//! `rhizo ask`: the answer alone on standard output, notice and progress on standard error.

use super::project;
use crate::support::chat::{ChatServer, Reply};
use crate::support::program::Program;
use serde_json::{Value, json};

const QUESTION: &str = "When did the harbour open?";

#[test]
fn the_answer_stands_alone_on_standard_output() {
    let program = project();
    let ran = program.args(["ask", QUESTION, "--context", "harbour.txt"]).run().ok();
    assert!(ran.stdout.contains("1884"), "{}", ran.stdout);
    assert!(!ran.stdout.contains("offline"), "{}", ran.stdout);
    ran.says("offline").snapshot("ask_direct");
}

#[test]
fn quiet_shows_the_answer_only() {
    let ran = project().args(["ask", QUESTION, "--context", "harbour.txt", "--quiet"]).run().ok();
    assert!(ran.stdout.contains("1884"));
    assert_eq!(ran.stderr, "");
}

#[test]
fn an_empty_context_is_told() {
    let program = project().file("empty.txt", "").file("bare/a.txt", "").file("bare/b.txt", "");
    let one = program.args(["ask", QUESTION, "--context", "empty.txt"]).run().ok();
    assert_eq!(one.stderr.lines().filter(|line| *line == "note: empty.txt is empty").count(), 1, "{}", one.stderr);
    program.args(["eval", "context.len", "--context", "bare"]).run().ok().says("note: 2 files are empty");
    let with = ["eval", "context.len > 0", "--context", "harbour.txt", "empty.txt"];
    program.args(with).run().ok().prints("true\n").says("note: empty.txt is empty");
    program.args(["eval", "1", "--context", "harbour.txt"]).run().ok().does_not_say("is empty");
    program.args(["eval", "1", "--context", "empty.txt", "--quiet"]).run().ok().does_not_say("is empty");
}

#[test]
fn a_pipe_is_a_context() {
    let ran = Program::offline().args(["ask", QUESTION, "-q"]).stdin(super::HARBOUR).run().ok();
    assert!(ran.stdout.contains("1884"), "{}", ran.stdout);
}

#[test]
fn a_pipe_is_read_once() {
    for args in [&["ask", QUESTION, "--context", "-", "--context", "-"][..], &["eval", "1", "-c", "-", "-"]] {
        let ran = Program::offline().list(args).stdin(super::HARBOUR).run().code(2);
        ran.says("standard input is named twice as the context");
    }
}

#[test]
fn exploring_takes_turns_and_quotes_places() {
    let program = project();
    let ran = program.args(["ask", "How tall is the lighthouse?", "--context", ".", "--recursive"]).run().ok();
    assert!(ran.stdout.contains("31 metres"), "{}", ran.stdout);
    assert!(ran.stdout.contains("harbour.txt"), "{}", ran.stdout);
    ran.says("turn 1 of 20").says("→").snapshot("ask_recursive");
}

#[test]
fn of_several_small_documents_the_answer_names_its_own() {
    let ran = project().args(["ask", QUESTION, "--context", "harbour.txt", "fares.csv", "-q"]).run().ok();
    ran.prints("\"The harbour opened in 1884.\" (harbour.txt:1)\n");
}

#[test]
fn a_long_input_is_explored_by_itself() {
    let filler = "Nothing of interest is said in this line of the log.\n".repeat(4_000);
    let text = format!("{filler}The ferry to the island leaves at half past six.\n{filler}");
    let program = Program::offline().file("log.txt", &text);
    let ran =
        program.args(["ask", "When does the ferry to the island leave?", "--context", "log.txt", "--json"]).run().ok();
    let document = ran.json();
    assert!(document["answer"].as_str().is_some_and(|answer| answer.contains("half past six")), "{document:#}");
    assert!(document["turns"].as_u64().is_some_and(|turns| turns > 0), "{document:#}");
}

#[test]
fn the_document_has_every_field() {
    let ran = project().args(["ask", QUESTION, "--context", ".", "--json"]).run().ok();
    let document = ran.json();
    let fields: Vec<&str> = document.as_object().expect("an object").keys().map(String::as_str).collect();
    assert_eq!(
        fields,
        [
            "answer",
            "status",
            "run",
            "turns",
            "calls",
            "failed_calls",
            "unusable_calls",
            "refused_calls",
            "cached_calls",
            "replayed_calls",
            "input_tokens",
            "output_tokens",
            "estimated",
            "cost_usd",
            "unusable_cost_usd",
            "unpriced_calls",
            "depth",
            "models",
            "substituted",
            "failure"
        ]
    );
    assert_eq!(
        (&document["status"], &document["turns"], &document["calls"]),
        (&json!("completed"), &json!(0), &json!(1))
    );
    assert_eq!((&document["cost_usd"], &document["failure"]), (&json!(0.0), &Value::Null));
    assert_eq!(document["models"][0]["model"], "offline/extract");
    let run = document["run"].as_str().expect("an id");
    ran.says(run);
}

#[test]
fn an_empty_question_is_refused() {
    project().args(["ask", "  "]).run().code(2).snapshot("ask_empty");
    project().args(["ask", ""]).run().code(2).says("the question is empty");
    project().args(["ask"]).run().code(2).snapshot("ask_nothing");
}

#[test]
fn a_question_comes_through_a_pipe() {
    let server = ChatServer::new(|_| Reply::text("31 metres"));
    let program = Program::served_by(&server).file("harbour.txt", super::HARBOUR);
    for args in [
        &["ask", "-", "-q"][..],
        &["ask", "-q"],
        &["ask", "-q", "--context", "harbour.txt"],
        &["ask", "-", "-q", "--context", "harbour.txt"],
    ] {
        program.list(args).stdin("How tall is it?\n").run().ok().prints("31 metres\n");
        let asked = server.asks().last().expect("it was asked").body.to_string();
        assert!(asked.contains("How tall is it?"), "{args:?}: {asked}");
        assert_eq!(asked.contains("harbour opened"), args.contains(&"harbour.txt"), "{args:?}: {asked}");
    }
    let asked = server.asks().len();
    let long = "log\n".repeat(10_000);
    program.args(["ask"]).stdin(&long).run().code(2).says("more than 32768 bytes").says("hint: cat FILE | rhizo ask");
    program.args(["ask", "-"]).stdin(b"\xff").run().code(2).says("standard input holds no text");
    program.args(["ask", "-"]).stdin(" \n").run().code(2).says("the question is empty");
    let both = program.args(["ask", "-", "--context", "-"]).stdin("q").run().code(2);
    both.says("standard input cannot be both the question and the context");
    // Behind a path it is one more of them.
    let behind = program.args(["ask", "--context", "harbour.txt", "-"]).stdin("q").run().code(2);
    behind.says("ask needs a question").says("hint: put the - for a question before --context");
    assert_eq!(server.asks().len(), asked);
}

#[test]
fn a_question_without_context_is_one_call() {
    let document = Program::offline().args(["ask", "What is a harbour?", "--json"]).run().ok().json();
    assert_eq!((&document["turns"], &document["calls"]), (&json!(0), &json!(1)));
}

#[test]
fn binary_files_of_a_folder_are_skipped_and_named() {
    let program = project().file("picture.png", b"\x89PNG\r\n\x1a\n\0\0\0\0");
    let ran = program.args(["ask", QUESTION, "--context", "."]).run().ok().says("skipped picture.png: a PNG picture");
    assert!(ran.stdout.contains("1884"));
    // Of many the first ones; the others are counted.
    let one = (0..5).fold(program, |program, n| program.file(&format!("a{n}.bin"), b"a\0"));
    one.args(["eval", "1", "--context", "."]).run().ok().says("skipped 1 more file: a PNG picture\n");
    let many = one.file("t.gz", b"\x1f\x8b").file("u.bin", b"a\0").file("v.bin", b"a\0");
    let told = "skipped 4 more files: binary (2), a PNG picture (1), gzip-compressed (1)\n";
    many.args(["eval", "1", "--context", "."]).run().ok().says(told);
    many.args(["repl", "--context", "."]).stdin("1\n").run().ok().says(told);
}

#[test]
fn an_answer_without_a_text_is_told_and_counted_and_no_failure() {
    let server = ChatServer::new(|ask| Reply::text(if ask.last().contains("silent") { "" } else { "fine" }));
    let program = Program::paying(&server);
    let ran = program.args(["ask", "stay silent", "--json"]).run().ok();
    let document = ran.json();
    assert_eq!((&document["status"], &document["answer"]), (&json!("completed"), &json!("")), "{document:#}");
    assert_eq!((&document["unusable_calls"], &document["failed_calls"]), (&json!(1), &json!(0)), "{document:#}");
    let note = "is empty: it came to its end without a text";
    let told = ran.says(note).stderr;
    assert_eq!(told.matches(note).count(), 1, "{told}");
    // A check judges it, and counts it once.
    let code = "try { llm(\"silent\", #{check: |a| a != \"\"}) } catch {}";
    let program = program.env("RHIZO_ESCALATION_AUDIT", "0");
    let document = program.args(["eval", code, "--json"]).run().ok().json();
    assert_eq!((&document["unusable_calls"], &document["calls"]), (&json!(2), &json!(2)), "{document:#}");
    let document = program.args(["ask", "speak", "--json"]).run().ok().does_not_say(note).json();
    assert_eq!(document["unusable_calls"], 0, "{document:#}");
}
