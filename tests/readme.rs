//! The README says what the program says: its tables of primitives and of failures are those rendered from their own text,
//! those of the keys of pipelines have what the schema has, its pipelines hold and run, and the functions that it names
//! have help.

use crate::support::chat::{ChatServer, Reply};
use crate::support::program::Program;
use rhizo::core::failure;
use rhizo::core::status::RunStatus;
use rhizo::pipeline::schema;
use rhizo::script::help;
use serde_json::{Value, json};
use std::collections::BTreeSet;

const README: &str = include_str!("../README.md");

/// What stands between the marks of a name.
fn marked(name: &str) -> &'static str {
    let after = README.split(&format!("<!-- {name} -->\n")).nth(1).expect("the README has the opening mark");
    after.split(&format!("<!-- /{name} -->")).next().expect("the README has the closing mark")
}

#[test]
fn the_table_of_primitives_is_the_rendered_one() {
    assert_eq!(marked("primitives"), help::markdown(), "mend: rhizo doctor --primitives prints the table");
}

#[test]
fn the_table_of_failures_is_the_rendered_one_and_every_status_is_named() {
    assert_eq!(marked("failures"), failure::table::markdown());
    let statuses = README.split("The status of a run is ").nth(1).and_then(|rest| rest.split("\n\n").next());
    let statuses = statuses.expect("the README has the statuses");
    for name in RunStatus::ALL.map(RunStatus::name).into_iter().chain(["interrupted", "forked"]) {
        assert!(statuses.contains(&format!("`{name}`")), "no {name} in {statuses}");
    }
}

/// The keys in the first cells of the table whose first cell says `head`.
fn rows(head: &str) -> Vec<&'static str> {
    let mut lines = README.lines().skip_while(|line| !line.starts_with(&format!("| {head} |")));
    let columns = lines.next().map(|line| line.matches(" |").count());
    let rows: Vec<&str> = lines.skip(1).take_while(|line| line.starts_with('|')).collect();
    let of_row = |row: &&str| Some(row.replace("\\|", "").matches(" |").count());
    assert!(rows.iter().all(|row| of_row(row) == columns), "a cell of {head} is missing, or one is too many");
    rows.iter().filter_map(|row| row.split('`').nth(1)).collect()
}

#[test]
fn the_tables_of_pipelines_have_every_key_of_the_schema_and_no_other() {
    let schema = schema::schema();
    let keys = |form: &Value| form["properties"].as_object().expect("keys").keys().cloned().collect::<Vec<String>>();
    assert_eq!(rows("key of a file"), keys(&schema));
    assert_eq!(rows("key of a step"), keys(&schema["$defs"]["step"]));
    let defaults = keys(&schema["properties"]["defaults"]).join(", ");
    assert!(README.contains(&format!("| `defaults` | `{{{defaults}}}` |")), "{defaults}");
}

/// The pipelines of the README, each with its name, and a program that has them as files.
fn pipelines(program: Program) -> Program {
    let texts = README.split("```yaml\n").skip(1).filter_map(|rest| rest.split("```").next());
    ["review.yaml", "kinds.yaml"].iter().zip(texts).fold(program, |program, (name, text)| program.file(name, text))
}

/// What a model answers to the pipelines of the README; `sure` to the question whether it goes on.
fn answers(sure: &'static str) -> ChatServer {
    ChatServer::new(move |ask| match ask.last() {
        _ if ask.is_root() => Reply::code("FINAL(\"notes\")"),
        asked if asked.starts_with("Keep 2 notes?") => Reply::text(format!("\"{sure}\"")),
        asked if asked.contains("\"score\"") => Reply::text("{\"text\": \"better\", \"score\": 0.9}"),
        asked if asked.contains("\"text\"") => Reply::text("{\"text\": \"first\"}"),
        asked => Reply::text(format!("heard: {asked}")),
    })
}

#[test]
fn the_pipelines_are_accepted_and_have_every_kind_of_step() {
    let program = pipelines(Program::offline());
    let told = program.args(["pipeline", "validate", "review.yaml", "kinds.yaml"]).run().ok();
    told.prints("review.yaml: ok, 4 steps\nkinds.yaml: ok, 18 steps\n");
    let schema = program.args(["pipeline", "schema"]).run().ok().json();
    let acts = schema["$defs"]["step"]["anyOf"][1]["oneOf"].as_array().expect("the acts");
    let kinds = README.split("```yaml\n").nth(2).and_then(|rest| rest.split("```").next()).expect("a pipeline");
    for act in acts.iter().map(|act| act["required"][0].as_str().expect("an act")) {
        assert!(kinds.contains(&format!(" {act}:")) || kinds.contains(&format!("{{{act}:")), "no {act}");
    }
    assert!(kinds.lines().count() <= 40, "it is read at a glance");
}

#[test]
fn the_pipeline_with_every_kind_of_step_runs_both_ways() {
    let notes = json!(["heard: What may a.txt hold?", "heard: What may b.txt hold?"]);
    for (sure, answer, kept, refused) in
        [("yes", json!({"n": 7, "notes": notes}), "ok", "skipped"), ("no", json!("nothing was kept"), "skipped", "ok")]
    {
        let server = answers(sure);
        let program = pipelines(Program::served_by(&server));
        let document = program.args(["run", "kinds.yaml", "--json"]).run().ok().json();
        assert_eq!((&document["status"], &document["answer"]), (&json!("completed"), &answer), "{document:#}");
        let steps = document["steps"].as_object().expect("steps");
        assert_eq!((&steps["kept"], &steps["refused"]), (&json!(kept), &json!(refused)));
        assert_eq!(steps.values().filter(|outcome| *outcome == "ok").count(), steps.len() - 1, "{document:#}");
        let written = Program::files_below(&program.project().join("output"));
        assert!(matches!(written.as_slice(), [file] if file.ends_with("/output/tides.md")), "{written:?}");
    }
}

#[test]
fn it_says_what_each_role_is_for() {
    let roles = Program::offline().args(["eval", "roles().map(|role| role.name)", "--json"]).run().ok().json();
    let roles = roles["answer"].as_array().expect("names");
    assert_eq!(roles.len(), 8);
    for role in roles.iter().filter_map(Value::as_str) {
        assert!(README.contains(&format!("`{role}`")), "{role}");
    }
}

/// The names in a text that are called there, or that no prose has.
fn names(text: &str) -> BTreeSet<&str> {
    let is_part = |c: char| c.is_ascii_lowercase() || c.is_ascii_digit() || c == '_';
    let called = text.match_indices('(').filter_map(|(at, _)| text[..at].rsplit(|c: char| !is_part(c)).next());
    let written = text.split(|c: char| !is_part(c)).filter(|word| word.contains('_'));
    called.chain(written).filter(|name| name.starts_with(|c: char| c.is_ascii_lowercase())).collect()
}

#[test]
fn every_function_that_it_or_the_root_prompt_names_says_what_it_does() {
    let root = include_str!("../src/turn/prompts/root.md");
    let names: BTreeSet<&str> = names(README).into_iter().chain(names(root)).collect();
    let typed: String = names.iter().map(|name| format!("print(\"@@ {name}\")\n??{name}\n")).collect();
    let told = Program::offline().args([]).stdin(typed).run().stdout;
    let helps: Vec<&str> = told.split("@@ ").collect();
    for help in helps.iter().filter(|help| help.contains("\n  a function of the language;")) {
        assert!(help.lines().filter(|line| line.starts_with("  ")).count() > 1, "it says nothing: {help}");
    }
    for name in ["failure_of", "error_of", "in_step", "step_failure", "partial", "python_text", "join", "to_float"] {
        let is_its = |line: &str| line.starts_with(&format!("{name}("));
        assert!(helps.iter().any(|help| help.starts_with(&format!("{name}\n")) && help.lines().any(is_its)), "{name}");
    }
}
