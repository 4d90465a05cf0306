//! Typed answers over all forms, with properties: what is returned validates, what is embedded is found.

use super::{Checked, Schema, extract, forms, words};
use proptest::prelude::{BoxedStrategy, Just, Strategy, any, prop, prop_assert, prop_assert_eq, prop_oneof, proptest};
use serde_json::{Map, Value, json};

fn read(given: &Value) -> Schema {
    Schema::read(given).unwrap_or_else(|failure| panic!("{given}: {failure}"))
}

#[test]
fn short_forms_expand() {
    for (given, expect) in [
        (json!("float 0..1"), json!({"type": "number", "minimum": 0.0, "maximum": 1.0})),
        (json!("float -1..=1"), json!({"type": "number", "minimum": -1.0, "maximum": 1.0})),
        (json!("int 1.."), json!({"type": "integer", "minimum": 1})),
        (json!("int ..9 stars"), json!({"type": "integer", "maximum": 9, "description": "stars"})),
        (json!("string"), json!({"type": "string"})),
        (json!("string ..80"), json!({"type": "string", "maxLength": 80})),
        (json!("string: the name, in German"), json!({"type": "string", "description": "the name, in German"})),
        (json!("date"), json!({"type": "string", "format": "date"})),
        (json!("int[]"), json!({"type": "array", "items": {"type": "integer"}})),
        (json!("float|null"), json!({"type": ["number", "null"]})),
        (json!("int|string"), json!({"anyOf": [{"type": "integer"}, {"type": "string"}]})),
        (json!("good | bad"), json!({"enum": ["good", "bad"]})),
        (json!("1|2|2|3"), json!({"enum": [1, 2, 3]})),
        (json!("text|image|null"), json!({"enum": ["text", "image", null]})),
        (json!("Ann Lee"), json!({"type": "string", "description": "Ann Lee"})),
        (json!("intervals"), json!({"type": "string", "description": "intervals"})),
        (json!(["string"]), json!({"type": "array", "items": {"type": "string"}})),
        (json!(["a", "b", "a"]), json!({"enum": ["a", "b"]})),
        (json!([1, 2]), json!({"type": "array", "items": {"type": "integer"}})),
        (json!([]), json!({"type": "array"})),
        (json!(0.5), json!({"type": "number"})),
        (json!(null), json!({})),
    ] {
        assert_eq!(forms::expand(&given), Ok(expect), "{given}");
    }
}

#[test]
fn fields_are_required_unless_marked() {
    let given = json!({"score": "float 0..1", "note?": "string", "year": "int?", "kind?": "a|b", "any?": null});
    let expect = json!({
        "type": "object",
        "properties": {
            "score": {"type": "number", "minimum": 0.0, "maximum": 1.0},
            "note": {"type": ["string", "null"]},
            "year": {"type": ["integer", "null"]},
            "kind": {"enum": ["a", "b", null]},
            "any": {},
        },
        "required": ["score"],
        "additionalProperties": false,
    });
    assert_eq!(forms::expand(&given), Ok(expect));
    let found = read(&given).check("{\"score\": 1, \"year\": 1884.0}");
    // What may be absent is there, so that a script can ask for it.
    let all = json!({"score": 1.0, "note": null, "year": 1884, "kind": null, "any": null});
    assert_eq!(found, Checked::Valid(all));
}

#[test]
fn schemas_are_told_from_examples() {
    for (given, expect) in [
        (json!({"type": "string"}), true),
        (json!({"type": ["string", "null"]}), true),
        (json!({"type": "object", "properties": {"a": {"type": "integer"}}, "required": ["a"]}), true),
        (json!({"properties": {"a": {}}}), true),
        (json!({"enum": ["a", "b"]}), true),
        (json!({"anyOf": [{"type": "string"}, {"const": 1}]}), true),
        (json!({"$ref": "#/$defs/a", "$defs": {"a": {"type": "string"}}}), true),
        (json!({"type": "object", "properties": {"a": {"readOnly": true}}, "unevaluatedProperties": false}), true),
        (json!({"type": "array", "contains": {"type": "integer"}, "minContains": 1}), true),
        (json!({"$dynamicRef": "#a", "$defs": {"a": {"$dynamicAnchor": "a", "type": "string"}}}), true),
        (json!(true), true),
        (json!({"type": "string", "format": "date"}), true),
        (json!({"type": "object", "properties": {"day": {"type": "string", "description": "date"}}}), true),
        (json!({"type": "string", "title": "string"}), false),
        (json!({"type": "string", "items": ["string"]}), false),
        (json!({"type": "a|b", "size": "int"}), false),
        (json!({"type": "string", "name": "string"}), false),
        (json!({"properties": {"name": "string"}}), false),
        (json!({"items": [{"name": "string"}]}), false),
        (json!({"items": []}), false),
        (json!({"title": "string", "description": "string"}), false),
        (json!({}), false),
    ] {
        assert_eq!(words::is_schema(&given), expect, "{given}");
    }
    for word in
        ["text", "string", "str", "int", "integer", "number", "float", "bool", "boolean", "date", "datetime", "any"]
    {
        let given = json!({"type": "integer", "description": word});
        assert_eq!((words::is_schema(&given), read(&given).schema()), (true, &given), "{word}");
    }
    let mixed = json!({"a": {"type": "integer", "minimum": 1}, "b": "string"});
    assert_eq!(read(&mixed).schema()["properties"]["a"], json!({"type": "integer", "minimum": 1}));
}

#[test]
fn what_is_no_schema_is_told() {
    for (given, part) in [
        (json!({"n": "int x..2"}), "no such number before or after `..` in \"int x..2\""),
        (json!({"n": "int 0.5.."}), "no such number"),
        (json!({"n": "float 2..1"}), "the range is empty"),
        (json!({"n": "string -3.."}), "no such number"),
        (json!({"type": "string", "pattern": "("}), "the schema is wrong"),
        (json!({"type": "string", "minLength": -1}), "the schema is wrong"),
        (json!({"$ref": "https://example.com/other.json"}), "the schema is wrong"),
    ] {
        let failure = Schema::read(&given).expect_err("it is wrong");
        assert!(failure.message.contains(part), "{given}: {failure}");
    }
}

#[test]
fn a_schema_may_refer_to_a_part_by_its_name() {
    let node = |word: &str, name: &str| json!({word: name, "type": "integer"});
    let old = "http://json-schema.org/draft-07/schema#";
    for (value, wrong, schema) in [
        (json!(1), json!([1]), json!({"$ref": "#node", "$defs": {"n": node("$anchor", "node")}})),
        (json!(1), json!([1]), json!({"$dynamicRef": "#node", "$defs": {"n": node("$dynamicAnchor", "node")}})),
        (json!(1), json!([1]), json!({"$schema": old, "$ref": "#node", "definitions": {"n": node("$id", "#node")}})),
        (
            json!(1),
            json!([1]),
            json!({"$ref": "https://x.example/a", "$defs": {"a": node("$id", "https://x.example/a")}}),
        ),
        (
            json!([[]]),
            json!([1]),
            json!({"$id": "https://x.example/tree.json", "type": "array", "items": {"$ref": "tree.json"}}),
        ),
    ] {
        let read = Schema::plain(&schema).unwrap_or_else(|failure| panic!("{schema}: {failure}"));
        assert_eq!(read.check_data(&value), Checked::Valid(value), "{schema}");
        assert!(matches!(read.check_data(&wrong), Checked::Wrong(_)), "{schema}");
    }
    let circle = json!({"$ref": "#node", "$defs": {"n": {"$anchor": "node", "anyOf": [{"$ref": "#node"}]}}});
    let failure = Schema::plain(&circle).expect_err("it has no end");
    assert!(failure.message.contains("leads back to itself"), "{failure}");
}

#[test]
fn what_is_no_word_of_json_schema_is_data() {
    let data = json!({"$ref": "#/nowhere", "anyOf": [{"$ref": "#"}]});
    for word in ["example", "x-origin", "externalDocs"] {
        let schema = json!({"type": "object", "properties": {"a": {"type": "integer", word: data}}});
        let read = Schema::plain(&schema).unwrap_or_else(|failure| panic!("{schema}: {failure}"));
        assert_eq!(read.check_data(&json!({"a": 1})), Checked::Valid(json!({"a": 1})), "{word}");
    }
}

#[test]
fn named_schemas_that_all_lead_to_each_other_are_too_many_ways() {
    let named = |number: usize| format!("https://x.example/n{number}");
    let links: Vec<Value> = (0..12).map(|number| json!({"$ref": named(number)})).collect();
    let parts: Map<String, Value> =
        (0..12).map(|number| (format!("n{number}"), json!({"$id": named(number), "prefixItems": links}))).collect();
    let failure = Schema::plain(&json!({"$ref": named(0), "$defs": parts})).expect_err("it spreads");
    assert!(failure.message.contains("more than 100000 parts"), "{failure}");
}

#[test]
fn json_is_found_wherever_it_stands() {
    let schema = read(&json!({"a": "int"}));
    for text in [
        "{\"a\": 1}",
        "Here:\n```json\n{\"a\": 1}\n```\nDone.",
        "~~~\n{\"a\": 1}\n~~~",
        "It is {\"a\": 1}, I think.",
        "x { y {\"a\": 1}",
        "As [1] says, {\"b\": 2} is wrong and {\"a\": 1} right.",
        "First try: {\"a\": 7}. Better: {\"a\": 1}",
        "```json\n{\"a\": 1}\n```\nIf it were worse I would say {\"a\": 9}.",
        "<think>perhaps {\"a\": 3}?</think>\n{\"a\": 1}",
        "{\"a\": 5}? No.</think>{\"a\": 1}",
        "<|channel|>analysis<|message|>{\"a\": 2}<|end|><|start|>assistant<|channel|>final<|message|>{\"a\": 1}",
        "Code: ```rust\nfn f() { [0] }\n``` and then {\"a\": 1}",
    ] {
        assert_eq!(schema.check(text), Checked::Valid(json!({"a": 1})), "{text}");
    }
    for (text, part) in [
        ("no idea", "there is no JSON in \"no idea\""),
        ("", "the answer is empty"),
        ("<think>{\"a\": 1} or so", "the answer is empty"),
        ("{\"a\": 1", "the JSON is broken: EOF while parsing"),
        ("{\"a\": 1,}", "the JSON is broken: trailing comma"),
        ("{\"a\": \"1\"}", "/a: \"1\" is not of type \"integer\""),
        ("{\"a\": 1, \"b\": 2}", "Additional properties are not allowed"),
        ("{\"a\": 1e30}", "/a: 1e+30 does not fit an integer of 64 bits"),
    ] {
        let Checked::Wrong(message) = schema.check(text) else { panic!("{text} matches") };
        assert!(message.contains(part), "{text}: {message}");
    }
}

#[test]
fn values_that_are_no_objects() {
    for (given, answer, expect) in [
        (json!("good|bad"), "good", json!("good")),
        (json!("good|bad"), "\"bad\"", json!("bad")),
        (json!("string"), "It opened in 1884.", json!("It opened in 1884.")),
        (json!("int 1..5"), "4", json!(4)),
        (json!("float"), "```\n4\n```", json!(4.0)),
        (json!(["int"]), "I count [1, 2.0, 3].", json!([1, 2, 3])),
        (json!("bool"), "true", json!(true)),
    ] {
        assert_eq!(read(&given).check(answer), Checked::Valid(expect), "{given}: {answer}");
    }
}

#[test]
fn a_single_value_may_be_said_if_no_other_can_be_meant() {
    for (given, answer, expect) in [
        (json!("good|bad"), "Good.", json!("good")),
        (json!("good|bad"), "\"Bad\"", json!("bad")),
        (json!("good|bad"), "I like how it ends.\n\n**Sentiment:** Good", json!("good")),
        (json!("not_found|very good|null"), "The final verdict is `very good`!", json!("very good")),
        (json!("int"), "The answer is 42.", json!(42)),
        (json!("int"), "It has 42 ships. So, the total is: **42**.", json!(42)),
        (json!("int|null"), "<think>7 or 8?</think>Answer: -5", json!(-5)),
        (json!("1|2|3"), "2.", json!(2)),
        (json!("float 0..1"), "\"0.8\"", json!(0.8)),
        (json!("float"), "Score = 4", json!(4.0)),
        (json!("bool"), "Yes", json!(true)),
        (json!("bool"), "True.", json!(true)),
        (json!("bool"), "The answer is **no**.", json!(false)),
    ] {
        assert_eq!(read(&given).check(answer), Checked::Valid(expect), "{given}: {answer}");
        // What a person or a program gives as data is no answer in words.
        assert!(
            matches!(read(&given).check_data(&json!(format!("{answer} "))), Checked::Wrong(_)),
            "{given}: {answer}"
        );
    }
    for (given, answer) in [
        (json!("good|bad"), "Not good."),
        (json!("good|bad"), "It is not bad. The sentiment is good."),
        (json!("good|bad"), "The answer is not good."),
        (json!("good|bad"), "I do not think the answer is good."),
        (json!("good|bad"), "Is the answer good?"),
        (json!("good|very good"), "very good, or good"),
        (json!("a|A"), "Answer: a or A"),
        (json!("int"), "not 42 but 43"),
        (json!("int"), "There were 7 in 1884. The answer is 7."),
        (json!("int"), "I cannot find it in section 3."),
        (json!("int"), "1,234"),
        (json!("int"), "The answer is 42%."),
        (json!("int"), "The answer is 4.5."),
        (json!("int 1..5"), "The answer is 7."),
        (json!("float"), "Score: 3/4"),
        (json!("bool"), "No, it is true."),
        (json!("bool"), "true or false"),
        (json!("bool"), "It says no. The answer is yes."),
        (json!("string ..3"), "Good."),
        (json!({"a": "int"}), "The answer is 42."),
    ] {
        assert!(matches!(read(&given).check(answer), Checked::Wrong(_)), "{given}: {answer}");
    }
}

#[test]
fn numbers_have_the_kind_that_the_schema_names() {
    let number = json!({"type": "number"});
    let either = json!({"anyOf": [
        {"type": "object", "properties": {"k": {"const": "f"}, "v": number}, "required": ["k", "v"]},
        {"type": "object", "properties": {"k": {"const": "i"}, "v": {"type": "integer"}}, "required": ["k", "v"]},
    ]});
    let tree = json!({"$ref": "#/$defs/node", "$defs": {"node": {"type": "object", "properties": {
        "v": number, "next": {"anyOf": [{"$ref": "#/$defs/node"}, {"type": "null"}]}}}}});
    // The reference begins at the part with a name of its own.
    let part = json!({"$id": "urn:rhizo:part", "type": "object", "properties": {"v": {"$ref": "#/$defs/v"}},
        "$defs": {"v": number}});
    let named = json!({"type": "object", "properties": {"n": part}, "$defs": {"v": {"type": "string"}}});
    for (schema, answer, expect) in [
        (named, json!({"n": {"v": 1}}), "{\"n\":{\"v\":1.0}}"),
        (json!({"x": "float"}), json!({"x": 1}), "{\"x\":1.0}"),
        (json!({"x": "int"}), json!({"x": 1.0}), "{\"x\":1}"),
        (json!({"x": "float|null"}), json!({"x": 2}), "{\"x\":2.0}"),
        (json!({"x": ["float"]}), json!({"x": [1, 2.5]}), "{\"x\":[1.0,2.5]}"),
        (json!({"x": "int|float"}), json!({"x": 3}), "{\"x\":3}"),
        (json!({"type": "object", "additionalProperties": number}), json!({"b": 1}), "{\"b\":1.0}"),
        (json!({"type": "array", "prefixItems": [{"type": "integer"}, number]}), json!([1.0, 1]), "[1,1.0]"),
        (either.clone(), json!({"k": "f", "v": 1}), "{\"k\":\"f\",\"v\":1.0}"),
        (either, json!({"k": "i", "v": 1.0}), "{\"k\":\"i\",\"v\":1}"),
        (tree, json!({"v": 1, "next": {"v": 2, "next": null}}), "{\"v\":1.0,\"next\":{\"v\":2.0,\"next\":null}}"),
    ] {
        let Checked::Valid(value) = read(&schema).check(&answer.to_string()) else { panic!("{answer} matches") };
        assert_eq!(value.to_string(), expect, "{schema}");
    }
}

#[test]
fn data_may_be_given_as_text() {
    let schema = read(&json!({"a": "float"}));
    assert_eq!(schema.check_data(&json!({"a": 1})), Checked::Valid(json!({"a": 1.0})));
    assert_eq!(schema.check_data(&json!("{\"a\": 1}")), Checked::Valid(json!({"a": 1.0})));
    assert!(matches!(schema.check_data(&json!({"b": 1})), Checked::Wrong(_)));
}

#[test]
fn brackets_without_end_are_given_up() {
    for text in ["[".repeat(200_000), "{\"a\":".repeat(50_000), "[\"".repeat(20_000), "{[".repeat(50_000)] {
        assert!(matches!(read(&json!({"a": "int"})).check(&text), Checked::Wrong(_)));
    }
}

/// Any value; its texts and names may be words that short forms know.
fn value() -> BoxedStrategy<Value> {
    let word = prop_oneof![
        prop::sample::select(vec!["int", "float 0..1", "string?", "a|b", "type", "items", "int 3..1", "bool[]", ""])
            .prop_map(str::to_owned),
        any::<String>(),
        "[a-z .|0-9?:]{0,12}",
    ];
    let leaf = prop_oneof![
        Just(Value::Null),
        any::<bool>().prop_map(Value::from),
        any::<i64>().prop_map(Value::from),
        any::<i8>().prop_map(Value::from),
        (-1e9_f64..1e9).prop_map(Value::from),
        any::<i8>().prop_map(|n| json!(f64::from(n))),
        word.clone().prop_map(Value::from),
    ];
    leaf.prop_recursive(4, 24, 5, move |inner| {
        prop_oneof![
            prop::collection::vec(inner.clone(), 0..5).prop_map(Value::from),
            prop::collection::vec((word.clone(), inner), 0..5)
                .prop_map(|fields| Value::Object(fields.into_iter().collect::<Map<_, _>>())),
        ]
    })
    .boxed()
}

/// A short form with a value that it means.
fn form() -> BoxedStrategy<(Value, Value)> {
    let leaf = prop_oneof![
        any::<i32>().prop_map(|n| (json!("int"), json!(n))),
        any::<i32>().prop_map(|n| (json!("int"), json!(f64::from(n)))),
        any::<i32>().prop_map(|n| (json!("float"), json!(n))),
        (0.0_f64..1.0).prop_map(|n| (json!("float 0..1"), json!(n))),
        any::<String>().prop_map(|text| (json!("string"), json!(text))),
        any::<bool>().prop_map(|flag| (json!("bool"), json!(flag))),
        Just((json!("good|bad"), json!("bad"))),
        Just((json!("float|null"), json!(null))),
        Just((json!(0.5), json!(2))),
    ];
    leaf.prop_recursive(3, 16, 4, |inner| {
        prop_oneof![
            inner.clone().prop_map(|(form, value)| (json!([form]), json!([value, value]))),
            prop::collection::vec(("[a-d]{1,2}", any::<bool>(), inner), 1..5).prop_map(|fields| {
                let (mut form, mut value) = (Map::new(), Map::new());
                for (name, optional, (inner, held)) in fields {
                    if !form.contains_key(&name) && !form.contains_key(&format!("{name}?")) {
                        form.insert(if optional { format!("{name}?") } else { name.clone() }, inner);
                        value.insert(name, held);
                    }
                }
                (Value::Object(form), Value::Object(value))
            }),
        ]
    })
    .boxed()
}

/// Prose that says nothing in JSON, but has its signs.
fn prose() -> impl Strategy<Value = String> {
    let part = prop::sample::select(vec![
        "So ",
        "the answer, ",
        "[sic] ",
        "{x} ",
        "}",
        "]",
        "\"quoted\" ",
        "\n",
        "```",
        "**bold** ",
        "é ",
        "(see [note]) ",
    ]);
    prop::collection::vec(part, 0..12).prop_map(|parts| parts.concat())
}

/// A form of a number or a word.
fn single() -> impl Strategy<Value = &'static str> {
    prop::sample::select(vec!["int", "int 1..5", "float 0..1|null", "bool", "good|bad", "1|2"])
}

/// An answer that says such a value, or looks as if it did.
fn said() -> impl Strategy<Value = String> {
    prop_oneof![
        "(The answer is |Answer: )?[0-9.,-]{1,4}",
        "(The answer is |Answer: |not |Yes|no|Good|BAD|[ .!*\n]){1,4}",
        any::<String>(),
    ]
}

/// Whether every number has the kind that the form names.
fn shaped(form: &Value, value: &Value) -> bool {
    match (form, value) {
        (_, Value::Null) => true,
        (Value::String(form), Value::Number(n)) if form.starts_with("int") => n.is_i64(),
        (Value::String(form), Value::Number(n)) if form.starts_with("float") => n.is_f64(),
        (Value::Number(_), Value::Number(n)) => n.is_f64(),
        (Value::Array(forms), Value::Array(values)) => values.iter().all(|value| shaped(&forms[0], value)),
        (Value::Object(forms), Value::Object(values)) => forms
            .iter()
            .all(|(name, form)| values.get(name.trim_end_matches('?')).is_some_and(|value| shaped(form, value))),
        _ => true,
    }
}

proptest! {
    #[test]
    fn every_form_compiles_or_is_refused(given in value()) {
        if let Ok(schema) = forms::expand(&given) {
            // Only a JSON Schema that stands inside a form can still be wrong.
            prop_assert!(jsonschema::validator_for(&schema).is_ok() || given.to_string().contains("\"type\""), "{schema}");
        }
    }

    #[test]
    fn what_is_returned_validates(given in value(), answer in value(), before in prose()) {
        let Ok(schema) = Schema::read(&given) else { return Ok(()) };
        if let Checked::Valid(value) = schema.check(&format!("{before}{answer}")) {
            prop_assert!(jsonschema::is_valid(schema.schema(), &value), "{} by {}", value, schema.schema());
        }
    }

    #[test]
    fn what_is_said_validates(given in single(), before in prose(), answer in said()) {
        let schema = read(&json!(given));
        if let Checked::Valid(value) = schema.check(&format!("{before}{answer}")) {
            prop_assert!(jsonschema::is_valid(schema.schema(), &value), "{} by {}", value, schema.schema());
        }
    }

    #[test]
    fn a_value_of_the_form_is_found_and_shaped((form, value) in form(), before in prose(), after in prose()) {
        let schema = read(&form);
        let whole = value.is_object() || value.is_array();
        let text = if whole { format!("{before}\n{value}\n{after}") } else { value.to_string() };
        match schema.check(&text) {
            Checked::Valid(found) => {
                prop_assert!(jsonschema::is_valid(schema.schema(), &found), "{}", found);
                prop_assert!(shaped(&form, &found), "{} of {}", found, form);
            }
            Checked::Wrong(message) => prop_assert!(false, "{}: {}", text, message),
        }
    }

    #[test]
    fn a_value_in_a_fence_is_found(value in prop::collection::vec(value(), 1..4), before in "[^`\\[\\]{}]{0,60}") {
        let value = Value::from(value);
        let text = format!("{before}\n```json\n{value:#}\n```\nThat is all.");
        prop_assert_eq!(extract::values(&text).values.pop(), Some(value));
    }

    #[test]
    fn any_text_is_read_without_a_panic(text in any::<String>(), signs in "[\\[\\]{}\":,`0-9a<think>/\\\\ \n]{0,200}") {
        let schema = read(&json!({"a": "int"}));
        drop((schema.check(&text), schema.check(&signs), extract::values(&signs).values.len()));
    }
}
