//! Long inputs as scripts see them: offsets, boundaries, and files that change under way.

use crate::support::chat::{ChatServer, Reply};
use crate::support::program::Program;
use serde_json::{Value, json};
use std::sync::{Arc, Mutex};

/// The value of a program over a file.
fn over(text: impl AsRef<[u8]>, code: &str) -> Value {
    let program = Program::offline().file("a.txt", text);
    program.args(["eval", code, "-c", "a.txt", "--json"]).run().ok().json()["answer"].clone()
}

#[test]
fn slices_keep_characters_whole() {
    let text = "aé日本x";
    for (code, expect) in [
        ("context.slice(0, 1)", "a"),
        ("context.slice(1, 3)", "é"),
        ("context.slice(0, 100)", text),
        ("context.slice(-1, 100)", "x"),
        ("context.head(3)", "aé"),
    ] {
        assert_eq!(over(text, code), expect, "{code}");
    }
    // Wherever a cut falls, what comes back is Unicode, and the pieces of a text make the text.
    let code = "let whole = \"\"; for c in context.chunks(2, 0) { whole += c.text } [whole, context.len]";
    assert_eq!(over(text, code), json!([text, text.len()]));
}

#[test]
fn offsets_count_bytes_also_behind_what_is_not_unicode() {
    let bytes = b"one \xff\xfe two\nthree four\n";
    let code = "let hit = context.grep(\"four\")[0]; [hit.line, hit.start, context.len, context.part(hit.start, hit.end).text]";
    let answer = over(bytes, code);
    assert_eq!((&answer[0], &answer[2]), (&json!(2), &json!(bytes.len())));
    assert_eq!((&answer[1], &answer[3]), (&json!(17), &json!("four")));
}

#[test]
fn a_byte_order_mark_is_no_text_though_offsets_count_it() {
    let text = "\u{feff}alpha\nbeta\n\nalpha beta";
    let plain = "alpha\nbeta\n\nalpha beta";
    for (code, expect) in [
        (
            "context.grep(\"^alpha\").map(|h| [h.line, h.start, h.text])",
            json!([[1, 3, "alpha"], [4, 15, "alpha beta"]]),
        ),
        ("let h = context.grep(\"^alpha\")[0]; context.slice(h.start, h.end)", json!("alpha")),
        ("[context.count(\"^\\\\W\"), context.words(), context.lines, context.len]", json!([0, 4, 4, 25])),
        (
            "[context.line(1), context.line(-1), context.head(8), context.slice(0, 5)]",
            json!(["alpha", "alpha beta", "alpha", "al"]),
        ),
        ("context.lines(1, 2)", json!(["alpha", "beta"])),
        (
            "[context.text, context.chunks(100)[0].text, context.search(\"beta\", 1)[0].text]",
            json!([plain, plain, plain]),
        ),
        ("let p = context.paragraphs()[0]; [p.start, p.text]", json!([3, "alpha\nbeta"])),
        ("TOOL(\"read_file\", #{path: \"a.txt\"})", json!(plain)),
        ("TOOL(\"find_text\", #{pattern: \"^alpha$\"}).hits", json!([{"path": "a.txt", "line": 1, "text": "alpha"}])),
    ] {
        assert_eq!(over(text, code), expect, "{code}");
    }
    assert_eq!(over("\u{feff}", "[context.text, context.lines, context.grep(\"\").len]"), json!(["", 0, 0]));
}

#[test]
fn a_piece_says_the_line_in_which_it_begins() {
    let text = "first\n\nsecond\nthird\n\nfourth\n";
    let code = "let same = true;\n\
        for c in context.chunks(7, 0) { same = same && c.line == context.slice(0, c.start).split(\"\\n\").len }\n\
        same";
    assert_eq!(over(text, code), json!(true));
    let code = "[context.line, context.paragraphs().map(|p| p.line), context.between(\"thi\", \"d\")[0].line]";
    assert_eq!(over(text, code), json!([1, [1, 3, 6], 4]));
}

#[test]
fn the_text_of_a_handle_is_changed_and_returned() {
    let code = "[context.text.replace(\"\\r\\n\", \"|\"), context.chunks(9, 0).map(|c| c.text.trim())[0], context.len]";
    assert_eq!(over(" a\r\nb ", code), json!([" a|b ", "a\r\nb", 6]));
}

#[test]
fn places_are_counted_where_the_help_says() {
    let program = Program::offline().file("a.txt", "one\n\ntwo\n").file("b.txt", "three\nfour\n\nfive\n");
    let code = "let hit = context.grep(\"four\")[0]; let c = context.paragraphs()[2];\n\
        [hit.doc, hit.line, context.doc(hit.doc).lines(max(1, hit.line - 2), hit.line + 2), context.slice(hit.start, hit.end),\n\
         c.name, c.line, context.doc(c.name).slice(c.start, c.end)]";
    let answer = program.args(["eval", code, "-c", "a.txt", "b.txt", "--json"]).run().ok().json()["answer"].clone();
    let expect = json!(["b.txt", 2, ["three", "four", "", "five"], "four", "b.txt", 1, "three\nfour"]);
    assert_eq!(answer, expect);
    for (name, says) in [
        ("?context.grep", "`context.doc(hit.doc).lines(max(1, hit.line - 2), hit.line + 2)`"),
        ("?context.grep", "`context.slice(hit.start, hit.end)`"),
        ("?context.text", "`context.doc(c.name).slice(c.start, c.end)`"),
        ("?context.chunks", "`context.doc(c.name).slice(c.start, c.end)`"),
    ] {
        let help = program.args(["eval", name, "--json"]).run().ok().json();
        assert!(help.as_str().is_some_and(|help| help.contains(says)), "{help}");
    }
}

#[test]
fn as_many_lines_come_as_are_asked_for() {
    let code = "[context.lines(1, 2), context.lines(-2, -1), context.lines(1, 99).len, context.line(2)]";
    assert_eq!(over("a\n\nb\n\n", code), json!([["a", ""], ["b", ""], 4, ""]));
    let program = Program::offline().file("a.txt", "one\ntwo").file("b.txt", "three\n");
    program
        .args(["eval", "print(context.lines(1, 3))", "-c", "a.txt", "b.txt"])
        .run()
        .ok()
        .prints("[\"one\", \"two\", \"three\"]\n");
}

#[test]
fn handles_are_inputs_of_their_own() {
    let text = "# One\nalpha\n\n# Two\nbeta\nbeta\n\n# Three\ngamma\n";
    let code = "let parts = context.between(\"# Two\\n\", \"# Three\"); let p = parts[0];\n\
        [p.count(\"beta\"), p.lines, p.grep(\"beta\").len, context.paragraphs().len, p.text.contains(\"alpha\")]";
    assert_eq!(over(text, code), json!([2, 3, 2, 3, false]));
}

#[test]
fn tables_and_documents_become_values() {
    assert_eq!(over("a,b\n1,x\n2.5,\n", "context.csv()"), json!([{"a": 1, "b": "x"}, {"a": 2.5, "b": ""}]));
    assert_eq!(over("{\"a\": [1, null]}", "context.json()"), json!({"a": [1, null]}));
    assert_eq!(over("{\"n\": 1}\n{\"n\": 2}\n", "context.json().map(|row| row.n)"), json!([1, 2]));
    // The last digits of an id are not lost.
    let ids = "[18446744073709551615, 9223372036854775808, 9223372036854775807, -9223372036854775808]";
    let read = json!(["18446744073709551615", "9223372036854775808", i64::MAX, i64::MIN]);
    assert_eq!(over(ids, "context.json()"), read);
    assert_eq!(over(ids, "parse_json(context.text())"), read);
}

#[test]
fn a_table_is_the_same_to_the_tool_and_to_the_context() {
    let both = "[context.csv(), TOOL(\"csv_read\", #{path: \"a.txt\"})]";
    for (table, expect) in [
        ("\u{feff}a;b\n1;2", json!([{"a": 1, "b": 2}])),
        ("a,b\n1,x\nnone, 2\n", json!([{"a": "1", "b": "x"}, {"a": "none", "b": " 2"}])),
        ("a,b\n 1,\n2,1e3\n", json!([{"a": 1, "b": ""}, {"a": 2, "b": "1e3"}])),
        ("a,b\n1.5,\n,2\n", json!([{"a": 1.5, "b": null}, {"a": null, "b": 2}])),
    ] {
        assert_eq!(over(table, both), json!([expect, expect]), "{table:?}");
    }
}

#[test]
fn the_beginning_of_a_long_header_says_what_parts_it() {
    let names = vec!["x".repeat(990); 70].join(",");
    let table = format!("{names},{}\n{}1\n", "a;".repeat(200), "1,".repeat(70));
    assert_eq!(over(&table, "context.csv()[0].keys().len"), json!(71));
}

#[test]
fn a_ranked_search_finds_the_passage() {
    let filler = "The committee met again and talked about the budget of the coming year.\n\n".repeat(500);
    let text = format!("{filler}The lighthouse keeper retired in 1931 after forty years.\n\n{filler}");
    let code = "let hits = context.search(\"when did the lighthouse keeper retire\", 3); [hits.len > 0, hits[0].text.contains(\"1931\"), hits[0].line]";
    let answer = over(text, code);
    assert_eq!((&answer[0], &answer[1]), (&json!(true), &json!(true)), "{answer}");
}

#[test]
fn the_same_file_twice_is_one_document() {
    let program = Program::offline().file("a.txt", "one\n").file("sub/a.txt", "two\n");
    let code = "context.docs().map(|d| d.name)";
    let answer =
        program.args(["eval", code, "--json", "-c", "a.txt", "./a.txt", "sub", "."]).run().ok().json()["answer"]
            .clone();
    assert_eq!(answer, json!(["a.txt", "sub/a.txt"]));
}

#[test]
fn documents_are_listed_without_naming_the_context_too() {
    assert_eq!(over("one\n", "docs()"), over("one\n", "context.docs()"));
    assert_eq!(over("one\n", "fn first() { docs()[0].name }\nfirst()"), json!("a.txt"));
    assert_eq!(over("one\n", "fn docs() { \"own\" }\ndocs()"), json!("own"));
    Program::offline().args(["eval", "docs()", "-q"]).run().ok().prints("[]\n");
}

#[test]
fn a_file_that_shrinks_while_it_is_open_is_an_error() {
    let path = Arc::new(Mutex::new(None::<std::path::PathBuf>));
    let kept = Arc::clone(&path);
    // The file is cut between two looks at it, while the script waits for the model.
    let server = ChatServer::new(move |_| {
        let path = kept.lock().expect("unpoisoned").clone().expect("known by now");
        std::fs::OpenOptions::new().write(true).open(path).and_then(|file| file.set_len(10)).expect("cut");
        Reply::text("cut")
    });
    let program = Program::served_by(&server).file("big.txt", "a line of the big file\n".repeat(400_000));
    *path.lock().expect("unpoisoned") = Some(program.project().join("big.txt"));
    let code = "print(context.line(1)); print(llm(\"go\")); let kept = 1;\n\
        try { context.count(\"big\") } catch (e) { print(e.kind) }\nprint(kept)";
    let ran = program.args(["eval", code, "-c", "big.txt", "-q"]).run().ok();
    ran.prints("a line of the big file\ncut\nio\n1\n");
}

#[test]
fn a_closed_or_empty_pipe_is_no_document() {
    let program = Program::offline();
    program.args(["eval", "context.is_empty"]).stdin("").run().ok().prints("true\n");
    program.args(["eval", "context.is_empty"]).run().ok().prints("true\n");
}

/// What is said of a program over a folder that fails.
fn refused(program: &Program, code: &str) -> String {
    program.args(["eval", code, "-c", "notes"]).run().stderr
}

#[test]
fn a_document_that_is_not_there_is_answered_with_the_names_most_like_it() {
    let names = |kind: &str, many: usize| (0..many).map(|at| format!("notes/{kind}-{at:03}.md")).collect::<Vec<_>>();
    let all = [names("audit", 20), names("post-mortem", 20)].concat();
    let program = all.iter().fold(Program::offline(), |program, name| program.file(name, "text\n"));
    for (asked, says) in [
        ("post-mortem-017", "the documents are \"notes/post-mortem-017.md\", "),
        ("mortem of the 17th, number 017", "the documents are \"notes/post-mortem-017.md\", "),
        ("zzz", "the documents are \"notes/audit-000.md\", "),
    ] {
        let said = refused(&program, &format!("context.doc(\"{asked}\")"));
        assert!(said.contains(says) && said.contains(" and 32 more"), "{asked}: {said}");
    }
}

#[test]
fn documents_are_listed_with_their_lines() {
    assert_eq!(over("one\ntwo\n", "docs()"), json!([{"name": "a.txt", "len": 8, "lines": 2}]));
}

#[test]
fn a_table_that_is_too_large_is_taken_by_documents_or_by_pieces() {
    let table = format!("name,price\n{}", "harbour lighthouse,4\n".repeat(500_000));
    let one = Program::offline().file("notes/a.csv", &table);
    let said = refused(&one, "context.csv()");
    let way = "for c in context.chunks(2000000) { let rows = c.csv(); }";
    assert!(said.contains(&format!("hint: take it in pieces, which have each row once: `{way}`")), "{said}");
    let code = format!("let n = 0; {} n", way.replace("let rows = c.csv();", "n += c.csv().len();"));
    one.args(["eval", &code, "-c", "notes", "-q"]).run().ok().prints("500000\n");
    let said = refused(&one.file("notes/b.csv", &table), "context.csv()");
    assert!(said.contains("hint: there are 2 documents; take one after the other: `for d in docs() {"), "{said}");
}

const CUT: &str = "note: grep stopped at 1000 hits: grep(pattern, 5000) takes more, count(pattern) counts all matches";

#[test]
fn a_search_that_was_cut_unasked_says_so_once() {
    let program = Program::offline().file("a.txt", "WARN\n".repeat(1_200)).file("b.txt", "WARN\n".repeat(1_000));
    for (code, file, found, notes) in [
        ("context.grep(\"WARN\").len() + context.grep(\"WAR\").len()", "a.txt", "2000\n", 1),
        ("context.grep(\"WARN\").len()", "b.txt", "1000\n", 0),
        ("context.grep(\"WARN\", 1000).len()", "a.txt", "1000\n", 0),
        ("context.grep(\"WARN\", #{max: 1100}).len()", "a.txt", "1100\n", 0),
    ] {
        let ran = program.args(["eval", code, "-c", file]).run().ok();
        assert_eq!(ran.stderr.matches(CUT).count(), notes, "{code}: {}", ran.stderr);
        ran.prints(found);
    }
}

#[test]
fn a_root_is_told_that_its_search_was_cut() {
    let server = ChatServer::new(|ask| match ask.turn() {
        1 => Reply::code("context.grep(\"WARN\").len()"),
        _ => Reply::code("FINAL(context.count(\"WARN\"))"),
    });
    let program = Program::served_by(&server).file("a.txt", "WARN\n".repeat(1_200));
    program.args(["ask", "how many warnings?", "--recursive", "-c", "a.txt"]).run().ok().prints("1200\n");
    let told = server.asks()[1].last();
    assert!(told.contains(&format!("out(1) = 1000\n{CUT}")), "{told}");
}
