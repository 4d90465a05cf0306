//! Where a price comes from: the built-in table, a public list over it, the configuration over both.

use super::{nanos, priced};
use crate::support::chat::{ChatServer, Reply};
use crate::support::program::Program;
use serde_json::{Value, json};

/// A small list in the form of genai-prices.
fn genai() -> String {
    let model = |id: &str, prices: Value| json!({"id": id, "match": {"equals": id}, "context_window": 500_000, "prices": prices});
    let providers = json!([
        {"id": "openai", "models": [
            model("gpt-5-mini", json!({"input_mtok": 0.5, "cache_read_mtok": 0.05, "output_mtok": 4})),
            model("gpt-5-nano", json!({"input_mtok": 0.05, "cache_read_mtok": 0.005, "output_mtok": 0.4})),
            model("gpt-99", json!([
                {"prices": {"input_mtok": {"base": 3, "tiers": [{"start": 272_000, "price": 6}]}, "output_mtok": 30}},
                {"constraint": {"start_date": "9999-01-01"}, "prices": {"input_mtok": 4, "output_mtok": 40}},
            ])),
            model("text-embedding-3-small", json!({"input_mtok": 0.02})),
        ]},
        {"id": "fireworks", "models": [model("kimi", json!({"input_mtok": 1, "output_mtok": 2}))]},
    ]);
    providers.to_string()
}

fn litellm() -> String {
    json!({
        "sample_spec": {"litellm_provider": "one of them", "mode": "chat"},
        "gpt-98": {"litellm_provider": "openai", "mode": "chat", "input_cost_per_token": 1e-06,
            "output_cost_per_token": 2e-06, "max_input_tokens": 64_000, "max_output_tokens": 8_000},
        "dall-e-3": {"litellm_provider": "openai", "mode": "image_generation"},
    })
    .to_string()
}

fn shown(program: &Program, model: &str) -> Value {
    program.args(["models", "show", model, "--json"]).run().ok().json()
}

#[test]
fn a_public_list_is_read_told_and_used() {
    let program = Program::new().file("data.json", genai());
    assert_eq!(shown(&program, "gpt-5-mini")["price_source"]["from"], "built_in");
    program.args(["models", "show", "gpt-99"]).run().code(1);
    let state = program.state();
    let paths = [(state.to_str().expect("a path"), "[state]")];
    let ran = program.args(["models", "prices", "--update", "data.json"]).run().ok();
    ran.snapshot_with("prices_update", &paths);
    let mini = shown(&program, "gpt-5-mini");
    assert_eq!(mini["price"]["input"], 500_000_000);
    assert_eq!(mini["price_source"]["from"], "file");
    assert_eq!(mini["price_source"]["list"], "genai-prices");
    assert_eq!(mini["window"], 500_000);
    // What the list does not say is still known.
    assert_eq!(mini["max_output"], 128_000);
    let new = shown(&program, "gpt-99");
    assert_eq!(
        (&new["price"]["input"], &new["price"]["tiers"][0]["above"]),
        (&json!(3_000_000_000_u64), &json!(272_000))
    );
    let again = program.args(["models", "prices", "--update", "data.json", "--json"]).run().ok().json();
    assert_eq!((&again["new"], &again["changed"], &again["unchanged"]), (&json!(0), &json!([]), &json!(3)));
}

#[test]
fn a_later_list_replaces_an_earlier_one() {
    let program = Program::new().file("data.json", genai()).file("litellm.json", litellm());
    program.args(["models", "prices", "--update", "data.json"]).run().ok();
    let told = program.args(["models", "prices", "--update", "litellm.json", "--json"]).run().ok().json();
    assert_eq!((&told["list"], &told["entries"], &told["models"]), (&json!("litellm"), &json!(2), &json!(1)));
    assert_eq!(told["skipped"], json!([["not for chat", 1]]));
    let new = shown(&program, "gpt-98");
    assert_eq!((&new["window"], &new["max_output"]), (&json!(64_000), &json!(8_000)));
    assert_eq!(shown(&program, "gpt-5-mini")["price_source"]["from"], "built_in");
    program.args(["models", "show", "gpt-99"]).run().code(1);
}

#[test]
fn a_shorter_list_says_which_prices_are_gone() {
    let program = Program::new().file("data.json", genai()).file("litellm.json", litellm());
    program.args(["models", "prices", "--update", "data.json"]).run().ok();
    let told = program.args(["models", "prices", "--update", "litellm.json"]).run().ok().stdout;
    let gone = "not in it, but in the list before it: 3 (openai/gpt-5-mini, openai/gpt-5-nano, openai/gpt-99)\n";
    assert!(told.contains(gone), "{told}");
    program.args(["models", "prices", "--update", "data.json"]).run().ok();
    let told = program.args(["models", "prices", "--update", "litellm.json", "--json"]).run().ok().json();
    assert_eq!(told["gone"], json!(["openai/gpt-5-mini", "openai/gpt-5-nano", "openai/gpt-99"]));
}

#[test]
fn a_list_can_be_read_although_the_price_that_a_model_has_by_it_is_not_there_yet() {
    let server = ChatServer::new(|_| Reply::text("yes"));
    let program = priced(&server, "priced_as = \"openai/gpt-99\"\nimage_price = 0.01").file("data.json", genai());
    let refused = |args: [&str; 2]| program.args(args).run().code(3).says("models.m.priced_as is \"openai/gpt-99\"");
    refused(["models", "list"]);
    refused(["eval", "llm(\"x\")"]);
    let rows = program.args(["models", "prices", "--json"]).run().ok().json();
    let m = rows.as_array().expect("rows").iter().find(|row| row["id"] == "m").expect("a row");
    assert_eq!(m["price"], Value::Null);
    program.args(["models", "prices", "--update", "data.json"]).run().ok();
    assert_eq!(shown(&program, "m")["price"]["input"], 3_000_000_000_u64);
    std::fs::remove_file(program.state().join("prices.json")).expect("a file");
    refused(["models", "list"]);
    program.args(["models", "prices", "--update", "data.json"]).run().ok();
    program.args(["models", "list"]).run().ok();
    // Other faults are told all the same.
    let broken = priced(&server, "priced_as = \"openai/gpt-99\"\ncontext_window = 0").file("data.json", genai());
    broken.args(["models", "prices", "--update", "data.json"]).run().code(3).says("must be more than 0");
    assert!(server.asks().is_empty());
}

#[test]
fn the_bill_follows_the_list_and_the_configuration_wins() {
    let server = ChatServer::new(|_| Reply::text("yes").usage(1_000, 100).cache(400, 0));
    let own = "priced_as = \"openai/gpt-5-mini\"";
    let cost = |lines: &str, update: bool| {
        let program = priced(&server, lines).file("data.json", genai());
        if update {
            program.args(["models", "prices", "--update", "data.json"]).run().ok();
        }
        let code = "let prompt = \"\"; prompt.pad(1000, \"x\"); llm(prompt)";
        nanos(&program.args(["eval", code, "--json"]).run().ok().json()["cost_usd"])
    };
    // Built in: 600 x 250 + 400 x 25 + 100 x 2,000.
    assert_eq!(cost(own, false), 150_000 + 10_000 + 200_000);
    // The list: 600 x 500 + 400 x 50 + 100 x 4,000.
    assert_eq!(cost(own, true), 300_000 + 20_000 + 400_000);
    // One key over the list: 600 x 500 + 400 x 100 + 100 x 4,000.
    assert_eq!(cost(&format!("{own}\ncached_input_price = 0.1"), true), 300_000 + 40_000 + 400_000);
    // A price of one's own: cached tokens that it does not name cost what the others do.
    assert_eq!(cost(&format!("{own}\ninput_price = 1\noutput_price = 1"), true), 1_000_000 + 100_000);
}

#[test]
fn other_files_are_refused_and_nothing_changes() {
    let program = Program::new().file("good.json", litellm()).file("empty.json", "").file("other.json", r#"{"a": 1}"#);
    program.args(["models", "prices", "--update", "good.json"]).run().ok();
    for (file, why) in [
        ("empty.json", "this is no price list: it is not JSON"),
        ("other.json", "this is no price list: it has neither a list of providers"),
        ("missing.json", "cannot read"),
        (".", "cannot read"),
    ] {
        let ran = program.args(["models", "prices", "--update", file]).run();
        assert_ne!(ran.exit_code(), Some(0), "{file}");
        ran.says(why).does_not_say("stored in");
    }
    assert_eq!(shown(&program, "gpt-98")["price"]["input"], 1_000_000_000);
}

#[test]
fn a_broken_price_file_is_an_error_and_not_a_missing_price() {
    let program = Program::new().file("good.json", litellm());
    program.args(["models", "prices", "--update", "good.json"]).run().ok();
    std::fs::write(program.state().join("prices.json"), "{").expect("a file");
    let ran = program.args(["models"]).run().code(3);
    ran.says("the price file").says("is broken").says("hint: delete it");
}

#[test]
fn prices_are_listed_with_their_sources() {
    let server = ChatServer::new(|_| Reply::text("yes"));
    let program = priced(&server, "input_price = 1\noutput_price = 2\nimage_price = 0.01");
    let rows = program.args(["models", "prices", "--json"]).run().ok().json();
    let row = |id: &str| rows.as_array().expect("rows").iter().find(|row| row["id"] == id).expect(id).clone();
    assert_eq!(row("m")["price_source"]["from"], "configuration");
    assert_eq!(row("m")["price"]["per_image"], 10_000_000);
    assert_eq!(row("openai/gpt-6.2-sol")["price"]["tiers"][0]["above"], 272_000);
    let ran = program.args(["models", "prices", "gpt-6-luna"]).run().ok();
    ran.snapshot("prices_list");
    program.args(["models", "prices", "nothing-like-it"]).run().code(1).says("no known model has `nothing-like-it`");
}

#[test]
fn a_part_of_a_price_is_told_with_what_is_missing() {
    let server = ChatServer::new(|_| Reply::text("yes"));
    for (lines, says) in [
        ("input_price = 1", "models.m has only a part of its price"),
        ("image_price = 1", "models.m has only a part of its price"),
        ("input_price = 1\noutput_price = 1\nlong_prompt = 5", "models.m has only a part of its price of long prompts"),
        ("priced_as = \"openai/gpt-5-minni\"", "did you mean \"openai/gpt-5-mini\"?"),
    ] {
        priced(&server, lines).args(["eval", "llm(\"x\")"]).run().code(3).says(says);
    }
    assert!(server.asks().is_empty());
}
