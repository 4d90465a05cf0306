//! What a session keeps from one evaluation to the next, and what it does not.

use crate::support::program::Program;
use rhizo::app::{build, run};
use rhizo::config::environment::Environment;
use rhizo::config::layer::Layer;
use rhizo::config::settings::Settings;
use rhizo::context::document::Document;
use rhizo::context::library::Library;
use rhizo::core::failure::FailureKind;
use rhizo::script::completeness::Completeness;
use rhizo::script::evaluate::Evaluation;
use rhizo::script::session::Session;
use rhizo::tools::person::Nobody;
use serde_json::{Value, json};
use std::sync::Arc;
use tempfile::TempDir;
use tokio_util::sync::CancellationToken;

/// A session over a text, on the offline engine.
struct Bench {
    session: Session,
    _run: run::Run,
    _folder: TempDir,
}

impl Bench {
    async fn new(text: &str) -> Self {
        let folder = tempfile::tempdir().expect("a folder");
        let state = folder.path().join("state").display().to_string();
        let variables = [("RHIZO_HOME", state.as_str()), ("RHIZO_MODEL", "offline"), ("RHIZO_TOOLS_APPROVE", "auto")];
        let variables = variables.map(|(name, value)| (name.to_owned(), value.to_owned())).to_vec();
        let environment = Environment { variables, folder: folder.path().to_owned() };
        let settings = Settings::load(environment, Layer::default()).expect("settings");
        let app = build::build(settings, Arc::new(Nobody)).expect("an app");
        let library = Library::default();
        if !text.is_empty() {
            library.add_text(Document::owned("text".to_owned(), text.into()));
        }
        let run = run::begin(&app.kit, run::Start { kind: "test", task: "test", ..run::Start::default() }, library);
        Self { session: run.session(None, None), _run: run, _folder: folder }
    }

    async fn evaluate(&mut self, code: &str) -> Evaluation {
        self.session.evaluate(code, CancellationToken::new()).await
    }

    /// The value of code that succeeds.
    async fn value(&mut self, code: &str) -> Value {
        let evaluation = self.evaluate(code).await;
        assert_eq!(evaluation.failure, None, "{code}");
        evaluation.value.unwrap_or_default()
    }

    /// The failure of code that fails.
    async fn fails(&mut self, code: &str) -> (FailureKind, String) {
        let evaluation = self.evaluate(code).await;
        let failure = evaluation.failure.unwrap_or_else(|| panic!("{code} did not fail: {:?}", evaluation.value));
        (failure.kind, failure.message)
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn variables_and_functions_stay() {
    let mut bench = Bench::new("").await;
    bench.value("let x = 20; fn twice(n) { n * 2 }").await;
    assert_eq!(bench.value("twice(x) + 2").await, json!(42));
    bench.value("fn twice(n) { n + n + 1 }").await;
    assert_eq!(bench.value("x += 1; twice(x)").await, json!(43));
    bench.value("let add = |a, b| a + b;").await;
    assert_eq!(bench.value("add.call(1, x)").await, json!(22));
    assert_eq!(bench.session.functions(), ["twice(n)"]);
    assert_eq!(bench.value("import \"text\" as text; text::trimmed(\" a \")").await, json!("a"));
}

#[tokio::test(flavor = "multi_thread")]
async fn values_before_an_error_stay() {
    let mut bench = Bench::new("").await;
    let evaluation = bench
        .evaluate("let paid = llm(\"What is blue?\\n\\nThe sky is blue.\");\nfn known() { 7 }\nlet more = nothing + 1;")
        .await;
    assert!(evaluation.failure.is_some());
    // The whole program is checked before any of it runs, so this error comes before the call.
    assert_eq!(bench.fails("paid").await.0, FailureKind::Script);
    let evaluation = bench
        .evaluate("let paid = llm(\"What is blue?\\n\\nThe sky is blue.\");\nlet m = #{};\nlet more = m.nothing;")
        .await;
    assert_eq!(evaluation.failure.map(|f| f.kind), Some(FailureKind::Script));
    let names: Vec<String> = evaluation.new_variables.into_iter().map(|v| v.name).collect();
    assert_eq!(names, ["paid", "m"]);
    assert_eq!(bench.value("paid").await, json!("The sky is blue."));
}

#[tokio::test(flavor = "multi_thread")]
async fn an_error_in_a_function_of_an_earlier_evaluation_is_shown_at_its_call() {
    let mut bench = Bench::new("").await;
    bench.value("fn f(m) {\n  m.x\n}\nfn each(items) {\n\n\n  items.map(|m| m.x)\n}").await;
    for (code, line, part) in [
        ("let a = 1;\nlet b = 2;\nf(#{})", 3, "(line 2 of `f`, defined earlier)"),
        ("let c = 3;\neach([#{}])", 2, "(line 7 of `a closure`, defined earlier)"),
        ("let d = 4;\n[#{}].map(|m| f(m))", 2, "(line 2 of `f`, defined earlier)"),
        ("fn f(m) {\n\n  m.y\n}\nf(#{})", 3, "the map has no field `y` (in `f`)"),
    ] {
        let failure = bench.evaluate(code).await.failure.expect("a failure");
        assert_eq!(failure.details.get("line"), Some(&json!(line)), "{code}: {}", failure.message);
        assert!(failure.message.contains(part), "{code}: {}", failure.message);
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn values_survive_stops_too() {
    let mut bench = Bench::new("").await;
    for code in ["let a = 1; fn f(n) { f(n) } f(1)", "let b = 2; let s = \"x\"; loop { s += s }", "let c = 3; throw 1"]
    {
        assert!(bench.evaluate(code).await.failure.is_some(), "{code}");
    }
    assert_eq!(bench.value("[a, b, c]").await, json!([1, 2, 3]));
}

#[tokio::test(flavor = "multi_thread")]
async fn what_nests_too_deep_does_not_stay() {
    let mut bench = Bench::new("").await;
    let deep = "let far = 0; for i in 0..3000 { let g = far; far = |y| g; }";
    let (kind, message) = bench.fails(&format!("let near = [[1]]; {deep}")).await;
    assert_eq!((kind, message.as_str()), (FailureKind::Limit, "the variable `far` nests deeper than 2000 levels"));
    assert_eq!(bench.value("near").await, json!([[1]]));
    assert_eq!(bench.fails("far").await.0, FailureKind::Script);
    let (kind, message) = bench.fails(&format!("{{ {deep} far }}")).await;
    assert_eq!((kind, message.as_str()), (FailureKind::Limit, "the value nests deeper than 2000 levels"));
}

#[tokio::test(flavor = "multi_thread")]
async fn a_variable_of_a_block_does_not_stay() {
    let mut bench = Bench::new("").await;
    bench.value("let out = 0; if true { let inner = 1; out = inner; }").await;
    assert_eq!(bench.value("out").await, json!(1));
    assert_eq!(bench.fails("inner").await.0, FailureKind::Script);
    assert!(bench.evaluate("let kept = 1; { let lost = 2; throw 3 }").await.failure.is_some());
    assert_eq!(bench.value("kept").await, json!(1));
}

#[tokio::test(flavor = "multi_thread")]
async fn earlier_results_are_kept_in_full() {
    let mut bench = Bench::new("").await;
    assert_eq!(bench.evaluate("40 + 2").await.value_number, Some(1));
    let evaluation = bench.evaluate("let s = \"\"; s.pad(20000, \"x\"); s").await;
    assert_eq!(evaluation.value_number, Some(2));
    assert_eq!(bench.value("out(1)").await, json!(42));
    assert_eq!(bench.value("out(2).len").await, json!(20_000));
    assert_eq!(bench.value("out(-1)").await, json!(20_000));
    let long = bench.evaluate("for i in 0..2000 { print(`line ${i}`) }").await;
    let number = long.printed_number.expect("long text has a number");
    assert_eq!(bench.value(&format!("out({number}).len > 10000")).await, json!(true));
    let (kind, message) = bench.fails("out(99)").await;
    assert_eq!((kind, message.as_str()), (FailureKind::NotFound, "there is no result 99"));
    assert_eq!(bench.fails("out(0)").await.0, FailureKind::NotFound);
}

#[tokio::test(flavor = "multi_thread")]
async fn final_waits_until_the_context_was_looked_at() {
    let mut bench = Bench::new("The sky is blue.").await;
    let (kind, message) = bench.fails("FINAL(\"green\")").await;
    assert_eq!(kind, FailureKind::Denied);
    assert!(message.contains("has not been looked at"), "{message}");
    assert_eq!(bench.fails("let v = 1; FINAL_VAR(\"v\")").await.0, FailureKind::Denied);
    bench.value("context.len").await;
    assert_eq!(bench.fails("FINAL(1)").await.0, FailureKind::Denied, "its length says nothing about what it holds");
    bench.value("context.head(5)").await;
    let evaluation = bench.evaluate("FINAL(#{answer: \"blue\"}); print(\"never\")").await;
    assert_eq!((evaluation.final_, evaluation.printed.as_str()), (Some(json!({"answer": "blue"})), ""));
}

#[tokio::test(flavor = "multi_thread")]
async fn final_is_free_without_a_context() {
    let mut bench = Bench::new("").await;
    assert_eq!(bench.evaluate("fn end() { FINAL([1, 2]) }\nend(); 3").await.final_, Some(json!([1, 2])));
    assert_eq!(bench.evaluate("[1].map(|x| FINAL(x))").await.final_, Some(json!(1)));
    assert_eq!(bench.evaluate("try { FINAL(5) } catch { 1 }").await.final_, Some(json!(5)));
}

#[tokio::test(flavor = "multi_thread")]
async fn final_var_takes_a_name_or_a_value() {
    let mut bench = Bench::new("").await;
    bench.value("let answer = \"whole\";").await;
    assert_eq!(bench.evaluate("FINAL_VAR(\"answer\")").await.final_, Some(json!("whole")));
    assert_eq!(bench.evaluate("let late = [3]; FINAL_VAR(\"late\")").await.final_, Some(json!([3])));
    assert_eq!(bench.evaluate("FINAL_VAR(answer + \"!\")").await.final_, Some(json!("whole!")));
    let (kind, message) = bench.fails("FINAL_VAR(\"absent\")").await;
    assert_eq!(kind, FailureKind::NotFound);
    assert!(message.contains("there is no variable `absent`"), "{message}");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_cancelled_evaluation_ends_also_in_a_native_call() {
    for code in ["loop {}", "sleep(600)", "par_map([1, 2, 3], |n| sleep(600))", "par_map([1, 2], |n| { loop {} })"] {
        let mut bench = Bench::new("").await;
        let cancel = CancellationToken::new();
        cancel.cancel();
        let evaluation = bench.session.evaluate(&format!("let before = 1;\n{code}"), cancel).await;
        assert_eq!(evaluation.failure.map(|f| f.kind), Some(FailureKind::Cancelled), "{code}");
        assert_eq!(bench.value("1 + 1").await, json!(2), "{code}");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn values_go_out_and_come_back() {
    let mut bench = Bench::new("text").await;
    bench.value("let a = [1, #{b: 2.5}]; let f = |x| x; let part = context.part(0, 2);").await;
    let (kept, left_out) = bench.session.snapshot(|_| true);
    assert_eq!(Value::Object(kept.clone()), json!({"a": [1, {"b": 2.5}]}));
    assert_eq!(left_out, ["f", "part"]);
    let mut other = Bench::new("").await;
    other.session.restore(&kept);
    assert_eq!(other.value("a[1].b").await, json!(2.5));
}

#[tokio::test(flavor = "multi_thread")]
async fn the_parser_judges_what_is_complete() {
    let mut bench = Bench::new("One line.").await;
    bench.value("let n = 5; let items = [1]; let name = \" a \";").await;
    for (code, expect) in [
        ("1 + 1", Completeness::Complete),
        ("1)", Completeness::Complete),
        ("let s = \":)\"; [s, (1", Completeness::Incomplete),
        ("foo(1))", Completeness::Complete),
        ("[1, // :) :)\n (2", Completeness::Incomplete),
        ("[1, /* ) */ ')', (2", Completeness::Incomplete),
        ("/* open", Completeness::Incomplete),
        ("1 /* one /* two */", Completeness::Incomplete),
        ("1 /* one /* two */ */", Completeness::Complete),
        ("\"/*\"", Completeness::Complete),
        ("let re = #\"\\\"#; foo(", Completeness::Incomplete),
        ("let re = #\"\\\"#; foo(1))", Completeness::Complete),
        ("let re = #\"a\")\"#; f(", Completeness::Incomplete),
        ("let re = ##\"a\"#)\"##; f(", Completeness::Incomplete),
        ("let re = #\"a\" /* \"#;", Completeness::Complete),
        ("#\"a", Completeness::Incomplete),
        ("let t = `a${\"`)\"}b`; f(", Completeness::Incomplete),
        ("let t = `${`)${#{a: n}.a}`}`; f(1))", Completeness::Complete),
        ("let t = `${`/*`}`;", Completeness::Complete),
        ("let t = `\\${`; f(1))", Completeness::Complete),
        ("let x = [1,", Completeness::Incomplete),
        ("fn f(n) {", Completeness::Incomplete),
        ("fn f(n)", Completeness::Incomplete),
        ("fn f(n) // doubles\n", Completeness::Incomplete),
        ("fn f(n)\n{ n }", Completeness::Complete),
        ("fn f(n) 5", Completeness::Complete),
        ("fn f(n) {\n  n\n}", Completeness::Complete),
        ("print(\"open", Completeness::Complete),
        ("let s = \"abc\nlet t = 1;", Completeness::Complete),
        ("let s = \"abc\\", Completeness::Incomplete),
        ("let s = \"abc\\\n  def", Completeness::Complete),
        ("let t = `${n}\" and", Completeness::Incomplete),
        ("let t = `\" and", Completeness::Incomplete),
        ("let t = `line\n", Completeness::Incomplete),
        ("if x {\n} els", Completeness::Complete),
        ("let x = ;", Completeness::Complete),
        ("1 +", Completeness::Incomplete),
        ("if n > 3 {", Completeness::Incomplete),
        ("if n > 3 {\n  n\n}", Completeness::Complete),
        ("if absent > 3 {", Completeness::Complete),
        ("for hit in context.grep(\"x\") {", Completeness::Incomplete),
        ("items.map(|item| {", Completeness::Incomplete),
        ("let all = [n,", Completeness::Incomplete),
        ("if text::trimmed(name) == \"a\" {", Completeness::Incomplete),
        ("let s = text::trimmed(", Completeness::Incomplete),
        ("let s = text::trimmed(name);", Completeness::Complete),
        ("", Completeness::Complete),
    ] {
        assert_eq!(bench.session.judge(code), expect, "{code:?}");
    }
}

#[test]
fn a_stored_program_has_a_session_of_its_own() {
    let front = "//! +++\n//! summary = \"Leaks nothing.\"\n//! [params]\n//! n = \"a number\"\n//! +++\n";
    let program =
        Program::offline().file("scripts/own.rhai", format!("{front}let inner = args.n;\nfn f() {{ 1 }}\ninner + 1"));
    program.args(["eval", "let inner = 5; print(SCRIPT(\"own\", #{n: 1})); inner"]).run().ok().prints("2\n5\n");
    program.args(["eval", "SCRIPT(\"own\", #{n: 1}); f()"]).run().code(1).says("there is no function `f");
    let front = "//! +++\n//! summary = \"Calls itself.\"\n//! +++\n";
    let program = Program::offline().file("scripts/again.rhai", format!("{front}SCRIPT(\"again\")"));
    program.args(["eval", "SCRIPT(\"again\")"]).run().code(5).says("deeper than 16");
}

#[test]
fn what_fails_in_a_stored_program_is_told_with_its_place_there() {
    let front = "//! +++\n//! summary = \"Fails.\"\n//! +++\n";
    let program = Program::offline()
        .file("scripts/badrun.rhai", format!("{front}let a = [1];\nlet b = a[7];\n"))
        .file("scripts/badform.rhai", format!("{front}let a = ;\n"))
        .file("scripts/badend.rhai", format!("{front}if true {{\n\n"))
        .file("scripts/outer.rhai", format!("{front}SCRIPT(\"badrun\")\n"));
    for (name, place) in [
        ("badrun", "(line 5 of program `badrun`)\n   5 | let b = a[7];\n     | "),
        ("badform", "(line 4 of program `badform`)\n   4 | let a = ;\n     | "),
        ("badend", "(line 4 of program `badend`)\n   4 | if true {\n     |          "),
        ("outer", "(line 5 of program `badrun`)\n   5 | let b = a[7];\n     | "),
    ] {
        let ran = program.args(["eval", &format!("1;\nSCRIPT(\"{name}\")")]).run().code(1);
        ran.says(place).says(&format!("^\n   2 | SCRIPT(\"{name}\")\n"));
    }
    let code = "try { SCRIPT(\"badrun\") } catch (e) { print(`${e.script} ${e.script_line} ${e.message.contains(\"line 5\")}`) }";
    program.args(["eval", code]).run().ok().prints("badrun 5 false\n");
}

#[test]
fn a_stored_program_without_a_value_as_data_fails() {
    let front = "//! +++\n//! summary = \"Has no data.\"\n//! +++\n";
    for (code, told) in [
        ("#{mean: 0.0 / 0.0, n: 5}", "NaN has no form in JSON (in program `odd`)"),
        ("1.0 / 0.0", "inf has no form in JSON (in program `odd`)"),
        ("[1, |x| x]", "has no form as data (in program `odd`)"),
    ] {
        let program = Program::offline()
            .file("scripts/odd.rhai", format!("{front}{code}\n"))
            .file("odd.yaml", "steps: {a: {script: odd}}\n");
        program.args(["eval", "SCRIPT(\"odd\")"]).run().code(1).prints("").says(told);
        program.args(["run", "odd.yaml"]).run().code(1).says("has no form");
        let keep = format!("save_script(#{{name: \"kept\", source: `{code}`, summary: \"Odd.\"}})");
        let ran = program.args(["eval", &keep, "--approve", "auto"]).run().code(1);
        ran.says("the program is not kept, because its example failed");
        assert!(!program.project().join("scripts/kept.rhai").exists());
    }
    let program = Program::offline().file("scripts/none.rhai", format!("{front}let a = 1;\n"));
    program.args(["eval", "SCRIPT(\"none\") == ()"]).run().ok().prints("true\n");
}
