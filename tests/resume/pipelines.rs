//! Pipelines that are killed and go on.

use super::{Gate, asked, holding, newest, newest_id};
use crate::support::chat::{ChatServer, Reply};
use crate::support::program::Program;
use crate::support::server::Act;
use serde_json::json;

const FLOW: &str = "\
inputs:
  word: {description: what it is about, default: tide}
outputs: {all: \"{{ last }}\"}
steps:
  - first:
      llm: \"first of {{ inputs.word }}\"
  - many:
      each:
        in: [\"a\", \"b\", \"c\"]
        max_parallel: 1
        steps:
          - one: {llm: \"{{ item }} after {{ first }}\"}
  - last:
      llm: \"last of {{ many.len() }}\"
      products: {\"last\": out/last.txt}
";

/// A run of the pipeline that was killed after so many answers.
fn killed(gate: &Gate, program: &Program, answers: usize) -> String {
    gate.pass(answers);
    let running = program.args(["run", "flow.yaml"]).start();
    gate.wait_for_held(1);
    running.kill();
    running.end();
    gate.open();
    newest_id(program)
}

#[test]
fn a_killed_pipeline_makes_only_the_steps_that_are_left() {
    for answers in 0..5 {
        let gate = Gate::default();
        let server = gate.server();
        let program = Program::paying(&server).file("flow.yaml", FLOW);
        let id = killed(&gate, &program, answers);
        let document = program.args(["resume", &id, "--json"]).run().ok().json();
        assert_eq!(document["answer"], json!({"all": "LAST OF 3"}), "{document:#}");
        assert_eq!(document["replayed_calls"], json!(answers));
        assert_eq!(asked(&server).len(), 6, "{:?}", asked(&server));
        assert_eq!(gate.answered().len(), 5);
        let product = std::fs::read_to_string(program.project().join("output/out/last.txt"));
        assert_eq!(product.ok().as_deref(), Some("LAST OF 3"));
        assert_eq!(newest(&program)["status"], "completed");
    }
}

#[test]
fn a_file_that_is_gone_is_written_again_by_a_run_that_goes_on() {
    let text = "\
steps:
  a: {llm: a, products: {a: a.txt}}
  kept: {llm: kept, dependencies: [a], products: {kept: kept.txt}}
  b: {llm: 'b {{ kept }}'}
";
    let gate = Gate::default();
    let server = gate.server();
    let program = Program::paying(&server).file("flow.yaml", text);
    let id = killed(&gate, &program, 2);
    let at = |name: &str| program.project().join("output").join(name);
    std::fs::remove_file(at("a.txt")).expect("the first pass wrote it");
    std::fs::write(at("kept.txt"), "put right").expect("a file");
    program.args(["resume", &id, "--dry-run"]).run().ok();
    assert!(!at("a.txt").exists(), "who only looks writes nothing");
    let ran = program.args(["resume", &id]).run().ok();
    ran.says("`output/a.txt`, which the run had written, was gone and is written again")
        .does_not_say("`output/kept.txt`");
    assert_eq!(std::fs::read_to_string(at("a.txt")).ok().as_deref(), Some("A"));
    assert_eq!(std::fs::read_to_string(at("kept.txt")).ok().as_deref(), Some("put right"));
    assert_eq!(asked(&server).len(), 4, "{:?}", asked(&server));
    assert_eq!(newest(&program)["status"], "completed");
}

#[test]
fn what_a_step_was_answered_that_is_gone_is_named() {
    let gone = "  b: {llm: b, dependencies: [a]}\n";
    let text =
        format!("steps:\n  a: {{llm: a}}\n{gone}  c: {{llm: c, dependencies: [b]}}\n  d: {{llm: '{{{{ c }}}}'}}\n");
    let gate = Gate::default();
    let server = gate.server();
    let program = Program::paying(&server).file("flow.yaml", &text);
    let id = killed(&gate, &program, 3);
    let program = program.file("flow.yaml", text.replace(gone, "").replace("[b]", "[a]"));
    let plan = program.args(["resume", &id, "--dry-run"]).run().ok().stdout;
    assert!(
        plan.contains(" · 1 again · 0 changed · 0 new · 1 orphaned ($0.00000003 then) · 0 not reached yet "),
        "{plan}"
    );
    assert!(plan.contains("orphaned: effect ") && plan.contains(", model at root/step:b\n"), "{plan}");
    let data = program.args(["resume", &id, "--dry-run", "--json"]).run().ok().json();
    let named = data["orphaned"].as_array().is_some_and(|all| all.len() == 1 && all[0].to_string().contains("step:b"));
    assert!(named && data["orphaned_usd"] == json!(30.0 / 1e9), "{data:#}");
    program.args(["resume", &id, "--strict"]).run().code(1).says("would not go on as it began");
}

#[test]
fn a_called_pipeline_that_has_changed_is_named() {
    let gate = Gate::default();
    let server = gate.server();
    let (flow, inner) = ("steps:\n  a: {pipeline: inner.yaml}\n  b: {llm: 'b {{ a }}'}\n", "steps: {x: {llm: one}}\n");
    let program = Program::paying(&server).file("flow.yaml", flow).file("inner.yaml", inner);
    let id = killed(&gate, &program, 1);
    let plan = program.args(["resume", &id, "--dry-run"]).run().ok().stdout;
    assert!(plan.starts_with("1 replayed"), "{plan}");
    let program = program.file("inner.yaml", inner.replace("one", "two"));
    let plan = program.args(["resume", &id, "--dry-run"]).run().ok().stdout;
    assert!(plan.starts_with("what it calls has changed (inner.yaml): 0 replayed"), "{plan}");
}

#[test]
fn an_edited_step_and_its_dependants_are_made_again() {
    let gate = Gate::default();
    let server = gate.server();
    let program = Program::paying(&server).file("flow.yaml", FLOW);
    let id = killed(&gate, &program, 4);
    let program = program.file("flow.yaml", FLOW.replace("{{ item }} after", "{{ item }} behind"));
    let before = server.asks().len();
    program.args(["resume", &id, "--strict"]).run().code(1).says("the program has changed");
    assert_eq!(server.asks().len(), before, "nothing was asked");
    let ran = program.args(["resume", &id]).run().ok();
    assert!(ran.stderr.contains("changed: model at root/step:many/item:"), "{}", ran.stderr);
    let asks = asked(&server);
    assert_eq!(
        asks[before..],
        ["a behind FIRST OF TIDE", "b behind FIRST OF TIDE", "c behind FIRST OF TIDE", "last of 3"]
    );
}

#[test]
fn an_input_is_put_right() {
    let gate = Gate::default();
    let server = gate.server();
    let program = Program::paying(&server).file("flow.yaml", FLOW);
    let id = killed(&gate, &program, 1);
    let before = server.asks().len();
    program.args(["resume", &id, "wordd=wave"]).run().code(2).says("has no input `wordd`").says("did you mean `word`?");
    program.args(["resume", &id, "word=wave"]).run().ok().says("changed: model at root/step:first: paid, ");
    assert_eq!(asked(&server)[before..][..2], ["first of wave", "a after FIRST OF WAVE"]);
    assert_eq!(server.asks().len(), before + 5);
}

#[test]
fn steps_that_the_log_answers_are_shown_as_such_and_rounds_by_their_numbers() {
    let gate = Gate::default();
    let server = gate.server();
    let flow = "\
steps:
  - first: {llm: first}
  - rounds:
      while:
        condition: iteration < 3
        max_iterations: 3
        steps:
          - one: {llm: \"{{ iteration }} after {{ first }}\"}
";
    let program = Program::paying(&server).file("flow.yaml", flow);
    let id = killed(&gate, &program, 2);
    let told = program.args(["resume", &id]).run().ok().stderr;
    let lines: Vec<&str> = told.lines().collect();
    assert!(lines.contains(&"✓ first · replayed") && lines.contains(&"  ✓ one [1] · replayed"), "{told}");
    assert!(lines.iter().any(|line| line.starts_with("  ✓ one [2] · ") && line.contains(" ms · $")), "{told}");
}

#[test]
fn a_step_whose_next_call_is_refused_again_is_not_shown_as_answered_by_the_log() {
    let server = holding(usize::MAX);
    let flow = "\
steps:
  - rounds: {while: {condition: iteration < 3, max_iterations: 3, steps: [{one: {llm: \"{{ iteration }}\"}}]}}
";
    let program = Program::paying(&server).file("flow.yaml", flow);
    program.args(["run", "flow.yaml", "--max-calls", "1"]).run().code(5);
    let told = program.args(["resume", "last"]).run().code(5).stderr;
    let lines: Vec<&str> = told.lines().collect();
    assert!(lines.contains(&"  ✓ one [1] · replayed"), "{told}");
    assert!(lines.iter().any(|line| line.starts_with("✗ rounds · ") && line.contains(" ms · $")), "{told}");
}

#[test]
fn a_question_of_a_step_is_answered_by_its_name() {
    let gate = Gate::default();
    gate.open();
    let server = gate.server();
    let flow = "steps:\n  - draft: {llm: \"draft\"}\n  - go_on: {ask: {prompt: \"{{ draft }}?\", choices: [\"yes\", \"no\"]}}\n  - done: {llm: \"said {{ go_on }}\"}\n";
    let program = Program::paying(&server).file("flow.yaml", flow);
    program.args(["run", "flow.yaml"]).run().code(6);
    let id = newest_id(&program);
    assert_eq!(newest(&program)["status"], "waiting");
    program.args(["runs", "answer", &id, "go_on", "yes"]).run().ok();
    program.args(["resume", &id]).run().ok();
    assert_eq!(asked(&server), ["draft", "said yes"]);
    program.args(["replay", &id]).run().ok();
}

#[test]
fn a_run_that_goes_on_does_not_show_its_earlier_end() {
    let server = ChatServer::new(|ask| match ask.number {
        1 => Reply::refusal(400, "not today"),
        2 => Reply::acts(vec![Act::Hold]),
        _ => Reply::text(ask.last().to_uppercase()),
    });
    let flow = "steps:\n  - a: {llm: \"a\"}\n  - b: {llm: \"b {{ a }}\"}\noutputs: {a: a, b: b}\n";
    let program = Program::paying(&server).file("flow.yaml", flow);
    program.args(["run", "flow.yaml"]).run().code(4);
    let id = newest_id(&program);
    let shown = || {
        let row = program.args(["runs", "show", &id, "--json"]).run().ok().json();
        ["status", "failure", "result"].map(|field| row[field].clone())
    };
    let [status, failure, result] = shown();
    assert_eq!((status, &failure["kind"], &result["a"]), (json!("failed"), &json!("rejected"), &json!("A")));
    let running = program.args(["resume", &id]).start();
    server.wait_for(3);
    assert_eq!(shown(), [json!("running"), json!(null), json!(null)]);
    running.kill();
    running.end();
    assert_eq!(shown(), [json!("interrupted"), json!(null), json!(null)]);
    program.args(["resume", &id]).run().ok();
    assert_eq!(shown(), [json!("completed"), json!(null), json!({"a": "A", "b": "B A"})]);
}

#[test]
fn what_a_failure_ends_is_the_same_when_answers_come_from_the_log() {
    let server = ChatServer::new(|ask| Reply::text(ask.last().to_uppercase()));
    let flow = "\
steps:
  - a: {llm: slow}
  - b: {llm: 'needs {{ a }}'}
  - c: {tool: calculate, args: {expression: 1 / 0}, on_failure: fail}
  - d: {llm: never}
";
    let program = Program::paying(&server).file("flow.yaml", flow);
    let steps = program.args(["run", "flow.yaml", "--json"]).run().code(1).json()["steps"].clone();
    assert_eq!(steps, json!({"a": "ok", "b": "ok", "c": "failed", "d": "skipped"}));
    let id = newest_id(&program);
    for command in ["replay", "resume"] {
        let again = program.args([command, &id, "--json"]).run().code(1).json();
        assert_eq!(again["steps"], steps, "{command}: {again:#}");
    }
    assert_eq!(asked(&server), ["slow", "needs SLOW"]);
}

#[test]
fn a_run_with_a_failed_part_is_not_completed() {
    let flow = "steps:\n  - lost: {tool: read_file, args: {path: nowhere.txt}, on_failure: continue}\n  - after: {set: {said: '\"went on\"'}}\n";
    let program = Program::offline().file("flow.yaml", flow);
    let document = program.args(["run", "flow.yaml", "--json"]).run().ok().json();
    assert_eq!(
        (&document["status"], &document["steps"]["lost"]),
        (&json!("partial"), &json!("failed")),
        "{document:#}"
    );
    assert_eq!(newest(&program)["status"], "partial");
}

#[test]
fn a_run_is_shown_with_what_became_of_its_steps() {
    let flow = "steps:\n  - lost: {tool: read_file, args: {path: nowhere.txt}, on_failure: continue}\n  - after: {set: {said: '\"went on\"'}}\n";
    let program = Program::offline().file("flow.yaml", flow);
    program.args(["run", "flow.yaml"]).run().ok();
    let shown = program.args(["runs", "show", "last"]).run().ok().stdout;
    // Steps that need nothing of each other end in any order.
    let mut lines: Vec<&str> = shown.lines().filter(|line| line.starts_with("step    ")).collect();
    lines.sort_unstable();
    assert!(lines.len() == 2 && lines[0].starts_with("step    ✓ after · "), "{shown}");
    assert!(lines[1].starts_with("step    ✗ lost · ") && lines[1].contains("nowhere.txt"), "{shown}");
    let document = program.args(["runs", "show", "last", "--json"]).run().ok().json();
    let steps = document["steps"].as_array().expect("steps");
    let lost = steps.iter().find(|step| step["step"] == "lost").expect("the step");
    assert_eq!((steps.len(), &lost["outcome"]), (2, &json!("failed")), "{document:#}");
    let ran = program.args(["resume", "last"]).run().ok();
    ran.says("had come to its end with a part of it failed").does_not_say("had completed");
}

#[test]
fn of_many_steps_those_that_failed_are_shown() {
    let numbers: Vec<String> = (0..40).map(|number| number.to_string()).collect();
    let each =
        format!("  - many: {{each: {{in: [{}], steps: [{{one: {{set: {{v: item}}}}}}]}}}}\n", numbers.join(", "));
    let lost = "  - lost: {tool: read_file, args: {path: nowhere.txt}, on_failure: continue}\n";
    let program = Program::offline().file("flow.yaml", format!("steps:\n{each}{lost}"));
    program.args(["run", "flow.yaml"]).run().ok();
    let shown = program.args(["runs", "show", "last"]).run().ok().stdout;
    let lines: Vec<&str> = shown.lines().filter(|line| line.starts_with("step    ")).collect();
    assert_eq!((lines.len(), lines.last().copied()), (31, Some("step    .. and 12 more")), "{shown}");
    assert!(lines.iter().any(|line| line.starts_with("step    ✗ lost · ")), "{shown}");
    assert!(lines[0].starts_with("step      ✓ one [") || lines[1].starts_with("step      ✓ one ["), "{shown}");
}

#[test]
fn a_run_that_is_over_gives_the_document_of_its_end_again() {
    let gate = Gate::default();
    gate.open();
    let server = gate.server();
    let program = Program::paying(&server).file("flow.yaml", FLOW).file("one.rhai", "llm(\"a\") + \"!\"");
    for file in ["flow.yaml", "one.rhai"] {
        let mut first = program.args(["run", file, "--json"]).run().ok().json();
        // How many answers were there already is of the process that had them.
        let document = first.as_object_mut().expect("a document");
        assert!(["cached_calls", "replayed_calls"].iter().all(|name| document.remove(*name).is_some()));
        first["replayed"] = json!(true);
        let before = server.asks().len();
        assert_eq!(program.args(["resume", "last", "--json"]).run().ok().json(), first, "{file}");
        assert_eq!(server.asks().len(), before);
    }
}
