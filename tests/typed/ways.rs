//! Schemas of which several parts lead back through one field: values that nest deep are checked all the same, and soon.

use crate::support::chat::{ChatServer, Reply};
use crate::support::program::Program;
use serde_json::{Value, json};

/// A type whose two parts both lead back to it.
fn twice(word: &str) -> Value {
    let part = json!({"properties": {"next": {"$ref": "#/$defs/n"}, "v": {"type": "number"}}});
    json!({"$ref": "#/$defs/n", "$defs": {"n": {"type": "object", word: [part, part]}}})
}

/// A value of so many levels, with this `v` in the last.
fn nested(levels: usize, last: &str) -> String {
    (0..levels).fold(format!("{{\"v\":{last}}}"), |inner, _| format!("{{\"v\":1,\"next\":{inner}}}"))
}

#[test]
fn a_deep_value_is_checked_soon_where_two_parts_lead_through_one_field() {
    for word in ["allOf", "anyOf"] {
        let code = |value: &str| format!("typed(parse_json(`{value}`), parse_json(`{}`)).next.v", twice(word));
        let program = |value: &str| Program::offline().file("code.rhai", code(value));
        program(&nested(60, "1")).args(["run", "code.rhai", "-q"]).run().ok().prints("1.0\n");
        let ran = program(&nested(60, "\"x\"")).args(["run", "code.rhai", "-q"]).run().code(1);
        ran.says("the value does not match the schema: where cannot be said: it nests deep");
    }
    // Of a few levels it is told where, and of many, where only one part leads through the field.
    let told = |value: &str, schema: &Value| {
        let code = format!("typed(parse_json(`{value}`), parse_json(`{schema}`))");
        Program::offline().file("code.rhai", code).args(["run", "code.rhai", "-q"]).run().code(1)
    };
    told(&nested(3, "\"x\""), &twice("allOf")).says("/next/next/next/v: \"x\" is not of type \"number\"");
    let once = json!({"type": "object", "properties": {"next": {"$ref": "#"}, "v": {"type": "number"}}});
    let place = format!("{}/v: \"x\" is not of type \"number\"", "/next".repeat(30));
    told(&nested(30, "\"x\""), &once).says(&place);
}

#[test]
fn a_deep_answer_that_does_not_match_is_repaired() {
    let answer = |ask: usize| if ask == 0 { nested(60, "\"x\"") } else { nested(2, "1") };
    let server = ChatServer::new(move |ask| Reply::text(answer(ask.number)));
    let code = format!("llm(\"q\", #{{schema: parse_json(`{}`)}}).next.next.v", twice("allOf"));
    // What nests so regularly looks like a loop.
    let text = format!(
        "model = \"m\"\n[models.m]\nbase_url = \"{}\"\n[roles.worker.monitor]\nenabled = false\n",
        server.base_url()
    );
    let program = Program::new().file("rhizo.toml", text).file("code.rhai", code);
    program.args(["run", "code.rhai", "-q"]).run().ok().prints("1.0\n");
    let complaint = server.asks()[1].last();
    assert!(complaint.starts_with("That answer does not match the schema: where cannot be said: "), "{complaint}");
}
