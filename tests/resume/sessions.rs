//! Sessions of the REPL that go on: variables, functions, results, and the input that had not ended.

use super::{Gate, asked, newest_id};
use crate::repl::terminal::Terminal;
use crate::support::chat::{ChatServer, Reply};
use crate::support::program::Program;

#[test]
fn a_session_has_its_variables_and_functions_again() {
    let gate = Gate::default();
    gate.open();
    let server = gate.server();
    let program = Program::paying(&server);
    let input =
        "let a = llm(\"a\");\nfn twice(x) { x + x }\nlet b = twice(a);\nprint(b)\nb\nmissing\nlet c = _ + \"!\";\n";
    program.args([]).stdin(input).run().code(1);
    let id = newest_id(&program);
    let ran = program.args(["resume", &id]).stdin("print(a + b + c)\ntwice(b)\nout(1)\n").run().ok();
    assert_eq!(ran.stdout, "AAAAA!\nAAAA\nAA\n", "{}", ran.stderr);
    assert_eq!(asked(&server), ["a"], "nothing was asked again");
    for word in ["--dry-run", "--strict", "n=1"] {
        program.args(["resume", &id, word]).run().code(2).says("has no program to look ahead in");
    }
    // It can go on more than once.
    program.args(["resume", &id]).stdin("twice(c)\n").run().ok().prints("AA!AA!\n");
    assert_eq!(asked(&server), ["a"]);
}

#[test]
fn the_answer_of_a_question_keeps_its_number() {
    let gate = Gate::default();
    gate.open();
    let server = gate.server();
    let program = Program::paying(&server);
    program.args([]).stdin("1 + 1\n.ask why\n_ + \"!\"\n").run().ok().prints("2\nWHY\nWHY!\n");
    let id = newest_id(&program);
    let ran = program.args(["resume", &id]).stdin("_ + out(1)\nout(2) + answer\n").run().ok();
    assert_eq!(ran.stdout, "WHY!2\nWHYWHY\n", "{}", ran.stderr);
    assert_eq!(asked(&server), ["why"], "nothing was asked again");
}

#[test]
fn a_session_that_goes_on_shows_json_if_that_is_wanted() {
    let program = Program::offline();
    program.args([]).stdin("let a = \"x\";\n").run().ok();
    let ran = program.args(["resume", "last", "--json"]).stdin("a\nprint(1)\n").run().ok();
    assert_eq!(ran.stdout, "\"x\"\n", "{}", ran.stderr);
    ran.says("1\n");
}

#[test]
fn an_input_that_was_under_way_is_finished() {
    let gate = Gate::default();
    let server = gate.server();
    let program = Program::paying(&server);
    gate.pass(1);
    let running = program.args([]).stdin("let a = llm(\"a\");\nlet d = llm(\"d\") + a;\n").start();
    gate.wait_for_held(1);
    running.kill();
    running.end();
    gate.open();
    let id = newest_id(&program);
    let ran = program.args(["resume", &id]).stdin("d + \"!\"\n").run().ok();
    assert_eq!(ran.stdout, "DA!\n", "{}", ran.stderr);
    assert_eq!(asked(&server), ["a", "d", "d"]);
    let ran = program.args(["resume", &id]).stdin("d\n").run().ok();
    assert_eq!((ran.stdout.as_str(), server.asks().len()), ("DA\n", 3), "{}", ran.stderr);
}

#[test]
fn a_context_whose_name_has_blanks_is_open_again() {
    let program = Program::offline().file("my notes.txt", "tides").file("fares.csv", "route\n");
    for (typed, length) in [("my notes.txt", "5\n"), ("fares.csv \"my notes.txt\"", "11\n")] {
        program.args([]).stdin(format!(".context {typed}\n")).run().ok();
        let id = newest_id(&program);
        program.args(["resume", &id]).stdin("context.len()\n").run().ok().prints(length);
    }
}

/// A session with a loop that Ctrl-C has stopped, and what it told of itself behind it.
fn stopped() -> (Program, String) {
    let program = Program::offline();
    let mut terminal = Terminal::start(&program, &[]);
    terminal.keys("fn one() { 1 } let n = 0; loop { n += one(); if n == 8 { print(\"spin\" + \"ning\") } }\r");
    terminal.see_row("spinning");
    terminal.keys("\u{3}");
    terminal.see("cancelled; the session and its variables are kept");
    terminal.prompt();
    terminal.line("let name = uuid();", "rhizo> let name");
    terminal.line("print(`told ${n} ${name};`)", "told ");
    let told = terminal.screen().lines().find(|row| row.starts_with("told ")).expect("a row").trim_end().to_owned();
    terminal.keys("\u{4}");
    assert_eq!(terminal.end(), 0);
    (program, told)
}

#[test]
fn an_input_that_was_cancelled_is_not_evaluated_again() {
    let (program, told) = stopped();
    let input = "print(`told ${n} ${name};`)\none()\n";
    let ran = program.args(["resume", "last"]).stdin(input).run().ok();
    assert_eq!(ran.stdout, format!("{told}\n1\n"), "{}", ran.stderr);
    // So it is when it goes on once more.
    program.args(["resume", "last"]).stdin(input).run().ok().prints(&format!("{told}\n1\n"));
}

#[test]
fn ctrl_c_ends_an_input_that_is_brought_back() {
    let (program, _) = stopped();
    // As earlier versions wrote it: nothing says that it was cancelled, so it is evaluated again.
    let store = rusqlite::Connection::open(program.state().join("rhizo.db")).expect("the store");
    let older = "UPDATE events SET body = json_remove(body, '$.stopped') WHERE body LIKE '%\"stopped\":%'";
    assert_eq!(store.execute(older, ()), Ok(1));
    let running = program.args(["resume", "last"]).stdin("name.len()\n").start();
    // Before that it may still be on its way, where Ctrl-C ends it as a whole.
    running.wait_until_it_loops();
    running.interrupt();
    let ran = running.end().ok().says("cancelled while it was brought back, what it had set is kept: fn one()");
    assert_eq!(ran.stdout, "36\n", "{}", ran.stderr);
}

/// A session whose last input was stopped by its time limit.
fn timed_out(input: &str) -> Program {
    let program = Program::offline();
    program.args(["--timeout", "0.3"]).stdin(input).run().code(124).says("it took longer than 0.3 s");
    program
}

#[test]
fn what_closures_had_changed_comes_back_and_stays_theirs() {
    let program = timed_out("let n = 1; let add = || { n += 1; };\nfor i in 0..4 { add.call(); } loop {}\n");
    let resume = program.args(["resume", "last", "--timeout", "100"]).stdin("n\nadd.call(); n\n");
    resume.run().ok().does_not_say("no data").prints("5\n6\n");
}

#[test]
fn closures_that_an_input_had_changed_before_it_was_stopped_are_named_and_no_others() {
    let before = "let x = |a| a; let f = |a| a; fn counter() { let c = 0; || { c += 1; c } } let next = counter();";
    let program = timed_out(&format!("{before}\nf = |a| a + 1; next.call(); let max = 7; loop {{}}\n"));
    let input = "`${x.call(1)} ${f.call(1)} ${max}`\nnext.call()\n";
    let ran = program.args(["resume", "last", "--timeout", "100"]).stdin(input).run().ok().prints("1 1 7\n1\n");
    let ran = ran.says("as they were before, as the input that changed them was stopped and they, or what they hold,");
    ran.says("are no data: f, next\n");
}

#[test]
fn what_has_no_form_as_data_is_named_as_lost_with_an_input_that_was_stopped() {
    let program = timed_out("let more = |x| x + 1; let n = 7; loop {}\n");
    let ran = program.args(["resume", "last", "--timeout", "100"]).stdin("n\n").run().ok();
    assert_eq!(ran.stdout, "7\n", "{}", ran.stderr);
    ran.says("the input that set them was stopped and they are no data: more");
}

#[test]
fn the_last_run_is_no_session_where_none_can_be_used() {
    let program = Program::offline();
    program.args(["eval", "40 + 2"]).run().ok();
    let run = newest_id(&program);
    program.args([]).stdin("let a = 1;\n").run().ok();
    let session = newest_id(&program);
    assert_ne!(run, session);
    program.args(["replay", "last"]).run().ok().prints("42\n").says(&format!("run {run} replayed"));
    program.args(["runs", "fork", "last"]).run().ok().says(&format!("are kept of run {run};"));
    // Elsewhere it is the last one, and named by its id it is refused.
    program.args([]).stdin("let b = 2;\n").run().ok();
    let session = newest_id(&program);
    program.args(["resume", "last"]).stdin("print(b)\n").run().ok().prints("2\n");
    program.args(["replay", &session]).run().code(1).says("is a session of the REPL");
    // Where there is nothing but sessions, they are refused as such.
    let alone = Program::offline();
    alone.args([]).stdin("let a = 1;\n").run().ok();
    alone.args(["runs", "fork", "last"]).run().code(1).says("a session of the REPL cannot be forked");
}

#[test]
fn what_closures_of_on_event_had_gathered_is_back() {
    let server = ChatServer::new(|ask| Reply::text(ask.last().to_uppercase()));
    let program = Program::paying(&server);
    let inputs = "let seen = []; on_event(|e| seen.push(e.event));\nllm(\"a\");\nllm(\"b\");\nprint(seen)\n";
    let ran = program.args([]).stdin(inputs).run().ok();
    let seen = ran.stdout.strip_prefix("A\nB\n").expect("the answers");
    assert_eq!(seen.matches("model_finished").count(), 2, "{}", ran.stdout);
    let id = newest_id(&program);
    let again = program.args(["resume", &id]).stdin("print(seen)\nllm(\"c\");\nprint(seen)\n").run().ok();
    let later = again.stdout.strip_prefix(seen).unwrap_or_else(|| panic!("{seen}\n{}", again.stdout));
    assert_eq!(later.matches("model_finished").count(), 3, "{}", again.stdout);
    assert!(!again.stderr.contains("on_event"), "{}", again.stderr);
    assert_eq!(server.asks().len(), 3);
}
