//! The research report of the examples: killed, resumed, approved, published, and no answer paid twice.

use super::{newest, newest_id};
use crate::support::chat::{Ask, ChatServer, Reply};
use crate::support::program::Program;
use crate::support::server::{self, Act};
use serde_json::json;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};

#[test]
fn a_report_survives_a_kill_and_waits_for_its_person() {
    let page = |line: &str| {
        let body = if line.contains("first") { "<p>Tides come twice a day.</p>" } else { "<p>The moon pulls.</p>" };
        if line.contains("/page/") {
            return server::answer(200, &[("content-type", "text/html")], body);
        }
        server::json(200, &json!({"object": "list", "data": [{"id": "small", "object": "model"}]}))
    };
    let open = Arc::new(AtomicBool::new(false));
    let gate = Arc::clone(&open);
    let script = move |ask: &Ask| {
        let text = ask.last();
        let last = text.trim_end().lines().last().unwrap_or_default().to_owned();
        match (text.starts_with("Answer"), gate.load(Ordering::SeqCst)) {
            (true, false) => Reply::acts(vec![Act::Hold]),
            (true, true) => Reply::text("Twice a day, by the moon."),
            (false, _) => Reply::text(format!("note: {last}")),
        }
    };
    let server = ChatServer::with_pages(script, page);
    let host = server.host();
    let urls = format!("urls=[\"http://{host}/page/first\", \"http://{host}/page/second\"]");
    let source = std::fs::read_to_string("examples/pipelines/05_research_report.yaml").expect("an example");
    let program = Program::paying(&server).file("report.yaml", source);
    let settings = std::fs::read_to_string(program.project().join("rhizo.toml")).expect("a file");
    let program = program.file("rhizo.toml", format!("{settings}[tools]\nallow_private_addresses = true\n"));
    let running =
        program.args(["run", "report.yaml", &urls, "question=Why do tides come?", "--approve", "auto"]).start();
    server.wait_for(3);
    running.kill();
    running.end();
    open.store(true, Ordering::SeqCst);
    let id = newest_id(&program);
    let document = program.args(["resume", &id, "--json"]).run().code(6).json();
    assert_eq!((&document["status"], &document["replayed_calls"]), (&json!("waiting"), &json!(2)), "{document:#}");
    assert_eq!(server.asks().len(), 4, "two notes once, the report twice");
    program.args(["runs", "answer", &id, "approval", "yes"]).run().ok();
    let document = program.args(["resume", &id, "--json"]).run().ok().json();
    assert_eq!(document["answer"], json!({"approval": "yes", "report": "Twice a day, by the moon."}));
    assert_eq!(server.asks().len(), 4, "nothing was asked again");
    let report = std::fs::read_to_string(program.project().join("output/report/report.md")).expect("a product");
    assert_eq!(report, "# Why do tides come?\n\nTwice a day, by the moon.\n");
    assert_eq!(newest(&program)["status"], "completed");
}
