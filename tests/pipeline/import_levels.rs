//! Levels of orchestrator's steps: those of one level run at once, and after a failure that ends the run no later one begins.

use crate::pipeline::import::{file, imported};
use crate::support::chat::{ChatServer, Reply};
use crate::support::program::Program;
use std::sync::Arc;
use tokio::sync::Barrier;

/// Three calls, and steps of the next level that need one of them, or all.
const FAN: &str = r#"
id: fan
steps:
  - id: one
    action: generate_text
    on_failure: fail
    parameters: {prompt: say one}
  - id: two
    action: generate_text
    parameters: {prompt: say two}
  - id: three
    action: generate_text
    parameters: {prompt: say three}
  - id: some
    action: generate_text
    parameters: {prompt: "some {{ one.result }}"}
    dependencies: [one]
  - id: all
    action: generate_text
    parameters: {prompt: "all {{ one.result }} {{ two.result }} {{ three.result }}"}
    dependencies: [one, two, three]
  - id: mark
    tool: filesystem
    action: write
    parameters: {path: out/mark.txt, content: done}
    dependencies: [some]
"#;

fn asked(server: &ChatServer) -> Vec<String> {
    let mut asked: Vec<String> = server.asks().iter().map(|ask| ask.last()).collect();
    asked.sort_unstable();
    asked
}

#[test]
fn the_steps_of_a_level_run_at_once() {
    let meeting = Arc::new(Barrier::new(3));
    let server = ChatServer::new(move |ask| match ask.last() {
        text if text.starts_with("say ") => Reply::text("x").meets(&meeting),
        text => Reply::text(text),
    });
    let program = Program::served_by(&server).file("theirs.yaml", FAN);
    imported(&program).ok();
    assert_eq!(asked(&server), ["all x x x", "say one", "say three", "say two", "some x"]);
    assert_eq!(server.most_under_way(), 3);
    let ours = file(&program, "ours.yaml");
    assert!(!ours.contains("on_failure"), "{ours}");
    assert_eq!(ours.matches(r#"dependencies: ["one","two","three"]"#).count(), 2, "{ours}");
}

#[test]
fn after_a_failure_the_level_is_finished_and_the_next_not_begun() {
    let meeting = Arc::new(Barrier::new(3));
    let server = ChatServer::new(move |ask| match ask.last().as_str() {
        "say two" => Reply::refusal(400, "no").meets(&meeting),
        text => Reply::text(text).meets(&meeting),
    });
    let program = Program::served_by(&server).file("theirs.yaml", FAN);
    // The code is that of the failure: of a provider.
    imported(&program).code(4).says("two");
    assert_eq!(asked(&server), ["say one", "say three", "say two"]);
    assert!(!program.project().join("out/mark.txt").exists());
}

#[test]
fn a_loop_that_goes_on_as_long_as_a_condition_holds_begins_when_nothing_else_is_left() {
    let theirs = r#"
id: late
steps:
  - id: again
    while: "{{ index < 1 }}"
    max_iterations: 3
    steps:
      - id: line
        action: generate_text
        parameters: {prompt: say line}
  - id: first
    action: generate_text
    parameters: {prompt: say first}
  - id: second
    action: generate_text
    parameters: {prompt: say second}
    dependencies: [first]
"#;
    let run = |refused: &'static str, code: i32| {
        let server = ChatServer::new(move |ask| match ask.last() {
            text if text == refused => Reply::refusal(400, "no"),
            text => Reply::text(text),
        });
        imported(&Program::served_by(&server).file("theirs.yaml", theirs)).code(code);
        server.asks().iter().map(|ask| ask.last()).collect::<Vec<_>>()
    };
    assert_eq!(run("say nothing", 0), ["say first", "say second", "say line"]);
    assert_eq!(run("say second", 4), ["say first", "say second"]);
    assert_eq!(run("say line", 4), ["say first", "say second", "say line"]);
}

#[test]
fn what_dependencies_cannot_say_a_step_says_itself() {
    let skips = |id: &str| {
        let step = format!("  - id: {id}\n    action: generate_text\n");
        FAN.replace("on_failure: fail", "on_failure: skip").replace(&step, &format!("{step}    dependencies: [one]\n"))
    };
    for (theirs, kept) in [
        (FAN.to_owned(), 0),
        // Who asks what became of a step would run though it failed.
        (FAN.replace("{{ two.result }}", "{{ two.success }}"), 1),
        (FAN.replace("{{ two.result }}", "{{ two.result | default('none') }}"), 1),
        // What may be skipped after a failure that ends nothing must not take others with it.
        (skips("three"), 3),
        // Nor may a step wait for what stands behind it, which would wait for it.
        (skips("two"), 4),
        // Where a step leads elsewhere, the order of the file counts.
        (FAN.replace("{prompt: say two}", "{prompt: say two}\n    on_success: three"), 5),
    ] {
        let program = Program::offline().file("theirs.yaml", &theirs);
        program.args(["pipeline", "import", "theirs.yaml", "--output", "ours.yaml"]).run().ok();
        program.args(["pipeline", "validate", "ours.yaml"]).run().ok();
        let ours = file(&program, "ours.yaml");
        assert_eq!(ours.matches("on_failure: \"fail\"").count(), kept, "{theirs}\n{ours}");
    }
}

#[test]
fn a_step_that_ends_the_run_and_is_asked_what_became_of_it_holds_up_what_stands_behind_it() {
    let server = ChatServer::new(|ask| match ask.last().as_str() {
        "say two" => Reply::refusal(400, "no"),
        text => Reply::text(text),
    });
    let theirs = FAN.replace("{{ two.result }}", "{{ two.success }}");
    imported(&Program::served_by(&server).file("theirs.yaml", theirs)).code(4);
    assert_eq!(asked(&server), ["say one", "say two"]);
}

#[test]
fn a_file_that_is_a_pipeline_of_rhizo_already_is_told_so() {
    let program = Program::offline().file("theirs.yaml", FAN);
    program.args(["pipeline", "import", "theirs.yaml", "--output", "ours.yaml"]).run().ok();
    let again = program.args(["pipeline", "import", "ours.yaml"]).run().code(1);
    again
        .says("error: ours.yaml is a pipeline of rhizo already\nhint: `rhizo pipeline validate ours.yaml` checks it")
        .does_not_say("by hand");
}
