//! `rhizo tools`, `rhizo scripts`, `rhizo models`: what there is, one of it, and what happens on a slip of the hand.

use super::project;
use crate::support::program::Program;
use serde_json::{Value, json};

#[test]
fn tools_are_listed_shown_and_called() {
    let program = project();
    program.args(["tools"]).run().ok().snapshot("tools_list");
    program.args(["tools", "show", "read_file"]).run().ok().snapshot("tools_show");
    program.args(["tools", "call", "calculate", "{\"expression\": \"6 * 7\"}"]).run().ok().prints("42\n");
    program.args(["tools", "call", "calculate", "expression=6 * 7"]).run().ok().prints("42\n");
    let typed = ["tools", "call", "calculate", "expression=n + 1", "variables={\"n\": 2}", "--approve", "never"];
    program.args(typed).run().ok().prints("3\n");
    // A text that looks like a number is a text where the tool takes nothing else.
    program.args(["tools", "call", "calculate", "expression=7"]).run().ok().prints("7\n");
    let lines = ["tools", "call", "read_file", "path=harbour.txt", "from_line=2", "to_line=2"];
    program.args(lines).run().ok().prints("Its lighthouse is 31 metres tall.\n\n");
    let rows = program.args(["tools", "call", "csv_read", "{\"path\": \"fares.csv\"}", "--json"]).run().ok().json();
    assert!(rows.to_string().contains("north"), "{rows:#}");
    let shown = program.args(["tools", "show", "list_dir"]).run().ok().stdout;
    let form = "  answers {entries: [{name: string, kind: string, size: integer}], truncated: boolean}";
    assert!(shown.lines().any(|line| line == form), "{shown}");
    let spec = program.args(["tools", "show", "csv_read", "--json"]).run().ok().json();
    let rows = json!({"type": "array", "items": {"type": "object", "additionalProperties": true}});
    assert_eq!(spec["answer"], rows);
    let specs = program.args(["tools", "list", "--json"]).run().ok().json();
    let names: Vec<&str> = specs.as_array().expect("specs").iter().filter_map(|spec| spec["name"].as_str()).collect();
    assert_eq!(
        names,
        [
            "read_file",
            "write_file",
            "list_dir",
            "find_text",
            "http_get",
            "run_command",
            "json_query",
            "csv_read",
            "html_to_text",
            "date",
            "calculate",
            "ask_user"
        ]
    );
}

#[test]
fn the_help_of_a_tool_has_its_choices_and_what_is_taken_without_one() {
    let program = project();
    for (tool, line) in [
        ("date", "    action?  What to do. \"now\"|\"parse\"|\"format\"|\"add\"|\"difference\" = \"now\""),
        ("list_dir", "    limit?  The most entries to return. = 10000"),
        ("write_file", "    text  The text."),
        (
            "write_file",
            "    mode?  What to do about a file that is already there. \"create\"|\"overwrite\"|\"append\" = \"create\"",
        ),
    ] {
        let (typed, deep) = (format!(".tools {tool}\n"), format!("??{tool}"));
        let ways =
            [program.args(["tools", "show", tool]), program.args(["eval", &deep]), program.args([]).stdin(&typed)];
        for shown in ways.map(|call| call.run().ok().stdout) {
            assert!(shown.lines().any(|shown| shown == line), "{line}\n{shown}");
        }
    }
}

#[test]
fn a_tool_is_called_with_what_it_needs() {
    let program = project();
    program.args(["tools", "call", "raed_file", "{}"]).run().code(1).snapshot("tools_unknown");
    program.args(["tools", "show", "zzz"]).run().code(1).says("hint: `rhizo tools` lists them: ");
    program.args(["tools", "call", "read_file", "{path}"]).run().code(2).snapshot("tools_not_json");
    program.args(["tools", "call", "read_file", "{\"paht\": \"a\"}"]).run().code(1).snapshot("tools_wrong_argument");
    program.args(["tools", "call", "read_file", "paht=a"]).run().code(1).says("hint: `paht` may be `path`");
    program.args(["tools", "call", "read_file", "a.txt"]).run().code(2).says("`a.txt` is no parameter");
    program.args(["tools", "call", "read_file", "{\"path\": \"../outside\"}"]).run().code(1).snapshot("tools_outside");
    program
        .args(["tools", "call", "write_file", "{\"path\": \"a\", \"text\": \"b\"}"])
        .run()
        .code(6)
        .snapshot("tools_nobody");
    let asked = program.args(["tools", "call", "ask_user", "prompt=Which one?"]).run().code(6);
    asked.says("nobody is there to answer: Which one?").does_not_say("--approve");
}

#[test]
fn a_pipeline_that_is_no_tool_for_its_faults_is_named() {
    let program = project()
        .file("pipelines/broken.yaml", "steps: {a: {st: 1}}\n")
        .file("pipelines/good.yaml", "steps: {a: {set: {n: 1}}}\n");
    for args in [&["tools"][..], &["tools", "list", "--json"]] {
        let ran = program.list(args).run().ok();
        assert!(ran.stdout.contains("good") && !ran.stdout.contains("broken"), "{}", ran.stdout);
        ran.says("note: pipeline `broken` is no tool: ").says("step `a` has no key `st`").does_not_say("`good`");
    }
    let checks = program.args(["doctor", "--no-call", "--json"]).run().code(1).json();
    let rows: Vec<&Value> =
        checks.as_array().expect("checks").iter().filter(|row| row["check"] == "pipelines").collect();
    assert!(rows.len() == 1 && rows[0]["ok"] == false, "{checks:#}");
    assert!(
        rows[0]["found"].as_str().is_some_and(|found| found.contains("pipeline `broken` is no tool")),
        "{checks:#}"
    );
}

#[test]
fn programs_are_listed_and_shown() {
    let own = "//! +++\n//! summary = \"Counts a word.\"\n//! [params]\n//! word = \"the word\"\n//! +++\ncontext.count(args.word)\n";
    let program = project().file("scripts/count_word.rhai", own).file("scripts/plain.rhai", "1");
    program.args(["scripts"]).run().ok().snapshot("scripts_list");
    program.args(["scripts", "show", "count_word"]).run().ok().prints(own);
    let shown = program.args(["scripts", "show", "grep_report", "--json"]).run().ok().json();
    assert_eq!((&shown["program"]["name"], &shown["program"]["home"]), (&json!("grep_report"), &json!("built-in")));
    let plain = program.args(["eval", "SCRIPT(\"plain\")"]).run().code(1);
    plain.says("`plain` is no stored program: ").says("plain.rhai has no front matter").says("hint: it begins with");
    let code = "SCRIPT(\"count_word\", #{word: \"harbour\"})";
    program.args(["eval", code, "--context", "harbour.txt"]).run().ok().prints("2\n");
}

#[test]
fn the_project_hides_the_user_who_hides_the_built_in() {
    let front = |summary: &str| format!("//! +++\n//! summary = \"{summary}\"\n//! +++\n\"{summary}\"\n");
    let program = project();
    let scripts = program.state().join("scripts");
    std::fs::create_dir_all(&scripts).expect("a folder");
    let home = |program: &Program| {
        program.args(["scripts", "show", "outline", "--json"]).run().ok().json()["program"]["home"].clone()
    };
    assert_eq!(home(&program), "built-in");
    std::fs::write(scripts.join("outline.rhai"), front("The user's.")).expect("a file");
    assert_eq!(home(&program), "user");
    let program = program.file("scripts/outline.rhai", front("The project's."));
    assert_eq!(home(&program), "project");
}

#[test]
fn broken_front_matter_is_told_and_hides_nothing() {
    let program = project().file("scripts/broken.rhai", "//! +++\n//! sumary = \"x\"\n//! +++\n1\n");
    let program = program.file("scripts/open.rhai", "//! +++\n//! summary = \"x\"\n1\n");
    let ran = program.args(["scripts", "list"]).run().code(3);
    assert!(ran.stdout.contains("grep_report"), "{}", ran.stdout);
    ran.says("front matter of program `broken`").says("hint:").says("front matter of program `open`");
    program.args(["eval", "SCRIPT(\"broken\")"]).run().code(3).says("front matter");
    program.args(["scripts", "show", "grep_reprot"]).run().code(1).snapshot("scripts_unknown");
    program
        .args(["eval", "SCRIPT(\"grep_report\", #{patern: \"x\"})"])
        .run()
        .code(1)
        .snapshot("scripts_wrong_parameter");
    program.args(["eval", "SCRIPT(\"grep_report\")"]).run().code(1).snapshot("scripts_missing_parameter");
}

#[test]
fn models_are_listed_shown_and_explained() {
    let program = Program::offline();
    program.args(["models"]).run().ok().snapshot("models_list");
    program.args(["models", "show", "gpt-5-mini"]).run().ok().snapshot("models_show");
    program.args(["models", "explain"]).run().ok().snapshot("models_explain");
    program.args(["models", "show", "gpt-5-mino"]).run().code(1).snapshot("models_unknown");
}

#[test]
fn a_configured_role_has_its_own_model() {
    let text = "model = \"local\"\n[models.local]\nbase_url = \"http://127.0.0.1:9/v1\"\nname = \"tiny\"\n\
        [roles.reader]\nposition = 3\nmodels = [\"offline\"]\n";
    let program = Program::new().file("rhizo.toml", text);
    let rows = program.args(["models", "explain", "--json"]).run().ok().json();
    let model = |role: &str| {
        let rows = rows.as_array().expect("rows").iter();
        rows.filter(|row| row["role"] == role).map(|row| row["model"].as_str().expect("a name")).collect::<String>()
    };
    assert_eq!(
        (model("worker").as_str(), model("architect").as_str(), model("reader").as_str()),
        ("local", "local", "offline/extract")
    );
    program
        .args(["eval", "llm(\"What is blue?\\n\\nThe sky is blue.\", #{role: \"reader\"})"])
        .run()
        .ok()
        .prints("The sky is blue.\n");
}

#[test]
fn the_model_is_chosen_by_flag_then_variables_then_configuration() {
    let chosen = |program: &Program, variables: &[(&str, &str)]| {
        let call = program.args(["models", "explain", "--json"]);
        let call = variables.iter().fold(call, |call, (name, value)| call.env(name, value));
        call.run().ok().json()[0]["model"].as_str().expect("a model").to_owned()
    };
    // Nothing listens at port 9, so the first model of that server is not known.
    let nowhere = "http://127.0.0.1:9/v1";
    let plain = Program::new();
    assert_eq!(chosen(&plain, &[("OPENAI_API_KEY", "k")]), "openai/gpt-5-mini");
    assert_eq!(chosen(&plain, &[("OPENAI_BASE_URL", nowhere), ("OPENAI_MODEL", "mine")]), "openai/mine");
    assert_eq!(chosen(&plain, &[("OPENAI_API_BASE", nowhere)]), "openai/default");
    assert_eq!(chosen(&plain, &[("OLLAMA_HOST", "127.0.0.1:9")]), "ollama/default");
    let configured = Program::new().file("rhizo.toml", "model = \"gpt-4.1\"\n");
    // A key alone is a credential and no choice; an address is one.
    assert_eq!(chosen(&configured, &[("OPENAI_API_KEY", "k")]), "openai/gpt-4.1");
    assert_eq!(chosen(&configured, &[("OLLAMA_HOST", "127.0.0.1:9")]), "ollama/default");
    assert_eq!(chosen(&configured, &[("RHIZO_MODEL", "offline"), ("OLLAMA_HOST", "127.0.0.1:9")]), "offline/extract");
}

#[test]
fn ollama_is_where_its_own_client_looks() {
    let program = Program::offline();
    for (given, base_url) in [
        ("box", "http://box:11434/v1"),
        (":1234", "http://127.0.0.1:1234/v1"),
        ("[::]:1234", "http://[::1]:1234/v1"),
        ("https://ollama.example", "https://ollama.example/v1"),
        ("https://proxy.example/ollama", "https://proxy.example/ollama/v1"),
    ] {
        let call = program.args(["models", "show", "ollama/llama3.2", "--json"]).env("OLLAMA_HOST", given);
        assert_eq!(call.run().ok().json()["base_url"], base_url, "{given}");
    }
}
