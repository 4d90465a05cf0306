//! Who stands in for a model whose provider fails: only along a written list, told everywhere, never suddenly for money.

use crate::support::chat::{ChatServer, Reply};
use crate::support::program::Program;
use crate::support::server;
use serde_json::{Value, json};

fn failing(status: u16) -> ChatServer {
    ChatServer::new(move |_| Reply::refusal(status, "out of order"))
}

fn model(name: &str, server: &ChatServer, rest: &str) -> String {
    format!("[models.{name}]\nbase_url = \"{}\"\n{rest}\n", server.base_url())
}

const PAID: &str = "input_price = 1\noutput_price = 1\n";

#[test]
fn the_next_of_the_roles_list_stands_in_and_it_is_told() {
    let (first, second) = (failing(401), ChatServer::new(|_| Reply::text("from the second")));
    let text = format!(
        "[roles.worker]\nmodels = [\"one\", \"two\"]\n{}{}",
        model("one", &first, PAID),
        model("two", &second, PAID)
    );
    let program = Program::new().file("rhizo.toml", text);
    let ran = program.args(["eval", "llm(\"the question\")", "--json"]).run().ok().says("two stands in");
    let document = ran.json();
    assert_eq!(document["answer"], "from the second");
    let entry = &document["substituted"][0];
    assert_eq!((&entry["from"], &entry["to"], &entry["calls"]), (&json!("one"), &json!("two"), &json!(1)));
    assert!(entry["why"].as_str().is_some_and(|why| why.contains("401")), "{entry}");
    assert_eq!((&document["calls"], &document["failed_calls"]), (&json!(2), &json!(1)));
    assert_eq!((first.asks().len(), second.asks().len()), (1, 1));
    assert_eq!(first.asks()[0].last(), second.asks()[0].last());
    let run = document["run"].as_str().expect("an id");
    let shown = program.args(["runs", "show", run]).run().ok().stdout;
    assert!(shown.contains("instead two stood in for one: "), "{shown}");
    let exported = program.args(["runs", "export", run]).run().ok().json();
    let answers: Vec<&Value> = exported["effects"].as_array().expect("effects").iter().collect();
    assert!(answers.iter().any(|effect| effect.to_string().contains("\"substituted\"")), "{exported:#}");
    let logs = program.args(["logs", "--json"]).run().ok().stdout;
    assert!(logs.contains("\"event\":\"substituted\""), "{logs}");
}

#[test]
fn a_model_has_a_list_of_its_own_and_a_root_uses_it() {
    let first = ChatServer::new(|_| Reply::refusal(404, "The model `one` does not exist"));
    let second = ChatServer::root(&["FINAL(context.head(4))"], "leaf");
    let text =
        format!("model = \"one\"\n{}{}", model("one", &first, "fallback = [\"two\"]\n"), model("two", &second, ""));
    let program = Program::new().file("rhizo.toml", text).file("a.txt", "some text");
    let call = ["ask", "q", "--context", "a.txt", "--recursive", "--json"];
    let document = program.args(call).run().ok().json();
    assert_eq!(document["answer"], "some");
    assert_eq!(document["substituted"][0]["role"], "architect");
}

#[test]
fn nobody_stands_in_who_is_not_listed_or_for_a_fault_of_the_request() {
    let second = ChatServer::new(|_| Reply::text("unasked"));
    for (status, listed) in [(401, false), (400, true)] {
        let first = failing(status);
        let list = if listed { "fallback = [\"two\"]\n" } else { "" };
        let text = format!("model = \"one\"\n{}{}", model("one", &first, list), model("two", &second, ""));
        let program = Program::new().file("rhizo.toml", text);
        program.args(["eval", "llm(\"q\")"]).run().code(4).says("out of order").does_not_say("stands in");
        assert_eq!((first.asks().len(), second.asks().len()), (1, 0), "{status}");
    }
}

#[test]
fn a_free_model_is_not_replaced_by_a_paid_one_unless_that_is_allowed() {
    let (first, second) = (failing(401), ChatServer::new(|_| Reply::text("paid for")));
    let text = format!(
        "model = \"free\"\n{}{}",
        model("free", &first, "fallback = [\"paid\"]\n"),
        model("paid", &second, PAID)
    );
    let program = Program::new().file("rhizo.toml", &text);
    let refused = program.args(["eval", "llm(\"q\")"]).run().code(4);
    refused.says("paid may cost money and free does not").says("allow_paid_fallback = true").does_not_say("stands in");
    assert_eq!(second.asks().len(), 0);
    let explained = program.args(["models", "explain", "--role", "worker"]).run().ok().stdout;
    assert!(explained.contains("paid may not stand in: may cost money"), "{explained}");
    let program = program.file("rhizo.toml", format!("allow_paid_fallback = true\n{text}"));
    program.args(["eval", "llm(\"q\")"]).run().ok().prints("paid for\n");
    assert_eq!(second.asks().len(), 1);
}

#[test]
fn all_of_the_list_may_fail() {
    let (first, second) = (failing(401), failing(403));
    let text = format!(
        "[roles.worker]\nmodels = [\"one\", \"two\", \"locked\"]\n{}{}{}",
        model("one", &first, ""),
        model("two", &second, ""),
        model("locked", &second, "key_env = \"NOT_SET\"\n")
    );
    let program = Program::new().file("rhizo.toml", text);
    let code = "try { llm(\"q\") } catch (e) { print(e.kind + \" \" + e.substituted[0].from + \" \" + e.model) }";
    program.args(["eval", code]).run().ok().prints("auth one two\n");
    program.args(["eval", "llm(\"q\")"]).run().code(4).says("nobody stood in for it: locked NOT_SET is not set");
}

#[test]
fn a_substitute_that_does_not_suit_the_request_is_passed_over() {
    let small = || {
        let error = json!({"message": "the maximum context length is 100 tokens", "code": "context_length_exceeded"});
        ChatServer::new(move |_| Reply::acts(server::json(400, &json!({"error": error}))))
    };
    for (unsuited, settings, asks, why) in [
        (failing(500), "provider = \"anthropic\"\n", 0, "this provider takes a temperature from 0 to 1, not 1.5"),
        (small(), "", 1, "maximum context length"),
        (failing(400), "", 1, "out of order"),
    ] {
        let (first, last) = (failing(401), ChatServer::new(|_| Reply::text("from the last")));
        let with = |list: &str| {
            format!(
                "model = \"one\"\n{}{}{}",
                model("one", &first, &format!("fallback = {list}\n")),
                model("odd", &unsuited, settings),
                model("last", &last, "")
            )
        };
        let code = "llm(\"q\", #{temperature: 1.5})";
        let program = Program::new().file("rhizo.toml", with("[\"odd\", \"last\"]"));
        let document = program.args(["eval", code, "--json"]).run().ok().json();
        assert_eq!(document["answer"], "from the last", "{why}");
        assert_eq!((first.asks().len(), unsuited.asks().len(), last.asks().len()), (1, asks, 1), "{why}");
        let program = program.file("rhizo.toml", with("[\"odd\"]"));
        program.args(["eval", code]).run().code(4).says("401").says("nobody stood in for it: odd: ").says(why);
    }
}

#[test]
fn a_substitute_that_the_budget_does_not_allow_leaves_the_failure() {
    let (first, second) = (failing(401), ChatServer::new(|_| Reply::text("too dear")));
    let text = format!(
        "model = \"one\"\n{}{}",
        model("one", &first, "fallback = [\"two\"]\ninput_price = 0.001\noutput_price = 0.001\n"),
        model("two", &second, "input_price = 1000\noutput_price = 1000\n")
    );
    let program = Program::new().file("rhizo.toml", text);
    let ran = program.args(["eval", "llm(\"q\")", "--max-cost", "0.01"]).run().code(4);
    let ran = ran.says("out of order").says("nobody stood in for it: two: ").does_not_say("stands in");
    assert_eq!((second.asks().len(), ran.stdout.as_str()), (0, ""));
    let logs = program.args(["logs", "--json"]).run().ok().stdout;
    assert!(!logs.contains("\"event\":\"substituted\""), "nobody stood in: {logs}");
}

#[test]
fn a_substitute_that_cannot_be_held_to_a_schema_is_told_it() {
    let (first, second) = (failing(401), ChatServer::new(|_| Reply::text("{\"n\": 7}")));
    let text = format!(
        "model = \"one\"\n{}{}",
        model("one", &first, "fallback = [\"two\"]\njson = true\n"),
        model("two", &second, "")
    );
    let program = Program::new().file("rhizo.toml", text);
    program.args(["eval", "llm(\"q\", #{schema: #{n: \"int\"}}).n"]).run().ok().prints("7\n");
    let (held, told) = (&first.asks()[0], &second.asks()[0]);
    assert_eq!((held.last().as_str(), held.body["response_format"].is_object()), ("q", true));
    assert!(told.last().contains("JSON Schema") && told.body["response_format"].is_null(), "{}", told.last());
}

#[test]
fn a_substitute_that_can_be_held_to_a_schema_is_not_told_it() {
    let first = failing(401);
    let second = ChatServer::new(|ask| Reply::text(if ask.number == 0 { "seven" } else { "{\"n\": 7}" }));
    let text = format!(
        "model = \"one\"\n{}{}",
        model("one", &first, "fallback = [\"two\"]\n"),
        model("two", &second, "json = true\n")
    );
    let program = Program::new().file("rhizo.toml", text);
    program.args(["eval", "llm(\"q\", #{schema: #{n: \"int\"}}).n"]).run().ok().prints("7\n");
    assert!(first.asks()[0].last().contains("JSON Schema"), "{}", first.asks()[0].last());
    let asks = second.asks();
    assert_eq!(asks.iter().map(|ask| ask.messages().len()).collect::<Vec<_>>(), [1, 3]);
    for ask in asks {
        assert_eq!(ask.messages()[0], ("user".to_owned(), "q".to_owned()));
        assert_eq!(ask.body["response_format"]["type"], "json_schema", "{}", ask.body);
    }
}
