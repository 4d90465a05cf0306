//! How a run ends: FINAL refused and accepted, turns exhausted, failures with what was seen before.

use super::long;
use crate::support::chat::{ChatServer, Reply};
use crate::support::program::Program;
use serde_json::json;

#[test]
fn final_is_refused_until_the_context_was_looked_at() {
    let server = ChatServer::root(&["FINAL(\"guess\")", "print(context.line(1)); FINAL(\"seen\")"], "");
    let program = Program::served_by(&server).file("a.txt", long(1_000));
    let ran = program.args(["ask", "When?", "-c", "a.txt"]).run().ok().prints("seen\n");
    ran.says("FINAL refused: the context has not been looked at yet");
    let told = server.asks()[1].last();
    assert!(told.contains("FINAL is refused") && told.contains("context.head(2000)"), "{told}");
}

#[test]
fn a_context_that_was_shown_whole_or_read_by_a_stored_program_has_been_looked_at() {
    let server = ChatServer::root(&["FINAL(\"1884\")"], "");
    let program = Program::served_by(&server).file("a.txt", "It opened in 1884.\n");
    program.args(["ask", "When?", "-c", "a.txt", "--recursive"]).run().ok().prints("1884\n");
    assert!(server.asks()[0].last().contains("--- all of it ---\nIt opened in 1884.\n"), "{}", server.asks()[0].last());
    assert_eq!(server.asks().len(), 1);
    let server = ChatServer::root(&["FINAL(SCRIPT(\"grep_report\", #{pattern: \"Line 7 \"}).total)"], "");
    let program = Program::served_by(&server).file("a.txt", long(1_000));
    program.args(["ask", "How many?", "-c", "a.txt"]).run().ok().prints("1\n");
    assert_eq!(server.asks().len(), 1);
}

#[test]
fn a_stored_program_ends_with_a_value_of_its_own() {
    let server = ChatServer::root(&["FINAL(SCRIPT(\"half\", #{of: 14}).half)"], "");
    let half = "//! +++\n//! summary = \"Halves.\"\n//! [params]\n//! of = \"a number\"\n//! +++\nFINAL(#{half: args.of / 2})\n";
    let program = Program::served_by(&server).file("scripts/half.rhai", half).file("a.txt", "Fourteen.\n");
    let args = ["ask", "how many?", "-c", "a.txt", "--recursive", "--schema", "\"int\""];
    program.args(args).run().ok().prints("7\n").does_not_say("FINAL refused");
}

#[test]
fn an_end_without_an_answer_is_refused_once() {
    for (code, text, told) in [
        ("FINAL(print(\"x\"))", "null\n", "the value is (), as that of `print(x)` is"),
        ("let a = (); FINAL_VAR(\"a\")", "null\n", "the value is ()"),
        ("FINAL(\" \")", " \n", "the value is a blank text"),
    ] {
        let server = ChatServer::new(move |_| Reply::code(code));
        let program = Program::served_by(&server);
        program.args(["ask", "q", "--recursive"]).run().ok().prints(text).says("FINAL refused");
        let asks = server.asks();
        assert!(asks.len() == 2 && asks[1].last().contains(told), "{}", asks[1].last());
        // Whoever wrote a program himself means what it says.
        program.args(["eval", code]).run().ok().does_not_say("refused");
    }
    let server = ChatServer::new(|_| Reply::code("FINAL(\"\")"));
    let args = ["ask", "q", "--recursive", "--schema", "\"string\""];
    Program::served_by(&server).args(args).run().ok().prints("\n").does_not_say("refused");
}

#[test]
fn the_answer_keeps_its_form() {
    for (code, text) in [
        ("FINAL(\"two\\nlines\")", "two\nlines\n"),
        ("FINAL(42)", "42\n"),
        ("FINAL(#{a: [1, 2.5, ()]})", "{\n  \"a\": [\n    1,\n    2.5,\n    null\n  ]\n}\n"),
        ("let answer = [1]; FINAL_VAR(\"answer\")", "[\n  1\n]\n"),
        ("[1, 2].map(|n| FINAL(n)); FINAL(0)", "1\n"),
        ("par_map([7], |n| FINAL(n)); FINAL(0)", "7\n"),
    ] {
        let server = ChatServer::new(move |_| Reply::code(code));
        let ran = Program::served_by(&server).args(["ask", "q", "--recursive"]).run().ok().prints(text);
        ran.does_not_say("exit value");
    }
}

#[test]
fn turns_that_run_out_are_an_error_with_what_was_seen() {
    let server =
        ChatServer::new(|ask| Reply::code(&format!("let clue{0} = \"found in turn {0}\";\nclue{0}", ask.turn())));
    let program = Program::served_by(&server).file("log.txt", long(2_000));
    let call = ["ask", "q", "-c", "log.txt", "--max-turns", "3"];
    let ran = program.args(call).run().code(5).prints("");
    ran.says("the last thing that the run saw")
        .says("found in turn 3")
        .says("# Turns are used up")
        .does_not_say("Turn 4 of 3")
        .says("error: 3 turns passed without FINAL")
        .says("hint: raise --max-turns");
    let asks = server.asks();
    assert_eq!(asks.len(), 3);
    assert!(asks[2].last().contains("This is your last turn"), "{}", asks[2].last());
    assert!(!asks[1].last().contains("last turn"), "{}", asks[1].last());
    assert!(asks[1].last().contains("# Turn 2 of 3") && asks[1].last().contains("turns left: 2"), "{}", asks[1].last());
    let document = program.list(&[&call[..], &["--json"]].concat()).run().code(5).json();
    assert_eq!(
        (&document["status"], &document["answer"], &document["turns"]),
        (&json!("limited"), &json!(null), &json!(3))
    );
    assert_eq!(document["failure"]["kind"], "turns");
    assert!(
        document["failure"]["details"]["partial"].as_str().is_some_and(|text| text.contains("found in turn 3")),
        "{document:#}"
    );
}

#[test]
fn one_turn_is_a_last_turn_too() {
    let server = ChatServer::root(&["FINAL(\"at once\")"], "");
    Program::served_by(&server).args(["ask", "q", "--recursive", "--max-turns", "1"]).run().ok().prints("at once\n");
    let told = server.asks()[0].last();
    assert!(
        told.contains("This is your last turn. Look at what you still need and call FINAL in the same block"),
        "{told}"
    );
}

#[test]
fn a_provider_that_fails_in_a_later_turn_leaves_what_was_seen() {
    let server = ChatServer::new(|ask| match ask.turn() {
        1 => Reply::code("\"the clue\""),
        _ => Reply::refusal(401, "the key has expired"),
    });
    let program = Program::served_by(&server);
    let ran = program.args(["ask", "q", "--recursive"]).run().code(4).prints("");
    ran.says("the clue").says("the key has expired").says("hint:");
    let listed = program.args(["runs", "list", "--json"]).run().ok().json();
    assert_eq!((&listed[0]["status"], &listed[0]["calls"]), (&json!("failed"), &json!(2)));
}

#[test]
fn the_budget_may_end_a_run_between_turns() {
    let server = ChatServer::new(|ask| Reply::code(&format!("\"clue {}\"", ask.turn())));
    let ran = Program::served_by(&server).args(["ask", "q", "--recursive", "--max-calls", "2"]).run().code(5);
    ran.says("clue 2").says("call budget of the run").says("raise --max-calls");
    assert_eq!(server.asks().len(), 2);
    let told = "left: 1 calls; your next answer is the last that is paid: call FINAL in it; turns left";
    assert!(server.asks()[1].last().contains(told), "{}", server.asks()[1].last());
    assert!(!server.asks()[0].last().contains("call FINAL in it"), "{}", server.asks()[0].last());
}

#[test]
fn a_role_has_its_own_instructions_and_model() {
    let server = ChatServer::new(|ask| Reply::code(&format!("FINAL({})", ask.body["model"])));
    let text = format!(
        "[models.a]\nbase_url = \"{0}\"\nname = \"m-a\"\n[models.b]\nbase_url = \"{0}\"\nname = \"m-b\"\n\
         [roles.architect]\nmodels = [\"a\"]\n[roles.auditor]\nmodels = [\"b\"]\nsystem = \"Trust nobody.\"\n",
        server.base_url()
    );
    let program = Program::new().file("rhizo.toml", text);
    program.args(["ask", "q", "--recursive"]).run().ok().prints("m-a\n");
    program.args(["ask", "q", "--recursive", "--role", "auditor"]).run().ok().prints("m-b\n");
    let instructions = server.asks()[1].messages()[0].1.clone();
    assert!(instructions.contains("rhizo, a REPL") && instructions.contains("Trust nobody."), "{instructions}");
}

#[test]
fn a_program_that_fails_again_as_it_is_ends_the_run() {
    let server = ChatServer::new(|_| Reply::code("nothing_of_that_name(1)"));
    let program = Program::served_by(&server);
    let ran = program.args(["ask", "q", "--recursive"]).run().code(5).prints("");
    ran.says("error: the program of turn 1 failed 4 times in a row, each time the same")
        .says("hint: choose a stronger --model")
        // It would replay the same turns to the same end.
        .does_not_say("hint: rhizo resume");
    let asks = server.asks();
    assert_eq!(asks.len(), 4);
    let told = "this is the program of turn 1 again, with the same outcome: do something else";
    assert!(!asks[1].last().contains(told) && asks[2].last().contains(told), "{}", asks[2].last());
}

#[test]
fn another_program_or_another_outcome_is_no_repetition() {
    let server = ChatServer::new(|ask| match ask.turn() {
        9 => Reply::code("FINAL(\"done\")"),
        1 | 2 | 4 | 5 => Reply::code("nothing_of_that_name(1)"),
        3 => Reply::code("nothing_of_that_name(2)"),
        _ => Reply::code("let seen = 1; 1"),
    });
    let program = Program::served_by(&server);
    program.args(["ask", "q", "--recursive"]).run().ok().prints("done\n");
    let told: Vec<bool> = server.asks().iter().map(|ask| ask.last().contains("this is the program of turn")).collect();
    assert_eq!(told, [false, false, true, false, false, true, false, false, false]);
    let server = ChatServer::new(|ask| match ask.turn() {
        7 => Reply::code("FINAL(\"done\")"),
        _ => Reply::code("throw `no ${random()}`"),
    });
    Program::served_by(&server).args(["ask", "q", "--recursive"]).run().ok().prints("done\n");
}

#[test]
fn a_program_that_asks_again_what_was_down_is_no_repetition() {
    let server = ChatServer::new(|ask| match ask.turn() {
        6 => Reply::code("FINAL(\"done\")"),
        _ => Reply::code("throw #{kind: \"tool\", message: \"the index is down\"}"),
    });
    Program::served_by(&server).args(["ask", "q", "--recursive"]).run().ok().prints("done\n");
    assert!(server.asks().iter().all(|ask| !ask.last().contains("this is the program of turn")));
}
