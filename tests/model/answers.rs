//! What is understood: every form of a good answer.

use super::{DONE, ask, ends, event, model, says, settings, used};
use crate::support::dialects::DIALECTS;
use crate::support::server::{Act, Server, answer, bytewise, json, stream};
use rhizo::core::message::{ChatReply, Finish, ToolRequest};
use rhizo::core::usage::Usage;
use rhizo::model::chat::Piece;
use rhizo::model::client::HttpClient;
use rhizo::model::openai::OpenAi;
use serde_json::{Value, json};

/// What a hello costs when nobody says what it cost.
fn estimated(output_tokens: u64, reasoning_tokens: u64) -> Usage {
    Usage { input_tokens: 2, output_tokens, reasoning_tokens, estimated: true, ..Usage::default() }
}

fn counted(input_tokens: u64, output_tokens: u64) -> Usage {
    Usage { input_tokens, output_tokens, ..Usage::default() }
}

fn reply(text: &str, finish: Finish, usage: Usage) -> ChatReply {
    ChatReply { text: text.to_owned(), thoughts: Vec::new(), tool_requests: Vec::new(), finish, usage }
}

async fn check(acts: Vec<Act>, expect: ChatReply) {
    let server = Server::play(vec![acts.clone()]).await;
    let (result, pieces) = ask(&model(&server)).await;
    assert_eq!(result.as_ref(), Ok(&expect), "{acts:?}");
    let shown: String = pieces
        .iter()
        .map(|piece| match piece {
            Piece::Text(text) => text.as_str(),
            Piece::Id(_) => "",
            other => panic!("{other:?} in {acts:?}"),
        })
        .collect();
    assert_eq!(shown, expect.text, "{acts:?}");
}

#[tokio::test]
async fn streams_of_known_servers() {
    let plain = [says("Hé"), says("llo"), ends("stop"), used(12, 3), DONE.to_owned()];
    let plain: Vec<&str> = plain.iter().map(String::as_str).collect();
    let hello = || reply("Héllo", Finish::Stop, counted(12, 3));
    check(stream(&plain), hello()).await;
    check(stream(&[&plain.concat()]), hello()).await;
    check(bytewise(stream(&plain)), hello()).await;
    check(stream(&[&plain.concat().replace('\n', "\r\n")]), hello()).await;
    check(stream(&[&plain.concat().replace('\n', "\r")]), hello()).await;
    check(stream(&[": OPENROUTER PROCESSING\n\n", &plain.concat()]), hello()).await;
    check(stream(&["\u{FEFF}", &plain.concat()]), hello()).await;
    check(stream(&plain[..4]), hello()).await;
    check(stream(&[&plain.concat().trim_end().replace("data: [DONE]", "data: [DO")]), hello()).await;

    let litellm =
        event(&json!({"choices": [{"index": 0, "delta": {}}], "usage": {"prompt_tokens": 12, "completion_tokens": 3}}));
    check(stream(&[&says("Héllo"), &ends("stop"), &litellm, DONE]), hello()).await;
    let with_end = event(&json!({"choices": [{"delta": {}, "finish_reason": "stop"}],
        "usage": {"prompt_tokens": 12, "completion_tokens": 3}}));
    check(stream(&[&says("Héllo"), &with_end, DONE]), hello()).await;
}

#[tokio::test]
async fn streams_without_usage_or_with_an_absurd_one() {
    check(stream(&[&says("12345"), &ends("stop"), DONE]), reply("12345", Finish::Stop, estimated(2, 0))).await;
    let negative = event(&json!({"choices": [], "usage": {"prompt_tokens": -1, "completion_tokens": 3}}));
    let acts = stream(&[&says("12345"), &ends("stop"), &negative, DONE]);
    check(acts, reply("12345", Finish::Stop, estimated(2, 0))).await;
}

#[tokio::test]
async fn thoughts_are_counted_and_not_shown() {
    let thinks = |field: &str| event(&json!({"choices": [{"delta": {field: "123456789", "content": ""}}]}));
    for field in ["reasoning_content", "reasoning"] {
        let acts = stream(&[&thinks(field), &says("1234"), &ends("stop"), DONE]);
        check(acts, reply("1234", Finish::Stop, estimated(4, 3))).await;
    }
    let usage = event(&json!({"choices": [], "usage": {"prompt_tokens": 9, "completion_tokens": 8,
        "prompt_tokens_details": {"cached_tokens": 4}, "completion_tokens_details": {"reasoning_tokens": 6}}}));
    let expect = Usage { cached_input_tokens: 4, reasoning_tokens: 6, ..counted(9, 8) };
    check(stream(&[&says("a"), &ends("stop"), &usage, DONE]), reply("a", Finish::Stop, expect)).await;
}

#[tokio::test]
async fn reasons_to_finish() {
    for (reason, finish) in [
        ("stop", Finish::Stop),
        ("STOP", Finish::Stop),
        ("eos", Finish::Stop),
        ("length", Finish::Length),
        ("content_filter", Finish::ContentFilter),
        ("tool_calls", Finish::Stop),
    ] {
        let acts = stream(&[&says("a"), &ends(reason), &used(1, 1), DONE]);
        check(acts, reply("a", finish, counted(1, 1))).await;
    }
}

#[tokio::test]
async fn tool_calls_in_pieces() {
    let delta = |calls: Value| event(&json!({"choices": [{"index": 0, "delta": {"tool_calls": calls}}]}));
    let begin =
        delta(json!([{"index": 0, "id": "c1", "type": "function", "function": {"name": "rhai", "arguments": ""}}]));
    let more = delta(json!([{"index": 0, "function": {"arguments": "{\"code\":"}}]));
    let rest = delta(json!([{"index": 0, "function": {"arguments": "\"1\"}"}}]));
    let call = ToolRequest { id: "c1".to_owned(), name: "rhai".to_owned(), arguments: r#"{"code":"1"}"#.to_owned() };
    for reason in ["tool_calls", "stop"] {
        let acts = stream(&[&begin, &more, &rest, &ends(reason), &used(1, 9), DONE]);
        let expect = ChatReply { tool_requests: vec![call.clone()], ..reply("", Finish::ToolCalls, counted(1, 9)) };
        check(acts, expect).await;
    }
    let cut = stream(&[&begin, &more, &ends("length"), &used(1, 9), DONE]);
    let half = ToolRequest { arguments: r#"{"code":"#.to_owned(), ..call };
    check(cut, ChatReply { tool_requests: vec![half], ..reply("", Finish::Length, counted(1, 9)) }).await;
}

#[tokio::test]
async fn answers_in_one_piece() {
    let whole = json!({
        "id": "x", "object": "chat.completion",
        "choices": [{"index": 0, "message": {"role": "assistant", "content": "hi", "refusal": null}, "finish_reason": "stop"}],
        "usage": {"prompt_tokens": 5, "completion_tokens": 1}
    });
    let expect = || reply("hi", Finish::Stop, counted(5, 1));
    check(json(200, &whole), expect()).await;
    check(bytewise(json(200, &whole)), expect()).await;
    check(answer(200, &[("content-type", "text/plain")], &format!("\n\n {whole}")), expect()).await;
    let parts = json!({"choices": [{"message": {"content": [{"type": "text", "text": "h"}, {"type": "text", "text": "i"}]},
        "finish_reason": "stop"}], "usage": {"prompt_tokens": 5, "completion_tokens": 1}});
    check(json(200, &parts), expect()).await;
    let acts = stream(&[&says("hi"), &ends("stop"), &used(5, 1), DONE]);
    let mislabelled = acts.into_iter().map(|act| match act {
        Act::Send(bytes) => Act::Send(String::from_utf8_lossy(&bytes).replace("text/event-stream", "text/html").into()),
        other => other,
    });
    check(mislabelled.collect(), expect()).await;
}

#[tokio::test]
async fn an_answer_survives_what_happens_after_its_end() {
    for last in [Act::Close, Act::Reset] {
        let mut acts = stream(&[&says("hi"), &ends("stop"), &used(5, 1)]);
        acts.truncate(4);
        acts.push(last);
        let server = Server::play(vec![acts]).await;
        let (result, _) = ask(&model(&server)).await;
        let whole = result.unwrap();
        assert_eq!((whole.text.as_str(), whole.finish, server.seen().len()), ("hi", Finish::Stop, 1));
    }
}

#[tokio::test]
async fn calls_share_a_connection() {
    let server = Server::play(vec![stream(&[&says("hi"), &ends("stop"), DONE])]).await;
    let client = HttpClient::new();
    for _ in 0..3 {
        let model = OpenAi::new(settings(server.base_url()), client.clone());
        ask(&model).await.0.unwrap();
    }
    let connections: Vec<usize> = server.seen().iter().map(|seen| seen.connection).collect();
    assert_eq!(connections, [0, 0, 0]);
}

#[tokio::test]
async fn a_character_in_two_halves_is_one() {
    for dialect in DIALECTS {
        let halves = |text: &str, half: &str| (dialect.says)(text).replace("HALF", half);
        let ends = (dialect.ends)(Some((dialect.counts)((9, 4))));
        let whole = (dialect.document)("HALF done", (dialect.counts)((9, 4))).to_string();
        for (acts, text) in [
            (stream(&[&halves("HALF", "\\ud83d"), &halves("HALF done", "\\ude00"), &ends]), "😀 done"),
            (stream(&[&halves("HALF done", "\\ud83d"), &ends]), "\u{FFFD} done"),
            (answer(200, &[], &whole.replace("HALF", "\\ud83d\\ude00")), "😀 done"),
            (answer(200, &[], &whole.replace("HALF", "\\ude00")), "\u{FFFD} done"),
        ] {
            let server = Server::play(vec![acts]).await;
            let model = dialect.model(settings(server.base_url()));
            let reply = ask(model.as_ref()).await.0.unwrap_or_else(|failed| panic!("{}: {failed:?}", dialect.provider));
            assert_eq!((reply.text.as_str(), reply.usage.output_tokens), (text, 4), "{}", dialect.provider);
        }
    }
}
