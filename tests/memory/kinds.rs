//! Episodes of every kind that runs leave behind: import reads all that export writes of them.

use super::exported;
use crate::support::chat::{Ask, ChatServer, Reply};
use crate::support::program::Program;
use rhizo::memory::situation::fingerprint;
use serde_json::{Value, json};
use std::collections::BTreeSet;

/// Tasks that differ in more than numbers, so that each counts for itself; of the last the memory has hints to give.
const WORDS: [&str; 10] = ["copper", "timber", "wool", "salt", "barley", "amber", "linen", "cedar", "honey", "silver"];

/// A root looks and ends; of the leaves only the stronger ones name a unit.
fn reply(ask: &Ask) -> Reply {
    let typed = ask.messages().iter().any(|(_, text)| text.contains("FINAL must be given a value"));
    match (ask.is_root(), ask.turn()) {
        (true, 1) => Reply::code("context.grep(\"florins\")"),
        (true, _) => Reply::code(if typed { "FINAL(9)" } else { "FINAL(\"nine florins\")" }),
        (false, _) => Reply::text(if ask.body["model"] == "small" { "5" } else { "5 km" }),
    }
}

/// A program with two models, whose memory is always asked.
fn program(server: &ChatServer) -> Program {
    let model = |name: &str, price: u32| {
        let url = server.base_url();
        format!(
            "[models.{name}]\nbase_url = \"{url}\"\nname = \"{name}\"\ninput_price = {price}\noutput_price = {price}\n"
        )
    };
    let roles = "[roles.worker]\nmodels = [\"small\"]\n[roles.expert]\nmodels = [\"large\"]\n\
                 [roles.architect]\nmodels = [\"large\"]\n";
    let text = format!("[escalation]\naudit = 0\n{}{}{roles}", model("small", 1), model("large", 10));
    let prices: String = WORDS.iter().map(|word| format!("{word} costs nine florins\n")).collect();
    Program::new().file("rhizo.toml", text).file("prices.txt", prices).env("RHIZO_MEMORY_OFF_SHARE", "0")
}

/// Runs of every kind.
fn experienced(program: &Program) {
    let ask = |question: &str, more: &[&str]| {
        let args = ["ask", question, "--recursive", "--context", "prices.txt", "--quiet"];
        program.list(&[&args[..], more].concat()).run().ok();
    };
    for word in WORDS {
        ask(&format!("what does {word} cost in the list of prices?"), &[]);
    }
    ask("how many florins?", &["--schema", "\"int\""]);
    let code = r#"
        llm("how far?", #{check: |a| if a.contains("km") { "" } else { "no unit" }, gate: "has a unit"});
        remember(#{situation: "a report on a log", action: "script", arm: "grep_report", outcome: "success"});
        remember(#{situation: "a storm", lesson: "ü", trust: 0.3, outcome: "fail"});
    "#;
    program.args(["eval", code]).run().ok();
}

/// An exported episode as its import elsewhere is exported again. Two things differ by design: the fingerprint is
/// computed anew from the situation, and what nobody vouches for is at most a judge's word and has no lesson.
fn expected(mut episode: Value, own: bool) -> Value {
    let situation = episode["situation"].as_str().unwrap_or_default();
    episode["fingerprint"] = fingerprint(situation).into();
    if !own {
        episode.as_object_mut().expect("fields").remove("lesson");
        if matches!(episode["verifier"].as_str(), Some("test" | "gate" | "user")) {
            episode["verifier"] = json!("judge");
            episode["trust"] = json!(0.6);
        }
    }
    episode
}

#[test]
fn every_field_of_every_kind_comes_back() {
    let server = ChatServer::new(reply);
    let here = program(&server);
    experienced(&here);
    let text = here.args(["memory", "export"]).run().ok().stdout;
    let rows = exported(&here);
    let kinds: BTreeSet<&str> = rows.iter().filter_map(|row| row["action"].as_str()).collect();
    let expect = ["escalate", "explore", "note", "route", "script", "start", "strategy"];
    assert_eq!(kinds.into_iter().collect::<Vec<_>>(), expect, "{text}");
    for field in ["hits", "shown", "hint_used", "offered", "policy", "failure", "gate", "failures", "model", "lesson"] {
        assert!(rows.iter().any(|row| row.get(field).is_some()), "no {field} in {text}");
    }
    for own in [true, false] {
        let there = Program::offline().file("all.jsonl", &text);
        let more: &[&str] = if own { &["--own"] } else { &[] };
        let told = there.list(&[&["memory", "import", "all.jsonl", "--json"], more].concat()).run().ok().json();
        assert_eq!((&told["added"], &told["read"]), (&json!(rows.len()), &json!(rows.len())), "{told}");
        let expect: Vec<Value> = rows.iter().map(|row| expected(row.clone(), own)).collect();
        assert_eq!(exported(&there), expect, "own: {own}");
    }
}
