//! Faults: all at once, each with its place, the nearest name, and what would be right.

use super::forms::refused_for;
use super::{accepted, flow, refused};
use crate::support::chat::{ChatServer, Reply};
use crate::support::program::Program;

#[test]
fn many_faults_are_told_at_once() {
    refused(
        "pipeline_many_faults",
        r#"
id: triage
nmae: Triage
default_model: nobody
selection_schema: cheap
limits: {max_paralel: 4, timeout: soon}
experts: {raed_file: worker}
inputs:
  topic: what it is about
  count: {type: int, default: many}
steps:
  draft:
    llm: "Write about {{ inputs.topik }} for {{ audience }}"
    vars: {text: the text, score: {type: number, example: high}}
    promt: twice
  review:
    llm: {prompt: "Judge {{ draft.scor }}", temperature: 3}
    condition: draft.score <
  files:
    tool: list_dirs
  page:
    tool: read_file
    args: {pth: notes.txt}
  both:
    llm: one
    tool: read_file
  nothing: {dependencies: [drft]}
  values:
    set: {n: 1}
    model: offline
"#,
    );
}

#[test]
fn yaml_itself_may_be_wrong() {
    refused("pipeline_duplicate_keys", "id: a\nid: b\nsteps:\n  one: {set: {n: 1}}\n  one: {set: {n: 2}}\n");
    refused("pipeline_no_yaml", "steps:\n  one: [\n");
    refused("pipeline_braces_without_quotes", "steps:\n  one:\n    llm: {{ inputs.topic }}\n");
    refused("pipeline_empty", "");
    refused("pipeline_a_list", "- one\n");
    refused("pipeline_no_steps", "id: a\n");
}

#[test]
fn a_way_back_wants_steps_in_the_order_in_which_they_run() {
    let text = "\
steps:
  early: {set: {v: late.v}}
  draft: {set: {v: '1'}, max_visits: 2}
  again: {set: {v: draft.v}, on_success: draft}
  late: {set: {v: '2'}}
";
    flow(text).args(["pipeline", "validate", "flow.yaml"]).run().code(1).says(
        "flow.yaml:4:42: `again` leads back to `draft`, and `early` stands before `late`, which it needs: write the \
         steps in the order in which they run",
    );
    accepted(&text.replace(", on_success: draft", ""));
    accepted(&text.replace("  early: {set: {v: late.v}}\n", ""));
}

#[test]
fn cycles_are_named() {
    refused(
        "pipeline_cycles",
        r#"
steps:
  a: {set: {n: c.n}}
  b: {set: {n: a.n}}
  c: {set: {n: b.n}}
  alone: {set: {n: alone.n}}
  d: {set: {n: "1"}, dependencies: [e]}
  e: {set: {n: "1"}, dependencies: [d]}
"#,
    );
}

#[test]
fn names_and_fields_are_known_before_anything_is_spent() {
    refused(
        "pipeline_names_and_fields",
        r#"
inputs:
  person: {schema: {name: string, "age?": int}}
steps:
  draft:
    llm: "Hello {{ inputs.person.nam }}"
  again:
    llm: |
      First {{ draft.text }}
      then {{ outcomes.daft }} and
      {{ errors.draft.message }} and {{ outcomes }}
  values:
    set: {total: 1, name: '"Ada"'}
  shown:
    set: {a: values.totl, b: values.name.first, c: llm("x"), d: text that is no expression}
  late:
    llm: "{{ values.total }}"
    condition: values.total > 1
  needs:
    set: {x: late.length, y: "late?.size", z: draft.len}
"#,
    );
}

#[test]
fn values_that_may_be_absent_are_asked_for_first() {
    let head = r#"
inputs: {n: {type: integer, default: 1}}
steps:
  maybe:
    llm: hello
    vars: {score: {type: number}}
    condition: inputs.n > 1
"#;
    let read = |rest: &str| format!("{head}{rest}");
    refused("pipeline_absent", &read("  taken: {set: {n: maybe.score}}\n"));
    for rest in [
        "  taken: {set: {n: maybe?.score}}\n",
        "  taken: {set: {n: maybe.score}, condition: 'outcomes.maybe == \"ok\"'}\n",
        "  taken: {set: {n: maybe.score}, condition: maybe != () && inputs.n > 2}\n",
        "  taken: {set: {n: 'if maybe != () { maybe.score } else { 0 }'}}\n",
        "  taken: {set: {n: maybe.score}, condition: inputs.n > 1}\n",
        "  taken: {set: {n: maybe}}\n",
    ] {
        accepted(&read(rest));
    }
    refused(
        "pipeline_absent_by_or",
        &read("  taken: {set: {n: maybe.score}, condition: maybe != () || inputs.n > 2}\n"),
    );
    refused(
        "pipeline_absent_by_jump",
        r#"
steps:
  choose: {switch: {on: '"b"', cases: {a: first, b: last}}}
  first: {set: {n: 1}}
  last: {set: {n: first.n}}
"#,
    );
    refused(
        "pipeline_absent_by_failure",
        r#"
steps:
  risky: {tool: read_file, args: {path: a.txt}, vars: {text: x}, on_failure: continue}
  after: {set: {n: risky.text}}
  told: {set: {n: risky.text}, always: true}
  sure: {set: {n: after.n}, always: true}
  sees: {set: {n: after.n, o: outcomes.after}}
  body: {parallel: [{b: {set: {n: after.n}}}, {c: {set: {o: outcomes.after}}}]}
outputs: {text: risky.text, n: after.n}
"#,
    );
}

#[test]
fn who_stands_before_a_step_that_ends_the_block_by_its_condition_asks_for_its_value() {
    let ends = "  ends: {set: {v: '1'}, condition: 1 > 2, on_false: end}\n";
    let reads = "  reads: {set: {v: ends.v}}\n";
    refused_for(
        &format!("steps:\n{reads}{ends}"),
        "flow.yaml:2:20: `ends` may be `()` here, because it has a condition",
    );
    accepted(&format!("steps:\n{ends}{reads}"));
}

#[test]
fn who_is_skipped_with_what_it_needs_may_read() {
    let body = "
  risky: {tool: read_file, args: {path: a.txt}, vars: {text: x}, on_failure: continue}
  after: {set: {n: risky.text}}
  last: {set: {n: after.n}, condition: after.n != risky.text}
  deep: {parallel: [{d: {set: {n: last?.n}}}, {e: {set: {n: after.n.len()}, always: true}}]}
  told: {set: {o: outcomes.risky, p: outcomes.after}}
";
    accepted(&format!("steps:{body}"));
    // That another step of the same body looks at it is nothing to its readers.
    let inner = body.replace("  ", "        ");
    accepted(&format!("steps:\n  all:\n    each:\n      in: [1]\n      steps:{inner}"));
}

#[test]
fn outputs_ask_for_whatever_may_have_been_skipped() {
    let needs = "`late` may be `()` here, because a step that it needs may fail or be skipped";
    for (steps, what) in [
        ("  way: {switch: {on: '1', cases: {1: skip}}}\n  late: {set: {v: '1'}, dependencies: [way]}\n", needs),
        ("  late: {set: {v: bad}}\n  bad: {tool: read_file, args: {path: a.txt}, on_failure: end}\n", needs),
        ("  late: {set: {v: b.v}}\n  a: {set: {v: '1'}, on_success: end}\n  b: {set: {v: '2'}}\n", needs),
        (
            "  bad: {tool: read_file, args: {path: a.txt}, on_failure: continue}\n  \
             gate: {set: {v: bad}, condition: 1 > 2, on_false: fail}\n  late: {set: {v: '1'}}\n",
            needs,
        ),
        (
            "  all: {end: '1'}\n  late: {set: {v: '2'}}\n  tidy: {set: {v: '3'}, always: true, on_success: end}\n",
            "`late` may be `()` here, because `all` may end the block before it",
        ),
    ] {
        refused_for(&format!("steps:\n{steps}outputs: {{v: late.v}}\n"), what);
    }
}

#[test]
fn a_condition_means_something_else_in_another_body() {
    let text = "\
inputs: {n: {type: integer, default: 1}}
steps:
  all:
    each:
      in: [a, b]
      as: word
      steps:
        maybe: {set: {v: '1'}, condition: CONDITION}
        beside: {set: {v: maybe.v}, condition: CONDITION}
        inner: {each: {in: [x, y], as: letter, steps: {deep: {set: {v: maybe.v}, condition: CONDITION}}}}
";
    for condition in ["index == 0", "inputs.n > 1 && key == \"0\""] {
        refused_for(
            &text.replace("CONDITION", condition),
            "flow.yaml has a fault\n  flow.yaml:10:72: `maybe` may be `()` here, because it has a condition",
        );
    }
    for condition in ["inputs.n > 1", "word == \"a\""] {
        accepted(&text.replace("CONDITION", condition));
    }
    refused_for(
        "\
steps:
  a:
    while:
      condition: iteration < 3
      max_iterations: 3
      steps:
        maybe: {set: {v: '1'}, condition: iteration > 1}
        b:
          while:
            condition: iteration < 3
            max_iterations: 3
            steps: {deep: {set: {v: maybe.v}, condition: iteration > 1}}
",
        "flow.yaml:12:37: `maybe` may be `()` here, because it has a condition",
    );
}

#[test]
fn a_step_is_named_otherwise_than_any_item() {
    let each = "  all: {each: {in: [1], as: word, steps: {a: {set: {v: word}}}}}\n";
    let step = "  both: {parallel: {l: [{word: {set: {v: '1'}}}]}}\n";
    for (steps, what) in [
        (
            format!("{each}{step}"),
            "flow.yaml:3:26: `word` is the name of an item already, on line 2: choose another name",
        ),
        (
            format!("{step}{each}"),
            "flow.yaml:3:29: `word` is the name of a value already: name the item otherwise, by `as`",
        ),
        (
            "  all: {each: {in: [1], steps: {a: {set: {v: item}}, item: {set: {v: '1'}}}}}\n".to_owned(),
            "flow.yaml:2:54: `item` is the name of an item already, on line 2: choose another name",
        ),
    ] {
        refused_for(&format!("steps:\n{steps}"), what);
    }
    // Those of one each are none of another one's.
    accepted(&format!("steps:\n{each}{}", each.replace("all", "more").replace("a: {set", "b: {set")));
}

#[test]
fn jumps_lead_to_steps_and_loops_end() {
    refused(
        "pipeline_jumps",
        r#"
steps:
  a: {set: {n: 1}, on_false: b}
  b: {set: {n: 2}, condition: "true", on_false: a, on_success: gone}
  c: {switch: {on: b, cases: {1: contineu, 2: a}, default: retry}}
  d:
    each:
      in: [1, 2]
      steps:
        inner: {set: {n: item}, on_success: a}
        stop: {end: item}
"#,
    );
    accepted(
        "steps:\n  a: {set: {n: 1}, max_visits: 3}\n  b: {set: {n: 2}, condition: 'true', on_success: a, on_false: end}\n",
    );
}

#[test]
fn what_leads_itself_has_no_other_way_after_success() {
    for (step, column, what) in [
        ("switch: {on: a.n, cases: {1: c}}", 41, "`switch` says itself where it leads: use `default`"),
        ("end: a.n", 17, "`end` ends the pipeline: nothing follows its success"),
    ] {
        let text = format!(
            "steps:\n  a: {{set: {{n: 1}}}}\n  b: {{{step}, on_success: d}}\n  c: {{set: {{n: 2}}}}\n  d: {{set: {{n: 3}}}}\n"
        );
        let ran = flow(&text).args(["pipeline", "validate", "flow.yaml"]).run().code(1);
        ran.says("flow.yaml has a fault").says(&format!("flow.yaml:3:{column}: {what}"));
        accepted(&text.replace(", on_success: d", ", on_failure: d"));
    }
}

#[test]
fn no_fault_hides_where_a_jump_leads() {
    let text = "\
steps:
  a: {lm: x, on_failure: retyr}
  b: {switch: {cases: {a: nowhere, b: d}}}
  c: {set: {n: 1}, on_success: d, on_failure: b}
  d: {lm: x}
";
    let ran = flow(text).args(["pipeline", "validate", "flow.yaml"]).run().code(1);
    ran.says("flow.yaml has 7 faults")
        .says("flow.yaml:2:26: on_failure leads to no step of this block: `retyr`; did you mean `retry`?")
        .says("flow.yaml:3:27: the case `a` leads to no step of this block: `nowhere`; known are a, b, c, d, continue")
        .says("flow.yaml:3:15: switch needs `on`");
}

#[test]
fn products_have_paths_of_their_own() {
    refused(
        "pipeline_products",
        r#"
output_dir: ../elsewhere
steps:
  a: {set: {n: 1}, products: {a: one.json, a.n: ./one.json}}
  b: {set: {n: 1}, products: {b: "{{ a.n }}.json"}}
  c: {set: {n: 1}, products: {c: "{{ a.n }}.json", b: ../x.json, a: /tmp/x.md, d: x.exe}}
  each:
    each:
      in: [1, 2]
      steps:
        write: {set: {n: item}, products: {write: item.json}}
        right: {set: {n: item}, products: {right: "item_{{ key }}.json"}}
"#,
    );
}

#[test]
fn blocks_and_their_parts() {
    refused(
        "pipeline_blocks",
        r#"
steps:
  - set: {n: 1}
  - name: two words
    set: {n: 1}
  - end: {set: {n: 1}}
  - loop: {set: {n: 1}}
  - plain
  - again: {set: {n: 1}}
  - again: {set: {n: 2}}
  - items:
      each: {in: 3, as: again, steps: {x: {set: {n: item}}}}
  - things:
      each: {in: inputs, on_item_failure: go, parallel: 3, steps: {}}
  - round:
      while: {condition: prev == (), steps: {y: {set: {n: iteration}}}}
  - sides:
      parallel:
        left: [{l: {set: {n: 1}}}]
        right: [{r: {set: {n: l.n}}}]
  - empty: {set: {}}
  - pause: {wait: a while}
  - odd: {set: {n: 1}, on_false: end, retry: {tims: 3}, cache: perhaps, always: 1, max_visits: 0}
"#,
    );
}

#[test]
fn words_that_belong_elsewhere() {
    refused(
        "pipeline_words",
        r#"
personalities: {kind: You are kind.}
steps:
  one: {llm: hello, personality: kinds, args: {a: 1}}
  two: {tool: calculate, args: {expression: 1 + 1}, tools: [raed_file], cache: true}
  three: {script: outlin, args: {text: x}}
  four: {script: outline, args: {texts: x}}
  five: {run: {task: look, role: workr, max_turns: 0}, requires: visoin}
  six: {ask: {prompt: sure?, choices: yes}}
  seven: {llm: hello, model: nothing/like-this, budget: {max_cots: 1}}
"#,
    );
}

#[test]
fn what_a_tool_would_refuse_is_told_before_anything_is_paid() {
    let server = ChatServer::new(|_| Reply::text("paid"));
    for (tool, args, what) in [
        ("read_file", "path: ../../../etc/passwd", "`../../../etc/passwd` is outside of the workspace"),
        ("read_file", "path: '', max_bytes: '{{ a.len() }}'", "the path is empty"),
        ("read_file", "path: notes.txt, from_line: 5, to_line: 2", "to_line 2 is before from_line 5"),
        ("write_file", "path: rhizo.toml, text: '{{ a }}'", "`rhizo.toml` holds settings of rhizo"),
        ("write_file", "path: /etc/x.txt, text: x", "`/etc/x.txt` is outside of the workspace"),
        ("json_query", "query: '$.[', text: '{{ a }}'", "JSONPath `$.[`"),
        ("json_query", "query: $", "json_query needs exactly one of value, text and path"),
        ("json_query", "query: $, text: '{}', path: x.json", "needs exactly one of value, text and path"),
        ("calculate", "expression: 1 +", "the expression ends where a number"),
        ("calculate", "expression: x + y, variables: {x: 1}", "unknown name `y`"),
        ("find_text", "pattern: (", "is not a regular expression: unclosed group"),
        ("find_text", "pattern: x, glob: '['", "glob `[`"),
        ("list_dir", "glob: '['", "glob `[`"),
        ("list_dir", "path: ..", "`..` is outside of the workspace"),
        ("http_get", "url: notaurl", "notaurl"),
        ("http_get", "url: 'ftp://example.com/'", "only http and https can be fetched"),
    ] {
        let text = format!("steps:\n  a: {{llm: one}}\n  b: {{tool: {tool}, dependencies: [a], args: {{{args}}}}}\n");
        let program = Program::served_by(&server).file("p.yaml", text);
        program.args(["pipeline", "validate", "p.yaml"]).run().code(1).says("p.yaml has a fault").says(what);
        program.args(["run", "p.yaml", "--approve", "auto"]).run().code(1).says(what);
    }
    assert_eq!(server.asks().len(), 0);
}

#[test]
fn what_a_tool_may_find_when_it_is_called_is_left_to_the_call() {
    for (tool, args) in [
        ("read_file", "path: made/later.txt"),
        ("read_file", "path: '{{ a }}', from_line: 2"),
        ("write_file", "path: made/later.txt, text: '{{ a }}'"),
        ("json_query", "query: $.a, path: later.json"),
        ("json_query", "query: '{{ a }}', text: '{}'"),
        ("calculate", "expression: 1 / 0"),
        ("calculate", "expression: x + 1, variables: {x: '{{ a.len() }}'}"),
        ("find_text", "pattern: '(?i)x', path: later, glob: '*.txt'"),
        ("list_dir", "{}"),
        ("http_get", "url: 'http://127.0.0.1:9/'"),
    ] {
        let args = if args == "{}" { args.to_owned() } else { format!("{{{args}}}") };
        accepted(&format!("steps:\n  a: {{llm: one}}\n  b: {{tool: {tool}, dependencies: [a], args: {args}}}\n"));
    }
}

#[test]
fn what_people_guess_for_a_key_is_answered_with_the_right_one() {
    for (step, guesses) in [
        (
            "{each: {items: [1, 2], var: n, max: 2, do: {s: {set: {v: n}}}}}",
            &[("items", "in"), ("var", "as"), ("max", "max_parallel"), ("do", "steps")][..],
        ),
        ("{each: {over: [1, 2], name: n, steps: {s: {set: {v: n}}}}}", &[("over", "in"), ("name", "as")]),
        ("{each: {list: [1, 2], steps: {s: {set: {v: item}}}}}", &[("list", "in")]),
        ("{each: {for: [1, 2], item: n, steps: {s: {set: {v: n}}}}}", &[("for", "in"), ("item", "as")]),
        (
            "{while: {condition: prev == (), max: 2, do: {s: {set: {v: 1}}}}}",
            &[("max", "max_iterations"), ("do", "steps")],
        ),
        ("{switch: {value: 1, cases: {1: b}, else: b}}", &[("value", "on"), ("else", "default")]),
        ("{switch: {expr: 1, cases: {1: b}}}", &[("expr", "on")]),
    ] {
        let text = format!("steps:\n  a: {step}\n  b: {{set: {{v: 1}}}}\n");
        let ran = flow(&text).args(["pipeline", "validate", "flow.yaml"]).run().code(1);
        assert_eq!(ran.stderr.matches("flow.yaml:").count(), guesses.len(), "nothing else:\n{text}{}", ran.stderr);
        for (guess, meant) in guesses {
            let told = format!(" has no key `{guess}`; did you mean `{meant}`?");
            assert!(ran.stderr.contains(&told), "no {told:?} in\n{text}{}", ran.stderr);
        }
    }
}

#[test]
fn that_cases_are_missing_is_told_only_where_nothing_stands() {
    let none = "switch needs at least one case";
    let told = |cases: &str| {
        let text = format!("steps:\n  a: {{switch: {{on: 1, cases: {cases}}}}}\n  b: {{set: {{v: 1}}}}\n");
        flow(&text).args(["pipeline", "validate", "flow.yaml"]).run().code(1)
    };
    told("{}").says(none);
    told("[]").says(none);
    told("[{when: 1, then: b}]").says("cases takes a map").does_not_say(none);
    told("{1: ~}").says("the case `1` takes a text, not nothing").does_not_say(none);
}

#[test]
fn branches_that_stand_under_a_key_of_their_own_are_refused() {
    let hint = "each of its keys is a branch: `parallel: {a: .., b: ..}`";
    for key in ["steps", "branches"] {
        for branches in ["{x: {set: {v: 1}}, y: {set: {v: 2}}}", "[{x: {set: {v: 1}}}, {y: {set: {v: 2}}}]"] {
            let text =
                format!("steps:\n  a: {{parallel: {{{key}: {branches}}}}}\n  b: {{set: {{v: a.x.v + a.y.v}}}}\n");
            let ran = flow(&text).args(["pipeline", "validate", "flow.yaml"]).run().code(1);
            ran.says("flow.yaml has a fault").says(&format!("flow.yaml:2:18: parallel has no key `{key}`; {hint}"));
        }
    }
    refused_for(
        "steps:\n  a: {parallel: {max_parallel: 2, steps: {x: {set: {v: 1}}}}}\n",
        &format!("parallel has no key `max_parallel`; {hint}"),
    );
    // Beside another branch it is a name like any other.
    accepted("steps:\n  a: {parallel: {steps: [{x: {set: {v: 1}}}], y: {set: {v: 2}}}}\n");
}

#[test]
fn a_text_that_lost_its_quotes_to_yaml_is_told_what_it_needs() {
    let quotes = "this is an expression: a text needs quotes of its own, as in '\"some text\"'";
    let told = |value: &str| {
        let text = format!("steps:\n  draft: {{set: {{v: 1}}}}\n  b: {{set: {{text: {value}}}}}\n");
        flow(&text).args(["pipeline", "validate", "flow.yaml"]).run().code(1)
    };
    for value in ["\"five files\"", "\"5 files\"", "five", "Hello", "\"the well-known files, of today.\""] {
        told(value).says(quotes).does_not_say("did you mean");
    }
    for value in ["drft", "drft.v", "\"drft.v + 1\"", "\"{{ five }}\""] {
        told(value).does_not_say(quotes);
    }
    told("drft").says("did you mean `draft`?");
    accepted("steps: {a: {set: {text: '\"five files\"', count: '{{ 5 }} files'}}}\n");
}

#[test]
fn what_yaml_takes_for_a_comment_is_told_where_it_stands_and_not_where_it_is_read() {
    let text = "\
steps:
  a: {set: {v: 1}}
  b:
    set:
      keys: (a ?? #{}).keys()
  c: {set: {n: b.keys.len()}}
outputs: {n: c.n, m: b.keys.len()}
";
    let validated = |text: &str| flow(text).args(["pipeline", "validate", "flow.yaml"]).run();
    let comment = "for YAML a comment begins at ` #`: put the whole into quotes";
    let ran = validated(text).code(1).says("flow.yaml has a fault\n  flow.yaml:5:").says(comment);
    ran.does_not_say("a text needs quotes").does_not_say("may be `()`");
    validated(&text.replace("(a ?? #{}).keys()", "'(a ?? #{}).keys()' # all of them")).ok();
    validated(&text.replace("(a ?? #{}).keys()", "'(a ??' # all of them")).code(1).does_not_say(comment);
}

#[test]
fn a_check_is_told_that_it_reads_the_answer() {
    let closure = "here the check is an expression over `answer` and no closure: leave `|answer|` away";
    for (check, what) in [
        ("if value.len() > 3 { true } else { \"short\" }", "there is no variable `value`; a check reads `answer`"),
        ("anser.len() > 3", "there is no variable `anser`; did you mean `answer`?"),
        ("|answer| answer.len() > 3", closure),
        ("|text| if text.len() > 3 { true } else { \"short\" }", closure),
    ] {
        refused_for(&format!("steps: {{a: {{llm: {{prompt: x, check: '{check}'}}}}}}\n"), what);
    }
}

#[test]
fn what_goes_to_the_model_as_it_stands_has_no_holes() {
    let text = "\
personalities: {p: 'You are terse about {{ inputs.n }}'}
inputs: {n: {default: same}}
steps:
  a: {llm: {prompt: x, system: 'You know {{ inputs.n }}', stop: ['{{', '{{ nosuch }}']}}
  c: {llm: z, personality: 'You know {{ inputs.n }} well'}
  d: {llm: {prompt: w, schema: {v: 'string: about {{ inputs.n }}'}}}
  e: {llm: v, vars: {q: 'the {{ inputs.n }} thing', r: {type: integer, description: '{{ inputs.n }} of them'}}}
  f: {run: {task: u, schema: '{{ inputs.n }}'}}
";
    let told = flow(text).args(["pipeline", "validate", "flow.yaml"]).run().code(1).stderr;
    for (place, what) in [
        ("1:20", "a personality"),
        ("4:", "stop"),
        ("5:28", "personality"),
        ("6:", "schema"),
        ("7:25", "vars"),
        ("7:", "vars"),
        ("8:", "schema"),
    ] {
        let fault = format!("{what} takes plain text, in which `{{{{ }}}}` stands for nothing");
        let stands = |line: &str| line.trim_start().starts_with(&format!("flow.yaml:{place}")) && line.contains(&fault);
        assert!(told.lines().any(stands), "no {place} {fault} in\n{told}");
    }
    assert_eq!(told.matches("takes plain text").count(), 7, "{told}");
}
