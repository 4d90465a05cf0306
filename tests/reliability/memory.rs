//! Answers without an end: what they cost in memory, by the kernel's own account.

use super::far;
use crate::support::chat::{ChatServer, Reply};
use crate::support::server::{self, Act, chunk, head};
use serde_json::json;

/// What an endless answer may cost beyond one of a few bytes, in KiB.
const MOST: u64 = 64 * 1024;

/// The most memory that a program has held which was given this answer and a short one after it.
fn peak(first: Vec<Act>, told: &str) -> u64 {
    let server = ChatServer::new(move |ask| match ask.number {
        0 => Reply::acts(first.clone()),
        1 => Reply::text("yes"),
        _ => Reply::acts(vec![Act::Hold]),
    });
    let code = "try { llm(\"a\", #{max_tokens: 100000000}) } catch (e) { print(e.message) } llm(\"b\"); llm(\"c\")";
    // The monitor would stop such an answer much earlier, and so would a usual limit.
    let program = far(&server, "[roles.worker.monitor]\nenabled = false\n");
    let running = program.args(["eval", code]).start();
    server.wait_for(3);
    let peak = running.peak_kib();
    running.interrupt();
    let ran = running.end();
    assert!(ran.stdout.contains(told), "{ran:?}");
    peak
}

#[test]
fn an_endless_answer_costs_little_memory() {
    let event = |delta: serde_json::Value| {
        chunk(format!("data: {}\n\n", json!({"choices": [{"index": 0, "delta": delta}]})).as_bytes())
    };
    let text = "x".repeat(256 * 1024);
    let document = "HTTP/1.1 200 OK\r\ncontent-type: application/json\r\ntransfer-encoding: chunked\r\n\r\n";
    let streamed = |delta| vec![head("text/event-stream"), Act::Repeat(event(delta))];
    let small = peak(server::answer(400, &[], "no"), "answered 400");
    for (name, acts) in [
        ("text", streamed(json!({"content": text}))),
        ("thoughts", streamed(json!({"reasoning_content": text}))),
        (
            "a document",
            vec![Act::Send(document.into()), Act::Send(chunk(b"{\"a\":\"")), Act::Repeat(chunk(text.as_bytes()))],
        ),
    ] {
        let large = peak(acts, "larger than");
        println!("{name}: {} MiB, {} MiB more than the smallest", large / 1024, large.saturating_sub(small) / 1024);
        assert!(large <= small + MOST, "{name}: {large} KiB instead of {small}");
    }
}
