//! The tests of the stdlib, which are written in Rhai: every function `test_*` of every file is called.

use crate::support::chat::{ChatServer, Reply};
use crate::support::program::Program;
use rhizo::script::prims::primitive::EXAMPLE_DOCUMENTS;
use rhizo::script::stdlib;
use std::path::{Path, PathBuf};

fn folder() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/stdlib")
}

/// Name and source of the files that hold tests.
fn files() -> Vec<(String, String)> {
    let entries = std::fs::read_dir(folder()).expect("a folder").map(|entry| entry.expect("an entry").path());
    let mut files: Vec<(String, String)> = entries
        .map(|path| {
            let name = path.file_stem().expect("a name").display().to_string();
            (name, std::fs::read_to_string(&path).expect("a test"))
        })
        .collect();
    files.retain(|(name, _)| name != "assert");
    files.sort();
    files
}

fn tests(source: &str) -> Vec<&str> {
    let names = source.lines().filter_map(|line| line.strip_prefix("fn test_"));
    names.filter_map(|rest| rest.split_once('(')).map(|(name, _)| name).collect()
}

/// The file and a call of each of its tests, which are told one by one.
fn program(source: &str) -> String {
    let call = |name: &&str| {
        format!(
            "try {{ test_{name}(); print(\"ok {name}\"); }} catch (e) {{ \
             print(\"FAILED {name}: \" + if type_of(e) == \"map\" {{ json_text(e) }} else {{ \"\" + e }}); }}\n"
        )
    };
    format!("{source}\n{}", tests(source).iter().map(call).collect::<String>())
}

#[test]
fn every_test_written_in_rhai_passes() {
    let assert = std::fs::read_to_string(folder().join("assert.rhai")).expect("what the tests claim with");
    let mut failed = Vec::new();
    for (name, source) in files() {
        let project = Program::offline().file("tests/assert.rhai", &assert).file("tests/run.rhai", program(&source));
        let project = EXAMPLE_DOCUMENTS.iter().fold(project, |project, (name, text)| project.file(name, text));
        let call = ["run", "tests/run.rhai", "-c", "harbour.txt", "fares.csv", "-q", "--approve", "auto"];
        let ran = project.args(call).run();
        let passed = ran.stdout.lines().filter(|line| line.starts_with("ok ")).count();
        if passed != tests(&source).len() || ran.exit_code() != Some(0) {
            failed.push(format!("{name}: {passed} of {}\n{}\n{}", tests(&source).len(), ran.stdout, ran.stderr));
        }
    }
    assert!(failed.is_empty(), "{}", failed.join("\n"));
}

#[test]
fn a_judge_scores_and_a_model_makes_a_plan() {
    let server = ChatServer::new(|ask| {
        let asked = ask.last();
        if asked.starts_with("Divide this task") {
            return Reply::text(
                "{\"steps\": [{\"id\": \"b\", \"task\": \"write\", \"needs\": [\"a\"]}, {\"id\": \"a\", \"task\": \"read\"}]}",
            );
        }
        Reply::text(if asked.starts_with("How good") { "{\"score\": 7}" } else { "31 metres" })
    });
    let program = Program::served_by(&server);
    let code =
        "import \"vote\" as vote; let best = vote::best_of(\"How tall is it?\", 2); `${best.winner} ${best.score}`";
    program.args(["eval", code, "-q"]).run().ok().prints("31 metres 7.0\n");
    let code = "import \"plan\" as plan; let steps = plan::steps(\"Compare.\"); `${steps.len} ${plan::order(steps)}`";
    program.args(["eval", code, "-q"]).run().ok().prints("2 [\"a\", \"b\"]\n");
}

#[test]
fn every_module_and_the_programs_have_tests() {
    let tested: Vec<String> = files().into_iter().map(|(name, _)| name).collect();
    for module in stdlib::names() {
        assert!(tested.iter().any(|name| name == module), "tests/stdlib/{module}.rhai is missing");
    }
    for (name, source) in files() {
        assert!(!tests(&source).is_empty(), "{name} has no function test_*");
    }
}
