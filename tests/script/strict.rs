//! What is an error here and silently wrong in Rhai as it comes: mixed comparisons, missing fields, lost names.

use crate::support::chat::ChatServer;
use crate::support::program::Program;
use serde_json::{Value, json};

#[test]
fn mixed_comparisons_are_errors() {
    let program = Program::offline();
    for code in [
        "\"0.9\" > 0.7",
        "0.8 == \"0.8\"",
        "1 == \"1\"",
        "1 != \"1\"",
        "() > 1",
        "1 <= ()",
        "true == \"true\"",
        "1 == true",
        "[1] == 1",
        "\"a\" < [1]",
        "#{a: 1} == 1",
        "#{a: 1} == [1]",
        "'a' == 1",
        "1.5 != 'a'",
        "'a' == true",
        "['a'] == 'a'",
        "'a' != #{a: 1}",
        "true == [1]",
        "#{a: 1} != true",
        "\"a\".to_blob() == \"a\"",
        "let x = 1; let y = \"1\"; if x == y { 1 } else { 2 }",
        "[3, \"2\", 1].sort(|a, b| if a < b { -1 } else { 1 })",
        "[1] == [\"1\"]",
        "[0, [1]] != [0, [\"1\"]]",
        "[#{a: 1}] == [#{a: \"1\"}]",
        "[[1]] == [1]",
    ] {
        program.args(["eval", code, "-q"]).run().code(1).says("hint: convert one side first");
    }
}

#[test]
fn a_number_has_no_index() {
    let program = Program::offline().file("a.txt", "one\ntwo\n");
    for (code, message, hint) in [
        ("context.lines[0]", "`context.lines` is the number of lines", "`context.line(1)`"),
        ("let a = [1]; a[0] + context.len[1]", "`context.len` is the number of bytes", "`context.slice(0, 100)`"),
        ("context.count(\"o\")[0]", "`context.count` is the number of matches", "`context.grep(pattern)`"),
        ("let n = 5; n[0]", "`n` is a number", "`n.to_string()[0]`"),
        ("let n = context.lines; n[0] = true;", "`n` is a number", "`n.get_bit(0)`"),
        ("fn f() { let n = 5; [1][n[1]] } f()", "`n` is a number", "`n.get_bit(0)`"),
    ] {
        let ran = program.args(["eval", code, "-c", "a.txt", "-q"]).run().code(1);
        ran.says(&format!("error: {message}, which has no index\n   1 | ")).says(hint);
    }
    program.args(["-q"]).stdin("let n = 5;\nn[0]\n").run().code(1).says("error: `n` is a number, which has no index");
    let looped = program.args(["eval", "for line in context.lines {}", "-c", "a.txt"]).run().code(1);
    looped.says("this value cannot be iterated").says("`context.lines(1, 100)`");
}

#[test]
fn what_may_be_something_else_than_a_number_has_an_index() {
    let program = Program::offline().file("a.txt", "one\ntwo\n");
    let code = "fn f(x) { x[0] } fn g(context) { context.lines[0] }\n\
        let grid = [[1, 2], [3, 4]]; let n = 1; let m = 5; m = [7];\n\
        print([grid[n][0], m[0], f([8]), g(#{lines: [9]}), n.get_bit(0)]);\n";
    program.args(["eval", code]).run().ok().prints("[3, 7, 8, 9, true]\n");
    for code in [
        "fn first(context) { let lines = context.lines; lines[0] } print(first(#{lines: [9]}))",
        "let context = #{lines: [9]}; let n = context.lines; print(n[0])",
    ] {
        program.args(["eval", code]).run().ok().prints("9\n");
    }
    let code = "let a = [1, 2];\nfn f() { let a = 3; a } print(a[0])\n";
    program.args(["-q"]).stdin(code).run().ok().does_not_say("no index");
    let code = "print(context.lines(1, 2)[0])";
    program.args(["eval", code, "-c", "a.txt"]).run().ok().prints("one\n");
}

#[test]
fn what_cannot_be_sorted_is_told() {
    let program = Program::offline();
    for (code, message) in [
        ("[3, \"2\", 1].sort()", "elements of different types cannot be sorted"),
        ("let a = [#{a: 1}, #{a: 2}]; a.sort_desc()", "elements of map cannot be sorted"),
    ] {
        let ran = program.args(["eval", code, "-q"]).run().code(1).says(&format!("error: {message}"));
        ran.says("hint: say what decides: `a.sort(|x, y|").does_not_say("there is no function");
    }
    let code = "let a = [3, \"2\", 1]; a.sort(|x, y| x.to_string() < y.to_string()); print(a)";
    program.args(["eval", code]).run().ok().prints("[1, \"2\", 3]\n");
}

#[test]
fn comparisons_of_like_with_like_stay() {
    let program = Program::offline();
    let code = "print(1 == 1.0); print(2 > 1.5); print(\"a\" < \"b\"); print([1, 2] == [1, 2]); print(#{a: 1} == #{a: 1});\n\
        print(() == ()); print(1 == ()); print(\"a\" != ()); print('a' == \"a\"); print([1, \"a\"].contains(\"a\"));\n\
        print(2 in [1, \"a\", 2]); print([\"x\", 3].index_of(3)); print(false == true); print('b' > 'a')";
    let ran = program.args(["eval", code]).run().ok();
    ran.prints("true\ntrue\ntrue\ntrue\ntrue\ntrue\nfalse\ntrue\ntrue\ntrue\ntrue\n1\nfalse\ntrue\n");
}

#[test]
fn a_handle_is_not_its_text() {
    let program = Program::offline().file("a.txt", "one\n\n---\n\ntwo\n");
    for code in [
        "context.paragraphs().filter(|p| p == \"---\")",
        "context.chunks(9)[0] != \"x\"",
        "'a' == context",
        "context == 1",
        "1.5 < context",
        "context != true",
        "context == [1]",
        "#{a: 1} == context",
    ] {
        let ran = program.args(["eval", code, "--context", "a.txt", "-q"]).run().code(1);
        ran.says("hint: a handle is not its text: compare `c.text`");
    }
    let code = "print(context == ()); print(context != ()); print([context].contains(\"x\"));\n\
        print(context.paragraphs().filter(|p| p.text.contains(\"---\")).len)";
    program.args(["eval", code, "--context", "a.txt", "-q"]).run().ok().prints("false\ntrue\nfalse\n1\n");
}

#[test]
fn a_handle_has_methods_and_its_documents_are_maps() {
    let program = Program::offline().file("a.txt", "one\n");
    for (code, says) in [
        ("for d in context.docs() { d.text }", "the text of one is `context.doc(d.name).text`"),
        ("let all = context.docs(); all[0].text", "the text of one is `context.doc(d.name).text`"),
        ("for doc in context.docs() { doc.grep(\"o\") }", "the handle on one is `context.doc(d.name)`"),
        ("context.docs", "error: a handle has no property `docs`"),
        ("for d in context.docs {}", "hint: it is called: `context.docs()`"),
        ("context.grep(\"ONE\", #{ignore_case: true})", "hint: `(?i)` in front of the pattern ignores case"),
        ("context.grep(\"ONE\", \"i\")", "hint: `(?i)` in front of the pattern ignores case"),
        ("context[\"a\"]", "error: a handle has no index"),
    ] {
        program.args(["eval", code, "--context", "a.txt", "-q"]).run().code(1).says(says);
    }
}

#[test]
fn no_value_is_told_by_a_name_of_rust() {
    let program = Program::offline();
    for (code, shown) in [
        ("\"abc\".chars()", "<iterator for a loop>"),
        ("range(0, 10, 2)", "<iterator for a loop>"),
        ("let f = |x| x; [f, Fn(\"abs\"), 0..3, 0..=3]", "[<closure>, Fn(abs), 0..3, 0..=3]"),
    ] {
        program.args(["eval", code, "-q"]).run().ok().prints(&format!("{shown}\n"));
    }
    for (code, says) in [
        ("[1, 2, 3][0..2]", "error: expected an integer, found a range"),
        ("let m = #{a: 1}; m[0..2]", "error: expected a string, found a range"),
        ("(1.5)[0]", "error: a float has no index"),
        ("llm(\"x\", #{max_tokens: -5})", "invalid value: integer `-5`, expected a whole number from 0 up"),
        ("llm(\"x\", #{temperature: \"a\"})", "invalid type: string \"a\", expected a number"),
        ("json_text(range(0, 10, 2))", "an iterator has no form as data"),
        ("json_text(|x| x)", "a function has no form as data"),
        ("[2, 1].sort(|a, b| \"x\")", "must answer a number or a boolean, not a string"),
    ] {
        program.args(["eval", code, "-q"]).run().code(1).says(says);
    }
    let ran = program.args([]).stdin("let f = |x| x; let r = 0..3;\n.vars\n").run().ok();
    let row = |name: &str| ran.stdout.lines().find(|line| line.starts_with(name)).unwrap_or_default().to_owned();
    assert!(row("f ").ends_with("closure") && row("r ").ends_with("range 0..3"), "{}", ran.stdout);
}

#[test]
fn what_grows_within_its_limit_grows_as_in_rhai() {
    let code = "let a = [1, 2]; a.insert(0, 0); a.insert(-1, 9); a.insert(99, 3); print(a);\n\
        a.splice(1, 2, [7]); a.splice(-1, 0, [8]); a.splice(0..1, []); a.splice(0..=0, [5, 6]); a.splice(99, 1, [4]); print(a);\n\
        print(\"a,b,c\".split(\",\", 2)); print(\"a,b,c\".split(',', -1)); print(\"a,b,c\".split_rev(\",\", 2));\n\
        let b = blob(1, 65); b.push(66); b.append('C'); b += \"D\"; b.insert(0, 64); b.splice(1, 1, blob(2, 97));\n\
        print((b + b).as_string())";
    let expect = "[0, 1, 9, 2, 3]\n[5, 6, 2, 8, 3, 4]\n[\"a\", \"b,c\"]\n[\"a,b,c\"]\n[\"c\", \"a,b\"]\n@aaBCD@aaBCD\n";
    Program::offline().args(["eval", code, "-q"]).run().ok().prints(expect);
}

#[test]
fn a_constant_does_not_grow() {
    let program = Program::offline();
    for code in [
        "const A = [1]; A.insert(0, 2)",
        "const A = [1]; A.splice(0, 0, [2])",
        "const A = [1]; A.push(2)",
        "const A = [1]; A.append([2])",
        "const A = [1]; A.pad(2, 0)",
        "const T = `a`; T.pad(2, `b`)",
        "const T = `a`; T.pad(2, 'b')",
        "const T = `a`; T.replace(`a`, `b`)",
        "const T = `a`; T.replace('a', 'b')",
        "const B = blob(1); B.push(1)",
    ] {
        program.args(["eval", code, "-q"]).run().code(1).says("constant");
    }
}

#[test]
fn what_would_change_a_constant_is_told_with_the_copy_to_change() {
    let program = Program::offline();
    for (code, message, hint) in [
        (
            "const T = ` a `; T.trim()",
            "`trim` changes what it is called on, and `T` is a constant",
            "`let t = T; t.trim()`",
        ),
        (
            "const t = [1]; t.push(2)",
            "`push` changes what it is called on, and `t` is a",
            "`let own = t; own.push(..)`",
        ),
        ("const M = #{a: [1]}; M.a.push(2)", "and `M` is a constant", "`let t = M; t.a.push(..)`"),
        ("const T = ` a `;\nT\n.trim()", "and that is a constant", "`let t = ..; t.trim()`"),
    ] {
        let ran = program.args(["eval", code, "-q"]).run().code(1).says(message).does_not_say("non-pure");
        ran.says(&format!("hint: change a copy: {hint}"));
    }
    let code = "const T = ` a `; try { T.trim() } catch (e) { print(failure_of(e).message) }";
    let told = "`trim` changes what it is called on, and that is a constant\n";
    program.args(["eval", code, "-q"]).run().ok().prints(told);
}

#[test]
fn switch_and_in_compare_types_that_differ_without_an_error() {
    let code = "let x = \"1\"; switch x { 1 => \"number\", \"1\" => \"text\", _ => \"else\" }";
    Program::offline().args(["eval", code]).run().ok().prints("text\n");
}

#[test]
fn a_search_takes_what_cannot_be_compared_for_unequal_at_any_depth() {
    let code = "print([1] in [[\"1\"], [1]]); print(#{a: 1} in [#{a: \"1\"}]); print([[1], 2].contains([\"1\"]));\n\
        print([[\"1\"], [1]].index_of([1])); print([1, [2], 1].index_of(1, 1)); print([[2]].index_of([\"2\"], -1));\n\
        print([1] == [()]); print([1] == [1, \"1\"])";
    let ran = Program::offline().args(["eval", code]).run().ok();
    ran.prints("true\nfalse\nfalse\n1\n2\n-1\nfalse\nfalse\n");
    let code = "[1] in [[\"1\"]]; [1] == [\"1\"]";
    Program::offline().args(["eval", code, "-q"]).run().code(1).says("there is no function `== (int, string)`");
}

#[test]
fn padding_counts_characters_and_its_limit_bytes() {
    let program = Program::offline();
    for (code, expect) in [
        ("let s = \"\"; s.pad(9_000_000, \"x\"); s.len", "9000000"),
        ("let s = \"\"; s.pad(10_000_000, 'x'); s.len", "10000000"),
        ("let s = \"\"; s.pad(5_000_000, \"é\"); s.len", "5000000"),
        ("let s = \"ab\"; s.pad(9, \"xéz\"); s", "abxézxézx"),
        ("let s = \"é\"; s.pad(3, \"日本\"); s", "é日本"),
        ("let s = \"abc\"; s.pad(3, \"x\"); s.pad(-1, \"x\"); s.pad(9, \"\"); s", "abc"),
    ] {
        program.args(["eval", code, "-q"]).run().ok().prints(&format!("{expect}\n"));
    }
    for code in ["let s = \"x\"; s.pad(10_000_001, \"x\")", "let s = \"\"; s.pad(5_000_001, 'é')"] {
        program.args(["eval", code, "-q"]).run().code(5).says("the string would grow beyond 10000000");
    }
}

#[test]
fn a_missing_field_is_an_error_everywhere() {
    let program = Program::offline();
    for code in
        ["let m = #{a: 1}; m.b", "let m = #{a: 1}; m[\"b\"]", "let m = #{a: #{b: 1}}; m.a.c", "const M = #{a: 1}; M.b"]
    {
        program.args(["eval", code, "-q"]).run().code(1).says("the map has no field").says("hint: ask first");
    }
    let code = "let m = #{a: 1}; print(\"b\" in m); print(m.get(\"b\") ?? \"none\"); m.b = 2; print(m.b); print(m?.a)";
    program.args(["eval", code]).run().ok().prints("false\nnone\n2\n1\n");
}

#[test]
fn data_may_have_fields_that_are_called_like_options() {
    for (data, value) in [
        ("#{content: \"a red car\"}", "\"a red car\""),
        ("#{code: \"red\"}", "\"red\""),
        ("#{role: \"admin\", name: \"Ann\"}", "\"Ann\""),
    ] {
        let server = ChatServer::root(&[], "nobody");
        let code = format!("rlm(\"Who is red?\", {data})");
        Program::served_by(&server).args(["eval", &code, "-q"]).run().ok().prints("nobody\n");
        let asked = server.asks()[0].last();
        assert!(asked.starts_with("Question: Who is red?\n\nText:\n{") && asked.contains(value), "{asked}");
    }
}

#[test]
fn options_that_nobody_knows_are_errors() {
    let program = Program::offline().file("a.txt", "one\nno\n");
    for (code, says) in [
        ("context.grep(\"o\", #{mx: 1})", "hint: did you mean `max`?"),
        ("context.grep(\"o\", #{ignore_case: true})", "context.grep: unknown field `ignore_case`, expected `max`"),
        ("context.grep(\"o\", #{max: \"1\"})", "context.grep: invalid type: string \"1\""),
        ("context.grep(\"o\", #{max: -1})", "max must not be negative, it is -1"),
        ("rlm_batch([#{task: \"q\", contxt: context}])", "hint: did you mean `context`?"),
        ("rlm_batch([#{task: \"q\", role: \"worker\"}])", "a map of rlm_batch has no part `role`"),
        ("rlm_batch([[\"q\", #{max_cost: 0.01}]])", "hint: options stand behind the tasks, for all of them"),
        ("rlm(\"q\", #{context: context, max_cost: 0.01, schma: 1})", "`rlm(task, context, #{..})`"),
        ("rlm_query(\"q\", #{label: \"x\", schma: 1})", "rlm: a map with `label` stands where the context does"),
        ("rlm(\"q\", #{max_cost: 0.01, nonsense: 1})", "rlm: a map with `max_cost` stands where the context does"),
        ("rlm_batch([[\"q\", #{max_turns: 2, nonsense: 1}]])", "rlm_batch: a map with `max_turns` stands where"),
        ("rlm(\"q\", 5)", "the context of rlm is a handle, a text or data, not an integer"),
        ("rlm_batch([[\"q\", 0.5]])", "the context of rlm is a handle, a text or data, not a float"),
        ("llm(\"q\", #{foo: 1})", "`cache`, `check`, `gate`"),
        ("llm(\"q\", #{chek: 1})", "hint: did you mean `check`?"),
        ("llm(\"q\", \"worker\")", "hint: options are a map: `llm(prompt, #{role: \"worker\"})`"),
        ("llm_batch(\"q\")", "hint: `llm_batch` takes an array"),
        ("llm_batch([\"q\"], \"worker\")", "hint: options are a map: `llm_batch(list, #{role: \"worker\"})`"),
        (
            "save_script(#{name: \"one\", source: \"args.n\", summary: \"One.\", exampel: #{n: 1}})",
            "hint: did you mean `example`?",
        ),
    ] {
        program.args(["eval", code, "-c", "a.txt", "-q"]).run().code(1).prints("").says(says);
    }
    let code = "[context.grep(\"o\", #{max: 1}).len, context.grep(\"o\", #{}).len, context.grep(\"o\", 1).len]";
    program.args(["eval", &format!("print({code})"), "-c", "a.txt"]).run().ok().prints("[1, 2, 1]\n");
}

#[test]
fn failures_reach_catch_as_maps() {
    let code = "try { llm(\"x\", #{model: \"nowhere/x\"}) } catch (e) { print(e.kind); print(e.message); print(e.retryable) }\n\
        try { TOOL(\"read_file\", #{path: \"none.txt\"}) } catch (e) { print(e.kind) }\n\
        try { throw #{kind: \"own\", message: \"mine\"} } catch (e) { print(e.kind) }\n\
        try { throw \"text\" } catch (e) { print(e) }\n\
        try { let m = #{}; m.x } catch (e) { print(type_of(e)) }";
    let ran = Program::offline().args(["eval", code, "-q"]).run().ok();
    ran.prints("not_found\nthere is no model `nowhere/x`\nfalse\nnot_found\nown\ntext\nmap\n");
}

#[test]
fn what_was_caught_becomes_the_failure_that_is_told() {
    let tell = |code: &str| {
        format!("try {{ {code} }} catch (e) {{ let f = failure_of(e); print(f.kind + \": \" + f.message) }}")
    };
    let codes = [
        ("1 == \"x\"", "script: there is no function `== (int, string)`"),
        ("let m = #{}; m.x", "script: the map has no field `x`"),
        ("\"x\".foo", "script: a string has no property `foo`"),
        ("[1, 2][5]", "script: array index 5 out of bounds: only 2 elements in array"),
        ("[1].map(|n| n * \"s\")", "script: there is no function `* (int, string)`"),
        ("[#{}].map(|m| m.x)", "script: the map has no field `x`"),
        ("[\"x\"].map(|s| s.foo)", "script: a string has no property `foo`"),
        ("[1].map(|n| { for x in n { x } })", "script: this value cannot be iterated"),
        ("throw \"text\"", "script: text"),
        ("throw #{kind: \"own\", message: \"mine\"}", "own: mine"),
    ];
    let code: Vec<String> = codes.iter().map(|(code, _)| tell(code)).collect();
    let told: String = codes.iter().map(|(_, told)| format!("{told}\n")).collect();
    Program::offline().args(["eval", &code.join("\n"), "-q"]).run().ok().prints(&told);
}

#[test]
fn the_error_that_a_pipeline_would_have_blames_the_values_for_what_a_function_refuses() {
    let again = "fn again() { try { parse_json(\"x\") } catch (e) { throw e; } }";
    for (code, kind) in [
        ("parse_json(\"x\")", "data"),
        ("again()", "data"),
        ("[1, 2][5]", "data"),
        ("TOOL(\"calculate\", #{expression: \"1 / 0\"})", "invalid"),
        ("throw #{kind: \"invalid\", message: \"mine\", line: 3}", "invalid"),
    ] {
        let code = format!("{again}\ntry {{ {code} }} catch (e) {{ print(json_text(error_of(e))) }}");
        let told = Program::offline().args(["eval", &code, "-q"]).run().ok().stdout;
        let told: Value = serde_json::from_str(&told).unwrap_or_else(|error| panic!("{code}: {told}: {error}"));
        assert_eq!(
            (&told["kind"], &told["line"], &told["begun"]),
            (&json!(kind), &Value::Null, &Value::Null),
            "{code}"
        );
    }
}

#[test]
fn a_failed_item_is_no_part_of_a_text() {
    let program = Program::offline();
    let slot = "let r = par_map([1], |n| { throw #{kind: \"own\", message: \"mine\"} });";
    for code in [
        "\"notes: \" + r[0]",
        "r[0] + \" notes\"",
        "let t = \"notes: \"; t += r[0]; t",
        "`notes: ${r[0]}`",
        "r[0].to_string()",
        "r.join(\", \")",
    ] {
        let ran = program.args(["eval", &format!("{slot}\n{code}"), "-q"]).run().code(1).prints("");
        ran.says("item 0 of a batch failed and is no text (script: mine)").says("hint: leave failed items out first");
    }
    let code = format!(
        "{slot}\ntry {{ \"notes: \" + r[0] }} catch (e) {{ print(e.kind) }}\nprint(`${{r[0].message}} ${{r.len}}`)"
    );
    program.args(["eval", &code, "-q"]).run().ok().prints("invalid\nmine 1\n");
}

#[test]
fn a_failed_item_in_back_ticks_is_told_where_it_stands() {
    let slot = "let r = par_map([1], |n| { throw #{kind: \"own\", message: \"mine\"} });\nlet a = r[0];";
    for (code, row, line) in [
        ("`x ${a}`", 3, "`x ${a}`"),
        ("let t = `x ${a} y`;\nprint(t)", 3, "let t = `x ${a} y`;"),
        ("fn f(a) {\n  `x ${a}`\n}\nf(a)", 4, "  `x ${a}`"),
    ] {
        let ran = Program::offline().args(["eval", &format!("{slot}\n{code}"), "-q"]).run().code(1);
        let caret = ran.stderr.lines().skip_while(|shown| *shown != format!("{row:>4} | {line}")).nth(1);
        let before = caret.and_then(|caret| caret.strip_suffix('^')).map_or(0, str::len);
        let hole = "     | ".len() + line.find('{').expect("a hole");
        assert!((hole..=hole + 1).contains(&before), "{}", ran.stderr);
    }
}

#[test]
fn other_maps_become_text_as_before() {
    let code = "try { throw #{error: true, kind: \"own\"} } catch (e) { print(\"caught \" + e) }\n\
        let t = \"map \"; t += #{a: 1}; print(t); print(#{a: 1} + \" map\"); print(`in ${#{item: 1}}`);\n\
        print([#{a: 1}, \"b\"].join(\" \"))";
    let expect = "caught #{\"error\": true, \"kind\": \"own\"}\nmap #{\"a\": 1}\n#{\"a\": 1} map\nin #{\"item\": 1}\n";
    let ran = Program::offline().args(["eval", code, "-q"]).run().ok();
    assert!(ran.stdout.starts_with(expect), "{ran:?}");
}

#[test]
fn limits_are_not_caught() {
    let program = Program::offline();
    let code = "try { loop {} } catch (e) { print(\"caught\") }\nprint(\"after\")";
    program.args(["eval", code]).env("RHIZO_COMPUTE_SECONDS", "0.2").run().code(124).prints("");
    let code = "try { llm(\"a.\"); llm(\"b.\") } catch (e) { print(\"caught\") }\nprint(\"after\")";
    program.args(["eval", code, "--max-calls", "1"]).run().code(5).prints("");
    let code = "fn f(n) { f(n + 1) }\ntry { f(0) } catch (e) { print(\"caught\") }\nprint(\"after\")";
    program.args(["eval", code]).run().code(5).prints("");
}

#[test]
fn a_closure_reads_the_context_on_whose_hits_it_is_called() {
    let program = Program::offline().file("log.txt", "ok\nERR one\nok\nERR two\n");
    let code = "print(context.grep(\"ERR\").map(|h| context.line(h.line))); context.lines";
    program.args(["eval", code, "--context", "log.txt", "-q"]).run().ok().prints("[\"ERR one\", \"ERR two\"]\n4\n");
    program.args(["eval", "context = 1", "--context", "log.txt", "-q"]).run().code(1).says("constant");
    let code = "let part = context;\npart = context;\npart.grep(\"ERR\").map(|h| part.line(h.line))";
    let ran = program.args(["eval", code, "--context", "log.txt", "-q"]).run().code(1);
    ran.says("error: data race: a closure reads the value").says("   3 | part.grep(").says("let hits = c.grep(");
}

#[test]
fn a_closure_that_takes_another_number_of_values_is_told_by_no_name() {
    let program = Program::offline();
    for name in ["map", "filter", "find", "some", "all", "for_each"] {
        let code = format!("let n = 1; [1, 2].{name}(|a, b, c| a == n)");
        let ran = program.args(["eval", &code, "-q"]).run().code(1).does_not_say("anon$");
        ran.says(&format!("error: the closure of `{name}` takes 1 parameter or 2, this one 3")).says(" | ");
    }
    for code in ["let f = |x| x; f.call(1, 2)", "[2, 1].map(|x| { let f = || 1; f.call(x, 2) })"] {
        let ran = program.args(["eval", code, "-q"]).run().code(1).does_not_say("anon$");
        ran.says("a closure is called with (int, int) and takes another number of values");
    }
    let code = "let f = |x| x; try { f.call() } catch (e) { print(failure_of(e).message) }";
    let ran = program.args(["eval", code, "-q"]).run().ok();
    ran.prints("a closure is called with () and takes another number of values\n");
    program
        .args(["eval", "print([5, 6].map(|x, i| x * i)); [5].map(|| this)[0]", "-q"])
        .run()
        .ok()
        .prints("[0, 6]\n5\n");
}

#[test]
fn errors_in_functions_and_closures_name_the_way() {
    let program = Program::offline();
    program
        .args(["eval", "fn inner(x) {\n    x.none\n}\nfn outer(x) { inner(x) }\nouter(#{})", "-q"])
        .run()
        .code(1)
        .snapshot("script_in_function");
    program
        .args(["eval", "let list = [1, 0];\nlist.map(|n| 10 / n)", "-q"])
        .run()
        .code(1)
        .snapshot("script_in_closure");
}
