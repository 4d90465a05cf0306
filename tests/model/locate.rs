//! Finding a server on this machine, and listing what a server offers.

use crate::support::server::{Act, Server, answer, json};
use rhizo::core::failure::FailureKind;
use rhizo::model::client::HttpClient;
use rhizo::model::locate::{Candidate, Found, list_models, local_server};
use secrecy::SecretString;
use serde_json::{Value, json};
use std::time::Duration;

fn listing(names: &[&str]) -> Value {
    let data: Vec<Value> = names.iter().map(|name| json!({"id": name, "object": "model"})).collect();
    json!({"object": "list", "data": data})
}

fn candidates(servers: &[&Server]) -> Vec<Candidate> {
    servers.iter().map(|server| Candidate { base_url: server.base_url(), key: None }).collect()
}

#[tokio::test]
async fn the_first_server_with_models_is_found() {
    let none = Server::play(vec![json(200, &json!({"object": "list", "data": null}))]).await;
    let page = Server::play(vec![answer(200, &[("content-type", "text/html")], "<html></html>")]).await;
    let other = Server::play(vec![json(200, &json!({"data": [{"name": "x"}]}))]).await;
    let closed = Server::play(vec![json(401, &json!({"error": "key"}))]).await;
    let good = Server::play(vec![json(200, &listing(&["a", "b"]))]).await;
    let later = Server::play(vec![json(200, &listing(&["c"]))]).await;
    let all = candidates(&[&none, &page, &other, &closed, &good, &later]);
    let found = local_server(&all, Duration::from_secs(60)).await;
    let models = vec!["a".to_owned(), "b".to_owned()];
    assert_eq!(found, Some(Found { base_url: good.base_url(), models }));
    assert_eq!(good.seen().remove(0).line, "GET /v1/models");
    assert_eq!(local_server(&all[..4], Duration::from_secs(60)).await, None);
    assert_eq!(local_server(&[], Duration::from_secs(60)).await, None);
}

#[tokio::test]
async fn a_server_that_keeps_silent_does_not_hide_the_next() {
    let silent = Server::play(vec![vec![Act::Hold]]).await;
    let good = Server::play(vec![json(200, &listing(&["a"]))]).await;
    let found = local_server(&candidates(&[&silent, &good]), Duration::from_secs(1)).await;
    assert_eq!(found.map(|found| found.base_url), Some(good.base_url()));
}

#[tokio::test]
async fn each_place_is_sent_its_own_key() {
    let open = Server::play(vec![json(404, &json!({}))]).await;
    let locked = Server::play(vec![json(200, &listing(&["a"]))]).await;
    let mut all = candidates(&[&open, &locked]);
    all[1].key = Some(SecretString::from("k-1"));
    local_server(&all, Duration::from_secs(60)).await.expect("the second answers");
    let key = |server: &Server| server.seen().remove(0).header("authorization").map(str::to_owned);
    assert_eq!((key(&open), key(&locked)), (None, Some("Bearer k-1".to_owned())));
}

#[test]
fn usual_places_are_on_this_machine() {
    let usual: Vec<String> = Candidate::usual().into_iter().map(|candidate| candidate.base_url).collect();
    assert_eq!(usual[0], "http://127.0.0.1:8080/v1");
    assert!(usual.len() == 5 && usual.iter().all(|base_url| base_url.starts_with("http://127.0.0.1:")));
}

#[tokio::test]
async fn listing_sends_the_key_and_tells_faults_apart() {
    let client = HttpClient::new();
    let server = Server::play(vec![json(200, &listing(&["a"]))]).await;
    let key = SecretString::from("k-1");
    assert_eq!(list_models(&server.base_url(), Some(&key), &client).await, Ok(vec!["a".to_owned()]));
    assert_eq!(server.seen().remove(0).header("authorization"), Some("Bearer k-1"));
    let cut = "HTTP/1.1 200 OK\r\nconnection: close\r\n\r\n{\"data\": [";
    for (acts, expect) in [
        (json(401, &json!({"error": "key"})), FailureKind::Auth),
        (answer(404, &[], "<html></html>"), FailureKind::UnknownModel),
        (answer(500, &[], ""), FailureKind::Server),
        (answer(200, &[], "<html></html>"), FailureKind::Protocol),
        (vec![Act::Send(cut.as_bytes().to_vec()), Act::Close], FailureKind::Transport),
        (vec![Act::Close], FailureKind::Transport),
    ] {
        let server = Server::play(vec![acts]).await;
        let failure = list_models(&server.base_url(), None, &client).await.unwrap_err();
        assert_eq!(failure.kind, expect, "{failure:?}");
    }
}
