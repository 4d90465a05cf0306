//! Kept answers, across runs of the program.

use super::far;
use crate::support::chat::{ChatServer, Reply};
use crate::support::program::Program;
use serde_json::json;
use std::sync::Arc;
use tokio::sync::Barrier;

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
fn another_header_is_another_question() {
    let server = ChatServer::new(|ask| Reply::text(format!("answer {}", ask.number)));
    let (red, blue) = ("headers = [\"X-Team: red\"]\n", "headers = [\"X-Team: blue\"]\n");
    let mut program = Program::new();
    for (headers, answer) in [("", 0), (red, 1), (blue, 2), (red, 1), ("", 0)] {
        let text = format!("model = \"far\"\n[models.far]\nbase_url = \"{}\"\n{headers}", server.base_url());
        program = program.file("rhizo.toml", text);
        program.args(["eval", "llm(\"q\", #{cache: true})"]).run().ok().prints(&format!("answer {answer}\n"));
    }
    let teams: Vec<_> = server.asks().iter().map(|ask| ask.header("x-team").map(str::to_owned)).collect();
    assert_eq!(teams, [None, Some("red".to_owned()), Some("blue".to_owned())]);
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

#[test]
fn an_answer_that_cannot_be_kept_is_an_answer() {
    let server = ChatServer::new(|ask| Reply::text(format!("answer {}", ask.number)));
    let program = far(&server, "");
    program.args(["eval", "1"]).run().ok();
    let store = rusqlite::Connection::open(program.state().join("rhizo.db")).expect("the store");
    let refuses = "CREATE TRIGGER refuses BEFORE INSERT ON answers BEGIN SELECT RAISE(ABORT, 'not this one'); END";
    store.execute_batch(refuses).expect("a trigger");
    let ran = program.args(["eval", "llm(\"q\", #{cache: true})"]).run().ok().prints("answer 0\n");
    ran.says("note: an answer cannot be kept for later: ").says("not this one");
    // Whoever waits for it behind the first asks for himself.
    let code = "llm_batch([\"q\", \"q\"], #{cache: true, concurrency: 2}).len";
    program.args(["eval", code]).run().ok().prints("2\n");
    assert_eq!(server.asks().len(), 3);
}

#[test]
fn a_damaged_row_is_a_miss_and_is_replaced() {
    for (from, to) in
        [("\"text\":\"answer 0\"", "\"text\":!answer 0\""), ("\"reply\":{\"text\"", "\"rep1y\":{\"text\"")]
    {
        let large = "x".repeat(1_500_000);
        let server = ChatServer::new(move |ask| match ask.number {
            1 => Reply::text(large.clone()),
            number => Reply::text(format!("answer {number}")),
        });
        // The monitor would stop the large answer, and so would a usual limit.
        let program = far(&server, "[roles.worker.monitor]\nenabled = false\n");
        // A log of this length is moved into the file at the end, whose pages have no checksums.
        program.args(["eval", "llm(\"q\", #{cache: true}); llm(\"large\", #{max_tokens: 50000}); 1"]).run().ok();
        let path = program.state().join("rhizo.db");
        let mut bytes = std::fs::read(&path).expect("the store");
        let places: Vec<usize> = bytes
            .windows(from.len())
            .enumerate()
            .filter(|(_, seen)| *seen == from.as_bytes())
            .map(|(at, _)| at)
            .collect();
        assert!(!places.is_empty(), "the answer is in the file");
        for at in places {
            bytes[at..at + to.len()].copy_from_slice(to.as_bytes());
        }
        std::fs::write(&path, bytes).expect("the store");
        let ran = program.args(["eval", "llm(\"q\", #{cache: true})"]).run().ok().prints("answer 2\n");
        ran.says("note: a kept answer cannot be read and is asked for again: ");
        let again = program.args(["eval", "llm(\"q\", #{cache: true})"]).run().ok().prints("answer 2\n");
        again.does_not_say("cannot be read");
        assert_eq!(server.asks().len(), 3);
    }
}

#[test]
fn a_large_answer_outlives_the_run_that_asked_for_it() {
    let large = "x".repeat(100_000);
    let server = ChatServer::new(move |_| Reply::text(large.clone()));
    // The monitor would stop the large answer.
    let program = far(&server, "[roles.worker.monitor]\nenabled = false\n");
    let ask = || program.args(["eval", "llm(\"q\", #{cache: \"30d\"}).len()"]).run().ok().prints("100000\n");
    ask();
    let swept = program.args(["runs", "gc", "--older-than", "0s", "--keep", "0", "--json"]).run().ok().json();
    assert_eq!(swept["runs"], 1, "{swept:#}");
    ask();
    assert_eq!(server.asks().len(), 1);
    let store = rusqlite::Connection::open(program.state().join("rhizo.db")).expect("the store");
    let lost = "DELETE FROM blobs WHERE id = (SELECT body_blob FROM answers)";
    assert_eq!(store.execute(lost, ()), Ok(1));
    drop(store);
    program.args(["doctor", "--no-call"]).run().code(1);
    program.args(["doctor", "--repair", "--no-call"]).run().ok();
    ask();
    assert_eq!(server.asks().len(), 2);
}

#[test]
fn equal_calls_of_a_batch_are_asked_once() {
    let server = ChatServer::new(|ask| Reply::text(format!("{} {}", ask.last(), ask.number)).usage(100, 10));
    let code = "let all = []; for i in 0..60 { all.push(if i % 3 == 0 { \"other\" } else { \"same\" }) }
        let answers = llm_batch(all, #{cache: true, concurrency: 16});
        let first = answers[0]; let second = answers[1];
        #{same: answers.filter(|a| a == second).len, other: answers.filter(|a| a == first).len}";
    let document = far(&server, "").args(["eval", code, "--json"]).run().ok().json();
    assert_eq!(document["answer"], json!({"other": 20, "same": 40}));
    assert_eq!(server.asks().len(), 2);
    assert_eq!((&document["calls"], &document["cached_calls"]), (&json!(2), &json!(58)), "{document:#}");
    assert_eq!(document["cost_usd"], json!(220.0 / 1e9));
}

#[test]
fn a_failure_is_not_waited_for_twice() {
    // All but the first go out together: they meet at the server.
    let meeting = Arc::new(Barrier::new(7));
    let server = ChatServer::new(move |ask| match ask.number {
        0 => Reply::refusal(400, "not now"),
        _ => Reply::refusal(400, "no").meets(&meeting),
    });
    let code = "let all = []; for i in 0..8 { all.push(\"same\") }
        llm_batch(all, #{cache: true, concurrency: 8}).filter(|a| a.kind == \"rejected\").len";
    far(&server, "").args(["eval", code]).run().ok().prints("8\n");
    assert_eq!(server.asks().len(), 8);
}
