//! `explain --intent`: a model says what a pipeline is for; a mismatch is an error, unless it is accepted.

use crate::support::chat::{ChatServer, Reply};
use crate::support::program::Program;
use serde_json::json;

const FLOW: &str = "name: Summary\ndescription: Summarises a text and saves it.\nsteps:\n  sum: {llm: Summarise.}\n";
const THREE: &str = "A text is to be summarised. The summary is to be saved. Nothing else is wanted.";

fn served(answers: &'static [&'static str]) -> (ChatServer, Program) {
    let server = ChatServer::new(|ask| Reply::text(answers[ask.number.min(answers.len() - 1)]));
    let program = Program::served_by(&server).file("flow.yaml", FLOW);
    (server, program)
}

#[test]
fn a_mismatch_is_an_error_that_says_what_to_change() {
    let (server, program) = served(&[
        r#"{"intention": "A text is to be summarised. The summary is to be saved. Nothing else is wanted.", "serves": false, "gaps": ["no step saves the summary: add products to `sum`"]}"#,
    ]);
    let refused = program.args(["pipeline", "explain", "flow.yaml", "--intent"]).run().code(1);
    refused.snapshot("pipeline_intent_mismatch");
    let told = server.asks().remove(0).last();
    assert!(told.contains("Summarises a text and saves it.") && told.contains("sum = ask a model"), "{told}");
    let accepted =
        program.args(["pipeline", "explain", "flow.yaml", "--intent", "--accept-mismatch", "--json"]).run().ok();
    assert_eq!(accepted.json()["intention"]["serves"], json!(false));
    let rows = program.args(["runs", "list", "--json"]).run().ok().json();
    let statuses: Vec<&str> = rows.as_array().expect("rows").iter().filter_map(|row| row["status"].as_str()).collect();
    assert_eq!(statuses, ["completed", "failed"]);
    let logs = program.args(["logs", "--json"]).run().ok();
    let event = logs.stdout.lines().find(|line| line.contains("\"event\":\"intention\"")).expect("an event");
    assert!(event.contains("no step saves the summary") && event.contains("sum = ask a model"), "{event}");
}

#[test]
fn what_a_model_has_judged_as_it_is_is_asked_of_it_once() {
    let server = ChatServer::new(|_| {
        Reply::text(format!(r#"{{"intention": "{THREE}", "serves": false, "gaps": ["nothing is saved"]}}"#))
    });
    let model = |name: &str| format!("[models.{name}]\nbase_url = \"{}\"\n", server.base_url());
    let settings = format!("model = \"one\"\n{}{}", model("one"), model("other"));
    let program = Program::new().file("rhizo.toml", settings).file("flow.yaml", FLOW);
    let explain =
        |more: &[&str]| program.list(&[&["pipeline", "explain", "flow.yaml", "--intent"][..], more].concat()).run();
    explain(&[]).code(1).does_not_say("before, as it is");
    for _ in 0..2 {
        let accepted = explain(&["--accept-mismatch"]).ok();
        accepted.says("one has judged this file before, as it is; --again has it judged anew");
    }
    explain(&[]).code(1).says("nothing is saved");
    assert_eq!(server.asks().len(), 1);
    explain(&["--accept-mismatch", "--again"]).ok();
    explain(&["--accept-mismatch", "--model", "other"]).ok();
    explain(&["--accept-mismatch", "--model", "other"]).ok();
    assert_eq!(server.asks().len(), 3);
    let program = program.file("flow.yaml", FLOW.replace("Summarise.", "Sum up."));
    program.args(["pipeline", "explain", "flow.yaml", "--intent"]).run().code(1);
    assert_eq!(server.asks().len(), 4);
}

#[test]
fn an_intention_of_another_length_is_asked_for_again() {
    let (server, program) = served(&[
        r#"{"intention": "One sentence.", "serves": true, "gaps": []}"#,
        r#"{"intention": "A text is to be summarised. The summary is to be saved. Nothing else is wanted.", "serves": true, "gaps": []}"#,
    ]);
    let told = program.args(["pipeline", "explain", "flow.yaml", "--intent"]).run().ok();
    assert!(told.stdout.contains(THREE) && told.stdout.contains("the steps serve it"), "{}", told.stdout);
    assert!(server.asks()[1].last().contains("the intention has 1 sentences"));
    let (_server, stubborn) = served(&[r#"{"intention": "One sentence.", "serves": true, "gaps": []}"#]);
    stubborn.args(["pipeline", "explain", "flow.yaml", "--intent"]).run().code(1).says("has not its form");
}

#[test]
fn a_run_keeps_what_was_judged_of_its_pipeline() {
    let (server, program) = served(&[
        "a sum",
        r#"{"intention": "A text is to be summarised. The summary is to be saved. Nothing else is wanted.", "serves": true, "gaps": []}"#,
        "a sum",
    ]);
    program.args(["run", "flow.yaml"]).run().ok();
    program.args(["pipeline", "explain", "flow.yaml", "--intent"]).run().ok();
    program.args(["resume", "last"]).run().ok().prints("a sum\n");
    assert_eq!(server.asks().len(), 2, "the judgement is no run that goes on, and the run before it is over");
    program.args(["run", "flow.yaml"]).run().ok();
    let shown = program.args(["runs", "show", "last"]).run().ok().stdout;
    assert!(shown.contains(&format!("intent  {THREE} (the steps serve it)\n")), "{shown}");
    let export = program.args(["runs", "export", "last"]).run().ok().json();
    let kept = export["events"].as_array().expect("events").iter().find(|event| event["event"] == "intention");
    let does = kept.and_then(|event| event["architecture"].as_str()).unwrap_or_default();
    assert!(does.contains("sum = ask a model"), "{export:#}");
}

#[test]
fn a_script_reads_what_was_judged_of_the_file_as_it_is() {
    let (_server, program) = served(&[
        r#"{"intention": "A text is to be summarised. The summary is to be saved. Nothing else is wanted.", "serves": true, "gaps": []}"#,
    ]);
    let code = "let seen = explain_pipeline(\"flow.yaml\"); [seen.order, seen.intention?.intention]";
    assert_eq!(program.args(["eval", code, "--json"]).run().ok().json()["answer"], json!([["sum"], null]));
    program.args(["pipeline", "explain", "flow.yaml", "--intent"]).run().ok();
    assert_eq!(program.args(["eval", code, "--json"]).run().ok().json()["answer"], json!([["sum"], THREE]));
    let program = program.file("flow.yaml", FLOW.replace("Summarise.", "Summarise it."));
    assert_eq!(program.args(["eval", code, "--json"]).run().ok().json()["answer"], json!([["sum"], null]));
}

#[test]
fn a_damaged_judgement_of_another_pipeline_hides_none() {
    let (_server, program) = served(&[
        r#"{"intention": "A text is to be summarised. The summary is to be saved. Nothing else is wanted.", "serves": true, "gaps": []}"#,
    ]);
    let program = program.file("other.yaml", FLOW.replace("Summarise.", "Summarise it."));
    for file in ["flow.yaml", "other.yaml"] {
        program.args(["pipeline", "explain", file, "--intent"]).run().ok();
    }
    let store = rusqlite::Connection::open(program.state().join("rhizo.db")).expect("the store");
    let damage =
        "UPDATE events SET body = '{\"event\":\"odd\"}' WHERE run = (SELECT id FROM runs ORDER BY rowid DESC LIMIT 1)";
    assert!(store.execute(damage, ()).expect("damage") > 0);
    let code = "explain_pipeline(\"flow.yaml\").intention?.intention";
    assert_eq!(program.args(["eval", code, "--json"]).run().ok().json()["answer"], json!(THREE));
}
