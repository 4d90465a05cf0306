//! OpenAI's responses over real HTTP: whole requests, every form of answer, every way to break off.

use super::{ask, fails, hello, kind, picture, settings, told};
use crate::support::server::{Act, Server, bytewise, json, stream};
use rhizo::core::failure::FailureKind;
use rhizo::core::message::{
    ChatReply, ChatRequest, Finish, FunctionSpec, Message, Sampling, Speaker, Thinking, ToolRequest,
};
use rhizo::core::usage::Usage;
use rhizo::model::client::HttpClient;
use rhizo::model::remote::RemoteSettings;
use rhizo::model::responses::OpenAiResponses;
use secrecy::SecretString;
use serde_json::{Value, json};

fn model(server: &Server) -> OpenAiResponses {
    OpenAiResponses::new(settings(server.base_url()), HttpClient::new())
}

fn event(kind: &str, mut fields: Value) -> String {
    fields["type"] = kind.into();
    format!("event: {kind}\ndata: {fields}\n\n")
}

fn delta(text: &str) -> String {
    event("response.output_text.delta", json!({"output_index": 0, "delta": text, "logprobs": []}))
}

fn usage() -> Value {
    json!({"input_tokens": 12, "input_tokens_details": {"cached_tokens": 4}, "output_tokens": 9,
        "output_tokens_details": {"reasoning_tokens": 5}, "total_tokens": 21})
}

fn counted() -> Usage {
    Usage { input_tokens: 12, cached_input_tokens: 4, output_tokens: 9, reasoning_tokens: 5, ..Usage::default() }
}

fn last(status: &str, more: Value) -> String {
    let mut response = json!({"object": "response", "status": status, "output": [], "usage": usage(), "error": null,
        "incomplete_details": null});
    for (name, value) in more.as_object().into_iter().flatten() {
        response[name] = value.clone();
    }
    event(&format!("response.{status}"), json!({ "response": response }))
}

fn message(text: &str) -> Value {
    json!({"type": "message", "role": "assistant", "status": "completed",
        "content": [{"type": "output_text", "text": text, "annotations": []}]})
}

fn reply(text: &str, finish: Finish) -> ChatReply {
    ChatReply { text: text.to_owned(), thoughts: Vec::new(), tool_requests: Vec::new(), finish, usage: counted() }
}

async fn check(acts: Vec<Act>, expect: ChatReply) {
    let server = Server::play(vec![acts.clone()]).await;
    assert_eq!(ask(&model(&server)).await.0.as_ref(), Ok(&expect), "{acts:?}");
}

#[tokio::test]
async fn a_whole_request() {
    let server = Server::play(vec![stream(&[&delta("ok"), &last("completed", json!({}))])]).await;
    let settings = RemoteSettings { key: Some(SecretString::from("k-1")), ..settings(server.base_url()) };
    let model = OpenAiResponses::new(settings, HttpClient::new());
    let call =
        ToolRequest { id: "call_1".to_owned(), name: "rhai".to_owned(), arguments: r#"{"code":"1"}"#.to_owned() };
    let parameters = json!({"type": "object", "properties": {"code": {"type": "string"}}});
    let schema = json!({"type": "object", "properties": {"n": {"type": "integer"}}, "required": ["n"]});
    let request = ChatRequest {
        messages: vec![
            Message::new(Speaker::System, "short"),
            Message { images: vec![picture()], ..Message::new(Speaker::User, "count") },
            Message { tool_requests: vec![call], ..Message::new(Speaker::Assistant, "") },
            Message { answers: Some("call_1".to_owned()), ..Message::new(Speaker::Tool, "7") },
        ],
        sampling: Sampling {
            max_tokens: Some(50),
            temperature: Some(0.5),
            thinking: Some(Thinking::Low),
            ..Sampling::default()
        },
        functions: vec![FunctionSpec {
            name: "rhai".to_owned(),
            description: "Runs Rhai.".to_owned(),
            parameters: parameters.clone(),
        }],
        schema: Some(schema.clone()),
        logprobs: true,
    };
    told(&model, &request).await.0.unwrap();
    let seen = server.seen().remove(0);
    let mut closed = schema;
    closed["additionalProperties"] = json!(false);
    assert_eq!(
        seen.body,
        json!({
            "model": "small",
            "input": [
                {"role": "system", "content": "short"},
                {"role": "user", "content": [
                    {"type": "input_text", "text": "count"},
                    {"type": "input_image", "image_url": "data:image/png;base64,iVBORw==", "detail": "auto"}
                ]},
                {"type": "function_call", "call_id": "call_1", "name": "rhai", "arguments": "{\"code\":\"1\"}"},
                {"type": "function_call_output", "call_id": "call_1", "output": "7"}
            ],
            "max_output_tokens": 50,
            "temperature": 0.5,
            "reasoning": {"effort": "low"},
            "text": {"format": {"type": "json_schema", "name": "answer", "schema": closed, "strict": true}},
            "include": ["message.output_text.logprobs"],
            "tools": [{"type": "function", "name": "rhai", "description": "Runs Rhai.", "parameters": parameters, "strict": false}],
            "tool_choice": "auto",
            "store": false,
            "stream": true
        })
    );
    assert_eq!((seen.line.as_str(), seen.header("authorization")), ("POST /v1/responses", Some("Bearer k-1")));
}

#[tokio::test]
async fn streams() {
    let made = [
        event("response.created", json!({"sequence_number": 0, "response": {"status": "in_progress", "output": []}})),
        event("response.output_item.added", json!({"output_index": 0, "item": {"type": "reasoning", "summary": []}})),
        event("response.reasoning_summary_text.delta", json!({"output_index": 0, "delta": "hm"})),
        event("response.output_item.added", json!({"output_index": 1, "item": {"type": "message", "content": []}})),
        event("response.content_part.added", json!({"output_index": 1, "part": {"type": "output_text", "text": ""}})),
        delta("Hé"),
        delta("llo"),
        event("response.output_text.done", json!({"output_index": 1, "text": "Héllo"})),
        event("response.output_item.done", json!({"output_index": 1, "item": message("Héllo")})),
        last("completed", json!({"output": [message("Héllo")]})),
    ];
    let pieces: Vec<&str> = made.iter().map(String::as_str).collect();
    check(stream(&pieces), reply("Héllo", Finish::Stop)).await;
    check(bytewise(stream(&pieces)), reply("Héllo", Finish::Stop)).await;
    check(stream(&[&pieces.concat(), "data: [DONE]\n\n"]), reply("Héllo", Finish::Stop)).await;
    // A server that streams only the end.
    check(stream(&[made[0].as_str(), &made[9]]), reply("Héllo", Finish::Stop)).await;
}

#[tokio::test]
async fn reasons_to_end() {
    let cut = |reason: &str| last("incomplete", json!({"incomplete_details": {"reason": reason}}));
    check(stream(&[&delta("a"), &cut("max_output_tokens")]), reply("a", Finish::Length)).await;
    check(stream(&[&delta("a"), &cut("content_filter")]), reply("a", Finish::ContentFilter)).await;
    let server = Server::play(vec![stream(&[&delta("a"), &cut("bored")])]).await;
    let (failed, _) = fails(&model(&server)).await;
    assert_eq!((kind(&failed), failed.usage), (FailureKind::Protocol, counted()));
    assert_eq!(failed.failure.details.get("raw"), Some(&json!("a")));
}

#[tokio::test]
async fn an_event_that_says_less_than_its_name_is_no_whole_answer() {
    let limit = json!({"incomplete_details": {"reason": "max_output_tokens"}, "usage": usage()});
    let cut = |kind: &str, response: Value| event(kind, json!({"response": response}));
    check(stream(&[&delta("a"), &cut("response.incomplete", limit.clone())]), reply("a", Finish::Length)).await;
    check(stream(&[&delta("a"), &cut("response.completed", limit)]), reply("a", Finish::Length)).await;
    for kind in ["response.incomplete", "response.failed", "response.cancelled"] {
        let server = Server::play(vec![stream(&[&delta("a"), &event(kind, json!({}))])]).await;
        fails(&model(&server)).await;
    }
}

#[tokio::test]
async fn calls_of_functions() {
    let item = |arguments: &str| json!({"type": "function_call", "id": "fc_1", "call_id": "c1", "name": "rhai", "arguments": arguments});
    let piece = |text: &str| event("response.function_call_arguments.delta", json!({"output_index": 1, "delta": text}));
    let begun = event("response.output_item.added", json!({"output_index": 1, "item": item("")}));
    let done = event("response.output_item.done", json!({"output_index": 1, "item": item("{\"code\":\"1\"}")}));
    let end = last("completed", json!({"output": [item("{\"code\":\"1\"}")]}));
    let call = ToolRequest { id: "c1".to_owned(), name: "rhai".to_owned(), arguments: r#"{"code":"1"}"#.to_owned() };
    let expect = || ChatReply { tool_requests: vec![call.clone()], ..reply("", Finish::ToolCalls) };
    check(stream(&[&begun, &piece("{\"code\":"), &piece("\"1\"}"), &done, &end]), expect()).await;
    check(stream(&[&begun, &done, &end]), expect()).await;
    check(stream(&[&done, &end]), expect()).await;
    check(stream(&[&end]), expect()).await;
}

#[tokio::test]
async fn documents() {
    let whole = json!({"object": "response", "status": "completed", "usage": usage(), "error": null,
        "output": [{"type": "reasoning", "summary": []}, message("hi")]});
    check(json(200, &whole), reply("hi", Finish::Stop)).await;
    let mut cut = whole.clone();
    cut["status"] = json!("incomplete");
    cut["incomplete_details"] = json!({"reason": "max_output_tokens"});
    check(json(200, &cut), reply("hi", Finish::Length)).await;
    for (body, expect) in [
        (json!({"status": "in_progress", "output": []}), FailureKind::Transport),
        (json!({"status": "cancelled", "output": []}), FailureKind::Server),
        (
            json!({"status": "failed", "output": [], "error": {"code": "server_error", "message": "m"}}),
            FailureKind::Server,
        ),
        (json!({"error": {"message": "m", "code": "rate_limit_exceeded"}}), FailureKind::RateLimit),
        (json!({"answer": 42}), FailureKind::Protocol),
    ] {
        let server = Server::play(vec![json(200, &body)]).await;
        assert_eq!(kind(&fails(&model(&server)).await.0), expect, "{body}");
    }
}

#[tokio::test]
async fn a_refusal_is_a_failure_that_is_paid_for() {
    let refuses = event("response.refusal.delta", json!({"output_index": 0, "delta": "I can't."}));
    let server = Server::play(vec![stream(&[&refuses, &last("completed", json!({}))])]).await;
    let (failed, _) = fails(&model(&server)).await;
    assert_eq!((kind(&failed), failed.usage), (FailureKind::Refusal, counted()));
    assert_eq!(failed.failure.message, "the model declined to answer: I can't.");
}

#[tokio::test]
async fn errors_and_cuts() {
    let failed = |code: &str| last("failed", json!({"error": {"code": code, "message": "m"}}));
    for (last, expect, used) in [
        (failed("server_error"), FailureKind::Server, true),
        (failed("rate_limit_exceeded"), FailureKind::RateLimit, true),
        (failed("invalid_prompt"), FailureKind::Rejected, true),
        (failed("invalid_image_url"), FailureKind::Rejected, true),
        (failed("image_content_policy_violation"), FailureKind::Refusal, true),
        (event("error", json!({"code": "invalid_prompt", "message": "m"})), FailureKind::Rejected, false),
        (
            event("error", json!({"code": "context_length_exceeded", "message": "m", "param": null})),
            FailureKind::ContextOverflow,
            false,
        ),
        (format!("data: {}\n\n", json!({"error": {"message": "m", "code": 503}})), FailureKind::Server, false),
        (String::new(), FailureKind::Transport, false),
        ("data: [DONE]\n\n".to_owned(), FailureKind::Transport, false),
        (last("completed", json!({}))[..60].to_owned(), FailureKind::Transport, false),
    ] {
        let server = Server::play(vec![stream(&[&delta("half an"), &last])]).await;
        let (failure, _) = fails(&model(&server)).await;
        let attempts: u64 = if expect.retryable() { 3 } else { 1 };
        assert_eq!(kind(&failure), expect, "{last}: {failure:?}");
        let (input, estimated) = if used { (12 * attempts, false) } else { (2 * attempts, true) };
        assert_eq!((failure.usage.input_tokens, failure.usage.estimated), (input, estimated), "{last}");
    }
}

#[tokio::test]
async fn stop_texts_are_kept_here_because_the_protocol_has_none() {
    let server = Server::play(vec![stream(&[&delta("a END b"), &last("completed", json!({}))])]).await;
    let mut request = hello();
    request.sampling.stop = vec!["END".to_owned()];
    assert_eq!(told(&model(&server), &request).await.0.unwrap().text, "a ");
    assert_eq!(server.seen()[0].body.get("stop"), None);
}

#[tokio::test]
async fn what_a_server_does_not_take_is_left_out() {
    let refuses = |message: &str| json(400, &json!({"error": {"message": message}}));
    let scripts = vec![
        refuses("Unsupported parameter: 'temperature' is not supported with this model."),
        refuses("Unsupported parameter: 'reasoning.effort' is not supported with this model."),
        refuses("text.format: Extra inputs are not permitted"),
        refuses("text.format: Extra inputs are not permitted"),
        stream(&[&delta("{}"), &last("completed", json!({}))]),
    ];
    let server = Server::play(scripts).await;
    let sampling = Sampling { temperature: Some(0.0), thinking: Some(Thinking::High), ..Sampling::default() };
    let schema = Some(json!({"type": "object", "properties": {"a": {"type": "string"}}, "required": ["a"]}));
    let (_, notes) = told(&model(&server), &ChatRequest { sampling, schema, ..hello() }).await;
    let body = server.seen().pop().unwrap().body;
    let prompt = "hello\n\nAnswer with JSON only, matching this JSON Schema:\n";
    assert_eq!(body.as_object().unwrap().keys().collect::<Vec<_>>(), ["model", "input", "store", "stream"]);
    assert!(body["input"][0]["content"].as_str().is_some_and(|text| text.starts_with(prompt)), "{body}");
    assert_eq!(notes.len(), 2, "{notes:?}");
}
