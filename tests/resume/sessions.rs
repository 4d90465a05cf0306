//! Sessions of the REPL that go on: variables, functions, results, and the input that had not ended.

use super::{Gate, asked, newest_id};
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
