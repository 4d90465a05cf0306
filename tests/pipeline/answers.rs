//! What tools answer: fields that their answers do not have are told before anything runs, and those that they have are
//! there when it runs.

use super::flow;
use super::forms::refused_for;
use crate::support::program::Program;
use serde_json::json;

const HEAD: &str = "\
steps:
  files: {tool: list_dir, args: {recursive: true}}
  note: {tool: read_file, args: {path: notes.txt}}
  saved: {tool: write_file, args: {path: out.txt, text: x}}
  found: {tool: find_text, args: {pattern: x}}
  page: {tool: http_get, args: {url: 'http://127.0.0.1:9/'}}
  built: {tool: run_command, args: {command: make}}
  picked: {tool: json_query, args: {query: $.a, text: '{}'}}
  rows: {tool: csv_read, args: {text: \"n,t\\n1,x\\n\"}}
  plain: {tool: html_to_text, args: {html: <p>x</p>}}
  day: {tool: date}
  gap: {tool: date, args: {action: difference, value: '2026-01-01'}}
  sum: {tool: calculate, args: {expression: 1 + 1}}
  said: {tool: ask_user, args: {prompt: how}}
";

#[test]
fn what_no_answer_of_a_tool_has_is_told_before_it_is_called() {
    for (step, what) in [
        ("{set: {v: files.entrys}}", "`files` has no field `entrys`; did you mean `entries`?"),
        ("{llm: 'of {{ files.entries.name }}'}", "`files.entries` is a list, and has no field `name`"),
        (
            "{each: {in: files.entries, steps: {s: {set: {v: item.nam}}}}}",
            "`item` has no field `nam`; did you mean `name`?",
        ),
        (
            "{each: {in: 'files.entries.filter(|e| e.size > 0)', steps: {s: {set: {v: item.size.deep}}}}}",
            "`item.size` is a number, and has no field `deep`",
        ),
        ("{set: {v: note.text}}", "`note` is a text, and has no field `text`"),
        ("{set: {v: saved.text}}", "`saved` has no field `text`"),
        ("{set: {v: found.hits.line}}", "`found.hits` is a list, and has no field `line`"),
        ("{set: {v: page.body}}", "`page` has no field `body`"),
        ("{set: {v: built.stdot}}", "`built` has no field `stdot`; did you mean `stdout`?"),
        ("{set: {v: '1'}, condition: built.status}", "the condition `built.status` is a number"),
        ("{set: {v: picked.a}}", "`picked` is a list, and has no field `a`"),
        ("{set: {v: rows.n}}", "`rows` is a list, and has no field `n`"),
        ("{set: {v: plain.text}}", "`plain` is a text, and has no field `text`"),
        ("{set: {v: day.days}}", "`day` has no field `days`"),
        ("{set: {v: gap.iso}}", "`gap` has no field `iso`"),
        ("{set: {v: sum.value}}", "`sum` is a number, and has no field `value`"),
        ("{set: {v: 'said - 1'}}", "`-` does not take a text and a number: `said - 1`"),
        (
            "{tool: read_file, args: {path: '{{ files }}'}}",
            "`path` of read_file takes a text, and is given a map by `files`",
        ),
        (
            "{each: {in: built.success, steps: {s: {set: {v: item}}}}}",
            "`in` takes a list or a map, and `built.success` is",
        ),
    ] {
        let text = format!("{HEAD}  last: {step}\n");
        refused_for(&text, what);
        refused_for(&text, "flow.yaml has a fault");
    }
}

#[test]
fn fields_that_a_step_takes_are_in_the_answer_and_have_their_forms() {
    for (step, what) in [
        (
            "{tool: list_dir, vars: {entrys: what is there}}",
            "`vars` take fields of the answer: `list_dir` has no field `entrys`; did you mean `entries`?",
        ),
        (
            "{tool: list_dir, vars: {entries: what is there}}",
            "`vars` take fields of the answer: `entries` of `list_dir` is a list, and is declared as a text",
        ),
        (
            "{tool: run_command, args: {command: echo hi}, vars: {stdout: {type: boolean}}}",
            "`stdout` of `run_command` is a text, and is declared as true or false",
        ),
        (
            "{tool: run_command, args: {command: echo hi}, vars: {note: what was said}}",
            "`note` of `run_command` need not be there: leave `vars` out and read it by `.get(\"note\")`",
        ),
        (
            "{tool: calculate, args: {expression: 1 + 1}, vars: {value: {type: number}}}",
            "`vars` take fields of the answer: that of `calculate` is a number: leave `vars` out",
        ),
        (
            "{tool: json_query, args: {text: '{}', query: $}, vars: {n: {type: integer}}}",
            "`vars` take fields of the answer: that of `json_query` is a list: leave `vars` out",
        ),
    ] {
        let text = format!("{HEAD}  last: {step}\n");
        refused_for(&text, what);
        refused_for(&text, "flow.yaml has a fault");
    }
}

/// Tools with arguments and with all that can be read of their answers.
const READ: &[(&str, &str, &str)] = &[
    ("read_file", "path: notes.txt", "a.len() + 1"),
    ("write_file", "path: out.txt, text: x", "[a.path.len(), a.bytes + 1]"),
    ("list_dir", "recursive: true", "[a.entries.map(|e| [e.name.len(), e.kind, e.size + 1]), !a.truncated]"),
    ("find_text", "pattern: note", "[a.hits.map(|h| [h.path, h.line + 1, h.text.len()]), !a.truncated]"),
    (
        "http_get",
        "url: 'http://127.0.0.1:9/'",
        "[a.status + 1, a.url.len(), a.content_type.len(), a.text.len(), !a.truncated]",
    ),
    (
        "run_command",
        "command: echo x",
        "[a.status + 1, a.success && !a.timed_out && !a.overflowed && !a.truncated, a.sandboxed == true, \
          a.stdout.len() + a.stderr.len() + a.millis]",
    ),
    ("json_query", "query: '$[*]', text: '[{\"n\": 1}]'", "a[0].n + a.len()"),
    ("csv_read", "text: \"n,t\\n1,x\\n\"", "[a[0].n + 1, a.map(|row| row.t.len())]"),
    ("html_to_text", "html: <p>x</p>", "a.split(\"x\").len()"),
    (
        "date",
        "value: '2026-03-01', action: format, format: '%Y'",
        "[a.text + a.iso + a.date + a.time + a.weekday + a.zone, a.year + a.month + a.day, a.unix_millis / 1000]",
    ),
    ("date", "action: difference, value: '2026-01-01'", "[a.text.len(), a.days + a.seconds]"),
    // What it answers depends on what it is given.
    ("date", "action: '{{ inputs.action }}', value: '2026-01-01'", "[a.text.len(), a.days + a.seconds]"),
    ("calculate", "expression: 1 + 1", "a * 2"),
    ("ask_user", "prompt: how", "a.len()"),
];

#[test]
fn what_can_be_read_of_an_answer_is_there() {
    let program = Program::offline().file("notes.txt", "a note\n");
    let specs = program.args(["tools", "list", "--json"]).run().ok().json();
    for spec in specs.as_array().expect("specs") {
        assert!(READ.iter().any(|(tool, ..)| spec["name"] == *tool), "nothing is read of {}", spec["name"]);
    }
    for (tool, args, read) in READ {
        let text = format!(
            "inputs: {{action: {{default: difference}}}}\n\
             steps: {{a: {{tool: {tool}, args: {{{args}}}}}, last: {{set: {{v: '{read}'}}}}}}\n"
        );
        std::fs::write(program.project().join("p.yaml"), text).expect("a file");
        program.args(["pipeline", "validate", "p.yaml"]).run().ok();
        // One needs the world, the other a person.
        if !["http_get", "ask_user"].contains(tool) {
            program.args(["run", "p.yaml", "--approve", "auto"]).run().ok();
        }
    }
}

#[test]
fn items_and_declared_fields_of_an_answer_can_be_read() {
    let text = "\
steps:
  files: {tool: list_dir}
  rows: {tool: csv_read, args: {text: \"n,t\\n1,x\\n\"}}
  all:
    each:
      in: 'files.entries.filter(|e| e.kind == \"file\")'
      key: item.name
      steps: {s: {set: {v: item.size + 1}}}
  cells: {each: {in: rows, steps: {t: {set: {v: item.n + 1, w: item.t}}}}}
  kept: {tool: list_dir, vars: {entries: {type: array}, truncated: {type: boolean}}}
  held: {tool: read_file, args: {path: held.json}, vars: {n: {type: integer}}}
  lost: {tool: run_command, args: {command: exit 3}, on_failure: continue}
outputs:
  size: all.get(\"held.json\")?.v
  cells: cells
  kept: kept.entries.len() > 0 && !kept.truncated
  n: held.n
  lost: lost?.status
  told: errors.lost?.answer.status
";
    let program = Program::offline().file("held.json", "{\"n\": 2}").file("p.yaml", text);
    let answer = program.args(["run", "p.yaml", "--approve", "auto", "--json"]).run().ok().json()["answer"].clone();
    let cells = json!([{"v": 2, "w": "x"}]);
    assert_eq!(answer, json!({"size": 9, "cells": cells, "kept": true, "n": 2, "lost": null, "told": 3}));
}

#[test]
fn a_pipeline_that_is_a_tool_answers_its_outputs() {
    let sub = "\
inputs: {n: {type: integer, default: 1}}
steps:
  maybe: {set: {score: '7'}, condition: inputs.n > 1}
  all: {each: {in: [1, 2], steps: {s: {set: {v: item}}}}}
outputs: {count: inputs.n, maybe: maybe, all: all}
";
    let read = |step: &str| {
        let text = format!("steps:\n  sub: {{tool: sub}}\n  last: {step}\n");
        flow(&text).file("pipelines/sub.yaml", sub)
    };
    for (step, what) in [
        ("{set: {v: sub.cuont}}", "`sub` has no field `cuont`; did you mean `count`?"),
        ("{set: {v: sub.count.deep}}", "`sub.count` is a number, and has no field `deep`"),
        ("{set: {v: sub.maybe.score}}", "`sub.maybe` may be `()` here, because its schema takes null: write"),
        ("{set: {v: sub.maybe?.scor}}", "`sub.maybe` has no field `scor`; did you mean `score`?"),
        ("{each: {in: sub.all, steps: {t: {set: {v: item.w}}}}}", "`item` has no field `w`"),
        ("{tool: sub, vars: {cuont: {type: integer}}}", "`sub` has no field `cuont`; did you mean `count`?"),
        (
            "{pipeline: pipelines/sub.yaml, vars: {cuont: {type: integer}}}",
            "`pipelines/sub.yaml` has no field `cuont`; did you mean `count`?",
        ),
        (
            "{pipeline: pipelines/sub.yaml, vars: {count: a text}}",
            "`count` of `pipelines/sub.yaml` is a number, and is declared as a text",
        ),
    ] {
        read(step).args(["pipeline", "validate", "flow.yaml"]).run().code(1).says("has a fault").says(what);
    }
    let step = "{set: {v: sub.count + 1, w: sub.maybe?.score, x: 'sub.all.map(|one| one.v)', y: sub.len()}}";
    let answer = read(step).args(["run", "flow.yaml", "--json"]).run().ok().json()["answer"].clone();
    assert_eq!(answer, json!({"v": 2, "w": null, "x": [1, 2], "y": 3}));
    let shown = read(step).args(["tools", "show", "sub"]).run().ok().stdout;
    let form = "  answers {count: number, maybe: {score: number}|null, all: [{v: number}]}";
    assert!(shown.lines().any(|line| line == form), "{shown}");
}
