//! Ends that the clock or the caller brings about.

use super::{DONE, ends, fails, hello, kind, model, says, settings};
use crate::support::dialects::{CHAT, Dialect, MESSAGES, RESPONSES, named, plain};
use crate::support::server::{Act, Server, answer, chunk, open_stream, stream};
use rhizo::core::failure::FailureKind;
use rhizo::core::message::{ChatReply, FailedCall};
use rhizo::core::usage::Usage;
use rhizo::model::chat::{ChatModel, Piece, Watch};
use rhizo::model::client::HttpClient;
use rhizo::model::exchange::Timeouts;
use rhizo::model::openai::OpenAi;
use rhizo::model::remote::RemoteSettings;
use serde_json::json;
use std::sync::Arc;
use std::sync::atomic::Ordering;
use std::time::Duration;

/// Long enough never to be reached in a test that works.
const LONG: Duration = Duration::from_secs(600);
const SHORT: Duration = Duration::from_millis(60);

async fn stalls(acts: Vec<Act>, timeouts: Timeouts, expect: &str, usage: u64) {
    stalls_in(&CHAT, acts, timeouts, expect, usage).await;
}

async fn stalls_in(dialect: &Dialect, acts: Vec<Act>, timeouts: Timeouts, expect: &str, usage: u64) {
    let server = Server::play(vec![acts.clone()]).await;
    let mut settings = RemoteSettings { timeouts, ..settings(server.base_url()) };
    settings.retry.attempts = 1;
    let (failed, _) = fails(dialect.model(settings).as_ref()).await;
    assert_eq!((kind(&failed), failed.usage.total()), (FailureKind::Stalled, usage), "{failed:?}");
    assert!(failed.failure.message.contains(expect), "{acts:?}: {failed:?}");
    server.left(1).await;
}

#[tokio::test]
async fn servers_that_keep_silent() {
    let long = Timeouts { connect: LONG, first_token: LONG, between_tokens: LONG, total: LONG };
    let first = Timeouts { first_token: SHORT, ..long };
    let between = Timeouts { between_tokens: SHORT, ..long };
    let total = Timeouts { total: Duration::from_millis(700), ..long };
    let after = |pieces: &[&str], last: Act| {
        let mut acts = open_stream(pieces);
        acts.push(last);
        acts
    };
    let ping = || Act::Repeat(chunk(b": still here\n\n"));
    // Nobody heard an answer: the prompt of five bytes is billed at its worst, with what a chat's form adds.
    stalls(vec![Act::Hold], first, "no token within 0.06 s", 37).await;
    stalls(after(&[], Act::Hold), first, "no token within 0.06 s", 37).await;
    stalls(after(&[], ping()), first, "no token within 0.06 s", 37).await;
    stalls(after(&[&says("12345678")], Act::Hold), between, "nothing further within 0.06 s", 4).await;
    stalls(after(&[&says("12345678")], ping()), between, "nothing further within 0.06 s", 4).await;
    stalls(after(&[&says("12345678")], Act::Hold), total, "no whole answer within 0.7 s", 4).await;
}

#[tokio::test]
async fn what_only_announces_an_answer_leaves_the_patience_for_its_first_token() {
    let (total, silent) = (Duration::from_millis(700), "no whole answer within 0.7 s");
    let timeouts = Timeouts { connect: LONG, first_token: LONG, between_tokens: SHORT, total };
    let role = json!({"choices": [{"index": 0, "delta": {"role": "assistant", "content": ""}}]});
    let item = json!({"output_index": 0, "item": {"type": "reasoning", "summary": []}});
    let progress = named("response.in_progress", json!({"response": {"status": "in_progress"}}));
    let responses = [(RESPONSES.begins)(None), progress, named("response.output_item.added", item)];
    let messages = [(MESSAGES.begins)(None), named("ping", json!({}))];
    for (dialect, announced) in [(CHAT, plain(&role)), (RESPONSES, responses.concat()), (MESSAGES, messages.concat())] {
        let after = |piece: &str| {
            let mut acts = open_stream(&[&announced, piece]);
            acts.push(Act::Hold);
            acts
        };
        stalls_in(&dialect, after(": still here\n\n"), timeouts, silent, 37).await;
        for piece in [(dialect.says)("12345678"), (dialect.thinks)("12345678")] {
            let patient = Timeouts { total: LONG, ..timeouts };
            stalls_in(&dialect, after(&piece), patient, "nothing further within 0.06 s", 4).await;
        }
    }
}

#[tokio::test]
async fn events_that_say_nothing_do_not_prolong_the_wait_for_the_first_token() {
    let timeouts = Timeouts { connect: LONG, first_token: SHORT, between_tokens: LONG, total: LONG };
    let empty = plain(&json!({"choices": [{"index": 0, "delta": {"content": ""}}]}));
    let progress = named("response.in_progress", json!({"response": {"status": "in_progress"}}));
    let ping = named("ping", json!({}));
    for (dialect, event) in [(CHAT, empty), (RESPONSES, progress), (MESSAGES, ping)] {
        let mut acts = open_stream(&[]);
        acts.push(Act::Repeat(chunk(event.as_bytes())));
        stalls_in(&dialect, acts, timeouts, "no token within 0.06 s", 37).await;
    }
}

#[tokio::test]
async fn a_model_that_thinks_unseen_is_waited_for_while_its_server_shows_that_it_lives() {
    let total = Duration::from_millis(300);
    let timeouts = Timeouts { connect: LONG, first_token: SHORT, between_tokens: LONG, total };
    let item = json!({"output_index": 0, "item": {"type": "reasoning", "summary": []}});
    let block = json!({"index": 0, "content_block": {"type": "thinking", "thinking": "", "signature": ""}});
    for (dialect, begins, event) in [
        (RESPONSES, named("response.output_item.added", item), named("keepalive", json!({}))),
        (MESSAGES, named("content_block_start", block), named("ping", json!({}))),
    ] {
        let mut acts = open_stream(&[&begins]);
        acts.push(Act::Repeat(chunk(event.as_bytes())));
        stalls_in(&dialect, acts, timeouts, "no whole answer within 0.3 s", 37).await;
    }
}

#[tokio::test]
async fn a_whole_answer_is_not_lost_to_a_server_that_forgets_to_end_it() {
    let mut acts = open_stream(&[&says("whole"), &ends("stop")]);
    acts.push(Act::Hold);
    let server = Server::play(vec![acts]).await;
    let timeouts = Timeouts { between_tokens: SHORT, ..Timeouts::default() };
    let model = OpenAi::new(RemoteSettings { timeouts, ..settings(server.base_url()) }, HttpClient::new());
    assert_eq!(model.chat(&hello(), &Watch::silent()).await.unwrap().text, "whole");
}

/// A watch that cancels itself at the first piece of the given kind.
fn cancels_at(wanted: fn(&Piece) -> bool) -> Watch {
    let mut watch = Watch::silent();
    let cancel = watch.cancel.clone();
    watch.on_text = Arc::new(move |piece| {
        if wanted(&piece) {
            cancel.cancel();
        }
    });
    watch
}

#[tokio::test]
async fn cancelling_in_the_middle_bills_what_has_arrived() {
    let mut acts = open_stream(&[&says("123456789")]);
    acts.push(Act::Hold);
    let server = Server::play(vec![acts]).await;
    let watch = cancels_at(|piece| matches!(piece, Piece::Text(_)));
    let failed = model(&server).chat(&hello(), &watch).await.unwrap_err();
    let usage = Usage { input_tokens: 2, output_tokens: 3, estimated: true, ..Usage::default() };
    assert_eq!((kind(&failed), failed.usage), (FailureKind::Cancelled, usage));
    server.left(1).await;
}

#[tokio::test]
async fn cancelling_a_wait_ends_it() {
    let server = Server::play(vec![answer(429, &[("retry-after", "300")], "")]).await;
    let watch = cancels_at(|piece| matches!(piece, Piece::Retry { .. }));
    let failed = model(&server).chat(&hello(), &watch).await.unwrap_err();
    assert_eq!((kind(&failed), failed.usage, server.seen().len()), (FailureKind::Cancelled, Usage::default(), 1));
}

#[tokio::test]
async fn a_call_that_is_cancelled_before_it_begins_asks_nobody() {
    let server = Server::play(vec![stream(&[&says("a"), &ends("stop"), DONE])]).await;
    let watch = Watch::silent();
    watch.cancel.cancel();
    let failed = model(&server).chat(&hello(), &watch).await.unwrap_err();
    assert_eq!((kind(&failed), failed.usage, server.seen().len()), (FailureKind::Cancelled, Usage::default(), 0));
}

/// Drives a call until a server has read its request.
async fn until_read(server: &Server, mut call: impl Future<Output = Result<ChatReply, FailedCall>> + Unpin) {
    while server.seen().is_empty() {
        assert!(futures::poll!(&mut call).is_pending());
        tokio::task::yield_now().await;
    }
}

#[tokio::test]
async fn dropping_the_call_closes_its_connection() {
    let server = Server::play(vec![vec![Act::Hold]]).await;
    let model = model(&server);
    let (request, watch) = (hello(), Watch::silent());
    let mut call = model.chat(&request, &watch);
    until_read(&server, &mut call).await;
    drop(call);
    server.left(1).await;
}

#[tokio::test]
async fn a_silent_answer_is_billed_at_its_worst_or_at_what_was_thought_until_a_person_stopped_it() {
    let most = 1_000_000;
    let mut request = hello();
    request.sampling.max_tokens = Some(most);
    for (overdue, by_person) in [(true, true), (false, false), (false, true)] {
        let server = Server::play(vec![vec![Act::Hold]]).await;
        let (model, watch) = (model(&server), Watch::silent());
        let mut call = model.chat(&request, &watch);
        until_read(&server, &mut call).await;
        watch.by_person.store(by_person, Ordering::Relaxed);
        if overdue {
            watch.end_overdue()
        } else {
            watch.cancel.cancel()
        }
        let failed = call.await.unwrap_err();
        let usage = failed.usage;
        let (asked, thought) = if overdue || !by_person { (37, most..=most) } else { (2, 1..=most - 1) };
        assert_eq!((kind(&failed), usage.input_tokens, usage.estimated), (FailureKind::Cancelled, asked, true));
        assert!(thought.contains(&usage.output_tokens) && usage.unheard_tokens == usage.output_tokens, "{usage:?}");
        server.left(1).await;
    }
}

#[cfg(target_os = "linux")]
#[tokio::test]
async fn a_connection_that_nobody_accepts_is_given_up() {
    // Linux drops the SYN of a connection that finds the backlog full.
    let socket = tokio::net::TcpSocket::new_v4().unwrap();
    socket.bind("127.0.0.1:0".parse().unwrap()).unwrap();
    let listener = socket.listen(0).unwrap();
    let address = listener.local_addr().unwrap();
    let _fills_the_backlog = tokio::net::TcpStream::connect(address).await.unwrap();
    let timeouts = Timeouts { connect: SHORT, first_token: Duration::from_secs(5), ..Timeouts::default() };
    let mut settings = RemoteSettings { timeouts, ..settings(format!("http://{address}/v1")) };
    settings.retry.attempts = 1;
    let (failed, _) = fails(&OpenAi::new(settings, HttpClient::new())).await;
    assert_eq!((kind(&failed), failed.usage), (FailureKind::Transport, Usage::default()));
    assert!(failed.failure.message.ends_with("within 0.06 s"), "{failed:?}");
}
