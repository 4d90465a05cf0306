//! Bills computed by hand: what a run's document says it cost, what the store keeps, and what a child run adds.

use super::{nanos, priced};
use crate::support::chat::{ChatServer, Reply};
use crate::support::server;
use serde_json::json;

/// A call with a prompt that is long enough for all counts here: 300,001 bytes have at most as many tokens.
const LONG: &str = "let prompt = \"\"; prompt.pad(300001, \"x\"); llm(prompt)";

/// The bill of one call that a server answers with this usage: of the document and of the store, which must agree.
fn bill(lines: &str, reply: impl Fn() -> Reply + Send + Sync + 'static) -> u64 {
    let server = ChatServer::new(move |_| reply());
    let program = priced(&server, &format!("{lines}\ncontext_window = 1000000"));
    let document = program.args(["eval", LONG, "--json"]).run().ok().json();
    assert_eq!(server.asks().len(), 1);
    let stored = program.args(["runs", "list", "--json"]).run().ok().json();
    let cost = nanos(&document["cost_usd"]);
    assert_eq!(nanos(&stored[0]["cost_usd"]), cost, "{stored:#}");
    cost
}

/// $2 prompt, $0.20 cached, $2.50 written, $10 answer; above 200,000 prompt tokens twice that, and $15.
const OWN: &str = "input_price = 2\ncached_input_price = 0.2\ncache_write_price = 2.5\noutput_price = 10\n\
    long_prompt = 200000\nlong_input_price = 4\nlong_cached_input_price = 0.4\nlong_cache_write_price = 5\n\
    long_output_price = 15";

#[test]
fn every_token_is_billed_once_at_its_own_price() {
    for (usage, cache, expect) in [
        // 1,000 x 2,000 + 100 x 10,000 nano-USD.
        ((1_000, 100), (0, 0), 2_000_000 + 1_000_000),
        // 250 x 2,000 + 750 x 200 + 100 x 10,000.
        ((1_000, 100), (750, 0), 500_000 + 150_000 + 1_000_000),
        // 150 x 2,000 + 750 x 200 + 100 x 2,500 + 100 x 10,000.
        ((1_000, 100), (750, 100), 300_000 + 150_000 + 250_000 + 1_000_000),
        // At the threshold: 200,000 x 2,000 + 1 x 10,000.
        ((200_000, 1), (0, 0), 400_000_000 + 10_000),
        // Above it: 200,001 x 4,000 + 1 x 15,000.
        ((200_001, 1), (0, 0), 800_004_000 + 15_000),
        // Above it with a cache: 1 x 4,000 + 200,000 x 400 + 100,000 x 5,000 + 1 x 15,000.
        ((300_001, 1), (200_000, 100_000), 4_000 + 80_000_000 + 500_000_000 + 15_000),
    ] {
        let reply = move || Reply::text("yes").usage(usage.0, usage.1).cache(cache.0, cache.1);
        assert_eq!(bill(OWN, reply), expect, "{usage:?} {cache:?}");
    }
}

#[test]
fn thoughts_that_only_the_total_counts_are_billed_with_the_answer() {
    for (usage, expect) in [
        // 20 x 2,000 + (623 - 20) x 10,000 nano-USD.
        (json!({"prompt_tokens": 20, "completion_tokens": 198, "total_tokens": 623}), 40_000 + 6_030_000),
        // The rest are prompt tokens of the cache, which this server counts apart: 20 x 200 + 198 x 10,000.
        (
            json!({"prompt_tokens": 20, "completion_tokens": 198, "total_tokens": 318,
                "prompt_tokens_details": {"cached_tokens": 100}}),
            4_000 + 1_980_000,
        ),
    ] {
        let says = json!({"choices": [{"delta": {"content": "yes"}, "finish_reason": "stop"}]});
        let (says, used) =
            (format!("data: {says}\n\n"), format!("data: {}\n\n", json!({"choices": [], "usage": usage})));
        let reply = move || Reply::acts(server::stream(&[&says, &used, "data: [DONE]\n\n"]));
        assert_eq!(bill(OWN, reply), expect, "{usage}");
    }
}

#[test]
fn a_gateway_bills_at_the_list_price_that_it_names() {
    let reply = |input, cached, written| move || Reply::text("yes").usage(input, 1_000).cache(cached, written);
    for (id, (input, cached, written), expect) in [
        // $0.25, $0.025, $2: 400 x 250 + 600 x 25 + 1,000 x 2,000.
        ("openai/gpt-5-mini", (1_000, 600, 0), 100_000 + 15_000 + 2_000_000),
        // $1.25, $10 up to 200,000: 200,000 x 1,250 + 1,000 x 10,000.
        ("google/gemini-2.5-pro", (200_000, 0, 0), 250_000_000 + 10_000_000),
        // $2.50, $15 above: 200,001 x 2,500 + 1,000 x 15,000.
        ("google/gemini-2.5-pro", (200_001, 0, 0), 500_002_500 + 15_000_000),
        // $3.75 for cache writes, $0.30 for hits: 100 x 3,000 + 500 x 300 + 400 x 3,750 + 1,000 x 15,000.
        ("anthropic/claude-sonnet-4-5-20250929", (1_000, 500, 400), 300_000 + 150_000 + 1_500_000 + 15_000_000),
        // $0.50 and $2.50 above 100,000: 100,001 x 500 + 1,000 x 2,500.
        ("anthropic/claude-haiku-5-5", (100_001, 0, 0), 50_000_500 + 2_500_000),
    ] {
        let lines = format!("priced_as = \"{id}\"");
        assert_eq!(bill(&lines, reply(input, cached, written)), expect, "{id} {input}");
    }
}

#[test]
fn each_call_has_its_own_price_beside_tokens() {
    // 100 x 1,000 + 10 x 1,000 + 5,000,000 nano-USD.
    let lines = "input_price = 1\noutput_price = 1\nrequest_price = 0.005";
    assert_eq!(bill(lines, || Reply::text("yes").usage(100, 10)), 110_000 + 5_000_000);
}

#[test]
fn each_picture_has_its_own_price_beside_tokens() {
    let server = ChatServer::new(|_| Reply::text("yes").usage(100, 10));
    let program = priced(&server, "vision = true\ninput_price = 1\noutput_price = 1\nimage_price = 0.0025");
    let code = "llm(\"x\", #{images: [\"https://example.org/a.png\", \"https://example.org/b.png\"]})";
    let document = program.args(["eval", code, "--json"]).run().ok().json();
    // 100 x 1,000 + 10 x 1,000 + 2 x 2,500,000 nano-USD.
    assert_eq!(nanos(&document["cost_usd"]), 110_000 + 5_000_000);
    assert_eq!(server.asks()[0].body["messages"].to_string().matches("example.org").count(), 2);
}

#[test]
fn a_failed_call_is_billed_for_what_it_used() {
    let refusal = json!({"choices": [{"delta": {"refusal": "I cannot."}, "finish_reason": "stop"}]});
    let used = json!({"choices": [], "usage": {"prompt_tokens": 1_000, "completion_tokens": 100,
        "prompt_tokens_details": {"cached_tokens": 750}}});
    let (refusal, used) = (format!("data: {refusal}\n\n"), format!("data: {used}\n\n"));
    let server = ChatServer::new(move |_| Reply::acts(server::stream(&[&refusal, &used, "data: [DONE]\n\n"])));
    let program = priced(&server, OWN);
    let ran = program.args(["eval", "let prompt = \"\"; prompt.pad(1000, \"x\"); llm(prompt)", "--json"]).run();
    let document = ran.json();
    assert_eq!(document["failure"]["kind"], "refusal", "{document:#}");
    // 250 x 2,000 + 750 x 200 + 100 x 10,000.
    assert_eq!(nanos(&document["cost_usd"]), 500_000 + 150_000 + 1_000_000);
    let stored = program.args(["runs", "list", "--json"]).run().ok().json();
    assert_eq!(nanos(&stored[0]["cost_usd"]), 1_650_000);
}

#[test]
fn a_call_that_was_not_served_costs_nothing() {
    let server = ChatServer::new(|_| Reply::refusal(400, "no such parameter"));
    let lines = "input_price = 1\noutput_price = 1\nrequest_price = 0.005";
    let document = priced(&server, lines).args(["eval", "llm(\"x\")", "--json"]).run().json();
    assert_eq!((nanos(&document["cost_usd"]), server.asks().len()), (0, 1), "{document:#}");
}

#[test]
fn what_is_reserved_covers_the_dearest_split_and_tier() {
    // Written tokens cost $5 per million, others $1. The bound of a prompt of one letter is 16 + 16 + 1 tokens and 256 that
    // servers add, that of the answer 10 and 64: 289 x 5,000 + 74 x 1,000 nano-USD = $0.001519 are needed, whatever the
    // server will say.
    let lines = "input_price = 1\ncached_input_price = 0.1\ncache_write_price = 5\noutput_price = 1";
    let server = ChatServer::new(|_| Reply::text("yes").usage(289, 74).cache(0, 289));
    let program = priced(&server, lines);
    let code = "llm(\"x\", #{max_tokens: 10})";
    let ran = program.args(["eval", code, "--max-cost", "0.001518"]).run().code(5);
    ran.says("needed up to $0.001519");
    let document = program.args(["eval", code, "--max-cost", "0.001519", "--json"]).run().ok().json();
    assert_eq!(nanos(&document["cost_usd"]), 1_519_000);
    assert_eq!(server.asks().len(), 1);
}

#[test]
fn a_batch_costs_the_sum_of_its_calls() {
    // Every third call has a long prompt: 4 x (200,001 x 4,000 + 15,000) + 8 x (100 x 2,000 + 10,000).
    let server = ChatServer::new(|ask| {
        let long = ask.number % 3 == 0;
        Reply::text("yes").usage(if long { 200_001 } else { 100 }, 1)
    });
    let code = "let long = \"\"; long.pad(200000, \"x\"); let prompts = [];
        for i in 0..12 { prompts.push(`${long}${i}`) } llm_batch(prompts).len()";
    let document =
        priced(&server, &format!("{OWN}\ncontext_window = 1000000")).args(["eval", code, "--json"]).run().ok().json();
    assert_eq!(nanos(&document["cost_usd"]), 4 * 800_019_000 + 8 * 210_000);
}
