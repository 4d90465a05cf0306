//! Python and JavaScript by habit: accepted where Rhai has the thing, else answered with the Rhai form.

use crate::support::program::Program;

/// What a line of code comes to.
enum Expect {
    /// It runs and prints this.
    Prints(&'static str),
    /// It fails, and the hint has this part.
    Hints(&'static str),
}

use Expect::{Hints, Prints};

#[track_caller]
fn check(table: &[(&str, Expect)]) {
    let program = Program::offline();
    let mut wrong = Vec::new();
    for (code, expect) in table {
        let ran = program.args(["eval", code, "--quiet"]).run();
        let hint = ran.stderr.split_once("\nhint: ").map_or("", |(_, hint)| hint);
        let right = match expect {
            Prints(text) => ran.stderr.is_empty() && ran.stdout.trim_end() == *text,
            Hints(part) => hint.contains(part),
        };
        if !right {
            let wanted = match expect {
                Prints(text) => format!("prints {text:?}"),
                Hints(part) => format!("hints {part:?}"),
            };
            wrong.push(format!("{code:?}\n  wanted: {wanted}\n  stdout: {:?}\n  stderr: {:?}", ran.stdout, ran.stderr));
        }
    }
    assert!(wrong.is_empty(), "{} of {}:\n{}", wrong.len(), table.len(), wrong.join("\n"));
}

#[test]
fn words_that_mean_the_same() {
    check(&[
        ("True and not False", Prints("true")),
        ("False or None == null", Prints("true")),
        ("not (1 in [2]) and True", Prints("true")),
        ("let x = None; x == ()", Prints("true")),
        ("undefined == None", Prints("true")),
        ("let x = nil; #{nil: x}.nil == nil", Prints("true")),
        ("len([1, 2])", Prints("2")),
        ("len(\"abc\")", Prints("3")),
        ("let n = 0; for i in range(0, 4) { n += i } n", Prints("6")),
        ("(0..4).map(|i| i * i).join(\" \")", Prints("0 1 4 9")),
        ("(1..=3).filter(|i| i != 2).join(\" \")", Prints("1 3")),
        ("range(0, 3).to_array().join(\" \")", Prints("0 1 2")),
        ("\"b\" in \"abc\"", Prints("true")),
        ("2 ** 10", Prints("1024")),
        ("let x = 7; let y = 2; `${x / y} ${x.to_float() / y}`", Prints("3 3.5")),
        ("\"a\" + 1", Prints("a1")),
        ("return 5", Prints("5")),
        ("\"abc\"[0..2]", Prints("ab")),
        ("let a = [1, 2, 3]; a[-1]", Prints("3")),
        ("while True { break }\n1", Prints("1")),
        ("print(\"a\" != \"b\" and 1 < 2)", Prints("true")),
        ("[\"a\", \"b\"].join(\"-\")", Prints("a-b")),
        ("\"a,b\".split(\",\").len()", Prints("2")),
        ("let a = []; a.push(1); a.len", Prints("1")),
        ("text::trimmed(\" a \")", Prints("a")),
        ("fn str_like() { \"x\" }\ntype_of(str_like())", Prints("string")),
    ]);
}

#[test]
fn words_that_are_names() {
    check(&[
        ("let m = #{None: 1, and: 2}; m.None", Prints("1")),
        (
            "let m = #{None: 1, and: 2, or: 3, not: 4, True: 5, elif: 6}; m.and + m.or + m.not + m.True + m.elif",
            Prints("20"),
        ),
        (
            "let m = #{null: 1, default: 2, case: 3, with: 4, is: 5, new: 6}; m.null + m.default + m.case + m[\"with\"] + m.is",
            Prints("15"),
        ),
        (
            "let m = #{in: 1, for: 2, if: 3, true: 4, import: 5,}; m.in + m.for + m.if + m.true + m?.import",
            Prints("15"),
        ),
        ("#{None: None, and: True and False}.None == ()", Prints("true")),
        (
            "let m = #{a: [None, 1, True], and: fn_like(1, None)};\nfn fn_like(a, b) { b == null }\nm.and",
            Prints("true"),
        ),
        (
            "let m = #{a: #{or: 1}, not: `${#{and: 2}.and}`, b: if True { None } else { 1 }}; m.a.or + m.not",
            Prints("12"),
        ),
        ("let m = #{}; m.and = 1; m.default = 2; m.and + m.default", Prints("3")),
        ("switch () { None => 1, _ => 2 }", Prints("1")),
        ("let x = None; let m = #{a: x == None, b: switch 1 { 1 => True, _ => None }}; m.a and m.b", Prints("true")),
        ("let f = |x| x + 1; let m = #{call: f.call(1), and: 3}; m[\"call\"] + m.and -1", Prints("4")),
        ("1 if True else 2", Hints("if condition { a } else { b }")),
        ("let x = 1 if 2 > 1 else 2;", Hints("if condition { a } else { b }")),
        ("let x = 1; let y = x ? None : 1;", Hints("if condition { a } else { b }")),
    ]);
}

#[test]
fn blocks_by_indentation() {
    check(&[
        ("if 1 < 2 {\n  1\n} elif 2 < 3 {\n  2\n}", Hints("else if")),
        ("if 1 < 2:\n    print(1)", Hints("braces")),
        ("if True:\n    x = 1\nelse:\n    x = 2", Hints("braces")),
        ("for x in [1]:\n    print(x)", Hints("for x in items {")),
        ("while True:\n    break", Hints("while condition {")),
        ("def f(x):\n    return x", Hints("fn name(a, b)")),
        ("def f(x) { x }", Hints("fn name(a, b)")),
        ("function f(x) { x }", Hints("fn name(a, b)")),
        ("try:\n    1\nexcept Exception as e:\n    2", Hints("catch (e)")),
        ("with open(\"f\") as f:\n    f.read()", Hints("read_file")),
        ("raise ValueError(\"x\")", Hints("throw")),
        ("while True: pass", Hints("while condition {")),
        ("if 1 < 2: print(1)", Hints("braces")),
        ("let m = #{a: 1};\nfor k, v in m { print(k) }", Hints("for k in m.keys()")),
        ("for i, x in [1] { print(x) }", Hints("for (x, i) in items")),
        ("let m = #{a: 1};\nfor k, v in m.items():\n    print(k)", Hints("for k in m.keys()")),
        ("let m = #{a: 1}; for k in m.keys() { let v = m[k]; print(v) }", Prints("1")),
    ]);
}

#[test]
fn expressions_of_other_languages() {
    check(&[
        ("let n = 1; f\"n is {n}\"", Hints("back-ticks")),
        ("let n = 1; print(f\"n is {n}\")", Hints("back-ticks")),
        ("let a = [x * 2 for x in [1, 2]];", Hints("comprehensions")),
        ("let f = lambda x: x + 1;", Hints("|x| x + 1")),
        ("let f = (x) => x + 1;", Hints("|x| x + 1")),
        ("let x = 1; let y = x > 0 ? 1 : 2;", Hints("if condition { a } else { b }")),
        ("let x = 1; x++", Hints("x += 1")),
        ("let a = [1, 2]; a[1:]", Hints("extract")),
        ("let a = [1, 2]; a[:1]", Hints("extract")),
        ("let m = {a: 1};", Hints("#{")),
        ("let m = {\"a\": 1};", Hints("#{")),
        ("llm(\"a\", {\"temperature\": 0})", Hints("#{")),
        ("llm(\"a\", {temperature: 0})", Hints("#{")),
        ("llm(\"a\", {\n  \"temperature\": 0\n})", Hints("#{")),
        ("llm(\"a\", {\n  temperature: 0\n})", Hints("#{")),
        ("let a = try { llm(\"a\") } catch (e) { \"none\" };", Hints("`try` is a statement")),
        ("let a = ();\ntry { a = 1; } catch (e) { a = 2; }\na", Prints("1")),
        ("# a comment\n1", Hints("start with `//`")),
        ("print(\"a\"); # a comment", Hints("start with `//`")),
        ("let x = 5 # what is not in \"it\"\nx", Hints("start with `//`")),
        ("let x = 5; x is None # a comment", Hints("== ()")),
        ("print(#\"a # b\"#)", Prints("a # b")),
        ("print('a text')", Hints("double quotes")),
        ("let x = (); x is None", Hints("== ()")),
        ("1 not in [2]", Hints("!(x in items)")),
        ("for i in range(3) { print(i) }", Hints("for i in 0..")),
        ("print \"a\"", Hints("print(value)")),
        ("var x = 1;", Hints("let x = 1;")),
        ("let mut x = 1;", Hints("let x = 1;")),
        ("import re", Hints("no Python modules")),
        ("import json\n1", Hints("no Python modules")),
        ("from os import path", Hints("no Python modules")),
    ]);
}

#[test]
fn what_changes_a_text_in_place_returns_it_too() {
    check(&[
        ("\" a \".trim()", Prints("a")),
        ("let s = \" a \"; s.trim(); s + \"!\"", Prints("a!")),
        ("let s = \" a \"; let t = s.trim(); `${s}${t}`", Prints("aa")),
        ("[\" a\", \"  \", \"b \"].map(|l| l.trim()).filter(|l| l != \"\").join(\"|\")", Prints("a|b")),
        ("\"Read: \" + \"a\\r\\nb\".replace(\"\\r\\n\", \", \")", Prints("Read: a, b")),
        ("let s = \"a-a\"; s.replace('-', \"+\") + s", Prints("a+aa+a")),
        ("\"a-\".replace(\"-\", '+') + \"b-\".replace('-', '+')", Prints("a+b+")),
        ("let s = \" -a \"; s.trim().replace(\"-\", \"\").to_upper()", Prints("A")),
    ]);
}

#[test]
fn for_each_gives_the_item_first() {
    check(&[
        ("let t = 0; [10, 20, 30].for_each(|x| t += x); t", Prints("60")),
        ("let t = \"\"; [\"a\", \"b\"].for_each(|x, i| t += `${i}${x}`); t", Prints("0a1b")),
        ("let a = [1, 2]; a.for_each(|| this *= 2); a.join(\" \")", Prints("2 4")),
        ("fn shout(x) { print(`${x}!`) }\n[1].for_each(shout)", Prints("1!")),
        ("const A = [1]; A.for_each(|x| x)", Hints("change a copy: `let t = A; t.for_each(..)`")),
    ]);
}

#[test]
fn nothing_is_no_part_of_a_text() {
    check(&[
        ("\"Read: \" + ()", Hints("one side is ()")),
        ("() + \" is read\"", Hints("one side is ()")),
        ("let s = \"Read: \"; s += (); s", Hints("one side is ()")),
        ("let m = #{}; \"Read: \" + m.get(\"text\")", Hints("give another value by `??`")),
        ("let m = #{}; \"Read: \" + (m.get(\"text\") ?? \"none\")", Prints("Read: none")),
        (
            "try { \"a\" + () } catch (e) { print(failure_of(e).message) }",
            Prints("there is no function `+ (string, ())`"),
        ),
        ("`Read: ${()}.`", Prints("Read: .")),
        ("[\"a\", (), \"b\"].join(\"-\")", Prints("a--b")),
    ]);
}

#[test]
fn functions_under_other_names() {
    check(&[
        ("let x = 1; str(x)", Hints("to_string()")),
        ("[\"1\"].map(parse_int)", Hints("`|x| parse_int(x)`")),
        ("int(\"1\")", Hints("parse_int")),
        ("float(\"1\")", Hints("parse_float")),
        ("\" a \".strip()", Hints("trim()")),
        ("\"a\".upper()", Hints("to_upper()")),
        ("\"a\".toLowerCase()", Hints("to_lower()")),
        ("\"a\".startswith(\"a\")", Hints("starts_with")),
        ("\"a\".endsWith(\"a\")", Hints("ends_with")),
        ("[1].includes(1)", Hints("contains")),
        ("let a = [1]; a.append(2)", Hints("push")),
        ("\",\".join([\"a\"])", Hints("the array comes first")),
        ("sorted([2, 1])", Hints("sort()")),
        ("enumerate([1])", Hints("for (x, i) in items")),
        ("#{a: 1}.items()", Hints("keys()")),
        ("isinstance(1, 2)", Hints("type_of")),
        ("type(1)", Hints("type_of")),
        ("sum([1, 2])", Prints("3")),
        ("sum(1, 2)", Hints("items.sum()")),
        ("\"12\".to_int()", Hints("parse_int(text)")),
        ("\"1.5\".to_float()", Hints("parse_float(text)")),
        ("for i, x in [1] { print(i) }", Hints("for (x, i) in items")),
        ("let x = 1.234; print(`${x:.2}`)", Hints("round first")),
        ("open(\"a.txt\")", Hints("read_file")),
        ("input(\"name?\")", Hints("ask_user")),
        ("println(\"a\")", Hints("print(value)")),
        ("eval(\"1\")", Hints("switched off")),
        ("final(1)", Hints("FINAL(value)")),
        ("\"abc\".substring(0, 1)", Hints("sub_string")),
        ("prnt(1)", Hints("did you mean `print`?")),
        ("let hits = 1; hist", Hints("did you mean `hits`?")),
        ("let hits = 1; let x = 1;\nswitch x {\n  1 => len(hist),\n  _ => 0\n}", Hints("did you mean `hits`?")),
        ("x = 1", Hints("let x")),
        ("args.n", Hints("rhizo run FILE NAME=VALUE")),
        ("import \"txet\" as text;", Hints("modules: chance, chunk")),
        ("tetx::trimmed(\"a\")", Hints("`text`")),
        ("llm_bacth([\"a\"])", Hints("did you mean `llm_batch`?")),
        ("llm(\"a\", #{rol: \"worker\"})", Hints("did you mean `role`?")),
        ("llm(42)", Hints("make a string of it")),
        ("context.chunks(\"a\")", Hints("takes other arguments")),
        ("context.lines().len()", Hints("`lines()` is already the number; `lines(1, n)` are the lines")),
        ("let a = $x + 1;", Hints("no sign in front")),
        ("let m = #{}; m[\"x\"] += 1", Hints("an absent key")),
        ("context[0..10]", Hints("context.part(0, 10)")),
        ("[1].length", Hints("len")),
        ("let m = #{a: 1}; m.len", Hints("map.len()")),
        ("\"ab\".repeat(3)", Hints("pad(length")),
        ("(0..3).collect()", Hints("to_array()")),
        ("list(\"abc\")", Hints("to_chars()")),
        ("dict()", Hints("a map is `#{}`")),
        ("tuple([1])", Hints("[a, b]")),
        ("any([true])", Hints("items.some(|x| x)")),
        ("\"{}\".format(1)", Hints("back-ticks")),
        ("let lists = [1]; list", Hints("did you mean `lists`?")),
        ("fn list(a) { a }\nlist(1, 2)", Hints("takes other arguments")),
        ("sleep(-1)", Hints("from 0 up")),
        ("sleep(-0.5)", Hints("from 0 up")),
        ("sleep(0.0 / 0.0)", Hints("from 0 up")),
    ]);
}

#[test]
fn methods_of_other_languages() {
    check(&[
        ("[1].forEach(|x| print(x))", Hints("items.for_each(|x| ..)")),
        ("[1].each(|x| print(x))", Hints("for x in items {")),
        ("(0..3).for_each(|x| print(x))", Hints("for i in 0..3 {")),
        ("\"1\".isdigit()", Hints("all(|c| c in \"0123456789\")")),
        ("\"12\".to_chars().all(|c| c in \"0123456789\")", Prints("true")),
        ("\"ab cd\".title()", Hints("w[0].to_upper() + w.sub_string(1)")),
        ("\"ab cd\".split().map(|w| w[0].to_upper() + w.sub_string(1)).join(\" \")", Prints("Ab Cd")),
        ("\" a\".lstrip()", Hints("text.trim()")),
        ("\"a\".index(\"a\")", Hints("x.index_of(y)")),
        ("let a = [1]; a.extend([2])", Hints("items.append(other)")),
        ("let m = #{a: 1}; m.update(#{b: 2})", Hints("map.mixin(other)")),
        ("let m = #{a: 1}; m.setdefault(\"b\", 2)", Hints("if !(\"key\" in map)")),
        ("[1].first()", Hints("items[0]")),
        ("[1].last", Hints("items[-1]")),
        ("[1, 1].unique()", Hints("own.dedup()")),
        ("[[1]].flatten()", Hints("items.reduce(|all, part| all + part, [])")),
        ("[[1], [2, 3]].reduce(|all, part| all + part, []).join(\"\")", Prints("123")),
        ("chr(65)", Hints("blob(1, 65).as_string()")),
        ("ord(\"A\")", Hints("`\"A\"[0].to_int()`")),
        ("\"A\"[0].to_int()", Prints("65")),
        ("\"abc\".to_upper", Hints("it is called: `x.to_upper(..)`")),
    ]);
}

#[test]
fn modules_of_other_languages() {
    check(&[
        ("import json; json.loads(\"{}\")", Hints("`parse_json(text)`")),
        ("json.loads(\"{}\")", Hints("`parse_json(text)`")),
        ("JSON.parse(\"{}\")", Hints("`parse_json(text)`")),
        ("re.findall(\"a\", \"b\")", Hints("context.grep(pattern)")),
        ("Math.sqrt(4)", Hints("`4.0.sqrt()`")),
        ("console.log(1)", Hints("print(value)")),
        ("pow(2, 3)", Hints("`2 ** 3`")),
        ("sqrt(4)", Hints("`4.0.sqrt()`")),
        ("`${4.0.sqrt()} ${4.to_float().sqrt()}`", Prints("2.0 2.0")),
        ("let x = await f();", Hints("every call waits by itself")),
        ("help llm", Hints("`.help` lists")),
        ("help()", Hints("`?llm` explains a name")),
    ]);
}

#[test]
fn a_short_name_with_another_first_letter_is_no_slip() {
    let program = Program::offline();
    for code in ["wow(1)", "let kid = 1; bid"] {
        program.args(["eval", code, "-q"]).run().code(1).does_not_say("did you mean");
    }
    program.args(["eval", "pirnt(1)", "-q"]).run().code(1).says("hint: did you mean `print`?");
}

#[test]
fn what_is_called_and_is_no_function() {
    check(&[
        ("let f = |x| x + 1; f(2)", Hints("`f.call(..)`")),
        ("let f = || 1; f()", Hints("`f.call()`")),
        ("fn twice(g, x) { g(g(x)) }\ntwice(|x| x + 1, 1)", Hints("`g.call(..)`")),
        ("let all = |items, each| each(items);\nall.call([1], |x| x)", Hints("`each.call(..)`")),
        ("let f = |x| x + 1; f.call(2)", Prints("3")),
        ("let first = 1; [first].first()", Hints("items[0]")),
        ("read_file(\"crlf.txt\")", Hints("`TOOL(\"read_file\", #{path: ..})`")),
        ("calculate(\"1+1\")", Hints("`TOOL(\"calculate\", #{expression: ..})`")),
    ]);
}

#[test]
fn values_of_another_kind_than_their_place_takes() {
    check(&[
        ("let d = {}; d[\"a\"] = 1;", Hints("an empty map is `#{}`")),
        ("let d = {}; d.a = 1;", Hints("an empty map is `#{}`")),
        ("let f = |x| x; f[0]", Hints("`f.call(x)`")),
        ("[1, 2, 3][0..2]", Hints("`items.extract(0..2)`")),
        ("[1, 2, 3].extract(0..2).join(\"\")", Prints("12")),
        ("1 or 2", Hints("`x ?? 2`")),
        ("let x = 5; if x { 1 }", Hints("n != 0")),
        ("not 5", Hints("n != 0")),
        ("(1, 2)", Hints("`[1, 2]`")),
        ("let pair = (1, 2); pair", Hints("an array stands for a tuple")),
    ]);
}

#[test]
fn known_functions_with_the_arguments_of_other_languages() {
    check(&[
        ("set([1, 1])", Hints("own.dedup()")),
        ("let items = [2, 1, 2]; items.sort(); items.dedup(); items.join(\" \")", Prints("1 2")),
        ("max([1, 2])", Prints("2")),
        ("let items = [1, 3, 2]; items.reduce(|a, b| max(a, b), items[0])", Prints("3")),
        ("min([1, 2])", Prints("1")),
        ("map(f, [1])", Hints("the array comes first")),
        ("map(|x| x + 1, [1])", Hints("the array comes first")),
        ("map([1], |x| x + 1).join(\"\")", Prints("2")),
        ("let xs = [1]; map(xs, |x| x + ys)", Hints("declare it first")),
        ("round(2.345, 2)", Hints("(x * 100.0).round() / 100.0")),
        ("let x = 2.346; (x * 100.0).round() / 100.0", Prints("2.35")),
        ("print(\"a\", 1)", Hints("print(`${a} ${b}`)")),
        ("\"a\" * 3", Hints("s.pad(length")),
        ("3 * \"a\"", Hints("s.pad(length")),
        ("let s = \"\"; s.pad(6, \"ab\"); s", Prints("ababab")),
        ("[0] * 3", Hints("items.pad(length, 0)")),
        ("let items = []; items.pad(2, 0); items.join(\" \")", Prints("0 0")),
        ("par_map(#{a: 1}, |key| key)", Hints("par_map(m.keys(), |key|")),
        ("par_map(\"a b\", |word| word)", Hints("par_map(text.split(")),
        ("par_map(context, |line| line)", Hints("par_map(context.chunks(4000, 0)")),
        ("context.contains(\"a\")", Hints("context.count(")),
        ("context.find(\"a\")", Hints("context.grep(pattern)")),
        ("context.split(\"a\")", Hints("context.chunks(")),
        ("context.slice(0)", Hints("context.slice(from, context.len)")),
        ("context.sub_string(0, 2)", Hints("context.slice(from, to)")),
        ("context.to_upper()", Hints("context.text()")),
        ("\"abc\".slice(1)", Hints("sub_string")),
    ]);
}

#[test]
fn statements_of_other_languages() {
    check(&[
        ("class A: pass", Hints("Rhai has no classes")),
        ("class A {}", Hints("Rhai has no classes")),
        ("assert 1 == 1", Hints("throw")),
        ("if true { pass }", Hints("an empty block is `{}`")),
        ("let m = #{a: 1}; del m", Hints("map.remove")),
        ("\"abc\"[0:2]", Hints("text[1..3]")),
        ("context[0:5]", Hints("context.slice(from, to)")),
        ("let (a, b) = (1, 2)", Hints("a `let` takes one name")),
        ("let a, b = 1, 2", Hints("a `let` takes one name")),
        ("let x: int = 5", Hints("Rhai declares no types")),
        ("fn f(a: int) { a }", Hints("Rhai declares no types")),
        ("match 1 { 1 => 2 }", Hints("switch x")),
        ("let x = match (1) { 1 => 2 };", Hints("switch x")),
        ("let a = 1; let b = 2; a <=> b", Hints("items.order(|a, b|")),
        ("[2, 1].sort(|a, b| b<=>a)", Hints("items.order(|a, b|")),
        ("1 <> 2", Hints("a != b")),
        ("\"\"\"hello\"\"\"", Hints("back-ticks")),
        ("fn f() { #{a: [\"\"\"hello\"\"\"]} }\nf()", Hints("back-ticks")),
        ("\"\"\"\"\"\"", Hints("back-ticks")),
        ("let s = \"\"\"one\ntwo\"\"\"; s", Hints("back-ticks")),
        ("\"\"\"a\"\" b\"", Prints("\"a\" b")),
        ("\"\\\"a\\\"\"", Prints("\"a\"")),
        ("`\"\"\"a\"\"\"`", Prints("\"\"\"a\"\"\"")),
        ("yield 5", Hints("a reserved word of Rhai")),
        ("\"\\u{e9}\"", Hints("`\\u00e9`")),
        ("\"\\u00e9 \\U0001f600\"", Prints("é 😀")),
        ("\"\\d+\"", Hints("a backslash is `\\\\`")),
        ("`\\d+`", Prints("\\d+")),
        ("let ä = 1;", Hints("names have the letters a to z")),
        ("“a”", Hints("straight double quotes")),
    ]);
    let deep = format!("{}1{}", "(".repeat(300), ")".repeat(300));
    check(&[(deep.as_str(), Hints("give its parts names"))]);
}

#[test]
fn statements_that_begin_like_those_of_rhai() {
    check(&[
        ("context.grep(r\"\\d+\")", Hints("`\"\\\\d+\"`")),
        ("let xs = [1]; for i, x in enumerate(xs) { print(x) }", Hints("for (x, i) in items")),
        ("let m = #{a: 1}; for k, v in m.items() { print(k) }", Hints("for k in m.keys()")),
        ("let xs = [1]; for x in xs { print(ys[0]) }", Hints("declare it first")),
        ("let xs = [f(y) for y in [1]];", Hints("comprehensions")),
        ("sum(x for x in [1])", Hints("comprehensions")),
        ("for (let i = 0; i < 3; i++) { print(i) }", Hints("`for i in 0..10 {")),
        ("x: int = 5", Hints("by `let`, without a type")),
        ("isinstance(1, int)", Hints("type_of(x)")),
        ("print(\"a\", end=\"\")", Hints("print takes one value")),
        ("llm(\"a\", role=\"worker\")", Hints("options are a map")),
        ("sorted([1], key=len)", Hints("options are a map")),
        ("let xs = [1]; print(*xs)", Hints("xs.join(")),
        ("let xs = [1]; [...xs, 2]", Hints("a + b")),
        ("try { 1 } except { 2 }", Hints("catch (e)")),
        ("let x = nme; // all except: one", Hints("declare it first")),
    ]);
}

#[test]
fn functions_of_modules_are_named() {
    check(&[
        ("text::trimed(\"a\")", Hints("did you mean `text::trimmed`?")),
        ("text::trimmed(1, 2, 3)", Hints("it takes other arguments: `text::trimmed(s)`")),
        ("import \"retry\" as r; r::qqqqqq()", Hints("`retry` has: ")),
        ("vote::majority", Hints("it is a function: `vote::majority(")),
        ("vote::qqqqqq", Hints("`vote` has: ")),
    ]);
}

#[test]
fn a_division_that_is_a_comment_is_told() {
    check(&[
        ("let m = 7; let q = m // 2;\nprint(q)", Hints("`//` begins a comment")),
        ("let m = 7; let n = 2; print(m // n)", Hints("`//` begins a comment")),
        ("print([1, 2].len() // 2) + 1", Hints("`//` begins a comment")),
    ]);
    let program = Program::offline();
    let note = "note: `//` begins a comment";
    for code in ["7 // 2", "let n = 2; 7 // n", "let q = 7 // 2;", "let x = 1;\n(x + 6) // 2"] {
        program.args(["eval", code]).run().ok().says(note);
    }
    for code in [
        "5 // five apples",
        "1 + 2 // 3",
        "print(1 + 2) // 3",
        "5 // 2 of them",
        "5 // 2: the second",
        "\"a // 2\"",
        "// 2",
        "let n = 2; n // two",
        "7 // 2\n+ 1",
    ] {
        program.args(["eval", code]).run().ok().does_not_say("begins a comment");
    }
}
