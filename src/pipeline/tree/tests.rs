//! Trees as tables: what is read, where it stands, and what is refused.

use super::{ALIASED, DEEPEST, LARGEST, read};
use serde_json::{Value, json};

fn value(text: &str) -> Value {
    let (node, flaws) = read(text);
    assert_eq!(flaws, [], "{text}");
    node.map_or(Value::Null, |node| node.value())
}

fn flaw(text: &str) -> String {
    let (_, flaws) = read(text);
    let lines = flaws.iter().map(|flaw| format!("{}:{} {}", flaw.at.line, flaw.at.column, flaw.message));
    lines.collect::<Vec<_>>().join("\n")
}

#[test]
fn scalars_follow_the_core_schema() {
    for (text, expected) in [
        ("yes", json!("yes")),
        ("True", json!(true)),
        ("~", json!(null)),
        ("007", json!(7)),
        ("0x1F", json!(31)),
        ("0o17", json!(15)),
        ("0x-1", json!("0x-1")),
        ("-3", json!(-3)),
        ("1e3", json!(1000.0)),
        (".5", json!(0.5)),
        ("1.", json!(1.0)),
        ("inf", json!("inf")),
        ("1.2.3", json!("1.2.3")),
        ("9223372036854775808", json!(9_223_372_036_854_775_808.0)),
        ("'7'", json!("7")),
        ("\"a\\nb\"", json!("a\nb")),
        ("|\n  a\n  b\n", json!("a\nb\n")),
        ("[a, 1, {b: null}]", json!(["a", 1, {"b": null}])),
        ("a: &x {b: 1}\nc: *x", json!({"a": {"b": 1}, "c": {"b": 1}})),
    ] {
        assert_eq!(value(text), expected, "{text}");
    }
}

#[test]
fn places_count_characters() {
    let (node, _) = read("é: [ü, {ö: x}]\n");
    let node = node.expect("a tree");
    let entry = node.single().expect("an entry");
    assert_eq!((entry.at.line, entry.at.column, entry.value.at.column), (1, 1, 4));
    let inner = read("a:\n  - b: \"ä {{ x }}\"").0.expect("a tree");
    let text = inner.single().and_then(|e| e.value.entries()).expect("entries");
    let scalar = &text.first().expect("one").value;
    assert_eq!((scalar.at.line, scalar.at.column), (2, 8));
    assert_eq!(&"a:\n  - b: \"ä {{ x }}\""[scalar.range.0..scalar.range.1], "\"ä {{ x }}\"");
}

#[test]
fn faults_have_places() {
    for (text, expected) in [
        ("", "1:1 the file is empty"),
        ("a: 1\nb: 2\na: 3\n", "3:1 the key `a` stands here again; it is on line 1 already"),
        ("a: 1\n---\nb: 2\n", "3:1 a file holds one document, and here begins another"),
        ("[a]: 1\n", "1:1 a key is a text"),
        ("a: {{ x }}\n", "1:5 a key is a text"),
        ("a: *b\n", "1:4 this is no YAML"),
        ("a: [1\n", "this is no YAML"),
        ("a:\n\tb: 1\n", "this is no YAML"),
    ] {
        assert!(flaw(text).contains(expected), "{text}: {}", flaw(text));
    }
}

#[test]
fn what_grows_is_bounded() {
    let bomb = (1..12).fold("a0: &a0 [x, x, x, x]\n".to_owned(), |text, n| {
        let m = n - 1;
        format!("{text}a{n}: &a{n} [*a{m}, *a{m}, *a{m}, *a{m}, *a{m}]\n")
    });
    assert!(flaw(&bomb).contains(&format!("more than {ALIASED} values")), "{}", flaw(&bomb));
    assert!(flaw(&"[".repeat(200)).contains(&format!("deeper than {DEEPEST}")));
    assert!(flaw(&" ".repeat(LARGEST + 1)).contains("at most 1024 are read"));
}
