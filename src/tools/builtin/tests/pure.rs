//! `json_query`, `csv_read`, `html_to_text`, `date`, `calculate`, `ask_user`.

use super::Bench;
use crate::core::failure::FailureKind;
use serde_json::{Value, json};
use std::fs;
use std::time::Duration;

#[tokio::test]
async fn json_query_picks_and_refuses() {
    let bench = Bench::new();
    let value = json!({"a": [1, {"b": "x"}], "b": null});
    for (query, expect) in [
        ("$.a[0]", json!([1])),
        ("$..b", json!([null, "x"])),
        ("$.none", json!([])),
        ("$.a[?@.b == 'x'].b", json!(["x"])),
        ("$['a'][-1:]", json!([{"b": "x"}])),
    ] {
        assert_eq!(bench.ok("json_query", json!({"query": query, "value": value})).await, expect, "{query}");
    }
    for (args, kind, part) in [
        (json!({"query": "a.b", "value": 1}), FailureKind::Invalid, "at character"),
        (json!({"query": "$", "text": "{\"a\":\n x}"}), FailureKind::Invalid, "line 2"),
        (json!({"query": "$"}), FailureKind::Invalid, "exactly one"),
        (json!({"query": "$", "text": "1", "path": "data.json"}), FailureKind::Invalid, "exactly one"),
        (json!({"query": "$", "path": "../x"}), FailureKind::Denied, "outside"),
    ] {
        let failure = bench.fails("json_query", args, kind).await;
        assert!(failure.message.contains(part), "{failure}");
    }
}

#[tokio::test]
async fn json_query_looks_at_no_more_than_it_can() {
    let bench = Bench::new();
    let nested = |depth: usize, inner: &str| format!("{}{inner}{}", "[".repeat(depth), "]".repeat(depth));
    // A value that nests as deep as JSON may, and holds a megabyte.
    let heavy = nested(100, &format!("\"{}\"", "x".repeat(1_000_000)));
    let twice = format!("${}", "[0,0]".repeat(40));
    let filters = format!("${}@{}", "[?@".repeat(20), "]".repeat(20));
    let patterns = "$..[?search(@, '(a{1000}){1000}')]";
    let long = format!("${}", ".a".repeat(2_001));
    for (query, text, part) in [
        (twice.as_str(), nested(40, "1"), "more than 100000000 values"),
        ("$..*..*..*..*..*", nested(100, "1"), "more than 100000000 values"),
        ("$[?count($..[?count($..*) > 0]) > 0]", format!("[1{}]", ",1".repeat(1_000)), "more than 100000000 values"),
        (patterns, "[\"a\"]".to_owned(), "more than 100000000 values"),
        ("$..*", heavy, "take over 64 MiB"),
        (filters.as_str(), "[]".to_owned(), "nests deeper than 8"),
        (long.as_str(), "1".to_owned(), "has 4003 bytes, at most 4000"),
    ] {
        let failure = bench.fails("json_query", json!({"query": query, "text": text}), FailureKind::Invalid).await;
        assert!(failure.message.contains(part) && failure.hint.is_some(), "{query}: {failure}");
    }
    // What people write is far from that.
    let books: Vec<Value> = (0..2_000).map(|price| json!({"title": "a'b]", "price": price, "tags": ["x"]})).collect();
    let store = json!({"store": {"books": books, "most": 3}});
    for (query, count) in [
        ("$..books[?@.price < $.store.most && @.tags[?@ == 'x']].title", 3),
        ("$.store.books[*]['title', \"price\"]", 4_000),
        ("$..books..tags..*", 2_000),
        ("$.store.books[?search(@.title, '^[a-z]{1}')][0:1]", 0),
        ("$.store.books[?@.title == \"a'b]\"].tags[*]", 2_000),
        ("$..*", 10_003),
    ] {
        let found = bench.ok("json_query", json!({"query": query, "value": store})).await;
        assert_eq!(found.as_array().unwrap().len(), count, "{query}");
    }
}

#[tokio::test]
async fn csv_read_keeps_codes_and_finds_numbers_and_separators() {
    let mut bench = Bench::new();
    for (args, expect) in [
        (
            json!({"text": "a,b,c,d,e,f\n 1,-2.5,007,+49,1e3,99999999999999999999\n"}),
            json!([{"a": 1, "b": -2.5, "c": "007", "d": "+49", "e": "1e3", "f": "99999999999999999999"}]),
        ),
        (json!({"text": "\u{feff}a,a,\n x ,\"1,5\",\n"}), json!([{"a": " x ", "a_2": "1,5", "column_3": ""}])),
        (
            json!({"text": "1|x\n2|y", "delimiter": "|", "header": false}),
            json!([{"column_1": 1, "column_2": "x"}, {"column_1": 2, "column_2": "y"}]),
        ),
        (json!({"text": "a\tb\n1\t\"x\ny\"", "delimiter": "\\t"}), json!([{"a": 1, "b": "x\ny"}])),
        (json!({"text": "a\n1\n2\n3", "limit": 2}), json!([{"a": 1}, {"a": 2}])),
        (
            json!({"text": "nan,inf,0.5,0,-0\nNaN,inf,0.5,0,1e999"}),
            json!([{"nan": "NaN", "inf": "inf", "0.5": 0.5, "0": 0, "-0": "1e999"}]),
        ),
        (
            json!({"text": "\u{feff}a;b;c\n1;2,5;\nx;;3"}),
            json!([{"a": "1", "b": "2,5", "c": null}, {"a": "x", "b": "", "c": 3}]),
        ),
        (json!({"text": "a;b\n1;2", "delimiter": ","}), json!([{"a;b": "1;2"}])),
        (json!({"text": ""}), json!([])),
        (json!({"text": "a,b\n"}), json!([])),
    ] {
        assert_eq!(bench.ok("csv_read", args.clone()).await, expect, "{args}");
    }
    let failure = bench.fails("csv_read", json!({"text": "a,b\n1,2\n3\n"}), FailureKind::Invalid).await;
    assert_eq!(failure.message, "line 3 of the table has 1 fields, the header has 2");
    for text in ["a,".repeat(10_000) + "a", "x".repeat(1_001)] {
        let failure = bench.fails("csv_read", json!({"text": text, "header": true}), FailureKind::Invalid).await;
        assert!(failure.message.contains("column"), "{failure}");
    }
    let wide = json!({"text": "1,".repeat(10_000) + "1", "header": false});
    bench.fails("csv_read", wide, FailureKind::Invalid).await;
    bench.fails("csv_read", json!({"text": "a", "delimiter": ";;"}), FailureKind::Invalid).await;
    bench.fails("csv_read", json!({"path": "nowhere.csv"}), FailureKind::NotFound).await;
    bench.cx.limits.max_input_bytes = 10;
    bench.fails("csv_read", json!({"path": "table.csv"}), FailureKind::Invalid).await;
}

#[tokio::test]
async fn html_to_text_lays_out_and_survives() {
    let bench = Bench::new();
    let text = async |html: &str| bench.ok("html_to_text", json!({"html": html})).await.as_str().unwrap().to_owned();
    let page =
        text("<style>p {}</style><script>x()</script><h1>T</h1><p>a <b>b</b></p><ul><li>one<li>two</ul>&amp;").await;
    assert!(page.contains("a b") && page.contains("* one") && page.contains('&'), "{page}");
    assert!(!page.contains("x()") && !page.contains("p {}"), "{page}");
    assert_eq!(text("plain").await.trim(), "plain");
    assert_eq!(text("").await.trim(), "");
    let linked = bench.ok("html_to_text", json!({"path": "page.html", "links": true})).await;
    assert!(linked.as_str().unwrap().contains("https://example.com/x"), "{linked}");
    let bare = bench.ok("html_to_text", json!({"path": "page.html"})).await;
    assert!(!bare.as_str().unwrap().contains("https://example.com/x"), "{bare}");
    for deep in ["<div>", "<blockquote><ul><li>", "<table><tr><td>"] {
        let failure = bench.fails("html_to_text", json!({"html": deep.repeat(600)}), FailureKind::Invalid).await;
        assert!(failure.message.contains("nests"), "{failure}");
        let allowed = deep.repeat(240 / deep.matches('<').count()) + "x";
        assert!(text(&allowed).await.contains('x'), "{deep}");
    }
}

#[tokio::test]
async fn html_to_text_reads_a_file_in_the_character_set_that_it_names() {
    let bench = Bench::new();
    for (bytes, text) in [
        (&b"<meta charset=latin1><p>caf\xE9"[..], "café"),
        (b"\xFF\xFEc\0a\0f\0\xE9\0", "café"),
        (b"\xEF\xBB\xBF<p>caf\xC3\xA9", "café"),
        (b"<meta charset=Big5><p>\xA4\xA4", "中"),
        (b"<p>caf\xE9", "caf\u{fffd}"),
    ] {
        fs::write(bench.work.join("page.html"), bytes).unwrap();
        assert_eq!(bench.ok("html_to_text", json!({"path": "page.html"})).await.as_str().unwrap().trim(), text);
    }
    fs::write(bench.work.join("page.html"), b"<meta charset=x-runes><p>\xA4\xA4").unwrap();
    let failure = bench.fails("html_to_text", json!({"path": "page.html"}), FailureKind::Invalid).await;
    assert_eq!(failure.message, "`page.html` is in `x-runes`, which cannot be read");
}

#[tokio::test]
async fn html_to_text_refuses_tables_that_would_fill_the_memory() {
    let bench = Bench::new();
    let short = format!("<table><tr><td>{}{}", "x".repeat(10_000), "<tr><td>a".repeat(30_000));
    let wide = format!("<table><tr>{}{}", "<td>a".repeat(5_000), "<tr><td>a".repeat(5_000));
    let steps: String = (1..=5_000).map(|columns| format!("<tr><td colspan={columns}>a<td>b")).collect();
    let deep = "<tr><td rowspan=100000>a".repeat(7_000);
    for (html, width, part) in [
        (short, 10_000, "for a width of 10000"),
        (wide, 100, "over 20000000 places"),
        (format!("<table>{steps}"), 100, "over 20000000 places"),
        (format!("<table>{deep}"), 100, "over 20000000 places"),
    ] {
        let failure = bench.fails("html_to_text", json!({"html": html, "width": width}), FailureKind::Invalid).await;
        assert!(failure.message.contains(part) && failure.hint.is_some(), "{failure}");
    }
    let rows = "<tr><td rowspan=2>left<td>one<tr><td>two<tr><td colspan=2>last".repeat(50);
    let page = bench.ok("html_to_text", json!({"html": format!("<table>{rows}</table>"), "width": 10_000})).await;
    assert!(page.as_str().unwrap().contains("two"), "{page}");
}

#[tokio::test]
async fn a_page_that_takes_too_long_is_given_up() {
    let mut bench = Bench::new();
    bench.cx.limits.timeout = Duration::from_millis(50);
    // Parsing all of it would take hours, and the test's runtime ends only when the parser has.
    bench.fails("html_to_text", json!({"html": "<div>".repeat(1_000_000)}), FailureKind::Tool).await;
}

#[tokio::test]
async fn date_reads_writes_and_reckons() {
    let bench = Bench::new();
    for (args, field, expect) in [
        (json!({"action": "parse", "value": "2026-03-01"}), "iso", json!("2026-03-01T00:00:00+00:00")),
        (json!({"action": "parse", "value": "2026-03-01T12:30:00+01:00"}), "unix_millis", json!(1_772_364_600_000_i64)),
        (json!({"action": "parse", "value": "2026-03-01T12:30:00Z", "zone": "+02:00"}), "time", json!("14:30:00")),
        (
            json!({"action": "parse", "value": "2026-03-01 12:30", "zone": "+02:00"}),
            "iso",
            json!("2026-03-01T12:30:00+02:00"),
        ),
        (json!({"action": "parse", "value": "0"}), "date", json!("1970-01-01")),
        (json!({"action": "parse", "value": "20260301"}), "date", json!("2026-03-01")),
        (json!({"action": "parse", "value": "-1234567"}), "date", json!("1969-12-17")),
        (json!({"action": "parse", "value": "@2026"}), "time", json!("00:33:46")),
        (json!({"action": "parse", "value": "@20260301"}), "date", json!("1970-08-23")),
        (json!({"action": "parse", "value": "Sun, 01 Mar 2026 12:00:00 +0000"}), "weekday", json!("Sunday")),
        (json!({"action": "parse", "value": "3.4.2026", "format": "%d.%m.%Y"}), "date", json!("2026-04-03")),
        (json!({"action": "parse", "value": "3.4.2026 07:05", "format": "%d.%m.%Y %H:%M"}), "time", json!("07:05:00")),
        (
            json!({"action": "format", "value": "2026-03-01", "format": "%A, %d %B %Y"}),
            "text",
            json!("Sunday, 01 March 2026"),
        ),
        (json!({"action": "add", "value": "2026-01-31", "span": "1 month"}), "date", json!("2026-02-28")),
        (json!({"action": "add", "value": "2024-02-28", "span": "-1 year 2 days"}), "date", json!("2023-02-26")),
        (json!({"action": "add", "value": "2026-01-01", "span": "36h 5m"}), "iso", json!("2026-01-02T12:05:00+00:00")),
        (json!({"action": "difference", "value": "2026-01-01", "to": "2026-03-01"}), "days", json!(59.0)),
        (json!({"action": "difference", "value": "2026-01-01", "to": "2026-03-02T01:00"}), "text", json!("2mo 1d 1h")),
        (json!({"action": "difference", "value": "2026-01-02", "to": "2026-01-01"}), "seconds", json!(-86_400.0)),
    ] {
        let moment = bench.ok("date", args.clone()).await;
        assert_eq!(moment[field], expect, "{args}: {moment}");
    }
    for (args, kind) in [
        (json!({"action": "parse", "value": "yesterday"}), FailureKind::Invalid),
        (json!({"action": "parse", "value": "2026-02-30"}), FailureKind::Invalid),
        (json!({"action": "parse", "value": "2026-03-01", "format": "%d.%m.%Y"}), FailureKind::Invalid),
        (json!({"action": "parse"}), FailureKind::Invalid),
        (json!({"action": "format", "value": "2026-03-01", "format": "%!"}), FailureKind::Invalid),
        (json!({"action": "format", "value": "2026-03-01", "format": "%255d".repeat(201)}), FailureKind::Invalid),
        (json!({"action": "add", "value": "2026-03-01", "span": "many"}), FailureKind::Invalid),
        (json!({"action": "add", "value": "9999-12-30", "span": "1000 years"}), FailureKind::Invalid),
        (json!({"zone": "Mars/Olympus"}), FailureKind::NotFound),
        (json!({"action": "tomorrow"}), FailureKind::Invalid),
    ] {
        bench.fails("date", args, kind).await;
    }
    for value in ["2026", "202603"] {
        let failure = bench.fails("date", json!({"action": "parse", "value": value}), FailureKind::Invalid).await;
        assert!(failure.hint.is_some_and(|hint| hint.ends_with(&format!("or @{value} for seconds"))), "{value}");
    }
}

#[tokio::test]
async fn date_knows_zones_where_the_machine_does() {
    let bench = Bench::new();
    if !fs::exists("/usr/share/zoneinfo/Europe/Berlin").unwrap() {
        return;
    }
    let summer = json!({"action": "parse", "value": "2026-07-01T12:00:00Z", "zone": "Europe/Berlin"});
    let moment = bench.ok("date", summer).await;
    assert_eq!((&moment["time"], &moment["zone"]), (&json!("14:00:00"), &json!("Europe/Berlin")));
    // A day is a day of the calendar, also when clocks change.
    let change = json!({"action": "add", "value": "2026-03-28T12:00", "span": "1 day", "zone": "Europe/Berlin"});
    assert_eq!(bench.ok("date", change).await["iso"], json!("2026-03-29T12:00:00+02:00"));
    let change = json!({"action": "add", "value": "2026-03-28T12:00", "span": "24 hours", "zone": "Europe/Berlin"});
    assert_eq!(bench.ok("date", change).await["iso"], json!("2026-03-29T13:00:00+02:00"));
}

#[tokio::test]
async fn calculate_follows_mathematics() {
    let bench = Bench::new();
    let variables = json!({"x": 3, "π2": 6.5});
    for (expression, expect) in [
        ("2+2", 4.0),
        ("-2^2", -4.0),
        ("2^-1", 0.5),
        ("2^3^2", 512.0),
        ("2**3*2", 16.0),
        ("10-2-3", 5.0),
        ("100/10/2", 5.0),
        ("7 % 3", 1.0),
        ("-7 % 3", 2.0),
        ("7 // 2", 3.0),
        ("2 * -x", -6.0),
        ("--x", 3.0),
        ("1e3 + 1.5E-1", 1000.15),
        ("1_000", 1000.0),
        (".5", 0.5),
        ("2 × 3 ÷ 4 − 1", 0.5),
        ("sqrt(16) + abs(-2)", 6.0),
        ("log(e)", 1.0),
        ("log(8, 2)", 3.0),
        ("round(2.567, 1)", 2.6),
        ("round(-2.5)", -3.0),
        ("max(1, x, 2)", 3.0),
        ("mean(1, 2, 3)", 2.0),
        ("cos(PI)", -1.0),
        ("π2", 6.5),
        ("mod(-1, 5)", 4.0),
        ("min(5)", 5.0),
    ] {
        let value = bench.ok("calculate", json!({"expression": expression, "variables": variables})).await;
        let value = value.as_f64().unwrap();
        assert!((value - expect).abs() < 1e-12, "{expression} = {value}");
    }
}

#[tokio::test]
async fn calculate_says_what_is_wrong() {
    let bench = Bench::new();
    let deep = format!("{}1{}", "(".repeat(4_000), ")".repeat(4_000));
    let signs = "-".repeat(9_000) + "1";
    let powers = "2^".repeat(4_000) + "1";
    for (expression, part) in [
        ("1/0", "no finite value"),
        ("sqrt(-1)", "no finite value"),
        ("1 +", "ends where a number"),
        ("(1", "ends where `)`"),
        ("1)", "unexpected `)` where an operator was expected, at character 2"),
        ("1,000", "not 1,000"),
        ("2x", "`2x` is not a number"),
        ("2 x", "unexpected `x`"),
        ("x + 1", "unknown name `x`"),
        ("sin + 1", "sin(...)"),
        ("sqr(2)", "did you mean `sqrt`?"),
        ("sqrt()", "does not take 0"),
        ("sin(1, 2)", "does not take 2"),
        ("4!", "no factorial"),
        ("2 ++", "ends where"),
        ("0x10", "is not a number"),
        ("import os", "unknown name `import`"),
        (deep.as_str(), "nests deeper"),
        (signs.as_str(), "nests deeper"),
        (powers.as_str(), "nests deeper"),
        ("", ""),
    ] {
        let failure = bench.fails("calculate", json!({"expression": expression}), FailureKind::Invalid).await;
        assert!(failure.to_string().contains(part), "{failure}");
    }
}

#[tokio::test]
async fn ask_user_wants_one_of_the_choices() {
    let bench = Bench::new();
    let ask = |args: Value| bench.call("ask_user", args);
    assert_eq!(ask(json!({"prompt": "?", "choices": ["a", "b"]})).await, Ok(json!("a")));
    assert_eq!(ask(json!({"prompt": ""})).await.unwrap_err().kind, FailureKind::Invalid);
}
