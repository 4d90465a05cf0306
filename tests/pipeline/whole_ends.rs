//! With what a run ends: a pipeline and the script made of it fail with the same kind, in the same words.

use super::run_twins::unnamed;
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

/// The exit code with kind, words and hint of the failure with which a run ended.
fn end(program: &Program, file: &str) -> (i32, [Value; 3]) {
    let ran = program.args(["run", file, "--json"]).run();
    let mut failure = ran.json()["failure"].take();
    let message = Value::from(unnamed(failure["message"].as_str().unwrap_or_default()));
    (ran.exit_code().expect("an exit code"), [failure["kind"].take(), message, failure["hint"].take()])
}

/// Claims that a pipeline and the script made of it end alike; the exit code and the kind with which they do.
#[track_caller]
fn ends(program: &Program, flow: &str) -> (i32, String) {
    std::fs::write(program.project().join("p.yaml"), flow).expect("a file");
    let made = program.args(["pipeline", "explain", "p.yaml", "--rhai"]).run().ok().stdout;
    std::fs::write(program.project().join("twin.rhai"), &made).expect("a script");
    let (original, twin) = (end(program, "p.yaml"), end(program, "twin.rhai"));
    assert_eq!(original, twin, "{flow}\n{made}");
    (original.0, original.1[0].as_str().unwrap_or_default().to_owned())
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
