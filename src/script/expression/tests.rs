//! Expressions as tables: what they answer, what they read, and why they are refused.

use super::{Compiler, Constant};
use crate::script::captures;
use serde_json::{Map, Value, json};

fn values() -> Map<String, Value> {
    let all = json!({
        "inputs": {"n": 3, "name": "Ada", "list": [1, 2, 3], "half": 0.5},
        "draft": {"text": "long", "score": 0.4, "tags": ["a", "b"]},
        "gone": null,
    });
    all.as_object().cloned().unwrap_or_default()
}

const NAMES: &[&str] = &["inputs", "draft", "gone"];

/// All that an expression can call: each answers by what it is given alone.
const PURE: &str = "E PI abs acos acosh all append as_string asin asinh atan atanh bits blob bytes call ceiling \
    chars chop clear contains cos cosh count_by crop curry dedup drain end ends_with error_of exit \
    exp extract failure_of fill_with filter find find_map floor for_each fraction get \
    get_bit get_bits get_fn_metadata_list group_by hypot index_of insert int is_anonymous is_def_var \
    is_empty is_even is_exclusive is_finite is_inclusive is_infinite is_nan is_odd is_shared \
    is_zero join json_text keys len ln log make_lower make_upper map max mean min mixin name \
    order order_by order_desc pad parse_be_float parse_be_int parse_float parse_int \
    parse_json parse_le_float parse_le_int pop push python_float python_int python_item \
    python_json python_round python_slice python_text python_truth range reduce reduce_rev \
    remove replace retain reverse round set set_bit set_bits set_tag shift sign sin sinh \
    some sort sort_by sort_desc splice split split_rev sqrt start starts_with sub_string sum tag \
    take tan tanh to_array to_binary to_blob to_chars to_debug to_degrees to_float to_hex \
    to_int to_json to_lower to_octal to_radians to_string to_upper trim truncate type_of \
    values write_ascii write_be write_le write_utf8 zip";

fn answer(source: &str) -> Result<Value, String> {
    let compiled = Compiler::new().compile(source, NAMES).map_err(|failure| format!("compile: {failure}"))?;
    compiled.evaluate(&values()).map_err(|failure| failure.to_string())
}

#[test]
fn answers() {
    for (source, expected) in [
        ("1 + 2", json!(3)),
        ("inputs.n * 2", json!(6)),
        ("`${inputs.name} is ${draft.text}`", json!("Ada is long")),
        ("draft.score < 0.8 and inputs.n > 1", json!(true)),
        ("not (draft.score < 0.8) or None == gone", json!(true)),
        ("gone?.field", json!(null)),
        ("gone == ()", json!(true)),
        ("gone ?? 7", json!(7)),
        ("inputs.list.filter(|x| x > 1).map(|x| x * inputs.n)", json!([6, 9])),
        ("draft.keys().map(|k| draft[k].to_string().len()).len()", json!(3)),
        ("let n = 0; for x in inputs.list.map(|x| x + inputs.n) { n += x; } n", json!(15)),
        ("if inputs.n > 2 { \"many\" } else { \"few\" }", json!("many")),
        ("let all = 0; for x in inputs.list { all += x; } all", json!(6)),
        ("#{a: inputs.n, b: [draft.tags.len()]}", json!({"a": 3, "b": [2]})),
        ("json_text(draft.tags)", json!("[\"a\",\"b\"]")),
        ("parse_json(\"{\\\"a\\\": 1}\").a", json!(1)),
        ("draft[\"score\"]", json!(0.4)),
        ("len(draft.tags)", json!(2)),
        ("inputs.half == 0.5", json!(true)),
        ("\"text\" in draft", json!(true)),
        ("draft", json!({"text": "long", "score": 0.4, "tags": ["a", "b"]})),
        ("1 /* one */ + 1 // two", json!(2)),
        ("\"/* no comment\"", json!("/* no comment")),
        ("#{return: 1, throw: \"throw\"}.return", json!(1)),
        ("inputs.list.sum() + inputs.list.max() * inputs.list.mean()", json!(12.0)),
        ("inputs.list.group_by(|x| x > 1)[\"true\"] + inputs.list.order_by(|x| -x)", json!([2, 3, 3, 2, 1])),
        ("inputs.list.get(-1) + inputs.list.extract(1..).len() + inputs.list.extract(0, 2).len()", json!(7)),
        ("inputs.list.extract(-2) + inputs.list.extract(0..=0) + [inputs.list.get(3)]", json!([2, 3, 1, null])),
        ("inputs.list.order_desc() + draft.tags.order(|a, b| a > b)", json!([3, 2, 1, "b", "a"])),
        ("inputs.list.filter(|x| x == inputs.list.get(0)).sort()", json!(null)),
        ("let own = inputs.name; own.trim(); own.replace(\"a\", \"o\"); own", json!("Ado")),
        ("let f = |a| a * 2; f.call(inputs.n)", json!(6)),
        ("let n = 1; try { n = gone.n } catch { n = 0 } n", json!(0)),
        ("let at = [\"a \"]; at[gone ?? 0].trim()", json!("a")),
    ] {
        assert_eq!(answer(source), Ok(expected), "{source}");
    }
}

#[test]
fn a_deep_value_overflows_no_stack() {
    let (open, close) = ("[".repeat(4), "]".repeat(4));
    let nested = format!("let f = 0; for i in 0..12000 {{ let g = {open}f{close}; f = |y| g; }} true");
    assert_eq!(answer(&nested), Ok(json!(true)));
}

#[test]
fn a_value_in_scope_is_not_changed() {
    for source in ["inputs = 1", "draft.score = 1.0; draft.score"] {
        let answer = answer(source);
        assert!(answer.is_err(), "{source}: {answer:?}");
    }
    let (compiler, values) = (Compiler::new(), values());
    let compile = |source: &str| compiler.compile(source, NAMES).expect("an expression");
    let (grow, read) = (compile("let own = inputs.list; own.push(4); own.len()"), compile("inputs.list.len()"));
    assert_eq!(grow.evaluate(&values), Ok(json!(4)));
    assert_eq!(read.evaluate(&values), Ok(json!(3)), "what one does to its copy, no other sees");
}

#[test]
fn refusals() {
    for (source, message) in [
        ("drft.score", "there is no variable `drft`\nhint: did you mean `draft`?"),
        ("draft.score +", "syntax error"),
        ("draft.score == \"high\"", "there is no function `== (float, string)`"),
        ("draft.missing", "the map has no field `missing`"),
        ("gone.field", "has no property `field`"),
        ("llm(\"what\")", "there is no function `llm` in an expression"),
        ("timestamp().elapsed", "there is no function `timestamp` in an expression\nhint: the clock is read by a step"),
        ("now()", "there is no function `now` in an expression\nhint: the clock is read by a step"),
        ("inputs.list.map(|x| sleep(x))", "there is no function `sleep` in an expression\nhint: a pause is a step"),
        ("inputs.n.sleep()", "there is no function `sleep` in an expression\nhint: a pause is a step"),
        ("draft.tags.lenn()", "there is no function `lenn` in an expression\nhint: did you mean `len`?"),
        ("inputs.name.sub_string()", "compile: `sub_string` takes 1 or 2 arguments, not 0"),
        ("sub_string(inputs.name)", "compile: `sub_string` takes 2 or 3 arguments, not 1"),
        ("[1].filter(|x| x > 1, 2)", "compile: `filter` takes 1 argument, not 2"),
        ("import \"json\" as json; 1", "syntax error"),
        ("fn f() { 1 } f()", "syntax error"),
        ("eval(\"1\")", "syntax error"),
        ("return inputs.n", "hint: the value of an expression is that of its last part"),
        ("inputs.list.map(|x| { return x; })", "hint: the value of an expression is that of its last part"),
        ("gone ?? throw \"no\"", "hint: what ends a pipeline is a step"),
        ("if inputs.n > 2 { throw \"no\" }", "hint: what ends a pipeline is a step"),
        ("inputs.name.trim()", "hint: change a copy: `let own = inputs.name; own.trim(); own`"),
        ("inputs?.name.replace(\"a\", \"b\")", "`let own = inputs.name; own.replace(..); own`"),
        ("draft.tags[0].crop(1)", "`crop` changes what it is called on, and `draft.tags[..]` is a constant"),
        ("[1].map(|x| inputs.list.pop())", "`let own = inputs.list; own.pop()`"),
        ("inputs.list.for_each(|x| x)", "`for_each` changes what it is called on"),
        ("draft.score = 1.0; draft", "change a copy: `let own = draft; own.score = ..; own`"),
        ("let draft = 1; draft", "`draft` is the name of a value already"),
        ("for inputs in [1] { inputs }", "`inputs` is the name of a value already"),
        ("inputs.list.map(|draft| draft + 1)", "`draft` is the name of a value already"),
        ("1 /* one", "the comment is not closed\nhint: it ends with `*/`"),
        ("loop { }", "the script took too many steps"),
        ("let x = \"ab\"; loop { x += x; }", "would grow beyond"),
    ] {
        let answer = answer(source).expect_err(source);
        assert!(answer.contains(message), "{source}: {answer}");
    }
}

#[test]
fn nothing_that_an_expression_calls_reaches_out_of_it() {
    let compiler = Compiler::new();
    let is_word = |name: &str| name.chars().all(|c| c.is_ascii_alphanumeric() || c == '_');
    let words = compiler.functions.names().map(String::as_str).filter(|name| is_word(name));
    let unknown: Vec<&str> = words.filter(|name| !PURE.split_whitespace().any(|pure| pure == *name)).collect();
    assert!(unknown.is_empty(), "a run that goes on must have the same from them again: {unknown:?}");
}

#[test]
fn what_changes_a_value_is_a_function_that_there_is() {
    let compiler = Compiler::new();
    for name in captures::CHANGES {
        assert!(compiler.functions.names().any(|known| known == name), "{name}");
    }
}

#[test]
fn functions_take_what_they_take() {
    for source in [
        "inputs.name.sub_string(1) + sub_string(inputs.name, 0, 1)",
        "inputs.list.map(|x| x + draft.score * inputs.n)",
        "draft?.tags?.join(\", \")",
        "type_of(draft) + draft.type_of()",
        "json_text(draft, 2).split().len()",
        "range(0, 6, 2)",
        // The function of a field takes what it takes, whatever others of its name do.
        "#{max: |a, b, c| a + b + c}.max(1, 2, 3)",
    ] {
        let compiled = Compiler::new().compile(source, NAMES);
        assert!(compiled.is_ok(), "{source}: {compiled:?}");
    }
}

#[test]
fn what_is_read() {
    let compiler = Compiler::new();
    for (source, expected) in [
        ("1", vec![]),
        ("draft", vec!["1:1 draft"]),
        ("draft.score", vec!["1:1 draft.score"]),
        ("draft?.score", vec!["1:1 draft.score?"]),
        ("draft.tags[0].x", vec!["1:1 draft.tags"]),
        ("draft[\"score\"] + inputs.n", vec!["1:1 draft.score", "1:18 inputs.n"]),
        ("draft.a[\"b\"].c", vec!["1:1 draft.a.b.c"]),
        ("draft[\"a\"][\"b\"]", vec!["1:1 draft.a.b"]),
        ("draft.text.len()", vec!["1:1 draft.text"]),
        ("draft.text.contains(inputs.name)", vec!["1:1 draft.text", "1:21 inputs.name"]),
        ("inputs.list[draft.score]", vec!["1:1 inputs.list", "1:13 draft.score"]),
        ("`a ${draft.text} b`", vec!["1:6 draft.text"]),
        ("true && draft.ok || gone", vec!["1:9 draft.ok", "1:21 gone"]),
        ("if draft.ok { 1 } else {\n gone }", vec!["1:4 draft.ok", "2:2 gone"]),
        ("inputs.list.map(|x| x + draft.score)", vec!["1:1 inputs.list", "1:25 draft.score"]),
        ("#{draft: 1}.draft", vec![]),
    ] {
        let compiled = compiler.compile(source, NAMES).unwrap_or_else(|failure| panic!("{source}: {failure}"));
        let told = compiled.references().iter().map(|r| {
            format!("{}:{} {}{}", r.line, r.column, r.path.join("."), if r.optional.contains(&1) { "?" } else { "" })
        });
        assert_eq!(told.collect::<Vec<_>>(), expected, "{source}");
    }
}

#[test]
fn questions() {
    let compiler = Compiler::new();
    for (source, expected) in [
        ("draft != ()", vec!["!draft != ()"]),
        ("() == draft.text", vec!["!draft.text == ()"]),
        ("if draft.text==()||gone==() { 1 }", vec!["draft.text == ()", "gone == ()"]),
        ("draft.kind == \"a b\" and inputs.n > 1", vec!["!draft.kind == \"a b\""]),
        ("draft != () && (gone != () || inputs.n > 1)", vec!["!draft != ()", "gone != ()"]),
        ("!(draft != ())", vec!["!draft == ()"]),
        ("!(draft == () || gone != ())", vec!["draft == ()", "gone != ()"]),
        ("type_of(draft) != \"()\" && \"map\" == type_of(gone)", vec!["!draft != ()", "!gone == .."]),
        ("draft.score == 1 || !(draft.ok == true)", vec!["draft.score == ..", "draft.ok != .."]),
        ("let n = draft != (); n", vec!["draft != ()"]),
        ("switch draft.kind { \"a\" => 1, _ => 0 }", vec!["draft.kind == .."]),
        ("if type_of(draft) != \"()\" { 1 }", vec!["draft != ()"]),
        ("\"draft != ()\"", vec![]),
        ("draft.text.len() == ()", vec![]),
        ("draft[inputs.n] == ()", vec![]),
        ("inputs[\"list\"] != () // gone == ()", vec!["!inputs.list != ()"]),
    ] {
        let compiled = compiler.compile(source, NAMES).unwrap_or_else(|failure| panic!("{source}: {failure}"));
        let told = compiled.questions().iter().map(|q| {
            let (must, sign) = (if q.demanded { "!" } else { "" }, if q.equal { "==" } else { "!=" });
            let with = match &q.with {
                Constant::Text(text) => format!("{text:?}"),
                Constant::Nothing => "()".to_owned(),
                Constant::Other => "..".to_owned(),
            };
            format!("{must}{} {sign} {with}", q.path.join("."))
        });
        assert_eq!(told.collect::<Vec<_>>(), expected, "{source}");
    }
}

#[test]
fn the_one_value_that_is_all() {
    let compile = |source: &str| Compiler::new().compile(source, NAMES).expect("an expression");
    for (source, path) in [
        ("draft", Some("draft")),
        (" draft . score ", Some("draft.score")),
        ("draft[\"tags\"]", Some("draft.tags")),
        ("draft.tags[0]", None),
        ("draft.text.len()", None),
        ("draft.score + 1", None),
        ("draft; gone", None),
    ] {
        assert_eq!(compile(source).sole().map(|path| path.join(".")).as_deref(), path, "{source}");
    }
    assert!(compile("draft.score>1").says_the_same(&compile("draft.score > 1 // enough")));
    assert!(!compile("draft.text == \"a b\"").says_the_same(&compile("draft.text == \"ab\"")));
}

#[test]
fn what_is_handed_on() {
    let compiler = Compiler::new();
    for (source, expected) in [
        ("draft", vec!["draft"]),
        (" draft . score ", vec!["draft.score"]),
        ("draft?.score", vec!["draft.score"]),
        ("draft?.text.len()", vec!["draft.text"]),
        ("draft?[0]", vec!["draft"]),
        ("draft ?? inputs.name ?? gone", vec!["gone"]),
        ("gone ?? \"none\"", vec![]),
        ("if draft.ok { inputs.n } else if gone == () { draft } else { 1 }", vec!["inputs.n", "draft"]),
        ("let n = draft; { (gone) }", vec!["gone"]),
        ("draft.text.len()", vec![]),
        ("draft[0]", vec![]),
        ("draft.score + 1", vec![]),
        ("[draft]", vec![]),
        ("`${draft}`", vec![]),
    ] {
        let compiled = compiler.compile(source, NAMES).unwrap_or_else(|failure| panic!("{source}: {failure}"));
        let handed = compiled.references().iter().filter(|read| compiled.hands_on(read));
        assert_eq!(handed.map(|read| read.path.join(".")).collect::<Vec<_>>(), expected, "{source}");
    }
}

#[test]
fn equal_text_is_an_equal_expression() {
    let compiler = Compiler::new();
    let compile = |source: &str| compiler.compile(source, NAMES).expect("an expression");
    assert_eq!(compile("draft.score"), compile("draft.score"));
    assert_ne!(compile("draft.score"), compile("draft.text"));
    assert_eq!(compile("1 + 1").source(), "1 + 1");
}
