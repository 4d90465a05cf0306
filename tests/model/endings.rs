//! Endings that contradict each other or what came before them: no cut answer is taken for a whole one.

use super::{DONE, ask, ends, event, kind, model, says, settings, used};
use crate::support::dialects::{DIALECTS, named};
use crate::support::server::{Act, Server, answer, json, open_stream, stream};
use rhizo::core::failure::FailureKind;
use rhizo::core::message::{ChatReply, FailedCall, Finish};
use rhizo::model::chat::ChatModel;
use rhizo::model::client::HttpClient;
use rhizo::model::remote::RemoteSettings;
use rhizo::model::responses::OpenAiResponses;
use serde_json::{Value, json};

/// One attempt over chat completions.
async fn chat(acts: Vec<Act>) -> Result<ChatReply, FailedCall> {
    let server = Server::play(vec![acts]).await;
    ask(&model(&server)).await.0
}

/// One attempt over responses.
async fn responses(acts: Vec<Act>) -> Result<ChatReply, FailedCall> {
    let server = Server::play(vec![acts]).await;
    let model = OpenAiResponses::new(settings(server.base_url()), HttpClient::new());
    ask(&model).await.0
}

#[track_caller]
fn is(what: &str, result: Result<ChatReply, FailedCall>, text: &str, finish: Finish) {
    let reply = result.unwrap_or_else(|failed| panic!("{what}: {failed:?}"));
    assert_eq!((reply.text.as_str(), reply.finish), (text, finish), "{what}");
}

#[track_caller]
fn fails(what: &str, result: Result<ChatReply, FailedCall>, expect: FailureKind) -> FailedCall {
    let failed = result.map(|reply| panic!("{what}: {reply:?}")).unwrap_err();
    assert_eq!(kind(&failed), expect, "{what}: {failed:?}");
    failed
}

#[tokio::test]
async fn the_first_of_two_reasons_holds_unless_the_second_says_less() {
    for (first, second, finish) in [
        ("stop", "tool_calls", Finish::Stop),
        ("stop", "stop", Finish::Stop),
        ("stop", "length", Finish::Length),
        ("length", "stop", Finish::Length),
        ("content_filter", "stop", Finish::ContentFilter),
        ("stop", "content_filter", Finish::ContentFilter),
    ] {
        let acts = stream(&[&says("a"), &ends(first), &ends(second), DONE]);
        is(&format!("{first} {second}"), chat(acts).await, "a", finish);
    }
    for (first, second) in [("stop", "error"), ("error", "stop"), ("length", "error")] {
        let acts = stream(&[&says("a"), &ends(first), &ends(second), DONE]);
        fails(&format!("{first} {second}"), chat(acts).await, FailureKind::Server);
    }
}

#[tokio::test]
async fn an_end_that_is_followed_by_text_was_none() {
    let early = [says("half "), ends("stop"), says("an answer")];
    let early: Vec<&str> = early.iter().map(String::as_str).collect();
    for last in [Act::Close, Act::Reset] {
        let mut acts = open_stream(&early);
        acts.push(last);
        fails("broken", chat(acts).await, FailureKind::Transport);
    }
    fails("ended without a word", chat(stream(&early)).await, FailureKind::Transport);
    // Servers that write a reason into every event say at the end that it is the end.
    is("done", chat(stream(&[&early.concat(), DONE])).await, "half an answer", Finish::Stop);
    is("ended", chat(stream(&[&early.concat(), &ends("stop")])).await, "half an answer", Finish::Stop);
    is("cut", chat(stream(&[&says("a"), &ends("length"), &says("b"), DONE])).await, "ab", Finish::Length);
}

#[tokio::test]
async fn gateways_say_what_their_provider_said() {
    let ended = |native: &str, reason: Value| {
        event(&json!({"choices": [{"delta": {}, "finish_reason": reason, "native_finish_reason": native}]}))
    };
    for (native, finish) in [
        ("STOP", Finish::Stop),
        ("end_turn", Finish::Stop),
        ("MAX_TOKENS", Finish::Length),
        ("SAFETY", Finish::ContentFilter),
    ] {
        let acts = stream(&[&says("a"), &ended(native, json!("stop")), &used(9, 4), DONE]);
        is(native, chat(acts).await, "a", finish);
    }
    let acts = stream(&[&says("a"), &ended("MALFORMED_FUNCTION_CALL", json!("stop")), DONE]);
    fails("malformed", chat(acts).await, FailureKind::Server);
    fails("no end", chat(stream(&[&says("a"), &ended("STOP", Value::Null)])).await, FailureKind::Transport);
}

#[tokio::test]
async fn an_answer_without_a_message_is_cut_or_none() {
    let usage = json!({"prompt_tokens": 9, "completion_tokens": 4});
    let document = |reason: &str| json!({"choices": [{"index": 0, "finish_reason": reason}], "usage": usage});
    for (reason, finish) in [("length", Finish::Length), ("content_filter", Finish::ContentFilter)] {
        is(reason, chat(json(200, &document(reason))).await, "", finish);
    }
    fails("stop", chat(json(200, &document("stop"))).await, FailureKind::Protocol);
}

#[tokio::test]
async fn an_error_inside_a_choice_is_one() {
    let error = json!({"code": 429, "message": "slow down"});
    let choice = json!({"delta": {"content": ""}, "finish_reason": "error", "error": error});
    let acts = stream(&[&says("a"), &event(&json!({"choices": [choice]})), DONE]);
    let failed = fails("streamed", chat(acts).await, FailureKind::RateLimit);
    assert!(failed.failure.message.contains("slow down"), "{failed:?}");
    let choice =
        json!({"message": {"content": "half"}, "finish_reason": "stop", "error": {"code": 502, "message": "m"}});
    fails("whole", chat(json(200, &json!({"choices": [choice]}))).await, FailureKind::Server);
    // Beside choices and usage, as OpenRouter writes it in the middle of a stream; what was counted is billed.
    let usage = json!({"prompt_tokens": 9, "completion_tokens": 4});
    let last = json!({"error": {"code": 400, "message": "m"}, "choices": [{"delta": {}, "finish_reason": "error"}], "usage": usage});
    let failed = fails("beside", chat(stream(&[&says("a"), &event(&last)])).await, FailureKind::Rejected);
    assert_eq!((failed.usage.input_tokens, failed.usage.output_tokens, failed.usage.estimated), (9, 4, false));
}

fn message(text: &str, status: &str) -> Value {
    json!({"type": "message", "status": status, "content": [{"type": "output_text", "text": text}]})
}

fn completed(output: Value) -> String {
    named("response.completed", json!({"response": {"status": "completed", "output": output}}))
}

fn delta(text: &str) -> String {
    named("response.output_text.delta", json!({"output_index": 0, "delta": text}))
}

#[tokio::test]
async fn a_response_with_an_incomplete_item_is_not_complete() {
    let cut = || message("half", "incomplete");
    let failed =
        fails("final", responses(stream(&[&delta("half"), &completed(json!([cut()]))])).await, FailureKind::Truncated);
    assert_eq!(failed.failure.details.get("raw"), Some(&json!("half")));
    let done = named("response.output_item.done", json!({"output_index": 0, "item": cut()}));
    fails("done", responses(stream(&[&delta("half"), &done, &completed(json!([]))])).await, FailureKind::Truncated);
    let whole = json!({"status": "completed", "output": [cut()]});
    fails("in one piece", responses(json(200, &whole)).await, FailureKind::Truncated);
}

#[tokio::test]
async fn pieces_that_were_lost_are_taken_from_the_end() {
    let last = |text: &str| completed(json!([message(text, "completed")]));
    is("lost", responses(stream(&[&delta("half"), &last("half an answer")])).await, "half an answer", Finish::Stop);
    is("spaces", responses(stream(&[&delta(" a \n"), &last("a")])).await, " a \n", Finish::Stop);
    let done = named("response.output_text.done", json!({"output_index": 0, "text": "half an answer"}));
    is(
        "done",
        responses(stream(&[&delta("half"), &done, &completed(json!([]))])).await,
        "half an answer",
        Finish::Stop,
    );
    for text in ["other", "hal", "an answer"] {
        let failed = fails(text, responses(stream(&[&delta("half"), &last(text)])).await, FailureKind::Protocol);
        assert!(failed.failure.message.contains("contradict"), "{failed:?}");
    }
    let declined = json!([{"type": "message", "content": [{"type": "refusal", "refusal": "I can't."}]}]);
    fails("declined", responses(stream(&[&delta("I"), &completed(declined)])).await, FailureKind::Refusal);
}

#[tokio::test]
async fn calls_that_lost_pieces_are_taken_from_the_end() {
    let item = |arguments: &str| json!({"type": "function_call", "call_id": "c1", "name": "f", "arguments": arguments});
    let begun = named("response.output_item.added", json!({"output_index": 0, "item": item("")}));
    let piece = named("response.function_call_arguments.delta", json!({"output_index": 0, "delta": "{\"x\":"}));
    let end = |arguments: &str| completed(json!([item(arguments)]));
    let reply = responses(stream(&[&begun, &piece, &end("{\"x\":1}")])).await.unwrap();
    assert_eq!((reply.tool_requests.len(), reply.tool_requests[0].arguments.as_str()), (1, "{\"x\":1}"));
    fails("other", responses(stream(&[&begun, &piece, &end("{\"y\":1}")])).await, FailureKind::Protocol);
}

#[tokio::test]
async fn a_document_that_does_not_say_that_it_is_whole_is_no_answer() {
    for body in [
        json!({"output": [message("a", "completed")]}),
        json!({"status": "completed"}),
        json!({"status": null, "output": []}),
        json!({"object": "response"}),
    ] {
        fails(&body.to_string(), responses(json(200, &body)).await, FailureKind::Protocol);
    }
}

#[tokio::test]
async fn an_error_may_come_as_an_event() {
    let data = format!("data: {}\n\n", json!({"error": {"message": "out of coffee", "code": "rate_limit_exceeded"}}));
    let named = format!("event: error\n{data}");
    for dialect in DIALECTS {
        for (status, body, expect) in [
            (500, &data, FailureKind::Server),
            (429, &named, FailureKind::RateLimit),
            (200, &data, FailureKind::RateLimit),
            (200, &named, FailureKind::RateLimit),
            (200, &"event: error\ndata: out of coffee\n\n".to_owned(), FailureKind::Server),
        ] {
            for streamed in [true, false] {
                let server = Server::play(vec![answer(status, &[("content-type", "text/event-stream")], body)]).await;
                let settings = RemoteSettings { stream: streamed, ..settings(server.base_url()) };
                let model: Box<dyn ChatModel> = dialect.model(settings);
                let failed = fails(body, ask(model.as_ref()).await.0, expect);
                assert!(failed.failure.message.ends_with(": out of coffee"), "{}: {failed:?}", dialect.provider);
            }
        }
    }
}

#[tokio::test]
async fn a_wrong_key_at_litellm_is_a_wrong_key() {
    let error = json!({"message": "No connected db.", "type": "no_db_connection", "param": null, "code": "400"});
    fails("litellm", chat(json(400, &json!({"error": error}))).await, FailureKind::Auth);
}
