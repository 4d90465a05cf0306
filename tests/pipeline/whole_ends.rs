//! With what a run ends: a pipeline and the script made of it fail with the same kind, in the same words.

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
    let message = failure["message"].as_str().unwrap_or_default();
    // A script has no steps that could be named before what it says.
    let message = Value::from(message.strip_prefix("step `a`: ").unwrap_or(message));
    (ran.exit_code().expect("an exit code"), [failure["kind"].take(), message, failure["hint"].take()])
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
        std::fs::write(program.project().join("p.yaml"), format!("steps: {{a: {{{step}}}}}\n")).expect("a file");
        let made = program.args(["pipeline", "explain", "p.yaml", "--rhai"]).run().ok().stdout;
        std::fs::write(program.project().join("twin.rhai"), &made).expect("a script");
        let (original, twin) = (end(&program, "p.yaml"), end(&program, "twin.rhai"));
        assert_eq!(original, twin, "{step}\n{made}");
        let expected = if step.contains("vars") { (1, "data") } else { (5, "child") };
        assert_eq!((original.0, original.1[0].as_str()), (expected.0, Some(expected.1)), "{step}: {original:?}");
    }
}
