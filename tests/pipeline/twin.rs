//! `explain --rhai`: the twin of a pipeline is a script that runs and comes to the same.

use super::flow;
use serde_json::json;

const FLOW: &str = r#"
inputs: {topic: {default: ships}, n: {type: integer, default: 2}}
steps:
  words: {set: {list: '["a", "b"]', label: "{{ inputs.topic }} {{ inputs.n }}"}}
  items:
    each:
      in: words.list
      as: word
      key: word
      steps:
        shown: {set: {text: "{{ word }}-{{ key }}-{{ index }}"}}
  rounds:
    while:
      condition: prev == () || prev.n < 3
      max_iterations: 5
      steps: {up: {set: {n: iteration}}}
  sum: {tool: calculate, args: {expression: "{{ inputs.n }} + 1"}, retry: 1, on_failure: continue}
  told: {set: {s: 'outcomes.sum'}}
  way: {switch: {on: inputs.n, cases: {2: last}, default: fail}}
  between: {set: {x: 1}}
  last: {set: {a: words.label, b: items, c: rounds?.n, d: told.s}}
"#;

#[test]
fn the_twin_of_a_pipeline_that_writes_says_that_its_files_need_leave() {
    let told = |products: &str| {
        let program = flow(&format!("steps: {{a: {{set: {{v: '1'}}{products}}}}}\n"));
        program
            .args(["pipeline", "explain", "flow.yaml", "--rhai"])
            .run()
            .ok()
            .stdout
            .contains("rhizo run --approve auto.\n")
    };
    assert!(told(", products: {a: a.json}") && !told(""));
}

#[test]
fn the_twin_runs_and_answers_what_the_steps_say() {
    let program = flow(FLOW);
    let twin = program.args(["pipeline", "explain", "flow.yaml", "--rhai"]).run().ok();
    let script = twin.stdout.clone();
    twin.snapshot("pipeline_twin");
    let program = program.file("twin.rhai", script);
    let answer = program.args(["run", "twin.rhai"]).run().ok().json();
    let items = json!({"a": {"text": "a-a-0"}, "b": {"text": "b-b-1"}});
    assert_eq!(answer, json!({"a": "ships 2", "b": items, "c": 3, "d": "ok"}));
    // Another way through the same script: `default` fails the pipeline.
    program.args(["run", "twin.rhai", "n=7"]).run().code(1).says("`inputs.n` is 7, which is not to be");
}
