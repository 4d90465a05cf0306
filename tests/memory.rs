//! The memory from the command line: seeds, forgetting, import and export, poison, kills, broken indexes.

mod broken;
mod forget;
mod killed;
mod kinds;
mod limits;
mod poison;
mod seeds;
mod told;
mod transfer;

use crate::support::program::Program;
use serde_json::{Value, json};

/// An episode as a line of JSON, with these fields changed.
fn line(id: &str, situation: &str, more: Value) -> String {
    let mut episode = json!({
        "id": id, "at": 1_700_000_000_000_u64, "situation": situation, "action": "route", "arm": "worker",
        "outcome": "success", "verifier": "test",
    });
    for (name, value) in more.as_object().into_iter().flatten() {
        episode[name] = value.clone();
    }
    format!("{episode}\n")
}

/// The episodes of a program as its export tells them.
fn exported(program: &Program) -> Vec<Value> {
    let text = program.args(["memory", "export"]).run().ok().stdout;
    text.lines().map(|line| serde_json::from_str(line).expect("JSON")).collect()
}

/// A number of a JSON answer.
fn number(value: &Value, name: &str) -> u64 {
    value[name].as_u64().unwrap_or_else(|| panic!("no {name} in {value:#}"))
}
