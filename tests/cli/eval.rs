//! `rhizo eval`: values and prints on standard output, everything else on standard error.

use super::{FARES, HARBOUR, project};
use crate::support::program::Program;
use serde_json::json;

#[test]
fn the_last_value_is_printed() {
    let program = Program::offline();
    for (code, expect) in [
        ("1 + 1", "2\n"),
        ("\"text\"", "text\n"),
        ("7.0 / 2", "3.5\n"),
        ("[1, \"a\", ()]", "[\n  1,\n  \"a\",\n  null\n]\n"),
        ("#{b: 1, a: [true]}", "{\n  \"a\": [\n    true\n  ],\n  \"b\": 1\n}\n"),
        ("let x = 1;", ""),
        ("()", ""),
        ("print(1); print(\"two\"); 3", "1\ntwo\n3\n"),
        ("FINAL(\"done\"); print(\"never\")", "done\n"),
    ] {
        program.args(["eval", code]).run().ok().prints(expect);
    }
}

#[test]
fn a_question_about_a_name_is_answered_as_at_the_prompt_and_is_no_run() {
    let program = Program::offline();
    let shown = program.args(["eval", "?llm"]).run().ok().stdout;
    for option in ["images", "max_tokens", "temperature", "stop", "strategy", "prints"] {
        assert!(shown.contains(option), "{option}: {shown}");
    }
    let source = program.args(["eval", "??retry::is_failure"]).run().ok().stdout;
    assert!(source.contains("answer.error"), "{source}");
    let shown = program.args(["eval", "?split", "--json"]).run().ok().json();
    assert!(shown.as_str().is_some_and(|text| text.starts_with("split(")), "{shown}");
    for (name, parts) in [
        (
            "?failure",
            ["    budget             5  The budget does not allow it. No `catch` receives it.\n", "retryable"],
        ),
        ("?status", ["of a run: running, completed, partial, ", "of a step: ok, failed, "]),
    ] {
        let shown = program.args(["eval", name]).run().ok().stdout;
        assert!(parts.iter().all(|part| shown.contains(part)), "{shown}");
    }
    program.args(["eval", "?nothing_like_this"]).run().code(1).says("nothing here is named `nothing_like_this`");
    program.args(["runs"]).run().ok().prints("no runs yet; hint: rhizo ask \"...\" --context PATH\n");
}

#[test]
fn a_module_of_the_stdlib_may_be_imported_and_need_not() {
    let program = Program::offline();
    let help = program.args(["eval", "?retry"]).run().ok().stdout;
    assert!(help.starts_with("import \"retry\" as retry; // allowed, not needed\n"), "{help}");
    for code in ["retry::is_failure(1)", "import \"retry\" as r; r::is_failure(1)"] {
        program.args(["eval", code]).run().ok().prints("false\n");
    }
}

#[test]
fn files_of_a_folder_that_are_no_text_are_told_by_whoever_opens_it() {
    let program = Program::offline().file("data/a.txt", "one").file("data/wide.txt", b"\xff\xfeo\0n\0");
    let program = program.file("one.rhai", "1").file("one.yaml", "steps: {a: {set: {n: '1'}}}\n");
    for (command, what) in [("eval", "1"), ("run", "one.rhai"), ("run", "one.yaml"), ("ask", "How many?")] {
        let ran = program.args([command, what, "--context", "data"]).run().ok();
        ran.says("skipped data/wide.txt: UTF-16 text");
    }
    program.args(["--context", "data"]).stdin("1\n").run().ok().says("skipped data/wide.txt: UTF-16 text");
}

#[test]
fn the_footer_names_the_run_and_quiet_drops_it() {
    let program = Program::offline();
    program.args(["eval", "1"]).run().snapshot("eval_footer");
    program.args(["eval", "1", "--quiet"]).run().snapshot("eval_quiet");
}

#[test]
fn errors_point_at_their_place() {
    let program = Program::offline();
    for (name, code) in [
        ("eval_syntax_error", "let total = 1;\nlet x = (1 + ;\n"),
        ("eval_unknown_variable", "let count = 1;\ncuont + 1"),
        ("eval_unknown_function", "let text = \"a\";\nlenn(text)"),
        ("eval_thrown", "fn check(n) {\n    throw `no ${n}`;\n}\ncheck(3)"),
        ("eval_missing_field", "let m = #{a: 1};\nm.b"),
        ("eval_mixed_comparison", "\"0.9\" > 0.7"),
    ] {
        program.args(["eval", code, "--quiet"]).run().code(1).snapshot(name);
    }
}

#[test]
fn what_was_printed_before_an_error_stays() {
    Program::offline().args(["eval", "print(\"first\"); nothing()"]).run().code(1).prints("first\n");
}

#[test]
fn the_context_is_files_folders_globs_and_pipes() {
    let program =
        project().file("more/notes.md", "# Notes\n").file(".gitignore", "more/build\n").file("more/build/a.o", "x");
    let names = "context.docs().map(|d| d.name)";
    let list = |args: &[&str]| program.list(&[&["eval", names, "--json"], args].concat());
    assert_eq!(
        list(&["--context", "harbour.txt", "fares.csv"]).run().ok().json()["answer"],
        json!(["harbour.txt", "fares.csv"])
    );
    assert_eq!(
        list(&["-c", "fares.csv", "-c", "harbour.txt"]).run().ok().json()["answer"],
        json!(["fares.csv", "harbour.txt"])
    );
    let all = json!(["fares.csv", "harbour.txt", "more/notes.md"]);
    assert_eq!(list(&["--context", "."]).run().ok().json()["answer"], all);
    assert_eq!(list(&["--context", "**/*.md"]).run().ok().json()["answer"], json!(["more/notes.md"]));
    let parts = json!(["harbour.txt", "more/notes.md"]);
    assert_eq!(list(&["--context", "{more/*.md,h*.txt}"]).run().ok().json()["answer"], parts);
    assert_eq!(list(&[]).stdin("piped\n").run().ok().json()["answer"], json!(["stdin"]));
    let both = list(&["--context", "-", "harbour.txt"]).stdin("piped\n").run().ok().json();
    assert_eq!(both["answer"], json!(["stdin", "harbour.txt"]));
}

#[test]
fn a_pipe_is_read_in_full() {
    let text = "line of text\n".repeat(100_000);
    let code = "print(context.len); print(context.lines); print(context.count(\"text\"))";
    Program::offline().args(["eval", code]).stdin(&text).run().ok().prints("1300000\n100000\n100000\n");
}

#[test]
fn a_parameter_is_no_code_for_what_is_piped() {
    let program = Program::offline();
    program.args(["eval", "a=3"]).stdin("args.a + 1").run().code(2).says("eval takes no parameters");
    program.args(["run", "-", "a=3"]).stdin("args.a + 1").run().ok().prints("4\n");
}

#[test]
fn json_prints_one_document_and_nothing_else() {
    let program = project();
    let ran = program
        .args([
            "eval",
            "print(\"aside\"); llm(\"When did it open?\\n\\n\" + context.line(1))",
            "--json",
            "--context",
            "harbour.txt",
        ])
        .run()
        .ok();
    let document = ran.json();
    assert_eq!(document["answer"], "The harbour opened in 1884.");
    assert_eq!(document["status"], "completed");
    assert_eq!(
        (&document["calls"], &document["cost_usd"], &document["failure"]),
        (&json!(1), &json!(0.0), &json!(null))
    );
    ran.says("aside\n").snapshot("eval_json");
}

#[test]
fn json_says_that_a_value_is_only_shown() {
    let program = Program::offline();
    let ran = program.args(["eval", "#{mean: 0.0 / 0.0}", "--json"]).run().ok();
    assert_eq!(ran.json()["answer"], "#{mean: NaN}");
    ran.says("note: NaN has no form in JSON, so the answer is what is shown of the value, as text");
    program.args(["eval", "#{mean: 0.0 / 0.0}"]).run().ok().does_not_say("note:");
    program.args(["eval", "#{mean: 0.5}", "--json"]).run().ok().does_not_say("as text");
}

#[test]
fn json_tells_failures_too() {
    let ran = Program::offline().args(["eval", "nothing()", "--json"]).run().code(1);
    let document = ran.json();
    assert_eq!((&document["status"], &document["failure"]["kind"]), (&json!("failed"), &json!("script")));
    assert_eq!((&document["failure"]["line"], &document["answer"]), (&json!(null), &json!(null)));
    assert_eq!(document["failure"]["details"]["line"], 1);
}

#[test]
fn tools_and_programs_work_from_a_script() {
    let program = project();
    let code =
        "print(TOOL(\"read_file\", #{path: \"fares.csv\"})); TOOL(\"write_file\", #{path: \"out.txt\", text: \"x\"})";
    program.args(["eval", code, "--approve", "auto"]).run().ok();
    assert_eq!(std::fs::read_to_string(program.project().join("out.txt")).expect("written"), "x");
    program.args(["eval", code, "--approve", "never"]).run().code(1).says("write_file is not allowed");
    program.args(["eval", code]).run().code(6).says("hint:");
    assert_eq!((HARBOUR.len(), FARES.len()), (107, 28));
}
