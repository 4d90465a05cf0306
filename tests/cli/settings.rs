//! Where settings come from and which of them wins; where state goes.

use super::project;
use crate::support::program::Program;
use serde_json::json;

/// How many calls are left under the settings of a program.
const LEFT: &str = "budget().calls";

#[test]
fn flag_over_variable_over_project_over_user() {
    let program = Program::offline();
    std::fs::create_dir_all(program.state()).expect("a folder");
    let left = |program: &Program, flags: &[&str], variable: &str| {
        let call = program.list(&[&["eval", LEFT, "--json"], flags].concat()).env("RHIZO_MAX_CALLS", variable);
        call.run().ok().json()["answer"].clone()
    };
    assert_eq!(left(&program, &[], ""), json!(null));
    std::fs::write(program.state().join("config.toml"), "[limits]\nmax_calls = 1\nmax_turns = 3\n").expect("a file");
    assert_eq!(left(&program, &[], ""), 1);
    let program = program.file("rhizo.toml", "[limits]\nmax_calls = 2\n");
    assert_eq!(left(&program, &[], ""), 2);
    assert_eq!(left(&program, &[], "3"), 3);
    assert_eq!(left(&program, &["--max-calls", "4"], "3"), 4);
    program.args(["eval", "budget().turns"]).run().ok().prints("3\n");
}

#[test]
fn the_projects_file_is_found_from_below() {
    let program = project().file("rhizo.toml", "[limits]\nmax_calls = 7\n").file("deep/er/a.txt", "text");
    let below = program.project().join("deep/er");
    program.args(["eval", "budget().calls"]).folder(&below).run().ok().prints("7\n");
    let read = "TOOL(\"read_file\", #{path: \"harbour.txt\"}).len";
    program.args(["eval", read]).folder(&below).run().ok().prints("107\n");
    program.args(["eval", "context.len", "--context", "a.txt"]).folder(&below).run().ok().prints("4\n");
}

#[test]
fn every_limit_has_a_flag() {
    let program = Program::offline();
    let flags =
        ["--max-cost", "0.5", "--max-calls", "9", "--max-tokens", "1000", "--max-depth", "2", "--max-turns", "4"];
    let answer =
        program.list(&[&["eval", "budget()", "--json"][..], &flags].concat()).run().ok().json()["answer"].clone();
    assert_eq!(answer, json!({"calls": 9, "cost_usd": 0.5, "depth": 2, "tokens": 1000, "turns": 4}));
}

#[test]
fn no_turns_at_all_are_no_limit_that_can_be_meant() {
    let says = "limits.max_turns must be more than 0";
    Program::offline().args(["ask", "q", "--max-turns", "0"]).run().code(2).says(&format!("--max-turns: {says}"));
    let variable = Program::offline().args(["ask", "q"]).env("RHIZO_MAX_TURNS", "0").run().code(3);
    variable.says(&format!("RHIZO_MAX_TURNS: {says}"));
    let program = Program::offline().file("rhizo.toml", "[limits]\nmax_turns = 0\n");
    program.args(["ask", "q"]).run().code(3).says(&format!("rhizo.toml:2:1: {says}"));
}

#[test]
fn malformed_flags_are_told_together() {
    let call = ["eval", "1", "--max-cost", "cheap", "--max-calls", "-1", "--approve", "maybe"];
    Program::offline().args(call).run().code(2).snapshot("flags_malformed");
    Program::offline()
        .args(["eval", "1", "--max-calls", "many", "--timeout", "soon"])
        .run()
        .code(2)
        .snapshot("flags_malformed_2");
}

#[test]
fn an_amount_that_cannot_be_counted_is_refused_and_the_largest_one_holds() {
    let says = "limits.max_cost must be an amount in USD, not \"99999999999\"; the most is 18446744073";
    Program::offline().args(["eval", "1", "--max-cost", "99999999999"]).run().code(2).says(says);
    let most = ["--max-cost", "18446744073", "--max-tokens", "18446744073709551615"];
    let code = "llm(\"The bridge opened in 1884. When did the bridge open?\"); budget(); spent(); 1";
    Program::offline().list(&[&["eval", code][..], &most].concat()).run().ok().prints("1\n");
}

#[test]
fn variables_that_mean_nothing_are_told() {
    Program::offline().args(["eval", "1"]).env("RHIZO_MAX_CAL", "3").run().code(3).snapshot("variable_unknown");
    let whole = Program::offline().args(["eval", "1"]).env("RHIZO_LIMITS_MAX_TURNS", "5").run().code(3);
    whole.says("no setting has this variable; did you mean RHIZO_MAX_TURNS?");
    Program::offline().args(["eval", "1"]).env("RHIZO_MAX_TURNS", "x").run().code(3).snapshot("variable_malformed");
}

#[test]
fn a_folder_in_the_place_of_the_settings_is_told() {
    let program = Program::offline().file("rhizo.toml/a.txt", "");
    program.args(["eval", "1"]).run().code(3).says("cannot read [project]/rhizo.toml: Is a directory");
}

#[test]
fn a_link_that_leads_nowhere_in_the_place_of_the_settings_is_told() {
    let program = Program::offline().file("below/a.txt", "");
    std::fs::create_dir_all(program.state()).expect("a folder");
    for (link, shown) in [
        (program.state().join("config.toml"), "[state]/config.toml"),
        (program.project().join("rhizo.toml"), "[project]/rhizo.toml"),
    ] {
        std::os::unix::fs::symlink("nowhere.toml", link).expect("a link");
        let said = format!("the link {shown} leads to \"nowhere.toml\", where nothing is");
        for folder in [program.project(), program.project().join("below")] {
            program.args(["eval", "1"]).folder(&folder).run().code(3).says(&said).says("hint: mend it");
        }
    }
}

#[test]
fn all_state_lies_where_rhizo_home_says() {
    let program = project();
    program.args(["ask", "How tall?", "--context", "harbour.txt"]).run().ok();
    program.args(["eval", "remember(#{situation: \"x\", lesson: \"y\"}); recall(\"x\").len"]).run().ok();
    program.args(["doctor"]).run().ok();
    assert_eq!(Program::files_below(&program.user()), Vec::<String>::new());
    let left: Vec<String> = Program::files_below(&program.project())
        .into_iter()
        .filter(|f| !f.ends_with(".txt") && !f.ends_with(".csv"))
        .collect();
    assert_eq!(left, Vec::<String>::new());
    assert!(program.state().join("rhizo.db").is_file());
}

#[test]
fn without_rhizo_home_state_lies_below_home() {
    let program = project();
    program.args(["eval", "1"]).env("RHIZO_HOME", "").run().ok();
    assert!(program.user().join(".local/state/rhizo/rhizo.db").is_file());
    assert!(!program.state().exists());
    let elsewhere = program.project().join("xdg").display().to_string();
    program.args(["eval", "1"]).env("RHIZO_HOME", "").env("XDG_STATE_HOME", &elsewhere).run().ok();
    assert!(program.project().join("xdg/rhizo/rhizo.db").is_file());
}

#[test]
fn without_any_home_nothing_is_written_into_the_project() {
    let program = project();
    let before = Program::files_below(&program.project());
    let homeless = |args: &[&str]| program.list(args).env("RHIZO_HOME", "").env("HOME", "").run();
    for args in [&["eval", "1"][..], &["runs"], &["doctor", "--no-call"]] {
        let ran = homeless(args).code(3);
        let told = format!("{}{}", ran.stdout, ran.stderr);
        assert!(told.contains("there is no folder for settings and state"), "{ran:?}");
    }
    homeless(&["eval", "1"]).code(3).says("hint: set HOME or RHIZO_HOME");
    // A shell can set what is empty, which is none as well.
    let empty = "export HOME= RHIZO_HOME=";
    program.args(["eval", "1"]).after(empty).run().code(3).says("hint: set HOME or RHIZO_HOME");
    assert_eq!(Program::files_below(&program.project()), before);
    homeless(&["eval", "--help"]).ok();
    let elsewhere = program.user().display().to_string();
    let folders = program.args(["eval", "1"]).env("RHIZO_HOME", "").env("HOME", "");
    folders.env("XDG_CONFIG_HOME", &elsewhere).env("XDG_STATE_HOME", &elsewhere).run().ok();
}

#[test]
fn a_flag_names_the_model_for_every_role() {
    let text = "[roles.worker]\nmodels = [\"far\"]\n[models.far]\nbase_url = \"http://127.0.0.1:9/v1\"\n";
    let program = Program::new().file("rhizo.toml", text);
    program
        .args(["eval", "llm(\"What is blue?\\n\\nThe sky is blue.\")", "--model", "offline"])
        .run()
        .ok()
        .prints("The sky is blue.\n");
    let explained = program.args(["models", "explain"]).env("RHIZO_MODEL", "offline").run().ok();
    assert!(!explained.stdout.contains("far"), "{}", explained.stdout);
}

#[test]
fn the_gate_can_be_switched_off() {
    let program = project();
    let call = ["eval", "FINAL(1)", "--context", "harbour.txt"];
    program.args(call).run().code(1).says("FINAL is refused");
    program.args(call).env("RHIZO_GATE_EXPLORATION", "no").run().ok().prints("1\n");
}
