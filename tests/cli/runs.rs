//! `rhizo runs` and `rhizo logs`: what is known of earlier runs.

use super::project;
use crate::support::chat::{ChatServer, Reply};
use crate::support::program::{self, Program};
use serde_json::{Value, json};

/// A project after one answered question, one evaluation and one failure, with the ids of the runs in this order.
fn used() -> (Program, Vec<String>) {
    let program = project();
    let calls: [&[&str]; 3] = [
        &["ask", "How tall is the lighthouse?", "--context", "harbour.txt", "--recursive"],
        &["eval", "print(\"said\"); llm(\"Hello.\")"],
        &["eval", "nothing()"],
    ];
    let id = |args: &&[&str]| {
        let document = program.list(&[args, &["--json"][..]].concat()).run().json();
        document["run"].as_str().expect("an id").to_owned()
    };
    let ids = calls.iter().map(id).collect();
    (program, ids)
}

#[test]
fn a_fresh_program_has_no_runs() {
    let program = Program::offline();
    program.args(["runs"]).run().ok().snapshot("runs_none");
    program.args(["runs", "list", "--json"]).run().ok().prints("[]\n");
    program.args(["logs"]).run().ok().prints("").says("no runs yet");
}

#[test]
fn runs_are_listed_newest_first() {
    let (program, ids) = used();
    program.args(["runs", "list"]).run().ok().snapshot("runs_list");
    let rows = program.args(["runs", "list", "--json"]).run().ok().json();
    let listed: Vec<&str> = rows.as_array().expect("rows").iter().filter_map(|row| row["id"].as_str()).collect();
    assert_eq!(listed, [ids[2].as_str(), ids[1].as_str(), ids[0].as_str()]);
    assert_eq!(rows[1].get("result"), None, "a list does not say that there is none: {rows:#}");
    let told = program.args(["runs", "list", "-n", "2"]).run().ok();
    told.says("note: these are the newest 2; `rhizo runs list -n 20` has more");
    let told = program.args(["runs", "list", "-n", "2", "--all"]).run().ok();
    told.says("note: these are the newest 2; `rhizo runs list -n 20 --all` has more");
    let kind = |kind: &str| program.args(["runs", "list", "--kind", kind, "--json"]).run().ok().json();
    assert_eq!((&kind("ask")[0]["id"], kind("ask").as_array().map(Vec::len)), (&json!(ids[0]), Some(1)));
    program.args(["runs", "list", "--kind", "pipeline"]).run().ok().prints("no runs of the kind `pipeline`\n");
    let told = program.args(["runs", "list", "-n", "1", "--kind", "eval"]).run().ok();
    told.says("note: these are the newest 1; `rhizo runs list -n 10 --kind eval` has more").does_not_say("--all");
    program.args(["runs", "list", "--kind", "evil"]).run().code(2).says("pipeline");
    program.args(["runs", "list", "-n", "0"]).run().code(2).prints("");
    drop(program.args(["runs", "list", "-n", "3"]).run().ok().does_not_say("note:"));
    let one = program.args(["runs", "list", "-n", "1", "--json"]).run().ok().json();
    assert_eq!(one.as_array().map(Vec::len), Some(1));
}

#[test]
fn a_run_is_shown_by_the_head_of_its_id() {
    let (program, ids) = used();
    program.args(["runs", "show", &ids[0]]).run().ok().snapshot("runs_show");
    program.args(["runs", "show", &ids[2]]).run().ok().snapshot("runs_show_failed");
    let shown = program.args(["runs", "show", &ids[1][..25], "--json"]).run().ok().json();
    assert_eq!((&shown["id"], &shown["status"], &shown["calls"]), (&json!(ids[1]), &json!("completed"), &json!(1)));
    assert_eq!(shown["effects"], 1);
    program.args(["runs", "show", "ZZZZ"]).run().code(1).snapshot("runs_show_unknown");
}

#[test]
fn a_run_is_named_as_the_last_one_or_by_the_end_of_its_id() {
    let (program, ids) = used();
    let named = |name: &str| program.args(["runs", "show", name, "--json"]).run().ok().json()["id"].clone();
    assert_eq!(named("last"), json!(ids[2]));
    assert_eq!(named(&ids[0][20..]), json!(ids[0]));
    assert_eq!(named(&format!("..{}", &ids[1][20..])), json!(ids[1]));
    let export = program.args(["runs", "export", "last"]).run().ok().json();
    assert_eq!(export["run"]["id"], json!(ids[2]));
    let ran = program.args(["runs", "show", &ids[0][..2]]).run().code(1);
    let ran = ran.says("more than one run begins with").says("`last` is the newest").says(&ids[2]);
    ran.says("(How tall is the lighthouse?)").says("(nothing())");
    program.args(["runs", "diff", &ids[1], "last"]).run().ok();
    program.args(["replay", &ids[1][20..]]).run().ok();
    let again = program.args(["resume", &ids[1][20..], "--json"]).run().ok().json();
    assert_eq!(again["run"], json!(ids[1]));
    program.args(["logs", "last"]).run().ok();
}

#[test]
fn a_run_lists_its_calls_with_their_numbers_and_one_is_shown_as_people_read_it() {
    let server = ChatServer::new(|_| Reply::text("hi there").usage(11, 5));
    let program = Program::paying(&server);
    program.args(["eval", "for i in 0..22 { llm(`Hello ${i}.`) }"]).run().ok();
    let shown = program.args(["runs", "show", "last"]).run().ok().stdout;
    let lines: Vec<&str> = shown.lines().filter(|line| line.starts_with("effect  ")).collect();
    assert_eq!((lines.len(), lines[0]), (21, "effect  ... 2 earlier: --all"), "{shown}");
    assert!(lines[20].contains(" paid · 11 + 5 tokens · $0.000000016 · hi there"), "{shown}");
    let all = program.args(["runs", "show", "last", "--all"]).run().ok().stdout;
    assert_eq!(all.lines().filter(|line| line.starts_with("effect  ")).count(), 22, "{all}");
    let number = lines[20].split(' ').nth(2).expect("a number");
    let one = program.args(["runs", "show", "last", "--effect", number]).run().ok().stdout;
    assert!(one.contains("--- user ---\nHello 21.\n--- answer ---\nhi there\n"), "{one}");
    let value = program.args(["runs", "show", "last", "--effect", number, "--json"]).run().ok().json();
    assert_eq!(value["result"]["reply"]["text"], "hi there");
}

#[test]
fn a_run_that_used_up_its_turns_shows_what_the_model_said_last() {
    let server = ChatServer::new(|_| Reply::text("I would rather talk about the tides."));
    let program = Program::served_by(&server).file("harbour.txt", "The harbour opened in 1884.\n");
    let args = ["ask", "When?", "--context", "harbour.txt", "--recursive", "--max-turns", "2"];
    program.args(args).run().code(5).says("the model said last:\nI would rather talk about the tides.");
}

#[test]
fn an_export_holds_every_effect_and_event() {
    let (program, ids) = used();
    let document = program.args(["runs", "export", &ids[1]]).run().ok().json();
    assert_eq!((&document["format"], &document["run"]["id"]), (&json!(1), &json!(ids[1])));
    let effects = program::effects(&document);
    assert_eq!(effects.len(), 1);
    assert_eq!(
        (&effects[0]["kind"], &effects[0]["intent"]["messages"][0]["text"]),
        (&json!("model"), &json!("Hello."))
    );
    assert!(effects[0]["result"]["reply"]["text"].is_string(), "{:#}", effects[0]);
    let events = document["events"].as_array().expect("events");
    let names: Vec<&str> = events.iter().filter_map(|event| event["event"].as_str()).collect();
    assert_eq!(names, ["run_started", "printed", "note", "model_started", "model_finished", "run_finished"]);
    let numbers: Vec<u64> = events.iter().filter_map(|event| event["seq"].as_u64()).collect();
    assert_eq!(numbers, (1..=6).collect::<Vec<u64>>());
}

#[test]
fn logs_tell_what_happened() {
    let (program, ids) = used();
    program.args(["logs", &ids[0]]).run().ok().snapshot("logs");
    let newest = program.args(["logs", "--json"]).run().ok();
    let events: Vec<Value> = newest.stdout.lines().map(|line| serde_json::from_str(line).expect("JSON")).collect();
    assert!(events.iter().all(|event| event["run"] == json!(ids[2])), "{}", newest.stdout);
    assert_eq!(events.last().map(|event| &event["status"]), Some(&json!("failed")));
    program.args(["logs", &ids[1], "--follow"]).run().ok();
    program.args(["logs", "ZZZZ"]).run().code(1);
}

#[test]
fn logs_tell_amounts_and_tokens_as_people_read_them() {
    let server = ChatServer::new(|_| Reply::text("hi").usage(11, 5));
    let program = Program::paying(&server);
    program.args(["eval", "llm(\"Hello.\")"]).run().ok();
    let text = program.args(["logs"]).run().ok().stdout;
    assert!(text.contains(" 11 + 5 tokens cost=$0.000000016 "), "{text}");
    let lines = program.args(["logs", "--json"]).run().ok().stdout;
    let events = lines.lines().map(|line| serde_json::from_str::<Value>(line).expect("JSON"));
    let ended: Vec<Value> = events.filter(|event| event["event"] == "model_finished").collect();
    assert_eq!((&ended[0]["cost"], &ended[0]["usage"]["input_tokens"]), (&json!(16), &json!(11)));
}
