//! Tables of answers, each with its blocks or what is said of it; what runs is shown in `tests/turn/code.rs`.

use super::{Block, Treatment, blocks, is_bare_code, said, stray};

fn check(answer: &str, expect: &[(&str, &str, bool)]) {
    let expect: Vec<Block> = expect
        .iter()
        .map(|(tag, code, closed)| Block { tag: (*tag).to_owned(), code: (*code).to_owned(), closed: *closed })
        .collect();
    assert_eq!(blocks(answer), expect, "{answer}");
}

#[test]
fn fences_of_every_form_are_found() {
    check("no code", &[]);
    check("a\n```rhai\nlet x = 1;\n```\nb", &[("rhai", "let x = 1;\n", true)]);
    check("```\nx\n```\n~~~repl\ny\n~~~", &[("", "x\n", true), ("repl", "y\n", true)]);
    check("````rhai\nlet t = `\n```\n`;\n````", &[("rhai", "let t = `\n```\n`;\n", true)]);
    check("```Python title=\"a\"\nx", &[("python", "x\n", false)]);
    check("  ```rhai\n  x\n  ```", &[("rhai", "  x\n", true)]);
}

#[test]
fn code_on_the_line_of_its_fence_is_found() {
    check("```rhai f(1)```", &[("rhai", "f(1)\n", true)]);
    check("```rhai f(`a`)\nx\n```", &[("rhai", "f(`a`)\nx\n", true)]);
    check("```rhai let s=\"a\"\nx\n```", &[("rhai", "let s=\"a\"\nx\n", true)]);
    check("```rhai x\n```", &[("rhai", "x\n", true)]);
    check("```x``` and\n```` `x` ````\n```rhai``` are text\n```\ny\n```", &[("", "y\n", true)]);
    check("```FINAL(1 + 2)```", &[("", "FINAL(1 + 2)\n", true)]);
    for begun in ["for x in list {", "if done {", "loop {", "import \"vote\" as v"] {
        check(&format!("```rhai {begun}\nx\n```"), &[("rhai", &format!("{begun}\nx\n"), true)]);
    }
    for attributes in [" title=\"a b\"", ",ignore", " {.lines #a}", " linenums file=src/a.rhai"] {
        check(&format!("```rhai{attributes}\nx\n```"), &[("rhai", "x\n", true)]);
    }
}

#[test]
fn a_fence_behind_code_closes_and_one_in_a_text_or_comment_does_not() {
    check("```rhai\nx```\nb", &[("rhai", "x", true)]);
    check("```rhai f(`a\nb`)```\nc", &[("rhai", "f(`a\nb`)", true)]);
    check("```rhai\n`a````\nb", &[("rhai", "`a`", true)]);
    check("~~~rhai\nx~~~\nb", &[("rhai", "x", true)]);
    check("```rhai\n`a```\nb\n```", &[("rhai", "`a```\nb\n", true)]);
    check("```rhai\n// ```\nb\n```", &[("rhai", "// ```\nb\n", true)]);
    check("````rhai\nx```\n````", &[("rhai", "x```\n", true)]);
}

#[test]
fn drafts_in_thoughts_are_not_said() {
    for (answer, expect) in [
        ("<think>\n```rhai\na\n```\n</think>\n```rhai\nb\n```", "```rhai\nb\n```"),
        ("a draft\n```\na\n```\n</think>\nb", "b"),
        ("<think>a</think>\n```rhai\nsplit(\"</think>\")\n```", "```rhai\nsplit(\"</think>\")\n```"),
        ("<think>\n```rhai\na\n```", ""),
        ("<think>\n```\nhalf a draft</think>\n```rhai\nFINAL(1)\n```", "```rhai\nFINAL(1)\n```"),
        ("<think>\n```\na</think>\n```\nsplit(\"</think>\")\n```", "```\nsplit(\"</think>\")\n```"),
        ("```rhai\na\n```", "```rhai\na\n```"),
        ("a draft\n```a```\n</think>\nb", "b"),
    ] {
        assert_eq!(said(answer), expect, "{answer}");
    }
}

#[test]
fn tags_decide() {
    for (tag, treatment) in [("rhai", Treatment::Run), ("python", Treatment::RunIfRhai), ("json", Treatment::Skip)] {
        let block = Block { tag: tag.to_owned(), code: String::new(), closed: true };
        assert_eq!(block.treatment(), treatment);
    }
}

#[test]
fn code_outside_a_block_is_noticed() {
    for answer in ["So:\nFINAL(\"x\")", "```FINAL(\"x\")``` it is", "So: ```rhai f(1)```", "So: ```rhai"] {
        assert!(stray(answer).is_some(), "{answer}");
    }
    for block in ["```a```", "```FINAL(\"x\")```", "Write ```rhai before it.", "In ```rhai``` it is"] {
        assert_eq!(stray(&format!("{block}\n```rhai\nFINAL(\"x\")\n```")), None, "{block}");
    }
    assert!(is_bare_code("FINAL(\"x\")"));
    assert!(!is_bare_code("I call FINAL(\"x\")"));
}
