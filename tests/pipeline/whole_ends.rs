//! With what a run ends: a pipeline and the script made of it have the same status, and fail with the same kind, in the same
//! words.

use crate::support::chat::{ChatServer, Reply};
use crate::support::program::Program;
use serde_json::Value;

/// What the only step of a pipeline does.
const STEPS: &[&str] = &[
    "wait: 1h, timeout: 500ms",
    "each: {in: [1], steps: {nap: {wait: 1h}}}, timeout: 500ms",
    "llm: say, budget: {max_calls: 0}",
    "llm: say, budget: {max_tokens: 1}",
    "while: {condition: 'true', max_iterations: 9, steps: {turn: {llm: say}}}, budget: {max_calls: 2}",
    "each: {in: [1, 2, 3], max_parallel: 1, steps: {part: {llm: say}}}, budget: {max_calls: 2}",
    "parallel: {left: [{said: {llm: say}}]}, budget: {max_calls: 0}",
    "script: asker, budget: {max_calls: 1}",
    "pipeline: chat.yaml, budget: {max_calls: 1}",
    "run: {task: look, max_turns: 2}, budget: {max_calls: 0}",
    "tool: read_file, args: {path: notes.txt}, vars: {t: a text}",
    "script: given, vars: {z: a text, n: {type: integer}}",
    "pipeline: chat.yaml, vars: {n: {type: integer}}",
];

/// The exit code of a run with its status, and with kind, words and hint of the failure with which it ended.
fn end(program: &Program, file: &str, args: &[&str]) -> (i32, [Value; 4]) {
    let ran = program.list(&[&["run", file, "--json"], args].concat()).run();
    let document = ran.json();
    let failure = &document["failure"];
    let mut end = [&document["status"], &failure["kind"], &failure["message"], &failure["hint"]].map(Value::clone);
    if end[1] == "waiting" {
        // It names the run and the place in it that wait.
        end[3].take();
    }
    (ran.exit_code().expect("an exit code"), end)
}

/// Claims that a pipeline and the script made of it end alike; the exit code with status, kind and words.
#[track_caller]
fn both(program: &Program, flow: &str, args: &[&str]) -> (i32, [String; 3]) {
    std::fs::write(program.project().join("p.yaml"), flow).expect("a file");
    let made = program.args(["pipeline", "explain", "p.yaml", "--rhai"]).run().ok().stdout;
    std::fs::write(program.project().join("twin.rhai"), &made).expect("a script");
    let (original, twin) = (end(program, "p.yaml", args), end(program, "twin.rhai", args));
    assert_eq!(original, twin, "{flow}\n{made}");
    let (code, [status, kind, message, _]) = original;
    (code, [status, kind, message].map(|said| said.as_str().unwrap_or_default().to_owned()))
}

/// The same, of the exit code and the kind alone.
#[track_caller]
fn ends(program: &Program, flow: &str) -> (i32, String) {
    let (code, [_, kind, _]) = both(program, flow, &[]);
    (code, kind)
}

#[test]
fn a_made_script_ends_with_the_failure_of_its_pipeline() {
    let server = ChatServer::new(|_| Reply::text("fine"));
    let script = |text: &str| format!("//! +++\n//! summary = \"For a test.\"\n//! +++\n{text}\n");
    let program = Program::served_by(&server)
        .file("scripts/asker.rhai", script("llm(\"first\"); llm(\"second\")"))
        .file("scripts/given.rhai", script("#{n: \"x\", z: 1, more: ()}"))
        .file("chat.yaml", "steps: {one: {llm: one}, other: {llm: 'then {{ one }}'}}\n")
        .file("notes.txt", "a note\n");
    for step in STEPS {
        let expected = if step.contains("vars") { (1, "data") } else { (5, "child") };
        let (code, kind) = ends(&program, &format!("steps: {{a: {{{step}}}}}\n"));
        assert_eq!((code, kind.as_str()), expected, "{step}");
    }
}

#[test]
fn a_made_script_ends_with_the_words_of_its_pipeline() {
    let counts = "inputs: {n: {type: integer}}\nsteps: {c: {set: {n: inputs.n}}}\n";
    let program = Program::offline().file("notes.txt", "a note\n").file("counts.yaml", counts);
    let text = "text: {tool: read_file, args: {path: notes.txt}}";
    for (step, kind) in [
        ("a: {tool: calculate, args: {expression: 1 / 0}}", "invalid"),
        ("a: {each: {in: [0, 1], steps: {b: {tool: calculate, args: {expression: '1 / {{ item }}'}}}}}", "invalid"),
        ("a: {parallel: {left: {b: {set: {v: '[text, 1][0] > 1'}}}}}", "data"),
        ("a: {set: {v: '1'}, condition: '[text, 1][0]'}", "data"),
        ("a: {while: {condition: '[text, 1][0]', max_iterations: 2, steps: {b: {set: {v: '1'}}}}}", "data"),
        ("a: {set: {v: '[text, 1][0] > 1'}, retry: 1}", "data"),
        ("a: {set: {v: '[text, 1][0] > 1'}}, b: {wait: 1ms}", "data"),
        ("a: {set: {v: '[text, 1][0] > 1'}}", "data"),
        ("a: {llm: 'say {{ [text, 1][0] > 1 }}'}", "data"),
        ("a: {set: {v: '1'}, condition: '[text, 1][0] > 1'}", "data"),
        ("a: {each: {in: [0], steps: {b: {set: {v: '[text, 1][0] > 1'}}}}}", "data"),
        ("a: {while: {condition: 'true', max_iterations: 2, steps: {b: {set: {v: '[text, 1][0] > 1'}}}}}", "data"),
        ("a: {tool: read_file, args: {path: notes.txt, max_bytes: '{{ [text, 1][0] }}'}}", "data"),
        ("a: {pipeline: counts.yaml, inputs: {n: '{{ [text, 1][0] }}'}}", "data"),
        ("a: {switch: {on: text, cases: {x: b}, default: fail}}, b: {wait: 1ms}", "invalid"),
        ("a: {set: {v: '1'}, condition: 1 > 2, on_false: fail}", "invalid"),
        ("a: {set: {v: '1'}, on_success: retry, max_visits: 2}", "loop_exhausted"),
    ] {
        let (code, came) = ends(&program, &format!("steps: {{{text}, {step}}}\n"));
        assert_eq!((code, came.as_str()), (1, kind), "{step}");
    }
    for output in ["'[text, 1][0] > 1'", "parse_json(text)", "'{{ [text, 1][0] > 1 }} of it'"] {
        let (code, came) = ends(&program, &format!("steps: {{{text}}}\noutputs: {{v: {output}}}\n"));
        assert_eq!((code, came.as_str()), (1, "data"), "{output}");
    }
}

/// Steps of which one fails, as `BAD` does, with the exit code and the beginning of what is said.
const NAMED: &[(&str, i32, &str)] = &[
    ("a: {BAD}", 1, "step `a`: "),
    ("a: {llm: on}, b: {set: {v: '[1, 2][5]'}}", 1, "step `b`: "),
    ("a: {BAD}, b: {llm: on}, c: {llm: 'then {{ b }}'}", 1, "step `a`: "),
    ("a: {BAD, retry: 1}", 1, "step `a`: "),
    ("a: {BAD, on_failure: fail}, b: {llm: on, always: true}", 1, "step `a`: "),
    ("a: {llm: on, on_success: fail}, b: {llm: on, always: true}", 1, "step `a`: its success"),
    ("a: {llm: on, max_visits: 2}, b: {llm: on, on_success: a}", 1, "step `b`: `a` was visited"),
    ("a: {each: {in: [1], steps: {b: {llm: on}, c: {BAD}}}}", 1, "step `c`: item `0` of `a`: "),
    ("a: {each: {in: [1], steps: {b: {BAD}}}}, c: {wait: 1ms}", 1, "step `b`: item `0` of `a`: "),
    (
        "a: {each: {in: [[1]], as: all, steps: {b: {each: {in: '{{ all }}', steps: {c: {BAD}}}}}}}",
        1,
        "step `c`: item `0` of `a`: item `0` of `b`: ",
    ),
    ("a: {parallel: {left: [{b: {llm: on}}], right: [{c: {BAD}}]}}", 1, "step `c`: "),
    ("a: {while: {condition: 'true', max_iterations: 3, steps: {b: {llm: on}, c: {SECOND}}}}", 1, "step `c`: "),
    (
        "a: {while: {condition: 'true', max_iterations: 3, steps: {b: {llm: on}, c: {SECOND}}}, retry: 1}",
        1,
        "step `c`: ",
    ),
    ("a: {while: {condition: '1 / (2 - iteration) > 0', max_iterations: 3, steps: {b: {llm: on}}}}", 1, "step `a`: "),
    (
        "a: {while: {condition: 'true', max_iterations: 9, steps: {b: {llm: on}}}, budget: {max_calls: 2}}",
        5,
        "step `a` was stopped: ",
    ),
    ("a: {pipeline: inner.yaml, inputs: {n: 0}}", 1, "step `inner`: "),
    ("a: {llm: on}, b: {ask: 'Is {{ a }} right?'}", 6, "step `b`: nobody is there"),
    ("a: {parallel: {left: [{b: {ask: 'right?'}}]}, timeout: 1h}", 6, "step `b`: nobody is there"),
];

/// What stands for `BAD` in steps.
const BAD: &str = "tool: calculate, args: {expression: 1 / 0}";

#[test]
fn what_ends_a_made_script_names_the_step_that_its_pipeline_names() {
    let server = ChatServer::new(|_| Reply::text("fine"));
    let inner = "tool: calculate, args: {expression: '1 / {{ inputs.n }}'}";
    let inner = format!("inputs: {{n: {{type: integer}}}}\nsteps: {{inner: {{{inner}}}}}\n");
    let program = Program::served_by(&server).file("inner.yaml", inner);
    for (steps, code, begins) in NAMED {
        let second = "tool: calculate, args: {expression: '1 / {{ 2 - iteration }}'}";
        let steps = steps.replace("BAD", BAD).replace("SECOND", second);
        let (came, [_, _, message]) = both(&program, &format!("steps: {{{steps}}}\n"), &[]);
        assert!(came == *code && message.starts_with(begins), "{came} {message}\n{steps}");
    }
    let flow = "steps: {a: {llm: on}, b: {parallel: {left: [{c: {llm: 'on {{ a }}'}}]}}}\n";
    let (code, [_, kind, message]) = both(&program, flow, &["--max-calls", "1"]);
    assert!(code == 5 && kind == "budget" && message.starts_with("step `c`: "), "{code} {kind} {message}");
}

#[test]
fn what_the_budget_of_the_run_ends_names_the_item_that_met_it() {
    let server = ChatServer::new(|_| Reply::text("fine"));
    let program = Program::served_by(&server);
    let say = "max_parallel: 1, steps: {w: {llm: 'say {{ item }}'}}";
    let inner = format!("steps: {{b: {{each: {{in: '{{{{ all }}}}', key: item, {say}}}}}}}");
    for (each, begins) in [
        (format!("in: [x, y, z], {say}"), "step `w` [2]: "),
        (format!("in: [x, y, z], on_item_failure: continue, {say}"), "step `w` [2]: "),
        (format!("in: [x, y, z], key: item, {say}"), "step `w` [z]: "),
        (format!("in: [[x, y], [z]], as: all, max_parallel: 1, {inner}"), "step `w` [z]: "),
    ] {
        let flow = format!("steps: {{a: {{each: {{{each}}}}}}}\n");
        let (code, [_, kind, message]) = both(&program, &flow, &["--max-calls", "2"]);
        assert!(code == 5 && kind == "budget" && message.starts_with(begins), "{code} {kind} {message}");
    }
}

/// Steps of which some may be lost, and whether the run is partial.
const LOST: &[(&str, bool)] = &[
    ("a: {BAD, on_failure: continue}, b: {wait: 1ms}", true),
    ("a: {BAD, on_failure: skip}, b: {wait: 1ms}", true),
    ("a: {BAD, on_failure: end}, b: {wait: 1ms}", true),
    ("a: {BAD, on_failure: c}, b: {wait: 1ms}, c: {wait: 1ms}", true),
    ("a: {BAD, on_failure: continue}, b: {end: 1}", true),
    ("a: {BAD, on_failure: continue}, b: {BAD}", false),
    ("a: {wait: 1ms, on_failure: continue}, b: {wait: 1ms, condition: 1 > 2}", false),
    ("a: {each: {in: [1, 0], on_item_failure: continue, steps: {s: {SHARE}}}}", true),
    ("a: {each: {in: [1, 2], on_item_failure: continue, steps: {s: {SHARE}}}}", false),
    ("a: {each: {in: [1, 0], on_item_failure: continue, steps: {s: {SHARE}}}, timeout: 1h}", true),
    ("a: {each: {in: [1, 2], steps: {s: {BAD, on_failure: continue}, t: {wait: 1ms}}}}", true),
    ("a: {each: {in: [1, 2], steps: {s: {BAD, on_failure: continue}, t: {wait: 1ms}}}, timeout: 1h}", true),
    ("a: {parallel: {left: [{s: {BAD, on_failure: continue}}, {t: {wait: 1ms}}], right: [{u: {wait: 1ms}}]}}", true),
    ("a: {while: {condition: iteration < 3, max_iterations: 3, steps: {s: {BAD, on_failure: continue}}}}", true),
    (
        "a: {each: {in: [1], steps: {b: {while: {condition: iteration < 2, max_iterations: 3, steps: {s: {BAD, on_failure: \
         continue}}}}}}}",
        true,
    ),
    ("a: {pipeline: inner.yaml}", true),
];

#[test]
fn a_made_script_is_partial_where_its_pipeline_is() {
    let inner = format!("steps: {{inner: {{{BAD}, on_failure: continue}}, other: {{wait: 1ms}}}}\n");
    let program = Program::offline().file("inner.yaml", inner);
    for (steps, partial) in LOST {
        let share = "tool: calculate, args: {expression: '1 / {{ item }}'}";
        let steps = steps.replace("BAD", BAD).replace("SHARE", share);
        let (_, [status, ..]) = both(&program, &format!("steps: {{{steps}}}\n"), &[]);
        assert_eq!(status == "partial", *partial, "{status}: {steps}");
    }
}

#[test]
fn what_a_made_script_makes_again_it_does_not_lack() {
    let found = "found: {tool: read_file, args: {path: made.txt}, on_failure: continue}";
    let body = format!("steps: {{{found}, last: {{set: {{v: outcomes.found}}}}}}");
    let write = "tool: write_file, args: {path: made.txt, text: here, mode: overwrite}";
    for made in [
        format!("all: {{while: {{condition: prev == (), max_iterations: 2, {body}}}}}, one: {{set: {{v: all.v}}}}"),
        format!("all: {{each: {{in: [1], {body}}}}}, one: {{set: {{v: 'all[0].v'}}}}"),
        format!("{found}, one: {{set: {{v: outcomes.found}}}}"),
    ] {
        let rest = format!(
            "write: {{{write}, dependencies: [one]}}, way: {{switch: {{on: one.v, cases: {{failed: draft}}}}}}"
        );
        let flow = format!("steps: {{draft: {{set: {{v: '1'}}, max_visits: 3}}, {made}, {rest}}}\n");
        let program = Program::offline().file("p.yaml", &flow);
        let script = program.args(["pipeline", "explain", "p.yaml", "--rhai"]).run().ok().stdout;
        let program = program.file("twin.rhai", &script);
        for file in ["p.yaml", "twin.rhai"] {
            let ran = program.args(["run", file, "--json", "--approve", "auto"]).run().ok();
            assert_eq!(ran.json()["status"], "completed", "{file}\n{flow}\n{script}");
            std::fs::remove_file(program.project().join("made.txt")).expect("it was written");
        }
    }
}
