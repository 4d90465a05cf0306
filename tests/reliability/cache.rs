//! Kept answers, across runs of the program.

use super::far;
use crate::support::chat::{ChatServer, Reply};
use serde_json::json;

#[test]
fn the_same_request_is_answered_once_and_a_hit_costs_nothing() {
    let server = ChatServer::new(|ask| Reply::text(format!("answer {}", ask.number)).usage(100, 10));
    let program = far(&server, "");
    let asks =
        ["llm(\"q\", #{cache: true})", "llm(\"q\", #{cache: \"1h\"})", "llm(\"q\", #{cache: 3600, max_tokens: 4096})"];
    for code in asks {
        program.args(["eval", code]).run().ok().prints("answer 0\n");
    }
    assert_eq!(server.asks().len(), 1);
    let document = program.args(["eval", asks[0], "--json", "--max-calls", "0"]).run().ok().json();
    let shown = ["answer", "calls", "cached_calls", "input_tokens", "cost_usd"].map(|field| document[field].clone());
    assert_eq!(shown, [json!("answer 0"), json!(0), json!(1), json!(0), json!(0.0)]);
    assert_eq!(document["models"][0]["cached"], 1, "{document:#}");

    let logs = program.args(["logs", "--json"]).run().ok().stdout;
    let finished = logs.lines().find(|line| line.contains("model_finished")).expect("the call was told");
    for part in ["\"cached\":true", "\"input_tokens\":100", "\"cost\":0"] {
        assert!(finished.replace(": ", ":").contains(part), "no {part} in {finished}");
    }
    let run = program.args(["runs", "export", document["run"].as_str().expect("an id")]).run().ok().stdout;
    assert!(run.replace(": ", ":").contains("\"cached\":true"), "{run}");
    assert_eq!(server.asks().len(), 1);
}

#[test]
fn an_answer_serves_the_same_program_too() {
    let server = ChatServer::new(|ask| Reply::text(format!("answer {}", ask.number)));
    let code = "llm(\"q\", #{cache: \"1h\"}) + \", \" + llm(\"q\", #{cache: \"1h\"})";
    far(&server, "").args(["eval", code]).run().ok().prints("answer 0, answer 0\n");
    assert_eq!(server.asks().len(), 1);
}

#[test]
fn what_is_not_the_same_not_allowed_or_too_old_is_asked_again() {
    let server = ChatServer::new(|ask| Reply::text(format!("answer {}", ask.number)));
    let program = far(&server, "").file("other.toml", "");
    program.args(["eval", "llm(\"q\", #{cache: true})"]).run().ok().prints("answer 0\n");
    for (number, code) in (1..).zip([
        "llm(\"q\")",
        "llm(\"q\", #{cache: false})",
        "llm(\"r\", #{cache: true})",
        "llm(\"q\", #{cache: true, system: \"s\"})",
        "llm(\"q\", #{cache: true, temperature: 0.5})",
        "llm(\"q\", #{cache: true, max_tokens: 7})",
        "llm(\"q\", #{cache: 0.001})",
    ]) {
        program.args(["eval", code]).run().ok().prints(&format!("answer {number}\n"));
    }
    program.args(["eval", "llm(\"q\", #{cache: true})"]).run().ok().prints("answer 7\n");
    for wrong in ["\"soon\"", "-1", "\"31d\""] {
        let ran = program.args(["eval", &format!("llm(\"q\", #{{cache: {wrong}}})")]).run().code(1);
        ran.says("cache is no span of time up to 30 days");
    }
}

#[test]
fn a_setting_makes_it_the_rule() {
    let server = ChatServer::new(|ask| Reply::text(format!("answer {}", ask.number)));
    let program = far(&server, "[cache]\nenabled = true\n");
    for _ in 0..2 {
        program.args(["eval", "llm_batch([\"a\", \"b\"], #{concurrency: 1})"]).run().ok();
    }
    assert_eq!(server.asks().len(), 2);
    program.args(["eval", "llm(\"a\", #{cache: false})"]).run().ok().prints("answer 2\n");
    program.args(["eval", "llm(\"a\")"]).env("RHIZO_CACHE_MAX_AGE", "0.001").run().ok().prints("answer 3\n");
}

#[test]
fn a_failure_is_never_kept() {
    let server = ChatServer::new(|ask| match ask.number {
        0 => Reply::cut("half"),
        1 => Reply::refusal(400, "no"),
        2..=4 => Reply::text("no JSON"),
        _ => Reply::text("{\"n\": 1}"),
    });
    let program = far(&server, "");
    let code = "llm(\"q\", #{cache: true, schema: #{n: \"int\"}}).n";
    program.args(["eval", "llm(\"q\", #{cache: true})"]).run().code(4);
    program.args(["eval", "llm(\"q\", #{cache: true})"]).run().code(4);
    program.args(["eval", code]).run().code(1).says("does not match the schema");
    for _ in 0..2 {
        program.args(["eval", code]).run().ok().prints("1\n");
    }
    assert_eq!(server.asks().len(), 6);
}
