//! What is known of values that are no steps of their own: items, what a loop gave, what a model answered, maps and
//! lists of inputs; and what is called on values that never take it.

use super::accepted;
use super::forms::refused_for;
use crate::support::program::Program;
use serde_json::json;

#[test]
fn items_have_the_form_of_their_list_or_map() {
    let head = "\
inputs: {words: {schema: [string], default: [a]}, any: {type: array, default: []}}
steps:
  found: {llm: fields, vars: {rows: {schema: [{name: string, 'note?': string}]}}}
  named: {set: {one: {n: '1'}}}
";
    let each = |items: &str, body: &str| format!("{head}  last: {{each: {{in: {items}, steps: {{s: {body}}}}}}}\n");
    for (items, body, what) in [
        ("found.rows", "{set: {v: item.nam}}", "`item` has no field `nam`; did you mean `name`?"),
        ("found.rows", "{set: {v: item.note.len()}}", "`item.note` need not be there: read it by `item.get(\"note\")`"),
        ("found.rows", "{set: {v: '1'}, condition: item.name}", "the condition `item.name` is a text"),
        ("inputs.words", "{set: {v: item.name}}", "`item` is a text, and has no field `name`"),
        ("'inputs.words.filter(|w| w != \"\")'", "{set: {v: item * 2}}", "`*` does not take a text and a number"),
        ("[a, b]", "{set: {v: item > 1}}", "`>` does not take a text and a number: `item > 1`"),
        (
            "[1, 2]",
            "{tool: read_file, args: {path: '{{ item }}'}}",
            "`path` of read_file takes a text, and is given a num",
        ),
        ("named", "{set: {v: item.m}}", "`item` has no field `m`"),
        ("[1, 2]", "{set: {v: key.deep}}", "`key` is a text, and has no field `deep`"),
        (
            "found.rows",
            "{set: {v: 'item[\"note\"]'}}",
            "`item.note` need not be there: read it by `item.get(\"note\")`",
        ),
        (
            "[1, 2]",
            "{each: {in: item, as: part, steps: {t: {set: {v: part}}}}}",
            "`in` takes a list or a map, and `item` is",
        ),
    ] {
        refused_for(&each(items, body), what);
        refused_for(&each(items, body), "flow.yaml has a fault");
    }
    for (items, body) in [
        ("found.rows", "{set: {v: item.name, w: 'item.get(\"note\")'}}"),
        ("found.rows", "{set: {v: item.note}, condition: '\"note\" in item'}"),
        ("found.rows", "{set: {v: 'if \"note\" in item { item.note } else { 0 }'}}"),
        ("'found.rows.filter(|r| \"note\" in r)'", "{set: {v: item.note.len()}}"),
        ("inputs.any", "{set: {v: item.name, w: item * 2}}"),
        ("[1, b]", "{set: {v: item * 2}}"),
        ("named", "{set: {v: item.n + 1}}"),
        ("[[a], [b]]", "{each: {in: item, as: part, steps: {t: {set: {v: part.len()}}}}}"),
    ] {
        accepted(&each(items, body));
    }
    let keyed = "  all: {each: {in: inputs.words, key: item, steps: {s: {set: {v: item}}}}}\n";
    refused_for(&format!("{head}{keyed}  last: {{set: {{v: all.a.w}}}}\n"), "`all.a` has no field `w`; it has v");
    let named = "  all: {each: {in: named, steps: {s: {set: {v: item}}}}}\n";
    refused_for(&format!("{head}{named}  last: {{set: {{v: all.two}}}}\n"), "`all` has no field `two`; it has one");
    accepted(&format!("{head}{keyed}  last: {{set: {{v: all.a.v, w: 'all.values().map(|one| one.v)'}}}}\n"));
}

#[test]
fn there_is_no_last_iteration_in_the_first_one() {
    let text = |condition: &str, body: &str| {
        format!("steps: {{w: {{while: {{condition: '{condition}', max_iterations: 3, steps: {{s: {body}}}}}}}}}\n")
    };
    let first = "`prev` may be `()` here, because there is none in the first iteration";
    let begun = "`prev` is `()` before the first iteration";
    for (condition, body, what) in [
        ("iteration < 3", "{set: {v: prev.v + 1}}", format!("{first}: write `prev?.v`, or ask `prev != ()`")),
        ("iteration < 3", "{set: {v: prev?.v + 1}}", format!("{first}: give another value by `??`")),
        ("iteration < 3", "{llm: 'say {{ prev.v }}', vars: {v: x}}", format!("{first}: write `prev?.v`")),
        ("iteration < 3", "{set: {v: '1'}, condition: prev.v > 1}", format!("{first}: write `prev?.v`")),
        ("prev.v < 3", "{set: {v: '1'}}", format!("{begun}: write `prev?.v`")),
        ("prev?.v < 3", "{set: {v: '1'}}", format!("{begun}: write another value by `??`, as in `(prev?.v ?? ..)`")),
    ] {
        refused_for(&text(condition, body), &what);
    }
    for (condition, body) in [
        ("iteration < 3", "{set: {v: (prev?.v ?? 0) + 1}}"),
        ("iteration < 3", "{set: {v: 'if iteration > 1 { prev.v } else { 0 }'}}"),
        ("iteration < 3", "{set: {v: 'if prev == () { 0 } else { prev.v }'}}"),
        ("iteration < 3", "{set: {v: prev.v}, condition: iteration > 1}"),
        ("(prev?.v ?? 0) < 3", "{set: {v: '1'}}"),
        ("prev == () || prev.v < 3", "{set: {v: '1'}}"),
        ("iteration < 2 || prev.v < 3", "{set: {v: '1'}}"),
    ] {
        accepted(&text(condition, body));
    }
    // A step that is jumped over in the first round reads it in the second one.
    let jumps =
        "{first: {switch: {on: iteration, cases: {1: last}}}, grown: {set: {v: prev.v}}, last: {set: {v: '1'}}}";
    accepted(&text("iteration < 3", "{wait: 1ms}").replace("{s: {wait: 1ms}}", jumps));
    let told = "{first: {set: {begins: iteration == 1}}, s: {set: {v: 'if first.begins { 0 } else { prev.v }'}}}";
    accepted(&text("iteration < 3", "{wait: 1ms}").replace("{s: {wait: 1ms}}", told));
}

#[test]
fn what_an_expression_declares_has_not_the_form_of_a_step_that_it_cannot_see() {
    let head = "\
inputs: {words: {schema: [string], default: [a]}}
steps:
  p: {each: {in: [1, 2], steps: {w: {set: {v: item}}}}}
";
    for expression in ["inputs.words.filter(|w| w != \"\")", "let w = inputs.words.len(); w * 2"] {
        accepted(&format!("{head}  l: {{set: {{v: '{expression}'}}}}\n"));
    }
    accepted(&format!("{head}  l: {{set: {{v: '1'}}, condition: 'inputs.words.some(|w| w == \"a\")'}}\n"));
}

#[test]
fn a_map_has_the_other_fields_that_its_schema_lets_it_have() {
    let text = |others: &str, read: &str| {
        let schema = format!("{{type: object, properties: {{a: {{type: integer}}}}, required: [a], {others}}}");
        format!("inputs: {{o: {{schema: {schema}}}}}\nsteps: {{s: {{set: {{v: {read}}}}}}}\n")
    };
    for (others, read) in [
        ("additionalProperties: {type: number}", "inputs.o.b + inputs.o.a"),
        ("additionalProperties: true", "inputs.o.b.deep"),
        ("patternProperties: {'^b': {type: number}}", "inputs.o.b + 1"),
    ] {
        accepted(&text(others, read));
    }
    for (others, read, what) in [
        ("additionalProperties: false", "inputs.o.b", "`inputs.o` has no field `b`"),
        ("additionalProperties: {type: number}", "inputs.o.b.len()", "`inputs.o.b` is a number, which `len` does not"),
    ] {
        refused_for(&text(others, read), what);
    }
}

#[test]
fn what_a_loop_or_a_model_gave_is_known_by_its_fields() {
    let rounds = "max_iterations: 3, steps: {s: {set: {score: '1'}}}";
    for condition in ["prev == () || prev.scor < 3", "(prev?.scor ?? 0) < 3"] {
        let text = format!("steps: {{w: {{while: {{condition: '{condition}', {rounds}}}}}}}\n");
        refused_for(&text, "`prev` has no field `scor`; did you mean `score`?");
        accepted(&text.replace("scor ", "score "));
    }
    let text = format!("steps: {{w: {{while: {{condition: iteration < 3, {rounds}}}}}, l: {{set: {{v: w.scor}}}}}}\n");
    refused_for(&text, "`w` has no field `scor`; did you mean `score`?");
    accepted(&text.replace("w.scor}", "w.score}"));
    for (text, what) in [
        (
            "steps: {a: {llm: {prompt: x, check: answer.scor > 1}, vars: {score: {type: number}}}}",
            "`answer` has no field `scor`; did you mean `score`?",
        ),
        (
            "steps: {a: {llm: {prompt: x, check: answer.score > 1}}}",
            "`answer` is a text, and has no field `score`; `vars` give the step's value fields",
        ),
        (
            "steps: {a: {llm: {prompt: x, check: 'answer.score > \"1\"'}, vars: {score: {type: number}}}}",
            "`>` does not take a number and a text: `answer.score > \"1\"`",
        ),
        (
            "steps: {a: {llm: {prompt: x, check: answer.score}, vars: {score: {type: number}}}}",
            "a check answers true or false, or a text that says what is wrong, and `answer.score` is a number",
        ),
        (
            "steps: {a: {llm: x, vars: {score: {type: number}}, products: {score.deep: a.json}}}",
            "`score` is a number, and has no field `deep`",
        ),
        (
            "steps: {a: {llm: x}, w: {switch: {on: a, cases: {x: l}}}, l: {set: {v: w.deep}}}",
            "`w` is a text, and has no",
        ),
        (
            "steps: {a: {llm: x, vars: {kind: {schema: {enum: [x, y]}}}}, l: {set: {v: a.kind.deep}}}",
            "`a.kind` is a text, and has no field `deep`",
        ),
        ("steps: {a: {llm: x}, l: {set: {v: outcomes.a > 1}}}", "`>` does not take a text and a number"),
    ] {
        refused_for(&format!("{text}\n"), what);
        refused_for(&format!("{text}\n"), "flow.yaml has a fault");
    }
    let inner = "steps: {a: {llm: x}, b: {set: {said: a}}}\n";
    let program = Program::offline()
        .file("inner.yaml", inner)
        .file("flow.yaml", "steps: {sub: {pipeline: inner.yaml}, l: {set: {v: sub.sad}}}\n");
    let ran = program.args(["pipeline", "validate", "flow.yaml"]).run().code(1);
    ran.says("`sub` has no field `sad`; did you mean `said`?");
}

#[test]
fn what_a_value_never_takes_is_told_before() {
    let head = "\
inputs: {o: {type: object, default: {a: 1}}, x: {type: object, required: false}}
steps:
  a: {set: {n: 1, yes: true, text: '\"x\"', list: ['1']}}
";
    for (expression, what) in [
        ("a.n.len()", "`a.n` is a number, which `len` does not take"),
        ("len(a.n)", "`a.n` is a number, which `len` does not take"),
        ("a.list.to_upper()", "`a.list` is a list, which `to_upper` does not take"),
        ("a.text.keys()", "`a.text` is a text, which `keys` does not take"),
        ("a.yes.floor()", "`a.yes` is true or false, which `floor` does not take"),
        ("a.yes[0]", "`a.yes` is true or false, and has no parts"),
        ("!a.n", "`!` does not take a number: `!a.n`"),
        ("-a.text", "`-` does not take a text: `-a.text`"),
        ("a.yes && a.text", "`&&` does not take a text: `a.yes && a.text`"),
        ("a.n or a.yes", "`||` does not take a number: `a.n or a.yes`"),
        ("if a.text { 1 } else { 2 }", "`if` does not take a text: `if a.text { 1 } else { 2 }`"),
        ("inputs.o + 1", "`+` does not take a map and a number: `inputs.o + 1`"),
        ("\"ab\" * 2", "`*` does not take a text and a number: `\"ab\" * 2`"),
        (
            "inputs?.x.name",
            "`inputs.x` may be `()`: give it a default, write `inputs.x?.name`, or ask `inputs.x != ()`",
        ),
        ("inputs.o.b", "`inputs.o` has no field `b` where it is not given, as its default has a: read it by"),
    ] {
        let text = format!("{head}  b: {{set: {{v: '{expression}'}}}}\n");
        refused_for(&text, what);
        refused_for(&text, "flow.yaml has a fault");
    }
    for expression in [
        "a.text.len() + a.list.len() + len(a.text)",
        "a.n.to_string() + a.yes.to_string() + type_of(a.list)",
        "if a.yes && a.n > 1 || !a.yes { -a.n } else { a.n.to_float() }",
        "inputs.o.a + 1",
        "inputs.o.get(\"b\")",
        "if \"b\" in inputs.o { inputs.o.b } else { 0 }",
        "a.list[0] + a.text[0]",
        "a.keys().len()",
        "try { \"ab\" * 2 } catch { 0 }",
    ] {
        accepted(&format!("{head}  b: {{set: {{v: '{expression}'}}}}\n"));
    }
    refused_for(&format!("{head}  b: {{set: {{v: '1'}}, condition: inputs.o}}\n"), "the condition `inputs.o` is a map");
    accepted(&format!("{head}  b: {{set: {{v: inputs.o.b}}, condition: '\"b\" in inputs.o'}}\n"));
    let program =
        Program::offline().file("p.yaml", format!("{head}  b: {{set: {{v: 'inputs.o.get(\"b\") ?? a.n'}}}}\n"));
    assert_eq!(program.args(["run", "p.yaml", "--json"]).run().ok().json()["answer"], json!({"v": 1}));
}

#[test]
fn a_reduction_without_a_start_begins_with_nothing() {
    let flow = |expression: &str| format!("steps: {{a: {{set: {{n: 1}}}}, b: {{set: {{v: '{expression}'}}}}}}\n");
    for (expression, what) in [
        (
            "[1, 2].reduce(|x, y| x + y)",
            "`+` does not take the `()` with which `reduce` begins, unless it is given a start as in `reduce(.., 0)`: \
             `[1, 2].reduce(|x, y| x + y)`",
        ),
        ("[1, 2].reduce_rev(|x, y| y * x * a.n)", "`*` does not take the `()` with which `reduce_rev` begins"),
        ("[true].reduce(|x, y| x && y)", "`&&` does not take the `()` with which `reduce` begins"),
        ("[1, 2].reduce(|x, y| max(x, y))", "`max` does not take the `()` with which `reduce` begins"),
        ("[1, 2].reduce(|x, y| x.max(y))", "`max` does not take the `()` with which `reduce` begins"),
        ("a.keys().map(|k| [1, a.n].reduce(|x, y| x + y))", "`+` does not take the `()` with which `reduce` begins"),
        ("() + a.n", "`+` does not take `()`: `() + a.n`"),
    ] {
        refused_for(&flow(expression), what);
        refused_for(&flow(expression), "flow.yaml has a fault");
    }
    for expression in [
        "[1, 2].reduce(|x, y| x + y, 0)",
        "[1, 2].reduce(|x, y| (x ?? 0) + y)",
        "[1, 2].reduce(|x, y| if x == () { y } else { x + y })",
        "[1, 2].reduce(|x, y, at| if at == 0 { y } else { x + y })",
        "[1, 2].reduce(|x, y| { let x = x ?? 0; x + y })",
        "[1, 2].reduce(|x, y| [x, y + a.n])",
        "[1, 2].reduce(|x, y| max(x, y), 0)",
        "[1, 2].reduce(|x, y| max(y, x ?? 0))",
        "[1, 2].reduce(|x, y| x?.max(y) ?? y)",
        "[1, 2].reduce(|x, y| type_of(x) + y)",
        "try { [1, 2].map(|n| [n, a.n].reduce(|x, y| x + y)) } catch { [] }",
        "try { [[1]].map(|l| l.map(|n| 1 + [])) } catch { [] }",
    ] {
        accepted(&flow(expression));
    }
}

/// What is known of the values that the next tests read.
const KNOWN: &str = "\
inputs: {rows: {schema: [{name: string, 'note?': string}], default: []}, n: {type: integer, default: 1}}
steps:
  u:
    llm: fields
    vars: {rows: {schema: [{name: string, qty: integer}]}, words: {schema: [string]}, ints: {schema: [integer]},
      text: {type: string}, num: {type: number}, o: {schema: {a: string}}, yes: {type: boolean}}
  e: {each: {in: [a, b], steps: {x: {set: {title: item}}}}}
  keyed: {each: {in: [a, b], key: item, steps: {y: {set: {title: item}}}}}
  part: {each: {in: [a, b], on_item_failure: continue, steps: {z: {llm: x, vars: {title: text}}}}}
";

#[track_caller]
fn refused_once(expression: &str, what: &str) {
    let text = format!("{KNOWN}  last: {{set: {{v: '{expression}'}}}}\n");
    refused_for(&text, what);
    refused_for(&text, "flow.yaml has a fault");
}

#[track_caller]
fn accepted_value(expression: &str) {
    accepted(&format!("{KNOWN}  last: {{set: {{v: '{expression}'}}}}\n"));
}

#[test]
fn what_stands_behind_a_bracket_or_is_given_to_a_closure_is_known_by_its_fields() {
    for (expression, what) in [
        ("e[0].titel", "`e[..]` has no field `titel`; did you mean `title`?: `e[0].titel`"),
        ("u.rows[inputs.n - 1].name.deep", "`u.rows[..].name` is a text, and has no field `deep`"),
        ("u.rows[0][\"nofield\"]", "`u.rows[..]` has no field `nofield`"),
        ("keyed[u.text].zz", "`keyed[..]` has no field `zz`; it has title"),
        ("keyed.values()[0].zz", "`keyed.values(..)[..]` has no field `zz`; it has title"),
        ("(e + e)[0].zz", "`(..)[..]` has no field `zz`; it has title"),
        ("u.ints[0].to_upper()", "`to_upper` does not take a number: `u.ints[0].to_upper()`"),
        ("u.ints[0] + 1 > \"a\"", "`>` does not take a number and a text"),
        ("inputs.rows.map(|r| r.zz).join(\",\")", "`r` has no field `zz`; it has name, note"),
        ("map(inputs.rows, |r| r.zz)", "`r` has no field `zz`; it has name, note"),
        ("u.rows.filter(|r| r.qty > \"a\")", "`>` does not take a number and a text"),
        ("u.rows.filter(|r| r.qty > 1).map(|r| r.name.floor())", "`floor` does not take a text"),
        ("u.rows.map(|r, at| at.to_upper())", "`to_upper` does not take a number"),
        ("u.words.map(|x| x * inputs.n)", "`*` does not take a text and a number"),
        ("u.ints.find(|x| x.foo)", "`x` is a number, and has no field `foo`"),
        ("u.rows.map(|r| u.words.map(|w| w + r.zz))", "`r` has no field `zz`; it has name, qty"),
    ] {
        refused_once(expression, what);
    }
    for expression in [
        "e[0].title.len() + e.len()",
        "u.rows[0].name.to_upper() + u.rows[0].qty",
        "inputs.rows.map(|r| r.note)",
        "u.rows.filter(|r| \"zz\" in r).map(|r| r.zz)",
        "u.rows.map(|r, at| r.qty + at + inputs.n)",
        "u.rows.map(|r| u.words.map(|w| w + r.name))",
        "u.rows.map(|r| { r.set(\"zz\", 1); r.zz })",
        "u.words.map(|x| { let x = 1; x * 2 })",
        "u.words.map(|x| x.trim())",
        "u.rows.map(|r| r.qty).map(|x| x * 2)",
        "try { u.ints[0].to_upper() } catch { 0 }",
        "part.map(|p| p?.titel)",
        "part[0]?.titel ?? e[0]?.title",
        "parse_json(u.text)[0].zz",
        "[1, \"a\"].map(|x| x.len())",
    ] {
        accepted_value(expression);
    }
    // What was taken from there is known further on.
    let further = "  taken: {set: {v: 'e[0]'}}\n  last: {set: {v: taken.v.zz}}\n";
    refused_for(&format!("{KNOWN}{further}"), "`taken.v` has no field `zz`; it has title");
}

#[test]
fn operators_and_functions_are_given_what_they_take() {
    for (expression, what) in [
        ("(0..u.text).map(|i| i)", "`..` does not take a number and a text"),
        ("(0..=u.yes).map(|i| i)", "`..=` does not take a number and true or false"),
        ("u.text & \"x\"", "`&` does not take a text and a text: `u.text & \"x\"`"),
        ("u.words << 1", "`<<` does not take a list and a number"),
        ("1 in u.text", "`contains` does not take a text and a number: `1 in u.text`"),
        ("1 in u.o", "`contains` does not take a map and a number"),
        ("u.text.contains(inputs.n)", "`contains` does not take a text and a number"),
        ("u.text.starts_with(3)", "`starts_with` does not take a text and a number"),
        ("u.words.join(1)", "`join` does not take a list and a number"),
        ("u.text.sub_string(\"a\")", "`sub_string` does not take a text and a text"),
        ("max(u.text, 1)", "`max` does not take a text and a number"),
        ("u.text.to_upper().abs()", "`abs` does not take a text: `u.text.to_upper().abs()`"),
        ("u.text.split(\",\").abs()", "`abs` does not take a list"),
        ("u.text.split(\",\")[0].abs()", "`abs` does not take a text"),
        ("(u.num + 1).to_upper()", "`to_upper` does not take a number"),
        ("u.num.abs().to_upper()", "`to_upper` does not take a number"),
        ("u.text.len().to_upper()", "`to_upper` does not take a number"),
        ("u.keys().abs()", "`abs` does not take a list"),
        ("\"x\".floor()", "`floor` does not take a text"),
        ("[1, 2].floor()", "`floor` does not take a list"),
        ("floor([1, 2])", "`floor` does not take a list"),
        ("json_text(u).abs()", "`abs` does not take a text"),
    ] {
        refused_once(expression, what);
    }
    for expression in [
        "(0..inputs.n).map(|i| i * 2)",
        "u.words.extract(1..)",
        "inputs.n & 1 | inputs.n << 2",
        "u.yes & true",
        "1 in u.words || \"a\" in u.o || \"a\" in u.text",
        "u.text.split(1)",
        "u.text.index_of(\"a\", 1) + u.text.sub_string(1, 2).len() + u.words.index_of(|w| w == \"a\")",
        "max(u.text, \"a\").to_upper() + max(u.num, 1)",
        "u.words.join(\", \").to_upper() + u.words.order()[0].to_upper()",
        "u.num.round() + u.num.to_int() + abs(u.num)",
        "#{floor: |x| x * 2}.floor(1)",
        "u.o.get(u.text)",
        "json_text(u.o) + json_text(u.o, 2)",
    ] {
        accepted_value(expression);
    }
    for range in ["0..u.num", "u.num..=9"] {
        let text = format!("{KNOWN}  last: {{each: {{in: '{range}', steps: {{s: {{set: {{v: item}}}}}}}}}}\n");
        refused_for(&text, "`u.num` is declared as `number`, and a range takes whole numbers: declare it as `integer`");
        accepted(&text.replace("u.num", "u.num.to_int()"));
        accepted(&text.replace("{type: number}", "{type: integer}"));
    }
    for items in ["json_text(u)", "u.text.to_upper()", "u.num.round()"] {
        let text = format!("{KNOWN}  last: {{each: {{in: '{items}', steps: {{s: {{set: {{v: item}}}}}}}}}}\n");
        refused_for(&text, &format!("`in` takes a list or a map, and `{items}` is a "));
    }
}

#[test]
fn a_value_of_known_words_is_compared_with_one_of_them() {
    let head = "\
inputs: {kind: {schema: {enum: [bug, question]}, default: bug}}
steps:
  rated: {llm: rate, vars: {level: low|high, free: text}}
  sure: {ask: {prompt: sure?, choices: ['yes', 'no'], of: worker}}
  free: {ask: {prompt: what?, of: worker}}
";
    let step = |step: &str| format!("{head}  way: {step}\n  last: {{set: {{v: '1'}}}}\n");
    for (written, what) in [
        ("{switch: {on: rated.level, cases: {lw: last}}}", "`rated.level` is never `lw`; did you mean `low`?"),
        ("{switch: {on: sure, cases: {'yes': last, maybe: last}}}", "`sure` is never `maybe`; it is one of yes, no"),
        ("{set: {v: '1'}, condition: 'sure == \"Yes\"'}", "`sure` is never `Yes`; did you mean `yes`?"),
        ("{set: {v: 'inputs.kind != \"bgu\"'}}", "`inputs.kind` is never `bgu`; did you mean `bug`?"),
        (
            "{set: {v: '1'}, condition: 'outcomes.rated == \"succeeded\"'}",
            "`outcomes.rated` is never `succeeded`; it is one of ok, failed, skipped, waiting, cancelled, unknown",
        ),
        ("{set: {v: 'sure == \"no\" || sure == \"noo\"'}}", "`sure` is never `noo`; did you mean `no`?"),
    ] {
        refused_for(&step(written), what);
        refused_for(&step(written), "flow.yaml has a fault");
    }
    for written in [
        "{switch: {on: rated?.level, cases: {low: last, 'null': last}}}",
        "{switch: {on: rated.free, cases: {lw: last}}}",
        "{switch: {on: 'sure + \"!\"', cases: {yes!: last}}}",
        "{set: {v: '1'}, condition: 'sure == \"no\" || free == \"Yes\"'}",
        "{set: {v: '1'}, condition: 'outcomes.rated == \"ok\" && inputs.kind != \"bug\"'}",
    ] {
        accepted(&step(written));
    }
}

#[test]
fn a_file_is_made_of_what_it_can_hold() {
    let step = |products: &str| format!("{KNOWN}  last: {{set: {{n: u.ints, s: u.num}}, products: {{{products}}}}}\n");
    for (products, what) in [
        (
            "last.s: n.csv",
            "the product `n.csv` takes a list of maps, a list of lists, or a text, and `last.s` is a number",
        ),
        ("last.n: n.csv", "and `last.n` is a list, of which an item is a number"),
        ("last: n.csv", "and `last` is a map"),
        ("last.s: 'x/n.bin'", "the product `x/n.bin` takes a list of bytes, or a text, and `last.s` is a number"),
        ("u.words: n.bin", "and `u.words` is a list, of which an item is a text"),
    ] {
        refused_for(&step(products), what);
        refused_for(&step(products), "flow.yaml has a fault");
    }
    accepted(&step("last.n: n.bin, u.rows: n.csv, u.text: t.csv, last.s: n.json, last: 'l.txt', e: e.csv"));
}
