//! What a request may ask for beyond text, in chat completions: schemas, thinking, probabilities, pictures; and what is
//! done where a server does not take it.

use super::{DONE, ends, hello, model, picture, says, settings, told};
use crate::support::server::{Act, Server, json, stream};
use rhizo::core::message::{ChatRequest, FunctionSpec, Image, Message, Sampling, Speaker, Thinking};
use rhizo::core::usage::Usage;
use rhizo::model::client::HttpClient;
use rhizo::model::openai::OpenAi;
use rhizo::model::remote::RemoteSettings;
use serde_json::{Value, json};

fn fine() -> Vec<Act> {
    stream(&[&says("ok"), &ends("stop"), DONE])
}

fn refuses(message: &str) -> Vec<Act> {
    json(400, &json!({"error": {"message": message, "type": "invalid_request_error"}}))
}

fn person() -> Value {
    json!({"type": "object", "properties": {"name": {"type": "string"}}, "required": ["name"]})
}

/// The bodies that a server sees of a request that it refuses with these messages before it takes it.
async fn bodies(request: &ChatRequest, refusals: &[&str]) -> (Vec<Value>, Vec<String>) {
    let scripts = refusals.iter().map(|message| refuses(message)).chain([fine()]).collect();
    let server = Server::play(scripts).await;
    let (reply, notes) = told(&model(&server), request).await;
    assert_eq!(reply.unwrap().text, "ok", "{refusals:?}");
    let bodies: Vec<Value> = server.seen().into_iter().map(|seen| seen.body).collect();
    assert_eq!(bodies.len(), refusals.len() + 1, "{refusals:?}");
    (bodies, notes)
}

#[tokio::test]
async fn a_schema_is_sent_strictly_where_it_can_be() {
    let mut request = ChatRequest { schema: Some(person()), ..hello() };
    let mut closed = person();
    closed["additionalProperties"] = json!(false);
    let (sent, _) = bodies(&request, &[]).await;
    let format = json!({"type": "json_schema", "json_schema": {"name": "answer", "schema": closed, "strict": true}});
    assert_eq!(sent[0]["response_format"], format);
    assert_eq!(sent[0]["messages"][0]["content"], "hello");
    let open = json!({"type": "object", "properties": {"name": {"type": "string"}}});
    request.schema = Some(open.clone());
    let (sent, _) = bodies(&request, &[]).await;
    let format = json!({"type": "json_schema", "json_schema": {"name": "answer", "schema": open, "strict": false}});
    assert_eq!(sent[0]["response_format"], format);
}

#[tokio::test]
async fn a_schema_that_is_refused_is_asked_for_in_the_prompt() {
    let request = ChatRequest { schema: Some(person()), ..hello() };
    let asked = format!("hello\n\nAnswer with JSON only, matching this JSON Schema:\n{}", person());
    // DeepSeek's words.
    let (sent, notes) = bodies(&request, &["This response_format type is unavailable now"]).await;
    assert_eq!(sent[1]["response_format"], json!({"type": "json_object"}));
    assert_eq!((&sent[1]["messages"][0]["content"], notes), (&json!(asked), Vec::new()));
    let both = ["response_format is not supported", "response_format.type: unknown variant `json_object`"];
    let (sent, _) = bodies(&request, &both).await;
    assert_eq!(sent[2].get("response_format"), None);
    assert_eq!(sent[2]["messages"][0]["content"], json!(asked));
}

#[tokio::test]
async fn what_was_learned_is_kept_unless_it_was_about_one_schema() {
    let request = ChatRequest { schema: Some(person()), ..hello() };
    for (message, formats) in [
        (
            "'response_format' of type 'json_schema' is not supported with this model",
            ["json_schema", "json_object", "json_object"],
        ),
        ("Invalid schema for response_format 'answer': too deep", ["json_schema", "json_object", "json_schema"]),
        (
            "GenerateContentRequest.generation_config.response_schema.properties: should be non-empty for OBJECT type",
            ["json_schema", "json_object", "json_schema"],
        ),
    ] {
        let server = Server::play(vec![refuses(message), fine()]).await;
        let model = model(&server);
        for _ in 0..2 {
            told(&model, &request).await.0.unwrap();
        }
        let sent: Vec<_> = server.seen().into_iter().map(|seen| seen.body["response_format"]["type"].clone()).collect();
        assert_eq!(sent, formats, "{message}");
    }
}

fn thinking(thinking: Thinking) -> ChatRequest {
    let sampling = Sampling { thinking: Some(thinking), ..Sampling::default() };
    ChatRequest { sampling, ..hello() }
}

#[tokio::test]
async fn thinking_has_a_word() {
    for (wanted, word) in
        [(Thinking::Off, "none"), (Thinking::Low, "low"), (Thinking::Medium, "medium"), (Thinking::High, "high")]
    {
        assert_eq!(bodies(&thinking(wanted), &[]).await.0[0]["reasoning_effort"], word);
    }
    let none = "Unsupported value: 'reasoning_effort' does not support 'none' with this model";
    let minimal = "Unsupported value: 'reasoning_effort' does not support 'minimal' with this model";
    let (sent, notes) = bodies(&thinking(Thinking::Off), &[none, minimal]).await;
    let words: Vec<&Value> = sent.iter().map(|body| &body["reasoning_effort"]).collect();
    assert_eq!(
        (words, notes.len()),
        (vec!["none", "minimal", "low"].into_iter().map(Into::into).collect::<Vec<Value>>().iter().collect(), 0)
    );
}

#[tokio::test]
async fn what_is_left_out_is_told() {
    let unknown = "Unrecognized request argument supplied: reasoning_effort";
    let (sent, notes) = bodies(&thinking(Thinking::High), &[unknown]).await;
    assert_eq!(sent[1].get("reasoning_effort"), None);
    assert!(
        notes[0].starts_with("small at 127.0.0.1") && notes[0].ends_with("does not take `thinking`; it is left out"),
        "{notes:?}"
    );
    // A model that does not think loses nothing when it is not told not to.
    assert_eq!(bodies(&thinking(Thinking::Off), &[unknown]).await.1, Vec::<String>::new());

    let mut warm = hello();
    warm.sampling.temperature = Some(0.2);
    let only =
        "Unsupported value: 'temperature' does not support 0.2 with this model. Only the default (1) is supported";
    let (sent, notes) = bodies(&warm, &[only]).await;
    assert_eq!((sent[1].get("temperature"), notes.len()), (None, 1));
}

#[tokio::test]
async fn an_answer_ends_at_a_stop_text_that_the_server_does_not_take() {
    for refusal in [
        "Unsupported parameter: 'stop' is not supported with this model.",
        // xAI's words.
        "Argument not supported on this model: stop",
    ] {
        let answer = stream(&[&says("a, b END c"), &ends("stop"), DONE]);
        let server = Server::play(vec![refuses(refusal), answer]).await;
        let mut request = hello();
        request.sampling.stop = vec!["END".to_owned()];
        let (reply, notes) = told(&model(&server), &request).await;
        assert_eq!((reply.unwrap().text.as_str(), notes.len()), ("a, b ", 0));
        assert_eq!(server.seen()[1].body.get("stop"), None);
    }
}

#[tokio::test]
async fn thinking_is_refused_in_many_words() {
    for refusal in [
        // ollama's, of models that do not think or know no levels, and xAI's.
        "\"llama3.1:8b\" does not support thinking",
        "think value \"medium\" is not supported for this model",
        "Model grok-4-1-fast does not support parameter reasoningEffort.",
    ] {
        let (sent, notes) = bodies(&thinking(Thinking::Medium), &[refusal]).await;
        let words = [0, 1].map(|at: usize| sent[at].get("reasoning_effort").cloned());
        assert_eq!((words, notes.len()), ([Some(json!("medium")), None], 1), "{refusal}");
    }
    // Gemini's, of a model that always thinks.
    let (sent, notes) =
        bodies(&thinking(Thinking::Off), &["Budget 0 is invalid. This model only works in thinking mode."]).await;
    assert_eq!(
        (&sent[0]["reasoning_effort"], &sent[1]["reasoning_effort"], notes.len()),
        (&json!("none"), &json!("minimal"), 0)
    );
}

#[tokio::test]
async fn thinking_beside_functions_is_refused_once_and_still_asked_for_without_them() {
    let refusal = "Function tools with reasoning_effort are not supported for gpt-5.6 in /v1/chat/completions. \
                   To use function tools, use /v1/responses or set reasoning_effort to 'none'.";
    let mut request = thinking(Thinking::Low);
    let (name, description) = ("rhai".to_owned(), "Runs Rhai.".to_owned());
    request.functions = vec![FunctionSpec { name, description, parameters: json!({"type": "object"}) }];
    let server = Server::play(vec![refuses(refusal), fine(), fine(), refuses(refusal)]).await;
    let model = model(&server);
    let (reply, notes) = told(&model, &request).await;
    assert_eq!((reply.unwrap().text.as_str(), notes.len()), ("ok", 1));
    assert!(notes[0].ends_with("does not take `thinking` beside functions; it is left out"), "{notes:?}");
    assert_eq!(told(&model, &thinking(Thinking::Low)).await.0.unwrap().text, "ok");
    let failed = told(&model, &request).await.0.unwrap_err();
    let words: Vec<Value> = server.seen().iter().map(|seen| seen.body["reasoning_effort"].clone()).collect();
    assert_eq!(words, [json!("low"), Value::Null, json!("low"), Value::Null]);
    // Where thought is not to be had without it either, another protocol is needed; nothing was billed.
    assert_eq!((failed.failure.kind.name(), failed.usage), ("rejected", Usage::default()));
    let hint = failed.failure.hint.unwrap_or_default();
    assert!(hint.contains("set `provider = \"responses\"` for this model"), "{hint}");
}

#[tokio::test]
async fn probabilities_are_asked_for() {
    let request = ChatRequest { logprobs: true, ..hello() };
    let (sent, notes) = bodies(&request, &["logprobs are not supported by this model"]).await;
    assert_eq!((sent[0]["logprobs"].clone(), sent[1].get("logprobs"), notes.len()), (json!(true), None, 0));
}

#[tokio::test]
async fn pictures_stand_beside_the_text() {
    let images = vec![picture(), Image::Url { url: "https://a.example/b.png".to_owned() }];
    let request = ChatRequest {
        messages: vec![Message { images, ..Message::new(Speaker::User, "what is it?") }],
        ..ChatRequest::default()
    };
    let (sent, _) = bodies(&request, &[]).await;
    assert_eq!(
        sent[0]["messages"][0]["content"],
        json!([
            {"type": "text", "text": "what is it?"},
            {"type": "image_url", "image_url": {"url": "data:image/png;base64,iVBORw=="}},
            {"type": "image_url", "image_url": {"url": "https://a.example/b.png"}}
        ])
    );
}

#[tokio::test]
async fn headers_of_the_configuration_are_sent() {
    let server = Server::play(vec![fine()]).await;
    let headers = vec![("X-Title".to_owned(), "rhizo".to_owned()), ("accept".to_owned(), "a/b".to_owned())];
    let model = OpenAi::new(RemoteSettings { headers, ..settings(server.base_url()) }, HttpClient::new());
    told(&model, &hello()).await.0.unwrap();
    let seen = server.seen().remove(0);
    assert_eq!((seen.header("x-title"), seen.header("accept")), (Some("rhizo"), Some("a/b")));

    let headers = vec![("two words".to_owned(), String::new())];
    let model = OpenAi::new(RemoteSettings { headers, ..settings(server.base_url()) }, HttpClient::new());
    assert_eq!(told(&model, &hello()).await.0.unwrap_err().failure.kind.name(), "config");
}
