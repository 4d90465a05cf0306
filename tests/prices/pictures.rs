//! Pictures: what a budget holds back for them, by model.

use super::{nanos, priced};
use crate::support::chat::{ChatServer, Reply};
use crate::support::program::Program;
use crate::support::server;
use serde_json::{Value, json};

/// A call with one picture. Beside it 33 + 256 tokens are held back for a prompt of one letter, and 10 + 64 for the answer.
const CODE: &str = "llm(\"x\", #{max_tokens: 10, images: [\"https://example.org/a.png\"]})";
const LINES: &str = "vision = true\ninput_price = 1\noutput_price = 1\n";

/// A server that counts this many tokens of a prompt, and a program whose model has these lines beside its price.
fn counting(input: u64, lines: &str) -> (ChatServer, Program) {
    let server = ChatServer::new(move |_| Reply::text("yes").usage(input, 10));
    let program = priced(&server, &format!("{LINES}{lines}"));
    (server, program)
}

#[test]
fn a_budget_is_not_overspent_by_a_picture_of_a_model_that_counts_much_for_it() {
    for lines in ["name = \"gpt-4o-mini\"", "name = \"openai/gpt-4o-mini-2024-07-18\"", "image_tokens = 48169"] {
        // 289 + 48,169 tokens of the prompt and 74 of the answer, at a micro-USD each.
        let (server, program) = counting(48_202, lines);
        let ran = program.args(["eval", CODE, "--max-cost", "0.048531"]).run().code(5);
        ran.says("needed up to $0.048532");
        assert_eq!(server.asks().len(), 0, "{lines}");
        let document = program.args(["eval", CODE, "--max-cost", "0.048532", "--json"]).run().ok().json();
        assert_eq!((nanos(&document["cost_usd"]), &document["estimated"]), (48_212_000, &json!(false)), "{lines}");
        let sent = &server.asks()[0].body["messages"][0]["content"];
        let picture = json!({"type": "image_url", "image_url": {"url": "https://example.org/a.png"}});
        assert_eq!(sent, &json!([{"type": "text", "text": "x"}, picture]));
    }
}

#[test]
fn a_price_that_is_another_models_comes_with_its_pictures() {
    let server = ChatServer::new(|_| Reply::text("yes").usage(48_202, 10));
    let program = priced(&server, "vision = true\npriced_as = \"openai/gpt-4o-mini\"");
    // Held back are 48,458 x 150 + 74 x 600 nano-USD, and used 48,202 x 150 + 10 x 600.
    program.args(["eval", CODE, "--max-cost", "0.007313"]).run().code(5).says("needed up to $0.0073131");
    let document = program.args(["eval", CODE, "--max-cost", "0.0073131", "--json"]).run().ok().json();
    assert_eq!((nanos(&document["cost_usd"]), server.asks().len()), (7_236_300, 1));
}

#[test]
fn a_count_beyond_what_is_said_of_a_picture_is_not_believed() {
    let (_server, program) = counting(9_000, "image_tokens = 1000");
    let ran = program.args(["eval", CODE, "--max-cost", "0.001363", "--json"]).run().ok();
    let ran = ran.says("counted 9000 prompt tokens where at most 1289 can have been sent");
    assert_eq!(nanos(&ran.json()["cost_usd"]), 1_043_000);
    // Of a model whose name tells that its pictures count no more than is usual no more is held back.
    let (server, program) = counting(5_000, "name = \"anthropic/claude-opus-5\"");
    program.args(["eval", CODE, "--max-cost", "0.008554"]).run().code(5).says("needed up to $0.008555");
    assert_eq!(server.asks().len(), 0);
    let document = program.args(["eval", CODE, "--max-cost", "0.008555", "--json"]).run().ok().json();
    assert_eq!(nanos(&document["cost_usd"]), 5_010_000);
    // Where nobody says anything, a server that counts more than is usual may be right, and is paid: so much is held back.
    let (server, program) = counting(48_202, "");
    program.args(["eval", CODE, "--max-cost", "0.049514"]).run().code(5).says("needed up to $0.049515");
    assert_eq!(server.asks().len(), 0);
    let ran = program.args(["eval", CODE, "--max-cost", "0.049515", "--json"]).run().ok();
    let document = ran.does_not_say("not believed").json();
    assert_eq!(nanos(&document["cost_usd"]), 48_212_000);
}

#[test]
fn a_picture_that_no_server_counted_is_estimated_at_what_is_known_of_it() {
    let body = "{\"choices\":[{\"message\":{\"content\":\"yes\"},\"finish_reason\":\"stop\"}]}";
    for (lines, tokens) in [("name = \"gpt-4o-mini\"", 48_169), ("image_tokens = 85", 85), ("", 1_000)] {
        let server = ChatServer::new(move |_| Reply::acts(server::answer(200, &[], body)));
        let document = priced(&server, &format!("{LINES}{lines}")).args(["eval", CODE, "--json"]).run().ok().json();
        // A token of the prompt and one of the answer beside it, at a micro-USD each.
        assert_eq!(nanos(&document["cost_usd"]), (tokens + 2) * 1_000, "{lines}");
        assert_eq!(document["estimated"], json!(true), "{lines}");
    }
}

#[test]
fn what_is_held_back_for_a_picture_is_no_reason_to_refuse_many() {
    let (server, program) = counting(93_533, "name = \"gpt-4o-mini\"");
    let images = "\"https://example.org/a.png\",".repeat(11);
    // Eleven pictures of one tile fit the window of 128,000 tokens.
    program.args(["eval", &format!("llm(\"x\", #{{images: [{images}]}})")]).run().ok().prints("yes\n");
    assert_eq!(server.asks()[0].body["messages"].to_string().matches("example.org").count(), 11);
}

#[test]
fn pictures_that_are_known_to_fill_the_window_are_not_sent() {
    let images = "\"https://example.org/a.png\",".repeat(11);
    let code = format!("llm(\"x\", #{{max_tokens: 10, images: [{images}]}})");
    for (each, refused) in [(1_000, true), (700, false)] {
        let (server, program) = counting(7_740, &format!("image_tokens = {each}\ncontext_window = 9000"));
        let ran = program.args(["eval", &code]).run().code(if refused { 4 } else { 0 });
        assert_eq!(ran.stderr.contains("the prompt has about 11008 tokens"), refused, "{ran:?}");
        assert_eq!(server.asks().is_empty(), refused, "{each}");
    }
}

#[test]
fn what_a_picture_counts_at_most_is_shown_and_estimated() {
    let flow = "steps: {seen: {llm: {prompt: x, max_tokens: 10, images: [x.png]}}}\n";
    for (lines, tokens, beyond, shown) in [
        ("name = \"gpt-4o-mini\"", 48_169, 0, "  pictures    at most 48169 tokens each\n"),
        ("name = \"gpt-4o-mini\"\nimage_tokens = 3000", 3_000, 0, "  pictures    at most 3000 tokens each\n"),
        ("", 8_192, 5 * 8_192, "  pictures    at most 8192 tokens each, as is assumed\n"),
    ] {
        let (_server, program) = counting(9, lines);
        let program = program.file("flow.yaml", flow);
        let page = program.args(["models", "show", "m"]).run().ok();
        assert!(page.stdout.contains(shown), "{}", page.stdout);
        let told = program.args(["models", "show", "m", "--json"]).run().ok().json()["image_tokens"].clone();
        assert_eq!(told, if lines.is_empty() { Value::Null } else { json!(tokens) });
        let found = program.args(["pipeline", "run", "flow.yaml", "--dry-run", "--json"]).run().ok().json();
        let row = &found["steps"][0];
        let worst = row["worst"].as_u64().expect("nano-USD") / row["calls"].as_u64().expect("calls");
        // A micro-USD for each token of prompt, picture and answer, with what a budget holds back beyond.
        assert_eq!(worst, (289 + tokens + beyond + 74) * 1_000, "{lines}");
    }
    let (_server, program) = counting(9, "image_tokens = 0");
    program.args(["models"]).run().code(3).says("models.m.image_tokens must be more than 0");
}
