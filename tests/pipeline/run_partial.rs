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
