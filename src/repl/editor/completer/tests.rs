//! Completion of given lines over a real session.

use super::{Known, complete};
use crate::app::run::Start;
use crate::app::{build, run};
use crate::config::environment::Environment;
use crate::config::layer::Layer;
use crate::config::settings::Settings;
use crate::context::document::Document;
use crate::context::library::Library;
use crate::tools::person::Nobody;
use std::sync::Arc;
use tokio_util::sync::CancellationToken;

/// What a line with its cursor at the end may become: the fixed part, and the candidates.
fn check(known: &Known<'_>, line: &str, kept: &str, expect: &[&str]) {
    let (start, pairs) = complete(line, line.len(), known);
    let names: Vec<&str> = pairs.iter().map(|pair| pair.replacement.as_str()).collect();
    assert_eq!((&line[..start], names), (kept, expect.to_vec()), "{line}");
}

/// Behind a point and between brackets.
fn members(known: &Known<'_>) {
    check(known, "harbour.h", "harbour.", &["hall", "height"]);
    check(known, "harbour.ke", "harbour.", &["keys()"]);
    check(known, "words.pu", "words.", &["push("]);
    check(known, "words.me", "words.", &["mean()"]);
    check(known, "words.o", "words.", &["order()", "order_by("]);
    check(known, "times.c", "times.", &["call(", "curry("]);
    check(known, "words.to_up", "words.", &[]);
    check(known, "title.to_u", "title.", &["to_upper()"]);
    check(known, "\"a\".to_u", "\"a\".", &["to_upper()"]);
    check(known, "context.gr", "context.", &["grep("]);
    check(known, "harbour.height.ab", "harbour.height.", &["abs()"]);
    check(known, "harbour.height.to_up", "harbour.height.", &[]);
    check(known, "1 + harbour.old.cr", "1 + harbour.old.", &["crane"]);
    check(known, "harbour.old.crane.pu", "harbour.old.crane.", &["push("]);
    check(known, "f().height.to_up", "f().height.", &["to_upper()"]);
    check(known, "harbour[\"h", "harbour[\"", &["hall", "height"]);
    check(known, "harbour.old[\"", "harbour.old[\"", &["crane"]);
    check(known, "let files = [\"dat", "let files = [\"", &["data.csv"]);
}

/// What the line itself declares.
fn declared(known: &Known<'_>) {
    check(known, "fn g(par_one, par_two) { par_", "fn g(par_one, par_two) { ", &["par_map(", "par_one", "par_two"]);
    check(
        known,
        "for (each_one, each_place) in words { each_",
        "for (each_one, each_place) in words { ",
        &["each_one", "each_place"],
    );
    check(known, "for item_one in words { item_", "for item_one in words { ", &["item_one"]);
    check(known, "words.map(|number_one| number_", "words.map(|number_one| ", &["number_one"]);
    check(known, "let total_sum = 1; total_", "let total_sum = 1; ", &["total_sum"]);
    check(known, "try { 1 } catch (caught_one) { caught_", "try { 1 } catch (caught_one) { ", &["caught_one"]);
    check(known, "words | alpha_one; alpha_", "words | alpha_one; ", &[]);
}

/// What a call takes.
fn arguments(known: &Known<'_>) {
    check(known, "llm(\"a\", #{mo", "llm(\"a\", #{", &["model: "]);
    let (_, pairs) = complete("llm(\"a\", #{mo: \"x\"})", "llm(\"a\", #{mo".len(), known);
    assert_eq!(pairs.iter().map(|pair| pair.replacement.as_str()).collect::<Vec<_>>(), ["model"]);
    check(known, "llm(f(1, [2]), #{role: \"a\", ma", "llm(f(1, [2]), #{role: \"a\", ", &["max_tokens: "]);
    check(known, "TOOL(\"read_file\", #{pa", "TOOL(\"read_file\", #{", &["path: "]);
    check(known, "llm(harb", "llm(", &["harbour"]);
    check(known, "import \"text\" as tx; tx::trimm", "import \"text\" as tx; tx::", &["trimmed("]);
    check(known, "TOOL(\"read_f", "TOOL(\"", &["read_file"]);
    check(known, "SCRIPT(\"outl", "SCRIPT(\"", &["outline"]);
    check(known, "SCRIPT(\"no_such", "SCRIPT(\"", &[]);
    check(known, "context.doc(\"let", "context.doc(\"", &["letters.txt"]);
    check(known, "llm(x, #{role: \"wor", "llm(x, #{role: \"", &["worker"]);
    check(known, "llm(x, #{model: \"offl", "llm(x, #{model: \"", &["offline/extract"]);
    check(known, "import \"vo", "import \"", &["vote"]);
}

#[tokio::test]
async fn what_stands_before_the_cursor_decides() {
    let folder = tempfile::tempdir().unwrap();
    std::fs::write(folder.path().join("data.csv"), "a\n1\n").unwrap();
    std::fs::write(folder.path().join("x\u{1b}]0;owned\u{7}"), "").unwrap();
    let home = folder.path().join("home").display().to_string();
    let environment =
        Environment { variables: vec![("RHIZO_HOME".to_owned(), home)], folder: folder.path().to_path_buf() };
    let settings = Settings::load(environment, Layer::default()).unwrap();
    let app = build::build(settings, Arc::new(Nobody)).unwrap();
    let library = Library::default();
    library.add_text(Document::owned("letters.txt".to_owned(), b"a".to_vec()));
    let run = run::begin(&app.kit, Start { kind: "repl", task: "completion", ..Start::default() }, library);
    let mut session = run.session(None, None);
    let program = "let harbour = #{height: 31, hall: 1, old: #{crane: [1]}}; let words = [1]; let title = \"t\";\n\
        fn halve(x, by) { x / by }\n\
        let times = |x, n| x * n;\n\
        let page = #{\"x\\x1b[2J\": 1, \"x\\ny\": 2, \"xy\": 3};";
    let evaluation = session.evaluate(program, CancellationToken::new()).await;
    assert_eq!(evaluation.failure, None);
    let documents = vec!["letters.txt".to_owned(), "let\u{202e}ters".to_owned(), format!("let{}", "x".repeat(70_000))];
    let known = Known { kit: &app.kit, session: &session, documents: &documents };

    check(&known, "harb", "", &["harbour"]);
    check(&known, "1 + harb", "1 + ", &["harbour"]);
    check(&known, "hal", "", &["halve("]);
    check(&known, "llm", "", &["llm(", "llm_batch("]);
    check(&known, "brea", "", &["break"]);
    members(&known);
    declared(&known);
    arguments(&known);
    check(&known, ".help .he", ".help ", &[".help"]);
    let id = run.host.run.to_string();
    app.kit.store.close().await.unwrap();
    check(&known, &format!(".runs {}", &id[..12]), ".runs ", &[id.as_str()]);
    check(&known, "open(\"dat", "open(\"", &["data.csv"]);
    check(&known, "// harb", "// harb", &[]);
    check(&known, ".he", "", &[".help"]);
    check(&known, ".role exp", ".role ", &["expert"]);
    check(&known, ".load da", ".load ", &["data.csv"]);
    check(&known, ".tools read", ".tools ", &["read_file"]);
    check(&known, ".scripts outl", ".scripts ", &["outline"]);
    check(&known, "?halv", "?", &["halve"]);
    check(&known, "??read_fi", "??", &["read_file"]);
    let (_, pairs) = complete("hal", 3, &known);
    assert_eq!(pairs[0].display, "halve(x, by)");
    // What a terminal would obey is not offered.
    check(&known, "page.x", "page.", &["xy"]);
    check(&known, ".load x", ".load ", &[]);
}
