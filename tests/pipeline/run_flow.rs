//! The order of steps: dependencies, conditions, jumps, and what follows a failure.

use crate::support::chat::{ChatServer, Reply};
use crate::support::program::{Program, Ran};
use serde_json::{Value, json};
use std::sync::Arc;
use tokio::sync::Barrier;

fn run(text: &str) -> Ran {
    Program::offline().file("p.yaml", text).args(["run", "p.yaml", "--json"]).run()
}

/// The outcomes of the steps, and the answer.
fn told(ran: &Ran) -> (Value, Value) {
    let document = ran.json();
    (document["steps"].clone(), document["answer"].clone())
}

/// A step that fails.
const BAD: &str = "tool: calculate, args: {expression: 1 / 0}";

#[test]
fn steps_run_in_the_order_of_what_they_read() {
    let text = "\
steps:
  a: {set: {v: '\"a\"'}}
  c: {set: {v: '\"c\"'}}
  b: {set: {v: '`b${a.v}`'}}
  last: {set: {v: '`${b.v}${a.v}`'}, dependencies: [c]}
outputs: {v: last.v}
";
    assert_eq!(run(text).ok().json()["answer"], json!({"v": "baa"}));
}

#[test]
fn an_expression_that_makes_a_deep_value_overflows_no_stack() {
    let deep = "let f = 0; for i in 0..12000 { let g = [[[[f]]]]; f = |y| g; } true";
    let text = format!("steps:\n  a: {{set: {{v: '{deep}'}}}}\noutputs: {{v: a.v}}\n");
    assert_eq!(run(&text).ok().json()["answer"], json!({"v": true}));
}

#[test]
fn twelve_steps_run_at_once() {
    let meeting = Arc::new(Barrier::new(12));
    let server = ChatServer::new(move |_| Reply::text("here").meets(&meeting));
    let steps: String = (0..12).map(|n| format!("  s{n}: {{llm: 'number {n}'}}\n")).collect();
    let program = Program::served_by(&server).file("p.yaml", format!("steps:\n{steps}"));
    let document = program.args(["run", "p.yaml", "--json"]).run().ok().json();
    assert_eq!(document["calls"], 12);
    assert_eq!(server.most_under_way(), 12);
}

#[test]
fn no_more_run_at_once_than_the_file_allows_and_the_largest_priority_goes_first() {
    let server = ChatServer::new(|ask| Reply::text(ask.last()));
    let text = "\
limits: {max_parallel: 1}
steps:
  a: {llm: a}
  b: {llm: b, priority: 2}
  c: {llm: c, priority: 1}
";
    let program = Program::served_by(&server).file("p.yaml", text);
    program.args(["run", "p.yaml"]).run().ok();
    let order: Vec<String> = server.asks().iter().map(|ask| ask.last()).collect();
    assert_eq!(order, ["b", "c", "a"]);
    assert_eq!(server.most_under_way(), 1);
}

#[test]
fn a_condition_that_does_not_hold_skips_the_step_only() {
    let text = "\
steps:
  a: {set: {v: '1'}}
  b: {set: {v: '2'}, condition: a.v > 1}
  c: {set: {v: b?.v ?? 7}}
";
    let (steps, answer) = told(&run(text).ok());
    assert_eq!(steps, json!({"a": "ok", "b": "skipped", "c": "ok"}));
    assert_eq!(answer, json!({"v": 7}));
}

#[test]
fn where_a_false_condition_leads() {
    for (on_false, code, steps) in [
        ("continue", 0, json!({"a": "skipped", "b": "ok", "c": "ok", "d": "ok"})),
        ("skip", 0, json!({"a": "skipped", "b": "skipped", "c": "ok", "d": "ok"})),
        ("end", 0, json!({"a": "skipped", "b": "skipped", "c": "skipped", "d": "skipped"})),
        ("fail", 1, json!({"a": "failed", "b": "skipped", "c": "skipped", "d": "skipped"})),
        ("d", 0, json!({"a": "skipped", "b": "skipped", "c": "skipped", "d": "ok"})),
    ] {
        let text = format!(
            "limits: {{max_parallel: 1}}\nsteps:\n  a: {{set: {{v: '1'}}, condition: 1 > 2, on_false: {on_false}}}\n  \
             b: {{set: {{v: a?.v}}}}\n  c: {{set: {{v: '3'}}}}\n  d: {{set: {{v: '4'}}}}\n"
        );
        let ran = run(&text).code(code);
        assert_eq!(told(&ran).0, steps, "{on_false}");
    }
}

#[test]
fn where_a_failure_leads() {
    for (on_failure, code, steps) in [
        ("", 1, json!({"a": "failed", "b": "skipped", "c": "ok", "d": "ok"})),
        ("continue", 0, json!({"a": "failed", "b": "skipped", "c": "ok", "d": "ok"})),
        ("skip", 0, json!({"a": "failed", "b": "skipped", "c": "ok", "d": "ok"})),
        ("end", 0, json!({"a": "failed", "b": "skipped", "c": "skipped", "d": "skipped"})),
        ("d", 0, json!({"a": "failed", "b": "skipped", "c": "skipped", "d": "ok"})),
    ] {
        let on_failure = if on_failure.is_empty() { String::new() } else { format!(", on_failure: {on_failure}") };
        let text = format!(
            "steps:\n  a: {{{BAD}{on_failure}}}\n  b: {{set: {{v: a ?? 0}}}}\n  c: {{set: {{v: '3'}}}}\n  \
             d: {{set: {{v: '4'}}}}\n"
        );
        let ran = run(&text).code(code);
        assert_eq!(told(&ran).0, steps, "{on_failure}");
    }
}

#[test]
fn fail_stops_what_has_not_begun_but_not_what_always_runs() {
    let text = format!(
        "limits: {{max_parallel: 1}}\nsteps:\n  a: {{{BAD}, on_failure: fail}}\n  b: {{set: {{v: '1'}}}}\n  \
         c: {{set: {{v: outcomes.a}}, always: true}}\noutputs: {{v: c.v}}\n"
    );
    let (steps, answer) = told(&run(&text).code(1));
    assert_eq!(steps, json!({"a": "failed", "b": "skipped", "c": "ok"}));
    assert_eq!(answer, json!({"v": "failed"}));
}

#[test]
fn where_success_leads() {
    for (on_success, code, steps) in [
        ("continue", 0, json!({"a": "ok", "b": "ok", "c": "ok"})),
        ("end", 0, json!({"a": "ok", "b": "skipped", "c": "skipped"})),
        ("c", 0, json!({"a": "ok", "b": "skipped", "c": "ok"})),
        ("fail", 1, json!({"a": "failed", "b": "skipped", "c": "skipped"})),
    ] {
        let text = format!(
            "limits: {{max_parallel: 1}}\nsteps:\n  a: {{set: {{v: '1'}}, on_success: {on_success}}}\n  \
             b: {{set: {{v: '2'}}}}\n  c: {{set: {{v: '3'}}}}\n"
        );
        let ran = run(&text).code(code);
        assert_eq!(told(&ran).0, steps, "{on_success}");
    }
}

#[test]
fn outcomes_and_errors_can_be_read() {
    let text = format!(
        "steps:\n  a: {{{BAD}, on_failure: continue}}\n  b: {{set: {{o: outcomes.a, k: errors.a?.kind}}}}\n  \
         c: {{set: {{o: outcomes.b, e: errors.b}}}}\noutputs: {{b: b, c: c}}\n"
    );
    let (_, answer) = told(&run(&text).ok());
    assert_eq!(answer, json!({"b": {"o": "failed", "k": "invalid"}, "c": {"o": "ok", "e": null}}));
}

#[test]
fn a_switch_goes_where_the_value_says() {
    let text = "\
inputs: {kind: {default: question}}
steps:
  route: {switch: {on: inputs.kind, cases: {complaint: angry, question: curious}, default: fail}}
  angry: {set: {v: '\"sorry\"'}, on_success: done}
  curious: {set: {v: '\"because\"'}}
  done: {set: {v: angry?.v ?? curious?.v}}
";
    let program = Program::offline().file("p.yaml", text);
    for (kind, code, answer) in
        [("question", 0, json!({"v": "because"})), ("complaint", 0, json!({"v": "sorry"})), ("other", 1, Value::Null)]
    {
        let ran = program.args(["run", "p.yaml", &format!("kind={kind}"), "--json"]).run().code(code);
        assert_eq!(ran.json()["answer"], answer, "{kind}");
    }
}

#[test]
fn a_case_is_a_value_however_yaml_writes_it() {
    for (on, answer) in
        [("1 > 0", "sure"), ("1.5", "half"), ("16", "hex"), ("()", "nothing"), ("\"FALSE\"", "text"), ("1 < 0", "rest")]
    {
        let text = format!(
            "steps:\n  \
             route: {{switch: {{on: '{on}', cases: {{True: sure, 1.50: half, 0x10: hex, ~: nothing, 'FALSE': text}}, default: rest}}}}\n  \
             sure: {{set: {{v: '\"sure\"'}}, on_success: end}}\n  half: {{set: {{v: '\"half\"'}}, on_success: end}}\n  \
             hex: {{set: {{v: '\"hex\"'}}, on_success: end}}\n  nothing: {{set: {{v: '\"nothing\"'}}, on_success: end}}\n  \
             text: {{set: {{v: '\"text\"'}}, on_success: end}}\n  rest: {{set: {{v: '\"rest\"'}}}}\n"
        );
        assert_eq!(run(&text).ok().json()["answer"], json!({"v": answer}), "{on}");
    }
}

#[test]
fn a_whole_result_of_a_calculation_is_a_whole_number() {
    let text = "\
steps:
  sum: {tool: calculate, args: {expression: '2*(3+4)'}}
  way: {switch: {on: sum, cases: {14: good}, default: fail}}
  good: {set: {v: '`${sum}`'}}
";
    assert_eq!(run(text).ok().json()["answer"], json!({"v": "14"}));
}

#[test]
fn a_jump_backward_repeats_what_lies_between() {
    let server = ChatServer::new(|ask| Reply::text(format!("0.{}", ask.number)));
    let text = "\
steps:
  draft: {llm: Draft., max_visits: 4}
  score: {set: {v: parse_float(draft)}}
  again: {set: {v: score.v}, condition: score.v >= 0.2, on_false: draft}
outputs: {v: again?.v}
";
    let program = Program::served_by(&server).file("p.yaml", text);
    let document = program.args(["run", "p.yaml", "--json"]).run().ok().json();
    assert_eq!(document["answer"], json!({"v": 0.2}));
    assert_eq!(server.asks().len(), 3);
    // Each visit has a frame of its own, so that a repeated run asks for the same effects.
    let run = document["run"].as_str().expect("an id").to_owned();
    let export = program.args(["runs", "export", &run]).run().ok().json();
    let effects = crate::support::program::effects(&export);
    let frames: Vec<&str> = effects.iter().filter_map(|effect| effect["frame"].as_str()).collect();
    assert_eq!(frames, ["root/step:draft", "root/step:draft/visit:2", "root/step:draft/visit:3"], "{export:#}");
}

#[test]
fn too_many_visits_are_a_failure_with_the_last_value() {
    let text = "\
steps:
  draft: {set: {v: '5'}, max_visits: 3}
  again: {set: {v: draft.v + 1}, on_success: draft}
";
    let ran = run(text).code(1);
    let document = ran.json();
    assert_eq!(document["failure"]["kind"], "loop_exhausted");
    assert_eq!(document["failure"]["details"]["last"], json!({"v": 6}));
    assert_eq!(document["steps"], json!({"draft": "ok", "again": "failed"}));
    ran.says("`draft` was visited 3 times and is wanted once more");
}

#[test]
fn a_failed_step_is_tried_again() {
    let server =
        ChatServer::new(|ask| if ask.number < 2 { Reply::refusal(400, "not now") } else { Reply::text("at last") });
    let text = "steps: {a: {llm: Go., retry: {times: 2, wait: 1ms, factor: 2}}}\n";
    let program = Program::served_by(&server).file("p.yaml", text);
    program.args(["run", "p.yaml"]).run().ok().prints("at last\n");
    assert_eq!(server.asks().len(), 3);
}

#[test]
fn a_step_that_takes_too_long_is_stopped_and_can_be_dealt_with() {
    let text = "\
steps:
  slow: {wait: 1h, timeout: 10ms, on_failure: continue}
  then: {set: {k: errors.slow?.kind, by: errors.slow?.stopped_by}}
";
    assert_eq!(run(text).ok().json()["answer"], json!({"k": "child", "by": "deadline"}));
    let text = "limits: {timeout: 10ms}\nsteps: {slow: {wait: 1h}}\n";
    let ran = run(text).code(124);
    assert_eq!(ran.json()["status"], "limited");
    ran.says("pipeline `p` took longer than 0.01 s");
}

#[test]
fn an_interrupted_pipeline_is_cancelled() {
    let server = ChatServer::new(|_| Reply::acts(vec![crate::support::server::Act::Hold]));
    let program = Program::served_by(&server).file("p.yaml", "steps: {a: {llm: Go.}, b: {set: {v: a}}}\n");
    let running = program.args(["run", "p.yaml", "--json"]).start();
    server.wait_for(1);
    running.interrupt();
    let document = running.end().code(130).json();
    assert_eq!(document["status"], "cancelled");
    assert_eq!(document["steps"], json!({"a": "cancelled", "b": "skipped"}));
}

#[test]
fn a_step_may_wait_for_one_that_fails() {
    let text = format!(
        "\
steps:
  a: {{{BAD}}}
  needs: {{set: {{v: '1'}}, dependencies: [a]}}
  waits: {{set: {{v: '2'}}, dependencies: [outcomes.a]}}
  reads: {{set: {{v: waits.v + 1}}}}
"
    );
    let ran = run(&text).code(1);
    assert_eq!(told(&ran).0, json!({"a": "failed", "needs": "skipped", "waits": "ok", "reads": "ok"}));
    let text = "steps: {a: {set: {v: '1'}}, b: {set: {v: '2'}, dependencies: [outcomes.aa]}}";
    run(text).code(1).says("there is no step `aa`; known are a, b");
}

#[test]
fn visits_are_counted_for_every_step_that_bounds_them() {
    let server = ChatServer::new(|ask| Reply::text(ask.last()));
    let text = "\
steps:
  draft: {set: {v: '1'}, max_visits: 5}
  dear: {llm: 'again {{ draft.v }}', max_visits: 2}
  again: {set: {v: dear}, on_success: draft}
";
    let program = Program::served_by(&server).file("p.yaml", text);
    let ran = program.args(["run", "p.yaml", "--json"]).run().code(1);
    let failure = ran.json()["failure"].clone();
    assert_eq!(failure["kind"], "loop_exhausted");
    assert_eq!(failure["message"], "`dear` was visited 2 times and is wanted once more");
    assert_eq!(server.asks().len(), 2);
    let gone_past = text.replace("max_visits: 2}", "max_visits: 2, on_failure: end}");
    Program::served_by(&server).file("p.yaml", gone_past).args(["run", "p.yaml"]).run().ok();
}

#[test]
fn who_is_jumped_over_too_may_read() {
    let text = "\
inputs: {kind: {default: spam}}
outputs: {v: done.v}
steps:
  route: {switch: {on: inputs.kind, cases: {spam: done}}}
  draft: {set: {v: '1'}}
  better: {set: {v: draft.v + 1}}
  maybe: {set: {v: '2'}, condition: inputs.kind == 'x', on_false: done}
  behind: {set: {v: maybe.v + better.v}}
  done: {set: {v: '3'}}
";
    for (kind, done) in [("spam", "skipped"), ("ham", "ok")] {
        let ran = run(&text.replace("default: spam", &format!("default: {kind}"))).ok();
        let (steps, answer) = told(&ran);
        assert_eq!((&steps["better"], &steps["behind"]), (&json!(done), &json!("skipped")), "{kind}");
        assert_eq!(answer, json!({"v": 3}));
    }
    // A reader behind the target is not jumped over, nor one before the step that jumps.
    for reader in ["{set: {v: done.v + draft.v}}", "{set: {v: draft.v}}"] {
        run(&format!("{text}  late: {reader}\n"))
            .code(1)
            .says("`draft` may be `()` here, because `route` may jump over it");
    }
    let early = text.replace("steps:\n", "steps:\n  early: {set: {v: draft.v}}\n");
    run(&early).code(1).says("`draft` may be `()` here, because `route` may jump over it");
}

#[test]
fn an_open_question_is_not_dealt_with_beside_a_failure() {
    let text = format!(
        "\
steps:
  p:
    parallel:
      l: [{{a: {{{BAD}}}}}]
      r: [{{b: {{ask: 'Publish?'}}}}]
    on_failure: continue
  after: {{set: {{v: '1'}}}}
"
    );
    run(&text).code(6).says("Publish?");
    // Without anybody who deals with the failure the run has failed, whatever would be answered.
    run(&text.replace("    on_failure: continue\n", "")).code(1);
    let each = "steps: {all: {each: {in: [0, 1], steps: {s: {set: {v: 1 / item}}, b: {ask: 'Publish {{ s.v }}?'}}}}}";
    run(each).code(1);
    run(&each.replace("in: [0, 1]", "in: [0, 1], on_item_failure: continue")).code(6).says("Publish 1?");
}

#[test]
fn what_a_map_of_items_and_an_early_end_give() {
    let text = "\
outputs: {v: b.v}
steps:
  all: {each: {in: {a: 1}, steps: {s: {set: {n: item}}}}}
  b: {set: {v: all.a.n}}
";
    assert_eq!(run(text).ok().json()["answer"], json!({"v": 1}));
    let child = "inputs: {n: {type: integer}}\noutputs: {text: s.v}\nsteps: {e: {end: '\"none\"', condition: inputs.n == 0}, s: {set: {v: '\"x\"'}}}\n";
    let parent = "steps: {sub: {pipeline: child.yaml, inputs: {n: 0}}, after: {set: {t: sub.text}}}\n";
    let program = Program::offline().file("child.yaml", child).file("p.yaml", parent);
    // What it answers is known when it runs: a failure of the data, not of the file.
    let document = program.args(["run", "p.yaml", "--json"]).run().code(1).json();
    assert_eq!(document["failure"]["kind"], "data");
}

#[test]
fn a_way_back_to_what_is_skipped_each_time_comes_to_its_end() {
    let text = format!(
        "\
steps:
  bad: {{{BAD}, on_failure: continue}}
  target: {{set: {{v: bad}}, max_visits: 3}}
  from: {{set: {{v: '1'}}, always: true, on_success: target}}
"
    );
    run(&text).code(1).says("`target` was visited 3 times and is wanted once more");
}

#[test]
fn a_step_that_a_later_round_goes_past_gives_the_block_no_value() {
    let text = "\
steps:
  first: {set: {v: '1'}, max_visits: 3}
  route: {set: {v: '2'}, max_visits: 1, on_failure: done}
  again: {set: {v: '3'}, on_success: first}
  done: {set: {v: '4'}, condition: 1 > 2}
";
    let (steps, answer) = told(&run(text).ok());
    assert_eq!(steps, json!({"first": "ok", "route": "failed", "again": "skipped", "done": "skipped"}));
    assert_eq!(answer, Value::Null);
}

#[test]
fn no_other_step_answers_for_a_last_one_without_a_value() {
    let shown = json!({"v": "of another step"});
    for (rest, code, answer) in [
        (format!("report: {{{BAD}, on_failure: continue}}"), 0, Value::Null),
        (format!("report: {{{BAD}}}"), 1, Value::Null),
        (format!("bad: {{{BAD}, on_failure: skip}}, report: {{set: {{v: bad}}}}"), 0, Value::Null),
        (
            "maybe: {set: {v: 1}, condition: 1 > 2, on_false: skip}, report: {set: {v: maybe}}".to_owned(),
            0,
            Value::Null,
        ),
        (format!("stop: {{end: other}}, report: {{{BAD}, always: true}}"), 1, Value::Null),
        ("report: {set: {v: 1}, condition: 1 > 2}".to_owned(), 0, shown.clone()),
        (
            "way: {set: {v: 1}, condition: 1 > 2, on_false: report}, report: {set: {v: 2}, condition: 1 > 2}"
                .to_owned(),
            0,
            shown,
        ),
    ] {
        let text = format!("steps: {{other: {{set: {{v: '\"of another step\"'}}}}, {rest}}}\n");
        assert_eq!(run(&text).code(code).json()["answer"], answer, "{rest}");
    }
    let failed = format!("steps: {{other: {{set: {{v: '\"x\"'}}}}, report: {{{BAD}}}}}\n");
    Program::offline().file("p.yaml", failed).args(["run", "p.yaml"]).run().code(1).prints("");
}

#[test]
fn who_needs_a_step_that_was_skipped_with_another_is_skipped_too() {
    for (risky, outcome) in [
        (format!("{{{BAD}, on_failure: continue}}"), "failed"),
        (format!("{{{BAD}, on_failure: skip}}"), "failed"),
        ("{set: {v: '1'}, condition: 1 > 2, on_false: skip}".to_owned(), "skipped"),
        ("{set: {v: '1'}, on_success: skip}".to_owned(), "ok"),
        ("{switch: {on: '1', cases: {1: skip}}}".to_owned(), "ok"),
    ] {
        let text = format!(
            "\
steps:
  risky: {risky}
  after: {{set: {{n: '1'}}, dependencies: [risky]}}
  last: {{set: {{n: after.n}}}}
  deep: {{each: {{in: [1], steps: {{s: {{set: {{n: after.n}}, always: true}}}}}}}}
  told: {{set: {{last: outcomes.last}}}}
"
        );
        let (steps, answer) = told(&run(&text).ok());
        let skipped = json!({"risky": outcome, "after": "skipped", "last": "skipped", "deep": "skipped", "told": "ok"});
        assert_eq!(steps, skipped, "{risky}");
        assert_eq!(answer, json!({"last": "skipped"}), "{risky}");
    }
}

#[test]
fn outputs_have_what_skips_others_and_what_runs_behind_an_end() {
    for steps in [
        "  late: {set: {v: '1'}, on_success: skip}\n  none: {set: {v: late.v}}\n",
        "  first: {set: {v: '2'}, on_success: end}\n  late: {set: {v: '1'}, always: true}\n",
    ] {
        let (_, answer) = told(&run(&format!("steps:\n{steps}outputs: {{v: late.v}}\n")).ok());
        assert_eq!(answer, json!({"v": 1}), "{steps}");
    }
}

/// A step that reads another one, which fails, and what stands in for it.
fn second(first: &str, reader: &str) -> Program {
    let text = format!(
        "steps:\n  a: {{{BAD}{first}}}\n  b: {{set: {{v: '\"second\"'}}}}\n  c: {{{reader}}}\noutputs: {{c: c}}\n"
    );
    Program::offline().file("p.yaml", text)
}

#[test]
fn who_is_skipped_with_a_failed_step_is_told_that_nothing_takes_its_place() {
    let note = "note: p.yaml:4:";
    let how =
        "`c` is skipped where `a` fails, so nothing takes the place of `a` here: with `dependencies: [outcomes.a]`";
    for (first, reader) in [
        (", on_failure: continue", "set: {v: 'a ?? b.v'}"),
        (", on_failure: b, on_success: c", "set: {v: 'a ?? b?.v'}"),
        (", on_failure: continue", "set: {v: 'if a == () { b.v } else { a }'}"),
        (", on_failure: continue", "each: {in: [1], steps: {d: {set: {v: '(a ?? b.v) + item'}}}}"),
    ] {
        let program = second(first, reader);
        program.args(["pipeline", "validate", "p.yaml"]).run().ok().says(note).says(how);
        let rows = program.args(["pipeline", "validate", "p.yaml", "--json"]).run().ok().json();
        assert_eq!((&rows[0]["notes"][0]["line"], rows[0]["notes"].as_array().map(Vec::len)), (&json!(4), Some(1)));
        let ran = program.args(["run", "p.yaml", "--json"]).run().ok().says(note).says(how);
        assert_eq!(told(&ran).0["c"], "skipped", "{reader}");
        let reader = format!("{reader}, dependencies: [outcomes.a]");
        let ran = second(first, &reader).args(["run", "p.yaml", "--json"]).run().does_not_say("note: p.yaml");
        assert_eq!(told(&ran).0["c"], "ok", "{reader}");
    }
    let ran = second(", on_failure: b, on_success: c", "set: {v: 'a ?? b?.v'}, dependencies: [outcomes.a]");
    assert_eq!(told(&ran.args(["run", "p.yaml", "--json"]).run().ok()).1, json!({"c": {"v": "second"}}));
}

#[test]
fn nothing_is_noted_where_another_value_is_of_use_or_is_not_meant_for_a_failure() {
    for (first, reader) in [
        ("", "set: {v: 'a ?? b.v'}"),
        (", on_failure: skip", "set: {v: 'a ?? b.v'}"),
        (", on_failure: continue", "set: {v: a}"),
        (", on_failure: continue", "set: {v: 'a ?? 0'}, always: true"),
        (", on_failure: continue", "set: {v: 'a ?? b.v', k: errors.a}"),
        (", on_failure: continue, condition: 1 > 2", "set: {v: 'a ?? b.v'}"),
        (", on_failure: continue", "set: {v: 'a ?? b.v'}, condition: a != ()"),
        (", on_failure: continue", "set: {v: b.v}, condition: '(a ?? 0) > 1'"),
    ] {
        let program = second(first, reader);
        program.args(["pipeline", "validate", "p.yaml"]).run().ok().does_not_say("note:");
    }
    for find in ["script: find", "while: {condition: 1 > 2, max_iterations: 1, steps: {n: {set: {v: '1'}}}}"] {
        let text = format!(
            "steps:\n  a: {{{find}, on_failure: continue}}\n  b: {{set: {{v: '2'}}}}\n  c: {{set: {{v: 'a ?? b.v'}}}}\n"
        );
        let find_nothing = "//! +++\n//! summary = \"Finds nothing.\"\n//! +++\n()\n";
        let program = Program::offline().file("p.yaml", text).file("scripts/find.rhai", find_nothing);
        program.args(["pipeline", "validate", "p.yaml"]).run().ok().does_not_say("note:");
        let ran = program.args(["run", "p.yaml", "--json"]).run().ok();
        assert_eq!(told(&ran).1, json!({"v": 2}), "{find}");
    }
    // Of one that surely begins nothing but its failure leaves no value.
    let rounds = |condition: &str| {
        let text = format!(
            "steps:\n  a: {{while: {{condition: '{condition}', max_iterations: 2, steps: {{d: {{set: {{text: '\"x\"'}}}}}}}}, \
             on_failure: continue}}\n  c: {{set: {{t: 'a?.text ?? \"none\"'}}}}\noutputs: {{t: c?.t}}\n"
        );
        let program = Program::offline().file("p.yaml", text);
        program.args(["pipeline", "validate", "p.yaml"]).run().ok()
    };
    rounds("prev == () || prev.text == \"x\"").says("`c` is skipped where `a` fails");
    rounds("prev != ()").does_not_say("note:");
    let passed = "steps: {a: {set: {v: 1}, on_failure: c}, b: {set: {v: 'a?.v ?? 2'}}, c: {set: {v: 3}}}\n";
    let program = Program::offline().file("p.yaml", passed);
    program.args(["pipeline", "validate", "p.yaml"]).run().ok().does_not_say("note:");
}
