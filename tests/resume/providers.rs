//! Calls that were under way when their process died, settled by the word of the provider that knows them by an id.

use super::{newest, newest_id};
use crate::support::chat::{ChatServer, Reply};
use crate::support::dialects::{CHAT, Dialect, MESSAGES, RESPONSES, named, plain};
use crate::support::program::{Program, Running};
use crate::support::server::{self, Act, open_stream};
use serde_json::{Value, json};
use std::sync::{Arc, Mutex};

/// What is answered to the next question about a call, and which were put.
#[derive(Clone, Default)]
struct Desk {
    answer: Arc<Mutex<Option<(u16, Value)>>>,
    asked: Arc<Mutex<Vec<String>>>,
}

impl Desk {
    fn says(&self, status: u16, answer: Value) {
        *self.answer.lock().expect("unpoisoned") = Some((status, answer));
    }

    /// The questions about calls so far.
    fn asked(&self) -> Vec<String> {
        self.asked.lock().expect("unpoisoned").clone()
    }

    /// A server of this protocol that begins its first answer, names it, and never ends it; all others are whole.
    fn server(&self, dialect: Dialect, begin: String) -> ChatServer {
        let desk = self.clone();
        let usage = (dialect.counts)((20, 10));
        let script = move |ask: &crate::support::chat::Ask| match ask.number {
            0 => {
                let mut acts = open_stream(&[&begin, &(dialect.says)("half of")]);
                acts.push(Act::Hold);
                Reply::acts(acts)
            }
            _ => Reply::acts(dialect.streams("made again", Some(usage.clone()))),
        };
        ChatServer::with_pages(script, move |line| desk.answers(line))
    }

    /// A server of responses whose first stream breaks off and whose second one never ends; those with these numbers are named,
    /// and the one of this id is kept whole.
    fn breaking(&self, numbers: &'static [usize], whole: &'static str) -> ChatServer {
        let desk = self.clone();
        let script = move |ask: &crate::support::chat::Ask| {
            let number = ask.number + 1;
            let id = format!("resp_{number}");
            let response = json!({"response": {"id": id, "status": "in_progress", "output": []}});
            let is_named = numbers.contains(&number);
            let begin = if is_named { named("response.created", response) } else { (RESPONSES.begins)(None) };
            let mut acts = open_stream(&[&begin, &(RESPONSES.says)("half of")]);
            acts.push(if number == 1 { Act::Reset } else { Act::Hold });
            Reply::acts(acts)
        };
        ChatServer::with_pages(script, move |line| {
            let said = desk.answers(line);
            let kept = json!({"id": whole, "object": "response", "status": "completed",
                "output": response("completed")["output"], "usage": {"input_tokens": 20, "output_tokens": 10}});
            if line.ends_with(whole) { server::json(200, &kept) } else { said }
        })
    }

    /// Says what there is to say to a question.
    fn answers(&self, line: &str) -> Vec<Act> {
        self.asked.lock().expect("unpoisoned").push(line.to_owned());
        let answer = self.answer.lock().expect("unpoisoned").clone();
        let (status, body) = answer.unwrap_or((404, json!({"error": {"message": "no such call"}})));
        server::json(status, &body)
    }
}

/// A program of one call, killed when the provider's id is on disk; and the run.
fn killed(server: &ChatServer, dialect: Dialect, id: &str) -> (Program, String) {
    killed_in(1, server, dialect, id)
}

/// The same, killed when it has made so many requests.
fn killed_in(requests: usize, server: &ChatServer, dialect: Dialect, id: &str) -> (Program, String) {
    let (program, running) = started(requests, server, dialect, id);
    running.kill();
    running.end();
    let run = newest_id(&program);
    (program, run)
}

/// A program of one call that has made so many requests, once the provider's id of the last is on disk.
fn started(requests: usize, server: &ChatServer, dialect: Dialect, id: &str) -> (Program, Running) {
    let settings = format!(
        "model = \"paid\"\n[models.paid]\nprovider = \"{}\"\nbase_url = \"{}\"\nstore = true\ncontext_window = 100000\ninput_price = 0.001\noutput_price = 0.001\n",
        dialect.provider,
        server.base_url()
    );
    let code = "llm(\"a\", #{max_tokens: 500, stop: [\"END\"]})";
    let program = Program::new().file("rhizo.toml", settings).file("one.rhai", code);
    let running = program.args(["run", "one.rhai"]).start();
    server.wait_for(requests);
    let begun = std::time::Instant::now();
    loop {
        let run = newest_id(&program);
        let open = program.args(["runs", "show", &run, "--json"]).run().ok().json()["open"][0].clone();
        if open["provider_id"] == id {
            break;
        }
        assert!(begun.elapsed().as_secs() < 60, "the id is on disk: {open:#}");
    }
    (program, running)
}

fn cost(document: &Value) -> f64 {
    (document["cost_usd"].as_f64().expect("a number") * 1e9).round()
}

/// The beginning of a response.
fn begun() -> String {
    named("response.created", json!({"response": {"id": "resp_1", "status": "in_progress", "output": []}}))
}

fn response(status: &str) -> Value {
    let content = json!([{"type": "output_text", "text": "the whole"}]);
    let output = json!([{"type": "message", "status": "completed", "content": content}]);
    json!({"id": "resp_1", "object": "response", "status": status, "output": output,
        "usage": {"input_tokens": 20, "output_tokens": 10}})
}

/// A response in which the model declines to answer.
fn declined(id: &str) -> Value {
    let content = json!([{"type": "refusal", "refusal": "I will not say that"}]);
    json!({"id": id, "object": "response", "status": "completed", "output": [{"type": "message", "content": content}],
        "usage": {"input_tokens": 10, "output_tokens": 5}})
}

/// A response of which nothing is counted yet.
fn unfinished() -> Value {
    let mut answer = response("in_progress");
    answer["output"] = json!([]);
    answer["usage"] = Value::Null;
    answer
}

#[test]
fn a_response_that_the_provider_has_whole_is_the_answer() {
    let desk = Desk::default();
    let server = desk.server(RESPONSES, begun());
    let (program, run) = killed(&server, RESPONSES, "resp_1");
    let shown = program.args(["runs", "show", &run]).run().ok().stdout;
    assert!(shown.contains("resp_1 at its provider; asked again by resume, or: rhizo runs settle"), "{shown}");
    assert!(shown.contains(" provider|cost USD"), "{shown}");
    for (status, error) in
        [("in_progress", json!({})), ("queued", json!({})), ("failed", json!({"message": "out of luck"}))]
    {
        let mut answer = unfinished();
        answer["status"] = json!(status);
        answer["error"] = error.clone();
        desk.says(200, answer);
        let ran = program.args(["runs", "settle", &run, "e1", "provider"]).run().code(4);
        let ran = ran.says(&format!("paid has no whole answer to resp_1: {status}"));
        ran.says(error["message"].as_str().unwrap_or_default()).says(" cost USD");
    }
    let mut cut = response("incomplete");
    cut["incomplete_details"] = json!({"reason": "max_output_tokens"});
    desk.says(200, cut);
    let ran = program.args(["runs", "settle", &run, "e1", "provider"]).run().code(4);
    ran.says("incomplete: max_output_tokens; so far it cost $0.00000003");
    desk.says(200, response("completed"));
    let told = program.args(["runs", "settle", &run, "e1", "provider"]).run().ok().stdout;
    assert!(told.contains("is answered by its provider for $0.00000003"), "{told}");
    assert!(desk.asked().iter().all(|line| line == "GET /v1/responses/resp_1"), "{:?}", desk.asked());
    let document = program.args(["resume", &run, "--json"]).run().ok().json();
    assert_eq!((&document["answer"], cost(&document)), (&json!("the whole"), 30.0), "{document:#}");
    let counts = ["calls", "input_tokens", "output_tokens"].map(|name| document[name].as_u64());
    assert_eq!(counts, [Some(1), Some(20), Some(10)]);
    let stored: Vec<Value> = server.asks().iter().map(|ask| ask.body["store"].clone()).collect();
    assert_eq!(stored, [json!(true)], "nothing was asked again");
    program.args(["replay", &run]).run().ok().prints("the whole\n");
}

#[test]
fn a_kept_answer_ends_where_the_call_would_have_ended_it() {
    // The protocol has no texts that end an answer, so the server goes on, perhaps to its limit.
    for (status, details) in [("completed", Value::Null), ("incomplete", json!({"reason": "max_output_tokens"}))] {
        let desk = Desk::default();
        let server = desk.server(RESPONSES, begun());
        let (program, run) = killed(&server, RESPONSES, "resp_1");
        let mut answer = response(status);
        answer["incomplete_details"] = details;
        answer["output"][0]["content"][0]["text"] = json!("the whole END and more");
        desk.says(200, answer);
        program.args(["runs", "settle", &run, "e1", "provider"]).run().ok();
        let document = program.args(["resume", &run, "--json"]).run().ok().json();
        assert_eq!((&document["answer"], cost(&document)), (&json!("the whole "), 30.0), "{status}: {document:#}");
        assert_eq!(server.asks().len(), 1, "{status}");
    }
}

#[test]
fn a_call_that_the_model_declined_is_settled_at_its_cost_and_made_again() {
    let desk = Desk::default();
    let server = desk.server(RESPONSES, begun());
    let (program, run) = killed(&server, RESPONSES, "resp_1");
    let mut uncounted = declined("resp_1");
    uncounted["usage"] = Value::Null;
    desk.says(200, uncounted);
    let ran = program.args(["runs", "settle", &run, "e1", "provider"]).run().code(4);
    ran.says("the model declined to answer: I will not say that").says(" cost USD");
    desk.says(200, declined("resp_1"));
    let told = program.args(["runs", "settle", &run, "e1", "provider"]).run().ok().stdout;
    let paid = "is paid with $0.000000015 and 10 + 5 tokens, and to be asked again: the model declined to answer: I will \
        not say that; rhizo resume";
    assert!(told.contains(paid), "{told}");
    let row = newest(&program);
    assert_eq!((&row["input_tokens"], &row["output_tokens"], cost(&row)), (&json!(10), &json!(5), 15.0), "{row:#}");
    let document = program.args(["resume", &run, "--json"]).run().ok().json();
    assert_eq!((&document["answer"], cost(&document)), (&json!("made again"), 45.0), "{document:#}");
    assert_eq!((&document["input_tokens"], &document["output_tokens"]), (&json!(30), &json!(15)), "{document:#}");
}

#[test]
fn a_request_that_the_model_declined_keeps_no_answer_from_the_call() {
    let desk = Desk::default();
    let server = desk.breaking(&[1, 2], "resp_1");
    let (program, run) = killed_in(2, &server, RESPONSES, "resp_2");
    desk.says(200, declined("resp_2"));
    let told = program.args(["runs", "settle", &run, "e1", "provider"]).run().ok().stdout;
    assert!(told.contains("is answered by its provider for $0.000000045; rhizo resume"), "{told}");
    let document = program.args(["resume", &run, "--json"]).run().ok().json();
    assert_eq!((&document["answer"], cost(&document)), (&json!("the whole"), 45.0), "{document:#}");
    assert_eq!((&document["input_tokens"], &document["output_tokens"]), (&json!(30), &json!(15)), "{document:#}");
}

#[test]
fn a_run_that_has_ended_has_the_tokens_that_its_provider_tells() {
    let desk = Desk::default();
    let server = desk.server(RESPONSES, begun());
    let (program, running) = started(1, &server, RESPONSES, "resp_1");
    running.interrupt();
    running.end().code(130);
    desk.says(200, response("completed"));
    program.args(["runs", "settle", "last", "e1", "provider"]).run().ok();
    let row = newest(&program);
    let counts = ["input_tokens", "output_tokens"].map(|name| row[name].as_u64());
    assert_eq!((counts, cost(&row)), ([Some(20), Some(10)], 30.0), "{row:#}");
}

#[test]
fn an_answer_that_broke_off_before_the_last_request_is_not_lost() {
    let desk = Desk::default();
    let server = desk.breaking(&[1, 2], "resp_1");
    let (program, run) = killed(&server, RESPONSES, "resp_2");
    let shown = program.args(["runs", "show", &run]).run().ok().stdout;
    assert!(shown.contains("resp_1, resp_2 at its provider"), "{shown}");
    let settle = || program.args(["runs", "settle", &run, "e1", "provider"]).run();
    // What could be known a little later is not given up.
    let mut later = unfinished();
    later["id"] = json!("resp_2");
    for (status, answer) in [(503, json!({})), (401, json!({})), (200, later)] {
        desk.says(status, answer);
        settle().code(4);
    }
    desk.says(404, json!({}));
    settle().ok();
    assert_eq!(desk.asked()[3..], ["GET /v1/responses/resp_2", "GET /v1/responses/resp_1"]);
    program.args(["resume", &run]).run().ok().prints("the whole\n");
    assert_eq!(server.asks().len(), 2);
}

#[test]
fn a_request_of_which_the_provider_says_nothing_stays_at_its_worst() {
    // One that it does not know, one before that it never named, and one behind.
    let cases: [(&[usize], &str, &str); 3] =
        [(&[1, 2], "resp_1", "resp_2"), (&[2], "resp_2", "resp_2"), (&[1], "resp_1", "resp_1")];
    for (numbers, whole, last) in cases {
        let server = Desk::default().breaking(numbers, whole);
        let (program, run) = killed_in(2, &server, RESPONSES, last);
        let worst = (newest(&program)["worst_cost_usd"].as_f64().expect("a number") * 1e9).round();
        let told = program.args(["runs", "settle", &run, "e1", "provider"]).run().ok().stdout;
        assert!(told.contains(" at worst for 1 request unknown to its provider; rhizo resume"), "{told}");
        let document = program.args(["resume", &run, "--json"]).run().ok().json();
        assert_eq!((&document["answer"], cost(&document)), (&json!("the whole"), 30.0 + worst / 2.0), "{numbers:?}");
        assert_eq!(document["output_tokens"], json!(595 + 10), "{document:#}");
    }
}

#[test]
fn a_stored_completion_is_the_answer() {
    let desk = Desk::default();
    let begin = plain(&json!({"id": "chatcmpl-1", "choices": [{"index": 0, "delta": {"role": "assistant"}}]}));
    let server = desk.server(CHAT, begin);
    let (program, run) = killed(&server, CHAT, "chatcmpl-1");
    let ran = program.args(["runs", "settle", &run, "e1", "provider"]).run().code(1);
    let seq = program.args(["runs", "show", &run, "--json"]).run().ok().json()["open"][0]["seq"].clone();
    let hint = format!(
        "with `store = true` under the model's name; if you know what it cost: rhizo runs settle {run} {seq} cost USD"
    );
    ran.says("does not know the call chatcmpl-1, or does not keep it").says(&hint);
    desk.says(200, (CHAT.document)("the whole", json!({"prompt_tokens": 20, "completion_tokens": 10})));
    program.args(["runs", "settle", &run, "e1", "provider"]).run().ok();
    assert_eq!(desk.asked().last().map(String::as_str), Some("GET /v1/chat/completions/chatcmpl-1"));
    let document = program.args(["resume", &run, "--json"]).run().ok().json();
    assert_eq!((&document["answer"], cost(&document)), (&json!("the whole"), 30.0), "{document:#}");
    assert_eq!((server.asks().len(), &server.asks()[0].body["store"]), (1, &json!(true)));
}

#[test]
fn the_answer_to_another_call_is_none_to_this_one() {
    let desk = Desk::default();
    let begin = plain(&json!({"id": "chatcmpl-1", "choices": [{"index": 0, "delta": {"role": "assistant"}}]}));
    let server = desk.server(CHAT, begin);
    let (program, run) = killed(&server, CHAT, "chatcmpl-1");
    let mut answer = (CHAT.document)("the whole", json!({"prompt_tokens": 20, "completion_tokens": 10}));
    answer["id"] = json!("zzz");
    desk.says(200, answer.clone());
    let ran = program.args(["runs", "settle", &run, "e1", "provider"]).run().code(4);
    ran.says("was asked for the call chatcmpl-1, and told of zzz").says(" cost USD");
    assert_eq!(server.asks().len(), 1);
    answer["id"] = json!("chatcmpl-1");
    desk.says(200, answer);
    program.args(["runs", "settle", &run, "e1", "provider"]).run().ok();
    program.args(["resume", &run]).run().ok().prints("the whole\n");
}

#[test]
fn a_generation_whose_cost_alone_is_known_is_made_again() {
    let desk = Desk::default();
    let begin = plain(&json!({"id": "gen-1", "choices": [{"index": 0, "delta": {"role": "assistant"}}]}));
    let server = desk.server(CHAT, begin);
    let (program, run) = killed(&server, CHAT, "gen-1");
    desk.says(200, json!({"data": {"id": "gen-1", "tokens_prompt": 20, "tokens_completion": 30}}));
    program.args(["runs", "settle", &run, "e1", "provider"]).run().code(4).says("did not say what the call cost");
    desk.says(200, json!({"data": {"id": "gen-1", "total_cost": 0.000_000_05, "tokens_prompt": 20}}));
    let told = program.args(["runs", "settle", &run, "e1", "provider"]).run().ok().stdout;
    assert!(told.contains("is paid with $0.00000005, and to be asked again"), "{told}");
    assert_eq!(desk.asked().last().map(String::as_str), Some("GET /v1/generation?id=gen-1"));
    let document = program.args(["resume", &run, "--json"]).run().ok().json();
    assert_eq!((&document["answer"], cost(&document)), (&json!("made again"), 80.0), "{document:#}");
    assert_eq!(server.asks().len(), 2);
}

#[test]
fn a_message_cannot_be_asked_for_again() {
    let desk = Desk::default();
    let begin = named("message_start", json!({"message": {"id": "msg_1", "type": "message", "content": []}}));
    let server = desk.server(MESSAGES, begin);
    let (program, run) = killed(&server, MESSAGES, "msg_1");
    let ran = program.args(["runs", "settle", &run, "e1", "provider"]).run().code(1);
    ran.says("speaks a protocol in which an answer cannot be asked for again").says(" cost USD");
    assert!(desk.asked().is_empty(), "{:?}", desk.asked());
    program.args(["runs", "settle", &run, "e1", "cost", "0.00000005"]).run().ok();
    assert_eq!(cost(&program.args(["resume", &run, "--json"]).run().ok().json()), 80.0);
}

#[test]
fn an_id_in_the_head_is_kept_until_there_is_a_better_one() {
    let head = "HTTP/1.1 200 OK\r\ncontent-type: text/event-stream\r\nx-request-id: req_1\r\ntransfer-encoding: chunked\r\n\r\n";
    let server = ChatServer::new(move |_| {
        let said = server::chunk((CHAT.says)("half of").as_bytes());
        Reply::acts(vec![Act::Send(head.as_bytes().to_vec()), Act::Send(said), Act::Hold])
    });
    let (program, run) = killed(&server, CHAT, "req_1");
    assert_eq!(newest(&program)["status"], "interrupted");
    program.args(["runs", "settle", &run, "e1", "provider"]).run().code(4);
}

#[test]
fn a_call_that_nobody_named_says_so() {
    let server = ChatServer::new(|_| Reply::acts(vec![Act::Hold]));
    let program = Program::paying(&server).file("one.rhai", "llm(\"a\")");
    let running = program.args(["run", "one.rhai"]).start();
    server.wait_for(1);
    running.kill();
    running.end();
    let run = newest_id(&program);
    let ran = program.args(["runs", "settle", &run, "e1", "provider"]).run().code(1);
    ran.says("no id to ask by").says(" cost USD");
    let shown = program.args(["runs", "show", &run]).run().ok().stdout;
    assert!(shown.contains(" cost USD") && !shown.contains("provider"), "{shown}");
}
