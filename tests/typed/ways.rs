//! Schemas of which several parts lead through one field, or to one definition: values that nest deep or are long are checked
//! all the same, and soon, or it is said that this would take too long.

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

/// A program with a model of this server. What is so regular as these values looks like a loop.
fn unmonitored(server: &ChatServer) -> Program {
    let text = format!(
        "model = \"m\"\n[models.m]\nbase_url = \"{}\"\n[roles.worker.monitor]\nenabled = false\n",
        server.base_url()
    );
    Program::new().file("rhizo.toml", text)
}

#[test]
fn a_deep_answer_that_does_not_match_is_repaired() {
    let answer = |ask: usize| if ask == 0 { nested(60, "\"x\"") } else { nested(2, "1") };
    let server = ChatServer::new(move |ask| Reply::text(answer(ask.number)));
    let code = format!("llm(\"q\", #{{schema: parse_json(`{}`)}}).next.next.v", twice("allOf"));
    let program = unmonitored(&server).file("code.rhai", code);
    program.args(["run", "code.rhai", "-q"]).run().ok().prints("1.0\n");
    let complaint = server.asks()[1].last();
    assert!(complaint.starts_with("That answer does not match the schema: where cannot be said: "), "{complaint}");
}

/// An array whose items are held against one definition in two ways to the power of `levels`.
fn doubled(levels: usize) -> Value {
    let mut schema = json!({"type": "array", "items": {"$ref": "#/$defs/d0"}, "$defs": {}});
    for level in 0..levels {
        let next = json!({"$ref": format!("#/$defs/d{}", level + 1)});
        schema["$defs"][format!("d{level}")] = json!({"allOf": [next, next]});
    }
    schema["$defs"][format!("d{levels}")] = json!({"type": "number"});
    schema
}

const TOO_LONG: &str = "whether it does would take too long to find out";

#[test]
fn what_would_take_too_long_is_refused_before_it_does() {
    let check = |schema: &Value, value: &str| {
        let code = format!("within(#{{timeout: 60}}, || typed({value}, parse_json(`{schema}`))); \"ok\"");
        Program::offline().file("code.rhai", code).args(["run", "code.rhai", "-q"]).run()
    };
    let numbers = |count: usize| format!("(0..{count}).to_array()");
    check(&doubled(14), "[1]").code(1).says("with its references written out it has more than 10000 parts");
    check(&doubled(11), &numbers(100)).ok().prints("ok\n");
    let ran = check(&doubled(11), &numbers(4_000)).code(1).says(TOO_LONG);
    ran.says("let each definition be referred to from few places, or check less at once");
    // What does not match is no sooner known.
    check(&doubled(11), "(0..4000).to_array().map(|n| `${n}`)").code(1).says(TOO_LONG);
    check(&doubled(11), "[1, \"x\"]").code(1).says("/1: \"x\" is not of type \"number\"");
    // Types that lead to each other and never back: nothing that was found out of them is kept.
    let (mut deep, mut value) = (json!({"$ref": "#/$defs/t0", "$defs": {"t30": {"type": "integer"}}}), "1".to_owned());
    for level in 0..30 {
        let part = json!({"properties": {"a": {"$ref": format!("#/$defs/t{}", level + 1)}}});
        deep["$defs"][format!("t{level}")] = json!({"allOf": [part, part]});
        value = format!("{{\"a\":{value}}}");
    }
    check(&deep, &format!("parse_json(`{value}`)")).code(1).says(TOO_LONG);
}

#[test]
fn an_answer_that_would_take_too_long_to_check_is_told_to_the_model() {
    let long = format!("[{}]", ["1"; 400].join(","));
    let server = ChatServer::new(move |ask| Reply::text(if ask.number == 0 { long.as_str() } else { "[1, 2]" }));
    let code = format!("llm(\"q\", #{{schema: parse_json(`{}`)}}).len()", doubled(11));
    unmonitored(&server).file("code.rhai", code).args(["run", "code.rhai", "-q"]).run().ok().prints("2\n");
    let complaint = server.asks()[1].last();
    assert!(complaint.starts_with(&format!("That answer does not match the schema: {TOO_LONG}")), "{complaint}");
}

#[test]
fn schemas_of_many_definitions_hold_long_values() {
    let kind = |number: usize| {
        json!({"type": "object", "required": ["kind"], "properties": {"kind": {"const": format!("k{number}")},
            "n": {"$ref": format!("#/$defs/n{number}")}}})
    };
    let (mut defs, mut union) = (json!({}), Vec::new());
    for number in 0..300 {
        defs[format!("k{number}")] = kind(number);
        defs[format!("n{number}")] = json!({"type": "number", "minimum": number});
        union.push(json!({"$ref": format!("#/$defs/k{number}")}));
    }
    let fields: Value = (0..300).map(|n| (format!("f{n}"), json!({"$ref": format!("#/$defs/n{n}")}))).collect();
    let schema = json!({"$defs": defs, "type": "object", "properties": {
        "all": {"type": "array", "items": {"anyOf": union}},
        "rows": {"type": "array", "items": {"type": "object", "properties": fields}}}});
    let code = format!(
        "let all = (0..300).to_array().map(|n| #{{kind: `k${{n}}`, n: n}});
        let rows = (0..2000).to_array().map(|n| #{{f1: n + 1, f100: n + 100, f200: n + 200}});
        let held = typed(#{{all: all, rows: rows}}, parse_json(`{schema}`));
        `${{held.all[299].n}} ${{held.rows[1999].f200}}`"
    );
    let program = Program::offline().file("code.rhai", code);
    program.args(["run", "code.rhai", "-q"]).run().ok().prints("299.0 2199.0\n");
}
