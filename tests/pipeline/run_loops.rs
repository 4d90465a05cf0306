//! `each` and `while`.

use crate::support::chat::{ChatServer, Reply};
use crate::support::program::{Program, Ran};
use serde_json::json;
use std::sync::Arc;
use std::time::Instant;
use tokio::sync::Barrier;

fn run(text: &str) -> Ran {
    Program::offline().file("p.yaml", text).args(["run", "p.yaml", "--json"]).run()
}

#[test]
fn each_gives_the_values_in_the_order_of_the_items() {
    let text = "\
steps:
  all:
    each:
      in: '{{ [3, 1, 2] }}'
      as: n
      steps:
        twice: {set: {v: n * 2, at: index, key: key}}
outputs: {all: 'all.map(|one| `${one.v}@${one.at}${one.key}`)'}
";
    assert_eq!(run(text).ok().json()["answer"], json!({"all": ["6@00", "2@11", "4@22"]}));
}

#[test]
fn each_with_a_key_gives_a_map_and_a_map_gives_its_keys() {
    let text = "\
steps:
  rows: {set: {list: '[#{id: \"y/z\", n: 2}, #{id: \"x\", n: 1}]'}}
  keyed: {each: {in: '{{ rows.list }}', as: row, key: row.id, steps: {v: {set: {n: row.n}}}}}
  named: {each: {in: {a: 1, b: 2}, steps: {w: {set: {n: item, k: key}}}}}
outputs: {keyed: keyed, named: named, listed: 'rows.list.map(|row| keyed[row.id].n)'}
";
    let document = run(text).ok().json();
    assert_eq!(document["answer"]["keyed"], json!({"x": {"n": 1}, "y/z": {"n": 2}}));
    assert_eq!(document["answer"]["listed"], json!([2, 1]), "in the order of the list");
    assert_eq!(document["answer"]["named"], json!({"a": {"k": "a", "n": 1}, "b": {"k": "b", "n": 2}}));
}

#[test]
fn two_items_with_one_key_are_refused() {
    let text = "steps: {all: {each: {in: [1, 1], as: n, key: n, steps: {v: {set: {n: n}}}}}}\n";
    run(text).code(1).says("two items have the key `1`");
}

#[test]
fn items_run_at_once_up_to_the_limit() {
    let meeting = Arc::new(Barrier::new(3));
    let server = ChatServer::new(move |_| Reply::text("here").meets(&meeting));
    let text = "steps: {all: {each: {in: [1, 2, 3, 4, 5, 6], max_parallel: 3, steps: {a: {llm: 'n {{ item }}'}}}}}\n";
    let program = Program::served_by(&server).file("p.yaml", text);
    program.args(["run", "p.yaml", "--json"]).run().ok();
    assert_eq!(server.most_under_way(), 3);
    assert_eq!(server.asks().len(), 6);
}

const FAILING: &str = "\
steps:
  all:
    each:
      in: [4, 0, 2, 0]
      max_parallel: 1
      on_item_failure: MODE
      steps:
        part: {tool: calculate, args: {expression: '8 / {{ item }}'}}
  after: {set: {values: all, errors: errors.all}, always: true}
outputs: {all: all, after: after}
";

#[test]
fn a_failed_item_stops_the_rest() {
    let document = run(&FAILING.replace("MODE", "stop")).code(1).json();
    assert_eq!(document["steps"]["all"], "failed");
    let failure = &document["failure"];
    assert_eq!(failure["details"]["item"], "1");
    assert_eq!(failure["details"]["items"].as_object().map(serde_json::Map::len), Some(1), "the last was not begun");
}

#[test]
fn which_items_begin_before_a_failure_stops_the_rest_is_no_matter_of_speed() {
    let meeting = Arc::new(Barrier::new(2));
    let server = ChatServer::new(move |ask| match ask.last().as_str() {
        "say bad" => Reply::refusal(400, "no").meets(&meeting),
        "say good" => Reply::text("good").meets(&meeting),
        text => Reply::text(text),
    });
    let text =
        "steps: {all: {each: {in: [good, bad, third, never], max_parallel: 2, steps: {a: {llm: 'say {{ item }}'}}}}}\n";
    let program = Program::served_by(&server).file("p.yaml", text);
    let failure = program.args(["run", "p.yaml", "--json"]).run().code(4).json()["failure"].clone();
    assert_eq!(failure["details"]["item"], "1");
    let mut asked: Vec<String> = server.asks().iter().map(|ask| ask.last()).collect();
    asked.sort_unstable();
    assert_eq!(asked, ["say bad", "say good", "say third"]);
}

#[test]
fn a_failed_item_lets_the_rest_continue() {
    let document = run(&FAILING.replace("MODE", "continue")).ok().json();
    assert_eq!(document["answer"]["all"], json!([2, null, 4, null]));
    let errors = &document["answer"]["after"]["errors"];
    assert_eq!(
        errors.as_object().map(|map| map.keys().cloned().collect::<Vec<_>>()),
        Some(vec!["1".into(), "3".into()])
    );
    assert_eq!(errors["3"]["kind"], "invalid");
}

#[test]
fn while_sees_what_the_last_iteration_gave() {
    let text = "\
steps:
  grow:
    while:
      condition: prev == () || prev.v < 20
      max_iterations: 9
      steps:
        more: {set: {v: (prev?.v ?? 1) * 3, turn: iteration}}
";
    let document = run(text).ok().json();
    assert_eq!(document["answer"], json!({"v": 27, "turn": 3}));
}

#[test]
fn while_without_an_end_is_a_failure_with_the_last_value() {
    let text = "\
steps:
  grow:
    while: {condition: 'true', max_iterations: 4, steps: {more: {set: {turn: iteration}}}}
    on_failure: continue
  after: {set: {kind: errors.grow?.kind, last: errors.grow?.last?.turn}}
";
    assert_eq!(run(text).ok().json()["answer"], json!({"kind": "loop_exhausted", "last": 4}));
    let ran = run(&text
        .replace("    on_failure: continue\n", "")
        .replace("  after: {set: {kind: errors.grow?.kind, last: errors.grow?.last?.turn}}\n", ""));
    assert_eq!(ran.code(1).json()["failure"]["kind"], "loop_exhausted");
}

#[test]
fn loops_of_plain_values_hear_of_a_deadline() {
    let turns = "while: {condition: 'true', max_iterations: 10000, steps";
    // Nine thousand turns in each of ten thousand: no machine is through with that in a minute.
    let inner = "while: {condition: iteration < 9000, max_iterations: 10000, steps";
    let loops = format!("{turns}: {{b: {{{inner}: {{c: {{set: {{v: '1'}}}}}}}}}}}}}}");
    let told = |text: &str, args: &[&str], code: i32| {
        let begun = Instant::now();
        let program = Program::offline().file("p.yaml", text);
        let ran = program.list(&[&["run", "p.yaml", "--json"], args].concat()).run().code(code);
        assert!(begun.elapsed().as_secs() < 60, "{text}");
        ran
    };
    let whole = format!("limits: {{timeout: 500ms}}\nsteps: {{a: {{{loops}}}}}\n");
    told(&whole, &[], 124).says("took longer than 0.5 s");
    let step = format!(
        "steps: {{a: {{{loops}, timeout: 500ms, on_failure: continue}}, d: {{set: {{k: errors.a?.stopped_by}}}}}}\n"
    );
    assert_eq!(told(&step, &[], 0).json()["answer"], json!({"k": "deadline"}));
    told(&format!("steps: {{a: {{{loops}}}}}\n"), &["--timeout", "0.5"], 124).says("took longer than 0.5 s");
}

#[test]
fn a_condition_must_be_true_or_false() {
    let text = "steps: {a: {set: {v: '[1, \"x\"][0]'}}, b: {set: {v: '2'}, condition: a.v}}\n";
    run(text).code(1).says("the condition `a.v` is 1, neither true nor false");
}
