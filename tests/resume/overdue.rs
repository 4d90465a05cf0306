//! Parts and steps that ran out of time: a run that goes on or is looked at again does not wait for them, nor ask again what
//! they asked; what they were given in time they are given again.

use super::{asked, newest_id};
use crate::support::chat::{ChatServer, Reply};
use crate::support::program::Program;
use crate::support::server::Act;
use serde_json::{Value, json};
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::Duration;

/// A server that never answers `slow`, and `last` only when it is told to; everything else in capitals.
fn server(held: &Arc<AtomicBool>) -> ChatServer {
    let held = Arc::clone(held);
    ChatServer::new(move |ask| match ask.last().as_str() {
        "slow" => Reply::acts(vec![Act::Hold]),
        "last" if held.load(Ordering::SeqCst) => Reply::acts(vec![Act::Hold]),
        text => Reply::text(text.to_uppercase()).usage(20, 10),
    })
}

/// Runs a file, kills it when `last` is asked, goes on, and looks at it again: only `last` is asked a second time.
#[track_caller]
fn goes_on(name: &str, text: &str, asks: &[&str], answer: &Value) {
    let held = Arc::new(AtomicBool::new(true));
    let server = server(&held);
    let program = Program::paying(&server).file(name, text);
    let running = program.args(["run", name]).start();
    server.wait_for(asks.len());
    running.kill();
    running.end();
    held.store(false, Ordering::SeqCst);
    let id = newest_id(&program);
    let document = program.args(["resume", &id, "--json"]).run().ok().json();
    assert_eq!(document["answer"], *answer, "{text}: {document:#}");
    assert_eq!(asked(&server), [asks, &["last"]].concat(), "{text}");
    let ran = program.args(["replay", &id, "--json"]).run().ok();
    assert_eq!(ran.json()["answer"], *answer, "{text}");
    assert_eq!(asked(&server).len(), asks.len() + 1, "a replay asks nobody");
}

#[test]
fn a_part_of_a_program_that_ran_out_of_time_did_so() {
    let code = "\
let told = [];
for timeout in [600.0, 2.0] {
    try {
        within(#{timeout: timeout}, || {
            told.push(llm(\"first\"));
            if timeout < 9.0 { told.push(llm(\"slow\")) }
        });
    } catch (e) { told.push(e.stopped_by) }
}
// Asked in the part too, and by the frame the same.
told.push(llm(\"first\"));
told.push(llm(\"last\"));
told
";
    let answer = json!(["FIRST", "FIRST", "deadline", "FIRST", "LAST"]);
    goes_on("p.rhai", code, &["first", "first", "slow", "first", "last"], &answer);
    let code = "\
fn try_part(work) {
    try { within(#{timeout: 1.0}, work) } catch (e) { return [e.kind] }
}
let told = try_part(|| par_map([1, 2], |n| llm(\"slow\")));
told += try_part(|| llm_batch([\"slow\"]));
told + [llm_batch([\"next\"])[0], llm(\"last\")]
";
    let answer = json!(["child", "child", "NEXT", "LAST"]);
    goes_on("p.rhai", code, &["slow", "slow", "slow", "next", "last"], &answer);
}

#[test]
fn a_part_that_ran_out_of_time_again_did_so_with_all_that_it_had_asked() {
    let held = Arc::new(AtomicBool::new(true));
    let gate = Arc::clone(&held);
    let server = ChatServer::new(move |ask| match ask.last().as_str() {
        "b" if gate.load(Ordering::SeqCst) => Reply::acts(vec![Act::Hold]),
        "d" => Reply::acts(vec![Act::Hold]),
        text => Reply::text(text.to_uppercase()).usage(20, 10),
    });
    let code = "\
let work = || { llm(\"a\"); llm(\"b\"); llm(\"c\"); llm(\"d\"); };
try { within(#{timeout: 2.0}, work) } catch (e) { print(\"past\") }
sleep(3);
ask_user(\"go on?\")
";
    let program = Program::paying(&server).file("p.rhai", code);
    let (running, told) = program.args(["run", "p.rhai"]).start_telling();
    assert_eq!(told.recv_timeout(Duration::from_secs(60)), Ok("past".to_owned()));
    // A pause asks nobody: nothing in the log says that the run went on past the part.
    running.kill();
    running.end();
    held.store(false, Ordering::SeqCst);
    let id = newest_id(&program);
    program.args(["resume", &id]).run().code(6).prints("past\n");
    let asks = ["a", "b", "b", "c", "d"];
    assert_eq!(asked(&server), asks, "it was taken up, and got further");
    program.args(["runs", "answer", &id, "-", "yes"]).run().ok();
    program.args(["resume", &id, "--strict"]).run().ok().prints("past\nyes\n");
    program.args(["replay", &id]).run().ok().prints("past\nyes\n");
    assert_eq!(asked(&server), asks, "what the part was given and had asked by then is nobody else's");
}

#[test]
fn a_step_that_ran_out_of_time_did_so() {
    let flow = "\
steps:
  a: {llm: slow, timeout: 1s, on_failure: continue}
  b: {llm: 'then {{ errors.a?.stopped_by }}'}
  c: {llm: last, dependencies: [b]}
outputs: {all: '{{ b }} {{ c }}'}
";
    let answer = json!({"all": "THEN DEADLINE LAST"});
    goes_on("p.yaml", flow, &["slow", "then deadline", "last"], &answer);
}

#[test]
fn what_a_run_ended_with_has_its_time_again() {
    let held = Arc::new(AtomicBool::new(true));
    let gate = Arc::clone(&held);
    let server = ChatServer::new(move |_| {
        if gate.load(Ordering::SeqCst) { Reply::acts(vec![Act::Hold]) } else { Reply::text("in time") }
    });
    let step = "steps: {a: {llm: x, timeout: 1s}}\noutputs: {all: '{{ a }}'}\n";
    for (name, text) in [("p.rhai", "within(#{timeout: 1.0}, || llm(\"x\"))"), ("p.yaml", step)] {
        held.store(true, Ordering::SeqCst);
        let program = Program::paying(&server).file(name, text);
        program.args(["run", name]).run().code(5).says("it took longer than 1 s");
        held.store(false, Ordering::SeqCst);
        assert!(program.args(["resume", "last"]).run().ok().stdout.contains("in time"), "{name}");
        let again = program.args(["replay", "last", "--offline"]).run().ok();
        assert!(again.stdout.contains("in time"), "{name}: {}", again.stderr);
    }
}

#[test]
fn a_step_and_its_script_keep_the_same_of_their_time() {
    let server = server(&Arc::default());
    let flow = "steps: {a: {llm: slow, timeout: 500ms, on_failure: continue}}\n";
    let program = Program::paying(&server).file("p.yaml", flow);
    let script = program.args(["pipeline", "explain", "p.yaml", "--rhai"]).run().ok().stdout;
    let program = program.file("p.rhai", script);
    let kept = ["p.yaml", "p.rhai"].map(|name| {
        program.args(["run", name]).run().ok();
        let export = program.args(["runs", "export", "last"]).run().ok().json();
        let kept = export["effects"].as_array().expect("effects").iter();
        let failed = kept.filter(|effect| effect["kind"] == "decision" && effect["state"] == "failed");
        failed.map(|effect| effect["hash"].clone()).collect::<Vec<Value>>()
    });
    assert_eq!((kept[0].len(), &kept[0]), (1, &kept[1]));
}
