//! A run that went on past something that failed is `partial`, wherever that stood; one that made up for it is not.

use crate::support::chat::{ChatServer, Reply};
use crate::support::program::Program;
use serde_json::json;

#[test]
fn a_part_of_a_body_that_failed_makes_the_run_partial() {
    let bad = "lost: {tool: read_file, args: {path: nowhere.txt}, on_failure: continue}";
    let inner = format!("steps:\n  {bad}\n  kept: {{set: {{v: '1'}}}}\n");
    for (body, status) in [
        (
            format!("while: {{condition: iteration < 3, max_iterations: 5, steps: {{{bad}, v: {{set: {{n: '1'}}}}}}}}"),
            "partial",
        ),
        (
            format!("parallel: {{left: [{{{bad}}}, {{v: {{set: {{n: '1'}}}}}}], right: [{{w: {{set: {{n: '1'}}}}}}]}}"),
            "partial",
        ),
        (format!("each: {{in: [1, 2], steps: {{{bad}, v: {{set: {{n: '1'}}}}}}}}"), "partial"),
        ("pipeline: inner.yaml".to_owned(), "partial"),
        ("while: {condition: iteration < 3, max_iterations: 5, steps: {v: {set: {n: '1'}}}}".to_owned(), "completed"),
        ("parallel: {left: [{v: {set: {n: '1'}}}]}".to_owned(), "completed"),
    ] {
        let text = format!("steps:\n  outer: {{{body}}}\n  after: {{set: {{said: '\"went on\"'}}}}\n");
        let program = Program::offline().file("p.yaml", &text).file("inner.yaml", &inner);
        let document = program.args(["run", "p.yaml", "--json"]).run().ok().json();
        assert_eq!(document["status"], status, "{text}\n{document:#}");
    }
}

#[test]
fn the_last_line_of_a_partial_run_names_the_steps_that_failed() {
    let bad = "{tool: read_file, args: {path: nowhere.txt}, on_failure: continue}";
    for (steps, told) in [
        (format!("  b: {bad}\n"), "partial: 1 step failed (b)"),
        (format!("  b: {bad}\n  c: {bad}\n"), "partial: 2 steps failed (b, c)"),
        (
            format!("  b: {bad}\n  n: {{each: {{in: [1], steps: {{x: {bad}, y: {{set: {{v: '1'}}}}}}}}}}\n"),
            "partial: 1 step failed (b) and items of n; made again",
        ),
        (
            format!("  b: {{each: {{in: [1], steps: {{x: {bad}, y: {{set: {{v: '1'}}}}}}}}}}\n"),
            "partial: a part of a step",
        ),
    ] {
        let program = Program::offline().file("p.yaml", format!("steps:\n{steps}  z: {{set: {{v: '1'}}}}\n"));
        let ran = program.args(["run", "p.yaml"]).run().ok();
        assert!(ran.stderr.lines().last().is_some_and(|line| line.starts_with(told)), "{}", ran.stderr);
        program.args(["run", "p.yaml", "--quiet", "--fail-on-partial"]).run().code(1).says(told);
    }
    let program = Program::offline().file("p.yaml", "steps: {z: {set: {v: '1'}}}\n");
    program.args(["run", "p.yaml"]).run().ok().does_not_say("partial");
}

#[test]
fn the_script_of_a_pipeline_names_the_steps_that_it_went_on_without() {
    let bad = "{tool: read_file, args: {path: nowhere.txt}, on_failure: continue}";
    let flow =
        format!("steps:\n  a: {{each: {{in: [1], steps: {{x: {bad}}}}}}}\n  b: {bad}\n  c: {{set: {{v: '1'}}}}\n");
    let program = Program::offline().file("p.yaml", flow);
    let script = program.args(["pipeline", "explain", "p.yaml", "--rhai"]).run().ok().stdout;
    let program = program.file("twin.rhai", script);
    let told = "partial: steps that failed, or a part of which did: a, b";
    program.args(["run", "twin.rhai"]).run().ok().says(told);
    program.args(["run", "twin.rhai", "--fail-on-partial"]).run().code(1).says(told);
}

#[test]
fn a_partial_run_ends_with_1_where_that_is_asked_for() {
    let bad = "{tool: read_file, args: {path: nowhere.txt}, on_failure: continue}";
    let program = Program::offline().file("p.yaml", format!("steps:\n  b: {bad}\n  z: {{set: {{v: '1'}}}}\n"));
    let program = program.file("whole.yaml", "steps: {z: {set: {v: '1'}}}\n");
    for args in [
        &["run", "p.yaml"][..],
        &["run", "p.yaml", "--json"],
        &["run", "p.yaml", "--events", "-"],
        &["pipeline", "run", "p.yaml"],
        &["eval", "PIPELINE(\"p.yaml\")"],
        &["resume", "last"],
    ] {
        program.list(&[args, &["--fail-on-partial"]].concat()).run().code(1);
    }
    program.args(["resume", "last"]).run().ok();
    program.args(["run", "whole.yaml", "--fail-on-partial"]).run().ok();
    for args in [&["--fail-on-partial"][..], &["repl", "--fail-on-partial"]] {
        program.list(args).run().code(2).says("--fail-on-partial means nothing to a session of the REPL");
    }
}

#[test]
fn a_part_that_was_made_again_is_not_missing() {
    let text = "\
steps:
  draft: {set: {v: '1'}, max_visits: 3}
  once: {set: {v: '2'}, condition: outcomes.draft == \"ok\"}
  body:
    while:
      condition: prev == ()
      max_iterations: 2
      steps:
        found: {tool: read_file, args: {path: made.txt}, on_failure: continue}
        state: {set: {of: outcomes.found}}
  write: {tool: write_file, args: {path: made.txt, text: here, mode: overwrite}, dependencies: [body]}
  again: {switch: {on: body.of, cases: {failed: draft}}}
";
    let program = Program::offline().file("p.yaml", text);
    let document = program.args(["run", "p.yaml", "--json", "--approve", "auto"]).run().ok().json();
    assert_eq!(document["status"], "completed", "{document:#}");
    assert_eq!(document["steps"]["again"], "ok");
}

/// A pipeline that goes on past a failed step.
const INNER: &str = "id: inner\nsteps: {lost: {tool: read_file, args: {path: nowhere.txt}, on_failure: continue}, \
                     kept: {set: {v: '1'}}}\n";

#[test]
fn a_program_that_calls_a_partial_pipeline_is_partial() {
    let outer = "steps: {c: {tool: inner}}\n";
    let program = Program::offline().file("pipelines/inner.yaml", INNER).file("outer.yaml", outer);
    for args in [["eval", "PIPELINE(\"inner\").v"], ["eval", "TOOL(\"inner\", #{}).v"], ["run", "outer.yaml"]] {
        let ran = program.list(&[&args[..], &["--json"]].concat()).run().ok();
        assert_eq!(ran.json()["status"], "partial", "{args:?}");
        ran.says("partial: 1 step of pipeline `inner` failed (lost)").does_not_say("a part of a step failed");
    }
    let whole = "id: inner\nsteps: {kept: {set: {v: '1'}}}\n";
    let program = Program::offline().file("pipelines/inner.yaml", whole);
    let ran = program.args(["eval", "PIPELINE(\"inner\").v", "--json"]).run().ok().does_not_say("partial");
    assert_eq!(ran.json()["status"], "completed");
}

#[test]
fn what_a_child_run_lacks_its_parent_lacks_too() {
    let code = "context.head(1);\nFINAL(PIPELINE(\"inner.yaml\").v)";
    let server = ChatServer::new(move |_| Reply::code(code));
    let long = "Nothing of interest to anybody.\n".repeat(4_000);
    let program = Program::paying(&server).file("inner.yaml", INNER).file("long.txt", long);
    let program = program.file("parent.rhai", "rlm(\"child\", context)");
    let ran = program.args(["run", "parent.rhai", "-c", "long.txt", "--json"]).run().ok();
    let document = ran.json();
    assert_eq!((&document["status"], &document["answer"]), (&json!("partial"), &json!(1)), "{document:#}");
    ran.says("partial: child run ").says(": 1 step of pipeline `inner` failed (lost)");
    // A fork has the answer of that child, and lacks as much.
    let fork = program.args(["runs", "fork", "last"]).run().ok().stdout;
    let document = program.args(["resume", fork.trim(), "--json"]).run().ok().json();
    assert_eq!((&document["status"], &document["answer"]), (&json!("partial"), &json!(1)), "{document:#}");
    assert_eq!(server.asks().len(), 1);
}
