//! The forms of values: what a file tells of them is checked before anything runs, what only the data shows is told as
//! `data`.

use super::{accepted, flow};
use crate::support::chat::{ChatServer, Reply};
use crate::support::program::Program;
use serde_json::json;

/// Claims that `validate` refuses a pipeline for this.
#[track_caller]
pub(super) fn refused_for(text: &str, what: &str) {
    let ran = flow(text).args(["pipeline", "validate", "flow.yaml"]).run();
    let told = format!("{}{}", ran.stdout, ran.stderr);
    assert!(told.contains(what), "no {what:?} of\n{text}in\n{told}");
}

const HEAD: &str = "\
inputs: {n: {type: integer, default: 1}, name: {default: x}}
steps:
  a: {set: {n: 1, yes: true, text: '\"x\"', list: ['1']}}
  said: {llm: hello}
  maybe: {llm: hello, condition: inputs.n > 1}
  made: {set: {sum: 'a.n + inputs.n', both: '#{x: 1} + #{y: a.text}', copy: a, parts: 'said.split(\",\")'}}
";

#[test]
fn what_is_read_is_not_changed() {
    for (value, what) in [
        ("inputs.name.trim()", "`trim` changes what it is called on, and `inputs.name` is a constant"),
        ("said.replace(\"a\", \"b\")", "change a copy: `let own = said; own.replace(..); own`"),
        ("a.list.sort()", "change a copy: `let own = a.list; own.sort(); own`"),
        ("a.list[0].pop()", "change a copy: `let own = a.list[..]; own.pop()`"),
    ] {
        refused_for(&format!("{HEAD}  last: {{set: {{v: '{value}'}}}}\n"), what);
    }
    let values = "{part: 'inputs.l.extract(1..)', one: 'inputs.l.get(5)', sorted: 'inputs.l.order()', \
                  own: 'let own = inputs.l; own.sort(); own', there: 'inputs.l.map(|n| n + 1).pop()'}";
    let text = format!("inputs: {{l: {{default: [3, 1, 2]}}}}\nsteps: {{v: {{set: {values}}}}}\noutputs: {{v: v}}\n");
    let answer = flow(&text).args(["run", "flow.yaml", "--json"]).run().ok().json()["answer"]["v"].clone();
    assert_eq!(answer, json!({"part": [1, 2], "one": null, "sorted": [1, 2, 3], "own": [1, 2, 3], "there": 3}));
}

#[test]
fn conditions_and_items_have_their_form() {
    for (step, what) in [
        ("{set: {v: '1'}, condition: a.n}", "the condition `a.n` is a number"),
        ("{set: {v: '1'}, condition: inputs.name}", "the condition `inputs.name` is a text"),
        ("{set: {v: '1'}, condition: '1'}", "the condition `1` is a number"),
        ("{set: {v: '1'}, condition: outcomes.said}", "the condition `outcomes.said` is a text"),
        ("{set: {v: '1'}, condition: maybe}", "the condition `maybe` is a text"),
        ("{each: {in: said, steps: {s: {set: {v: item}}}}}", "`in` takes a list or a map, and `said` is a text"),
        ("{each: {in: '3', steps: {s: {set: {v: item}}}}}", "`in` takes a list or a map, and `3` is a number"),
        ("{each: {in: 'x{{ said }}', steps: {s: {set: {v: item}}}}}", "`in` takes a list or a map, and `in` is a text"),
        (
            "{while: {condition: a.n, max_iterations: 2, steps: {s: {set: {v: '1'}}}}}",
            "the condition `a.n` is a number",
        ),
        (
            "{while: {condition: prev.v < 2, max_iterations: 2, steps: {s: {set: {v: '1'}}}}}",
            "`prev` is `()` before the first iteration: write `prev?.v`",
        ),
        ("{set: {v: a.n.deep}}", "`a.n` is a number, and has no field `deep`"),
        ("{set: {v: '1'}, condition: 'a.n + 1'}", "the condition `a.n + 1` is a number"),
        ("{set: {v: '1'}, condition: 'said ?? \"x\"'}", "the condition `said ?? \"x\"` is a text"),
        ("{set: {v: '1'}, condition: 'if a.yes { 1 } else { a.n }'}", "is a number: compare it"),
        (
            "{each: {in: 'said + a.n', steps: {s: {set: {v: item}}}}}",
            "`in` takes a list or a map, and `said + a.n` is a text",
        ),
        ("{ask: {prompt: which, choices: 'a.n * 2'}}", "`choices` takes a list, and `a.n * 2` is a number"),
        ("{ask: {prompt: which, choices: said}}", "`choices` takes a list, and `said` is a text"),
        ("{llm: {prompt: x, images: '{{ a.n }}'}}", "`images` takes a text or a list of texts, and `a.n` is a number"),
        (
            "{llm: {prompt: x, images: [a.png, '{{ a.list }}']}}",
            "`images` takes a text or a list of texts, and `a.list` is a list, of which an item is a number",
        ),
        (
            "{llm: {prompt: x, images: ['{{ a.n > 1 }}']}}",
            "`images` takes a text or a list of texts, and `a.n > 1` is true or false",
        ),
        ("{set: {v: made.sum.deep}}", "`made.sum` is a number, and has no field `deep`"),
        ("{set: {v: made.both.z}}", "`made.both` has no field `z`"),
        ("{set: {v: made.copy.z}}", "`made.copy` has no field `z`"),
        ("{set: {v: maybe.len()}}", "`maybe` may be `()` here, because it has a condition: write `maybe?.len(..)`"),
    ] {
        refused_for(&format!("{HEAD}  last: {step}\n"), what);
    }
    for step in [
        "{set: {v: '1'}, condition: a.yes}",
        "{each: {in: a.list, steps: {s: {set: {v: item}}}}}",
        "{each: {in: a, steps: {s: {set: {v: item}}}}}",
        "{while: {condition: prev?.v == (), max_iterations: 2, steps: {s: {set: {v: '1'}}}}}",
        "{while: {condition: iteration < 2 || prev.v < 2, max_iterations: 2, steps: {s: {set: {v: '1'}}}}}",
        "{set: {v: a.n.is_odd, w: maybe.to_string(), x: said.len()}}",
        "{set: {v: made.sum.is_odd, w: made.both.y.len, x: made.copy.list.len}, condition: made.copy.yes}",
        "{set: {v: '1'}, condition: 'if a.yes { a.n > 1 } else { a.yes }'}",
        "{each: {in: 'made.parts + a.list', steps: {s: {set: {v: item}}}}}",
        "{each: {in: 'if a.yes { a.list } else { a }', steps: {s: {set: {v: item}}}}}",
        "{ask: {prompt: which, choices: 'made.parts.map(|p| p + 1)'}}",
        "{llm: {prompt: x, images: '{{ made.parts }}'}}",
        "{llm: {prompt: x, images: [a.png, '{{ said }}', '{{ [said] }}', '{{ a.n }}.png']}}",
    ] {
        accepted(&format!("{HEAD}  last: {step}\n"));
    }
}

#[test]
fn a_budget_can_be_counted() {
    let text = |budget: &str| format!("budget: {budget}\nsteps:\n  a: {{run: x, budget: {budget}}}\n");
    for (budget, what) in [
        (".inf", "budget must be an amount in USD, at most 18446744073, not inf"),
        ("20000000000", "budget must be an amount in USD, at most 18446744073, not 20000000000"),
        ("-0.0", "budget must be an amount in USD, at most 18446744073, not -0"),
        ("{max_cost: 2e10}", "max_cost must be an amount in USD, at most 18446744073, not 20000000000"),
        ("-1", "budget must be at least 0"),
    ] {
        refused_for(&text(budget), what);
        refused_for(&text(budget), "flow.yaml has 2 faults");
    }
    accepted(&text("18000000000"));
}

#[test]
fn functions_are_given_what_they_take() {
    for (value, what) in [
        ("inputs.name.sub_string()", "flow.yaml:7:29: `sub_string` takes 1 or 2 arguments, not 0"),
        ("said.contains()", "`contains` takes 1 argument, not 0"),
        ("len(a, a)", "`len` takes 1 argument, not 2"),
        ("a.list.map(|x| x.to_upper(1))", "`to_upper` takes 0 arguments, not 1"),
    ] {
        refused_for(&format!("{HEAD}  b: {{set: {{v: '{value}'}}}}\n"), what);
    }
    for value in [
        "inputs.name.sub_string(0) + said.sub_string(1, 2)",
        "a.list.map(|x| x + inputs.name).filter(|x| x.len() > a.n).join(\", \")",
        "a.list.reduce(|sum, x| sum + x, \"\")",
        "json_text(a) + json_text(a, 2)",
        "a.keys().len() + a.list.len + len(said)",
    ] {
        accepted(&format!("{HEAD}  b: {{set: {{v: '{value}'}}}}\n"));
    }
}

#[test]
fn branches_have_names_of_their_own() {
    for (branches, what) in [
        (
            "[{l: [{a: {set: {v: '1'}}}]}, {l: [{b: {set: {v: '2'}}}]}]",
            "`l` stands here again; it is on line 2 already",
        ),
        ("[{l: {set: {v: '1'}}}, {l: [{b: {set: {v: '2'}}}]}]", "`l` stands here again; it is on line 2 already"),
        ("{l: {a: {set: {v: '1'}}}, r: {a: {set: {v: '2'}}}}", "there is a step `a` already"),
        ("{l: {st: x}}", "step `l` has no key `st`; did you mean `set`?"),
        ("{l: {a: {st: {v: '1'}}}}", "step `a` has no key `st`; did you mean `set`?"),
        ("[{set: {v: {w: '1'}}}, {l: {set: {v: '1'}}}]", "the step has no name"),
    ] {
        refused_for(&format!("steps:\n  p: {{parallel: {branches}}}\n"), what);
    }
}

#[test]
fn a_key_of_the_other_level_is_told_where_it_belongs() {
    for (step, what) in [
        ("{llm: {prompt: x, model: slow}}", "llm has no key `model`; it belongs to the step, beside `llm`"),
        ("{run: {task: x, budget: 1}}", "run has no key `budget`; it belongs to the step, beside `run`"),
        ("{ask: {prompt: x, of: judge, cache: true}}", "ask has no key `cache`; it belongs to the step, beside `ask`"),
        ("{tool: {name: read_file, retry: 2}}", "tool has no key `retry`; it belongs to the step, beside `tool`"),
        ("{each: {in: [1], max_visits: 2, steps: {s: {llm: x}}}}", "it belongs to the step, beside `each`"),
        ("{llm: {prompt: x, args: {}}}", "llm has no key `args`; known are prompt, role"),
        (
            "{llm: x, role: worker}",
            "step `a` has no key `role`; it belongs inside `llm`: `llm: {prompt: .., role: ..}`",
        ),
        ("{llm: {system: y}, prompt: x}", "has no key `prompt`; it belongs inside `llm`: `llm: {prompt: ..}`"),
        ("{run: x, max_turns: 3}", "it belongs inside `run`: `run: {task: .., max_turns: ..}`"),
        ("{each: {in: [1]}, steps: {s: {llm: x}}}", "it belongs inside `each`: `each: {in: .., steps: ..}`"),
        ("{lm: x, role: worker}", "step `a` has no key `role`; it belongs inside `llm` or `run`"),
        ("{set: {n: 1}, role: worker}", "step `a` has no key `role`; known are llm, tool"),
    ] {
        refused_for(&format!("steps:\n  a: {step}\n"), what);
    }
}

#[test]
fn cases_are_different_values() {
    let text = |cases: &str| {
        format!("steps:\n  p: {{switch: {{on: '1 > 0', cases: {{{cases}}}}}}}\n  a: {{llm: x}}\n  b: {{llm: y}}\n")
    };
    refused_for(&text("True: a, true: b"), "the case `true` stands here again: both mean `true`");
    refused_for(&text("0x10: a, 16: b"), "the case `16` stands here again: both mean `16`");
    refused_for(&text("\"null\": a, ~: b"), "the case `~` stands here again: both mean `null`");
    accepted(&text("true: a, \"True\": b"));
    accepted(&text("1: a, 1.0: b"));
}

/// Each was refused once.
#[test]
fn what_is_asked_for_or_tried_may_be_absent() {
    let head = "inputs: {n: {default: 1}}\nsteps:\n  x: {set: {n: '1'}, condition: inputs.n > 1}\n";
    for value in [
        "switch outcomes.x { \"ok\" => x.n, _ => 0 }",
        "switch type_of(x) { \"()\" => 0, _ => x.n }",
        "if type_of(x) != \"()\" { x.n } else { 0 }",
        "let n = 0; try { n = x.n + 1 } catch { n = 0 } n",
        "let f = |a| a * 2; f.call(inputs.n)",
    ] {
        accepted(&format!("{head}  last: {{set: {{v: '{value}'}}}}\n"));
    }
    let caught = "let n = 0; try { n = inputs.n } catch { n = x.n } n";
    refused_for(&format!("{head}  last: {{set: {{v: '{caught}'}}}}\n"), "`x` may be `()` here");
}

/// Each was accepted once, and failed when it ran.
#[test]
fn what_random_pipelines_have_shown() {
    for (text, what) in [
        (
            "steps:\n  all: {each: {in: [1, 2], steps: {s: {set: {v: item}, products: {s: 'x/{{ inputs.name }}.json'}}}}}\ninputs: {name: {default: x}}\n",
            "every item would write `x/{{inputs.name}}.json`",
        ),
        (
            "steps:\n  a: {set: {v: '1'}, on_success: end}\n  b: {set: {v: '2'}}\noutputs: {b: b.v}\n",
            "`b` may be `()` here, because `a` may end the block before it",
        ),
        (
            "inputs: {n: {default: 1, type: integer}}\nsteps:\n  a: {set: {v: '1'}, condition: inputs.n > 1, on_false: end}\noutputs: {a: a.v}\n",
            "`a` may be `()` here, because it has a condition",
        ),
        (
            "steps:\n  a: {tool: read_file, args: {path: x}, on_failure: end}\noutputs: {a: a.len()}\n",
            "`a` may be `()` here, because it may have failed",
        ),
        (
            "steps:\n  a: {llm: x}\n  b: {each: {in: a.len(), steps: {s: {set: {v: item}}}}}\n",
            "`in` takes a list or a map, and `a.len()` is a number",
        ),
        (
            "steps:\n  a: {each: {in: [1], on_item_failure: continue, steps: {s: {set: {v: item}}}}}\n  b: {set: {v: 'errors.a?.kind'}}\n",
            "`errors.a` has the failures of items by key: read it by `errors.a?.get(\"kind\")`",
        ),
        ("steps:\n  a: {llm: x}\n  b: {llm: y, condition: a.len()}\n", "the condition `a.len()` is a number"),
    ] {
        refused_for(text, what);
    }
    accepted("steps:\n  all: {each: {in: [1, 2], steps: {s: {set: {v: item}, products: {s: 'x/{{ key }}.json'}}}}}\n");
    accepted("steps:\n  a: {set: {v: '1'}, on_success: end}\n  b: {set: {v: '2'}}\noutputs: {b: b?.v, a: a.v}\n");
}

#[test]
fn a_path_tells_the_items_of_every_each_apart() {
    let text = |items: &str, path: &str| {
        let nested = "\
steps: {o: {each: {in: [a, b], as: doc, steps: {i: {each: {in: IN, steps: {s: {set: {v: item}, products: {s: 'PATH'}}}}}}}}}
";
        nested.replace("IN", items).replace("PATH", path)
    };
    let made = "['{{ doc }}1', '{{ doc }}2']";
    for (items, path, what) in [
        (
            "[x, y]",
            "{{ key }}.json",
            "every item would write `{{key}}.json`: put what tells them apart into it, as `{{ doc }}`",
        ),
        ("[x, y]", "{{ item }}.json", "every item would write `{{item}}.json`: "),
        (
            "[x, y]",
            "{{ doc }}.json",
            "every item would write `{{doc}}.json`: put what tells them apart into it, as `{{ key }}`",
        ),
        (made, "{{ key }}.json", "every item would write `{{key}}.json`: "),
    ] {
        refused_for(&text(items, path), what);
    }
    for (items, path) in
        [("[x, y]", "{{ doc }}/{{ key }}.json"), ("[x, y]", "{{ s.v }}.json"), (made, "{{ item }}.json")]
    {
        accepted(&text(items, path));
    }
}

#[test]
fn what_only_the_data_shows_is_a_failure_of_the_data() {
    for step in [
        "{set: {v: 'found[0].nowhere'}}",
        "{set: {v: '1'}, condition: 'found[0].n'}",
        "{set: {v: 'found[0].n + #{}'}}",
        "{each: {in: '{{ found[0].n }}', steps: {s: {set: {v: item}}}}}",
        "{each: {in: [1, 1], key: item, steps: {s: {set: {v: item}}}}}",
        "{tool: read_file, args: {path: notes.txt, max_bytes: '{{ found[0] }}'}}",
        "{tool: read_file, args: {path: notes.txt}, vars: {v: text}}",
        "{ask: {prompt: which, choices: 'found[0].n'}}",
        "{set: {v: found}, products: {last: '{{ found[0].n }}'}}",
    ] {
        let text = format!(
            "steps:\n  found: {{tool: json_query, args: {{text: '{{\"n\": 1}}', query: \'$\'}}}}\n  last: {step}\n  told: {{set: {{kind: errors.last?.kind}}}}\noutputs: {{kind: told.kind}}\n"
        );
        let program = Program::offline().file("p.yaml", &text).file("notes.txt", "a note\n");
        let document = program.args(["run", "p.yaml", "--json"]).run().code(1).json();
        assert_eq!(document["failure"]["kind"], "data", "{step}\n{document:#}");
        assert_eq!(document["steps"]["told"], "ok", "{step}");
        assert_eq!(document["answer"], json!({"kind": "data"}), "{step}");
    }
}

#[test]
fn an_input_of_another_kind_is_told_with_what_was_expected() {
    let text = "\
inputs:
  n: {type: integer, description: how many}
  m: {type: integer, default: 1}
  kind: {schema: {enum: [a, b]}, default: a}
  list: {schema: {type: array, maxItems: 1}, default: []}
steps: {s: {set: {v: inputs.n}}}
";
    for (given, what) in [
        (["n=abc", "kind=a"], "the input `n` of pipeline `p` takes a whole number, not \"abc\""),
        (["n=1.5", "kind=a"], "the input `n` of pipeline `p` takes a whole number, not "),
        (["n=1", "kind=c"], "the input `kind` of pipeline `p` takes one of \"a\", \"b\", not \"c\""),
        (["n=1", "list=[1, 2]"], "the input `list` of pipeline `p` takes a list (maxItems 1), not "),
    ] {
        let program = Program::offline().file("p.yaml", text);
        let ran = program.list(&[&["run", "p.yaml"][..], &given].concat()).run().code(2).says(what);
        if given[0] != "n=1" {
            ran.says("hint: n: how many");
        }
    }
    let ran = Program::offline().file("p.yaml", text).args(["run", "p.yaml", "n=1", "m=abc"]).run().code(2);
    ran.says("hint: \"abc\" is not of type \"integer\"").does_not_say("JSON");
}

#[test]
fn a_field_that_is_asked_for_does_not_ask_for_its_step() {
    let text = "\
steps:
  x: {parallel: {my_x: [{a: {llm: hello}}]}, on_failure: y}
  y: {set: {v: '1'}}
outputs: {o: OUTPUT}
";
    let reads = |output: &str| text.replace("OUTPUT", output);
    refused_for(&reads("'if x.my_x == () { 1 } else { x.my_x }'"), "`x` may be `()` here, because it may have failed");
    refused_for(
        &reads("'if (x?.my_x ?? 1) == 1 { x.my_x } else { 2 }'"),
        "`x` may be `()` here, because it may have failed",
    );
    flow(&reads("'if x == () { 1 } else { x.my_x }'")).args(["pipeline", "validate", "flow.yaml"]).run().ok();
}

#[test]
fn a_var_has_the_type_that_is_all_that_is_said_of_it() {
    let server = ChatServer::new(|_| {
        Reply::text(
            "{\"v\": \"a\", \"score\": 0.5, \"n\": 2, \"level\": \"low\", \"tags\": [\"x\"], \"kind\": \"good\"}",
        )
    });
    let text = "\
steps:
  a: {llm: judge, vars: [v, {score: float 0..1}, {n: 'int?'}, {level: low|high}, {tags: 'string[]'}, {kind: good or bad}]}
outputs: {sum: a.score + 1, tag: 'a.tags[0]', kind: a.kind}
";
    let program = Program::served_by(&server).file("p.yaml", text);
    let document = program.args(["run", "p.yaml", "--json"]).run().ok().json();
    assert_eq!(document["answer"], json!({"sum": 1.5, "tag": "x", "kind": "good"}));
    let step = |vars: &str, read: &str| format!("steps: {{a: {{llm: x, vars: {vars}}}, l: {{set: {{v: {read}}}}}}}\n");
    refused_for(&step("{n: int 0..1}", "a.n.deep"), "`a.n` is a number, and has no field `deep`");
    refused_for(&step("{level: low|high}", "a.level.deep"), "`a.level` is a text, and has no field `deep`");
    refused_for(&step("{score: float 2..1}", "a.score"), "the range is empty");
    refused_for(&step("[v, {v: int}]", "a.v"), "`v` stands here again; it is on line 1 already");
    for words in ["number of stars", "float: how sure", "what it is | or not", "intervals"] {
        refused_for(&step(&format!("{{v: '{words}'}}"), "a.v.deep"), "`a.v` is a text, and has no field `deep`");
    }
}

#[test]
fn a_value_is_described_by_any_word() {
    let server = ChatServer::new(|_| Reply::text("{\"v\": \"noon\"}"));
    let program = Program::served_by(&server);
    for word in ["text", "str", "int", "number", "float", "bool", "date", "datetime", "any"] {
        let text = format!(
            "inputs: {{day: {word}}}\nsteps:\n  a: {{llm: '{{{{ inputs.day }}}}', vars: {{v: the {word}}}}}\n\
             outputs: {{n: inputs.day, v: a.v}}\n"
        );
        std::fs::write(program.project().join("p.yaml"), text).expect("a file");
        let document = program.args(["run", "p.yaml", "day=2020-01-01", "--json"]).run().ok().json();
        assert_eq!(document["answer"], json!({"n": "2020-01-01", "v": "noon"}), "{word}");
    }
}

#[test]
fn a_day_has_its_form_wherever_it_is_declared() {
    let text = "\
inputs: {day: {format: date, description: date}, other: {schema: date, default: 2020-02-29}}
steps: {a: {set: {n: inputs.day}}}
";
    let program = Program::offline().file("p.yaml", text);
    program.args(["run", "p.yaml", "day=2020-01-01"]).run().ok();
    program.args(["run", "p.yaml", "day=noon"]).run().code(2).says("the input `day` of pipeline `p`");
}

#[test]
fn a_branch_whose_last_step_may_be_skipped_has_no_fields_that_are_known() {
    let text = "\
steps:
  both:
    parallel:
      one:
        - seed: {set: {a: '1'}}
        - x: {tool: read_file, args: {path: gone.txt}, on_failure: continue}
        - GATE
        - last: {set: {b: '{{ x }}'}}
  taken: {set: {c: both.one.a}}
";
    let gate = text.replace("GATE", "gate: {set: {g: x}, condition: 1 > 2, on_false: fail}").replace("{{ x }}", "2");
    for text in [text.replace("        - GATE\n", ""), gate] {
        let program = Program::offline().file("p.yaml", text.replace("both.one.a", "both.one?.a"));
        assert_eq!(program.args(["run", "p.yaml", "--json"]).run().ok().json()["answer"], json!({"c": null}));
        refused_for(&text.replace(", on_failure: continue", ""), "`both.one` has no field `a`; it has b");
    }
}

#[test]
fn an_input_without_a_type_has_that_of_its_default() {
    let text = "\
inputs: {n: {default: 3}, x: {default: 0.5}, go: {default: true}, l: {default: [1]}, m: {default: {a: 1}}, t: {default: b}}
steps: {s: {set: {n: inputs.n + 1, x: inputs.x, go: inputs.go, l: inputs.l, m: inputs.m, t: inputs.t}}}
";
    let program = Program::offline().file("p.yaml", text);
    let answer = |given: &[&str]| {
        program.list(&[&["run", "p.yaml", "--json"][..], given].concat()).run().ok().json()["answer"].clone()
    };
    assert_eq!(answer(&[]), json!({"n": 4, "x": 0.5, "go": true, "l": [1], "m": {"a": 1}, "t": "b"}));
    let given = ["n=7", "x=2.5", "go=false", "l=[]", "m={\"a\": 2}", "t=c"];
    assert_eq!(answer(&given), json!({"n": 8, "x": 2.5, "go": false, "l": [], "m": {"a": 2}, "t": "c"}));
    program.args(["run", "p.yaml", "n=many"]).run().code(2).says("the input `n` of pipeline `p` takes a whole number");
    // A format is one of texts.
    refused_for(
        "inputs: {d: {format: date, default: 3}}\nsteps: {s: {set: {v: inputs.d}}}\n",
        "is not of type \"string\"",
    );
}

#[test]
fn an_input_of_any_type_takes_anything() {
    let text = "\
inputs: {x: {type: any, description: what}, y: {type: any, default: [1]}, z: {schema: any, example: 5}}
steps: {a: {set: {x: inputs.x, y: inputs.y, z: inputs.z}}}
";
    let outer = "steps: {sub: {pipeline: p.yaml, inputs: {x: 5, z: '{{ [1, 2] }}'}}}\n";
    let program = Program::offline().file("p.yaml", text).file("outer.yaml", outer);
    for (args, answer) in [
        (&["run", "p.yaml", "x=5", "z=text", "--json"][..], json!({"x": 5, "y": [1], "z": "text"})),
        (&["run", "outer.yaml", "--json"][..], json!({"x": 5, "y": [1], "z": [1, 2]})),
    ] {
        assert_eq!(program.list(args).run().ok().json()["answer"], answer, "{args:?}");
    }
}
