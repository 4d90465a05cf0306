//! What is done about faults: the right kind, the right number of attempts, no cut answer taken for a whole one.

use super::{DONE, ends, event, fails, hello, kind, model, says, settings, used};
use crate::support::server::{Act, Server, answer, chunk, head, json, open_stream, stream};
use rhizo::core::failure::{Failure, FailureKind};
use rhizo::core::usage::Usage;
use rhizo::model::chat::{ChatModel, Known};
use rhizo::model::client::HttpClient;
use rhizo::model::locate::list_models;
use rhizo::model::openai::OpenAi;
use rhizo::model::remote::RemoteSettings;
use rhizo::model::responses::OpenAiResponses;
use secrecy::SecretString;
use serde_json::json;
use std::net::SocketAddr;
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::TcpListener;

/// Retryable kinds are attempted three times here, all others once.
async fn check(name: &str, acts: Vec<Act>, expect: FailureKind) {
    let server = Server::play(vec![acts]).await;
    let (failed, _) = fails(&model(&server)).await;
    let attempts = if expect.retryable() { 3 } else { 1 };
    assert_eq!((kind(&failed), server.seen().len()), (expect, attempts), "{name}: {failed:?}");
    assert_eq!(failed.failure.details.get("attempts"), Some(&attempts.into()), "{name}");
}

fn raw(text: &str) -> Act {
    Act::Send(text.as_bytes().to_vec())
}

#[tokio::test]
async fn every_status() {
    for (status, expect) in [
        (301, FailureKind::Rejected),
        (400, FailureKind::Rejected),
        (401, FailureKind::Auth),
        (402, FailureKind::Rejected),
        (403, FailureKind::Auth),
        (404, FailureKind::UnknownModel),
        (405, FailureKind::Rejected),
        (408, FailureKind::Server),
        (409, FailureKind::Server),
        (413, FailureKind::ContextOverflow),
        (418, FailureKind::Rejected),
        (422, FailureKind::Rejected),
        (429, FailureKind::RateLimit),
        (500, FailureKind::Server),
        (502, FailureKind::Server),
        (503, FailureKind::Server),
        (504, FailureKind::Server),
        (529, FailureKind::Server),
    ] {
        check("JSON", json(status, &json!({"error": {"message": "no"}})), expect).await;
        check("HTML", answer(status, &[("content-type", "text/html")], "<html></html>"), expect).await;
        check("empty", answer(status, &[], ""), expect).await;
        let cut = vec![raw(&format!("HTTP/1.1 {status} X\r\ncontent-length: 99\r\n\r\n{{\"error\"")), Act::Close];
        check("cut", cut, expect).await;
    }
}

#[tokio::test]
async fn connections_that_end_at_each_stage() {
    for last in [Act::Close, Act::Reset] {
        let check = async |name: &str, mut acts: Vec<Act>| {
            acts.push(last.clone());
            check(name, acts, FailureKind::Transport).await;
        };
        check("before the head", vec![]).await;
        check("in the head", vec![raw("HTTP/1.1 200 OK\r\ncontent-ty")]).await;
        check("after the head", vec![head("text/event-stream")]).await;
        check("in an event", open_stream(&["data: {\"choi"])).await;
        check("between events", open_stream(&[&says("half an")])).await;
        check("in JSON", vec![raw("HTTP/1.1 200 OK\r\ncontent-length: 99\r\n\r\n{\"choices\":")]).await;
    }
}

#[tokio::test]
async fn answers_that_end_in_order_but_early() {
    let check = async |pieces: &[&str]| check("early", stream(pieces), FailureKind::Transport).await;
    check(&[&says("half an")]).await;
    check(&[&says("half an"), DONE]).await;
    check(&[&says("half an"), &used(1, 1), DONE]).await;
    check(&[&says("half an"), "data: {\"choices\":[{\"delta\":{},\"finish_rea"]).await;
    check(&[DONE]).await;
    check(&[": nothing but comments\n\n"]).await;
    check(&["{\"choices\":[{\"message\":{\"content\":\"a"]).await;
    check(&[]).await;
}

#[tokio::test]
async fn answers_in_another_protocol() {
    let check = async |name: &str, acts| check(name, acts, FailureKind::Protocol).await;
    check("HTML", answer(200, &[("content-type", "text/html")], "<!doctype html><html></html>")).await;
    check("a picture", answer(200, &[("content-type", "image/png")], "\u{89}PNG")).await;
    check("no events", answer(200, &[("content-type", "text/plain")], "error: out of coffee\n")).await;
    check("other JSON", json(200, &json!({"answer": 42}))).await;
    check("broken JSON", answer(200, &[("content-type", "application/json")], "{\"choices\": nothing}")).await;
    check("broken JSON in the stream", stream(&["data: {\"choices\": nothing}\n\n", DONE])).await;
    check("no HTTP", vec![raw("220 mail.example ESMTP\r\n\r\n"), Act::Close]).await;
    check("unknown reason", stream(&[&says("a"), &ends("bored"), DONE])).await;
}

#[tokio::test]
async fn html_is_answered_with_a_hint() {
    let server = Server::play(vec![answer(200, &[], "<html></html>")]).await;
    let (failed, _) = fails(&model(&server)).await;
    assert_eq!(failed.failure.hint.as_deref(), Some("is base_url right? it should end in /v1"));
}

#[tokio::test]
async fn errors_inside_a_good_stream_keep_what_was_used() {
    let breaks = async |error: serde_json::Value, expect: FailureKind| {
        let server = Server::play(vec![stream(&[&used(9, 4), &says("ab"), &event(&error)])]).await;
        let (failed, _) = fails(&model(&server)).await;
        let attempts: u64 = if expect.retryable() { 3 } else { 1 };
        let usage = Usage { input_tokens: 9 * attempts, output_tokens: 4 * attempts, ..Usage::default() };
        assert_eq!((kind(&failed), failed.usage), (expect, usage), "{error}");
    };
    breaks(json!({"error": {"message": "m", "type": "server_error"}}), FailureKind::Server).await;
    breaks(json!({"error": {"message": "m", "code": 429}}), FailureKind::RateLimit).await;
    breaks(json!({"error": {"message": "m", "code": "context_length_exceeded"}}), FailureKind::ContextOverflow).await;
    breaks(json!({"object": "error", "message": "m", "code": 400}), FailureKind::Rejected).await;

    let named = stream(&["event: error\ndata: {\"message\": \"m\"}\n\n"]);
    check("named", named, FailureKind::Server).await;
    check("aborted", stream(&[&says("a"), &ends("error"), DONE]), FailureKind::Server).await;
    check("200", json(200, &json!({"error": {"message": "m", "code": 502}})), FailureKind::Server).await;
}

#[tokio::test]
async fn a_refusal_is_a_failure_that_is_paid_for() {
    let refuses = |text: &str| event(&json!({"choices": [{"delta": {"refusal": text}}]}));
    let server =
        Server::play(vec![stream(&[&refuses("I ca"), &refuses("n't."), &ends("stop"), &used(7, 3), DONE])]).await;
    let (failed, pieces) = fails(&model(&server)).await;
    assert_eq!((kind(&failed), failed.usage.total(), pieces.len()), (FailureKind::Refusal, 10, 0));
    assert_eq!(failed.failure.message, "the model declined to answer: I can't.");
}

#[tokio::test]
async fn nothing_grows_without_bound() {
    let check = async |name: &str, acts: Vec<Act>| {
        let server = Server::play(vec![acts]).await;
        let (failed, _) = fails(&model(&server)).await;
        assert_eq!(kind(&failed), FailureKind::Protocol, "{name}: {failed:?}");
        assert!(failed.failure.message.contains("larger") || failed.failure.message.contains("longer"), "{failed:?}");
    };
    let many = chunk(&vec![b'a'; 256 * 1024]);
    check("a line", vec![head("text/event-stream"), Act::Send(chunk(b"data: ")), Act::Repeat(many.clone())]).await;
    let line = chunk(&[b"data: ".as_slice(), &vec![b'a'; 256 * 1024], b"\n"].concat());
    check("an event", vec![head("text/event-stream"), Act::Repeat(line)]).await;
    check("a document", vec![head("application/json"), Act::Send(chunk(b"{")), Act::Repeat(many)]).await;
    let zipped = "HTTP/1.1 200 OK\r\ncontent-type: application/json\r\ncontent-encoding: gzip\r\n\r\n";
    check("a gzip bomb", vec![raw(zipped), Act::Send(bomb()), Act::Close]).await;
}

/// 70 MiB of `{` in gzip, by hand: a fixed Huffman block (RFC 1951, 3.2.6) of one literal and many matches of length
/// 258 at distance 1, which are 13 bits each.
pub(super) fn bomb() -> Vec<u8> {
    let mut bits: Vec<bool> = Vec::new();
    let mut push = |code: u32, length: u32| bits.extend((0..length).rev().map(|at| code >> at & 1 == 1));
    push(0b110, 3);
    push(0b0011_0000 + u32::from(b'{'), 8);
    for _ in 0..70 * 1024 * 1024 / 258 {
        push(0b1100_0101, 8);
        push(0, 5);
    }
    push(0, 7);
    let byte = |eight: &[bool]| eight.iter().rev().fold(0_u8, |byte, bit| byte << 1 | u8::from(*bit));
    let head = [0x1F, 0x8B, 8, 0, 0, 0, 0, 0, 0, 255];
    head.into_iter().chain(bits.chunks(8).map(byte)).collect()
}

#[tokio::test]
async fn a_server_that_is_not_there() {
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let address = listener.local_addr().unwrap();
    drop(listener);
    let check = async |base_url: String, expect: FailureKind, hint: &str| {
        let (failed, _) = fails(&OpenAi::new(settings(base_url.clone()), HttpClient::new())).await;
        let given = failed.failure.hint.clone().unwrap_or_default();
        assert_eq!((kind(&failed), failed.usage), (expect, Usage::default()), "{base_url}");
        assert!(given.contains(hint), "{base_url}: {given}");
    };
    check(format!("http://{address}/v1"), FailureKind::Transport, "start the server").await;
    check(format!("https://{}/v1", speaks_no_tls().await), FailureKind::Transport, "http or https").await;
    check("http://nobody.invalid/v1".to_owned(), FailureKind::Transport, "base_url").await;
    check("127.0.0.1:8080".to_owned(), FailureKind::Config, "http://127.0.0.1").await;
}

/// The address of a server that answers whatever comes first, even the beginning of a TLS handshake, in plain HTTP.
async fn speaks_no_tls() -> SocketAddr {
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let address = listener.local_addr().unwrap();
    tokio::spawn(async move {
        while let Ok((mut stream, _)) = listener.accept().await {
            assert_ne!(stream.read(&mut [0; 4096]).await.unwrap(), 0);
            stream.write_all(b"HTTP/1.1 400 Bad Request\r\n\r\n").await.unwrap();
        }
    });
    address
}

#[tokio::test]
async fn a_key_is_never_repeated() {
    let said = json!({"error": {"message": "Incorrect API key provided: k-secret-1"}});
    let server = Server::play(vec![json(401, &said)]).await;
    let key = |text: &str| RemoteSettings { key: Some(SecretString::from(text)), ..settings(server.base_url()) };
    let (failed, _) = fails(&OpenAi::new(key("k-secret-1"), HttpClient::new())).await;
    let shown = format!("{failed:?}");
    assert!(shown.contains("Incorrect API key provided: ***") && !shown.contains("k-secret-1"), "{shown}");

    let (failed, _) = fails(&OpenAi::new(key("k-\u{1}-secret-2"), HttpClient::new())).await;
    assert_eq!((kind(&failed), server.seen().len()), (FailureKind::Config, 1));
    assert!(!format!("{failed:?}").contains("secret-2"));
}

/// A key, none of whose parts stands in the address of a test's server.
const KEY: &str = "sk-zZyYxXwWvVuUtTsSrRqQpPoOnNmMlLkKjJiIhHgGfF";

#[tokio::test]
async fn no_part_of_a_key_is_left_where_a_message_is_cut() {
    for before in (255..300).step_by(3) {
        let said = format!("{} {KEY} is wrong", "·".repeat(before - 1));
        let error = json!({"error": {"message": said}});
        let declined = event(&json!({"choices": [{"delta": {"refusal": said}}]}));
        for acts in [
            json(400, &error),
            answer(400, &[], &said),
            answer(400, &[], &format!("<title>{said}</title>")),
            stream(&[&says("a"), &event(&error)]),
            stream(&[&declined, &ends("stop"), DONE]),
        ] {
            let server = Server::play(vec![acts]).await;
            let keyed = RemoteSettings { key: Some(SecretString::from(KEY)), ..settings(server.base_url()) };
            shows_no_key(&fails(&OpenAi::new(keyed, HttpClient::new())).await.0.failure);
        }
        let server = Server::play(vec![json(400, &error)]).await;
        let listed = list_models(&server.base_url(), Some(&SecretString::from(KEY)), &HttpClient::new()).await;
        shows_no_key(&listed.unwrap_err());
    }
}

#[tokio::test]
async fn no_part_of_a_key_is_left_in_what_became_of_a_call() {
    let why = format!("{} {KEY}", "·".repeat(180));
    let document = json!({"id": "resp_1", "status": "failed", "output": [], "error": {"message": why}});
    let server = Server::play(vec![json(200, &document)]).await;
    let keyed = RemoteSettings { key: Some(SecretString::from(KEY)), ..settings(server.base_url()) };
    let known = OpenAiResponses::new(keyed, HttpClient::new()).look_up("resp_1", &hello()).await;
    assert_eq!(known, Ok(Known::Unfinished(format!("failed: {} ***", "·".repeat(180)), None)));
}

#[track_caller]
fn shows_no_key(failure: &Failure) {
    let shown = format!("{failure:?}");
    assert!(shown.contains("··") && !shown.contains(&KEY[..4]), "{shown}");
}

#[tokio::test]
async fn a_redirect_is_not_followed() {
    let other = Server::play(vec![stream(&[&says("a"), &ends("stop"), DONE])]).await;
    let target = format!("{}/chat/completions", other.base_url());
    for status in [301, 302, 303, 307, 308] {
        let server = Server::play(vec![answer(status, &[("location", &target)], "")]).await;
        assert_eq!(kind(&fails(&model(&server)).await.0), FailureKind::Rejected);
    }
    assert_eq!(other.seen().len(), 0);
}
