//! A run that went on past something that failed is `partial`, wherever that stood; one that made up for it is not.

use crate::support::program::Program;

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
            format!("  b: {{each: {{in: [1], steps: {{x: {bad}, y: {{set: {{v: '1'}}}}}}}}}}\n"),
            "partial: a part of a step",
        ),
    ] {
        let program = Program::offline().file("p.yaml", format!("steps:\n{steps}  z: {{set: {{v: '1'}}}}\n"));
        let ran = program.args(["run", "p.yaml"]).run().ok();
        assert!(ran.stderr.lines().last().is_some_and(|line| line.starts_with(told)), "{}", ran.stderr);
        program.args(["run", "p.yaml", "--quiet"]).run().ok().does_not_say("partial:");
    }
    let program = Program::offline().file("p.yaml", "steps: {z: {set: {v: '1'}}}\n");
    program.args(["run", "p.yaml"]).run().ok().does_not_say("partial");
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
