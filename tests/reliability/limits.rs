//! Rate limits, as the server sees them and as a person is told.

use super::far;
use crate::support::chat::{ChatServer, Reply};
use crate::support::program::Program;
use crate::support::server;
use serde_json::{Value, json};
use std::sync::{Arc, Mutex};
use tokio::sync::{Barrier, oneshot};

/// Why a call waits for its minute to pass.
const MINUTE: &str = "requests_per_minute is reached";

#[test]
fn requests_per_minute_hold_a_batch_back_and_say_so() {
    let server = ChatServer::new(|_| Reply::text("yes"));
    let program = far(&server, "requests_per_minute = 5\n");
    let code = "let all = []; for i in 0..40 { all.push(\"q\" + i) } llm_batch(all, #{concurrency: 16}).len";
    // The deadline of the run ends the wait, which would else take minutes.
    let ran = program.args(["eval", code, "--timeout", "3"]).run().code(124);
    ran.says("far waits up to 6").says("requests_per_minute is reached");
    assert_eq!(server.asks().len(), 5);
    let logs = program.args(["logs", "--json"]).run().ok().stdout;
    assert!(logs.contains("\"waiting\""), "{logs}");
}

#[test]
fn a_request_whose_form_was_refused_counts_no_tokens_of_its_minute() {
    let server = ChatServer::new(|ask| match ask.body["temperature"].is_null() {
        true => Reply::text("yes").usage(20, 10),
        false => Reply::refusal(400, "temperature is not supported with this model"),
    });
    let program = far(&server, "tokens_per_minute = 1000\n");
    let code = "llm(\"q\", #{max_tokens: 600, temperature: 0.5})";
    program.args(["eval", code]).run().ok().prints("yes\n").does_not_say("tokens_per_minute");
    assert_eq!(server.asks().len(), 2);
}

#[test]
fn a_call_whose_time_passes_before_its_turn_was_not_sent() {
    let server = ChatServer::new(|_| Reply::text("yes").usage(20, 10));
    let program = far(&server, "requests_per_minute = 1\n");
    let code = "llm(\"a\"); let e = (); try { llm(\"b\", #{timeout: 0.3}) } catch (f) { e = f } e";
    let document = program.args(["eval", code, "--json"]).run().ok().json();
    let told = document["answer"]["message"].as_str().expect("a message");
    assert_eq!(told, "the call waited for its turn for 0.3 s, and was not sent");
    assert_eq!((&document["answer"]["kind"], server.asks().len()), (&json!("stalled"), 1));
    assert_eq!((&document["calls"], &document["failed_calls"]), (&json!(1), &json!(0)), "{document:#}");
}

#[test]
fn tokens_per_minute_count_what_was_used() {
    let server = ChatServer::new(|_| Reply::text("yes").usage(280, 120));
    let program = far(&server, "tokens_per_minute = 1000\n");
    let code = "for i in 0..9 { llm(\"q\" + i, #{max_tokens: 150}) }";
    program.args(["eval", code, "--timeout", "2"]).run().code(124).says("tokens_per_minute is reached");
    assert_eq!(server.asks().len(), 3, "after two, 800 are used and 151 still fit");
}

#[test]
fn concurrency_is_the_servers_not_the_batchs() {
    let server = ChatServer::new(|_| Reply::text("yes"));
    let program = far(&server, "concurrency = 2\n");
    let code = "let all = []; for i in 0..60 { all.push(\"q\" + i) }
        llm_batch(all, #{concurrency: 16}).filter(|a| a == \"yes\").len";
    program.args(["eval", code]).run().ok().prints("60\n");
    assert!(server.most_under_way() <= 2, "{} at once", server.most_under_way());
}

/// Returns once the newest run has noted that it waits for this reason.
fn until_it_waits(program: &Program, reason: &str) {
    let waits = |_| program.args(["logs", "--json"]).run().stdout.contains(reason);
    assert!((0..1_000).any(waits), "it never waits");
}

/// A server whose first answer waits until it is told to come.
fn held() -> (ChatServer, oneshot::Sender<()>) {
    let (open, turn) = oneshot::channel();
    let turn = Mutex::new(Some(turn));
    let server = ChatServer::new(move |_| {
        let turn = turn.lock().expect("unpoisoned").take();
        turn.into_iter().fold(Reply::text("yes"), Reply::in_turn)
    });
    (server, open)
}

#[test]
fn a_thousand_calls_keep_to_both_limits() {
    let server = ChatServer::new(|_| Reply::text("yes"));
    let program = far(&server, "requests_per_minute = 250\nconcurrency = 4\n");
    let code = "let all = []; for i in 0..1000 { all.push(\"q\" + i) } llm_batch(all, #{concurrency: 64}).len";
    let running = program.args(["eval", code]).start();
    // The 250th may go out, and the next not before the first has left the minute.
    until_it_waits(&program, MINUTE);
    running.interrupt();
    running.end().code(130).says("requests_per_minute is reached");
    assert_eq!(server.asks().len(), 250);
    assert!(server.most_under_way() <= 4, "{} at once", server.most_under_way());
}

#[test]
fn a_thousand_calls_within_their_limits_all_arrive() {
    let server = ChatServer::new(|_| Reply::text("yes"));
    let program = far(&server, "requests_per_minute = 1000\nconcurrency = 4\n");
    let code = "let all = []; for i in 0..1000 { all.push(\"q\" + i) }
        llm_batch(all, #{concurrency: 64}).filter(|a| a == \"yes\").len";
    program.args(["eval", code]).run().ok().prints("1000\n").does_not_say("requests_per_minute");
    assert_eq!(server.asks().len(), 1000);
    assert!(server.most_under_way() <= 4, "{} at once", server.most_under_way());
    let code = "let all = []; for i in 0..1001 { all.push(\"r\" + i) } llm_batch(all, #{concurrency: 64}).len";
    let running = program.args(["eval", code]).start();
    until_it_waits(&program, MINUTE);
    running.interrupt();
    running.end().code(130).says("requests_per_minute is reached");
    assert_eq!(server.asks().len(), 2000, "one too many waits");
}

#[test]
fn a_wait_for_a_place_is_told_and_is_no_time_of_the_model() {
    let (server, open) = held();
    let program = far(&server, "concurrency = 1\n");
    let running = program.args(["eval", "llm_batch([\"a\", \"b\"]).len"]).start();
    let reason = "as many requests as `concurrency` allows are under way";
    until_it_waits(&program, reason);
    open.send(()).expect("the first call is under way");
    running.end().ok().prints("2\n").says(&format!("far waits: {reason}"));
    let logs = program.args(["logs", "--json"]).run().ok().stdout;
    let events: Vec<Value> = logs.lines().map(|line| serde_json::from_str(line).expect("an event")).collect();
    let waiting: Vec<&Value> = events.iter().filter(|event| event["event"] == "waiting").collect();
    assert_eq!(waiting.len(), 1, "{logs}");
    assert_eq!(waiting[0].get("wait_millis"), None, "nobody knows for how long");
    // What is told as the time of its model begins behind the word that it waits.
    let of_call = |event: &&Value| event["event"] == "model_finished" && event["frame"] == waiting[0]["frame"];
    let ended = events.iter().find(of_call).expect("an end of the call that waited");
    let number = |event: &Value, name: &str| event[name].as_u64().expect("a number");
    assert!(number(ended, "at") - number(ended, "millis") > number(waiting[0], "at"), "{logs}");
}

/// A program with two models `a` and `b` at one server: more settings of `a`, and what both may use together.
fn two(server: &ChatServer, more: &str, together: &str) -> Program {
    let url = server.base_url();
    let model = |name: &str| format!("[models.{name}]\nbase_url = \"{url}\"\n");
    let (a, b) = (model("a"), model("b"));
    let text = format!("model = \"a\"\n{a}{more}{b}[services.\"{url}\"]\n{together}");
    Program::new().file("rhizo.toml", text)
}

/// Which models a server was asked for, in order of arrival.
fn models(server: &ChatServer) -> Vec<Value> {
    server.asks().iter().map(|ask| ask.body["model"].clone()).collect()
}

#[test]
fn all_models_of_a_service_have_its_places_together() {
    for (together, places) in [("concurrency = 2\n", 2), ("", 6)] {
        // The server answers only once all places are taken, and counts how many it ever has at once.
        let meeting = Arc::new(Barrier::new(places));
        let server = ChatServer::new(move |_| Reply::text("yes").meets(&meeting));
        let code =
            "par_map((0..24).to_array(), |i| llm(`q${i}`, #{model: [\"a\", \"b\"][i % 2]}), #{concurrency: 6}).len";
        two(&server, "", together).args(["eval", code]).run().ok().prints("24\n");
        assert_eq!((server.asks().len(), server.most_under_way()), (24, places), "{together}");
        assert_eq!(models(&server).iter().filter(|model| *model == "a").count(), 12);
    }
}

#[test]
fn requests_and_tokens_of_all_models_of_a_service_count_together() {
    for (together, reason) in [
        ("requests_per_minute = 3\n", "requests_per_minute of its service is reached"),
        // After two, 800 are used and 151 still fit.
        ("tokens_per_minute = 1000\n", "tokens_per_minute of its service is reached"),
    ] {
        let server = ChatServer::new(|_| Reply::text("yes").usage(280, 120));
        let program = two(&server, "", together);
        let code = "for i in 0..9 { llm(\"q\" + i, #{model: [\"a\", \"b\"][i % 2], max_tokens: 150}) }";
        let running = program.args(["eval", code]).start();
        until_it_waits(&program, reason);
        running.interrupt();
        running.end().code(130).says("b waits up to 6").says(reason);
        assert_eq!(models(&server), ["a", "b", "a"], "{together}");
    }
}

#[test]
fn a_models_own_limit_holds_beside_its_services_and_holds_up_no_other_model() {
    let server = ChatServer::new(|_| Reply::text("yes"));
    let program = two(&server, "requests_per_minute = 1\n", "requests_per_minute = 4\n");
    let code = "par_map([\"a\", \"a\", \"b\", \"b\", \"b\"], |m| llm(\"q\", #{model: m}))";
    let running = program.args(["eval", code]).start();
    server.wait_for(4);
    until_it_waits(&program, MINUTE);
    running.interrupt();
    running.end().code(130).says(MINUTE).does_not_say("of its service");
    let asked = models(&server);
    assert_eq!((asked.len(), asked.iter().filter(|model| *model == "a").count()), (4, 1), "{asked:?}");
}

#[test]
fn of_two_descriptions_of_one_model_the_limits_of_both_hold_whoever_is_asked_first() {
    for limited in ["a", "b"] {
        let server = ChatServer::new(|_| Reply::text("yes"));
        let model = |name: &str| {
            let limit = if name == limited { "requests_per_minute = 1\n" } else { "" };
            format!("[models.{name}]\nbase_url = \"{}\"\nname = \"small\"\n{limit}", server.base_url())
        };
        let program = Program::new().file("rhizo.toml", format!("model = \"a\"\n{}{}", model("a"), model("b")));
        let code = "llm(\"p\", #{model: \"a\"}); llm(\"q\", #{model: \"b\"})";
        program.args(["eval", code, "--timeout", "2"]).run().code(124).says(MINUTE);
        assert_eq!(models(&server), ["small"], "{limited}");
    }
}

#[test]
fn a_wait_for_a_place_at_a_service_is_told() {
    let (server, open) = held();
    let program = two(&server, "", "concurrency = 1\n");
    let running = program.args(["eval", "par_map([\"a\", \"b\"], |m| llm(\"q\", #{model: m})).len"]).start();
    let reason = "as many requests as `concurrency` of its service allows are under way";
    until_it_waits(&program, reason);
    open.send(()).expect("the first call is under way");
    running.end().ok().prints("2\n").says(&format!(" waits: {reason}"));
    assert_eq!(server.most_under_way(), 1);
}

#[test]
fn who_waits_behind_a_longer_call_to_its_service_is_told_so() {
    let server = ChatServer::new(|_| Reply::text("yes").usage(280, 520));
    let (elsewhere, go) = held();
    let third = format!("tokens_per_minute = 1000\n[models.c]\nbase_url = \"{}\"\n", elsewhere.base_url());
    let program = two(&server, "", &third);
    let code = r#"
        llm("first", #{model: "a", max_tokens: 600});
        par_map(["a", "b"], |m| {
            if m == "a" {
                llm("long", #{model: "a", max_tokens: 400})
            } else {
                llm("go", #{model: "c"});
                llm("short", #{model: "b", max_tokens: 90})
            }
        })"#;
    let running = program.args(["eval", code]).start();
    elsewhere.wait_for(1);
    until_it_waits(&program, "tokens_per_minute of its service is reached");
    go.send(()).expect("the second branch waits for it");
    let before = "another call to its service is before it";
    until_it_waits(&program, before);
    running.interrupt();
    running.end().code(130).says(&format!("b waits: {before}"));
    assert_eq!(models(&server), ["a"]);
}

#[test]
fn who_no_longer_waits_for_a_place_at_a_service_is_in_nobodys_way() {
    let ((server, open), (elsewhere, go)) = (held(), held());
    let third = format!("concurrency = 1\n[models.c]\nbase_url = \"{}\"\n", elsewhere.base_url());
    let program = two(&server, "", &third);
    let code = r#"
        let said = par_map(["a", "b"], |m| {
            if m == "a" {
                llm("held", #{model: "a"})
            } else {
                llm("go", #{model: "c"});
                let why = "";
                try { llm("late", #{model: "b", timeout: 0.3}); } catch (e) { why = e.message; }
                llm("over", #{model: "c"});
                why
            }
        });
        said.push(llm("again", #{model: "b"}));
        said"#;
    let running = program.args(["eval", code, "--json"]).start();
    server.wait_for(1);
    go.send(()).expect("the second branch waits for it");
    elsewhere.wait_for(2);
    open.send(()).expect("the first call is under way");
    let answer = running.end().ok().json()["answer"].clone();
    assert_eq!(answer, json!(["yes", "the call waited for its turn for 0.3 s, and was not sent", "yes"]));
    assert_eq!((models(&server), server.most_under_way()), (vec![json!("a"), json!("b")], 1));
}

#[test]
fn what_the_server_has_left_is_heeded() {
    let body = "{\"choices\":[{\"message\":{\"content\":\"yes\"},\"finish_reason\":\"stop\"}]}";
    let headers = [("x-ratelimit-remaining-requests", "0"), ("x-ratelimit-reset-requests", "1s200ms")];
    let server = ChatServer::new(move |_| Reply::acts(server::answer(200, &headers, body)));
    let ran = far(&server, "").args(["eval", "llm(\"a\") + llm(\"b\")"]).run().ok().prints("yesyes\n");
    ran.says("far waits up to 2 s: the server takes no more requests at the moment");
}

#[test]
fn what_the_server_asks_to_wait_is_a_part_of_the_time_of_a_call() {
    let server = ChatServer::new(|ask| {
        // The second wait fits into the time of a call, and not into what the first one leaves of it.
        let reset = if ask.number == 0 { "0s300ms" } else { "9s900ms" };
        let headers = [("x-ratelimit-remaining-requests", "0"), ("x-ratelimit-reset-requests", reset)];
        Reply::acts(server::answer(500, &headers, "{\"error\": {\"message\": \"broken\"}}"))
    });
    let ran = far(&server, "timeout = 10\n").args(["eval", "llm(\"q\")"]).run().code(4);
    ran.says("the server takes no more requests at the moment; it is back in ")
        .says("hint: that is longer than the call's total timeout leaves");
    assert_eq!(server.asks().len(), 2);
}

#[test]
fn what_the_server_has_left_for_answers_is_not_held_against_prompts() {
    let body = "{\"choices\":[{\"message\":{\"content\":\"yes\"},\"finish_reason\":\"stop\"}]}";
    let (input, output) = ("anthropic-ratelimit-input-tokens", "anthropic-ratelimit-output-tokens");
    for (left, asks) in [
        ([(input, "9000", "9000"), (output, "5", "8000")], 2),
        ([(input, "9000", "9000"), (output, "0", "8000")], 1),
        // A full allowance for answers, smaller than what is left for prompts, which does not do.
        ([(input, "20", "9000"), (output, "8", "8")], 1),
    ] {
        let named = |(kind, remaining, limit): (&str, &str, &str)| {
            let values = [("remaining", remaining), ("limit", limit), ("reset", "1h")];
            values.map(|(end, value)| (format!("{kind}-{end}"), value.to_owned()))
        };
        let headers = left.map(named).concat();
        let server = ChatServer::new(move |_| {
            let headers: Vec<(&str, &str)> =
                headers.iter().map(|(name, value)| (name.as_str(), value.as_str())).collect();
            Reply::acts(server::answer(200, &headers, body))
        });
        let code = "let q = \"\"; q.pad(400, \"x\"); llm(q); try { llm(q) } catch (e) { print(e.message) }";
        let ran = far(&server, "").args(["eval", code]).run().ok();
        let refused = ran.stdout.contains("the server takes too few tokens at the moment");
        assert_eq!((server.asks().len(), refused), (asks, asks == 1), "{left:?}: {ran:?}");
    }
}

#[test]
fn one_busy_answer_holds_the_others_back() {
    let server = ChatServer::new(|ask| match ask.number {
        0 => Reply::acts(server::answer(429, &[("retry-after", "3600")], "{\"error\": {\"message\": \"slow down\"}}")),
        _ => Reply::text("yes"),
    });
    let code = "let all = []; for i in 0..3 { try { llm(\"q\") } catch (e) { all.push(e.kind) } } all.len";
    let ran = far(&server, "").args(["eval", code]).run().ok();
    ran.prints("3\n");
    assert_eq!(server.asks().len(), 1);
}

#[test]
fn a_model_that_says_nothing_is_named_while_it_is_waited_for() {
    let server = ChatServer::new(|_| Reply::acts(vec![server::Act::Hold]));
    let code = "llm_batch([\"a\", \"b\"])";
    let ran = far(&server, "").args(["eval", code, "--timeout", "7"]).run().code(124);
    let told = ran.stderr.matches("far has not answered for 5 s; it is given ").count();
    assert_eq!(told, 1, "{}", ran.stderr);
}
