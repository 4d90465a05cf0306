//! What `validate` once accepted and a run refused after its first steps were paid for.

use super::forms::refused_for;
use super::{accepted, flow};
use crate::support::program::Program;
use serde_json::json;

#[test]
fn the_form_of_a_value_is_one_schema() {
    let own = "{schema: {type: object, properties: {a: {$ref: '#/$defs/n'}}, $defs: {n: {type: integer}}}}";
    for (text, what) in [
        ("steps: {a: {llm: x, vars: [text, text]}}\n".to_owned(), "`text` stands here again; it is on line 1 already"),
        ("steps: {a: {llm: x}}\noutputs: [a, a]\n".to_owned(), "`a` stands here again; it is on line 2 already"),
        (
            format!("steps: {{a: {{llm: x, vars: {{t: {own}}}}}}}\n"),
            "`vars` as the fields of one value: the schema is wrong",
        ),
        (
            format!("steps: {{a: {{llm: x}}}}\ninputs: {{t: {own}}}\n"),
            "`inputs` as the fields of one value: the schema is",
        ),
    ] {
        refused_for(&text, what);
        refused_for(&text, "flow.yaml has a fault");
    }
    for act in ["llm: {prompt: x", "run: {task: x"] {
        let text = format!("steps: {{a: {{{act}, schema: {{n: int}}}}, vars: {{t: text}}}}}}\n");
        refused_for(&text, "`schema` and `vars` both say what the value is: keep one of them");
    }
    let form = |form: &str| format!("inputs: {{t: {{{form}}}}}\nsteps: {{a: {{llm: x, vars: {{t: {{{form}}}}}}}}}\n");
    for beside in ["type: string, schema: {enum: [a, b]}", "type: integer, schema: {type: number, minimum: 1}"] {
        accepted(&form(beside));
    }
    for beside in [
        "type: string, schema: {type: integer}",
        "type: integer, schema: {enum: [a, b]}",
        "format: date, schema: {type: string, format: uri}",
    ] {
        let text = form(beside);
        refused_for(&text, "` and `schema` contradict each other: no value of `t` is both");
        refused_for(&text, "flow.yaml has 2 faults");
    }
    accepted("steps: {a: {llm: x, vars: [text, more]}}\noutputs: [a]\n");
    accepted("steps: {a: {llm: x, vars: {t: {schema: {type: object, properties: {a: {type: integer}}}}}}}\n");
}

#[test]
fn a_product_that_could_not_be_written_is_told_before_anything_is_paid() {
    let text = |folder: &str, path: &str| {
        format!("output_dir: {folder}\nsteps: {{a: {{llm: x, products: {{a: '{path}'}}}}}}\n")
    };
    let program = Program::offline().file("out/there.md/inside.md", "x").file("out/plain.txt", "x");
    let validate = |text: String| {
        std::fs::write(program.project().join("flow.yaml"), text).expect("a file");
        program.args(["pipeline", "validate", "flow.yaml"]).env("RHIZO_HOME", ".rhizo").run()
    };
    for (folder, path, what) in [
        (".rhizo/x", "a.md", "`.rhizo/x/a.md` belongs to rhizo itself"),
        (".rhizo/x", "{{ a.len() }}.md", "belongs to rhizo itself"),
        ("out", "there.md", "`out/there.md` is a folder"),
        ("out", "plain.txt/a.md", "`out/plain.txt/a.md`: a part of it is not a folder"),
    ] {
        validate(text(folder, path)).code(1).says("flow.yaml has a fault").says(what);
    }
    for path in ["plain.txt", "{{ a }}.md", "new/there.md"] {
        validate(text("out", path)).ok();
    }
}

#[test]
fn an_input_that_need_not_be_given_is_asked_for_first() {
    let head = "\
inputs: {x: {type: object, required: false}, go: {type: boolean, required: false}, all: {type: array, required: false}}
steps:
  paid: {llm: hello}
";
    for (step, what) in [
        (
            "{set: {v: inputs.x.name}}",
            "`inputs.x` may be `()`: give it a default, write `inputs.x?.name`, or ask `inputs.x != ()`",
        ),
        ("{set: {v: '1'}, condition: inputs.go}", "`inputs.go` may be `()`: give it a default"),
        ("{set: {v: '1'}, condition: inputs.x?.go}", "`inputs.x` may be `()`: give it a default"),
        ("{each: {in: inputs.all, steps: {s: {set: {v: item}}}}}", "`inputs.all` may be `()`: give it a default"),
        ("{set: {v: inputs.x.name}, condition: 'inputs.x == ()'}", "`inputs.x` may be `()`"),
        ("{set: {v: inputs.go.deep}}", "`inputs.go` is true or false, and has no field `deep`"),
        ("{set: {v: '1'}, condition: inputs.all}", "the condition `inputs.all` is a list"),
    ] {
        refused_for(&format!("{head}  last: {step}\n"), what);
    }
    for step in [
        "{set: {v: inputs.x?.name, w: inputs.x, x: '{{ inputs.x }}'}}",
        "{set: {v: 'if inputs.x == () { 1 } else { inputs.x.name }'}}",
        "{set: {v: inputs.x.name}, condition: inputs.x != () && paid != \"\"}",
        "{set: {v: '1'}, condition: inputs.go ?? false}",
        "{each: {in: 'inputs.all ?? []', steps: {s: {set: {v: item}}}}}",
        "{each: {in: inputs.all, steps: {s: {set: {v: item}}}}, condition: 'inputs.all != ()'}",
    ] {
        accepted(&format!("{head}  last: {step}\n"));
    }
}

#[test]
fn an_input_that_was_not_given_is_passed_on_as_none() {
    let sub = "inputs: {n: {type: integer, required: false}, m: {type: integer, default: 2}}\n\
        steps: {a: {set: {v: 'inputs.n ?? 7', w: inputs.m}}}\noutputs: {v: a.v, w: a.w}\n";
    let outer = |act: &str| format!("inputs: {{n: {{type: integer, required: false}}}}\nsteps: {{a: {{{act}}}}}\n");
    let program = Program::offline()
        .file("pipelines/sub.yaml", sub)
        .file("nested.yaml", outer("pipeline: pipelines/sub.yaml, inputs: {n: '{{ inputs.n }}', m: '{{ inputs.n }}'}"))
        .file("plain.yaml", outer("pipeline: pipelines/sub.yaml, inputs: {n: null, m: null}"))
        .file("tool.yaml", outer("tool: sub, args: {n: '{{ inputs.n }}'}"));
    for [command, what] in [
        ["run", "nested.yaml"],
        ["run", "plain.yaml"],
        ["run", "tool.yaml"],
        ["eval", "PIPELINE(\"pipelines/sub.yaml\", #{n: (), m: ()})"],
        ["eval", "TOOL(\"sub\", #{n: (), m: ()})"],
    ] {
        let ran = program.args([command, what, "--json"]).run().ok();
        assert_eq!(ran.json()["answer"], json!({"v": 7, "w": 2}), "{what}");
    }
    let given = program.args(["run", "nested.yaml", "n=3", "--json"]).run().ok();
    assert_eq!(given.json()["answer"], json!({"v": 3, "w": 3}));
    let needed = program.file("needs.yaml", "inputs: {n: {type: integer}}\nsteps: {a: {set: {v: inputs.n}}}\n");
    needed.args(["eval", "PIPELINE(\"needs.yaml\", #{n: ()})"]).run().code(1).says("takes a whole number, not null");
}

#[test]
fn what_a_missing_input_does_not_bear_is_told_before() {
    let head = "\
inputs:
  o: {required: false}
  n: {type: integer, required: false}
  l: {type: array, required: false}
  go: {type: boolean, required: false}
  d: {type: integer, default: 1}
steps:
  paid: {llm: hello}
  maybe: {llm: hello, condition: inputs.d > 1}
";
    for (step, what) in [
        (
            "{set: {v: inputs.o.len()}}",
            "`inputs.o` may be `()`: give it a default, write `inputs.o?.len(..)`, or ask `inputs.o != ()`",
        ),
        ("{set: {v: len(inputs.o)}}", "write `inputs.o?.len(..)`"),
        ("{llm: '{{ inputs.o.to_upper() }}'}", "write `inputs.o?.to_upper(..)`"),
        ("{set: {v: 'inputs.l[0]'}}", "`inputs.l` may be `()`: give it a default, write `inputs.l?[..]`"),
        ("{set: {v: inputs.n + 1}}", "`inputs.n` may be `()`: give it a default, give another value by `??`"),
        ("{set: {v: 2 * inputs.n}}", "`inputs.n` may be `()`"),
        ("{set: {v: 'inputs.o + \"text\"'}}", "`inputs.o` may be `()`: give it a default, give another value by `??`"),
        ("{set: {v: 'paid + inputs.n'}}", "`inputs.n` may be `()`"),
        ("{set: {v: '-inputs.n'}}", "`inputs.n` may be `()`"),
        ("{set: {v: '1'}, condition: inputs.n > 1}", "`inputs.n` may be `()`"),
        ("{set: {v: '1'}, condition: 'inputs.d > inputs.n'}", "`inputs.n` may be `()`"),
        ("{set: {v: '1'}, condition: '!inputs.go'}", "`inputs.go` may be `()`"),
        ("{set: {v: '1'}, condition: inputs.go && paid != \"\"}", "`inputs.go` may be `()`"),
        ("{set: {v: inputs.o.len()}, condition: 'inputs.o == ()'}", "`inputs.o` may be `()`"),
        ("{set: {v: 'maybe[0]'}}", "`maybe` may be `()` here, because it has a condition: write `maybe?[..]`"),
    ] {
        refused_for(&format!("{head}  last: {step}\n"), what);
    }
    for step in [
        "{set: {v: inputs.o?.len(), w: 'inputs.l?[0]', x: (inputs.n ?? 1) + 1}}",
        "{set: {v: inputs.o.to_string(), w: inputs.o.type_of(), x: json_text(inputs.o), y: '[inputs.o, 1]'}}",
        "{set: {v: '(inputs.o ?? \"\") + \"text\"', w: '`${inputs.n}`', x: inputs.n == 1, y: 'inputs.o in [1]'}}",
        "{set: {v: 'if inputs.n == () { 1 } else { inputs.n + 1 }'}}",
        "{set: {v: 'if type_of(inputs.n) == \"i64\" { inputs.n + 1 } else { 1 }'}}",
        "{set: {v: inputs.n + 1}, condition: inputs.n != ()}",
        "{set: {v: inputs.n + 1}, condition: (inputs.n ?? 0) > 1}",
        "{set: {v: '1'}, condition: inputs.n != () && inputs.n > 1}",
        "{set: {v: inputs.d + 1, w: '`${inputs.n}` + paid'}}",
    ] {
        accepted(&format!("{head}  last: {step}\n"));
    }
}

const MAYBE: &str = "\
inputs: {t: {required: false}, x: {type: object, required: false}, n: {type: integer, default: 1}}
steps:
  mt: {llm: hello, condition: inputs.n > 1}
  maybe: {llm: fields, condition: inputs.n > 1, vars: {score: {type: number}, kind: what}}
";

#[test]
fn who_asks_what_only_a_value_that_is_there_answers_may_read_it() {
    for step in [
        "{set: {v: 'inputs.t == \"x\" && inputs.t.len() > 0'}}",
        "{set: {v: 'if inputs.t == \"x\" { inputs.t.len() } else { 0 }'}}",
        "{set: {v: 'mt == \"x\" && mt.len() > 0'}}",
        "{set: {v: 'if mt == \"x\" { mt.len() } else { 0 }'}}",
        "{set: {v: 'maybe?.kind == \"a\" && maybe.score > 1'}}",
        "{set: {v: 'maybe?.score == 1 && maybe.kind.len() > 1'}}",
        "{set: {v: 'inputs.x?.kind == \"a\" && inputs.x.n > 1'}}",
        "{set: {v: 'if type_of(maybe) == \"map\" { maybe.score } else { 0 }'}}",
        "{set: {v: mt.len()}, condition: 'mt == \"yes\"'}",
        "{set: {v: mt.len()}, condition: '!(mt == ())'}",
        "{set: {v: inputs.t.len()}, condition: 'inputs.t == \"a\" || inputs.t == \"b\"'}",
        "{set: {v: inputs.x.n}, condition: (inputs.x?.n ?? 0) > 1}",
        "{set: {v: maybe.score}, condition: 'maybe?.kind == \"a\"'}",
        "{set: {v: maybe.score}, condition: maybe?.kind != ()}",
        "{set: {v: maybe.score}, condition: (maybe?.score ?? 0) > 1}",
        "{set: {v: maybe.score}, condition: maybe?.score == 1}",
        "{set: {v: maybe.score}, condition: 'type_of(maybe) == \"map\"'}",
        "{set: {v: maybe.score}, condition: 'outcomes.maybe != \"skipped\" && outcomes.maybe != \"failed\"'}",
    ] {
        accepted(&format!("{MAYBE}  last: {step}\n"));
    }
    for (step, what) in [
        ("{set: {v: maybe.score}, condition: 'maybe?.kind != \"a\"'}", "`maybe` may be `()` here"),
        ("{set: {v: maybe.score}, condition: maybe?.kind == ()}", "`maybe` may be `()` here"),
        ("{set: {v: maybe.score}, condition: 'outcomes.maybe != \"failed\"'}", "`maybe` may be `()` here"),
        ("{set: {v: 'maybe.kind == \"a\" && maybe.score > 1'}}", "`maybe` may be `()` here"),
        ("{set: {v: mt.len()}, condition: '!(mt != ())'}", "`mt` may be `()` here"),
        ("{set: {v: inputs.t.len()}, condition: 'inputs.t != \"x\"'}", "`inputs.t` may be `()`"),
    ] {
        refused_for(&format!("{MAYBE}  last: {step}\n"), what);
    }
}

#[test]
fn who_is_held_up_by_a_condition_may_read_what_it_asks_for() {
    let gate =
        |on_false: &str| format!("{MAYBE}  gate: {{wait: 1ms, condition: inputs.t != (), on_false: {on_false}}}\n");
    for on_false in ["fail", "end", "skip"] {
        let next = "  next: {set: {v: inputs.t.len()}, dependencies: [gate]}\n";
        accepted(&format!("{}{next}  last: {{set: {{v: next.v, w: inputs.t.len()}}}}\n", gate(on_false)));
    }
    for (on_false, step) in [
        ("continue", "{set: {v: inputs.t.len()}, dependencies: [gate]}"),
        ("fail", "{set: {v: inputs.t.len()}, dependencies: [gate], always: true}"),
        ("skip", "{set: {v: inputs.t.len()}}"),
    ] {
        refused_for(&format!("{}  last: {step}\n", gate(on_false)), "`inputs.t` may be `()`");
    }
    accepted(&format!("{}  last: {{set: {{v: inputs.t.len()}}}}\n", gate("fail")));
}

#[test]
fn an_operator_between_values_that_it_never_takes_is_told_before() {
    let head = "\
steps:
  a: {llm: x, vars: {n: {type: number}, t: text, f: {type: boolean}}}
  b: {set: {l: ['1'], m: {x: '1'}, any: 'parse_json(\"1\")'}}
";
    for (expression, what) in [
        ("a.n > a.t", "`>` does not take a number and a text: `a.n > a.t`"),
        ("a.n == a.t", "`==` does not take a number and a text"),
        ("a.f + 1", "`+` does not take true or false and a number"),
        ("1 + b.l", "`+` does not take a number and a list"),
        ("b.m - b.m", "`-` does not take a map and a map"),
        ("b.l * 2", "`*` does not take a list and a number"),
        ("1 + a.t / 2", "`/` does not take a text and a number"),
        ("b.l < b.l", "`<` does not take a list and a list"),
    ] {
        refused_for(&format!("{head}  c: {{set: {{v: '{expression}'}}}}\n"), what);
    }
    for expression in
        ["a.n + a.t", "a.f + a.t", "b.l + b.l", "b.m + b.m", "a.t - a.t", "b.any * 2", "b.l == b.l", "a.n > b.any"]
    {
        accepted(&format!("{head}  c: {{set: {{v: '{expression}'}}}}\n"));
    }
}

#[test]
fn a_range_is_the_list_of_its_numbers() {
    let text = "inputs: {n: {type: integer, default: 3}}\n\
        steps: {a: {each: {in: '0..inputs.n', steps: {b: {set: {v: item * 2}}}}}}\n\
        outputs: {a: 'a.map(|x| x.v)', b: 1..=2, c: 3..1}\n";
    let program = flow(text);
    let ran = program.args(["run", "flow.yaml", "--json"]).run().ok();
    assert_eq!(ran.json()["answer"], json!({"a": [0, 2, 4], "b": [1, 2], "c": []}));
    let huge = program.args(["run", "flow.yaml", "n=9000000000000000000", "--json"]).run();
    assert_eq!(huge.json()["failure"]["message"], "step `a`: the array would grow beyond 1000000");
    for code in ["FINAL(0..3)", "FINAL([0, 1, 2])"] {
        program.args(["eval", code]).run().ok().prints("[\n  0,\n  1,\n  2\n]\n");
    }
    program.args(["eval", "json_text(0..=9223372036854775807)"]).run().code(5).says("would grow beyond 1000000");
}

#[test]
fn what_a_value_is_known_to_be_is_told_before() {
    let each = |inner: &str| {
        format!(
            "steps: {{a: {{each: {{in: ['1'], steps: {{b: {{each: {{in: {inner}, as: z, steps: {{c: {{set: {{v: '1'}}}}}}}}}}}}}}}}}}\n"
        )
    };
    for (text, what) in [
        (each("key"), "`in` takes a list or a map, and `key` is a text"),
        (each("index"), "`in` takes a list or a map, and `index` is a number"),
        (
            "steps: {a: {llm: {prompt: x, check: '5'}}}\n".to_owned(),
            "a check answers true or false, or a text that says what is wrong, and `5` is a number",
        ),
        (
            "inputs: {n: {type: integer}}\nsteps: {a: {llm: {prompt: x, check: inputs.n}}}\n".to_owned(),
            "a check answers true or false, or a text that says what is wrong, and `inputs.n` is a number",
        ),
        ("steps: {a: {llm: x, timeout: 0}}\n".to_owned(), "timeout takes more than 0"),
        ("limits: {timeout: 0s}\nsteps: {a: {llm: x}}\n".to_owned(), "timeout takes more than 0"),
        (
            "inputs: {d: {format: date, default: '2026-13-45'}}\nsteps: {a: {set: {v: inputs.d}}}\n".to_owned(),
            "the default of `d` does not fit: \"2026-13-45\" is not a \"date\"",
        ),
        (
            "inputs: {t: {default: ../../etc}}\nsteps: {a: {llm: x, products: {a: '{{ inputs.t }}'}}}\n".to_owned(),
            "a product lies below output_dir, and `{{inputs.t}}` does not where it is \"../../etc\", as by the defaults",
        ),
        (
            "inputs: {t: {default: ''}}\nsteps: {a: {llm: x, products: {a: '{{ inputs.t }}'}}}\n".to_owned(),
            "the product `{{inputs.t}}` names no file where it is \"\", as by the defaults",
        ),
    ] {
        refused_for(&text, what);
    }
    accepted(&each("'0..index'"));
    accepted("steps: {a: {each: {in: ['1'], steps: {b: {set: {v: '1'}, condition: index.is_even}}}}}\n");
    accepted(
        "steps: {a: {llm: {prompt: x, check: 'if answer == \"\" { \"say something\" } else { \"\" }'}, timeout: 1ms}}\n",
    );
    accepted("inputs: {t: {default: x}}\nsteps: {a: {llm: x, products: {a: '{{ inputs.t }}.md'}}}\n");
}

#[test]
fn what_a_step_came_to_is_not_known_where_it_writes_its_files() {
    for of in ["outcomes", "errors"] {
        refused_for(
            &format!("steps: {{a: {{llm: x, products: {{{of}.a: a.json}}}}}}\n"),
            &format!("`{of}.a` is not known yet where `a` writes its files"),
        );
    }
    accepted("steps: {a: {llm: x}, b: {llm: y, products: {outcomes.a: a.json}}}\n");
}

#[test]
fn texts_and_lists_have_properties_of_their_own() {
    let text = |value: &str| format!("steps: {{a: {{set: {{t: '\"x\"', l: ['1']}}}}, b: {{set: {{v: {value}}}}}}}\n");
    for (value, what) in [
        ("a.l.bytes", "`a.l` is a list, and has no field `bytes`"),
        ("a.t.start", "`a.t` is a text, and has no field `start`"),
    ] {
        refused_for(&text(value), what);
    }
    accepted(&text("a.l.len + a.t.len + a.t.bytes"));
}

#[test]
fn what_an_output_does_with_a_step_that_was_skipped_is_told_before() {
    let text = |output: &str| {
        let sum = "{tool: calculate, args: {expression: 1 + 1}, condition: inputs.n > 1}";
        format!("inputs: {{n: {{type: integer, default: 1}}}}\nsteps: {{sum: {sum}}}\noutputs: {{v: '{output}'}}\n")
    };
    for (output, hint) in [("2 * sum", "give another value by `??`"), ("sum[0]", "write `sum?[..]`")] {
        refused_for(&text(output), &format!("`sum` may be `()` here, because it has a condition: {hint}"));
    }
    let program = Program::offline().file("p.yaml", text("2 * (sum ?? 3)"));
    assert_eq!(program.args(["run", "p.yaml", "--json"]).run().ok().json()["answer"], json!({"v": 6}));
}

#[test]
fn products_that_share_a_path_by_the_defaults_are_refused() {
    let text = "\
inputs: {n: {default: same}}
steps:
  a: {llm: x, products: {a: '{{ inputs.n }}.txt'}}
  b: {llm: y, products: {b: same.txt}}
";
    let told = "step `a` writes `same.txt` too, as by the defaults: give each its own path";
    refused_for(text, told);
    refused_for(&text.replace("b: same", "b: ./same"), told);
    let seven = text.replace("default: same", "default: 7").replace("same.txt", "7.txt");
    refused_for(&seven, &told.replace("same", "7"));
    accepted(&text.replace("default: same", "default: other"));
    accepted(&text.replace("{default: same}", "a name"));
}

#[test]
fn products_that_share_a_path_by_what_their_holes_always_hold_are_refused() {
    let text = "steps: {a: {llm: x, products: {a: x.txt}}, b: {llm: y, products: {b: '{{ \"x\" }}.txt'}}}\n";
    refused_for(text, "step `a` writes `x.txt` too: give each its own path");
    let of_one = "steps: {a: {llm: x, products: {a: '{{ 7 }}.txt', 'a + \"!\"': '{{ 3 + 4 }}.txt'}}}\n";
    refused_for(of_one, "step `a` writes `7.txt` too: give each its own path");
    accepted(&text.replace("\"x\"", "\"y\""));
}
