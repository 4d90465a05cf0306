//! Names that a public list knows by a rule alone: which price they get, by which entry, and which get none.

use super::nanos;
use crate::support::chat::{ChatServer, Reply};
use crate::support::program::Program;
use serde_json::{Value, json};

/// A list in the form of genai-prices: each model has a rule and its rates of prompts and answers.
fn list() -> String {
    let model = |id: &str, rule: Value, input: f64, output: f64| {
        json!({"id": id, "match": rule, "context_window": 200_000,
            "prices": {"input_mtok": input, "output_mtok": output}})
    };
    let mut picture = model("banana", json!({"contains": "-image"}), 1.0, 2.0);
    picture["prices"]["output_image_mtok"] = json!(60);
    let haiku =
        json!({"or": [{"starts_with": "claude-3-5-haiku"}, {"ends_with": "3.5-haiku"}, {"contains": "haiku:3-5"}]});
    let providers = json!([
        {"id": "anthropic", "models": [
            model("claude-3-5-haiku-latest", haiku, 0.8, 4.0),
            model("claude-99", json!({"starts_with": "claude-99"}), 5.0, 25.0),
        ]},
        {"id": "google", "models": [
            picture,
            model("gemini-99", json!({"and": [{"starts_with": "gemini-99"}, {"regex": "^(?!.*-tts)"}]}), 2.0, 12.0),
            model("gemini-99-flash", json!({"or": [{"regex": "^gemini-99-flash-\\d"}, {"contains": "gemini-9-flash"}]}), 1.0, 3.0),
            model("gemini-98", json!({"or": [{"equals": "gemini-98"}, {"starts_with": "gemini-98-"}]}), 3.0, 9.0),
        ]},
    ]);
    providers.to_string()
}

fn updated() -> Program {
    let program = Program::new().file("data.json", list());
    program.args(["models", "prices", "--update", "data.json"]).run().ok();
    program
}

fn shown(program: &Program, model: &str) -> Value {
    program.args(["models", "show", model, "--json"]).run().ok().json()
}

#[test]
fn a_name_that_only_a_rule_knows_has_the_price_of_its_entry_and_says_so() {
    let program = updated();
    for (name, entry, output) in [
        ("anthropic/claude-3-5-haiku-20241022", "anthropic/claude-3-5-haiku-latest", 4_000_000_000_u64),
        ("anthropic/claude-3-5-Haiku", "anthropic/claude-3-5-haiku-latest", 4_000_000_000),
        ("anthropic/claude-3.5-haiku", "anthropic/claude-3-5-haiku-latest", 4_000_000_000),
        ("anthropic/old-haiku:3-5-v1", "anthropic/claude-3-5-haiku-latest", 4_000_000_000),
        ("anthropic/claude-99-20270101", "anthropic/claude-99", 25_000_000_000),
        ("anthropic/claude-99-preview", "anthropic/claude-99", 25_000_000_000),
        ("google/gemini-9-flash-001", "google/gemini-99-flash", 3_000_000_000),
        ("google/gemini-98-preview-05-06", "google/gemini-98", 9_000_000_000),
    ] {
        let shown = shown(&program, name);
        assert_eq!(
            (&shown["price"]["output"], &shown["price_source"]["entry"]),
            (&json!(output), &json!(entry)),
            "{name}"
        );
        assert_eq!(shown["window"], 200_000, "{name}");
    }
    let page = program.args(["models", "show", "anthropic/claude-3-5-haiku-20241022"]).run().ok().stdout;
    assert!(page.contains(", as anthropic/claude-3-5-haiku-latest)"), "{page}");
    // An entry of its own needs no such word, and a date is taken off the names of the built-in table, too.
    assert!(shown(&program, "anthropic/claude-99")["price_source"].get("entry").is_none());
    assert_eq!(shown(&program, "openai/gpt-5-mini-2025-08-07")["price_source"]["entry"], "openai/gpt-5-mini");
}

#[test]
fn a_name_that_may_be_another_models_has_no_price() {
    let program = updated();
    for name in [
        // Another version than the listed one.
        "anthropic/claude-99-1",
        "anthropic/claude-99.1-20270101",
        // The entry before it takes the name, and cannot be counted.
        "google/gemini-98-image",
        "google/gemini-9-flash-image",
        // What a regular expression would have to tell.
        "google/gemini-99-tts",
        "google/gemini-99-preview",
        "google/gemini-99-flash-1",
        // The rules of another service.
        "openai/claude-3-5-haiku-20241022",
        "google/claude-99-20270101",
    ] {
        assert!(shown(&program, name)["price"].is_null(), "{name}");
    }
    let program = program.env("ANTHROPIC_API_KEY", "k").env("RHIZO_MODEL", "anthropic/claude-99-1");
    program.args(["eval", "llm(\"x\")", "--max-cost", "1"]).run().code(5).says("has no known price");
}

#[test]
fn what_is_read_of_rules_only_in_part_is_told() {
    let program = Program::new().file("data.json", list());
    let told = program.args(["models", "prices", "--update", "data.json"]).run().ok().stdout;
    let says = "names that only a regular expression tells stay unpriced, of 2 models: google/gemini-99, google/gemini-99-flash\n";
    assert!(told.contains(says), "{told}");
    let told = program.args(["models", "prices", "--update", "data.json", "--json"]).run().ok().json();
    assert_eq!(told["rules_read_in_part"], json!(["google/gemini-99", "google/gemini-99-flash"]));
    assert_eq!(told["models"], 5);
    // Rules are no models.
    let rows = program.args(["models", "prices", "--json"]).run().ok().json();
    let ids = rows.as_array().expect("rows").iter().filter_map(|row| row["id"].as_str());
    assert!(ids.clone().all(|id| id.contains('/')), "{:?}", ids.collect::<Vec<_>>());
}

#[test]
fn a_call_is_billed_at_the_price_of_its_rule() {
    let server = ChatServer::new(|_| Reply::text("yes").usage(1_000, 100));
    let text = format!(
        "model = \"m\"\n[models.m]\nbase_url = \"{}\"\npriced_as = \"anthropic/claude-3-5-haiku-20241022\"\n",
        server.base_url()
    );
    let program = Program::new().file("rhizo.toml", text).file("data.json", list());
    program.args(["eval", "llm(\"x\")"]).run().code(3).says("has no list price");
    program.args(["models", "prices", "--update", "data.json"]).run().ok();
    let code = "let prompt = \"\"; prompt.pad(1000, \"x\"); llm(prompt)";
    let document = program.args(["eval", code, "--json"]).run().ok().json();
    // 1,000 x 800 + 100 x 4,000 nano-USD.
    assert_eq!(nanos(&document["cost_usd"]), 800_000 + 400_000);
    assert_eq!(server.asks().len(), 1);
}
