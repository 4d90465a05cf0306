//! The model room over real HTTP on loopback: what is sent, what is understood, what is done about faults.

mod answers;
mod endings;
mod fault_table;
mod faults;
mod locate;
mod messages;
mod options;
mod requests;
mod responses;
mod retries;
mod timing;

use crate::support::server::Server;
use rhizo::config::traffic::RateLimits;
use rhizo::core::failure::FailureKind;
use rhizo::core::ids::ModelId;
use rhizo::core::message::{ChatReply, ChatRequest, FailedCall, Image, Message, Speaker};
use rhizo::model::chat::{ChatModel, Piece, Watch};
use rhizo::model::client::HttpClient;
use rhizo::model::exchange::Timeouts;
use rhizo::model::lane::Lane;
use rhizo::model::openai::OpenAi;
use rhizo::model::remote::RemoteSettings;
use rhizo::model::retry::RetryPolicy;
use serde_json::{Value, json};
use std::sync::{Arc, Mutex};
use std::time::Duration;

/// Settings for a server, with waits between attempts that are too short to notice.
fn settings(base_url: String) -> RemoteSettings {
    RemoteSettings {
        id: ModelId::new("test/small"),
        base_url,
        key: None,
        headers: Vec::new(),
        model_name: "small".to_owned(),
        image_tokens: None,
        timeouts: Timeouts::default(),
        retry: RetryPolicy { attempts: 3, base: Duration::from_millis(1), cap: Duration::from_millis(1) },
        stream: true,
        store: false,
        lane: Lane::new("small", RateLimits::default()),
    }
}

fn model(server: &Server) -> OpenAi {
    OpenAi::new(settings(server.base_url()), HttpClient::new())
}

/// A request with one user message of five bytes.
fn hello() -> ChatRequest {
    let messages = vec![Message::new(Speaker::User, "hello")];
    ChatRequest { messages, ..ChatRequest::default() }
}

/// A watch that keeps the pieces.
fn recorded() -> (Watch, Arc<Mutex<Vec<Piece>>>) {
    let pieces = Arc::new(Mutex::new(Vec::new()));
    let log = Arc::clone(&pieces);
    let mut watch = Watch::silent();
    watch.on_text = Arc::new(move |piece| log.lock().expect("unpoisoned").push(piece));
    (watch, pieces)
}

/// Sends a request and returns the reply with the notes shown.
async fn told(model: &dyn ChatModel, request: &ChatRequest) -> (Result<ChatReply, FailedCall>, Vec<String>) {
    let (watch, pieces) = recorded();
    let result = model.chat(request, &watch).await;
    let shown = pieces.lock().expect("unpoisoned").clone();
    let note = |piece: Piece| if let Piece::Note(note) = piece { Some(note) } else { None };
    (result, shown.into_iter().filter_map(note).collect())
}

/// A picture of four bytes.
fn picture() -> Image {
    Image::Data { media_type: "image/png".to_owned(), hash: "h".to_owned(), base64: "iVBORw==".into() }
}

/// Asks hello and returns the result with the pieces shown.
async fn ask(model: &dyn ChatModel) -> (Result<ChatReply, FailedCall>, Vec<Piece>) {
    let (watch, pieces) = recorded();
    let result = model.chat(&hello(), &watch).await;
    let shown = pieces.lock().expect("unpoisoned").clone();
    (result, shown)
}

/// The failure of asking hello.
async fn fails(model: &dyn ChatModel) -> (FailedCall, Vec<Piece>) {
    let (result, pieces) = ask(model).await;
    (result.expect_err("the call fails"), pieces)
}

fn kind(failed: &FailedCall) -> FailureKind {
    failed.failure.kind
}

fn event(data: &Value) -> String {
    format!("data: {data}\n\n")
}

/// An event with text.
fn says(text: &str) -> String {
    event(&json!({"choices": [{"index": 0, "delta": {"content": text}, "finish_reason": null}]}))
}

/// An event that ends the answer.
fn ends(reason: &str) -> String {
    event(&json!({"choices": [{"index": 0, "delta": {}, "finish_reason": reason}]}))
}

/// OpenAI's event with usage.
fn used(input: u64, output: u64) -> String {
    event(&json!({"choices": [], "usage": {"prompt_tokens": input, "completion_tokens": output}}))
}

const DONE: &str = "data: [DONE]\n\n";
