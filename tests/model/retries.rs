//! Repeated attempts: what is shown meanwhile, what is heeded, what is billed.

use super::{DONE, ask, ends, fails, kind, model, says, settings, used};
use crate::support::server::{Act, Server, answer, json, open_stream, stream};
use rhizo::core::failure::FailureKind;
use rhizo::core::usage::Usage;
use rhizo::model::chat::Piece;
use rhizo::model::client::HttpClient;
use rhizo::model::exchange::Timeouts;
use rhizo::model::openai::OpenAi;
use rhizo::model::remote::RemoteSettings;
use serde_json::json;
use std::time::Duration;

fn fine() -> Vec<Act> {
    stream(&[&says("whole"), &ends("stop"), &used(5, 2), DONE])
}

fn busy(name: &str, value: &str) -> Vec<Act> {
    answer(429, &[(name, value)], r#"{"error":{"message":"slow down"}}"#)
}

#[tokio::test]
async fn shown_text_is_taken_back() {
    let mut half = open_stream(&[&says("half"), &used(5, 1)]);
    half.push(Act::Close);
    let server = Server::play(vec![half, answer(503, &[], ""), fine()]).await;
    let (result, pieces) = ask(&model(&server)).await;
    let reply = result.unwrap();
    assert_eq!(reply.text, "whole");
    assert_eq!(reply.usage, Usage { input_tokens: 10, output_tokens: 3, ..Usage::default() });
    let shown: Vec<String> = pieces
        .into_iter()
        .map(|piece| match piece {
            Piece::Text(text) => text,
            Piece::Reset => "reset".to_owned(),
            Piece::Note(note) | Piece::Id(note) => note,
            Piece::Retry { attempt, .. } => format!("retry {attempt}"),
            Piece::Waiting { reason, .. } => reason,
        })
        .collect();
    assert_eq!(shown, ["half", "reset", "retry 1", "retry 2", "whole"]);
}

#[tokio::test]
async fn a_request_larger_than_the_limit_of_a_minute_is_not_repeated() {
    let message = "Request too large for small on tokens per min (TPM): Limit 30000, Requested 39346.";
    let server = Server::play(vec![json(429, &json!({"error": {"message": message}})), fine()]).await;
    let (failed, _) = fails(&model(&server)).await;
    assert_eq!((kind(&failed), failed.usage, server.seen().len()), (FailureKind::ContextOverflow, Usage::default(), 1));
    assert!(failed.failure.hint.is_some_and(|hint| hint.contains("in a minute")));
}

#[tokio::test]
async fn a_broken_attempt_without_usage_is_estimated() {
    let mut half = open_stream(&[&says("12345678")]);
    half.push(Act::Reset);
    let server = Server::play(vec![half]).await;
    let (failed, _) = fails(&model(&server)).await;
    let usage = Usage { input_tokens: 6, output_tokens: 6, estimated: true, ..Usage::default() };
    assert_eq!((kind(&failed), failed.usage), (FailureKind::Transport, usage));
}

#[tokio::test]
async fn an_unstreamed_call_is_repeated_in_the_same_way() {
    let whole = json!({"choices": [{"message": {"content": "whole"}, "finish_reason": "stop"}]});
    let server = Server::play(vec![answer(500, &[], ""), json(200, &whole)]).await;
    let model = OpenAi::new(RemoteSettings { stream: false, ..settings(server.base_url()) }, HttpClient::new());
    let (result, pieces) = ask(&model).await;
    assert_eq!(result.unwrap().text, "whole");
    assert!(matches!(pieces.as_slice(), [Piece::Retry { attempt: 1, .. }, Piece::Text(_)]), "{pieces:?}");
}

#[tokio::test]
async fn a_server_says_how_long_to_wait() {
    for (name, value, least) in [("retry-after-ms", "20", 20), ("retry-after", "0.03", 30)] {
        let server = Server::play(vec![busy(name, value), fine()]).await;
        let (result, pieces) = ask(&model(&server)).await;
        result.unwrap();
        let Some(Piece::Retry { attempt: 1, wait_millis, reason }) = pieces.first() else { panic!("{pieces:?}") };
        assert!((least..least + 2).contains(wait_millis), "{name}: {wait_millis}");
        assert!(reason.ends_with("answered 429: slow down"), "{reason}");
    }
}

#[tokio::test]
async fn a_wait_longer_than_the_call_may_take_is_not_begun() {
    for value in ["3600", "Fri, 31 Dec 2100 23:59:59 GMT"] {
        let server = Server::play(vec![busy("retry-after", value)]).await;
        let (failed, pieces) = fails(&model(&server)).await;
        assert_eq!((kind(&failed), server.seen().len(), pieces.len()), (FailureKind::RateLimit, 1, 0));
        assert!(failed.failure.hint.is_some_and(|hint| hint.contains("total timeout")));
    }
}

#[tokio::test]
async fn a_server_that_wants_no_repetition_gets_none() {
    let server = Server::play(vec![busy("x-should-retry", "false")]).await;
    assert_eq!(kind(&fails(&model(&server)).await.0), FailureKind::RateLimit);
    let unpaid = json(429, &json!({"error": {"message": "m", "code": "insufficient_quota"}}));
    let poor = Server::play(vec![unpaid]).await;
    assert_eq!(kind(&fails(&model(&poor)).await.0), FailureKind::Rejected);
    assert_eq!((server.seen().len(), poor.seen().len()), (1, 1));
}

#[tokio::test]
async fn the_total_limits_all_attempts_together() {
    let server = Server::play(vec![answer(500, &[], ""), vec![Act::Hold]]).await;
    let timeouts = Timeouts { total: Duration::from_millis(700), ..Timeouts::default() };
    let model = OpenAi::new(RemoteSettings { timeouts, ..settings(server.base_url()) }, HttpClient::new());
    let (failed, _) = fails(&model).await;
    assert_eq!((kind(&failed), server.seen().len()), (FailureKind::Stalled, 2));
    server.left(1).await;
}
