//! What arrays come to: totals, the order by a key, and groups.

use crate::support::program::Program;
use serde_json::{Value, json};

#[track_caller]
fn check(begin: &str, table: &[(&str, Value)]) {
    let program = Program::offline();
    for (code, expect) in table {
        let code = format!("{begin}\n{code}");
        let answer = program.args(["eval", &code, "--json"]).run().ok().json()["answer"].clone();
        assert_eq!(answer, *expect, "{code}");
    }
}

#[test]
fn numbers_are_added_and_compared() {
    let table = [
        ("[[1, 2, 3].sum(), [].sum(), [1, 2.5].sum(), [0.5].sum()]", json!([6, 0, 3.5, 0.5])),
        ("[[1, 2].mean(), [1.0, 4].mean()]", json!([1.5, 2.5])),
        ("[[3, 1, 2].min(), [3, 1.5].min(), [\"b\", \"a\"].min()]", json!([1, 1.5, "a"])),
        ("[[3, 1, 2].max(), [3, 4.5].max(), [\"a\", \"b\"].max(), max(1, 2)]", json!([3, 4.5, "b", 2])),
        ("[\"bca\".to_chars().max(), [\"ab\", \"b\"[0]].min()]", json!(["c", "ab"])),
        ("[(0..5).sum(), (0..=5).max(), (2..5).min(), (1..3).mean()]", json!([10, 5, 2, 1.5])),
        ("const ITEMS = [1, 2]; ITEMS.sum() + ITEMS.max()", json!(5)),
        ("let sum = 1; let max = 2; sum + max", json!(3)),
        ("fn mean(items) { \"own\" }\nmean([1])", json!("own")),
    ];
    check("", &table);
}

#[test]
fn items_are_ordered_by_a_key() {
    let rows = "let rows = [#{n: \"b\", p: 2}, #{n: \"c\", p: 1.5}, #{n: \"a\", p: 2}];";
    let table = [
        ("rows.order_by(|r| r.p).map(|r| r.n)", json!(["c", "b", "a"])),
        ("rows.order(|r| -r.p).map(|r| r.n)", json!(["b", "a", "c"])),
        ("rows.sort_by(|r| r.n); rows.map(|r| r.n)", json!(["a", "b", "c"])),
        ("rows.sort(|a, b| a.n < b.n); rows.map(|r| r.n)", json!(["a", "b", "c"])),
        ("let by = \"p\"; rows.order_by(|r| r[by])[0].n", json!("c")),
        ("[\"bb\", \"aa\"].order_by(|w| w[0])", json!(["aa", "bb"])),
        ("[\"b\", \"aa\"].order_by(|w| if w == \"b\" { w[0] } else { w })", json!(["aa", "b"])),
        ("rows.order_by(|r| r.p == 2).map(|r| r.n)", json!(["c", "b", "a"])),
        ("let own = [2, 1]; try { own.sort_by(|x| if x == 1 { \"one\" } else { x }) } catch { } own", json!([2, 1])),
    ];
    check(rows, &table);
}

#[test]
fn items_are_gathered_by_a_key() {
    let rows = "let rows = [#{c: \"Bonn\", p: 1}, #{c: \"Ulm\", p: 2}, #{c: \"Bonn\", p: 4}];";
    let table = [
        ("rows.count_by(|r| r.c)", json!({"Bonn": 2, "Ulm": 1})),
        ("rows.group_by(|r| r.c)[\"Bonn\"].map(|r| r.p).sum()", json!(5)),
        ("[1, 2, 3].group_by(|x| x % 2)", json!({"0": [2], "1": [1, 3]})),
        ("[1, 2, 3].count_by(|x, i| i > 0)", json!({"false": 1, "true": 2})),
        ("[[].group_by(|x| x), [].count_by(|x| x)]", json!([{}, {}])),
    ];
    check(rows, &table);
}

#[test]
fn what_has_no_total_is_an_error() {
    let program = Program::offline();
    for (code, says, hint) in [
        ("[1, \"2\"].sum()", "`sum` adds numbers, and item [1] is a string", "parse_float(x)"),
        ("[1, ()].mean()", "`mean` adds numbers, and item [1] is ()", "items.filter(|x| x != ())"),
        ("[#{p: 1}].sum()", "item [0] is a map", "items.map(|x| x.price)"),
        ("[1, \"2\"].max()", "`max` compares numbers, or texts, and item [1] is a string", "parse_float(x)"),
        ("[].min()", "there is no `min` of an empty array", "if items.is_empty()"),
        ("[].mean()", "there is no `mean` of an empty array", "items.mean()"),
        ("[9223372036854775807, 1].sum()", "`sum` is beyond a whole number of 64 bits", "x.to_float()"),
        ("[1, 2].count_by(|x| [x])", "that of item [0] is an array", ""),
        ("[1].group_by(|x| ())", "that of item [0] is ()", "?? \"none\""),
        ("[1, \"2\"].order_by(|x| x)", "`order_by` takes keys of one kind", "for all items"),
        ("[1, ()].order_by(|x| x)", "that of item [1] is () beside an integer", "x.price ?? 0"),
        ("[1, true].sort_by(|x| x)", "`sort_by` takes keys of one kind", "for all items"),
        ("[true, false].max()", "`max` compares numbers, or texts, and item [0] is a boolean", "x.price"),
        ("(0..100001).to_array().count_by(|x| x)", "the map would grow beyond 100000", "smaller pieces"),
    ] {
        let ran = program.args(["eval", code]).run().says(says).says(hint);
        assert_ne!(ran.exit_code(), Some(0), "{code}");
    }
}

#[test]
fn they_are_explained() {
    let program = Program::offline();
    for (name, says) in [
        ("?sum", "0 if it is empty"),
        ("?group_by", "rows.group_by(|r| r.city)"),
        ("?sort", "applying the `comparer` function"),
        ("?for_each", "with each item"),
        ("?+", "Adds numbers"),
        ("?call", "call(arguments)"),
    ] {
        let help = program.args(["eval", name, "--json"]).run().ok().json();
        assert!(help.as_str().is_some_and(|help| help.contains(says)), "{help}");
    }
}
