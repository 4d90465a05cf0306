//! `rhizo memory`, `doctor`, `init`, `completions`: looking after the installation.

use super::project;
use crate::support::chat::{ChatServer, Reply};
use crate::support::program::{Call, Program};
use serde_json::{Value, json};

#[test]
fn finished_runs_are_remembered_and_recalled() {
    let program = project();
    program.args(["memory", "stats"]).run().ok().snapshot("memory_empty");
    program.args(["ask", "How tall is the lighthouse?", "--context", "harbour.txt"]).run().ok();
    program
        .args([
            "eval",
            "remember(#{situation: \"summing a price column\", arm: \"csv\", lesson: \"use context.csv()\"})",
        ])
        .run()
        .ok();
    program.args(["memory", "recall", "sum of a price column", "-k", "1"]).run().ok().snapshot("memory_recall");
    let found = program.args(["memory", "recall", "lighthouse", "--json"]).run().ok().json();
    assert!(found[0]["episode"]["situation"].as_str().is_some_and(|s| s.contains("lighthouse")), "{found:#}");
    // How the offline engine looks is no choice of anybody's: it counts neither for nor against.
    assert_eq!(found[0]["episode"]["outcome"], "unknown", "{found:#}");
    let stats = program.args(["memory", "--json"]).run().ok().json();
    assert_eq!((&stats["episodes"], &stats["indexed"], &stats["fault"]), (&json!(3), &json!(0), &json!(null)));
    // So few are compared without an index.
    assert!(!program.state().join("memory").exists());
}

#[test]
fn the_index_can_be_rebuilt() {
    let program = project();
    program.args(["eval", "remember(#{situation: \"a storm\", lesson: \"stay in\"})"]).run().ok();
    program.args(["memory", "reindex"]).run().ok().prints("1 episode indexed\n");
    std::fs::remove_dir_all(program.state().join("memory")).expect("there was an index");
    program.args(["eval", "recall(\"a storm\", 1)[0].lesson"]).run().ok().prints("stay in\n");
}

#[test]
fn another_embedder_than_the_indexs_is_an_error() {
    let program = project();
    program
        .args(["eval", "remember(#{situation: \"a storm\", lesson: \"stay in\"}); recall(\"storm\").len"])
        .run()
        .ok();
    let ran = program.args(["memory", "recall", "storm"]).env("RHIZO_MEMORY_EMBEDDER", "minilm").run();
    ran.code(1).says("hint:");
}

#[test]
fn memory_can_be_switched_off() {
    let program = project();
    program.args(["ask", "How tall?", "--context", "harbour.txt"]).env("RHIZO_MEMORY_ENABLED", "false").run().ok();
    assert_eq!(program.args(["memory", "--json"]).run().ok().json()["episodes"], 0);
}

#[test]
fn the_doctor_looks_at_everything() {
    let program = project();
    program.args(["doctor"]).run().ok().snapshot("doctor");
    let checks = program.args(["doctor", "--json"]).run().ok().json();
    assert!(checks.as_array().expect("checks").iter().all(|check| check["ok"] == true), "{checks:#}");
    program.args(["doctor", "--settings"]).run().ok().snapshot("doctor_settings");
    let settings = program.args(["doctor", "--settings", "--json"]).run().ok().json();
    let about = |name: &str| settings.as_array().and_then(|all| all.iter().find(|row| row["setting"] == name)).cloned();
    let depth = json!({
        "setting": "limits.max_depth", "type": "a whole number", "variable": "RHIZO_MAX_DEPTH",
        "does": "how deep child runs nest"
    });
    assert_eq!(about("limits.max_depth"), Some(depth));
    assert_eq!(about("models.*.name").map(|row| row["variable"].clone()), Some(Value::Null));
}

#[test]
fn the_doctor_names_what_is_wrong() {
    let program = project().file("rhizo.toml", "[limits]\nmax_cst = 1\n");
    program.args(["doctor"]).run().code(3).snapshot("doctor_config");
    let program = project();
    std::fs::create_dir_all(program.state()).expect("a folder");
    std::fs::write(program.state().join("rhizo.db"), "not a database, but long enough to be read as a head of one")
        .expect("a file");
    program.args(["doctor"]).run().code(1).snapshot("doctor_store");
}

#[test]
fn a_fault_of_the_settings_hides_none_of_what_needs_no_settings() {
    let program = project().file("rhizo.toml", "[limits\n").file("scripts/torn.rhai", "//! +++\n1\n");
    std::fs::create_dir_all(program.state()).expect("a folder");
    std::fs::write(program.state().join("rhizo.db"), "x".repeat(2_000)).expect("a file");
    let failed = |call: Call<'_>| {
        let checks = call.run().code(3).json();
        let rows = checks.as_array().expect("checks").iter().filter(|check| check["ok"] == false);
        rows.map(|check| check["check"].as_str().expect("a name").to_owned()).collect::<Vec<_>>()
    };
    assert_eq!(failed(program.args(["doctor", "--json"])), ["settings", "programs", "store"]);
    // What can be mended is mended before that.
    let program = Program::offline();
    program.args(["eval", "1"]).run().ok();
    let repaired = program.args(["doctor", "--repair", "--json"]).env("RHIZO_MAX_TURNS", "x").run().code(3).json();
    assert_eq!((&repaired[1]["check"], &repaired[1]["found"]), (&json!("repair"), &json!("nothing to repair")));
}

#[test]
fn every_program_that_cannot_run_is_named() {
    let front = "//! +++\n//! summary = \"s\"\n//! +++\n";
    let program = Program::offline()
        .file("scripts/torn.rhai", "//! +++\n1\n")
        .file("scripts/late.rhai", "1\n//! +++\n//! +++\n")
        .file("scripts/slip.rhai", format!("{front}let x = ;\n"))
        .file("scripts/good.rhai", format!("{front}args.len() + context.len()\n"));
    for args in [&["doctor", "--json"][..], &["scripts"]] {
        let ran = program.list(args).run().code(3);
        let told = format!("{}{}", ran.stdout, ran.stderr);
        for fault in ["program `torn` is wrong", "program `late` is wrong", "program `slip` does not parse: "] {
            assert!(told.contains(fault), "{fault}: {told}");
        }
        assert!(!told.contains("`good`"), "{told}");
    }
}

#[test]
fn init_writes_a_file_that_the_program_reads() {
    let program = Program::offline();
    program.args(["init"]).run().ok().prints("wrote [project]/rhizo.toml\n");
    program.args(["eval", "1"]).run().ok().prints("1\n");
    program.args(["init"]).run().code(1).snapshot("init_again");
    // A server of one's own has no known price, and is asked all the same.
    let server = ChatServer::new(|_| Reply::text("yes"));
    let own = Program::served_by(&server);
    own.args(["init"]).run().ok();
    own.args(["eval", "llm(\"x\")"]).run().ok().prints("yes\n");
    std::fs::write(program.project().join("rhizo.toml"), "role = \"worker\"\n").expect("a file");
    program.args(["init", "--force"]).run().ok();
    let text = std::fs::read_to_string(program.project().join("rhizo.toml")).expect("a file");
    assert!(!text.contains("role = \"worker\"\n") || text.lines().count() > 5, "{text}");
}

#[test]
fn every_line_that_init_proposes_is_a_setting() {
    let program = Program::offline();
    program.args(["init"]).run().ok();
    let path = program.project().join("rhizo.toml");
    let text = std::fs::read_to_string(&path).expect("a file");
    let open = |line: &str| match line.strip_prefix("# ") {
        Some(code) if code.starts_with('[') || code.contains(" = ") && !code.contains(". ") => code.to_owned(),
        _ => line.to_owned(),
    };
    std::fs::write(&path, text.lines().map(open).collect::<Vec<_>>().join("\n")).expect("a file");
    program.args(["doctor", "--settings"]).run().ok();
    program.args(["models", "list"]).run().ok();
}

#[test]
fn completions_are_scripts_for_the_shell() {
    let program = Program::offline();
    for (shell, part) in [("bash", "_rhizo()"), ("zsh", "#compdef rhizo"), ("fish", "complete -c rhizo")] {
        let ran = program.args(["completions", shell]).run().ok();
        assert!(ran.stdout.contains(part), "{shell}: {}", ran.stdout);
    }
    program.args(["completions", "tcsh"]).run().code(2);
    assert_eq!(Program::files_below(&program.state()), Vec::<String>::new());
}
