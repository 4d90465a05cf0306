//! Requests that a server read and did not answer: what is charged for them is told, and never more than allowed.

use crate::support::chat::{ChatServer, Reply};
use crate::support::dialects::MESSAGES;
use crate::support::program::Program;
use crate::support::server::{self, Act};
use serde_json::json;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};

/// A model at $1 a million prompt tokens and $10 a million answer tokens, with little patience.
fn served(server: &ChatServer, more: &str) -> Program {
    let text = format!(
        "model = \"far\"\n[models.far]\nbase_url = \"{}\"\ninput_price = 1\noutput_price = 10\n{more}",
        server.base_url()
    );
    Program::new().file("rhizo.toml", text)
}

#[test]
fn what_is_charged_at_its_worst_is_told() {
    let server = ChatServer::new(|_| Reply::acts(vec![Act::Close]));
    let program = served(&server, "timeout = 2\n");
    let call = "llm(\"x\", #{max_tokens: 100})";
    let ran = program.args(["eval", call, "--json"]).run().code(4);
    let (document, attempts) = (ran.json(), server.asks().len());
    let charged = attempts * 100;
    assert_eq!(document["failure"]["details"]["unheard_tokens"], charged, "{document:#}");
    assert_eq!(document["models"][0]["usage"]["unheard_tokens"], charged, "{document:#}");
    assert_eq!((&document["output_tokens"], &document["estimated"]), (&json!(charged), &json!(true)));
    ran.says(&format!("{charged} answer tokens are charged, the most that it can have written"))
        .says(&format!("{charged} of the out tokens nobody heard: charged at the worst case"))
        .says("100 answer tokens are charged unheard");
    let shown = program.args(["runs", "show", "last"]).run().ok().stdout;
    let spent = shown.lines().find(|line| line.starts_with("spent ")).unwrap_or_default();
    let told = format!(" + ~{charged} tokens · $");
    assert!(spent.starts_with("spent   1 call (1 failed) · ~") && spent.contains(&told), "{shown}");
    let told = format!(" · {charged} of the out tokens nobody heard: charged at the worst case");
    assert!(spent.ends_with(&told), "{shown}");
    let cost = program.args(["repl"]).stdin(format!("try {{ {call} }} catch {{ }}\n.cost\n")).run().ok();
    assert!(cost.stdout.contains("of the out tokens nobody heard"), "{}", cost.stdout);
}

#[test]
fn an_answer_that_came_at_last_tells_what_was_charged_before_it() {
    let server = ChatServer::new(|ask| match ask.number {
        0 => Reply::acts(vec![Act::Close]),
        _ => Reply::text("at last").usage(9, 3),
    });
    let ran = served(&server, "").args(["eval", "llm(\"x\", #{max_tokens: 100})", "--json"]).run().ok();
    let document = ran.json();
    assert_eq!((&document["answer"], &document["output_tokens"]), (&json!("at last"), &json!(103)));
    ran.says("100 of the out tokens nobody heard");
}

#[test]
fn what_an_attempt_before_the_last_is_charged_with_is_told_of_the_run_too() {
    let is_down = Arc::new(AtomicBool::new(true));
    let down = Arc::clone(&is_down);
    let server = ChatServer::new(move |_| match down.load(Ordering::SeqCst) {
        true => Reply::acts(vec![Act::Close]),
        false => Reply::text("at last").usage(9, 3),
    });
    let program = served(&server, "timeout = 2\n").file("p.rhai", "llm(\"x\", #{max_tokens: 100})");
    program.args(["run", "p.rhai"]).run().code(4);
    is_down.store(false, Ordering::SeqCst);
    let ran = program.args(["resume", "last", "--json"]).run().ok();
    let document = ran.json();
    assert_eq!((&document["answer"], &document["failed_calls"]), (&json!("at last"), &json!(1)), "{document:#}");
    let shown = program.args(["runs", "show", "last", "--json"]).run().ok().json();
    for field in ["calls", "failed_calls", "input_tokens", "output_tokens", "estimated"] {
        assert_eq!(shown[field], document[field], "{field}: {shown:#}");
    }
    let unheard = &document["models"][0]["usage"]["unheard_tokens"];
    assert_eq!((&shown["unheard_tokens"], &shown["estimated"]), (unheard, &json!(true)), "{shown:#}");
    assert!(unheard.as_u64().is_some_and(|tokens| tokens > 0), "{document:#}");
    let text = program.args(["runs", "show", "last"]).run().ok().stdout;
    let spent = text.lines().find(|line| line.starts_with("spent ")).unwrap_or_default();
    assert!(spent.starts_with("spent   2 calls (1 failed) · ~"), "{spent}");
    assert!(
        spent.ends_with(&format!(" · {unheard} of the out tokens nobody heard: charged at the worst case")),
        "{spent}"
    );
}

#[test]
fn a_money_limit_holds_over_answers_that_nobody_heard() {
    // The others are gateways that have waited in vain for the server behind them.
    let replies: [fn() -> Reply; 3] = [
        || Reply::acts(vec![Act::Close]),
        || Reply::refusal(504, "gateway timeout"),
        || Reply::refusal(524, "a timeout occurred"),
    ];
    for reply in replies {
        let server = ChatServer::new(move |_| reply());
        // Some $0.002 are held back for each attempt, so two fit and no third.
        let program = served(&server, "timeout = 20\n");
        let code = "llm(\"x\", #{max_tokens: 100})";
        let ran = program.args(["eval", code, "--max-cost", "0.0045", "--json"]).run();
        let document = ran.json();
        assert_eq!(server.asks().len(), 2, "{document:#}");
        assert!(document["cost_usd"].as_f64().is_some_and(|usd| (0.002..=0.0022).contains(&usd)), "{document:#}");
        assert_eq!(document["failure"]["details"]["unheard_tokens"], 200);
        assert!(document["failure"]["details"]["not_repeated"].is_string(), "{document:#}");
        assert_eq!((&document["refused_calls"], ran.stderr.matches("next in").count()), (&json!(1), 1), "{document:#}");
        ran.says("max_cost allows no other attempt: raise --max-cost, ").says("200 answer tokens are charged");
    }
}

#[test]
fn a_gateway_that_got_nothing_of_use_costs_no_more_than_its_model_can_have_thought_until_then() {
    for status in [502, 520] {
        let server = ChatServer::new(move |ask| match ask.number {
            0 => Reply::refusal(status, "nobody listens there"),
            _ => Reply::refusal(400, "that is enough"),
        });
        // In the time limit of the call nobody can think so long an answer.
        let code = "try { llm(\"hello\", #{max_tokens: 500000, timeout: 60}) } catch (e) { e.kind }";
        let document = served(&server, "").args(["eval", code, "--json"]).run().ok().json();
        let unheard = document["models"][0]["usage"]["unheard_tokens"].as_u64().unwrap_or(0);
        assert!((1..500_000).contains(&unheard), "{status}: {document:#}");
        // The prompt is estimated at four bytes a token, and the refusal after it is not billed.
        assert_eq!((&document["input_tokens"], &document["output_tokens"]), (&json!(2), &json!(unheard)), "{status}");
        assert_eq!((&document["estimated"], server.asks().len()), (&json!(true), 2), "{status}: {document:#}");
    }
}

#[test]
fn a_call_that_its_own_limit_ended_tells_it_too() {
    let server = ChatServer::new(|_| Reply::acts(vec![Act::Hold]));
    let program = served(&server, "stream = false\n");
    let ran = program.args(["eval", "llm(\"x\", #{max_tokens: 100, timeout: 0.5})"]).run().code(4);
    ran.says("no answer within 0.5 s").says("100 answer tokens are charged");
}

#[test]
fn an_answer_that_breaks_the_protocol_is_charged_at_its_worst() {
    let long = format!("data: {{\"choices\": [], \"more\": \"{}\"}}\n\n", "x".repeat(2 * 1024 * 1024));
    let deep = format!("data: {{\"choices\": {}{}}}\n\n", "[".repeat(200), "]".repeat(200));
    let raw = |text: &str| vec![Act::Send(text.as_bytes().to_vec()), Act::Close];
    let large_head = format!("HTTP/1.1 200 OK\r\nx-large: {}\r\n\r\n", "x".repeat(1024 * 1024));
    for acts in [
        server::stream(&[&long]),
        server::stream(&[&deep]),
        raw("220 mail.example ESMTP\r\n\r\n"),
        raw("HTTP/1.1 200 OK\r\ncontent-length: abc\r\n\r\n"),
        raw(&large_head),
    ] {
        let server = ChatServer::new(move |_| Reply::acts(acts.clone()));
        let ran = served(&server, "").args(["eval", "llm(\"x\", #{max_tokens: 100})", "--json"]).run().code(4);
        let document = ran.json();
        assert_eq!(document["failure"]["details"]["unheard_tokens"], 100, "{document:#}");
        assert_eq!((&document["output_tokens"], server.asks().len()), (&json!(100), 1), "{document:#}");
    }
}

#[test]
fn an_answer_that_breaks_behind_a_count_of_its_prompt_alone_is_charged_at_its_worst_too() {
    let long = (MESSAGES.says)(&"x".repeat(1_200_000));
    // The one token is that of an answer that begins. A prompt of which nothing is told is held back as 33 tokens.
    for (told, input, output) in [(Some((20, 1)), 20, 1), (Some((0, 1)), 33, 1), (None, 33, 0)] {
        let acts = server::stream(&[&(MESSAGES.begins)(told), &long]);
        let server = ChatServer::new(move |_| Reply::acts(acts.clone()));
        let program = served(&server, "provider = \"anthropic\"\n");
        let document = program.args(["eval", "llm(\"x\", #{max_tokens: 100})", "--json"]).run().code(4).json();
        assert_eq!(document["failure"]["kind"], "protocol", "{document:#}");
        assert_eq!(document["failure"]["details"]["unheard_tokens"], 100 - output, "{document:#}");
        let charged = (&document["input_tokens"], &document["output_tokens"], &document["estimated"]);
        assert_eq!(charged, (&json!(input), &json!(100), &json!(true)), "{told:?}: {document:#}");
        assert_eq!(server.asks().len(), 1);
    }
}

#[test]
fn what_a_model_can_have_thought_before_its_answer_broke_is_charged_unless_its_server_counted() {
    let says = "data: {\"choices\": [{\"index\": 0, \"delta\": {\"content\": \"h\"}}]}\n\n";
    let error = "data: {\"error\": {\"message\": \"m\", \"type\": \"server_error\"}}\n\n";
    let ends = "data: {\"choices\": [{\"index\": 0, \"delta\": {}, \"finish_reason\": \"stop\"}]}\n\n";
    let used = "data: {\"choices\": [], \"usage\": {\"prompt_tokens\": 9, \"completion_tokens\": 1}}\n\n";
    let open = |pieces: &[&str], last: Act| {
        let mut acts = server::open_stream(pieces);
        acts.push(last);
        acts
    };
    for (name, acts, output, unheard) in [
        ("closed", open(&[says], Act::Close), 2, 1),
        ("silent", open(&[says], Act::Hold), 2, 1),
        ("no end", server::stream(&[says]), 2, 1),
        ("an error", server::stream(&[says, error]), 2, 1),
        ("closed when it had counted", open(&[says, used], Act::Close), 1, 0),
        ("whole and not counted", server::stream(&[says, ends, "data: [DONE]\n\n"]), 1, 0),
    ] {
        let server = ChatServer::new(move |ask| match ask.number {
            0 => Reply::acts(acts.clone()),
            _ => Reply::refusal(400, "that is enough"),
        });
        // The shortest silence is one token, and the limit leaves room for no second one.
        let code = "try { llm(\"x\", #{max_tokens: 2}) } catch (e) { e.kind }";
        let ran = served(&server, "between_tokens_timeout = 0.2\n").args(["eval", code, "--json"]).run().ok();
        let document = ran.json();
        let told = document["models"][0]["usage"]["unheard_tokens"].as_u64().unwrap_or(0);
        assert_eq!((&document["output_tokens"], told), (&json!(output), unheard), "{name}: {document:#}");
    }
}
