//! Forks that leave out what is named, with what comes after it.

use super::{asked, holding, newest_id};
use crate::support::chat::{ChatServer, Reply};
use crate::support::program::Program;
use serde_json::Value;
use std::sync::Mutex;

/// A server that refuses each of these prompts once.
fn refusing(prompts: &[&str]) -> ChatServer {
    let left: Mutex<Vec<String>> = Mutex::new(prompts.iter().map(|prompt| (*prompt).to_owned()).collect());
    ChatServer::new(move |ask| {
        let mut left = left.lock().expect("unpoisoned");
        match left.iter().position(|prompt| *prompt == ask.last()) {
            Some(at) => {
                left.remove(at);
                Reply::refusal(400, "not today")
            }
            None => Reply::text(ask.last().to_uppercase()).usage(20, 10),
        }
    })
}

/// The fork that the last line of a partial run names, as words.
fn named(stderr: &str) -> Vec<String> {
    let (_, told) = stderr.split_once("; made again, with what comes after it, by `rhizo ").expect("a way");
    let (fork, _) = told.split_once('`').expect("its end");
    fork.split(' ').map(|word| word.trim_matches('\'').to_owned()).collect()
}

/// What is asked once a fork goes on that is made by these words.
#[track_caller]
fn again(program: &Program, server: &ChatServer, words: &[&str]) -> Vec<String> {
    let fork = program.list(words).run().ok();
    let before = asked(server).len();
    program.args(["resume", fork.stdout.trim()]).run().ok();
    asked(server).split_off(before)
}

const FLOW: &str = "\
steps:
  bad: {llm: bad, on_failure: continue}
  notes: {each: {in: [x, y, z], key: item, max_parallel: 1, steps: {one: {llm: 'note {{ item }}'}}}}
  sum: {llm: 'sum {{ notes.keys().len() }}'}
  after: {llm: 'after {{ outcomes.bad }}'}
";

#[test]
fn the_fork_that_a_partial_run_names_makes_nothing_again_that_rests_on_no_failure() {
    let server = refusing(&["bad"]);
    let program = Program::paying(&server).file("p.yaml", FLOW);
    let ran = program.args(["run", "p.yaml"]).run().ok();
    let words = named(&ran.stderr);
    assert_eq!(words[3..], ["--before", "bad"]);
    let words: Vec<&str> = words.iter().map(String::as_str).collect();
    assert_eq!(again(&program, &server, &words), ["bad", "after ok"]);
    let document = program.args(["resume", "last", "--json"]).run().ok().json();
    assert_eq!(document["status"], "completed", "{document:#}");
}

#[test]
fn where_many_items_failed_the_step_around_them_is_named() {
    let items = ["a", "b", "c", "d", "e", "f"].map(|item| format!("note {item}"));
    let server = refusing(&items.each_ref().map(String::as_str));
    let flow = "steps:\n  notes: {each: {in: [a, b, c, d, e, f, g], key: item, on_item_failure: continue, \
                steps: {one: {llm: 'note {{ item }}'}}}}\n  bad: {tool: calculate, args: {expression: 1 / 0}, on_failure: continue}\n";
    let program = Program::paying(&server).file("p.yaml", flow);
    let ran =
        program.args(["run", "p.yaml"]).run().ok().says("partial: 1 step failed (bad) and items of notes; made again");
    let mut words = named(&ran.stderr).split_off(3);
    words.sort();
    assert_eq!(words, ["--before", "--before", "bad", "notes"]);
}

#[test]
fn several_steps_and_items_can_be_left_out() {
    let server = holding(usize::MAX);
    let program = Program::paying(&server).file("p.yaml", FLOW);
    program.args(["run", "p.yaml"]).run().ok();
    let id = newest_id(&program);
    let fork = |steps: &[&str]| {
        let before = steps.iter().flat_map(|step| ["--before", *step]);
        again(&program, &server, &["runs", "fork", &id].into_iter().chain(before).collect::<Vec<_>>())
    };
    assert_eq!(fork(&["one[y]"]), ["note y", "sum 3"]);
    assert_eq!(fork(&["root/step:notes/item:z/step:one"]), ["note z", "sum 3"]);
    assert_eq!(fork(&["sum"]), ["sum 3"]);
    let mut both = fork(&["sum", "bad"]);
    both.sort();
    assert_eq!(both, ["after ok", "bad", "sum 3"]);
    let mut all = fork(&["one", "bad"]);
    all.sort();
    assert_eq!(all, ["after ok", "bad", "note x", "note y", "note z", "sum 3"]);
    program.args(["runs", "fork", &id, "--before", "nowhere"]).run().code(1).says("has no step `nowhere`");
    program.args(["runs", "fork", &id, "--before", "sum", "--at", "bad"]).run().code(2).says("cannot be used with");
}

#[test]
fn a_step_that_asked_nobody_can_be_left_out() {
    let server = holding(usize::MAX);
    let flow = "steps: {a: {llm: a}, note: {set: {v: '{{ a }}'}}, b: {llm: b}, c: {llm: 'c {{ note.v }}'}}\n";
    let program = Program::paying(&server).file("p.yaml", flow);
    program.args(["run", "p.yaml"]).run().ok();
    assert_eq!(again(&program, &server, &["runs", "fork", "last", "--before", "note"]), ["c A"]);
}

#[test]
fn of_a_script_what_was_asked_before_it_is_taken_over() {
    let server = holding(usize::MAX);
    let program = Program::paying(&server).file("p.rhai", "llm(\"a\"); par_map([1, 2], |n| llm(`b${n}`)); llm(\"c\")");
    program.args(["run", "p.rhai"]).run().ok();
    let id = newest_id(&program);
    let effects = program.args(["runs", "export", &id]).run().ok().json()["effects"].clone();
    let is_first = |effect: &&Value| effect["kind"] == "model";
    let first = effects.as_array().into_iter().flatten().find(is_first).map(|effect| effect["seq"].to_string());
    let first = first.expect("a call");
    let mut later = again(&program, &server, &["runs", "fork", &id, "--before", "par[0]", "--before", "par[1]"]);
    later.sort();
    assert_eq!(later, ["b1", "b2", "c"]);
    let mut all = again(&program, &server, &["runs", "fork", &id, "--before", &first]);
    all.sort();
    assert_eq!(all, ["a", "b1", "b2", "c"]);
}

#[test]
fn who_names_no_step_is_told_those_that_wait_too() {
    let flow = "steps:\n  a: {each: {in: [x], steps: {q: {ask: {prompt: 'which?'}}}}}\n  s: {set: {v: 1}}\n";
    let program = Program::offline().file("p.yaml", flow);
    program.args(["run", "p.yaml"]).run().code(6);
    program
        .args(["runs", "fork", "last", "--before", "nope"])
        .run()
        .code(1)
        .says("hint: its steps are s, a, q; or give");
}
