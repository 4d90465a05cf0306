//! What a person sees of a pipeline on a terminal while it runs: steps under way, how far items are, a line for each end.

use crate::repl::terminal::Terminal;
use crate::resume::{Gate, newest_id};
use crate::support::chat::{ChatServer, Reply};
use crate::support::program::Program;
use serde_json::Value;
use std::collections::HashMap;
use std::sync::{Arc, Mutex};
use tokio::sync::oneshot;

const FLOW: &str = "\
steps:
  - all:
      each:
        in: '{{ [\"x\", \"y\", \"z\"] }}'
        key: item
        max_parallel: 1
        steps: [{one: {llm: 'say {{ item }}'}}]
  - last: {llm: 'last of {{ all.len() }}'}
";

/// Answers that wait until a test lets them go, by their prompts.
#[derive(Clone, Default)]
struct Held(Arc<Mutex<HashMap<String, Turn>>>);

/// Who lets an answer go, and what it waits for.
struct Turn {
    tell: Option<oneshot::Sender<()>>,
    told: Option<oneshot::Receiver<()>>,
}

impl Held {
    fn new(prompts: &[&str]) -> Self {
        let turns = prompts.iter().map(|prompt| {
            let (tell, told) = oneshot::channel();
            ((*prompt).to_owned(), Turn { tell: Some(tell), told: Some(told) })
        });
        Self(Arc::new(Mutex::new(turns.collect())))
    }

    fn server(&self) -> ChatServer {
        let held = self.clone();
        ChatServer::new(move |ask| {
            let told = held.0.lock().expect("unpoisoned").get_mut(&ask.last()).and_then(|turn| turn.told.take());
            told.into_iter().fold(Reply::text("said").usage(20, 10), Reply::in_turn)
        })
    }

    fn let_go(&self, prompt: &str) {
        let tell = self.0.lock().expect("unpoisoned").get_mut(prompt).and_then(|turn| turn.tell.take());
        tell.expect("held").send(()).expect("it waits");
    }
}

#[test]
fn steps_are_seen_while_they_run_and_stay_as_lines() {
    let held = Held::new(&["say x", "say y", "say z", "last of 3"]);
    let server = held.server();
    let program = Program::paying(&server).file("flow.yaml", FLOW);
    let terminal = Terminal::run(&program, &["run", "flow.yaml"], 100);
    terminal.see("one [x] · one 0 of 3");
    held.let_go("say x");
    terminal.see("one [y] · one 1 of 3, about ");
    terminal.see("✓ one [x] · ");
    held.let_go("say y");
    terminal.see("one [z] · one 2 of 3, about ");
    held.let_go("say z");
    terminal.see("✓ all · ");
    held.let_go("last of 3");
    terminal.see("✓ last · ");
    let screen = terminal.screen();
    assert_eq!(terminal.end(), 0, "{screen}");
}

#[test]
fn what_the_log_answered_is_told_of_and_gives_no_estimate() {
    let gate = Gate::default();
    let server = gate.server();
    let program = Program::paying(&server).file("flow.yaml", FLOW);
    gate.pass(2);
    let running = program.args(["run", "flow.yaml"]).start();
    gate.wait_for_held(1);
    running.kill();
    running.end();
    let id = newest_id(&program);
    gate.pass(0);
    let terminal = Terminal::run(&program, &["resume", &id], 100);
    gate.wait_for_held(2);
    terminal.see("one [z] · one 2 of 3");
    assert!(!terminal.screen().contains(" left"), "{}", terminal.screen());
    drop(terminal);
    gate.open();
    let ran = program.args(["resume", &id, "--events", "-"]).run().ok();
    let lines: Vec<Value> = ran.stdout.lines().map(|line| serde_json::from_str(line).expect("JSON")).collect();
    let ended = |replayed: bool| {
        let of =
            |line: &&Value| line["event"] == "step_finished" && line["replayed"].as_bool().unwrap_or(false) == replayed;
        lines.iter().filter(of).map(|line| line["key"].as_str().unwrap_or_default()).collect::<Vec<_>>()
    };
    // Told is the whole life of the run: two steps that were answered, two resumes that found them in the log, the rest.
    assert_eq!((ended(true), ended(false)), (vec!["x", "y", "x", "y"], vec!["x", "y", "z", "", ""]));
}

#[test]
fn what_only_tools_were_asked_is_told_as_answered_too() {
    let gate = Gate::default();
    let server = gate.server();
    let flow = "\
steps:
  - all:
      each:
        in: [a.txt, b.txt]
        max_parallel: 1
        steps: [{one: {tool: read_file, args: {path: '{{ item }}'}}}, {two: {llm: 'say {{ one }}'}}]
";
    let program = Program::paying(&server).file("flow.yaml", flow).file("a.txt", "a").file("b.txt", "b");
    gate.pass(1);
    let running = program.args(["run", "flow.yaml"]).start();
    gate.wait_for_held(1);
    running.kill();
    running.end();
    gate.open();
    let ran = program.args(["resume", &newest_id(&program), "--events", "-"]).run().ok();
    let lines: Vec<Value> = ran.stdout.lines().map(|line| serde_json::from_str(line).expect("JSON")).collect();
    let ended = |name: &str| {
        let of = |line: &&Value| line["event"] == "step_finished" && line["step"] == name;
        lines.iter().filter(of).map(|line| line["replayed"].as_bool().unwrap_or(false)).collect::<Vec<_>>()
    };
    assert_eq!((ended("one"), ended("two")), (vec![false, false, true, true], vec![false, true, false]));
}
