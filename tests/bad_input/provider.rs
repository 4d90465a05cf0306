//! Keys, servers and answers that are wrong.

use crate::support::chat::{ChatServer, Reply};
use crate::support::program::{Program, Ran};
use crate::support::server::{self, Act};
use std::net::TcpListener;

/// A model at an address, with times that are short enough to wait for.
fn at(base_url: &str, more: &str) -> Program {
    let text = format!("model = \"far\"\n[models.far]\nbase_url = \"{base_url}\"\n{more}");
    Program::new().file("rhizo.toml", text)
}

#[track_caller]
fn check(server: &ChatServer, more: &str, code: i32, name: &str) -> Ran {
    let program = at(&server.base_url(), more);
    let ran = program.args(["ask", "Is it?"]).run().code(code).prints("");
    ran.snapshot_with(name, &[(server.host().as_str(), "[server]")])
}

#[test]
fn no_key() {
    let program = Program::new();
    program.args(["ask", "q", "--model", "openai/gpt-5-mini"]).run().code(4).snapshot("bad_key_missing");
    let text = "model = \"a\"\n[models.a]\nbase_url = \"http://127.0.0.1:1/v1\"\nkey_env = \"MY_KEY\"\n";
    Program::new().file("rhizo.toml", text).args(["ask", "q"]).run().code(4).snapshot("bad_key_of_own");
}

#[test]
fn a_wrong_key_is_never_shown() {
    let server = ChatServer::new(|ask| {
        Reply::refusal(401, &format!("Incorrect API key provided: {}", ask.key.clone().unwrap_or_default()))
    });
    let program = at(&server.base_url(), "key_env = \"MY_KEY\"\n").env("MY_KEY", "sk-very-secret");
    let ran = program.args(["ask", "q"]).run().code(4).does_not_say("sk-very-secret");
    ran.snapshot_with("bad_key_wrong", &[(server.host().as_str(), "[server]")]);
    let logs = program.args(["logs", "--json"]).run().ok();
    assert!(!logs.stdout.contains("sk-very-secret"), "{}", logs.stdout);
}

#[test]
fn nobody_listens() {
    let listener = TcpListener::bind("127.0.0.1:0").expect("a port");
    let address = listener.local_addr().expect("bound").to_string();
    drop(listener);
    let ran = at(&format!("http://{address}/v1"), "").args(["ask", "q"]).run().code(4);
    ran.snapshot_with("bad_server_refused", &[(address.as_str(), "[server]")]);
}

#[test]
fn an_address_that_is_none() {
    at("localhost:8080", "").args(["ask", "q"]).run().code(3).snapshot("bad_server_address");
    Program::new()
        .env("OPENAI_BASE_URL", "not an address")
        .args(["ask", "q"])
        .run()
        .code(3)
        .snapshot("bad_server_variable");
    // What calls nobody tells it too, and a password is not shown.
    let ran = at("ftp://me:hush@far.example/v1", "").args(["runs"]).run().code(3);
    ran.says("rhizo.toml:3:1: models.far.base_url must begin with http:// or https://").does_not_say("hush");
    let other = Program::new().env("ANTHROPIC_BASE_URL", "https://");
    other.args(["eval", "1"]).run().code(3).says("ANTHROPIC_BASE_URL: the address of a server must begin with");
    // A host and a port are what this variable usually holds.
    Program::offline().env("OLLAMA_HOST", "127.0.0.1:9").args(["eval", "1"]).run().ok();
}

#[test]
fn a_slip_in_a_protocol_is_told_with_the_word_that_was_meant() {
    let program = at("http://127.0.0.1:9/v1", "provider = \"antropic\"\n");
    program.args(["eval", "1"]).run().code(3).says("anthropic, offline; did you mean `anthropic`?");
}

#[test]
fn a_server_that_hangs() {
    let server = ChatServer::new(|_| Reply::acts(vec![Act::Hold]));
    check(&server, "timeout = 0.3\n", 4, "bad_server_hangs");
    let ran = at(&server.base_url(), "first_token_timeout = 0.2\ntimeout = 0.5\n").args(["ask", "q"]).run().code(4);
    ran.says("sent no token within 0.2 s").says("hint: raise the timeouts");
}

#[test]
fn html_instead_of_an_answer() {
    let page = "<!doctype html><html><head><title>Welcome to the proxy</title></head></html>";
    let server = ChatServer::new(move |_| Reply::acts(server::answer(200, &[("content-type", "text/html")], page)));
    check(&server, "", 4, "bad_server_html");
    let server = ChatServer::new(move |_| Reply::acts(server::answer(404, &[("content-type", "text/html")], page)));
    check(&server, "", 4, "bad_server_html_404");
}

#[test]
fn json_that_is_no_answer() {
    let server = ChatServer::new(|_| {
        Reply::acts(server::answer(200, &[("content-type", "application/json")], "{\"ok\": true}"))
    });
    check(&server, "", 4, "bad_server_json");
    let server = ChatServer::new(|_| {
        Reply::acts(server::answer(200, &[("content-type", "application/json")], "{\"choices\": ["))
    });
    // How often it is asked again within a second is left to chance.
    let ran = at(&server.base_url(), "timeout = 1\n").args(["ask", "q"]).run().code(4);
    ran.says("ended early");
}

#[test]
fn refusals_of_the_server() {
    let server = ChatServer::new(|_| Reply::refusal(404, "The model `far` does not exist"));
    check(&server, "", 4, "bad_server_no_model");
    let server = ChatServer::new(|_| Reply::refusal(400, "This model's maximum context length is 4096 tokens"));
    check(&server, "", 4, "bad_server_too_long");
    let server = ChatServer::new(|_| Reply::refusal(402, "Insufficient credits"));
    check(&server, "", 4, "bad_server_unpaid");
}

#[test]
fn a_server_that_is_busy_is_asked_again() {
    let server = ChatServer::new(|ask| match ask.number {
        0 => Reply::acts(server::answer(429, &[("retry-after-ms", "1")], "{\"error\": {\"message\": \"slow down\"}}")),
        1 => Reply::acts(server::answer(503, &[("retry-after-ms", "1")], "{\"error\": {\"message\": \"overloaded\"}}")),
        _ => Reply::text("at last"),
    });
    let ran = at(&server.base_url(), "").args(["ask", "q"]).run().ok().prints("at last\n");
    ran.says("attempt 1 failed").says("attempt 2 failed").says("slow down");
    assert_eq!(server.asks().len(), 3);
}

#[test]
fn a_call_of_a_tool_that_nobody_offered_is_no_answer() {
    let server = ChatServer::new(|_| Reply::call("search", &serde_json::json!({"q": "x"})));
    let program = at(&server.base_url(), "");
    let ran = program.args(["eval", "llm(\"q\")", "--json"]).run().code(4);
    let document = ran.json();
    assert_eq!(document["failure"]["kind"], "protocol", "{document:#}");
    ran.says("the answer only calls the tool search, which was not offered, and says nothing");
    assert_eq!(server.asks().len(), 1);
}

#[test]
fn answers_that_are_none() {
    let server = ChatServer::new(|_| Reply::cut("half of it"));
    check(&server, "", 4, "bad_answer_cut");
    let body = "{\"choices\":[{\"index\":0,\"message\":{\"content\":\"\",\"refusal\":\"I cannot help with that.\"},\"finish_reason\":\"stop\"}]}";
    let server =
        ChatServer::new(move |_| Reply::acts(server::answer(200, &[("content-type", "application/json")], body)));
    check(&server, "", 4, "bad_answer_refused");
}
