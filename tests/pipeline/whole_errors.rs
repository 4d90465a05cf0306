//! The whole of `errors.NAME` in a prompt: a pipeline and the script made of it tell the same, however a step failed.

use super::generated::{came, same};
use crate::support::chat::{Ask, ChatServer, Reply};
use crate::support::program::Program;
use serde_json::Value;

/// The name of a step that fails, what it does, and some of what is told of its failure, by pointers.
type Case = (&'static str, &'static str, &'static [(&'static str, &'static str)]);

/// What stands for `DIVIDED` and `SHARED` in the cases.
const DIVIDED: &str = "tool: calculate, args: {expression: 1 / 0}";
const SHARED: &str = "tool: calculate, args: {expression: '8 / {{ item }}'}";

/// What is taken out of a list of several kinds is not known before it comes: `[text, 1][0]` may be anything.
const KNOWN: &str = "\
steps:
  text: {tool: read_file, args: {path: notes.txt}}
  rows: {tool: json_query, args: {text: '[{\"a\": 1}, {\"b\": 2}]', query: '$[*]'}}
";

/// What was asked, and what came back.
const ANSWERS: &[Case] = &[
    ("divided", "DIVIDED", &[("/kind", "invalid")]),
    (
        "ended",
        "tool: run_command, args: {command: 'echo broken >&2; exit 3'}",
        &[("/kind", "tool"), ("/answer/status", "3")],
    ),
    ("line", "tool: read_file, args: {path: notes.txt, from_line: '{{ rows[0].a - 9 }}'}", &[("/kind", "data")]),
    ("refused", "llm: refuse", &[("/kind", "rejected")]),
    ("cut", "llm: cut", &[("/kind", "truncated"), ("/raw", "the beginning")]),
    ("unlike", "llm: count, vars: {n: {type: integer}}", &[("/kind", "invalid"), ("/raw", "no number")]),
    ("program", "script: thrower", &[("/kind", "io"), ("/script", "thrower"), ("/sheets", "3")]),
    (
        "below",
        "pipeline: sub.yaml, inputs: {n: 0}",
        &[("/kind", "invalid"), ("/message", "step `one`: `1 / 0` has no finite value")],
    ),
    ("handed", "pipeline: sub.yaml, inputs: {n: '{{ text }}'}", &[("/kind", "data")]),
];

/// What expressions found in their data.
const DATA: &[Case] = &[
    ("field", "set: {v: 'rows[0].missing'}", &[("/kind", "data"), ("/message", "the map has no field `missing`")]),
    ("closure", "set: {v: 'rows.map(|row| row.a)'}", &[("/kind", "data"), ("/message", "the map has no field `a`")]),
    ("parsed", "set: {v: parse_json(text)}", &[("/kind", "data")]),
    ("compared", "set: {v: '1'}, condition: 'parse_json(text) > 1'", &[("/kind", "data")]),
    ("unsure", "set: {v: '1'}, condition: '[text, 1][0]'", &[("/kind", "data")]),
    ("judged", "llm: {prompt: say, check: 'rows[0].a'}", &[("/kind", "data"), ("/message", "the check answered 1")]),
    ("tested", "llm: {prompt: say, check: 'parse_json(text) == answer'}", &[("/kind", "data")]),
    (
        "texted",
        "each: {in: '[text, 1][0]', steps: {never: {llm: never}}}",
        &[("/kind", "data"), ("/message", "`in` must be a list or a map, it is a text")],
    ),
    ("twice", "each: {in: '[1, 2]', key: '1', steps: {same: {set: {v: item}}}}", &[("/kind", "data")]),
    (
        "asked",
        "ask: {prompt: which?, choices: 'rows[0].a', of: worker}",
        &[("/kind", "data"), ("/message", "`choices` must be a list, it is 1")],
    ),
    (
        "sheet",
        "set: {n: 'parse_json(\"1\")'}, products: {sheet.n: sheet.csv}",
        &[("/kind", "data"), ("/message", "a `csv` product cannot be made of 1")],
    ),
];

/// What parts of steps came to.
const PARTS: &[Case] = &[
    (
        "items",
        "each: {in: [1, 0, 0], steps: {part: {SHARED}}}",
        &[("/kind", "invalid"), ("/item", "1"), ("/items/1/kind", "invalid"), ("/items/2/item", "2")],
    ),
    (
        "inside",
        "each: {in: [[1], [0]], as: list, steps: {inner: {each: {in: '{{ list }}', steps: {share: {SHARED}}}}}}",
        &[("/kind", "invalid"), ("/item", "1"), ("/items/1/items/0/kind", "invalid")],
    ),
    (
        "some",
        "each: {in: [1, 0], on_item_failure: continue, steps: {half: {SHARED}}}",
        &[("/1/kind", "invalid"), ("/1/item", "1")],
    ),
    (
        "turns",
        "while: {condition: 'true', max_iterations: 2, steps: {turn: {set: {v: iteration}}}}",
        &[("/kind", "loop_exhausted"), ("/last/v", "2")],
    ),
    (
        "round",
        "while: {condition: 'prev == ()', max_iterations: 2, steps: {stuck: {DIVIDED}}}",
        &[("/kind", "invalid"), ("/iteration", "1")],
    ),
    (
        "branches",
        "parallel: {left: [{good: {set: {v: '1'}}}], right: [{wrong: {DIVIDED}}]}",
        &[("/kind", "invalid"), ("/branch", "right")],
    ),
    (
        "visits",
        "parallel: {laps: [{lap: {set: {v: '1'}, on_success: retry, max_visits: 2}}]}",
        &[("/kind", "loop_exhausted"), ("/branch", "laps"), ("/last/v", "1")],
    ),
    ("way", "switch: {on: text.len(), cases: {1: skip}, default: fail}", &[("/kind", "invalid")]),
];

/// Answers that lack what `vars` declares. The words for several wrong fields, and for a value of several, stand in an
/// order.
const FIELDS: &[Case] = &[
    (
        "absent",
        "script: given, args: {value: {b: 1}}, vars: {a: {type: integer}}",
        &[
            ("/kind", "data"),
            ("/message", "the answer of `script` lacks what `vars` declares: \"a\" is a required property"),
            ("/raw/b", "1"),
        ],
    ),
    (
        "several",
        "script: given, args: {value: {z: x, a: {d: 1, c: 2}, more: 1}}, vars: {z: {type: integer}, a: text}",
        &[("/kind", "data"), ("/raw/more", "1")],
    ),
    (
        "quoted",
        "script: given, args: {value: [{b: 1, a: 2}]}, vars: {a: {type: integer}}",
        &[("/kind", "data"), ("/raw/0/b", "1")],
    ),
    (
        "written",
        "script: given, args: {value: '{\"a\": 1.5}'}, vars: {a: {type: integer}}",
        &[
            ("/kind", "data"),
            ("/message", "the answer of `script` lacks what `vars` declares: /a: 1.5 is not of type \"integer\""),
        ],
    ),
    ("bare", "tool: read_file, args: {path: notes.txt}, vars: {a: text}", &[("/kind", "data"), ("/raw", "a note\n")]),
    (
        "dated",
        "pipeline: pair.yaml, vars: {day: {format: date}}, retry: 1",
        &[("/kind", "data"), ("/raw/day", "no day"), ("/raw/more", "1")],
    ),
    (
        "printed",
        "tool: run_command, args: {command: echo hi}, vars: {status: {type: integer}, stdout: {format: date}}",
        &[("/kind", "data"), ("/raw/stdout", "hi\n")],
    ),
];

/// What the limits of a step stopped, and what failed within them.
const LIMITS: &[Case] = &[
    (
        "slow",
        "wait: 1h, timeout: 500ms",
        &[
            ("/kind", "child"),
            ("/message", "step `slow` was stopped: it took longer than 0.5 s"),
            ("/hint", "raise `timeout` of step `slow`"),
            ("/stopped_by", "deadline"),
        ],
    ),
    (
        "late",
        "each: {in: [1], steps: {nap: {wait: 1h}}}, timeout: 500ms, retry: 3",
        &[("/kind", "child"), ("/message", "step `late` was stopped: it took longer than 0.5 s")],
    ),
    (
        "dear",
        "llm: say, budget: {max_calls: 0}, timeout: 1h",
        &[
            ("/kind", "child"),
            ("/hint", "raise `max_calls` in the `budget` of step `dear`"),
            ("/stopped_by", "budget"),
            ("/limit", "0"),
        ],
    ),
    (
        "rounds",
        "while: {condition: 'true', max_iterations: 9, steps: {saying: {llm: say}}}, budget: {max_calls: 2}",
        &[("/kind", "child"), ("/spent", "2")],
    ),
    (
        "served",
        "each: {in: [1, 2, 3], max_parallel: 1, steps: {serving: {llm: 'say {{ item }}'}}}, budget: {max_calls: 2}",
        &[("/kind", "child"), ("/spent", "2")],
    ),
    (
        "sides",
        "parallel: {left: [{said: {llm: say}}]}, budget: {max_calls: 0}",
        &[("/kind", "child"), ("/budget", "max_calls")],
    ),
    ("asked", "script: asker, budget: {max_calls: 1}", &[("/kind", "child"), ("/script", "asker"), ("/spent", "1")]),
    ("below", "pipeline: chat.yaml, budget: {max_calls: 1}", &[("/kind", "child"), ("/spent", "1")]),
    ("inside", "run: {task: look, max_turns: 2}, budget: {max_calls: 0}", &[("/kind", "child"), ("/spent", "0")]),
    ("tried", "DIVIDED, retry: 2, timeout: 1h", &[("/kind", "invalid")]),
    (
        "field",
        "set: {v: 'rows[0].missing'}, timeout: 1h",
        &[("/kind", "data"), ("/message", "the map has no field `missing`")],
    ),
    (
        "some",
        "each: {in: [1, 0], on_item_failure: continue, steps: {half: {SHARED}}}, timeout: 1h, budget: {max_calls: 0}",
        &[("/1/kind", "invalid"), ("/1/item", "1")],
    ),
    ("way", "switch: {on: text.len(), cases: {1: skip}, default: fail}, timeout: 1h", &[("/kind", "invalid")]),
    ("sheet", "set: {n: 'parse_json(\"1\")'}, products: {sheet.n: sheet.csv}, timeout: 1h", &[("/kind", "data")]),
];

fn answer(ask: &Ask) -> Reply {
    match ask.last().lines().next().unwrap_or_default() {
        "refuse" => Reply::refusal(400, "no"),
        "cut" => Reply::cut("the beginning"),
        _ => Reply::text("no number"),
    }
}

fn program(server: &ChatServer, cases: &[Case]) -> Program {
    let step = |(name, step, _): &Case| {
        let step = step.replace("DIVIDED", DIVIDED).replace("SHARED", SHARED);
        let teller = format!("{{llm: 'told {name}: {{{{ errors.{name} }}}}'}}");
        format!("  {name}: {{{step}, on_failure: continue}}\n  told_{name}: {teller}\n")
    };
    let steps: String = cases.iter().map(step).collect();
    let sub =
        "inputs: {n: {type: integer}}\nsteps: {one: {tool: calculate, args: {expression: '1 / {{ inputs.n }}'}}}\n";
    let thrower =
        "//! +++\n//! summary = \"Throws.\"\n//! +++\nthrow #{kind: \"io\", message: \"no paper\", sheets: 3}\n";
    let given = "//! +++\n//! summary = \"Gives back.\"\n//! [params]\n//! value = \"anything\"\n//! +++\nargs.value\n";
    let asker = "//! +++\n//! summary = \"Asks twice.\"\n//! +++\nllm(\"first\"); llm(\"second\")\n";
    let pair = "steps: {two: {set: {more: 1, day: '\"no day\"'}}}\noutputs: {more: two.more, day: two.day}\n";
    Program::served_by(server)
        .file("p.yaml", format!("{KNOWN}{steps}"))
        .file("sub.yaml", sub)
        .file("pair.yaml", pair)
        .file("chat.yaml", "steps: {one: {llm: one}, other: {llm: 'then {{ one }}'}}\n")
        .file("scripts/thrower.rhai", thrower)
        .file("scripts/given.rhai", given)
        .file("scripts/asker.rhai", asker)
        .file("notes.txt", "a note\n")
}

/// What a prompt told of a step.
#[track_caller]
fn told(asks: &[Ask], name: &str) -> Value {
    let head = format!("told {name}: ");
    let texts: Vec<String> = asks.iter().map(Ask::last).collect();
    let text = texts.iter().find_map(|text| text.strip_prefix(&head));
    let text = text.unwrap_or_else(|| panic!("nothing was told of {name}: {texts:#?}"));
    serde_json::from_str(text).unwrap_or_else(|error| panic!("{text}: {error}"))
}

/// Claims that this was told, and no place of one file or one run.
#[track_caller]
fn says(told: &Value, name: &str, expected: &[(&str, &str)]) {
    for (pointer, value) in expected {
        let found = told.pointer(pointer).map(|found| found.as_str().map_or_else(|| found.to_string(), str::to_owned));
        assert_eq!(found.as_deref(), Some(*value), "{pointer} of {name}: {told:#}");
    }
    for place in
        ["/step", "/at", "/expression", "/line", "/column", "/snippet", "/begun", "/answer/millis", "/raw/millis"]
    {
        assert_eq!(told.pointer(place), None, "{place} of {name}: {told:#}");
    }
}

/// Runs a pipeline whose steps fail, and the script made of it: whoever is told of a failure is told the same.
#[track_caller]
fn check(cases: &[Case]) {
    let server = ChatServer::new(answer);
    let program = program(&server, cases);
    let (original, asked) = came(&program, &server, "p.yaml", &[]);
    for (name, _, expected) in cases {
        says(&told(&server.asks(), name), name, expected);
    }
    let script = program.args(["pipeline", "explain", "p.yaml", "--rhai"]).run().ok().stdout;
    std::fs::write(program.project().join("twin.rhai"), &script).expect("a script");
    let (twin, asked_again) = came(&program, &server, "twin.rhai", &[]);
    assert_eq!(asked, asked_again, "requests\n{script}");
    same(&original, &twin, &format!("of\n{script}"));
    assert_eq!(original.code, 0);
}

#[test]
fn what_was_answered_badly_is_told_in_a_made_script_as_in_its_pipeline() {
    check(ANSWERS);
}

#[test]
fn what_an_expression_does_not_bear_is_told_in_a_made_script_as_in_its_pipeline() {
    check(DATA);
}

#[test]
fn what_an_answer_lacks_is_told_in_a_made_script_as_in_its_pipeline() {
    check(FIELDS);
}

#[test]
fn what_the_limits_of_a_step_stop_is_told_in_a_made_script_as_in_its_pipeline() {
    check(LIMITS);
}

#[test]
fn which_part_of_a_step_failed_is_told_in_a_made_script_as_in_its_pipeline() {
    check(PARTS);
}
