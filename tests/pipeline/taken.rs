//! What was taken from something that may be absent may be absent too, through however many values it goes: whoever
//! reads a field of it, or does something with it that `()` does not bear, is told before anything is paid.

use super::forms::refused_for;
use super::{accepted, flow};
use crate::support::program::Program;
use serde_json::json;

const HEAD: &str = "\
inputs:
  n: {type: integer, default: 1}
  t: {required: false}
  m: {type: integer, required: false}
  go: {type: boolean, required: false}
steps:
  paid: {llm: hello}
  maybe: {llm: hello, condition: inputs.n > 1, vars: {score: {type: number}, text: what}}
  a:
    set:
      v: maybe
      deep: {w: maybe?.score}
      map: '#{x: maybe?.text}'
      list: [maybe, maybe]
      t: inputs.t
      m: inputs.m
      go: inputs.go
  b: {set: {v: a.v, all: a}}
";

/// Claims that a step is refused for this behind the others.
#[track_caller]
fn refused(step: &str, what: &str) {
    refused_for(&format!("{HEAD}  last: {step}\n"), what);
    refused_for(&format!("{HEAD}  last: {step}\n"), "flow.yaml has a fault");
}

#[test]
fn a_value_that_took_what_may_be_absent_is_asked_for_first() {
    let maybe = "because `maybe` may be (it has a condition)";
    for (step, what) in [
        ("{set: {v: a.v.score}}", format!("`a.v` may be `()` here, {maybe}: write `a.v?.score`, or ask `a.v != ()`")),
        ("{llm: 'say {{ a.v.score }}'}", format!("`a.v` may be `()` here, {maybe}: write `a.v?.score`")),
        ("{set: {v: b.v.score}}", format!("`b.v` may be `()` here, {maybe}: write `b.v?.score`, or ask `b.v != ()`")),
        ("{set: {v: b.all.v.score}}", format!("`b.all.v` may be `()` here, {maybe}: write `b.all.v?.score`")),
        ("{set: {v: a.deep.w + 1}}", format!("`a.deep.w` may be `()` here, {maybe}: give another value by `??`")),
        ("{set: {v: a.v?.score + 1}}", format!("`a.v` may be `()` here, {maybe}: give another value by `??`")),
        ("{set: {v: a.map.x.len()}}", format!("`a.map.x` may be `()` here, {maybe}: write `a.map.x?.len(..)`")),
        (
            "{each: {in: a.list, as: row, steps: {s: {set: {v: row.score}}}}}",
            format!("`row` may be `()` here, {maybe}: write `row?.score`, or ask `row != ()`"),
        ),
    ] {
        refused(step, &what);
    }
    let given = |input: &str| format!("because `inputs.{input}` may be (it need not be given)");
    for (step, what) in [
        ("{set: {v: a.t.len()}}", format!("`a.t` may be `()` here, {}: write `a.t?.len(..)`", given("t"))),
        ("{set: {v: '1'}, condition: a.m > 1}", format!("`a.m` may be `()` here, {}: give another", given("m"))),
        ("{set: {v: '1'}, condition: a.go}", format!("`a.go` may be `()` here, {}: give another value", given("go"))),
        ("{set: {v: '1'}, condition: '!a.go'}", format!("`a.go` may be `()` here, {}: give another", given("go"))),
        (
            "{tool: read_file, args: {path: '{{ a.t }}'}}",
            format!("{}: give another value by `??`, or ask `a.t != ()`; read_file needs `path`", given("t")),
        ),
    ] {
        refused(step, &what);
    }
}

#[test]
fn who_asks_for_it_or_for_what_it_was_taken_from_may_read_it() {
    for step in [
        "{set: {v: a.v?.score, w: a.deep.w ?? 0, x: a.list, y: '`${a.t}`', z: a.map.x?.len()}}",
        "{set: {v: a.v.to_string(), w: json_text(a.m), x: '[a.t]', y: a.t == (), z: a.deep.w == 1}}",
        "{set: {v: a.v.score}, condition: a.v != ()}",
        "{set: {v: b.v.score}, condition: a.v != ()}",
        "{set: {v: b.v.score}, condition: 'outcomes.maybe == \"ok\"'}",
        "{set: {v: a.v.score}, condition: maybe != ()}",
        "{set: {v: a.v.score}, condition: inputs.n > 1}",
        "{set: {v: 'if a.v == () { 0 } else { a.v.score }'}}",
        "{set: {v: 'if type_of(a.t) == \"string\" { a.t.len() } else { 0 }'}}",
        "{set: {v: a.m + 1}, condition: (a.m ?? 0) > 1}",
        "{set: {v: a.m + 1}, condition: inputs.m != ()}",
        "{each: {in: 'a.list.filter(|x| x != ())', as: row, steps: {s: {set: {v: row.score}}}}}",
        "{each: {in: a.list, as: row, steps: {s: {set: {v: row.score}, condition: row != ()}}}}",
        "{each: {in: a.list, as: row, steps: {s: {set: {v: row?.score}}}}}",
        "{tool: read_file, args: {path: '{{ a.t ?? \"notes.txt\" }}'}}",
    ] {
        accepted(&format!("{HEAD}  last: {step}\n"));
    }
    // Of several values one is there, whichever that is.
    accepted(
        "\
inputs: {n: {type: integer, default: 1}}
steps:
  few: {llm: few, condition: inputs.n < 3}
  many: {llm: many, condition: inputs.n >= 3}
  said: {set: {v: few ?? many, w: 'if few != () { few } else { many }'}}
  last: {set: {v: said.v.len() + said.w.len()}}
",
    );
}

#[test]
fn what_was_taken_from_what_failed_may_be_absent_only_where_that_is_read_all_the_same() {
    let text = "\
steps:
  risky: {tool: read_file, args: {path: gone.txt}, vars: {text: x}, on_failure: continue}
  a: {set: {v: risky}ALWAYS}
  last: {set: {v: a.v.text}}
";
    refused_for(
        &text.replace("ALWAYS", ", always: true"),
        "`a.v` may be `()` here, because `risky` may be (it may have failed): write `a.v?.text`, or ask `a.v != ()`",
    );
    accepted(&text.replace("ALWAYS", ""));
    let needs = text.replace("ALWAYS", ", always: true").replace("last: {", "last: {dependencies: [risky], ");
    accepted(&needs);
}

#[test]
fn bodies_branches_and_ways_hand_on_what_may_be_absent() {
    for (step, read, what) in [
        (
            "p: {parallel: {l: [{x: {set: {v: maybe}}}], r: [{y: {set: {v: '1'}}}]}}",
            "p.l.v.score",
            "`p.l.v` may be `()` here, because `maybe` may be (it has a condition): write `p.l.v?.score`",
        ),
        (
            "w: {while: {condition: iteration < 3, max_iterations: 3, steps: {x: {set: {v: maybe}}}}}",
            "w.v.score",
            "`w.v` may be `()` here, because `maybe` may be (it has a condition): write `w.v?.score`",
        ),
        (
            "way: {switch: {on: maybe?.text, cases: {x: last}}}",
            "way.len()",
            "`way` may be `()` here, because `maybe` may be (it has a condition): write `way?.len(..)`",
        ),
        (
            "all: {each: {in: [x, y], key: item, on_item_failure: continue, steps: {x: {llm: x, vars: {score: x}}}}}",
            "all.x.score",
            "`all.x` may be `()` here, because an item may have failed: write `all.x?.score`, or ask `all.x != ()`",
        ),
        (
            "pause: {wait: 1ms}",
            "pause.score",
            "`pause` may be `()` here, because a `wait` answers nothing: write `pause?.score`, or ask `pause != ()`",
        ),
        (
            "judged: {llm: fields, vars: {note: {schema: {type: [string, 'null']}}}}",
            "judged.note.len()",
            "`judged.note` may be `()` here, because its schema takes null: write `judged.note?.len(..)`",
        ),
        (
            "empty: {set: {v: ~}}",
            "empty.v.score",
            "`empty.v` may be `()` here, because nothing is written there: write `empty.v?.score`",
        ),
    ] {
        refused_for(&format!("{HEAD}  {step}\n  last: {{set: {{v: {read}}}}}\n"), what);
    }
    let all = "all: {each: {in: [x, y], on_item_failure: continue, steps: {x: {llm: x, vars: {score: x}}}}}";
    let text = |items: &str| {
        format!(
            "{HEAD}  {all}\n  last: {{each: {{in: '{items}', as: got, steps: {{s: {{set: {{v: got.score}}}}}}}}}}\n"
        )
    };
    refused_for(&text("all"), "`got` may be `()` here, because an item may have failed: write `got?.score`");
    accepted(&text("all.filter(|x| x != ())"));
    accepted(&text("all").replace("continue", "stop"));
    accepted(&text("all").replace("set: {v: got.score}", "set: {v: got.score}, condition: got != ()"));
}

#[test]
fn a_called_pipeline_hands_on_what_may_be_absent_in_its_outputs() {
    let inner = "\
inputs: {n: {type: integer, default: 1}}
steps: {maybe: {llm: hello, condition: inputs.n > 1, vars: {score: {type: number}}}}
outputs: {v: maybe, s: maybe?.score, t: inputs.n}
";
    let validate = |read: &str| {
        // The step of the same name has nothing to do with it.
        let text = format!(
            "steps:\n  maybe: {{llm: x}}\n  sub: {{pipeline: inner.yaml}}\n  a: {{set: {{v: sub.v}}}}\n  \
             last: {{set: {{v: '{read}'}}}}\n"
        );
        flow(&text).file("inner.yaml", inner).args(["pipeline", "validate", "flow.yaml"]).run()
    };
    let maybe = "because `maybe` of inner.yaml may be (it has a condition)";
    for (read, what) in [
        ("sub.v.score", format!("`sub.v` may be `()` here, {maybe}: write `sub.v?.score`, or ask `sub.v != ()`")),
        ("sub.s + 1", format!("`sub.s` may be `()` here, {maybe}: give another value by `??`")),
        ("a.v.score", format!("`a.v` may be `()` here, {maybe}: write `a.v?.score`, or ask `a.v != ()`")),
        ("sub.v?.scor", "`sub.v` has no field `scor`; did you mean `score`?".to_owned()),
        ("sub.t.deep", "`sub.t` is a number, and has no field `deep`".to_owned()),
    ] {
        validate(read).code(1).says("flow.yaml has a fault").says(&what);
    }
    for read in ["sub.v?.score", "(sub.s ?? 0) + 1", "sub.t + 1", "if sub.v == () { 0 } else { sub.v.score }"] {
        validate(read).ok();
    }
}

#[test]
fn what_is_passed_over_is_absent_where_it_is_computed_with() {
    for (expression, what) in [
        ("maybe?.score > 1", "`maybe` may be `()` here, because it has a condition: let a condition ask"),
        ("maybe?.text + \"x\"", "`maybe` may be `()` here, because it has a condition: let a condition ask"),
        ("len(maybe?.text)", "`maybe` may be `()` here, because it has a condition: let a condition ask"),
        ("a.v?.score > 1", "`a.v` may be `()` here, because `maybe` may be (it has a condition): give another value"),
    ] {
        refused(&format!("{{set: {{v: '{expression}'}}}}"), what);
    }
    for expression in [
        "(maybe?.score ?? 0) > 1",
        "maybe?.score == 1",
        "maybe?.text.len()",
        "a.v?.text?.len()",
        "maybe != () && maybe?.score > 1",
        "`${maybe?.text}`",
    ] {
        accepted(&format!("{HEAD}  last: {{set: {{v: '{expression}'}}}}\n"));
    }
}

#[test]
fn what_is_true_of_one_part_may_tell_that_another_one_is_there() {
    let head = "\
inputs: {n: {type: integer, default: 1}}
steps:
  mt: {llm: hello, condition: inputs.n > 1}
  a: {set: {v: mt, has: mt != ()}}
";
    for step in [
        "{set: {v: a.v.len()}, condition: a.has}",
        "{set: {v: a.v.len()}, condition: 'a[\"has\"]'}",
        "{set: {v: 'if a.has { a.v.len() } else { 0 }'}}",
        "{set: {v: 'a.has && a.v.len() > 1'}}",
    ] {
        accepted(&format!("{head}  last: {step}\n"));
    }
    for step in [
        "{set: {v: a.v.len()}}",
        "{set: {v: a.v.len()}, condition: inputs.n < 3}",
        "{set: {v: 'a.v.len() > 1 && a.has'}}",
        "{set: {v: 'if a.v.len() > 1 { 1 } else { 0 }'}}",
    ] {
        let what = "`a.v` may be `()` here, because `mt` may be (it has a condition): write `a.v?.len(..)`";
        refused_for(&format!("{head}  last: {step}\n"), what);
    }
}

#[test]
fn what_is_accepted_runs_with_and_without_it() {
    let text = "\
inputs: {n: {type: integer, default: 1}}
steps:
  maybe: {set: {score: '7'}, condition: inputs.n > 1}
  a: {set: {v: maybe}}
  all: {each: {in: [0, 2], on_item_failure: continue, steps: {s: {set: {v: 4 % item}}}}}
  kept: {each: {in: 'all.filter(|x| x != ())', steps: {t: {set: {v: item.v + 1}}}}}
  sure: {set: {v: a.v.score}, condition: a.v != ()}
outputs: {s: a.v?.score ?? 0, kept: kept, sure: sure?.v}
";
    let program = Program::offline().file("p.yaml", text);
    for (given, answer) in [
        ("n=1", json!({"s": 0, "kept": [{"v": 1}], "sure": null})),
        ("n=2", json!({"s": 7, "kept": [{"v": 1}], "sure": 7})),
    ] {
        assert_eq!(program.args(["run", "p.yaml", given, "--json"]).run().ok().json()["answer"], answer, "{given}");
    }
}
