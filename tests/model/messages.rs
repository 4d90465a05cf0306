//! Anthropic's messages over real HTTP: whole requests, every form of answer, every way to break off.

use super::{ask, fails, hello, kind, picture, settings, told};
use crate::support::server::{Act, Server, answer, bytewise, json, open_stream, stream};
use rhizo::core::failure::FailureKind;
use rhizo::core::message::{
    ChatReply, ChatRequest, Finish, FunctionSpec, Image, Message, Sampling, Speaker, Thinking, Thought, ToolRequest,
};
use rhizo::core::usage::Usage;
use rhizo::model::anthropic::{Anthropic, Messages};
use rhizo::model::client::HttpClient;
use rhizo::model::locate::{Offer, offers};
use rhizo::model::remote::RemoteSettings;
use secrecy::SecretString;
use serde_json::{Value, json};

fn model(server: &Server) -> Anthropic {
    Anthropic::new(settings(server.base_url()), HttpClient::new())
}

fn named(server: &Server, name: &str) -> Anthropic {
    let settings = RemoteSettings { model_name: name.to_owned(), ..settings(server.base_url()) };
    Anthropic::new(settings, HttpClient::new())
}

fn event(kind: &str, mut fields: Value) -> String {
    fields["type"] = kind.into();
    format!("event: {kind}\ndata: {fields}\n\n")
}

/// The beginning of an answer: 3 tokens read anew, 5 from the cache, 4 written into it.
fn start() -> String {
    let usage =
        json!({"input_tokens": 3, "cache_read_input_tokens": 5, "cache_creation_input_tokens": 4, "output_tokens": 1});
    event("message_start", json!({"message": {"type": "message", "content": [], "stop_reason": null, "usage": usage}}))
}

fn block(index: u64, block: Value) -> String {
    event("content_block_start", json!({"index": index, "content_block": block}))
}

fn delta(index: u64, delta: Value) -> String {
    event("content_block_delta", json!({"index": index, "delta": delta}))
}

fn says(text: &str) -> String {
    delta(0, json!({"type": "text_delta", "text": text}))
}

fn ends(reason: &str) -> String {
    let usage = json!({"output_tokens": 9, "output_tokens_details": {"thinking_tokens": 2}});
    event("message_delta", json!({"delta": {"stop_reason": reason, "stop_sequence": null}, "usage": usage}))
}

fn stop() -> String {
    event("message_stop", json!({}))
}

fn counted() -> Usage {
    Usage {
        input_tokens: 12,
        cached_input_tokens: 5,
        cache_write_tokens: 4,
        output_tokens: 9,
        reasoning_tokens: 2,
        unheard_tokens: 0,
        estimated: false,
    }
}

fn reply(text: &str, finish: Finish) -> ChatReply {
    ChatReply { text: text.to_owned(), thoughts: Vec::new(), tool_requests: Vec::new(), finish, usage: counted() }
}

fn fine() -> Vec<Act> {
    stream(&[&start(), &says("ok"), &ends("end_turn"), &stop()])
}

async fn check(acts: Vec<Act>, expect: ChatReply) {
    let server = Server::play(vec![acts.clone()]).await;
    assert_eq!(ask(&model(&server)).await.0.as_ref(), Ok(&expect), "{acts:?}");
}

/// The body of the last request that a server sees after it has refused some.
async fn sent(name: &str, request: &ChatRequest, refusals: &[&str]) -> (Value, Vec<String>) {
    let refuse = |message: &&str| {
        json(400, &json!({"type": "error", "error": {"type": "invalid_request_error", "message": message}}))
    };
    let server = Server::play(refusals.iter().map(refuse).chain([fine()]).collect()).await;
    let (reply, notes) = told(&named(&server, name), request).await;
    assert_eq!(reply.unwrap().text, "ok", "{refusals:?}");
    assert_eq!(server.seen().len(), refusals.len() + 1);
    (server.seen().pop().unwrap().body, notes)
}

fn parameters() -> Value {
    json!({"type": "object", "properties": {"code": {"type": "string"}}})
}

/// A conversation with pictures and a round of tool calls.
fn round() -> ChatRequest {
    let call =
        |id: &str| ToolRequest { id: id.to_owned(), name: "rhai".to_owned(), arguments: r#"{"code":"1"}"#.to_owned() };
    let answers = |id: &str| Message { answers: Some(id.to_owned()), ..Message::new(Speaker::Tool, "7") };
    let images = vec![picture(), Image::Url { url: "https://a.example/b.png".to_owned() }];
    ChatRequest {
        messages: vec![
            Message::new(Speaker::System, "short"),
            Message::new(Speaker::System, "and kind"),
            Message::new(Speaker::User, "look"),
            Message { images, ..Message::new(Speaker::User, "count") },
            Message { tool_requests: vec![call("a"), call("b")], ..Message::new(Speaker::Assistant, "") },
            answers("a"),
            answers("b"),
            Message::new(Speaker::User, "well?"),
        ],
        sampling: Sampling {
            max_tokens: Some(4_000),
            temperature: Some(0.5),
            stop: vec!["END".to_owned()],
            ..Sampling::default()
        },
        functions: vec![FunctionSpec {
            name: "rhai".to_owned(),
            description: "Runs Rhai.".to_owned(),
            parameters: parameters(),
        }],
        ..ChatRequest::default()
    }
}

#[tokio::test]
async fn a_whole_request() {
    let server = Server::play(vec![fine()]).await;
    let request = round();
    let key = Some(SecretString::from(" k-1\n"));
    let model = Anthropic::new(RemoteSettings { key, ..settings(server.base_url()) }, HttpClient::new());
    assert_eq!(told(&model, &request).await.0.unwrap(), reply("ok", Finish::Stop));
    let seen = server.seen().remove(0);
    let used = |id: &str| json!({"type": "tool_use", "id": id, "name": "rhai", "input": {"code": "1"}});
    let result = |id: &str| json!({"type": "tool_result", "tool_use_id": id, "content": "7"});
    let mut expect = json!({
        "model": "small",
        "max_tokens": 4000,
        "system": [{"type": "text", "text": "short"}, {"type": "text", "text": "and kind"}],
        "messages": [
            {"role": "user", "content": [
                {"type": "text", "text": "look"},
                {"type": "image", "source": {"type": "base64", "media_type": "image/png", "data": "iVBORw=="}},
                {"type": "image", "source": {"type": "url", "url": "https://a.example/b.png"}},
                {"type": "text", "text": "count"}
            ]},
            {"role": "assistant", "content": [used("a"), used("b")]},
            {"role": "user", "content": [result("a"), result("b"), {"type": "text", "text": "well?"}]}
        ],
        "temperature": 0.5,
        "stop_sequences": ["END"],
        "tools": [{"name": "rhai", "description": "Runs Rhai.", "input_schema": parameters()}],
        "tool_choice": {"type": "auto"},
        "stream": true
    });
    // A history with pictures that has begun to grow is kept in the cache.
    expect["messages"][2]["content"][2]["cache_control"] = json!({"type": "ephemeral"});
    assert_eq!(seen.body, expect);
    assert_eq!(seen.line, "POST /v1/messages");
    for (name, value) in
        [("x-api-key", Some("k-1")), ("anthropic-version", Some("2023-06-01")), ("authorization", None)]
    {
        assert_eq!(seen.header(name), value);
    }
}

#[tokio::test]
async fn what_is_repeated_is_kept_in_the_cache() {
    let long = "x".repeat(5_000);
    let marks = async |messages: Vec<Message>| {
        let (body, _) = sent("claude", &ChatRequest { messages, ..ChatRequest::default() }, &[]).await;
        let in_system = body["system"]
            .as_array()
            .map_or(0, |blocks| blocks.iter().filter(|b| b.get("cache_control").is_some()).count());
        let turns = body["messages"].as_array().unwrap().iter().flat_map(|turn| turn["content"].as_array().unwrap());
        (in_system, turns.map(|block| block.get("cache_control").is_some()).collect::<Vec<bool>>())
    };
    let says = |speaker: Speaker, text: &str| Message::new(speaker, text);
    let single = vec![says(Speaker::User, &long)];
    assert_eq!(marks(single).await, (0, vec![false]));
    let with_system = vec![says(Speaker::System, &long), says(Speaker::User, "a")];
    assert_eq!(marks(with_system).await, (1, vec![false]));
    let history = [(Speaker::User, long.as_str()), (Speaker::Assistant, "b"), (Speaker::User, "c")];
    let history: Vec<Message> = history.iter().map(|(speaker, text)| says(*speaker, text)).collect();
    assert_eq!(marks(history).await, (0, vec![false, false, true]));
}

#[tokio::test]
async fn streams() {
    let made = [
        start(),
        block(0, json!({"type": "thinking", "thinking": "", "signature": ""})),
        event("ping", json!({})),
        delta(0, json!({"type": "thinking_delta", "thinking": "hm"})),
        delta(0, json!({"type": "signature_delta", "signature": "abc"})),
        event("content_block_stop", json!({"index": 0})),
        block(1, json!({"type": "text", "text": ""})),
        says("Hé"),
        says("llo"),
        event("content_block_stop", json!({"index": 1})),
        event("something_new", json!({"text": "no"})),
        ends("end_turn"),
        stop(),
    ];
    let pieces: Vec<&str> = made.iter().map(String::as_str).collect();
    check(stream(&pieces), reply("Héllo", Finish::Stop)).await;
    check(bytewise(stream(&pieces)), reply("Héllo", Finish::Stop)).await;
    // The end of the answer has been told; only the end of the stream is missing.
    check(stream(&pieces[..12]), reply("Héllo", Finish::Stop)).await;
}

#[tokio::test]
async fn a_zero_at_the_end_takes_no_count_of_the_beginning_away() {
    let usage = json!({"input_tokens": 0, "cache_read_input_tokens": 0, "cache_creation_input_tokens": 0,
        "output_tokens": 9, "output_tokens_details": {"thinking_tokens": 2}});
    let end = event("message_delta", json!({"delta": {"stop_reason": "end_turn"}, "usage": usage}));
    check(stream(&[&start(), &says("ok"), &end, &stop()]), reply("ok", Finish::Stop)).await;
}

#[tokio::test]
async fn reasons_to_stop() {
    for (reason, finish) in [
        ("end_turn", Finish::Stop),
        ("stop_sequence", Finish::Stop),
        ("max_tokens", Finish::Length),
        ("model_context_window_exceeded", Finish::Length),
        ("tool_use", Finish::Stop),
    ] {
        check(stream(&[&start(), &says("a"), &ends(reason), &stop()]), reply("a", finish)).await;
    }
    for (reason, expect) in
        [("refusal", FailureKind::Refusal), ("pause_turn", FailureKind::Protocol), ("bored", FailureKind::Protocol)]
    {
        let server = Server::play(vec![stream(&[&start(), &says("a"), &ends(reason), &stop()])]).await;
        let (failed, _) = fails(&model(&server)).await;
        assert_eq!((kind(&failed), failed.usage), (expect, counted()), "{reason}");
        assert_eq!(failed.failure.details.get("raw"), Some(&json!("a")));
    }
}

#[tokio::test]
async fn tools() {
    let begun = block(1, json!({"type": "tool_use", "id": "toolu_1", "name": "rhai", "input": {}}));
    let piece = |text: &str| delta(1, json!({"type": "input_json_delta", "partial_json": text}));
    let acts = stream(&[
        &start(),
        &says("I run."),
        &begun,
        &piece(""),
        &piece("{\"code\":"),
        &piece("\"1\"}"),
        &ends("tool_use"),
        &stop(),
    ]);
    let call = |arguments: &str| ToolRequest {
        id: "toolu_1".to_owned(),
        name: "rhai".to_owned(),
        arguments: arguments.to_owned(),
    };
    let expect =
        |arguments: &str| ChatReply { tool_requests: vec![call(arguments)], ..reply("I run.", Finish::ToolCalls) };
    check(acts, expect(r#"{"code":"1"}"#)).await;
    check(stream(&[&start(), &says("I run."), &begun, &ends("tool_use"), &stop()]), expect("{}")).await;
}

#[tokio::test]
async fn documents() {
    let usage = json!({"input_tokens": 3, "cache_read_input_tokens": 5, "cache_creation_input_tokens": 4,
        "output_tokens": 9, "output_tokens_details": {"thinking_tokens": 2}});
    let whole = json!({"type": "message", "role": "assistant", "stop_reason": "tool_use", "usage": usage, "content": [
        {"type": "thinking", "thinking": "hm", "signature": "s"},
        {"type": "text", "text": "I run."},
        {"type": "tool_use", "id": "toolu_1", "name": "rhai", "input": {"code": "1"}}
    ]});
    let call =
        ToolRequest { id: "toolu_1".to_owned(), name: "rhai".to_owned(), arguments: r#"{"code":"1"}"#.to_owned() };
    let thoughts = vec![Thought::Signed { text: "hm".to_owned(), signature: "s".to_owned() }];
    let expect = ChatReply { thoughts, tool_requests: vec![call], ..reply("I run.", Finish::ToolCalls) };
    check(json(200, &whole), expect).await;
    let mut unended = whole.clone();
    unended["stop_reason"] = Value::Null;
    for (acts, expect) in [
        (json(200, &unended), FailureKind::Transport),
        (answer(200, &[], &whole.to_string()[..80]), FailureKind::Transport),
        (
            json(200, &json!({"type": "error", "error": {"type": "overloaded_error", "message": "m"}})),
            FailureKind::Server,
        ),
        (json(200, &json!({"choices": []})), FailureKind::Protocol),
    ] {
        let server = Server::play(vec![acts]).await;
        assert_eq!(kind(&fails(&model(&server)).await.0), expect);
    }
}

#[tokio::test]
async fn errors_and_cuts_bill_what_was_used() {
    let error = |kind: &str, message: &str| event("error", json!({"error": {"type": kind, "message": message}}));
    for (last, expect) in [
        (error("overloaded_error", "Overloaded"), FailureKind::Server),
        (error("api_error", "m"), FailureKind::Server),
        (error("rate_limit_error", "m"), FailureKind::RateLimit),
        (error("request_too_large", "m"), FailureKind::ContextOverflow),
        (error("invalid_request_error", "prompt is too long: 9 tokens > 8 maximum"), FailureKind::ContextOverflow),
        (String::new(), FailureKind::Transport),
        (stop(), FailureKind::Transport),
        (ends("end_turn")[..60].to_owned(), FailureKind::Transport),
    ] {
        let server = Server::play(vec![stream(&[&start(), &says("half an answer"), &last])]).await;
        let (failed, _) = fails(&model(&server)).await;
        let attempts: u64 = if expect.retryable() { 3 } else { 1 };
        // The prompt as the server counted it, and the text as it is counted here.
        let usage = Usage {
            input_tokens: 12 * attempts,
            cached_input_tokens: 5 * attempts,
            cache_write_tokens: 4 * attempts,
            output_tokens: 4 * attempts,
            reasoning_tokens: 0,
            unheard_tokens: 0,
            estimated: true,
        };
        assert_eq!((kind(&failed), failed.usage), (expect, usage), "{last}");
    }
    let mut acts = open_stream(&[&start(), &says("whole"), &ends("end_turn")]);
    acts.push(Act::Reset);
    check(acts, reply("whole", Finish::Stop)).await;
}

#[tokio::test]
async fn refused_requests() {
    let error = |status: u16, kind: &str, message: &str| {
        json(status, &json!({"type": "error", "error": {"type": kind, "message": message}, "request_id": "r"}))
    };
    for (acts, expect) in [
        (error(529, "overloaded_error", "Overloaded"), FailureKind::Server),
        (error(500, "api_error", "m"), FailureKind::Server),
        (error(429, "rate_limit_error", "m"), FailureKind::RateLimit),
        (error(401, "authentication_error", "invalid x-api-key"), FailureKind::Auth),
        (error(404, "not_found_error", "model: small"), FailureKind::UnknownModel),
        (error(413, "request_too_large", "m"), FailureKind::ContextOverflow),
        (error(400, "invalid_request_error", "prompt is too long: 9 tokens > 8 maximum"), FailureKind::ContextOverflow),
        (
            error(400, "invalid_request_error", "input length and `max_tokens` exceed context limit: 9 + 4 > 8"),
            FailureKind::ContextOverflow,
        ),
        (error(400, "invalid_request_error", "Your credit balance is too low"), FailureKind::Rejected),
    ] {
        let server = Server::play(vec![acts]).await;
        let (failed, _) = fails(&model(&server)).await;
        let attempts = if expect.retryable() { 3 } else { 1 };
        assert_eq!(
            (kind(&failed), server.seen().len(), failed.usage),
            (expect, attempts, Usage::default()),
            "{failed:?}"
        );
    }
}

#[tokio::test]
async fn thinking_is_a_number_of_tokens_or_a_word() {
    let request = |thinking: Thinking, max_tokens: u64| {
        let sampling = Sampling {
            thinking: Some(thinking),
            max_tokens: Some(max_tokens),
            temperature: Some(0.5),
            ..Sampling::default()
        };
        ChatRequest { sampling, ..hello() }
    };
    let old = "claude-haiku-4-5-20251001";
    for (wanted, limit, budget) in [
        (Thinking::Low, 16_000, Some(4_000)),
        (Thinking::Medium, 16_000, Some(8_000)),
        (Thinking::High, 16_000, Some(12_000)),
        (Thinking::Low, 2_000, Some(1_024)),
        (Thinking::High, 1_000, None),
        (Thinking::Off, 16_000, None),
    ] {
        let (body, notes) = sent(old, &request(wanted, limit), &[]).await;
        let config = budget.map(|budget| json!({"type": "enabled", "budget_tokens": budget}));
        assert_eq!(body.get("thinking"), config.as_ref());
        // A model that thinks takes no temperature, and whoever set one is told.
        assert_eq!(body.get("temperature").is_none(), budget.is_some());
        let told = "does not take `temperature` while it thinks; it is left out";
        assert_eq!(
            notes.iter().filter(|note| note.ends_with(told)).count(),
            usize::from(budget.is_some()),
            "{notes:?}"
        );
    }
    // Signed thoughts, which a budget wants back in a round of tool calls, are not kept; newer models want none.
    let in_round = || ChatRequest { messages: round().messages, ..request(Thinking::High, 16_000) };
    let (body, notes) = sent(old, &in_round(), &[]).await;
    let told = "does not take `thinking` after a call of a tool that came without its thoughts; it is left out";
    assert!(body.get("thinking").is_none() && notes.len() == 1 && notes[0].ends_with(told), "{notes:?}");
    assert_eq!(sent("claude-opus-5", &in_round(), &[]).await.0["thinking"], json!({"type": "adaptive"}));

    let (body, _) = sent("claude-opus-5", &request(Thinking::High, 9), &[]).await;
    assert_eq!((&body["thinking"], &body["output_config"]), (&json!({"type": "adaptive"}), &json!({"effort": "high"})));
    let (body, _) = sent("claude-opus-5", &request(Thinking::Off, 9), &[]).await;
    assert_eq!((body.get("thinking"), &body["output_config"]), (None, &json!({"effort": "low"})));

    let adaptive = "\"thinking.type.enabled\" is not supported for this model. Use \"thinking.type.adaptive\"";
    let (body, notes) = sent("claude", &request(Thinking::Low, 9_000), &[adaptive]).await;
    assert_eq!((&body["thinking"], notes.len()), (&json!({"type": "adaptive"}), 1));
}

#[tokio::test]
async fn a_limit_without_room_for_thoughts_is_told() {
    let server = Server::play(vec![fine()]).await;
    let model = named(&server, "claude-haiku-4-5");
    let sampling = |max_tokens: u64, temperature: Option<f64>| Sampling {
        thinking: Some(Thinking::High),
        max_tokens: Some(max_tokens),
        temperature,
        ..Sampling::default()
    };
    let (room, warm) = ("`thinking` where `max_tokens` is below 1280", "`temperature` while it thinks");
    for (sampling, budget, expect) in [
        (sampling(1_279, Some(0.5)), None, Some(room)),
        (sampling(1_000, None), None, None),
        (sampling(1_280, None), Some(1_024_u64), None),
        (sampling(1_280, Some(0.5)), Some(1_024), Some(warm)),
    ] {
        let (reply, notes) = told(&model, &ChatRequest { sampling, ..hello() }).await;
        assert_eq!(reply.unwrap().text, "ok");
        // The protocol wants more tokens for the answer than for thoughts.
        let body = server.seen().pop().unwrap().body;
        assert_eq!(body["thinking"].get("budget_tokens"), budget.map(Value::from).as_ref());
        let expect = expect.map(|what| format!("does not take {what}; it is left out"));
        assert_eq!(notes.len(), usize::from(expect.is_some()), "{notes:?}");
        assert!(expect.is_none_or(|told| notes[0].ends_with(&told)), "{notes:?}");
    }
}

#[tokio::test]
async fn a_stop_text_of_white_space_is_kept_here_because_the_protocol_refuses_it() {
    let server = Server::play(vec![stream(&[&start(), &says("a\nb"), &ends("end_turn"), &stop()])]).await;
    let sampling = Sampling { stop: vec!["\n".to_owned(), "END".to_owned()], ..Sampling::default() };
    let (reply, _) = told(&model(&server), &ChatRequest { sampling, ..hello() }).await;
    assert_eq!(reply.unwrap().text, "a");
    assert_eq!(server.seen()[0].body["stop_sequences"], json!(["END"]));
}

#[tokio::test]
async fn a_temperature_that_thinking_takes_away_is_told_once() {
    let server = Server::play(vec![stream(&[&start(), &says("a"), &ends("end_turn"), &stop()])]).await;
    let model = named(&server, "claude-opus-5");
    for (temperature, notes) in [(1.0, 0), (0.5, 1), (0.2, 0)] {
        let sampling =
            Sampling { thinking: Some(Thinking::High), temperature: Some(temperature), ..Sampling::default() };
        let (reply, told) = told(&model, &ChatRequest { sampling, ..hello() }).await;
        assert_eq!((reply.is_ok(), told.len()), (true, notes), "{temperature}: {told:?}");
    }
}

#[tokio::test]
async fn a_schema_is_sent_natively_or_asked_for() {
    let schema = json!({"type": "object", "properties": {"n": {"type": "integer", "minimum": 0}}});
    let request = ChatRequest { schema: Some(schema.clone()), ..hello() };
    let (body, _) = sent("claude", &request, &[]).await;
    let plain = json!({"type": "object", "properties": {"n": {"type": "integer"}}, "additionalProperties": false});
    assert_eq!(body["output_config"], json!({"format": {"type": "json_schema", "schema": plain}}));
    assert_eq!(body["messages"][0]["content"][0]["text"], "hello");
    let asked = format!("hello\n\nAnswer with JSON only, matching this JSON Schema:\n{schema}");
    for refusal in [
        "output_config: Extra inputs are not permitted",
        "The compiled grammar is too large, which would cause performance issues. Simplify your tool schemas",
        "Schema is too complex for compilation.",
    ] {
        let (body, notes) = sent("claude", &request, &[refusal]).await;
        assert_eq!((body.get("output_config"), notes.len()), (None, 0), "{refusal}");
        assert_eq!(body["messages"][0]["content"][0]["text"], asked);
    }
}

#[tokio::test]
async fn temperatures() {
    let warm = |temperature: f64| ChatRequest {
        sampling: Sampling { temperature: Some(temperature), ..Sampling::default() },
        ..hello()
    };
    let (body, notes) = sent("claude", &warm(0.2), &["`temperature` is deprecated for this model."]).await;
    assert_eq!((body.get("temperature"), body["max_tokens"].clone(), notes.len()), (None, json!(4_096), 1));
    let server = Server::play(vec![fine()]).await;
    let failed = told(&model(&server), &warm(1.5)).await.0.unwrap_err();
    assert_eq!((kind(&failed), server.seen().len(), failed.usage), (FailureKind::Invalid, 0, Usage::default()));
}

#[tokio::test]
async fn models_are_listed_in_the_protocols_own_way() {
    let listing = json!({"data": [{"type": "model", "id": "claude-a", "max_input_tokens": 200_000}, {"id": "claude-b"}], "has_more": false});
    let server = Server::play(vec![json(200, &listing)]).await;
    let listed =
        offers::<Messages>(&server.base_url(), Some(&SecretString::from("k-1")), &HttpClient::new()).await.unwrap();
    let offer = |name: &str, window| Offer { name: name.to_owned(), window };
    assert_eq!(listed, [offer("claude-a", Some(200_000)), offer("claude-b", None)]);
    let seen = server.seen().remove(0);
    assert_eq!((seen.line.as_str(), seen.header("x-api-key")), ("GET /v1/models?limit=1000", Some("k-1")));
}

#[tokio::test]
async fn signed_thoughts_come_back_before_the_calls_that_they_led_to() {
    let begun = block(2, json!({"type": "tool_use", "id": "a", "name": "rhai", "input": {}}));
    let made = [
        start(),
        block(0, json!({"type": "thinking", "thinking": "", "signature": ""})),
        delta(0, json!({"type": "thinking_delta", "thinking": "h"})),
        delta(0, json!({"type": "thinking_delta", "thinking": "m"})),
        delta(0, json!({"type": "signature_delta", "signature": "abc"})),
        block(1, json!({"type": "redacted_thinking", "data": "xyz"})),
        begun,
        delta(2, json!({"type": "input_json_delta", "partial_json": "{\"code\":\"1\"}"})),
        ends("tool_use"),
        stop(),
    ];
    let pieces: Vec<&str> = made.iter().map(String::as_str).collect();
    let usage = json!({"input_tokens": 3, "output_tokens": 9});
    let document = json!({"type": "message", "stop_reason": "tool_use", "usage": usage, "content": [
        {"type": "thinking", "thinking": "hm", "signature": "abc"},
        {"type": "redacted_thinking", "data": "xyz"},
        {"type": "tool_use", "id": "a", "name": "rhai", "input": {"code": "1"}}
    ]});
    let thoughts = vec![
        Thought::Signed { text: "hm".to_owned(), signature: "abc".to_owned() },
        Thought::Redacted { data: "xyz".to_owned() },
    ];
    for acts in [stream(&pieces), json(200, &document)] {
        let server = Server::play(vec![acts]).await;
        let reply = ask(&model(&server)).await.0.unwrap();
        assert_eq!(reply.thoughts, thoughts);
        // An answer in text needs no thoughts to be understood.
        let server =
            Server::play(vec![stream(&[pieces[0], pieces[1], pieces[4], &says("a"), &ends("end_turn"), &stop()])])
                .await;
        assert_eq!(ask(&model(&server)).await.0.unwrap().thoughts, []);
    }
    let mut request = round();
    request.sampling = Sampling { max_tokens: Some(4_000), thinking: Some(Thinking::Medium), ..Sampling::default() };
    request.messages.truncate(7);
    let thinking = async |name: &str, request: &ChatRequest, refusals: &[&str]| {
        let (body, _) = sent(name, request, refusals).await;
        let first = body["messages"][1]["content"].as_array().unwrap().iter().map(|block| block["type"].clone());
        (body["thinking"].clone(), first.collect::<Vec<Value>>())
    };
    let enabled = json!({"type": "enabled", "budget_tokens": 2000});
    let used = [json!("tool_use"), json!("tool_use")];
    // Without the thoughts a model that wants them is told not to think; one that decides itself may.
    assert_eq!(thinking("claude-haiku-4-5", &request, &[]).await, (Value::Null, used.to_vec()));
    assert_eq!(thinking("claude-opus-4-6", &request, &[]).await, (json!({"type": "adaptive"}), used.to_vec()));
    request.messages[4].thoughts = thoughts;
    let all = [json!("thinking"), json!("redacted_thinking"), json!("tool_use"), json!("tool_use")];
    assert_eq!(thinking("claude-haiku-4-5", &request, &[]).await, (enabled, all.to_vec()));
    assert_eq!(thinking("claude-opus-4-6", &request, &[]).await, (json!({"type": "adaptive"}), all.to_vec()));
    let (body, _) = sent("claude-haiku-4-5", &request, &[]).await;
    let first = &body["messages"][1]["content"];
    assert_eq!(first[0], json!({"type": "thinking", "thinking": "hm", "signature": "abc"}));
    assert_eq!(first[1], json!({"type": "redacted_thinking", "data": "xyz"}));
    // Thoughts of another model are left out, and thinking with them.
    let refusal = "messages.1.content.0: Invalid `signature` in `thinking` block";
    assert_eq!(thinking("claude-haiku-4-5", &request, &[refusal]).await, (Value::Null, used.to_vec()));
}
