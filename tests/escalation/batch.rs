//! `llm_batch` with a check: each item has a chain of its own, and what is due goes out together.

use super::{asked, credits, ladder, model};
use crate::support::chat::{Ask, ChatServer, Reply};
use serde_json::{Value, json};
use std::sync::Arc;
use tokio::sync::Barrier;

/// A batch of `p0`, `p1`, ... with these options.
fn batch(count: usize, options: &str) -> String {
    format!("let prompts = []; for i in 0..{count} {{ prompts.push(`p${{i}}`) }}\nllm_batch(prompts, #{{{options}}})")
}

/// The number of an item.
fn item(ask: &Ask) -> usize {
    let prompt = ask.last();
    prompt[1..].split(|c: char| !c.is_ascii_digit()).next().and_then(|digits| digits.parse().ok()).unwrap_or(usize::MAX)
}

fn is_first(ask: &Ask) -> bool {
    !ask.last().contains("It was not accepted")
}

#[test]
fn attempts_that_are_due_go_out_together_and_only_refused_ones_again() {
    // Nobody is answered before as many as are due have come: 6 first attempts, then 3 second ones.
    let (first, second) = (Arc::new(Barrier::new(6)), Arc::new(Barrier::new(3)));
    let server = ChatServer::new(move |ask| {
        let good = !is_first(ask) || item(ask).is_multiple_of(2);
        let reply = Reply::text(if good { format!("good {}", item(ask)) } else { "bad".to_owned() });
        reply.meets(if is_first(ask) { &first } else { &second })
    });
    let program = ladder(&server, "");
    let code = batch(
        6,
        "concurrency: 6, gate: \"is good\", check: |a, i| if a == `good ${i}` { true } else { `item ${i} is bad` }",
    );
    let answer = program.args(["eval", &code, "--json"]).run().ok().json()["answer"].clone();
    assert_eq!(answer, json!((0..6).map(|i| format!("good {i}")).collect::<Vec<_>>()));
    assert_eq!(server.asks().len(), 9);
    let again: Vec<String> = server.asks().iter().filter(|ask| !is_first(ask)).map(Ask::last).collect();
    for at in [1, 3, 5] {
        let expect = format!(
            "p{at}\n\nYour earlier answer:\nbad\n\nIt was not accepted: the answer did not pass `is good`: item {at} is bad\n\
             Answer again, and avoid that."
        );
        assert!(again.contains(&expect), "{again:#?}");
    }
    assert_eq!(credits(&program, "escalate"), ["retry success"; 3]);
    let routes = [["worker fail"; 3], ["worker success"; 3]].concat();
    assert_eq!(credits(&program, "route"), routes, "each attempt has its own verdict");
}

#[test]
fn each_item_has_a_chain_of_its_own_and_fails_in_its_slot() {
    let server = ChatServer::new(|ask| {
        Reply::text(match (item(ask), ask.body["model"].as_str()) {
            (0, _) | (1, Some("middle")) => "good",
            _ => "bad",
        })
    });
    let program = ladder(&server, "retries = 0");
    // A check of one parameter serves as well, and its own fault is its item's alone.
    let check = "check: |a| if a == \"throw\" { throw \"odd\" } else { a == \"good\" }";
    let answer = program.args(["eval", &batch(3, check), "--json"]).run().ok().json()["answer"].clone();
    assert_eq!((&answer[0], &answer[1]), (&json!("good"), &json!("good")));
    let failed = &answer[2];
    assert_eq!((&failed["error"], &failed["kind"], &failed["item"]), (&json!(true), &json!("invalid"), &json!(2)));
    assert_eq!(failed["attempts"], json!(["worker", "expert", "architect"]), "{failed:#}");
    let mut asked = asked(&server);
    asked.sort();
    assert_eq!(asked, ["large", "middle", "middle", "small", "small", "small"]);
}

#[test]
fn what_chance_tries_in_vain_costs_no_item_its_answer() {
    let server = ChatServer::new(|ask| match model(ask).as_str() {
        "small" if is_first(ask) => Reply::text("bad"),
        "small" => Reply::text("good"),
        _ => Reply::refusal(400, "not today"),
    });
    // A quarter of the items is tried by the stronger role, which cannot be asked.
    let program = ladder(&server, "").env("RHIZO_ESCALATION_AUDIT", "0.5");
    let code = batch(40, "check: |a| a == \"good\"");
    let answer = program.args(["eval", &code, "--json"]).run().ok().json()["answer"].clone();
    assert_eq!(answer, json!(vec!["good"; 40]));
    assert!(asked(&server).iter().any(|model| model == "middle"), "chance has tried nobody else");
}

#[test]
fn what_is_wrong_with_one_check_costs_nobody_the_other_answers() {
    let server = ChatServer::new(|ask| Reply::text(ask.last()));
    let code = batch(3, "check: |a, i| if i == 1 { throw \"odd\" } else if i == 2 { 5 } else { true }");
    let answer: Value = ladder(&server, "").args(["eval", &code, "--json"]).run().ok().json()["answer"].clone();
    assert_eq!(answer[0], "p0");
    let told = |at: usize| answer[at]["message"].as_str().unwrap_or_default().to_owned();
    assert!(told(1).contains("odd") && answer[1]["item"] == 1, "{answer:#}");
    assert!(told(2).contains("the check of llm_batch answered") && answer[2]["item"] == 2, "{answer:#}");
    assert_eq!(server.asks().len(), 3);
}

#[test]
fn an_empty_batch_with_a_check_asks_nobody() {
    let server = ChatServer::new(|_| Reply::text("never"));
    ladder(&server, "").args(["eval", "llm_batch([], #{check: |a| true})"]).run().ok().prints("[]\n");
    assert!(server.asks().is_empty());
}

#[test]
fn typed_answers_are_checked_as_data() {
    let server = ChatServer::new(|ask| Reply::text(if is_first(ask) { "{\"n\": 1}" } else { "{\"n\": 7}" }));
    let code = batch(2, "schema: #{n: \"int\"}, check: |a| if a.n > 5 { \"\" } else { \"too small\" }");
    let answer = ladder(&server, "").args(["eval", &code, "--json"]).run().ok().json()["answer"].clone();
    assert_eq!(answer, json!([{"n": 7}, {"n": 7}]));
}
