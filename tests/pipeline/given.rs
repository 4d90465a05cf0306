//! What called pipelines and tools are given: what they never take, and what may be absent where it must not be, is
//! told before anything is paid; what may fit is left to the run.

use crate::support::program::{Program, Ran};
use serde_json::json;

const INNER: &str = "\
inputs:
  t: a text
  n: {type: integer}
  m: {type: integer, default: 2}
  o: {required: false}
  l: {schema: [string], default: []}
  opts: {schema: {type: object, properties: {deep: {type: integer}}}, default: {}}
steps: {a: {set: {t: inputs.t, n: inputs.n, o: inputs.o, m: inputs.m}}}
outputs: {t: a.t, n: a.n, o: a.o, m: a.m}
";

/// A project whose pipeline does this last; `inner.yaml` is also the tool `sub`.
fn project(step: &str) -> Program {
    let text = format!(
        "\
inputs: {{t: {{required: false}}, n: {{type: integer, required: false}}, f: {{type: boolean, default: true}}}}
steps:
  paid: {{llm: hello}}
  maybe: {{llm: hello, condition: inputs.f}}
  fields: {{llm: fields, vars: {{t: text, n: {{type: number}}, l: {{schema: [string]}}}}}}
  sub: {{pipeline: inner.yaml, inputs: {{t: x, n: 1}}}}
  last: {step}
"
    );
    Program::offline().file("inner.yaml", INNER).file("pipelines/sub.yaml", INNER).file("flow.yaml", text)
}

fn validated(step: &str) -> Ran {
    project(step).args(["pipeline", "validate", "flow.yaml"]).run()
}

/// A step that calls the pipeline with these inputs.
fn call(inputs: &str) -> String {
    format!("{{pipeline: inner.yaml, inputs: {{{inputs}}}}}")
}

/// The same under a condition.
fn when(condition: &str, inputs: &str) -> String {
    format!("{{pipeline: inner.yaml, inputs: {{{inputs}}}, condition: '{condition}'}}")
}

#[track_caller]
fn refused(step: &str, what: &str) {
    validated(step).code(1).says("flow.yaml has a fault").says(what);
}

#[test]
fn what_may_be_absent_is_not_given_where_something_is_needed() {
    refused(
        &call("t: '{{ inputs.t }}', n: 1"),
        "flow.yaml:7:48: `inputs.t` may be `()`: give it a default, make it required, give another value by `??`, or \
         let a condition ask `inputs.t != ()`; inner.yaml needs `t`",
    );
    for (inputs, what) in [
        ("t: x, n: '{{ inputs.n }}'", "`inputs.n` may be `()`: give it a default"),
        ("t: '{{ paid?.len() ?? maybe }}', n: 1", "`maybe` may be `()` here, because it has a condition"),
        ("t: '{{ inputs.t?.to_upper() }}', n: 1", "`inputs.t` may be `()`: give it a default"),
        ("t: '{{ if inputs.f { inputs.t } else { \"x\" } }}', n: 1", "`inputs.t` may be `()`: give it a default"),
        ("t: x, n: 1, l: ['{{ inputs.t }}']", "condition ask `inputs.t != ()`; inner.yaml needs `l[0]`"),
        ("t: x, n: 1, opts: {deep: '{{ inputs.n }}'}", "condition ask `inputs.n != ()`; inner.yaml needs `opts.deep`"),
        ("t: '{{ maybe }}', n: 1", "`maybe` may be `()` here, because it has a condition: let a condition ask"),
        ("t: '{{ errors.paid?.message }}', n: 1", "`errors.paid` is `()` unless the step failed: give another value"),
    ] {
        refused(&call(inputs), what);
    }
    for step in [
        call("t: '{{ inputs.t ?? \"x\" }}', n: '{{ inputs.n ?? 1 }}'"),
        call("t: 'about {{ inputs.t }}', n: 1, o: '{{ inputs.t }}', m: '{{ inputs.n }}'"),
        call("t: '{{ if inputs.t == () { \"none\" } else { inputs.t } }}', n: 1"),
        call("t: '{{ if type_of(inputs.t) == \"string\" { inputs.t } else { \"none\" } }}', n: 1"),
        call("t: '{{ maybe ?? paid }}', n: 1, o: '{{ maybe }}'"),
        when("inputs.t != () && (inputs.n ?? 0) > 1", "t: '{{ inputs.t }}', n: '{{ inputs.n }}'"),
        when("outcomes.maybe == \"ok\"", "t: '{{ maybe }}', n: 1"),
        when("errors.paid != ()", "t: '{{ errors.paid.message }}', n: 1"),
    ] {
        validated(&step).ok();
    }
}

#[test]
fn what_never_fits_is_not_given() {
    for (inputs, what) in [
        ("t: '{{ fields.n }}', n: 1", "`t` of inner.yaml takes a text, and is given a number by `fields.n`"),
        ("t: x, n: '{{ fields.l }}'", "`n` of inner.yaml takes a whole number, and is given a list by `fields.l`"),
        ("t: '{{ fields }}', n: 1", "`t` of inner.yaml takes a text, and is given a map by `fields`"),
        ("t: '{{ sub.n }}', n: 1", "`t` of inner.yaml takes a text, and is given a number by `sub.n`"),
        ("t: x, n: '{{ 1 > 2 }}'", "`n` of inner.yaml takes a whole number, and is given true or false by `1 > 2`"),
        ("t: x, n: 1, m: ['{{ paid }}']", "`m` of inner.yaml takes a whole number, and is given a list"),
        ("t: x, n: 1, o: '{{ inputs.f }}'", "`o` of inner.yaml takes a text, and is given true or false by `inputs.f`"),
        ("t: x, n: 1, l: ['{{ fields.n }}']", "`l[0]` of inner.yaml takes a text, and is given a number by `fields.n`"),
        (
            "t: x, n: 1, opts: {deep: '{{ paid }}'}",
            "`opts.deep` of inner.yaml takes a whole number, and is given a text",
        ),
    ] {
        refused(&call(inputs), what);
    }
    let guarded = when("inputs.n != ()", "t: '{{ inputs.n }}', n: 1");
    refused(&guarded, "`t` of inner.yaml takes a text, and is given a number by `inputs.n`");
    refused("{set: {v: sub.t.deep}}", "`sub.t` is a text, and has no field `deep`");
    for inputs in [
        "t: '{{ paid }}', n: '{{ paid }}', m: '{{ fields.n }}'",
        "t: '{{ sub.t }}', n: '{{ sub.n }}', o: '{{ sub.o }}', l: '{{ fields.l }}'",
        "t: x, n: '{{ fields.n / 2 }}', opts: {deep: '{{ fields.n }}', more: '{{ paid }}'}",
    ] {
        validated(&call(inputs)).ok();
    }
}

#[test]
fn tools_are_given_what_they_take_too() {
    for (step, what) in [
        ("{tool: read_file, args: {path: '{{ inputs.t }}'}}", "condition ask `inputs.t != ()`; read_file needs `path`"),
        (
            "{tool: read_file, args: {path: '{{ fields.n }}'}}",
            "`path` of read_file takes a text, and is given a number",
        ),
        ("{tool: read_file, args: {path: a, from_line: '{{ paid }}'}}", ", and is given a text by `paid`"),
        (
            "{tool: calculate, args: {expression: x, variables: {x: '{{ paid }}'}}}",
            "`variables.x` of calculate takes a number",
        ),
        ("{tool: run_command, args: {command: '{{ fields.n }}'}}", "`command` of run_command takes what fits "),
        ("{tool: sub, args: {t: '{{ inputs.t }}', n: 1}}", "condition ask `inputs.t != ()`; sub needs `t`"),
        (
            "{tool: sub, args: {t: x, n: '{{ paid }}'}}",
            "`n` of sub takes a whole number, and is given a text by `paid`",
        ),
    ] {
        refused(step, what);
    }
    for step in [
        "{tool: read_file, args: {path: '{{ paid }}', from_line: '{{ inputs.n }}', max_bytes: '{{ fields.n }}'}}",
        "{tool: calculate, args: {expression: x, variables: {x: '{{ fields.n }}'}}}",
        "{tool: run_command, args: {command: '{{ fields.l }}', stdin: '{{ paid }}'}}",
        "{tool: sub, args: {t: '{{ paid }}', n: '{{ fields.n }}', o: '{{ inputs.t }}', m: '{{ inputs.n }}'}}",
    ] {
        validated(step).ok();
    }
}

#[test]
fn what_may_be_absent_is_given_where_a_condition_asks_for_it() {
    let text = "\
inputs: {t: {required: false}, n: {type: integer, required: false}}
steps:
  last:
    pipeline: inner.yaml
    inputs: {t: '{{ inputs.t ?? \"none\" }}', n: '{{ inputs.n }}', o: '{{ inputs.t }}', m: '{{ inputs.n }}'}
    condition: (inputs.n ?? 0) > 0
";
    let program = Program::offline().file("inner.yaml", INNER).file("flow.yaml", text);
    for (args, answer) in [
        (&["run", "flow.yaml", "--json"][..], json!(null)),
        (&["run", "flow.yaml", "n=3", "--json"][..], json!({"t": "none", "n": 3, "o": null, "m": 3})),
        (&["run", "flow.yaml", "n=3", "t=x", "--json"][..], json!({"t": "x", "n": 3, "o": "x", "m": 3})),
    ] {
        assert_eq!(program.list(args).run().ok().json()["answer"], answer, "{args:?}");
    }
}
