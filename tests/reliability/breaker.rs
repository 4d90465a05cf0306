//! The circuit breaker, as a script meets it.

use super::far;
use crate::support::chat::{ChatServer, Reply};
use crate::support::program::Program;
use crate::support::server;
use serde_json::json;
use std::net::TcpListener;

#[test]
fn after_five_calls_that_reach_nobody_the_sixth_fails_at_once() {
    let listener = TcpListener::bind("127.0.0.1:0").expect("a port");
    let address = listener.local_addr().expect("bound");
    drop(listener);
    let text = format!(
        "model = \"dead\"\n[models.dead]\nbase_url = \"http://{address}/v1\"\ninput_price = 1\noutput_price = 1\n"
    );
    let code = "let told = [];
        for i in 0..7 { try { llm(\"q\") } catch (e) { told.push(e.message) } }
        #{told: told, spent: spent()}";
    let ran = Program::new().file("rhizo.toml", text).args(["eval", code, "--json"]).run().ok();
    let answer = &ran.json()["answer"];
    let told: Vec<&str> = answer["told"].as_array().into_iter().flatten().filter_map(|told| told.as_str()).collect();
    assert_eq!(told.len(), 7, "{told:?}");
    assert!(told[..5].iter().all(|told| told.contains("connection refused")), "{told:?}");
    let open = format!("5 calls in a row to dead at http://{address}/v1 did not get through; it is tried again in ");
    assert!(told[5..].iter().all(|told| told.starts_with(&open)), "{told:?}");
    assert_eq!(answer["spent"]["calls"], 5, "a call that never went out is none");
}

#[test]
fn a_server_that_keeps_failing_is_left_alone_as_well() {
    for status in [500, 503, 529] {
        // The server wants no repetition, so that each call is one attempt.
        let server = ChatServer::new(move |_| Reply::acts(server::answer(status, &[("x-should-retry", "false")], "")));
        let code = "let told = [];
            for i in 0..7 { try { llm(\"q\") } catch (e) { told.push(e.message) } }
            told";
        let told = far(&server, "").args(["eval", code, "--json"]).run().ok().json()["answer"].clone();
        let told: Vec<&str> = told.as_array().into_iter().flatten().filter_map(|told| told.as_str()).collect();
        assert_eq!((told.len(), server.asks().len()), (7, 5), "{status}: {told:?}");
        assert!(told[4].contains(&status.to_string()), "{told:?}");
        assert!(told[5..].iter().all(|told| told.starts_with("5 calls in a row to far at ")), "{told:?}");
    }
}

#[test]
fn what_lies_in_the_request_is_asked_once_and_is_no_fault_of_the_server() {
    for code in ["content_filter", "invalid_prompt", "invalid_image_url", "request_too_large"] {
        let error = json!({"error": {"message": "m", "code": code}});
        let acts = server::stream(&[&format!("data: {error}\n\n")]);
        let server = ChatServer::new(move |_| Reply::acts(acts.clone()));
        let other = ChatServer::new(|_| Reply::text("never"));
        let text = format!(
            "model = \"far\"\n[models.far]\nbase_url = \"{}\"\nfallback = [\"other\"]\n[models.other]\nbase_url = \"{}\"\n",
            server.base_url(),
            other.base_url()
        );
        let program = Program::new().file("rhizo.toml", text);
        let calls = "let told = []; for i in 0..7 { try { llm(\"q\") } catch (e) { told.push(e.kind) } } told.len";
        program.args(["eval", calls]).run().ok().prints("7\n").does_not_say("stands in");
        assert_eq!((server.asks().len(), other.asks().len()), (7, 0), "{code}");
    }
}

#[test]
fn a_call_that_is_not_sent_closes_nothing() {
    let busy = [("x-should-retry", "false"), ("retry-after", "3600")];
    let server = ChatServer::new(move |_| Reply::acts(server::answer(503, &busy, "")));
    let rows = far(&server, "").args(["models", "test", "far", "far", "--json"]).run().code(4).json();
    let failures = [0, 1].map(|index: usize| rows[index]["health"]["failures"].clone());
    assert_eq!((failures, server.asks().len()), ([json!(1), json!(1)], 1), "{rows:#}");
    assert_eq!(rows[1]["failure"]["kind"], "rate_limit", "{rows:#}");
}

#[test]
fn an_answer_between_failures_closes_it() {
    let server = ChatServer::new(|ask| match ask.number {
        4 => Reply::refusal(400, "not this one"),
        _ => Reply::acts(server::answer(503, &[("x-should-retry", "false")], "")),
    });
    let code = "for i in 0..9 { try { llm(\"q\") } catch (e) { } }";
    far(&server, "").args(["eval", code]).run().ok();
    assert_eq!(server.asks().len(), 9, "four failures, an answer, four failures");
}
