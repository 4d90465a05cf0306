//! A public list that makes models cheaper than they can be: refused or left out, unless a person says otherwise.

use super::{nanos, priced};
use crate::support::chat::{ChatServer, Reply};
use crate::support::program::Program;
use crate::support::server;
use serde_json::{Value, json};

fn entry(input: f64, output: f64, more: Value) -> Value {
    let mut entry = json!({"litellm_provider": "openai", "mode": "chat", "input_cost_per_token": input,
        "output_cost_per_token": output});
    entry.as_object_mut().expect("an entry").extend(more.as_object().expect("fields").clone());
    entry
}

fn shown(program: &Program, model: &str) -> Value {
    program.args(["models", "show", model, "--json"]).run().ok().json()
}

#[test]
fn a_price_that_falls_far_is_not_taken_unasked() {
    // Built in: $0.25, $0.025 cached, $2.
    for (prices, falls) in [
        (entry(0.0, 0.0, json!({})), true),
        (entry(0.25e-6, 0.0, json!({})), true),
        (entry(0.02e-6, 2e-6, json!({})), true),
        (entry(0.25e-6, 2e-6, json!({"cache_read_input_token_cost": 0.0})), true),
        (entry(0.25e-6, 2e-6, json!({"output_cost_per_reasoning_token": 1e-9})), true),
        // A list's way to say that writing into the cache has no price of its own.
        (entry(0.25e-6, 2e-6, json!({"cache_creation_input_token_cost": 0.0})), false),
        (entry(0.03e-6, 0.2e-6, json!({})), false),
        (entry(25e-6, 200e-6, json!({})), false),
    ] {
        let list = json!({"gpt-5-mini": prices, "gpt-98": entry(1e-6, 2e-6, json!({}))});
        let program = Program::new().file("list.json", list.to_string());
        let ran = program.args(["models", "prices", "--update", "list.json"]).run();
        if falls {
            ran.code(1)
                .says("list.json is not read: a price falls to nothing or to less than a tenth")
                .says("openai/gpt-5-mini")
                .says("hint: compare with the provider's own page; --allow-cheaper takes");
            assert_eq!(shown(&program, "gpt-5-mini")["price_source"]["from"], "built_in");
            program.args(["models", "show", "gpt-98"]).run().code(1);
            let told = program.args(["models", "prices", "--update", "list.json", "--allow-cheaper", "--json"]);
            assert_eq!(told.run().ok().json()["cheaper"], json!(["openai/gpt-5-mini"]));
        } else {
            ran.ok();
        }
        assert_eq!(shown(&program, "gpt-5-mini")["price_source"]["from"], "file", "{prices}");
    }
}

#[test]
fn what_is_listed_at_no_price_stays_unpriced() {
    let list = json!({
        "gpt-97": entry(0.0, 0.0, json!({})),
        "gpt-96": entry(1e-12, 1e-12, json!({})),
        "gpt-95": entry(1e-6, 2e-6, json!({})),
    });
    let program = Program::new().file("list.json", list.to_string());
    let ran = program.args(["models", "prices", "--update", "list.json"]).run().ok();
    assert!(ran.stdout.contains("2 of 3 left out, listed at next to no price"), "{}", ran.stdout);
    assert!(ran.stdout.contains("openai/gpt-96, openai/gpt-97"), "{}", ran.stdout);
    assert!(shown(&program, "openai/gpt-97")["price"].is_null());
    program.args(["models", "prices", "--update", "list.json", "--allow-cheaper"]).run().ok();
    assert_eq!(shown(&program, "openai/gpt-97")["price"]["output"], 0);
    program.args(["models", "prices", "--allow-cheaper"]).run().code(2);
}

#[test]
fn what_stands_twice_has_no_price() {
    let one = entry(1e-6, 2e-6, json!({})).to_string();
    let two = entry(1e-6, 3e-6, json!({})).to_string();
    for text in [
        format!("{{\"gpt-98\": {one},\n \"gpt-98\": {two}}}"),
        "{\"gpt-98\": {\"litellm_provider\": \"openai\", \"mode\": \"chat\", \"input_cost_per_token\": 1e-6, \
         \"output_cost_per_token\": 2e-6,\n\"output_cost_per_token\": 2e-9}}"
            .to_owned(),
    ] {
        let program = Program::new().file("list.json", text);
        let ran = program.args(["models", "prices", "--update", "list.json"]).run().code(1);
        ran.says("this is no price list: `").says("` stands twice at line 2");
    }
    let list = format!("{{\"gpt-98\": {one}, \"openai/gpt-98\": {two}, \"gpt-97\": {one}, \"openai/gpt-97\": {one}}}");
    let program = Program::new().file("list.json", list);
    let ran = program.args(["models", "prices", "--update", "list.json"]).run().ok();
    assert!(ran.stdout.contains("1 of 4 left out, listed twice at different prices: openai/gpt-98"), "{}", ran.stdout);
    assert!(shown(&program, "openai/gpt-98")["price"].is_null());
    assert_eq!(shown(&program, "openai/gpt-97")["price"]["output"], 2_000_000_000);
}

#[test]
fn no_price_is_passed_over_in_silence() {
    let list = json!({
        "gpt-98": entry(1e-6, 2e-6, json!({"output_cost_per_reasoning_token": 9e-6, "input_cost_per_image": 0.001,
            "input_cost_per_token_flex": 1e-7, "input_cost_per_audio_token": 1e-5,
            "search_context_cost_per_query": {"search_context_size_low": 0.01}, "output_cost_per_image": 0})),
        "gpt-97": entry(1e-6, 2e-6, json!({"output_cost_per_image": 0.04})),
        "gpt-96": entry(1e-6, 2e-6, json!({"input_cost_per_token_above_200000_tokens": 2e-6})),
        "gpt-95": entry(1e-6, 2e-6, json!({"input_cost_per_image_token": 2e-6})),
    });
    let server = ChatServer::new(|_| {
        let said = json!({"choices": [{"delta": {"content": "yes"}, "finish_reason": "stop"}]});
        let used = json!({"choices": [], "usage": {"prompt_tokens": 1_000, "completion_tokens": 100,
            "completion_tokens_details": {"reasoning_tokens": 80}}});
        let (said, used) = (format!("data: {said}\n\n"), format!("data: {used}\n\n"));
        Reply::acts(server::stream(&[&said, &used, "data: [DONE]\n\n"]))
    });
    let own = "priced_as = \"openai/gpt-98\"\nvision = true";
    let program =
        priced(&server, "vision = true\ninput_price = 1\noutput_price = 1").file("list.json", list.to_string());
    let ran = program.args(["models", "prices", "--update", "list.json"]).run().ok();
    for says in ["openai/gpt-97 (output_cost_per_image)", "openai/gpt-96 (input_cost_per_token_above_200000_tokens)"] {
        assert!(ran.stdout.contains(says), "{}", ran.stdout);
    }
    assert!(ran.stdout.contains("3 of 4 left out, priced by what cannot be counted"), "{}", ran.stdout);
    let program =
        program.file("rhizo.toml", format!("model = \"m\"\n[models.m]\nbase_url = \"{}\"\n{own}\n", server.base_url()));
    let long = "let prompt = \"\"; prompt.pad(1000, \"x\"); ";
    let document = program.args(["eval", &format!("{long}llm(prompt)"), "--json"]).run().ok().json();
    // 1,000 x 1,000 + 20 x 2,000 + 80 x 9,000 nano-USD.
    assert_eq!(nanos(&document["cost_usd"]), 1_000_000 + 40_000 + 720_000);
    let code = format!("{long}llm(prompt, #{{images: [\"https://example.org/a.png\"]}})");
    let document = program.args(["eval", &code, "--json"]).run().ok().json();
    assert_eq!(nanos(&document["cost_usd"]), 1_000_000 + 40_000 + 720_000 + 1_000_000);
}

#[test]
fn the_state_of_the_price_file_is_told() {
    let list = json!({"gpt-98": entry(1e-6, 2e-6, json!({}))});
    let program = Program::new().file("list.json", list.to_string());
    let says = "reads a newer list into [state]/prices.json";
    program.args(["models", "prices", "gpt-5-mini"]).run().ok().says("note: built-in prices of 2026-11-20").says(says);
    program.args(["models", "prices", "--update", "list.json"]).run().ok();
    let ran = program.args(["models", "prices", "gpt-98"]).run().ok();
    ran.says("note: the list of litellm, read on ")
        .says("has 1 of these prices and lies over the built-in ones of 2026-11-20: [state]/prices.json");
    let missing = program.args(["models", "prices", "--update", "missing.json"]).run().code(1);
    missing.says("cannot read").says("hint: name the list that you downloaded: prices/data.json of");
    let piped = program.args(["models", "prices", "--update", "/dev/stdin", "--json"]).stdin(list.to_string());
    assert_eq!(piped.run().ok().json()["unchanged"], 1);
    let program = program.file("long.json", " ".repeat(64 * 1024 * 1024 + 1));
    let long = program.args(["models", "prices", "--update", "long.json"]).run().code(1);
    long.says("long.json has more than the 64 MiB of a price list");
}

#[test]
fn the_hint_for_an_unpriced_model_is_right() {
    let server = ChatServer::new(|_| Reply::text("yes").usage(1_000, 100));
    let program = Program::served_by(&server).env("RHIZO_MODEL", "gpt-5-mini");
    let call = ["eval", "llm(\"x\")", "--max-cost", "1"];
    program.args(call).run().code(5).says("[models.\"openai/gpt-5-mini\"]").says("priced_as");
    let program = program.file("rhizo.toml", "[models.\"openai/gpt-5-mini\"]\npriced_as = \"openai/gpt-5-mini\"\n");
    program.args(call).run().ok();
}

#[test]
fn the_price_of_one_token_is_not_taken_for_that_of_a_million() {
    let server = ChatServer::new(|_| Reply::text("yes"));
    let program = priced(&server, "input_price = 0.00000025\noutput_price = 0.000002");
    let ran = program.args(["eval", "llm(\"x\")"]).run().code(3);
    ran.says("rhizo.toml:4:1: models.m.input_price is $0.00000025 for a million tokens")
        .says("if that is the price of one, write $0.25, and 0 for nothing")
        .says("models.m.output_price");
    assert!(server.asks().is_empty());
}
