//! A handful of the faults of `model/fault_table`, as `rhizo eval` tells them.

use super::far;
use crate::support::chat::{ChatServer, Reply};
use crate::support::server::{self, Act};
use serde_json::{Value, json};

#[test]
fn faults_end_a_program_with_their_kind_and_their_bill() {
    let says = |text: &str| {
        format!("data: {}\n\n", json!({"choices": [{"index": 0, "delta": {"content": text}, "finish_reason": null}]}))
    };
    let used = "data: {\"choices\": [], \"usage\": {\"prompt_tokens\": 9, \"completion_tokens\": 4}}\n\n";
    let cut = |last: Act| {
        let mut acts = server::open_stream(&[&says("half an answer"), used]);
        acts.push(last);
        acts
    };
    let html = server::answer(200, &[("content-type", "text/html")], "<html></html>");
    let redirect = server::answer(302, &[("location", "http://169.254.169.254/")], "");
    // Whether it is tried again, what is told, and the cost in nano-USD, at one for each token.
    for (name, acts, again, told, nanos) in [
        ("closed in the middle", cut(Act::Close), true, "broke in the middle of the answer", 13),
        ("reset in the middle", cut(Act::Reset), true, "broke in the middle of the answer", 13),
        ("silent in the middle", cut(Act::Hold), true, "sent nothing further within 0.2 s", 13),
        ("no end", server::stream(&[&says("half"), used, "data: [DONE]\n\n"]), true, "stream ended early", 13),
        ("overloaded", server::json(529, &json!({"error": {"message": "Overloaded"}})), true, "529: Overloaded", 0),
        ("no credit", server::json(429, &json!({"error": {"code": "insufficient_quota"}})), false, "answered 429", 0),
        ("redirect", redirect, false, "answered 302", 0),
        // It may have been any answer: the bytes of the prompt and of a chat's form, and all tokens of its limit.
        ("HTML", html, false, "it sent HTML", 133),
    ] {
        let server = ChatServer::new(move |ask| match ask.number {
            0 => Reply::acts(acts.clone()),
            _ => Reply::refusal(400, "that is enough"),
        });
        let code = "let end = #{}; try { llm(\"q\", #{max_tokens: 100}) } catch (e) { end = e } #{end: end, cost: spent().cost_usd}";
        let program = far(&server, "between_tokens_timeout = 0.2\nconnect_timeout = 5\n");
        let ran = program.args(["eval", code, "--json", "--max-cost", "1"]).run().ok();
        let answer = ran.json()["answer"].clone();
        let asks = if again { 2 } else { 1 };
        assert_eq!((server.asks().len(), &answer["end"]["attempts"]), (asks, &json!(asks)), "{name}: {answer}");
        let first = if again { ran.stderr.clone() } else { answer["end"]["message"].to_string() };
        assert!(first.contains(told), "{name}: {first}");
        let cost = answer["cost"].as_f64().expect("a number");
        assert!((cost * 1e9 - f64::from(nanos)).abs() < 0.5, "{name}: {cost}");
    }
}

#[test]
fn text_that_was_shown_is_taken_back_before_the_next_attempt() {
    let piece = json!({"choices": [{"index": 0, "delta": {"content": "half an answer"}, "finish_reason": null}]});
    let mut half = server::open_stream(&[&format!("data: {piece}\n\n")]);
    half.push(Act::Close);
    let server = ChatServer::new(move |ask| match ask.number {
        0 => Reply::acts(half.clone()),
        _ => Reply::text("whole"),
    });
    let program = far(&server, "").file("one.rhai", "llm(\"q\")");
    let ran = program.args(["run", "one.rhai", "--events", "-"]).run().ok();
    let events: Vec<Value> = ran.stdout.lines().map(|line| serde_json::from_str(line).expect("JSON")).collect();
    let names = ["model_text", "model_reset", "retry"];
    let told = events.iter().filter_map(|event| event["event"].as_str()).filter(|name| names.contains(name));
    let told: Vec<&str> = told.collect();
    assert_eq!(told.get(..3), Some(&names[..]), "{told:?}");
    let behind = events.iter().skip_while(|event| event["event"] != "retry");
    let behind = behind.filter(|event| event["event"] == "model_text").filter_map(|event| event["text"].as_str());
    let behind: String = behind.collect();
    assert_eq!(behind, "whole");
    // The log keeps no text, and says all the same that some was shown in vain.
    let logs = program.args(["logs", "last"]).run().ok().stdout;
    let (reset, retry) = (logs.find(" model_reset "), logs.find(" retry "));
    assert!(reset.is_some() && reset < retry && !logs.contains("model_text"), "{logs}");
}
