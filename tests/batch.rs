//! `llm_batch`: order, places, slots of failures, progress, and what is left when it is stopped.

use crate::support::chat::{ChatServer, Reply};
use crate::support::program::{self, Program};
use crate::support::server::Act;
use serde_json::{Value, json};
use std::sync::Arc;
use tokio::sync::Barrier;

/// A program of so many prompts `p0`, `p1`, ...
fn batch(count: usize, options: &str) -> String {
    format!("let prompts = []; for i in 0..{count} {{ prompts.push(`p${{i}}`) }}\nllm_batch(prompts, #{{{options}}})")
}

#[test]
fn answers_come_back_in_order() {
    // Each answer waits until as many later ones have been asked for, so that they are answered out of order.
    let meeting = Arc::new(Barrier::new(8));
    let server = ChatServer::new(move |ask| Reply::text(ask.last().replace('p', "a")).meets(&meeting));
    let answer =
        Program::served_by(&server).args(["eval", &batch(64, "concurrency: 8"), "--json"]).run().ok().json()["answer"]
            .clone();
    let expect: Vec<String> = (0..64).map(|i| format!("a{i}")).collect();
    assert_eq!(answer, json!(expect));
    assert_eq!(server.asks().len(), 64);
}

#[test]
fn as_many_run_at_once_as_are_allowed() {
    for (options, places) in [("concurrency: 1", 1), ("concurrency: 5", 5), ("", 16), ("concurrency: 40", 40)] {
        // The server answers only once all places are taken, and counts how many it ever has at once.
        let meeting = Arc::new(Barrier::new(places));
        let server = ChatServer::new(move |_| Reply::text("yes").meets(&meeting));
        Program::served_by(&server).args(["eval", &batch(places * 3, options), "-q"]).run().ok();
        assert_eq!((server.asks().len(), server.most_under_way()), (places * 3, places), "{options}");
    }
}

#[test]
fn a_failed_item_is_a_map_in_its_slot() {
    let server = ChatServer::new(|ask| match ask.last().as_str() {
        "p1" | "p3" => Reply::refusal(400, "this prompt is not liked"),
        text => Reply::text(text),
    });
    let code = format!("let answers = {{ {} }};\nanswers", batch(5, ""));
    let ran = Program::served_by(&server).args(["eval", &code, "--json"]).run().ok();
    let answers = ran.json()["answer"].clone();
    assert_eq!((&answers[0], &answers[2], &answers[4]), (&json!("p0"), &json!("p2"), &json!("p4")));
    for slot in [1, 3] {
        let map = &answers[slot];
        assert_eq!(
            (&map["error"], &map["kind"], &map["item"], &map["retryable"]),
            (&json!(true), &json!("rejected"), &json!(slot), &json!(false))
        );
        assert!(map["message"].as_str().is_some_and(|text| text.contains("this prompt is not liked")), "{map:#}");
        assert!(map["hint"].is_string(), "{map:#}");
    }
    ran.says("(2 failed)");
}

#[test]
fn a_failed_item_slips_into_no_prompt() {
    let server = ChatServer::new(|ask| if ask.last() == "p" { Reply::refusal(400, "no") } else { Reply::text("x") });
    let program = Program::served_by(&server);
    for prompt in ["\"notes: \" + answers[0]", "`notes: ${answers[0]}`", "\"notes: \" + answers.join(\", \")"] {
        let code = format!("let answers = llm_batch([\"p\"]);\nllm({prompt})");
        program.args(["eval", &code, "-q"]).run().code(1).says("item 0 of a batch failed and is no text (rejected: ");
    }
    assert!(server.asks().iter().all(|ask| ask.last() == "p"), "{} asks", server.asks().len());
}

#[test]
fn progress_is_told_in_lines_when_nobody_watches() {
    let server = ChatServer::new(|ask| if ask.last() == "p7" { Reply::refusal(400, "no") } else { Reply::text("yes") });
    let program = Program::served_by(&server);
    let ran = program.args(["eval", &batch(50, "concurrency: 1")]).run().ok();
    let lines: Vec<&str> = ran.stderr.lines().filter(|line| line.contains("batch ")).map(str::trim).collect();
    let expect: Vec<String> = (1..=10)
        .map(|tenth| format!("batch {} of 50{}", tenth * 5, if tenth > 1 { ", 1 failed" } else { "" }))
        .collect();
    assert_eq!(lines, expect);
    // Those whose answers the check refused are no new batch.
    let server = ChatServer::new(|ask| Reply::text(if ask.number < 20 { "no" } else { "yes" }));
    let checked = batch(50, "concurrency: 1, check: |answer| answer == \"yes\"");
    let ran = Program::served_by(&server).args(["eval", &checked]).run().ok().says("batch 50 of 50\n");
    let lines: Vec<&str> = ran.stderr.lines().filter(|line| line.contains("of 20")).map(str::trim).collect();
    assert_eq!(lines, (1..=10).map(|tenth| format!("batch {} of 20, again", tenth * 2)).collect::<Vec<_>>());
    program.args(["eval", &batch(5, "")]).run().ok().does_not_say("batch ");
    program.args(["eval", &batch(50, ""), "-q"]).run().ok().does_not_say("batch ");
}

#[test]
fn an_empty_batch_asks_nobody() {
    let server = ChatServer::new(|_| Reply::text("never"));
    Program::served_by(&server).args(["eval", "llm_batch([])"]).run().ok().prints("[]\n");
    assert_eq!(server.asks().len(), 0);
}

#[test]
fn a_batch_that_nobody_can_answer_chooses_in_vain_once_for_each_item_and_is_replayed() {
    let text = "[models.blind]\nbase_url = \"http://127.0.0.1:9/v1\"\n[roles.worker]\nmodels = [\"blind\"]\n";
    let code = "let answers = llm_batch([\"a\", \"b\", \"c\"], #{requires: \"vision\"});\nanswers.len()";
    let program = Program::new().file("rhizo.toml", text).file("all.rhai", code);
    program.args(["run", "all.rhai"]).run().ok().prints("3\n");
    let export = program.args(["runs", "export", "last"]).run().ok().json();
    let choices = export["effects"].as_array().expect("effects").iter();
    assert_eq!(choices.filter(|effect| effect["intent"]["choose"].is_object()).count(), 3, "{export:#}");
    let again = program.args(["replay", "last", "--offline", "--json"]).run().ok().json();
    assert_eq!(again["answer"], json!(3), "{again:#}");
}

#[test]
fn malformed_batches_are_told_before_anything_is_sent() {
    let server = ChatServer::new(|_| Reply::text("never"));
    let program = Program::served_by(&server);
    for (code, part) in [
        ("llm_batch([\"a\", 2])", "the prompt of llm must be a string, not an integer"),
        ("llm_batch([\"a\"], #{concurrency: \"many\"})", "concurrency must be an integer, not a string"),
        ("llm_batch([\"a\"], #{concurrency: -1})", "concurrency must not be negative"),
        ("llm_batch([\"a\"], #{concurrency: 0})", "concurrency is 0, and then nothing would run"),
        ("rlm_batch([\"a\"], #{concurrency: 0})", "concurrency is 0, and then nothing would run"),
        ("par_map([1], |x| x, #{concurrency: 0})", "concurrency is 0, and then nothing would run"),
        ("llm_batch([\"a\"], #{temprature: 1})", "did you mean `temperature`?"),
        ("llm_batch(\"a\")", "takes an array"),
        ("llm_batch([\"a\"], #{role: \"boss\"})", ""),
    ] {
        let ran = program.args(["eval", code, "-q"]).run();
        assert!(ran.stderr.contains(part), "{code}: {ran:?}");
    }
    assert_eq!(server.asks().len(), 0);
}

/// The model effects of the newest run.
fn effects(program: &Program) -> (Value, Vec<Value>) {
    let run = program.args(["runs", "list", "--json"]).run().ok().json()[0]["id"].as_str().expect("an id").to_owned();
    let export = program.args(["runs", "export", &run]).run().ok().json();
    let effects = program::effects(&export);
    (export["run"].clone(), effects)
}

/// A server that answers the first so many prompts and keeps the rest waiting.
fn silent_after(count: usize) -> ChatServer {
    ChatServer::new(
        move |ask| if ask.number < count { Reply::text("paid").usage(20, 10) } else { Reply::acts(vec![Act::Hold]) },
    )
}

#[test]
fn an_interrupt_keeps_what_is_paid() {
    let server = silent_after(6);
    let program = Program::paying(&server);
    let running = program.args(["eval", &batch(20, "concurrency: 2")]).start();
    // With two places the eighth request goes out when the first six are answered.
    server.wait_for(8);
    running.interrupt();
    running.end().code(130).prints("").says("cancelled");
    let (run, effects) = effects(&program);
    assert_eq!(run["status"], "cancelled");
    let paid = effects
        .iter()
        .filter(|effect| effect["state"] == "done" && effect["result"]["reply"]["text"] == "paid")
        .count();
    assert_eq!(paid, 6, "{effects:#?}");
    // The two in flight may have cost something: they are charged by estimate, not given away.
    // Those that only waited for a place were logged and never sent: they have no usage.
    let stopped: Vec<&Value> =
        effects.iter().filter(|effect| effect["state"] != "done" && !effect["usage"].is_null()).collect();
    assert_eq!(stopped.len(), 2, "{stopped:#?}");
    assert!(run["calls"].as_u64().is_some_and(|calls| calls == 8), "{run:#}");
}

#[test]
fn a_run_that_takes_too_long_is_ended() {
    let server = silent_after(2);
    let program = Program::paying(&server);
    let ran = program.args(["eval", &batch(10, "concurrency: 1"), "--timeout", "2", "--json"]).run().code(124);
    let document = ran.json();
    assert_eq!((&document["status"], &document["failure"]["kind"]), (&json!("limited"), &json!("deadline")));
    ran.says("the run took longer than 2 s").says("hint: raise --timeout");
    let (run, effects) = effects(&program);
    assert_eq!(run["status"], "limited");
    assert_eq!(effects.iter().filter(|effect| effect["state"] == "done").count(), 2);
}

#[test]
fn asking_is_ended_by_its_deadline_too() {
    let server =
        ChatServer::new(|ask| if ask.turn() == 1 { Reply::code("\"a clue\"") } else { Reply::acts(vec![Act::Hold]) });
    let ran = Program::served_by(&server).args(["ask", "q", "--recursive", "--timeout", "2"]).run().code(124);
    ran.says("a clue").says("the run took longer than 2 s");
}

#[test]
fn an_interrupt_ends_a_loop_too() {
    // The call tells that the program is under way: its output is read only at its end.
    let server = ChatServer::new(|_| Reply::text("go"));
    let program = Program::served_by(&server);
    let running = program.args(["eval", "llm(\"ready\");\nloop { }"]).start();
    server.wait_for(1);
    running.interrupt();
    running.end().code(130);
}
