//! Pipelines from scripts, as tools, and what a script hears of them.

use crate::support::chat::{ChatServer, Reply};
use crate::support::program::Program;
use serde_json::json;

const DOUBLE: &str = "\
description: Doubles a number.
inputs: {n: {type: integer, description: the number}}
steps: {two: {set: {v: inputs.n * 2}}}
outputs: {v: two.v}
";

#[test]
fn a_script_runs_a_pipeline() {
    let program = Program::offline().file("sub/double.yaml", DOUBLE);
    program.args(["eval", "PIPELINE(\"sub/double.yaml\", #{n: 4}).v"]).run().ok().prints("8\n");
    program.args(["eval", "PIPELINE(\"sub/double.yaml\")"]).run().code(1).says("needs the input `n`");
    program.args(["eval", "PIPELINE(\"../double.yaml\")"]).run().code(1).says("outside of the workspace");
    program.args(["eval", "PIPELINE(\"dubble\")"]).run().code(1).says("there is no pipeline `dubble`");
}

#[test]
fn a_failed_step_is_a_failure_of_the_script_that_it_can_catch() {
    let text = "steps: {a: {tool: calculate, args: {expression: 1 / 0}}}\n";
    let program = Program::offline().file("bad.yaml", text);
    let code = "let told = \"\"; try { PIPELINE(\"bad.yaml\") } catch (e) { told = `${e.kind} of ${e.step}`; } told";
    program.args(["eval", code]).run().ok().prints("invalid of a\n");
}

/// A pipeline that asks and then runs a program, and that program, which runs another pipeline.
fn calling(program: Program, from: &str, to: &str) -> Program {
    let flow = format!("steps: {{a: {{llm: go}}, b: {{script: to_{to}, args: {{}}, dependencies: [a]}}}}\n");
    let script = format!("//! +++\n//! summary = \"Goes on.\"\n//! +++\nPIPELINE(\"{to}.yaml\")\n");
    program.file(&format!("{from}.yaml"), flow).file(&format!("scripts/to_{to}.rhai"), script)
}

#[test]
fn pipelines_call_each_other_through_scripts_as_deep_as_by_themselves() {
    let server = ChatServer::new(|_| Reply::text("fine"));
    let way = ["p", "q", "r", "s", "t", "u", "v"];
    let program = way.windows(2).fold(Program::served_by(&server), |program, two| calling(program, two[0], two[1]));
    for args in [["run", "p.yaml"], ["eval", "PIPELINE(\"p.yaml\")"]] {
        let before = server.asks().len();
        program.args(args).run().code(5).says("pipelines call each other deeper than 5");
        assert_eq!(server.asks().len() - before, 5, "{args:?}");
    }
}

#[test]
fn a_pipeline_that_a_program_runs_within_itself_begins_once() {
    let server = ChatServer::new(|_| Reply::text("fine"));
    let program = calling(calling(Program::served_by(&server), "p", "q"), "q", "p");
    for (args, way, places) in [
        (["run", "p.yaml"], "p.yaml -> q.yaml -> p.yaml", 1),
        (["run", "./q.yaml"], "q.yaml -> p.yaml -> q.yaml", 1),
        (["eval", "PIPELINE(\"p.yaml\")"], "p.yaml -> q.yaml -> p.yaml", 2),
    ] {
        let before = server.asks().len();
        let ran = program.args(args).run().code(5);
        let ran = ran.says(&format!("pipelines call each other without an end: {way}"));
        assert_eq!(server.asks().len() - before, 2, "{args:?}");
        // Each place is shown once: that in the program, and that in what was typed.
        assert_eq!(ran.stderr.matches("| PIPELINE(").count(), places, "{}", ran.stderr);
    }
    // One after the other is no circle, and neither is one beside the other.
    let program = program.file("q.yaml", "steps: {a: {llm: go}}\n");
    let both = "PIPELINE(\"p.yaml\"); par_map([1, 2], |n| PIPELINE(\"p.yaml\")).len()";
    program.args(["eval", both]).run().ok().prints("2\n");
}

#[test]
fn a_pipeline_of_the_project_is_a_tool() {
    let program =
        Program::offline().file("pipelines/double.yaml", DOUBLE).file("pipelines/broken.yaml", "steps: {a: {st: 1}}\n");
    program.args(["eval", "TOOL(\"double\", #{n: 21}).v"]).run().ok().prints("42\n");
    program.args(["eval", "PIPELINE(\"double\", #{n: 3}).v"]).run().ok().prints("6\n");
    program.args(["tools", "call", "double", "{\"n\": 5}"]).run().ok().prints("{\n  \"v\": 10\n}\n");
    program.args(["tools", "call", "double", "{\"m\": 5}"]).run().code(1);
    program.args(["eval", "TOOL(\"broken\", #{})"]).run().code(1).says("broken.yaml").says("st");
    let shown = program.args(["tools", "show", "double", "--json"]).run().ok().json();
    assert_eq!(shown["summary"], "Doubles a number.");
    assert_eq!(shown["parameters"]["properties"]["n"]["description"], "the number");
}

#[test]
fn files_of_a_pipeline_that_a_script_starts_are_asked_for() {
    let text = "output_dir: out\nsteps: {a: {set: {t: '\"x\"'}, products: {a.t: a.txt}}}\n";
    let program = Program::offline().file("p.yaml", text);
    program.args(["eval", "PIPELINE(\"p.yaml\")"]).run().code(6);
    assert!(!program.project().join("out/a.txt").exists());
    program.args(["eval", "PIPELINE(\"p.yaml\")", "--approve", "auto"]).run().ok();
    assert!(program.project().join("out/a.txt").exists());
}

#[test]
fn a_script_hears_of_the_steps() {
    let text = "steps: {all: {each: {in: [1, 2], max_parallel: 1, steps: {a: {set: {v: item}}}}}}\n";
    let code = "\
let seen = [];
on_event(|e| if e.event == \"step_finished\" { seen.push(`${e.step}${e.key ?? \"\"}:${e.outcome}`) });
PIPELINE(\"p.yaml\");
seen
";
    let program =
        Program::offline().file("p.yaml", text).file("s.rhai", code.replace("e.key ?? ", "e.get(\"key\") ?? "));
    let document = program.args(["run", "s.rhai", "--json"]).run().ok().json();
    assert_eq!(document["answer"], json!(["a0:ok", "a1:ok", "all:ok"]));
}

#[test]
fn who_hears_asks_nobody() {
    let server = ChatServer::new(|_| Reply::text("fine"));
    let program = Program::served_by(&server);
    let code = "on_event(|e| llm(\"what?\")); llm(\"go\")";
    program.args(["eval", code]).run().ok().prints("fine\n").says("hears no more: on_event only looks");
    assert_eq!(server.asks().len(), 1);
    let code = "on_event(|e| { par_map([1, 2], |n| n + 1); }); llm(\"go\")";
    program.args(["eval", code]).run().ok().prints("fine\n");
}

#[test]
fn branches_of_who_hears_ask_nobody_either() {
    let refused = "on_event only looks: effects are not possible in its closure";
    for (work, told) in [
        ("par_map([1], |n| llm(`inner`))[0]", refused),
        ("par_map([1], |n| par_map([n], |m| llm(`inner`))[0])[0]", refused),
        // That it is given up is told to the script, and to no log.
        ("par_map([1], |n| throw #{kind: `tool`, message: `no`})[0]", "no"),
        ("par_map([1, 2], |n| #{message: `${n}`})[1]", "2"),
    ] {
        let server = ChatServer::new(|_| Reply::text("fine"));
        let code = format!(
            "let told = []; on_event(|e| if e.event == \"model_finished\" {{ let slot = {work}; told.push(slot.message); }});
            par_map([1, 2], |n| n); llm(\"outer\"); told[0]"
        );
        let program = Program::paying(&server).file("look.rhai", code);
        let ran = program.args(["run", "look.rhai"]).run().ok().prints(&format!("{told}\n"));
        ran.does_not_say("hears no more");
        assert_eq!(server.asks().len(), 1, "{work}");
        let log = program.args(["runs", "export", "last"]).run().ok().json()["effects"].clone();
        let frames: Vec<&str> = log.as_array().expect("effects").iter().filter_map(|e| e["frame"].as_str()).collect();
        assert!(!frames.is_empty() && frames.iter().all(|frame| !frame.contains("par[")), "{work}: {frames:?}");
    }
}

#[test]
fn who_hears_ends_nothing() {
    let server = ChatServer::new(|_| Reply::text("fine"));
    let program = Program::served_by(&server);
    for code in ["on_event(|e| { exit(5); }); llm(\"go\")", "on_event(|e| { par_map([1], |n| exit(n)); }); llm(\"go\")"]
    {
        let ran = program.args(["eval", code]).run().ok().prints("fine\n").does_not_say("exit value");
        ran.says(
            "hears no more: on_event only looks: `exit` is not possible in its closure; keep what it saw in a variable",
        );
    }
}

#[test]
fn a_closure_that_fails_hears_no_more_and_loses_no_answer() {
    let server = ChatServer::new(|_| Reply::text("fine"));
    let program = Program::paying(&server).file("look.rhai", LOOKS);
    let ran = program.args(["run", "look.rhai"]).run().ok().prints("2 fine 0\n");
    let ran = ran.says("note: a closure of on_event failed (line 2, column ");
    assert_eq!(ran.stderr.matches("hears no more").count(), 1, "{}", ran.stderr);
    program.args(["replay", "last"]).run().ok().prints("2 fine 0\n");
    assert_eq!(server.asks().len(), 3);
    let typed = "on_event(|e| print(e.nope));\nlet b = llm_batch([\"one\", \"two\"]);\nb.len() + llm(\"go\").len()\n";
    program.args([]).stdin(typed).run().ok().prints("6\n").says("hears no more");
}

/// Answers what was answered after a closure has failed, and how many events that one heard before.
const LOOKS: &str = "\
let heard = 0;
on_event(|e| { print(e.nope); heard += 1; });
let b = llm_batch([\"one\", \"two\"]);
`${b.len()} ${llm(\"go\")} ${heard}`
";
