//! Whole pipelines: what is accepted in all its forms, and what is told of many files at once.

use super::accepted;
use crate::support::program::Program;
use serde_json::json;

/// Every act and every key, once.
pub(super) const EVERYTHING: &str = r#"
id: everything
name: Everything
description: Shows every act and every key of the format.
version: 1.2
inputs:
  - topic: what it is about
  - count: {type: integer, default: 3, description: how many}
  - note: {required: false}
outputs:
  text: review?.text
  files: "found.entries.len"
orchestrator: architect
default_model: worker
experts: {read_file: offline}
selection_schema: balanced
personalities: {kind: You are kind and short.}
budget: {max_cost: 0.5, max_calls: 100}
limits: {max_parallel: 4, timeout: 10m}
defaults: {timeout: 60s, retry: 1, max_tokens: 500, temperature: 0.2}
output_dir: out
steps:
  found:
    tool: list_dir
    args: {path: .}
  values:
    set:
      list: '["a", "b"]'
      count: inputs.count
      label: "{{ inputs.topic }} by {{ inputs.count }}"
  draft:
    llm:
      prompt: "Write about {{ inputs.topic }}"
      system: Be brief.
      stop: [END]
      check: answer.text.len() > 0
    personality: kind
    tools: [read_file]
    vars:
      text: the text
      score: {type: number, example: 0.5}
    retry: {times: 2, wait: 1s, factor: 2}
    cache: 1h
  sides:
    parallel:
      left: [{l: {set: {n: 1}}}]
      right: [{r: {llm: "{{ draft.text }}"}}]
  rounds:
    while:
      condition: prev == () || prev.score < 0.8
      max_iterations: 3
      steps:
        better:
          llm: "Improve {{ prev?.text ?? draft.text }}, round {{ iteration }}"
          vars: {text: the text, score: {type: number}}
  items:
    each:
      in: values.list
      as: word
      key: word
      max_parallel: 2
      on_item_failure: continue
      steps:
        - one: {llm: "Explain {{ word }} ({{ index }})"}
        - two: {set: {text: one, key: key}, products: {two.text: "words/{{ key }}.md"}}
  counted: {script: outline, args: {}}
  child: {run: {task: "Look at {{ inputs.topic }}", context: "{{ draft.text }}", max_turns: 4}, budget: 0.1}
  sure:
    ask: {prompt: Shall it go on?, choices: ["yes", "no"], of: worker}
  way:
    switch: {on: sure, cases: {"yes": review, "no": stop}, default: fail}
  stop: {end: '"stopped"', condition: 'sure == "no"'}
  review:
    llm: "Review {{ rounds?.text }} and {{ sides.left.n }}"
    vars: {text: the text}
    condition: inputs.count > 1
    on_false: fail
    on_failure: skip
    max_visits: 2
    priority: 3
    products: {text: review.md, review: review.json}
  pause: {wait: 10ms, dependencies: [review], always: true}
"#;

#[test]
fn every_act_and_key_is_accepted() {
    accepted(EVERYTHING);
}

#[test]
fn maps_and_lists_say_the_same() {
    let map = "inputs: {a: x}\nsteps:\n  one: {set: {n: inputs.a}}\n  two: {set: {n: one.n}}\noutputs: {n: two.n}\n";
    let list =
        "inputs: [a: x]\nsteps:\n- one: {set: [n: inputs.a]}\n- name: two\n  set: {n: one.n}\noutputs: [n: two.n]\n";
    let explained = |text: &str| {
        let ran = super::flow(text).args(["pipeline", "explain", "flow.yaml"]).run().ok();
        ran.stdout
    };
    assert_eq!(explained(map), explained(list));
}

#[test]
fn files_are_checked_together_and_json_has_every_fault() {
    let program = Program::offline()
        .file("good.yaml", "steps: {one: {set: {n: 1}}}\n")
        .file("bad.yaml", "steps: {one: {sett: {n: 1}}}\n");
    let ran = program.args(["pipeline", "validate", "good.yaml", "bad.yaml", "none.yaml", "--json"]).run().code(1);
    let rows = ran.json();
    assert_eq!(rows[0], json!({"file": "good.yaml", "ok": true, "id": "good", "steps": 1, "faults": [], "notes": []}));
    assert_eq!(rows[1]["ok"], json!(false));
    assert_eq!((&rows[1]["faults"][0]["line"], &rows[1]["faults"][0]["column"]), (&json!(1), &json!(15)));
    assert!(rows[2]["faults"][0]["message"].as_str().expect("a message").contains("cannot read none.yaml"));
    program.args(["pipeline", "validate", "good.yaml"]).run().ok().prints("good.yaml: ok, 1 step\n");
}

#[test]
fn nothing_is_asked_and_nothing_is_stored() {
    let program = super::flow(EVERYTHING);
    program.args(["pipeline", "validate", "flow.yaml"]).run().ok();
    let rows = program.args(["runs", "list", "--json"]).run().ok().json();
    assert_eq!(rows, json!([]));
}
