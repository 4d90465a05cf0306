//! JSON and tables.

use super::{text, texts};
use crate::context::poll::Poll;
use crate::context::view::View;
use crate::core::failure::{Failure, FailureKind};
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
    let csv = |content: &str| text(content).csv(1000, &Poll::never());
    let check = |content: &str, expect: Value| assert_eq!(csv(content).unwrap(), expect, "{content}");
    check("name,age\nann,31\n\"bo, jr\",\n", json!([{"name": "ann", "age": 31}, {"name": "bo, jr", "age": null}]));
    check("a;b\r\n1,5;x\r\n", json!([{"a": "1,5", "b": "x"}]));
    check("a\tb\n1.50\t007\n-2.5\t008\n", json!([{"a": 1.5, "b": "007"}, {"a": -2.5, "b": "008"}]));
    check("a,b\n1,2\nx,3\n", json!([{"a": "1", "b": 2}, {"a": "x", "b": 3}]));
    check("a,,a\n1,2,3\n", json!([{"a": 1, "column_2": 2, "a_2": 3}]));
    check("\"name; first\",\"last; or\nonly\"\nann,31\n", json!([{"name; first": "ann", "last; or\nonly": 31}]));
    check("a,b\n", json!([]));
    check("", json!([]));
    let failure = csv("a,b\n1,2\n1,2,3\n").unwrap_err();
    assert_eq!(failure.message, "line 3 of the table has 3 fields, the header has 2");
    assert_eq!(failure.details["line"], 3);
}

#[test]
fn documents_are_tables_with_a_header_each() {
    let csv = |contents: &[&str]| texts(contents).csv(1000, &Poll::never());
    let rows = csv(&["a,b\n1,2\n", "", "\u{feff}a;b\n3;x", "a,b\n"]).unwrap();
    assert_eq!(rows, json!([{"a": 1, "b": "2"}, {"a": 3, "b": "x"}]));
    for (contents, expect) in [
        (&["a,b\n1,2\n", "b,a\n3,4\n"], "1: its columns (b, a) are not those of the documents before it (a, b)"),
        (&["a,b\n1,2\n", "a,b\n3\n"], "1: line 2 of the table has 1 fields, the header has 2"),
    ] {
        let failure = csv(contents).unwrap_err();
        assert_eq!((failure.kind, failure.message.as_str()), (FailureKind::Invalid, expect));
        assert_eq!(failure.hint.as_deref(), Some("there are 2 documents; take one: doc(name).csv()"));
    }
}

/// The rows of all pieces of a table.
fn in_pieces(table: &str, size: usize) -> Vec<Value> {
    let never = Poll::never();
    let rows = |piece: &View| piece.csv(10_000_000, &never).unwrap().as_array().cloned().unwrap();
    text(table).chunks(size, 0, &never).unwrap().iter().flat_map(rows).collect()
}

#[test]
fn pieces_of_a_table_have_each_row_once() {
    let quoted = "x,1\n\"a\nb\",2\n\"c \"\"d\"\"\n\n\",3\r\nlast,4";
    for table in [
        format!("\u{feff}\"na\nme\",n\n{quoted}"),
        format!("\r\n\nname,n\n{quoted}\n"),
        format!("name,n\n{}", "5\" pipe,1\nrod,2\n".repeat(3)),
        "name,n\nan open \" quote,1\nx,2\ny,3".to_owned(),
    ] {
        let whole = text(&table).csv(1_000, &Poll::never()).unwrap();
        for size in 1..=table.len() {
            assert_eq!(Value::Array(in_pieces(&table, size)), whole, "{table:?} {size}");
        }
    }
    // Where a quote is open for long, rows end at any newline.
    let long = format!("name,n\n5\" pipe,0\n{}", "harbour,1\n".repeat(200_000));
    assert_eq!(in_pieces(&long, 300_000).len(), 200_001);
}

#[test]
fn a_fault_in_a_piece_is_told_with_its_line_in_the_document() {
    let table = text("\"a\n1\",b\n1,2\n3,4\n5\n6,7\n");
    let failure = table.slice(14, 99).csv(1_000, &Poll::never()).unwrap_err();
    assert_eq!(failure.message, "line 5 of the table has 1 fields, the header has 2");
    assert!(failure.hint.unwrap().contains("TOOL(\"csv_read\""));
}

#[test]
fn a_small_table_cannot_become_a_huge_one() {
    let csv = |content: &str| text(content).csv(10_000_000, &Poll::never());
    // Each name is given once, however many were like it before.
    let equal = csv(&format!("{}a\n{}1\n", "a,".repeat(9_999), "1,".repeat(9_999))).unwrap();
    assert_eq!((equal[0]["a"].clone(), equal[0]["a_10000"].clone()), (json!(1), json!(1)));
    let wide = "a,".repeat(10_000) + "a\n";
    let named = "x".repeat(1_001);
    // Half a gigabyte of copies of one name.
    let long = format!("{}\n{}", "x".repeat(1_000), "1\n".repeat(500_000));
    for (content, expect) in [
        (wide.as_str(), "the table has more than 10000 columns"),
        (named.as_str(), "column 1 of the table has a name of 1001 bytes, at most 1000"),
        (long.as_str(), "the rows of the table take over 512 MiB with 1 names each"),
    ] {
        let failure = csv(content).unwrap_err();
        assert_eq!((failure.kind, failure.message.as_str()), (FailureKind::Invalid, expect));
        assert!(failure.hint.is_some());
    }
    let stopped = Poll::new(|| Some(Failure::cancelled()));
    assert_eq!(text("a\n1\n").csv(1000, &stopped).unwrap_err().kind, FailureKind::Cancelled);
    // A quote that stays open makes a header of the whole text, which is not read for each separator before anybody is asked.
    let open = format!("\"{}", "x".repeat(2_000));
    assert_eq!(text(open).csv(10_000, &stopped).unwrap_err().kind, FailureKind::Cancelled);
}
