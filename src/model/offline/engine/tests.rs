//! The engine through the trait: limits, stop texts, streaming, cancellation, conversations.

use super::{OfflineEngine, reply};
use crate::core::failure::FailureKind;
use crate::core::message::{ChatRequest, Finish, Message, Sampling, Speaker};
use crate::model::chat::{ChatModel, Piece, Watch};
use crate::registry::builtin::OFFLINE;
use std::sync::{Arc, Mutex};

const PROMPT: &str = "Who sleeps?\n\nThe cat sleeps. The dog sleeps. Birds sing.";

fn request(messages: &[(Speaker, &str)], sampling: Sampling) -> ChatRequest {
    let messages = messages.iter().map(|(speaker, text)| Message::new(*speaker, *text)).collect();
    ChatRequest { messages, sampling, ..ChatRequest::default() }
}

fn check(sampling: Sampling, text: &str, finish: Finish, tokens: u64) {
    let reply = reply(&request(&[(Speaker::User, PROMPT)], sampling)).expect("a reply");
    assert_eq!((reply.text.as_str(), reply.finish), (text, finish));
    assert_eq!((reply.usage.input_tokens, reply.usage.output_tokens, reply.usage.estimated), (14, tokens, false));
}

#[test]
fn limits_and_stop_texts_cut() {
    let stop = |stop: &str| Sampling { stop: vec![stop.to_owned()], ..Sampling::default() };
    let tokens = |n| Sampling { max_tokens: Some(n), ..Sampling::default() };
    check(Sampling::default(), "The cat sleeps.\n\nThe dog sleeps.", Finish::Stop, 8);
    check(tokens(8), "The cat sleeps.\n\nThe dog sleeps.", Finish::Stop, 8);
    check(tokens(5), "The cat sleeps.\n\nThe", Finish::Length, 5);
    check(tokens(0), "", Finish::Length, 0);
    check(stop("\n\n"), "The cat sleeps.", Finish::Stop, 4);
    check(stop(""), "The cat sleeps.\n\nThe dog sleeps.", Finish::Stop, 8);
}

#[test]
fn a_question_alone_is_about_what_was_said_before() {
    let messages = [
        (Speaker::User, "Remember: Ann owns a boat."),
        (Speaker::Assistant, "I own a boat."),
        (Speaker::User, "Who owns a boat?"),
    ];
    let reply = reply(&request(&messages, Sampling::default())).expect("a reply");
    assert_eq!(reply.text, "Remember: Ann owns a boat.");
}

#[tokio::test]
async fn pieces_make_up_the_answer() {
    let shown = Arc::new(Mutex::new(Vec::new()));
    let sink = Arc::clone(&shown);
    let on_text = Arc::new(move |piece| sink.lock().expect("unpoisoned").push(piece));
    let watch = Watch { on_text, ..Watch::silent() };
    let engine = OfflineEngine::new();
    let reply = engine.chat(&request(&[(Speaker::User, PROMPT)], Sampling::default()), &watch).await.expect("a reply");
    assert_eq!(engine.id().as_str(), OFFLINE);
    let text = |piece: &Piece| if let Piece::Text(text) = piece { text.clone() } else { String::new() };
    let shown: String = shown.lock().expect("unpoisoned").iter().map(text).collect();
    assert_eq!(shown, reply.text);
}

#[tokio::test]
async fn a_cancelled_call_fails() {
    let watch = Watch::silent();
    watch.cancel.cancel();
    let request = request(&[(Speaker::User, PROMPT)], Sampling::default());
    let failed = OfflineEngine::new().chat(&request, &watch).await.expect_err("cancelled");
    assert_eq!(failed.failure.kind, FailureKind::Cancelled);
}

#[tokio::test]
async fn an_answer_that_was_refused_for_its_form_is_not_given_again() {
    let complaint = "That answer does not match the schema: no date\nAnswer again with JSON only, matching it:\n{}";
    let messages = [(Speaker::User, PROMPT), (Speaker::Assistant, "\"The cat sleeps.\""), (Speaker::User, complaint)];
    let request = request(&messages, Sampling::default());
    let failed = OfflineEngine::new().chat(&request, &Watch::silent()).await.expect_err("no form");
    assert_eq!(failed.failure.kind, FailureKind::NoModel);
    assert!(failed.failure.message.contains("only quotes and counts"), "{}", failed.failure);
}
