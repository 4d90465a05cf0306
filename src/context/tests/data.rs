//! JSON and tables.

use super::{text, texts};
use crate::core::failure::FailureKind;
use serde_json::{Value, json};

#[test]
fn json_and_json_lines() {
    let check = |content: &str, expect: Value| assert_eq!(text(content).json(1000).unwrap(), expect);
    check("{\"a\": [1, 2.5, null]}", json!({"a": [1, 2.5, null]}));
    check("\u{feff}[1]", json!([1]));
    check("{\"a\":1}\n{\"a\":2}\r\n\n", json!([{"a": 1}, {"a": 2}]));
    let wrong = |content: &str, message: &str| {
        let failure = text(content).json(1000).unwrap_err();
        assert_eq!(failure.kind, FailureKind::Invalid);
        assert!(failure.message.contains(message), "{failure}");
    };
    wrong("{\"a\": ]", "line 1 column 7");
    wrong("{\"a\":1}\n{\"a\":2}\n{\"a\":\n", "line 4");
    wrong("plain", "not JSON");
    wrong(&"1".repeat(1001), "1001 bytes");
    assert!(texts(&["{}", "x"]).json(1000).unwrap_err().hint.unwrap().contains("doc(name).json()"));
}

#[test]
fn tables_have_typed_columns() {
    let check = |content: &str, expect: Value| assert_eq!(text(content).csv(1000).unwrap(), expect, "{content}");
    check("name,age\nann,31\n\"bo, jr\",\n", json!([{"name": "ann", "age": 31}, {"name": "bo, jr", "age": null}]));
    check("a;b\r\n1,5;x\r\n", json!([{"a": "1,5", "b": "x"}]));
    check("a\tb\n1.50\t007\n-2.5\t008\n", json!([{"a": 1.5, "b": "007"}, {"a": -2.5, "b": "008"}]));
    check("a,b\n1,2\nx,3\n", json!([{"a": "1", "b": 2}, {"a": "x", "b": 3}]));
    check("a,,a\n1,2,3\n", json!([{"a": 1, "column_2": 2, "a_2": 3}]));
    check("a,b\n", json!([]));
    check("", json!([]));
    let failure = text("a,b\n1,2\n1,2,3\n").csv(1000).unwrap_err();
    assert_eq!(failure.message, "line 3 of the table has 3 fields, the header has 2");
    assert_eq!(failure.details["line"], 3);
}
