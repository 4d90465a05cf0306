//! `explain` and `schema`: what a pipeline does, and what the format is, without any model.

use super::flow;
use super::whole::EVERYTHING;
use crate::support::program::Program;

#[test]
fn everything_is_explained() {
    flow(EVERYTHING).args(["pipeline", "explain", "flow.yaml"]).run().ok().snapshot("pipeline_explain");
}

#[test]
fn the_document_has_the_graph() {
    let document = flow(EVERYTHING).args(["pipeline", "explain", "flow.yaml", "--json"]).run().ok().json();
    assert_eq!(document["order"].as_array().map(Vec::len), Some(13));
    let step = document["steps"].as_array().expect("steps").iter().find(|step| step["name"] == "draft").expect("draft");
    assert_eq!(step["reason"], "expert of read_file");
    assert_eq!(step["model"], "offline");
    let way = document["steps"].as_array().expect("steps").iter().find(|step| step["name"] == "stop").expect("stop");
    assert_eq!(way["waits_for"], serde_json::json!(["way"]));
}

#[test]
fn a_step_keeps_its_hash_where_it_stands_and_changes_it_with_what_it_says() {
    let hash = |text: &str| {
        let document = flow(text).args(["pipeline", "explain", "flow.yaml", "--json"]).run().ok().json();
        document["steps"].as_array().expect("steps").iter().map(|step| step["hash"].to_string()).collect::<Vec<_>>()
    };
    let one = hash("steps:\n  a: {llm: one}\n  b: {llm: two}\n");
    let moved = hash("\n\n# moved\nsteps:\n  a: {llm: one}\n\n  b: {llm: two}\n");
    assert_eq!(one, moved);
    let edited = hash("steps:\n  a: {llm: one}\n  b: {llm: three}\n");
    assert_eq!((one[0] == edited[0], one[1] == edited[1]), (true, false));
    let defaults = hash("defaults: {temperature: 1}\nsteps:\n  a: {llm: one}\n  b: {llm: two}\n");
    assert_ne!(one[0], defaults[0]);
}

#[test]
fn the_schema_is_a_schema_and_holds_for_what_is_accepted() {
    let program = Program::offline();
    let ran = program.args(["pipeline", "schema"]).run().ok();
    let schema = ran.json();
    ran.snapshot("pipeline_schema");
    let validator = jsonschema::validator_for(&schema).expect("a schema");
    let right =
        serde_json::json!({"steps": {"a": {"llm": "x", "vars": {"n": {"type": "number"}}}, "b": {"wait": "5s"}}});
    assert!(validator.is_valid(&right));
    for wrong in [
        serde_json::json!({}),
        serde_json::json!({"steps": {"a": {"llm": "x", "tool": "y"}}}),
        serde_json::json!({"steps": {"a": {"llm": "x", "promt": "y"}}}),
        serde_json::json!({"steps": [], "nmae": "x"}),
    ] {
        assert!(!validator.is_valid(&wrong), "{wrong}");
    }
}

#[test]
fn spans_of_time_have_one_form_everywhere() {
    for (written, seconds) in [("90", 90), ("1m30s", 90), ("10 m", 600), ("2w", 1_209_600), ("1y", 31_536_000)] {
        let text = format!("steps: {{a: {{wait: {written}}}}}\n");
        let told = flow(&text).args(["pipeline", "explain", "flow.yaml"]).run().ok().stdout;
        assert!(told.contains(&format!("wait {seconds} s")), "{written}: {told}");
        let code = format!("within(#{{timeout: \"{written}\"}}, || llm(\"a\", #{{timeout: \"{written}\"}})); 1");
        Program::offline().args(["eval", &code]).run().ok().prints("1\n");
    }
}
