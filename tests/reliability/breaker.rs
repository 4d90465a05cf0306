//! The circuit breaker, as a script meets it.

use crate::support::program::Program;
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
