//! Standard input that is no terminal: statements are evaluated as they come.

use super::project;
use serde_json::{Value, json};

#[test]
fn statements_of_a_pipe_are_evaluated_one_by_one() {
    let input =
        "let a = 20;\nfn twice(x) {\n  x * 2\n}\n\ntwice(a) + 2\n_ + 1\nprint(\"printed\")\n.help exit\n\"last\"";
    let ran = project().args([]).stdin(input).run().ok();
    assert_eq!(ran.stdout, "42\n43\nprinted\n.exit\n  Leaves, as `.quit` and Ctrl-D do.\nlast\n");
    assert_eq!(ran.stderr, "");
}

#[test]
fn a_body_may_begin_below_the_head_of_a_function() {
    project().args([]).stdin("fn twice(x)\n{\n  x * 2\n}\ntwice(21)\n").run().ok().prints("42\n");
}

#[test]
fn an_underscore_behind_an_escaped_dollar_is_text() {
    project().args([]).stdin("7\n`\\${_} ${_}`\n").run().ok().prints("7\n${_} 7\n");
}

#[test]
fn a_failure_is_told_and_decides_the_code() {
    let ran = project().args(["repl"]).stdin("let a = 1;\nmissing\na + 1\n").run().code(1);
    assert_eq!(ran.stdout, "2\n");
    ran.says("error: there is no variable `missing`");
    project().args([]).stdin("throw \"first\"\n1 +").run().code(1).says("syntax error");
    project().args([]).stdin("1\nexit\nmissing\n").run().ok().prints("1\n");
    project().args(["--max-calls", "0"]).stdin("llm(\"a\")\n").run().code(5);
}

#[test]
fn a_missing_quote_swallows_no_later_line() {
    let ran = project().args([]).stdin("let s = \"abc\n20 + 1\nlet t = `two\nlines`;\nt.len()\n").run().code(1);
    assert_eq!(ran.stdout, "21\n9\n");
    ran.says("open string is not terminated");
}

#[test]
fn json_is_one_value_per_line() {
    let ran = project().args(["--json"]).stdin("#{a: [1, \"x\"]}\nprint(1)\n\"text\"\n").run().ok();
    assert_eq!(ran.stdout, "{\"a\":[1,\"x\"]}\n\"text\"\n");
    ran.says("1\n");
}

#[test]
fn a_failure_is_a_value_among_those_of_json() {
    let ran = project().args(["repl", "--json"]).stdin("1\nmissing\n.load none.rhai\n2\n").run().code(1);
    let values: Vec<Value> = ran.stdout.lines().map(|line| serde_json::from_str(line).expect(line)).collect();
    let kinds = values.iter().map(|value| value["failure"]["kind"].as_str());
    assert_eq!(kinds.collect::<Vec<_>>(), [None, Some("script"), Some("not_found"), None], "{}", ran.stdout);
    assert_eq!((&values[1]["answer"], &values[1]["status"]), (&json!(null), &json!("failed")));
    ran.says("error: there is no variable `missing`").says("error: cannot read");
}

#[test]
fn a_session_says_that_it_writes_no_events() {
    let project = project();
    for args in [&["repl", "--events", "-"][..], &["--events", "log.jsonl"]] {
        project.list(args).stdin("1\n").run().code(2).prints("").says("hint: `rhizo logs last --follow --json`");
    }
    assert!(!project.project().join("log.jsonl").exists());
    project.args(["repl"]).stdin("1\nmissing\n").run().code(1);
    project.args(["resume", "last", "--events", "-"]).stdin("").run().code(2).prints("").says("takes no --events");
}

#[test]
fn the_context_of_a_piped_session_is_opened() {
    let ran = project().args(["--context", "harbour.txt"]).stdin("context.len()\ncontext.count(\"harbour\")\n").run();
    ran.ok().prints("62\n1\n");
}

#[test]
fn a_context_that_does_not_come_is_waited_for_as_long_as_an_evaluation() {
    let project = project().named_pipe("pipe");
    let ran = project.args(["--timeout", "0.3"]).stdin(".context pipe\n6 * 7\n").run().code(124).prints("42\n");
    ran.says("the context was not read within 0.3 s");
}

#[test]
fn an_empty_path_is_not_the_whole_folder() {
    for typed in [".context \"\"", ".context harbour.txt ''"] {
        let ran = project().args([]).stdin(format!("{typed}\ncontext.len\n")).run().code(1).prints("0\n");
        ran.says("an empty path names nothing").says("hint: a variable of the shell may be unset");
    }
}

#[test]
fn errors_quote_what_was_typed() {
    let ran = project().args([]).stdin("_\n\"a\"\n\"a_b\" + _ + 1/0\nnope(_)\n").run();
    for quoted in ["   1 | _\n     | ^\n", "   1 | \"a_b\" + _ + 1/0\n     |  ", "   1 | nope(_)\n     | ^\n"] {
        assert!(ran.stderr.contains(quoted), "{quoted}\n{}", ran.stderr);
    }
    ran.does_not_say("| out(").does_not_say("+ out(");
}

#[test]
fn a_fence_around_code_is_none_of_it() {
    let ran = project().args([]).stdin("```rhai\nlet t = 2;\nt + 1\n```\nt\n").run().ok();
    assert_eq!(ran.stdout, "3\n2\n");
}

#[test]
fn a_line_that_goes_on_with_a_method_is_told_how() {
    let ran = project().args([]).stdin("[1, 2, 3]\n.len()\n.map(|x| x + 1)\n_.len()\n").run();
    assert!(ran.stdout.ends_with("\n3\n"), "{}", ran.stdout);
    ran.says("hint: write `_.len()`, or end the line before with an open expression").says("hint: write `_.map(..)`");
}

#[test]
fn what_cannot_be_read_ends_the_session_and_is_told() {
    let ran = project().args([]).stdin(b"1 + 1\n\"gr\xf6\xdfe\"\n2 + 2\n").run().code(1).prints("2\n");
    ran.says("error: line 2 of standard input is no text in UTF-8");
    project().args([]).after("exec < .").run().code(1).says("error: cannot read standard input: ");
}

#[test]
fn values_that_cannot_be_written_are_told() {
    let ran = project().args([]).stdin("6 * 7\n").after("exec >/dev/full").run().code(1);
    ran.says("error: the output could not be written: ").says("hint: `rhizo resume ");
    let ran = project().args([]).stdin("6 * 7\nmissing\n").after("exec >/dev/full").run().code(1);
    ran.says("error: there is no variable `missing`");
}

#[test]
fn what_is_left_out_of_a_value_is_counted_once() {
    let ran = project().args([]).stdin("let a = []; a.pad(100000, 7); a\n").run().ok();
    let shown = ran.stdout.lines().filter(|line| *line == "  7,").count();
    let end = format!("\n  ... {} more\n]\n... [print(out(1)) has all of it]\n", 100_000 - shown);
    assert!(ran.stdout.ends_with(&end), "{}", ran.stdout);
    assert!(!ran.stdout.contains("bytes left out"), "{}", ran.stdout);
}

#[test]
fn a_function_that_did_not_parse_is_not_the_one_that_is_kept() {
    let typed = "fn f() { 1 }\nfn f() { 2 } )\n??f\n.context harbour.txt\nf()\n.save kept.rhai\n";
    let project = project();
    let ran = project.args([]).stdin(typed).run().code(1);
    assert!(ran.stdout.contains("\nfn f() { 1 }\n") && !ran.stdout.contains("fn f() { 2 }"), "{}", ran.stdout);
    assert!(ran.stdout.contains("\n1\nkept.rhai holds 0 variables"), "{}", ran.stdout);
    project.args([]).stdin(".load kept.rhai\nf()\n").run().ok().prints("1\n");
}
