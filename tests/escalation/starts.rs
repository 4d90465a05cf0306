//! Which role begins as the root of a run: learned from the verdicts of earlier runs, unless somebody names one.

use super::{arms, asked, credits, decided, model, priced};
use crate::support::chat::{ChatServer, Reply};
use crate::support::program::Program;

const WORDS: [&str; 14] = [
    "copper", "timber", "wool", "salt", "barley", "amber", "linen", "cedar", "honey", "tar", "hemp", "cod", "silk",
    "tin",
];

/// The small model can do sums, and nothing about ships.
fn server() -> ChatServer {
    ChatServer::new(|ask| {
        let able = ask.last().contains("sum") || ask.messages().iter().any(|(_, text)| text.contains("the sum of"));
        Reply::text(if able || model(ask) != "small" { "7" } else { "I cannot say" })
    })
}

/// Runs of both kinds by a worker and an architect, each with a value that must be a number.
fn experienced(server: &ChatServer) -> Program {
    let program = priced(server, [10, 60, 100], "price = 0.3\nmost = 0");
    let words = WORDS.map(|word| format!("\"{word}\"")).join(", ");
    let code = format!(
        "for word in [{words}] {{ for role in [\"worker\", \"architect\"] {{\n\
         rlm(`what is the sum of all ${{word}} in the store`, #{{role: role, schema: \"int\"}});\n\
         try {{ rlm(`which ship carries the ${{word}} of the harbour`, #{{role: role, schema: \"int\"}}); }} catch (e) {{}}\n}} }}"
    );
    program.args(["eval", &code]).run().ok();
    program
}

#[test]
fn evidence_changes_who_begins_a_run_and_a_name_overrules_it() {
    let server = server();
    let program = experienced(&server);
    let outcomes = credits(&program, "start");
    let count = |row: &str| outcomes.iter().filter(|other| *other == row).count();
    assert_eq!((count("worker success"), count("worker fail")), (14, 14), "{outcomes:?}");
    assert_eq!((count("architect success"), count("architect fail")), (28, 0), "{outcomes:?}");
    let first = |question: &str, more: &[&str]| {
        let before = server.asks().len();
        let args = [&["ask", question, "--schema", "\"int\"", "--quiet"], more].concat();
        program.list(&args).run().ok().prints("7\n");
        asked(&server)[before..].to_vec()
    };
    let (sum, ship) = ("what is the sum of all zinc in the store", "which ship carries the zinc of the harbour");
    let begun = first(sum, &[]);
    let told = decided(&program);
    assert_eq!(begun, ["small"], "what the cheapest could do it does again: {told:#?}");
    assert_eq!(
        (arms(&told), &told[0]["decider"], &told[0]["action"]),
        (vec!["worker"], &"learned".into(), &"start".into())
    );
    assert_eq!(first(ship, &[]), ["large"], "what it could not is left to the role that begins by rule");
    assert_eq!(first(sum, &["--role", "architect"]), ["large"]);
    assert_eq!(first(sum, &["--model", "middle"]), ["middle"]);
    let set = program.env("RHIZO_MEMORY_ENABLED", "false");
    let before = server.asks().len();
    set.args(["ask", sum, "--quiet"]).run().ok();
    assert_eq!(asked(&server)[before..], ["large"], "without a memory the rule decides");
}

#[test]
fn a_run_without_a_verdict_teaches_nothing_of_who_begins() {
    let server = server();
    let program = priced(&server, [10, 60, 100], "");
    program.args(["ask", "what is the sum of all tin in the store", "--quiet"]).run().ok();
    assert_eq!(credits(&program, "start"), Vec::<String>::new());
    program.args(["ask", "what is the sum of all tin in the store", "--schema", "\"int\"", "--quiet"]).run().ok();
    assert_eq!(credits(&program, "start"), ["architect success"]);
}

#[test]
fn a_run_that_another_role_had_to_finish_is_a_failure_of_the_one_that_began() {
    let server = ChatServer::new(|ask| match model(ask).as_str() {
        "small" => Reply::code("nothing_of_that_name(1)"),
        _ => Reply::code("FINAL(7)"),
    });
    let program = priced(&server, [10, 60, 100], "");
    let args = ["ask", "how many?", "--schema", "\"int\"", "--role", "worker", "--recursive", "--quiet"];
    program.args(args).run().ok().prints("7\n");
    assert_eq!(asked(&server), ["small", "small", "middle"]);
    assert_eq!(credits(&program, "start"), ["worker fail"]);
}

#[test]
fn schemas_of_the_command_line_are_texts_or_files_and_bind_the_answer() {
    let server = ChatServer::new(|ask| Reply::code(if ask.turn() == 1 { "FINAL(\"many\")" } else { "FINAL(#{n: 7})" }));
    let program = Program::served_by(&server).file("answer.json", "{\"n\": \"int\"}");
    let args = ["ask", "how many?", "--schema", "answer.json", "--recursive", "--json"];
    let document = program.args(args).run().ok().json();
    assert_eq!((&document["answer"]["n"], &document["turns"]), (&7.into(), &2.into()), "{document}");
    for (given, told) in [("missing.json", "cannot be read"), ("{n}", "is not JSON"), ("{\"n\": \"integr\"}", "integr")]
    {
        drop(program.args(["ask", "q", "--schema", given]).run().code(2).says(told));
    }
    drop(program.args(["ask", "q", "--schema", "int 5..1"]).run().code(2).says("the range is empty"));
    assert_eq!(server.asks().len(), 2, "a wrong schema is told before anything is paid");
    let server = ChatServer::new(|_| Reply::text("7"));
    let program = Program::served_by(&server);
    for form in ["int", "\"int\"", "int 1..9"] {
        program.args(["ask", "how many?", "--schema", form]).run().ok().prints("7\n");
    }
}

#[test]
fn tasks_that_differ_in_numbers_alone_are_one_and_the_reason_says_so() {
    let server = server();
    let program = priced(&server, [10, 60, 100], "");
    let ask = |count: u32| {
        let check = "#{check: |a| a == \"7\"}";
        let code =
            format!("for n in 0..{count} {{ llm(`Invoice ${{n}}: what is the sum of line ${{n + 70}}?`, {check}); }}");
        program.args(["eval", &code]).run().ok();
    };
    ask(9);
    ask(1);
    let told = decided(&program);
    let reason = "the rule: too few similar episodes: 9 are of this one task and count as one";
    assert_eq!((arms(&told), told[0]["reason"].as_str()), (vec!["worker"], Some(reason)), "{told:#?}");
}
