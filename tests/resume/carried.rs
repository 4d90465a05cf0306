//! What an input or a turn had been answered before it failed: the next one that asks the same does not pay for it again.

use super::{Gate, asked, newest, newest_id};
use crate::repl::terminal::Terminal;
use crate::support::chat::{Ask, ChatServer, Reply};
use crate::support::program::Program;
use serde_json::json;

/// What a session says where an input has failed, and where another one has used its answers.
const KEPT: &str = "kept for the next input that asks the same: ";
const AGAIN: &str = "note: used again: ";

/// Two inputs, the first of them with a typo behind a batch.
const TYPO: &str = "let r = llm_batch([\"p1\", \"p2\", \"p3\"]).map(|a| a.uper());\n";
const RIGHT: &str = "let r = llm_batch([\"p1\", \"p2\", \"p3\"]).map(|a| a.len());\n";

/// A server that answers each prompt with itself and the number of the request.
fn numbering() -> ChatServer {
    ChatServer::new(|ask| Reply::text(format!("{} {}", ask.last(), ask.number)).usage(20, 10))
}

/// What a server was asked, in alphabetical order: items of a batch are asked in any.
fn sorted(server: &ChatServer) -> Vec<String> {
    let mut asked = asked(server);
    asked.sort();
    asked
}

/// How many calls of a run `runs show` has as answered before.
fn answered_before(program: &Program, id: &str) -> usize {
    program.args(["runs", "show", id, "--all"]).run().ok().stdout.matches(" · answered before · ").count()
}

#[test]
fn a_typo_behind_a_batch_costs_nothing_where_no_call_is_left_either() {
    let server = numbering();
    let program = Program::paying(&server);
    let ran = program.args(["--max-calls", "3"]).stdin(format!("{TYPO}{RIGHT}r\n")).run().code(1);
    let ran = ran.prints("[4, 4, 4]\n").says(&format!("{KEPT}3 answers")).says(&format!("{AGAIN}3 answers of code"));
    ran.says("3 calls · 60 in + 30 out tokens · ");
    assert_eq!(sorted(&server), ["p1", "p2", "p3"]);
    let (id, row) = (newest_id(&program), newest(&program));
    assert_eq!((&row["calls"], &row["cost_usd"]), (&json!(3), &json!(90.0 / 1e9)), "{row:#}");
    assert_eq!(answered_before(&program, &id), 3);
    program.args(["doctor", "--no-call"]).run().ok();
    program.args(["resume", &id]).stdin("r\n").run().ok().prints("[4, 4, 4]\n");
    assert_eq!((server.asks().len(), &newest(&program)["calls"]), (3, &json!(3)));
}

#[test]
fn each_answer_is_used_once_until_an_input_that_asks_ends_well() {
    let server = numbering();
    let program = Program::paying(&server);
    let inputs = "llm(\"a\"); throw \"no\"\n1 + 1\nlet x = llm(\"a\"); throw \"no\"\nllm(\"b\"); throw \"no\"\n\
        [llm(\"a\"), llm(\"b\"), llm(\"a\")].join(\", \")\nllm(\"a\")\n";
    let ran = program.args([]).stdin(inputs).run().code(1).prints("2\na 0, b 1, a 2\na 3\n");
    ran.says(&format!("{AGAIN}1 answer of code")).says(&format!("{AGAIN}2 answers of code"));
    assert_eq!(asked(&server), ["a", "b", "a", "a"]);
    program.args(["resume", "last"]).stdin("out(-1)\n").run().ok().prints("a 3\n");
    assert_eq!(server.asks().len(), 4);
}

#[test]
fn a_session_that_goes_on_has_what_its_last_input_was_answered() {
    let server = numbering();
    let program = Program::paying(&server);
    program.args([]).stdin(TYPO).run().code(1);
    let id = newest_id(&program);
    for input in [format!("{RIGHT}r\n"), "r\n".to_owned()] {
        program.args(["resume", &id]).stdin(&input).run().ok().prints("[4, 4, 4]\n");
        assert_eq!(sorted(&server), ["p1", "p2", "p3"], "{input}");
    }
}

#[test]
fn an_answer_of_no_use_is_asked_for_again() {
    let server = ChatServer::new(|ask| if ask.number == 0 { Reply::cut("half") } else { Reply::text("whole") });
    let program = Program::paying(&server);
    program.args([]).stdin("llm(\"x\")\nllm(\"x\")\n").run().code(4).prints("whole\n").does_not_say(KEPT);
    assert_eq!(server.asks().len(), 2);
}

#[test]
fn what_a_check_refused_is_of_use_only_where_the_check_let_another_answer_pass() {
    let checked = "llm(\"q\", #{check: |a| a == \"good\"})";
    for (bad, input, asks) in
        [(1, format!("let x = {checked}; throw \"no\"\n{checked}\n"), 2), (2, format!("{checked}\n{checked}\n"), 3)]
    {
        let server = ChatServer::new(move |ask| Reply::text(if ask.number < bad { "bad" } else { "good" }));
        let program = Program::paying(&server);
        let settings = std::fs::read_to_string(program.project().join("rhizo.toml")).expect("a file");
        let program = program.file("rhizo.toml", format!("{settings}[escalation]\naudit = 0\n"));
        program.args([]).stdin(&input).run().code(1).prints("good\n");
        assert_eq!(server.asks().len(), asks, "{input}");
    }
}

#[test]
fn a_child_run_of_an_input_that_failed_answers_the_next_one() {
    let server = ChatServer::new(|ask| Reply::text(format!("leaf {}", ask.number)).usage(20, 10));
    let program = Program::paying(&server);
    let input = "let a = rlm(\"small\", \"a text\"); throw \"no\"\nrlm(\"small\", \"a text\")\n";
    program.args([]).stdin(input).run().code(1).prints("leaf 0\n").says("1 call · 20 in + 10 out tokens · ");
    let id = newest_id(&program);
    program.args(["resume", &id]).stdin("out(-1)\n").run().ok().prints("leaf 0\n");
    let (all, row) = (program.args(["runs", "list", "--all", "--json"]).run().ok().json(), newest(&program));
    assert_eq!((all.as_array().map(Vec::len), &row["calls"]), (Some(2), &json!(1)), "{all:#}");
    assert_eq!(server.asks().len(), 1);
}

#[test]
fn what_a_batch_had_been_answered_when_ctrl_c_stopped_it_is_not_paid_again() {
    let gate = Gate::default();
    let server = gate.server();
    gate.pass(4);
    let program = Program::paying(&server);
    let mut terminal = Terminal::with(&program, &[], 80, &[]);
    let line = "llm_batch([\"a\", \"b\", \"c\", \"d\", \"e\"]).len()";
    terminal.keys(&format!("{line}\r"));
    terminal.see("batch 4 of 5");
    terminal.keys("\u{3}");
    terminal.see(&format!("{KEPT}4 answers"));
    terminal.prompt();
    gate.open();
    terminal.line(line, "out(1) = 5");
    terminal.see(&format!("{AGAIN}4 answers"));
    assert_eq!(server.asks().len(), 6, "the fifth was asked twice");
}

#[test]
fn what_a_stopped_input_had_taken_over_is_not_taken_twice_by_a_session_that_goes_on() {
    let gate = Gate::default();
    let server = gate.server();
    gate.pass(4);
    let program = Program::paying(&server);
    let whole = "llm_batch([\"a\", \"b\", \"c\", \"d\", \"e\"]).len()\n";
    let running =
        program.args([]).stdin(format!("llm_batch([\"a\", \"b\", \"c\", \"d\"]); throw \"no\"\n{whole}")).start();
    gate.wait_for_held(1);
    running.interrupt();
    running.end().code(130).says(&format!("{AGAIN}4 answers")).says(&format!("{KEPT}4 answers"));
    gate.open();
    let id = newest_id(&program);
    let more = "llm_batch([\"a\", \"b\", \"c\", \"d\", \"e\", \"a\"]).len()\n";
    program.args(["resume", &id]).stdin(more).run().ok().prints("6\n").says(&format!("{AGAIN}4 answers"));
    assert_eq!(sorted(&server), ["a", "a", "b", "c", "d", "e", "e"]);
    assert_eq!(answered_before(&program, &id), 8, "those of the stopped input are shown too");
}

/// A root whose first two turns fail behind the same batch.
fn slips(ask: &Ask) -> Reply {
    if !ask.is_root() {
        return Reply::text(ask.last().to_uppercase()).usage(20, 10);
    }
    Reply::code(match ask.turn() {
        1 => "let all = llm_batch([\"p1\", \"p2\"]).map(|a| a.uper()); all",
        2 => "let all = llm_batch([\"p1\", \"p2\"]).map(|a| a.lover()); all",
        _ => "FINAL(llm_batch([\"p1\", \"p2\"]).join(\" \"))",
    })
    .usage(100, 10)
}

#[test]
fn a_root_does_not_pay_again_for_what_its_turns_before_were_answered() {
    let gate = Gate::default();
    let server = gate.server_of(slips);
    gate.pass(4);
    let program = Program::paying(&server);
    let running = program.args(["ask", "which?", "--recursive"]).start();
    gate.wait_for_held(1);
    running.kill();
    running.end();
    gate.open();
    let id = newest_id(&program);
    let document = program.args(["resume", &id, "--json"]).run().ok().json();
    assert_eq!((&document["answer"], &document["turns"]), (&json!("P1 P2"), &json!(3)), "{document:#}");
    let asks = server.asks();
    assert_eq!(asks.len(), 6, "two turns and two leaves once, and the third turn twice");
    assert_eq!(asks[4].messages(), asks[5].messages(), "it was told what it was told before");
    let is_told = |(_, text): &(String, String)| text.contains("used again: 2 answers of code that had failed");
    assert_eq!(asks[5].messages().iter().filter(|message| is_told(message)).count(), 1, "of its second turn");
    assert_eq!(answered_before(&program, &id), 4);
    program.args(["replay", &id]).run().ok().prints("P1 P2\n");
    let fork = program.args(["runs", "fork", &id]).run().ok().stdout;
    program.args(["resume", fork.trim()]).run().ok().prints("P1 P2\n");
    assert_eq!(server.asks().len(), 6);
    program.args(["doctor", "--no-call"]).run().ok();
}
