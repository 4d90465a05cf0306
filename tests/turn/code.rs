//! Which part of an answer is code: run, or reported back as not run and why.

use crate::support::chat::{ChatServer, Reply};
use crate::support::program::Program;

/// What the first answer comes to.
enum Expect {
    /// The run ends with it.
    Ends(&'static str),
    /// The next request says this.
    Told(&'static str),
}

use Expect::{Ends, Told};

/// Thirteen variables.
const MANY: &str = "```rhai\nlet a = 1; let b = 1; let c = 1; let d = 1; let e = 1; let f = 1; let g = 1;\n\
    let h = 1; let i = 1; let j = 1; let k = 1; let l = 1; let m = 1;\n```";

#[track_caller]
fn check(reply: &'static str, expect: &Expect) {
    let server =
        ChatServer::new(move |ask| if ask.turn() == 1 { Reply::text(reply) } else { Reply::code("FINAL(\"later\")") });
    let ran = Program::served_by(&server).args(["ask", "q", "--recursive", "-q"]).run().ok();
    match expect {
        Ends(answer) => {
            assert_eq!(ran.stdout, format!("{answer}\n"), "{reply}");
            assert_eq!(server.asks().len(), 1, "{reply}");
        }
        Told(part) => {
            assert_eq!(ran.stdout, "later\n", "{reply}");
            let told = server.asks()[1].last();
            assert!(told.contains(part), "no {part:?} after {reply:?}:\n{told}");
        }
    }
}

#[test]
fn fences_of_every_kind_run() {
    for reply in [
        "```rhai\nFINAL(1)\n```",
        "```Rhai\nFINAL(1)\n```\n",
        "```repl\nFINAL(1)\n```",
        "```rust\nFINAL(1)\n```",
        "```python\nFINAL(1)\n```",
        "```javascript\nFINAL(1)\n```",
        "```tool_code\nFINAL(1)\n```",
        "```\nFINAL(1)\n```",
        "~~~rhai\nFINAL(1)\n~~~",
        "````rhai\n/*\n```\n*/\nFINAL(1)\n````",
        "  ```rhai\n  FINAL(1)\n  ```",
        "```rhai title=\"a\"\nFINAL(1)\n```",
        "```rhai FINAL(1)```",
        "```rhai FINAL(1)```, and no more.",
        "```python FINAL(1)```",
        "~~~rhai FINAL(1)~~~",
        "```rhai FINAL(1)\n```",
        "```rhai let x = 1;\nFINAL(x)\n```",
        "```rhai let x = `1`;\nFINAL(x)\n```",
        "```rhai let x = 1;```\nThen:\n```rhai\nFINAL(x)\n```",
        "```FINAL(1)```",
        "So:\n```FINAL(\"1\" + \"\")```\nThat is all.",
        "```rhai\nFINAL(1)```\nThat is all.",
        "```\nFINAL(1)```\nThat is all.",
        "~~~rhai\nFINAL(1)~~~\nThat is all.",
        "```rhai\nFINAL(`1`)```\nThat is all.",
        "```rhai\nlet t = `a\nb`; FINAL(t.len - 2)```\nThat is all.",
        "```rhai\nlet x = 1;```\nThen:\n```rhai\nFINAL(x)```\nThat is all.",
        "```json\n{}```\n```rhai\nFINAL(1)\n```",
        "```rhai\nlet x = 1; // not a fence: ```\nFINAL(x)\n```",
        "```context``` is short.\n```rhai\nFINAL(1)\n```",
        "A draft:\n```FINAL(2)```\n</think>\n```rhai\nFINAL(1)\n```",
        "```rhai\nFINAL(1)",
        "First.\n```rhai\nlet x = 1;\n```\nThen.\n```rhai\nFINAL(x)\n```",
        "FINAL(1)",
        "print(\"bare\");\nFINAL(1)",
        "```rhai\nfn f() { 1 }\n```\n```rhai\nFINAL(f())\n```",
        "```\nlet x = 1;\n```\nThen:\n```\nFINAL(x)\n```",
        "```python\nlet x = 1;\n```\n```py\nlet y = x;\n```\n```rhai\nFINAL(y)\n```",
        "```\nFINAL(text::trimmed(\" 1 \"))\n```",
        "FINAL(text::trimmed(\" 1 \"))",
        "<think>\n```rhai\nFINAL(\"draft\")\n```\n</think>\n```rhai\nFINAL(1)\n```",
        "FINAL(\"draft\")\n</think>\nFINAL(1)",
        "```rhai\nFINAL(\"a</think>b\".split(\"</think>\").len() - 1)\n```",
    ] {
        check(reply, &Ends("1"));
    }
}

#[test]
fn what_is_not_run_is_told() {
    for (reply, part) in [
        ("I do not know.", "not run: there was no code block in the answer"),
        ("", "not run: there was no code block in the answer"),
        ("<think>\n```rhai\nFINAL(\"draft\")\n```", "not run: there was no code block in the answer"),
        ("So:\nFINAL(\"x\")", "FINAL stands outside of a code block"),
        ("```FINAL(\"x\")``` it is.", "write ```rhai before it, at the start of a line"),
        ("Done: ```rhai FINAL(\"x\")```", "code in a fence amid a line of text is not run"),
        ("See: ```rhai\nprint(\"x\")\n```", "code in a fence amid a line of text is not run"),
        ("```A quotation, and nothing else.```", "block 1 (untagged) is not Rhai"),
        ("```rhai\nprint(\"ran\")```\nFINAL(1)", "FINAL stands outside of a code block"),
        ("```context``` is short.\n```rhai\nprint(\"ran\")\n```\nFINAL(1)", "FINAL stands outside of a code block"),
        ("```rhai let x = ;\nFINAL(1)\n```", "syntax error"),
        ("```rhai print(\"first\");\nprint(\"second\")\n```", "first\nsecond"),
        ("```json {\"a\": 1}\n```", "block 1 is tagged `json`"),
        ("```json\n{\"a\": 1}\n```", "block 1 is tagged `json`; only ```rhai blocks run"),
        ("```bash\nls\n```", "block 1 is tagged `bash`"),
        ("```\nA quotation, and nothing else.\n```", "block 1 (untagged) is not Rhai"),
        ("```python\ndef f(x):\n    return x\n```", "block 1 (`python`) is not Rhai"),
        ("```python\ndef f(x):\n    return x\n```", "hint: Rhai defines functions"),
        ("```\nlet x = 1;\n```\n```\nFINAL(y)\n```", "block 2 (untagged) is not Rhai: there is no variable `y`"),
        ("```rhai\nthrow 1\n```\n```\nA quotation.\n```", "not run: an earlier block failed"),
        ("```rhai\nlet x = ;\n```", "syntax error"),
        ("```rhai\nlet x = ;\n```\n```rhai\nFINAL(1)\n```", "not run: an earlier block failed"),
        ("```json\n{}\n```\n```rhai\nprint(\"ran\")\n```", "ran"),
        ("```rhai\nprint(\"ran\")\n```\nFINAL(\"x\")", "FINAL stands outside of a code block"),
        ("```rhai\n1 + 1\n```", "out(1) = 2"),
        ("```rhai\nlet x = [1, 2];\n```", "x: array of 2"),
        ("```rhai\nlet x = 1;\n```", "new variables:"),
        ("```rhai\n()\n```", "(no output)"),
        (MANY, "  l: int 1\n  and m\n"),
        ("```rhai\n?TOOL\n```", "TOOL(name, #{..arguments})\nTOOL(name)\n  Calls a tool"),
        ("```\n?text::slug\n??grep\n```", "context.grep(pattern, max)"),
        ("```rhai\n?calculate\n```", "TOOL(\"calculate\", #{..})\n{\"name\":\"calculate\""),
        ("```rhai\nfn f(a, b) { a }\n```\n```rhai\n?f\n```", "f(a, b)"),
        ("```rhai\n?llm_bacth\n```", "nothing here is named `llm_bacth`; did you mean `llm_batch`?"),
        (
            "```rhai\nTOOL(\"calculate\", \"1+1\")\n```",
            "takes other arguments: `TOOL(name, #{..arguments})` or `TOOL(name)`",
        ),
    ] {
        check(reply, &Told(part));
    }
}

#[test]
fn a_silent_answer_goes_back_with_a_word() {
    let server = ChatServer::new(|ask| if ask.turn() == 1 { Reply::text(" ") } else { Reply::code("FINAL(1)") });
    Program::served_by(&server).args(["ask", "q", "--recursive"]).run().ok().prints("1\n");
    let messages = server.asks()[1].messages();
    assert!(messages.iter().all(|(_, text)| !text.trim().is_empty()), "some servers refuse it: {messages:#?}");
}

#[test]
fn code_that_was_cut_is_not_run() {
    let server = ChatServer::new(|ask| match ask.turn() {
        1 => Reply::cut("```rhai\nFINAL(\"half"),
        2 => Reply::cut("I begin with a long sentence"),
        _ => Reply::code("FINAL(\"whole\")"),
    });
    Program::served_by(&server).args(["ask", "q", "--recursive"]).run().ok().prints("whole\n");
    let asks = server.asks();
    assert!(asks[1].last().contains("was cut by the token limit; write less at once"), "{}", asks[1].last());
    assert!(asks[2].last().contains("cut by the token limit before any code"), "{}", asks[2].last());
}

#[test]
fn long_output_is_cut_in_the_middle_and_kept_in_full() {
    let turns = &["for i in 0..5000 { print(`row ${i}`) }", "let all = out(1);\nFINAL(all.len)"];
    let server = ChatServer::root(turns, "");
    let program = Program::served_by(&server);
    let expect: usize = (0..5_000).map(|i| format!("row {i}\n").len()).sum();
    program.args(["ask", "q", "--recursive"]).run().ok().prints(&format!("{expect}\n"));
    let told = server.asks()[1].last();
    assert!(told.len() < 6_000, "{} bytes", told.len());
    for part in ["row 0\n", "row 4999\n", "bytes left out; out(1) has all of it"] {
        assert!(told.contains(part), "no {part:?} in\n{told}");
    }
}

#[test]
fn cuts_do_not_split_characters() {
    let server = ChatServer::root(
        &["let s = \"\"; for i in 0..3000 { s += \"日本語é\"; } print(s); s", "FINAL(out(1) == out(2) + \"\\n\")"],
        "",
    );
    Program::served_by(&server).args(["ask", "q", "--recursive"]).run().ok();
    let told = server.asks()[1].last();
    assert!(!told.contains('\u{fffd}') && told.contains("left out"), "{told}");
}
