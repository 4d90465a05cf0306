//! A configuration that describes models and names none: they come before everything that nobody wrote.

use crate::support::chat::{ChatServer, Reply};
use crate::support::program::Program;
use serde_json::{Value, json};

fn chosen(program: &Program, more: &[&str]) -> Value {
    let rows = program.list(&[&["models", "explain", "--json"], more].concat()).run().ok().json();
    if rows.is_array() { rows[0]["model"].clone() } else { rows["model"].clone() }
}

#[test]
fn a_described_model_answers_and_not_the_offline_engine() {
    let server = ChatServer::new(|ask| Reply::text(ask.body["model"].as_str().unwrap_or("?")));
    let url = server.base_url();
    let text = format!("[models.zebra]\nbase_url = \"{url}\"\n[models.ant]\nbase_url = \"{url}\"\n");
    let program = Program::new().file("rhizo.toml", &text);
    program.args(["eval", "llm(\"q\")"]).run().ok().prints("zebra\n");
    program.args(["ask", "q"]).run().ok().prints("zebra\n");
    let reason = program.args(["models", "explain", "--json"]).run().ok().json()[0]["reason"].clone();
    assert_eq!(reason, "the first model of the configuration that can be called; `model = ..` names another");
    // A key is no choice, and neither is a strategy a wish for the engine that costs nothing.
    let keyed = Program::new().file("rhizo.toml", &text).env("OPENAI_API_KEY", "k");
    assert_eq!(chosen(&keyed, &[]), "zebra");
    for strategy in ["cost", "balanced", "performance"] {
        let code = format!("llm(\"q\", #{{strategy: \"{strategy}\"}})");
        assert_ne!(program.args(["eval", &code]).run().ok().stdout, "q\n");
        assert_ne!(chosen(&program, &["--strategy", strategy]), "offline/extract");
    }
    let role = format!("[roles.expert]\nmodels = [\"far\"]\n[models.far]\nbase_url = \"{url}\"\nkey_env = \"FAR\"\n");
    let program = Program::new().file("rhizo.toml", &role);
    program.args(["eval", "llm(\"q\")"]).run().code(4).says("far needs a key and FAR is not set");
    program.args(["eval", "llm(\"q\")"]).env("FAR", "k").run().ok().prints("far\n");
    let listed = Program::new().file("rhizo.toml", "[roles.expert]\nmodels = [\"anthropic/claude-haiku-4-5\"]\n");
    listed.args(["eval", "llm(\"q\")"]).run().code(4).says("ANTHROPIC_API_KEY is not set");
}

#[test]
fn who_names_the_offline_engine_has_it() {
    let text = "model = \"offline\"\n[models.far]\nbase_url = \"http://127.0.0.1:9/v1\"\n";
    let program = Program::new().file("rhizo.toml", text);
    assert_eq!(chosen(&program, &[]), "offline/extract");
    assert_eq!(chosen(&program, &["--strategy", "cost"]), "offline/extract");
    let only = Program::new().file("rhizo.toml", "[models.engine]\nprovider = \"offline\"\n");
    assert_eq!(chosen(&only, &["--role", "worker"]), "offline/extract");
}

#[test]
fn explain_shows_the_way_and_who_else_would_do() {
    let url = "http://127.0.0.1:9/v1";
    let text = format!(
        "[models.blind]\nbase_url = \"{url}\"\ninput_price = 0\noutput_price = 0\nfallback = [\"sees\", \"plain\"]\n\
         [models.sees]\nbase_url = \"{url}\"\nvision = true\ninput_price = 1\noutput_price = 1\n\
         [models.plain]\nbase_url = \"{url}\"\ninput_price = 0\noutput_price = 0\n\
         [roles.worker]\nmodels = [\"blind\"]\n"
    );
    let program = Program::new().file("rhizo.toml", text);
    program.args(["models", "explain", "--role", "worker"]).run().ok().snapshot("explain_role");
    program.args(["models", "explain", "--requires", "vision"]).run().code(3).snapshot("explain_requires");
    program.args(["models", "explain", "--role", "expert", "--strategy", "cost"]).run().ok().snapshot("explain_all");
    let rows = program.args(["models", "explain"]).run().ok().stdout;
    assert!(rows.contains("plain") && !rows.contains("sees"), "{rows}");
    let hint = program.args(["eval", "llm(\"q\", #{requires: \"vision\"})"]).run().code(3);
    hint.says("none of the role's models has `vision`").says("`rhizo models explain --requires vision` shows who else");
    let document = program.args(["models", "explain", "--requires", "vision", "--json"]).run().code(3).json();
    assert_eq!(document["failure"]["kind"], "no_model");
    assert_eq!(document["elsewhere"][0]["model"], json!("sees"));
}
