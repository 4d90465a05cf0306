//! A command that fails where JSON is wanted: one document, in one form, whoever fails; and what a person reads instead.

use crate::support::program::Program;
use serde_json::json;

#[test]
fn every_failure_is_one_document() {
    let program = Program::offline().file("bad.toml", "");
    for (args, code, kind) in [
        (&["models", "show", "gpt-5-mino", "--json"][..], 1, "not_found"),
        (&["models", "prices", "--update", "missing.json", "--json"], 1, "io"),
        (&["models", "prices", "nothing-like-it", "--json"], 1, "not_found"),
        (&["models", "explain", "--role", "boss", "--json"], 2, "not_found"),
        (&["models", "explain", "--strategy", "best", "--json"], 1, "invalid"),
        (&["models", "list", "--remote", "offline", "--json"], 1, "invalid"),
        (&["config", "show", "limit", "--json"], 1, "not_found"),
        (&["runs", "show", "none", "--json"], 1, "not_found"),
        (&["tools", "show", "zzz", "--json"], 1, "not_found"),
        (&["scripts", "show", "zzz", "--json"], 1, "not_found"),
        (&["ask", "q", "--context", "none.txt", "--json"], 1, "not_found"),
        (&["ask", "--json"], 2, "invalid"),
        (&["ask", "q", "--model", "nowhere/big", "--json"], 2, "not_found"),
        (&["eval", "1", "--max-calls", "many", "--json"], 2, "config"),
        (&["eval", "1", "--max-cals", "1", "--json"], 2, "invalid"),
        (&["models", "shwo", "--json"], 2, "invalid"),
        (&["eval", "throw 5", "--json"], 1, "script"),
    ] {
        let ran = program.list(args).run().code(code);
        let document = ran.json();
        assert_eq!(document["failure"]["kind"], kind, "{args:?}: {document:#}");
        assert!(document["failure"]["message"].as_str().is_some_and(|text| !text.is_empty()), "{document:#}");
        assert_eq!((&document["answer"], &document["status"]), (&json!(null), &json!("failed")), "{args:?}");
        ran.says("error: ");
    }
    let program = Program::new().file("rhizo.toml", "modle = \"x\"\n");
    for args in [["models", "--json"], ["config", "show"], ["eval", "1"], ["doctor", "--json"]] {
        let args = if args.contains(&"--json") { args.to_vec() } else { [&args[..], &["--json"]].concat() };
        let ran = program.list(&args).run().code(3);
        let document = ran.json();
        // The doctor's document is its table, a row of which has failed.
        assert!(document["failure"]["kind"] == "config" || document[0]["ok"] == false, "{args:?}: {document:#}");
    }
}

#[test]
fn usage_names_the_program_and_not_its_file() {
    let program = Program::offline();
    let ran = program
        .args(["eval", "1", "--modle", "x"])
        .after("ln -s \"$0\" other; set -- ./other \"$@\"; exec \"$@\"")
        .run();
    let ran = ran.code(2).says("Usage: rhizo eval");
    ran.does_not_say("other");
    program.args(["eval", "2"]).after("exec ./other \"$@\"").run().ok().prints("2\n");
}

#[test]
fn a_slip_in_a_type_costs_no_call() {
    let server = crate::support::chat::ChatServer::new(|_| crate::support::chat::Reply::text("5"));
    let program = Program::served_by(&server);
    for (schema, says) in [
        ("#{n: \"integerr\"}", "there is no type `integerr`"),
        ("#{type: \"integerr\"}", "did you mean `integer`?"),
        ("#{type: \"object\", properties: #{n: #{type: \"numbr\"}}}", "did you mean `number`?"),
        ("#{total: \"intt\"}", "did you mean `int`?"),
        ("#{n: \"object\"}", "does not say what is in it"),
        ("#{n: \"list\"}", "does not say what is in it"),
    ] {
        let code = format!("llm(\"q\", #{{schema: {schema}}})");
        program.args(["eval", &code]).run().code(1).says(says);
    }
    program.args(["ask", "q", "--schema", "{\"sure\": \"boool\"}"]).run().says("did you mean `bool`?");
    assert_eq!(server.asks().len(), 0);
}
