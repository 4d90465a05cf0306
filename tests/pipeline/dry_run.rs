//! `run --dry-run`: order, models and worst cost; nobody is asked and nothing is kept.

use super::whole::EVERYTHING;
use crate::support::program::Program;
use serde_json::json;

const PRICED: &str =
    "model = \"paid\"\n[models.paid]\nbase_url = \"http://127.0.0.1:9/v1\"\ninput_price = 1\noutput_price = 2\n";

#[test]
fn everything_is_estimated() {
    let program = Program::new().file("rhizo.toml", PRICED).file("flow.yaml", EVERYTHING);
    program.args(["pipeline", "run", "flow.yaml", "topic=ships", "--dry-run"]).run().ok().snapshot("pipeline_dry_run");
    assert_eq!(program.args(["runs", "list", "--json"]).run().ok().json(), json!([]));
    assert!(!program.project().join("out").exists());
}

#[test]
fn the_worst_case_is_the_ledgers() {
    let text = "steps:\n  one: {llm: {prompt: abcdefghij, max_tokens: 100}, retry: 2}\n  two:\n    each:\n      in: [1, 2]\n      steps:\n        inner: {llm: {prompt: abcdefghij, max_tokens: 100}}\n";
    let program = Program::new().file("rhizo.toml", PRICED).file("flow.yaml", text);
    let found = program.args(["pipeline", "run", "flow.yaml", "--dry-run", "--json"]).run().ok().json();
    // 10 bytes are at most 10 tokens at 1 USD per million, 100 tokens at 2 USD: 210 micro-USD a call, five calls.
    assert_eq!((&found["calls"], &found["worst_usd"]), (&json!(5), &json!(0.00105)));
    assert_eq!(found["steps"][0]["model"], "paid");
}

#[test]
fn a_wrong_pipeline_is_not_estimated() {
    let program = super::flow("steps: {one: {lm: x}}\n");
    program.args(["pipeline", "run", "flow.yaml", "--dry-run"]).run().code(1).says("did you mean `llm`?");
    program.args(["pipeline", "run", "--dry-run"]).run().code(2).says("needs a file");
}

#[test]
fn what_is_given_is_checked_and_what_is_missing_is_named() {
    let text = "inputs: {n: {type: integer}, name: {default: x}, where: {}}\nsteps: {s: {set: {n: inputs.n}}}\n";
    let program = super::flow(text);
    let dry = |args: &[&str]| program.list(&[&["pipeline", "run", "flow.yaml", "--dry-run"], args].concat()).run();
    let whole = dry(&[]).ok().stdout;
    assert!(whole.contains("inputs that it still needs: n, where"), "{whole}");
    assert_eq!(dry(&["n=1", "--json"]).ok().json()["needed"], json!(["where"]));
    dry(&["n=one"]).code(2).says("takes a whole number, not");
    dry(&["m=1"]).code(2).says("has no input `m`");
}
