//! What goes out: whole bodies and heads.

use super::{DONE, ends, hello, model, says, settings};
use crate::support::server::{Server, json, stream};
use rhizo::core::message::{ChatRequest, FunctionSpec, Message, Sampling, Speaker, ToolRequest};
use rhizo::model::chat::{ChatModel, Watch};
use rhizo::model::client::{HttpClient, USER_AGENT};
use rhizo::model::openai::OpenAi;
use rhizo::model::remote::RemoteSettings;
use secrecy::SecretString;
use serde_json::{Value, json};

fn fine() -> Vec<crate::support::server::Act> {
    stream(&[&says("ok"), &ends("stop"), DONE])
}

#[tokio::test]
async fn a_plain_request() {
    let server = Server::play(vec![fine()]).await;
    let settings = RemoteSettings { key: Some(SecretString::from(" k-1 \n")), ..settings(server.base_url()) };
    let model = OpenAi::new(settings, HttpClient::new());
    let request = ChatRequest {
        messages: vec![Message::new(Speaker::System, "short"), Message::new(Speaker::User, "hello")],
        sampling: Sampling {
            max_tokens: Some(50),
            temperature: Some(0.5),
            stop: vec!["END".to_owned()],
            ..Sampling::default()
        },
        ..ChatRequest::default()
    };
    let reply = model.chat(&request, &Watch::silent()).await.unwrap();
    assert_eq!((reply.text.as_str(), model.id().as_str()), ("ok", "test/small"));
    let seen = server.seen().remove(0);
    assert_eq!(
        seen.body,
        json!({
            "model": "small",
            "messages": [{"role": "system", "content": "short"}, {"role": "user", "content": "hello"}],
            "max_tokens": 50,
            "temperature": 0.5,
            "stop": ["END"],
            "stream": true,
            "stream_options": {"include_usage": true}
        })
    );
    assert_eq!(seen.line, "POST /v1/chat/completions");
    let host = server.host();
    for (name, value) in [
        ("authorization", "Bearer k-1"),
        ("user-agent", USER_AGENT),
        ("accept", "text/event-stream"),
        ("accept-encoding", "identity"),
        ("content-type", "application/json"),
        ("host", &host),
    ] {
        assert_eq!(seen.header(name), Some(value));
    }
}

#[tokio::test]
async fn a_bare_request() {
    let server = Server::play(vec![fine()]).await;
    model(&server).chat(&hello(), &Watch::silent()).await.unwrap();
    let seen = server.seen().remove(0);
    let expect = json!({
        "model": "small",
        "messages": [{"role": "user", "content": "hello"}],
        "stream": true,
        "stream_options": {"include_usage": true}
    });
    assert_eq!((seen.body, seen.headers.iter().any(|(name, _)| name == "authorization")), (expect, false));
}

#[tokio::test]
async fn an_unstreamed_request() {
    let whole = json!({"choices": [{"message": {"content": "ok"}, "finish_reason": "stop"}]});
    let server = Server::play(vec![json(200, &whole)]).await;
    let model = OpenAi::new(RemoteSettings { stream: false, ..settings(server.base_url()) }, HttpClient::new());
    assert_eq!(model.chat(&hello(), &Watch::silent()).await.unwrap().text, "ok");
    let seen = server.seen().remove(0);
    let messages = json!([{"role": "user", "content": "hello"}]);
    assert_eq!(seen.body, json!({"model": "small", "messages": messages, "stream": false}));
    assert_eq!(seen.header("accept"), Some("application/json"));
    assert!(seen.header("accept-encoding").is_some_and(|encodings| encodings.contains("gzip")));
}

#[tokio::test]
async fn a_round_of_tool_calls() {
    let server = Server::play(vec![fine()]).await;
    let call =
        ToolRequest { id: "call_1".to_owned(), name: "rhai".to_owned(), arguments: r#"{"code":"1"}"#.to_owned() };
    let request = ChatRequest {
        messages: vec![
            Message::new(Speaker::User, "count"),
            Message { tool_requests: vec![call.clone()], ..Message::new(Speaker::Assistant, "") },
            Message { answers: Some("call_1".to_owned()), ..Message::new(Speaker::Tool, "") },
            Message { tool_requests: vec![call], ..Message::new(Speaker::Assistant, "again") },
            Message::new(Speaker::Assistant, ""),
        ],
        functions: vec![FunctionSpec {
            name: "rhai".to_owned(),
            description: "Runs Rhai.".to_owned(),
            parameters: json!({"type": "object", "properties": {"code": {"type": "string"}}}),
        }],
        ..ChatRequest::default()
    };
    model(&server).chat(&request, &Watch::silent()).await.unwrap();
    let called =
        json!([{"id": "call_1", "type": "function", "function": {"name": "rhai", "arguments": "{\"code\":\"1\"}"}}]);
    assert_eq!(
        server.seen().remove(0).body,
        json!({
            "model": "small",
            "messages": [
                {"role": "user", "content": "count"},
                {"role": "assistant", "content": null, "tool_calls": called},
                {"role": "tool", "content": "", "tool_call_id": "call_1"},
                {"role": "assistant", "content": "again", "tool_calls": called},
                {"role": "assistant", "content": ""}
            ],
            "tools": [{"type": "function", "function": {
                "name": "rhai",
                "description": "Runs Rhai.",
                "parameters": {"type": "object", "properties": {"code": {"type": "string"}}}
            }}],
            "tool_choice": "auto",
            "stream": true,
            "stream_options": {"include_usage": true}
        })
    );
}

fn unknown(parameter: &str) -> Vec<crate::support::server::Act> {
    let message = format!("Unsupported parameter: '{parameter}' is not supported with this model.");
    json(400, &json!({"error": {"message": message, "code": "unsupported_parameter"}}))
}

fn limited(parameter: &str, usage_option: bool) -> Value {
    let mut body = json!({"model": "small", "messages": [{"role": "user", "content": "hello"}], "stream": true});
    body[parameter] = 9.into();
    if usage_option {
        body["stream_options"] = json!({"include_usage": true});
    }
    body
}

#[tokio::test]
async fn what_a_server_does_not_know_is_left_out_from_then_on() {
    let server = Server::play(vec![unknown("stream_options"), unknown("max_tokens"), fine()]).await;
    let model = model(&server);
    let mut request = hello();
    request.sampling.max_tokens = Some(9);
    for _ in 0..2 {
        assert_eq!(model.chat(&request, &Watch::silent()).await.unwrap().text, "ok");
    }
    let bodies: Vec<Value> = server.seen().into_iter().map(|seen| seen.body).collect();
    let expect = [
        limited("max_tokens", true),
        limited("max_tokens", false),
        limited("max_completion_tokens", false),
        limited("max_completion_tokens", false),
    ];
    assert_eq!(bodies, expect);
}

#[tokio::test]
async fn a_server_that_knows_neither_name_is_not_asked_for_ever() {
    let server = Server::play(vec![unknown("max_tokens"), unknown("max_completion_tokens")]).await;
    let mut request = hello();
    request.sampling.max_tokens = Some(9);
    let failed = model(&server).chat(&request, &Watch::silent()).await.unwrap_err();
    assert_eq!((failed.failure.kind.name(), server.seen().len()), ("rejected", 2));
}
