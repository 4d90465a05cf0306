//! Tools that wait for a person's leave where nobody is there: the question is open, is answered once, and the run goes on.

use super::{asked, holding, newest, newest_id};
use crate::support::program::Program;
use serde_json::{Value, json};

/// The open effects of a run.
fn open(program: &Program, id: &str) -> Value {
    program.args(["runs", "show", id, "--json"]).run().ok().json()["open"].clone()
}

fn kept(program: &Program) -> Option<String> {
    std::fs::read_to_string(program.project().join("kept.txt")).ok()
}

const CODE: &str = "let a = llm(\"a\");
let wrote = TOOL(\"write_file\", #{path: \"kept.txt\", text: a});
let more = ask_user(\"more?\");
a + more";

#[test]
fn leave_is_given_once_and_holds_for_every_resume() {
    let server = holding(usize::MAX);
    let program = Program::paying(&server).file("write.rhai", CODE);
    let ran = program.args(["run", "write.rhai"]).run().code(6);
    let id = newest_id(&program);
    let hint = format!("rhizo runs answer {id} root/e1 yes|no|always, then rhizo resume {id}");
    assert!(ran.stderr.contains("allow write_file") && ran.stderr.contains(&hint), "{}", ran.stderr);
    let waits = open(&program, &id)[0].clone();
    assert_eq!((&waits["kind"], &waits["tool"]), (&json!("person"), &json!("write_file")), "{waits:#}");
    assert_eq!(waits["args"], json!({"path": "kept.txt", "text": "A"}));
    let shown = program.args(["runs", "show", &id]).run().ok().stdout;
    let line = format!("rhizo runs answer {id} {} yes|no|always (allow write_file `", waits["seq"]);
    assert!(shown.contains(&line), "{shown}");
    // Nobody has answered yet.
    program.args(["resume", &id]).run().code(6).says("allow write_file");
    program.args(["runs", "answer", &id, "e1", "perhaps"]).run().code(1).says("choose one of: yes, no, always");
    program.args(["runs", "answer", &id, "e1", "yes"]).run().ok();
    assert_eq!(kept(&program), None, "only the run itself writes");
    program.args(["resume", &id]).run().code(6).says("more?").does_not_say("allow write_file");
    assert_eq!(kept(&program).as_deref(), Some("A"));
    std::fs::remove_file(program.project().join("kept.txt")).expect("it was there");
    program.args(["resume", &id]).run().code(6).says("more?").does_not_say("allow write_file");
    program.args(["runs", "answer", &id, "-", "!"]).run().ok();
    program.args(["resume", &id]).run().ok().prints("A!\n");
    assert_eq!(kept(&program), None, "what was written is not written again");
    assert_eq!(asked(&server), ["a"]);
    program.args(["replay", &id]).run().ok().prints("A!\n");
    assert_eq!(open(&program, &id), json!([]));
}

#[test]
fn a_refusal_is_the_one_of_a_person_at_a_terminal() {
    let program = Program::offline().file("write.rhai", "TOOL(\"write_file\", #{path: \"kept.txt\", text: \"b\"})");
    program.args(["run", "write.rhai"]).run().code(6);
    let id = newest_id(&program);
    program.args(["runs", "answer", &id, "-", "no"]).run().ok();
    for _ in 0..2 {
        program.args(["resume", &id]).run().code(1).says("the person did not allow write_file");
    }
    // What was said stays said, also if everything would be allowed by now.
    program.args(["resume", &id, "--approve", "auto"]).run().code(1).says("the person did not allow write_file");
    program.args(["replay", &id]).run().code(1).says("the person did not allow write_file");
    assert_eq!((kept(&program), newest(&program)["status"].clone()), (None, json!("failed")));
    let caught = "let said = \"\"; try { TOOL(\"write_file\", #{path: \"kept.txt\", text: \"b\"}) } catch (e) { said = e.kind } said";
    let program = Program::offline().file("write.rhai", caught);
    program.args(["run", "write.rhai"]).run().code(6);
    let id = newest_id(&program);
    program.args(["runs", "answer", &id, "e1", "no"]).run().ok();
    program.args(["resume", &id]).run().ok().prints("denied\n");
}

#[test]
fn always_answers_for_the_calls_that_follow() {
    let code = "for n in 0..3 { TOOL(\"write_file\", #{path: `f${n}.txt`, text: \"b\"}); } \"done\"";
    let program = Program::offline().file("write.rhai", code);
    program.args(["run", "write.rhai"]).run().code(6);
    let id = newest_id(&program);
    program.args(["runs", "answer", &id, "-", "always"]).run().ok();
    program.args(["resume", &id]).run().ok().prints("done\n");
    assert!(program.project().join("f2.txt").is_file());
}

#[test]
fn a_question_that_was_left_open_is_over_when_everything_is_allowed() {
    let program =
        Program::offline().file("write.rhai", "TOOL(\"write_file\", #{path: \"kept.txt\", text: \"b\"}); \"done\"");
    program.args(["run", "write.rhai"]).run().code(6);
    let id = newest_id(&program);
    program.args(["resume", &id, "--approve", "auto"]).run().ok().prints("done\n");
    assert_eq!((kept(&program).as_deref(), open(&program, &id)), (Some("b"), json!([])));
}

#[test]
fn a_step_that_calls_a_tool_waits_under_its_name() {
    let server = holding(usize::MAX);
    let flow = "outputs: {all: \"{{ after }}\"}\nsteps:\n  - draft: {llm: \"draft\"}\n  - write: {tool: write_file, args: {path: kept.txt, text: \"{{ draft }}\"}}\n  - after: {llm: \"after {{ write }}\"}\n";
    for (answer, code) in [("yes", 0), ("no", 1)] {
        let program = Program::paying(&server).file("flow.yaml", flow);
        program.args(["run", "flow.yaml"]).run().code(6).says("allow write_file");
        let id = newest_id(&program);
        assert_eq!(
            (&newest(&program)["status"], open(&program, &id)[0]["tool"].as_str()),
            (&json!("waiting"), Some("write_file"))
        );
        program.args(["runs", "answer", &id, "write", answer]).run().ok();
        let ran = program.args(["resume", &id]).run().code(code);
        assert_eq!(ran.stderr.contains("the person did not allow write_file"), code == 1, "{}", ran.stderr);
        assert_eq!(kept(&program).as_deref(), (code == 0).then_some("DRAFT"));
        program.args(["resume", &id]).run().code(code).does_not_say("allow write_file `");
    }
    let begun: Vec<bool> = asked(&server).iter().map(|text| text == "draft").collect();
    assert_eq!(begun, [true, false, true], "what comes after a refused step is not asked");
}

#[test]
fn leave_for_the_files_of_a_pipeline_that_a_script_calls() {
    let flow =
        "outputs: {all: note.said}\nsteps:\n  - note: {set: {said: '\"b\"'}, products: {\"note.said\": kept.txt}}\n";
    let program = Program::offline().file("flow.yaml", flow).file("call.rhai", "PIPELINE(\"flow.yaml\"); \"done\"");
    program.args(["run", "call.rhai"]).run().code(6).says("allow write_file");
    let id = newest_id(&program);
    program.args(["runs", "answer", &id, "-", "yes"]).run().ok();
    program.args(["resume", &id]).run().ok().prints("done\n");
    assert!(program.project().join("output/kept.txt").is_file());
}

#[test]
fn what_is_too_long_to_be_read_is_not_asked_about() {
    let call = |bytes: usize| {
        format!("let line = \": \"; line.pad({bytes}, \"x\"); TOOL(\"run_command\", #{{command: line}}).status")
    };
    let program = Program::offline();
    let refusal = "run_command is not allowed: a person would have to read 12001 bytes";
    program.args(["eval", &call(12_001)]).run().code(1).says(refusal).does_not_say("allow run_command `");
    program.args(["eval", &call(12_001), "--approve", "auto"]).run().ok().prints("0\n");
    let whole = format!("allow run_command `: {}`?", "x".repeat(11_998));
    program.args(["eval", &call(12_000)]).run().code(6).says(&whole);
    let shown = program.args(["runs", "show", "last"]).run().ok().stdout;
    assert!(shown.contains(&format!("yes|no|always ({whole})")), "{shown}");
}

#[test]
fn what_was_too_long_to_be_read_stays_refused_where_the_program_went_on() {
    let tried = "let line = \": \"; line.pad(12001, \"x\");
let said = \"\"; try { said = `${TOOL(\"run_command\", #{command: line}).status}` } catch (e) { said = e.kind }\n";
    let program = Program::offline().file("long.rhai", format!("{tried}said + ask_user(\"more?\")"));
    program.args(["run", "long.rhai"]).run().code(6).says("more?");
    let id = newest_id(&program);
    assert_eq!(open(&program, &id).as_array().map(Vec::len), Some(1), "nobody was asked about the call");
    program.args(["runs", "answer", &id, "-", "!"]).run().ok();
    program.args(["resume", &id, "--approve", "auto"]).run().ok().prints("denied!\n");
    program.args(["replay", &id]).run().ok().prints("denied!\n");
    // A run that went no further tries again, and may by now.
    let program = Program::offline().file("long.rhai", format!("{tried}if said == \"denied\" {{ throw said }} said"));
    program.args(["run", "long.rhai"]).run().code(1);
    let id = newest_id(&program);
    program.args(["resume", &id]).run().code(1).says("denied");
    program.args(["resume", &id, "--approve", "auto"]).run().ok().prints("0\n");
}

#[test]
fn the_path_of_a_file_is_shown_whole_however_long_its_text_is() {
    let code = "let path = \"\"; path.pad(3000, \"./\"); let text = \"\"; text.pad(20000, \"y\");
TOOL(\"write_file\", #{path: path + \"kept.txt\", text: text})";
    let shown = format!("allow write_file `{{\"path\":\"{}kept.txt\",\"text\":\"yyy", "./".repeat(1_500));
    Program::offline().args(["eval", code]).run().code(6).says(&shown).says(" of 20002 bytes left out] ");
}

#[test]
fn a_run_that_kept_a_program_goes_on_with_it() {
    let code = "save_script(#{name: \"mine\", source: \"1\", summary: \"One.\"}); SCRIPT(\"mine\").to_string() + ask_user(\"more?\")";
    let program = Program::offline().file("keep.rhai", code);
    program.args(["run", "keep.rhai", "--approve", "auto"]).run().code(6).says("more?");
    let id = newest_id(&program);
    program.args(["runs", "answer", &id, "-", "!"]).run().ok();
    program.args(["resume", &id, "--approve", "auto"]).run().ok().prints("1!\n");
}

#[test]
fn nobody_is_asked_about_a_write_that_would_fail() {
    let program = Program::offline().file("o.txt", "old");
    let write = |path: &str, mode: &str, approve: &str| {
        let code = format!("TOOL(\"write_file\", #{{path: \"{path}\", text: \"new\", mode: \"{mode}\"}})");
        program.args(["eval", &code, "--approve", approve]).run()
    };
    let ran = write("o.txt", "create", "ask").code(1).says("`o.txt` exists already");
    ran.says("hint: use mode \"overwrite\" or \"append\"").does_not_say("allow write_file");
    write("../o.txt", "overwrite", "ask").code(1).says("outside of the workspace").does_not_say("allow write_file");
    write("deep/o.txt", "create", "ask").code(6).says("allow write_file");
    assert!(!program.project().join("deep").exists(), "whoever looks ahead makes nothing");
    write("o.txt", "append", "ask").code(6).says("allow write_file");
    write("o.txt", "create", "never").code(1).says("write_file is not allowed");
    // What is there already needs no other mode.
    std::fs::write(program.project().join("o.txt"), "new").expect("a file");
    write("o.txt", "create", "ask").code(6).says("allow write_file");
}

#[test]
fn what_would_have_failed_stays_so_in_a_run_that_goes_on_and_equal_calls_are_told_apart() {
    let code = "let said = []; for n in 0..2 {
    try { TOOL(\"write_file\", #{path: \"kept.txt\", text: \"b\"}); said.push(\"wrote\") } catch (e) { said.push(e.message) }
    ask_user(\"more?\");
}
said.join(\", \")";
    let program = Program::offline().file("kept.txt", "a").file("write.rhai", code);
    program.args(["run", "write.rhai"]).run().code(6).says("more?").does_not_say("allow write_file");
    let id = newest_id(&program);
    assert_eq!(open(&program, &id).as_array().map(Vec::len), Some(1), "nobody was asked about the call");
    std::fs::remove_file(program.project().join("kept.txt")).expect("it was there");
    for (asks, answer) in [("allow write_file", "!"), ("more?", "yes")] {
        program.args(["runs", "answer", &id, "-", answer]).run().ok();
        program.args(["resume", &id]).run().code(6).says(asks);
    }
    assert_eq!(kept(&program).as_deref(), Some("b"));
    program.args(["runs", "answer", &id, "-", "!"]).run().ok();
    for again in ["resume", "replay"] {
        program.args([again, &id]).run().ok().prints("`kept.txt` exists already, wrote\n");
    }
}
