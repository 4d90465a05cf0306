//! With another model at hand a failing one gets little patience, and its failure is remembered while the run lasts.

use crate::support::chat::{ChatServer, Reply};
use crate::support::program::Program;
use crate::support::server;
use serde_json::json;

/// Models `one` and `two`, at one nano-USD per token, and more for `two`; `two` stands in for `one`.
fn pair(first: &str, second: &ChatServer, more: &str) -> Program {
    let price = "input_price = 0.001\noutput_price = 0.001\n";
    let text = format!(
        "model = \"one\"\n[models.one]\nbase_url = \"{first}\"\nfallback = [\"two\"]\n{price}\
         [models.two]\nbase_url = \"{}\"\n{}",
        second.base_url(),
        if more.is_empty() { price } else { more }
    );
    Program::new().file("rhizo.toml", text)
}

fn failing(status: u16, headers: &'static [(&'static str, &'static str)]) -> ChatServer {
    ChatServer::new(move |_| Reply::acts(server::answer(status, headers, "{\"error\": {\"message\": \"no\"}}")))
}

const TWENTY: &str = "let all = []; for i in 0..20 { all.push(\"q\" + i) }
    llm_batch(all, #{concurrency: 1}).filter(|a| a == \"yes\").len";

#[test]
fn a_failing_model_is_asked_twice_and_then_passed_by() {
    for (status, headers, asks) in [
        (503, &[][..], 2),
        (429, &[("retry-after-ms", "1")][..], 3),
        (429, &[("retry-after", "60")][..], 1),
        (503, &[("retry-after", "60")][..], 1),
        (401, &[][..], 1),
    ] {
        let (first, second) = (failing(status, headers), ChatServer::new(|_| Reply::text("yes")));
        let ran = pair(&first.base_url(), &second, "").args(["eval", TWENTY, "--json"]).run().ok();
        let document = ran.json();
        assert_eq!(document["answer"], 20, "{status} {headers:?}: {document:#}");
        assert_eq!((first.asks().len(), second.asks().len()), (asks, 20), "{status} {headers:?}");
        let entry = &document["substituted"][0];
        assert_eq!((&entry["from"], &entry["to"], &entry["calls"]), (&json!("one"), &json!("two"), &json!(20)));
        assert!(entry["why"].as_str().is_some_and(|why| why.contains(&status.to_string())), "{entry}");
        assert_eq!((&document["calls"], &document["failed_calls"]), (&json!(21), &json!(1)), "{document:#}");
        let told = ran.stderr.lines().filter(|line| line.contains("two stands in")).count();
        assert_eq!(told, 1, "a person is told once: {}", ran.stderr);
    }
}

#[test]
fn each_substitution_of_a_batch_is_an_event_of_its_own() {
    let (first, second) = (failing(503, &[]), ChatServer::new(|_| Reply::text("yes")));
    let program = pair(&first.base_url(), &second, "");
    program.args(["eval", TWENTY]).run().ok().prints("20\n");
    let logs = program.args(["logs", "--json"]).run().ok().stdout;
    assert_eq!(logs.matches("\"event\":\"substituted\"").count(), 20, "{logs}");
}

#[test]
fn a_server_that_cannot_be_reached_is_passed_by() {
    let listener = std::net::TcpListener::bind("127.0.0.1:0").expect("a port");
    let address = listener.local_addr().expect("bound");
    drop(listener);
    let second = ChatServer::new(|_| Reply::text("yes"));
    let ran = pair(&format!("http://{address}/v1"), &second, "").args(["eval", TWENTY]).run().ok();
    let ran = ran.prints("20\n").says("connection refused").says("one: attempt 1 failed");
    assert_eq!(ran.stderr.matches("attempt 1 failed").count(), 1, "{}", ran.stderr);
}

#[test]
fn a_standby_that_cannot_be_used_buys_no_haste() {
    // Six attempts, each of which the server wants at once.
    let first = failing(503, &[("retry-after-ms", "1")]);
    let second = ChatServer::new(|_| Reply::text("unasked"));
    for (more, flags, told) in [
        ("key_env = \"NOT_SET\"\n", vec![], "two NOT_SET is not set"),
        ("input_price = 1000\noutput_price = 1000\n", vec!["--max-cost", "0.01"], "two: "),
    ] {
        let before = first.asks().len();
        let program = pair(&first.base_url(), &second, more);
        let args = [vec!["eval", "llm(\"q\")"], flags].concat();
        program.list(&args).run().code(4).says(told).does_not_say("stands in");
        assert_eq!((first.asks().len() - before, second.asks().len()), (6, 0), "{more}");
    }
}

#[test]
fn a_dear_substitute_is_passed_over_for_an_affordable_one() {
    let (first, dear) = (failing(401, &[]), ChatServer::new(|_| Reply::text("too dear")));
    let third = ChatServer::new(|_| Reply::text("cheap"));
    let model = |name: &str, server: &ChatServer, price: &str| {
        let url = server.base_url();
        format!("[models.{name}]\nbase_url = \"{url}\"\ninput_price = {price}\noutput_price = {price}\n")
    };
    let text = format!(
        "[roles.worker]\nmodels = [\"one\", \"dear\", \"three\"]\n{}{}{}",
        model("one", &first, "0.001"),
        model("dear", &dear, "1000"),
        model("three", &third, "0.001")
    );
    let program = Program::new().file("rhizo.toml", text);
    let ran = program.args(["eval", "llm(\"q\")", "--max-cost", "0.01", "--json"]).run().ok().says("three stands in");
    let document = ran.does_not_say("dear stands in").json();
    assert_eq!((&document["answer"], dear.asks().len()), (&json!("cheap"), 0));
    assert_eq!(document["substituted"].as_array().map(Vec::len), Some(1), "{document:#}");
    assert_eq!(document["substituted"][0]["from"], "one");
}
