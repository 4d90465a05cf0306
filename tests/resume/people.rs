//! Runs that wait for a person: a question nobody answered, and a tool of which nobody knows whether it has written.

use super::{asked, holding, newest, newest_id, wait_until_written};
use crate::support::chat::{Ask, ChatServer, Reply};
use crate::support::program::Program;
use serde_json::json;

#[test]
fn a_question_waits_until_it_is_answered() {
    let server = holding(usize::MAX);
    let code = "let name = llm(\"n\"); let said = ask_user(\"go on?\", [\"yes\", \"no\"]); if said == \"yes\" { llm(\"m\") } else { \"left\" }";
    let program = Program::paying(&server).file("ask.rhai", code);
    program.args(["run", "ask.rhai"]).run().code(6);
    let row = newest(&program);
    assert_eq!(row["status"], "waiting");
    let id = newest_id(&program);
    let shown = program.args(["runs", "show", &id]).run().ok().stdout;
    assert!(shown.contains("person at root/e1: rhizo runs answer"), "{shown}");
    program.args(["resume", &id]).run().code(6);
    program.args(["runs", "answer", &id, "e1", "perhaps"]).run().code(1).says("choose one of: yes, no");
    program.args(["runs", "answer", &id, "e1", "no"]).run().ok();
    program.args(["resume", &id, "--dry-run"]).run().ok();
    program.args(["runs", "answer", &id, "-", "perhaps"]).run().code(1).says("choose one of: yes, no");
    let anew = program.args(["runs", "answer", &id, "e1", "yes"]).run().ok().stdout;
    assert!(anew.contains(" is answered anew, in place of the word before; rhizo resume "), "{anew}");
    program.args(["resume", &id]).run().ok().prints("M\n");
    let used = program.args(["runs", "answer", &id, "e1", "no"]).run().code(1).says("has no open question");
    used.says("the run has gone on with it").says(&format!("`rhizo runs fork {id} --at "));
    assert_eq!(asked(&server), ["n", "m"]);
}

#[test]
fn of_several_answers_that_can_be_given_anew_each_is_named() {
    let code = "par_map([1, 2], |n| ask_user(`go ${n}?`))";
    let program = Program::offline().file("ask.rhai", code);
    program.args(["run", "ask.rhai"]).run().code(6);
    for at in ["par[0]", "par[1]"] {
        program.args(["runs", "answer", "last", at, "yes"]).run().ok();
    }
    let told = program.args(["runs", "answer", "last", "-", "no"]).run().code(1).says("these can be answered anew: ");
    told.says("(root/e1/par[0])").says("(root/e1/par[1])");
    program.args(["runs", "answer", "last", "par[1]", "no"]).run().ok();
    program.args(["resume", "last"]).run().ok().prints("[\n  \"yes\",\n  \"no\"\n]\n");
    let nothing = Program::offline();
    nothing.args(["eval", "1"]).run().ok();
    nothing.args(["runs", "answer", "last", "x", "yes"]).run().code(1).says("also in its child runs");
}

#[test]
fn what_is_open_in_an_item_is_called_as_it_is_shown() {
    let steps = "steps: {e: {each: {in: {p: 1, q/r: 2}, steps: {o: {ask: 'go {{ key }}?'}}}}}\n";
    let program = Program::offline().file("ask.yaml", steps);
    program.args(["run", "ask.yaml"]).run().code(6);
    assert!(program.args(["runs", "show", "last"]).run().ok().stdout.contains("? o [q/r] waits"));
    program.args(["runs", "answer", "last", "o", "yes"]).run().code(1).says("more than one open question");
    let only = program.args(["runs", "answer", "last", "-", "yes"]).run().code(1);
    only.says(" has more than one open question\n").says("hint: there are: ");
    program.args(["runs", "answer", "last", "o[q/r]", "no"]).run().ok();
    program.args(["runs", "answer", "last", "o [p]", "yes"]).run().ok();
    program.args(["resume", "last"]).run().ok().prints("{\n  \"p\": \"yes\",\n  \"q/r\": \"no\"\n}\n");
}

#[test]
fn a_number_is_that_of_an_effect_also_where_items_are_numbered() {
    let steps = "steps: {e: {each: {in: [u, v, w, x, y, z], steps: {q: {ask: 'go {{ item }}?'}}}}}\n";
    let program = Program::offline().file("ask.yaml", steps);
    program.args(["run", "ask.yaml"]).run().code(6);
    let shown = program.args(["runs", "show", "last", "--json"]).run().ok().json();
    let open = shown["open"].as_array().expect("a list");
    assert_eq!(open.len(), 6, "{shown:#}");
    let named: Vec<(String, &str)> =
        open.iter().map(|effect| (effect["seq"].to_string(), effect["frame"].as_str().expect("a frame"))).collect();
    for (times, (seq, frame)) in named.iter().enumerate() {
        let answer = vec!["runs", "answer", "last", seq, frame];
        let first = if times == 0 { vec!["runs", "settle", "last", seq, "set", frame] } else { answer.clone() };
        program.list(&first).run().ok();
        // Until a process has gone on with it, another word takes its place.
        let anew = program.list(&answer).run().ok().stdout;
        assert!(anew.starts_with(&format!("effect {seq} of run ")) && anew.contains("answered anew"), "{anew}");
    }
    program.args(["runs", "answer", "last", "q[4]", "by its item"]).run().ok();
    let ran = program.args(["resume", "last", "--json"]).run().ok().json();
    let expected =
        |item: usize| if item == 4 { "by its item".to_owned() } else { format!("root/step:e/item:{item}/step:q") };
    assert_eq!(ran["answer"], json!((0..6).map(expected).collect::<Vec<_>>()), "{ran:#}");
    program.args(["runs", "answer", "last", "4", "too late"]).run().code(1).says("has no open question `4`");
}

#[test]
fn a_hint_is_safe_to_paste_into_a_shell() {
    let program = Program::offline()
        .file("ask.yaml", "steps: {e: {each: {in: ['$(touch a)'], key: item, steps: {q: {ask: 'sure?'}}}}}\n")
        .file(
            "do.yaml",
            "steps: {e: {each: {in: ['$(b)'], key: item, steps: {w: {tool: run_command, args: {command: ls}}}}}}\n",
        );
    let frame = "root/step:e/item:$(touch a)/step:q";
    program.args(["run", "ask.yaml"]).run().code(6).says(&format!(" '{frame}' VALUE, then rhizo resume "));
    program.args(["runs", "answer", "last", frame, "yes"]).run().ok();
    let leave = program.args(["run", "do.yaml"]).run().code(6);
    leave.says(" 'root/step:e/item:$(b)/step:w' yes|no|always, then rhizo resume ");
}

#[test]
fn steps_of_a_called_pipeline_are_told_with_the_item_that_calls_it() {
    let program = Program::offline()
        .file("inner.yaml", "steps: {pre: {set: {v: '1'}}, sure: {ask: 'sure?'}}\n")
        .file("p.yaml", "steps: {all: {each: {in: {a: 1, b: 2}, steps: {sub: {pipeline: inner.yaml}}}}}\n");
    program.args(["run", "p.yaml"]).run().code(6).says("✓ pre [a]").says("✓ pre [b]");
    program.args(["runs", "answer", "last", "sure[a]", "yes"]).run().ok();
    program.args(["runs", "answer", "last", "sure [b]", "no"]).run().ok();
    program.args(["resume", "last"]).run().ok().prints("{\n  \"a\": \"yes\",\n  \"b\": \"no\"\n}\n");
}

#[test]
fn of_a_tool_that_was_at_work_a_person_is_told_what_it_was_given() {
    let command = "echo once >> written; echo at work; sleep 600";
    let steps = format!("{{w: {{tool: run_command, args: {{command: '{command}'}}}}}}");
    let program =
        Program::offline().file("do.yaml", format!("steps: {{e: {{each: {{in: {{a: 1}}, steps: {steps}}}}}}}\n"));
    let running = program.args(["run", "do.yaml", "--approve", "auto"]).start();
    wait_until_written(&program, "once\n");
    running.kill();
    running.end();
    let shown = program.args(["runs", "show", "last"]).run().ok().stdout;
    assert!(shown.contains(&format!("(run_command {{\"command\":\"{command}\"}})\n")), "{shown}");
    let open = program.args(["runs", "show", "last", "--json"]).run().ok().json()["open"][0].clone();
    assert_eq!((&open["tool"], &open["args"]), (&json!("run_command"), &json!({"command": command})), "{open:#}");
    program.args(["runs", "settle", "last", "w[a]", "set", "{\"status\": 0}"]).run().ok();
    program.args(["resume", "last", "--approve", "auto"]).run().ok();
    assert_eq!(std::fs::read_to_string(program.project().join("written")).expect("a file"), "once\n");
}

/// A run that was killed while a tool that writes was at work.
fn killed_in_a_tool() -> (Program, String) {
    let code = "let said = TOOL(\"run_command\", #{command: \"echo once >> written; echo at work; sleep 600\"}); `said ${said}`";
    let program = super::killed_in_a_tool(code);
    let id = newest_id(&program);
    (program, id)
}

#[test]
fn a_tool_that_writes_is_never_repeated_unasked() {
    let (program, id) = killed_in_a_tool();
    let ran = program.args(["resume", &id, "--approve", "auto"]).run().code(6);
    assert!(ran.stderr.contains("may or may not have done its work"), "{}", ran.stderr);
    let shown = program.args(["runs", "show", &id, "--json"]).run().ok().json();
    let seq = shown["open"][0]["seq"].as_u64().expect("a number").to_string();
    assert_eq!(shown["open"][0]["kind"], "tool");
    let plan = program.args(["resume", &id, "--dry-run", "--approve", "auto"]).run().ok().stdout;
    let waits = format!("waits: tool at root/e1: run_command; rhizo runs settle {id} {seq} rerun|skip|set VALUE\n");
    assert!(plan.contains(" · 0 again · 1 waits for a word · ") && plan.contains(&waits), "{plan}");
    program.args(["runs", "settle", &id, &seq, "set", "\"by hand\""]).run().ok();
    program.args(["resume", &id, "--approve", "auto"]).run().ok().prints("said by hand\n");
    let written = std::fs::read_to_string(program.project().join("written")).expect("a file");
    assert_eq!(written, "once\n");
}

#[test]
fn a_person_may_let_it_be_repeated_or_passed_over() {
    let (program, id) = killed_in_a_tool();
    program.args(["runs", "settle", &id, "e1", "skip"]).run().ok();
    program.args(["resume", &id, "--approve", "auto"]).run().ok().prints("said \n");
    let (program, id) = killed_in_a_tool();
    program.args(["runs", "settle", &id, "e1", "rerun"]).run().ok();
    let again = program.args(["resume", &id, "--approve", "auto"]).start();
    wait_until_written(&program, "once\nonce\n");
    again.kill();
    again.end();
}

#[test]
fn a_call_that_was_under_way_is_settled_at_its_price() {
    let server = holding(1);
    let program =
        Program::paying(&server).file("two.rhai", "llm(\"a\", #{max_tokens: 100}) + llm(\"b\", #{max_tokens: 100})");
    let running = program.args(["run", "two.rhai"]).start();
    server.wait_for(2);
    running.kill();
    running.end();
    let id = newest_id(&program);
    let open = program.args(["runs", "show", &id, "--json"]).run().ok().json()["open"][0].clone();
    assert!(open["worst_cost_usd"].as_f64().expect("a number") > 1e-7, "{open:#}");
    program.args(["runs", "settle", &id, "e1", "set", "x"]).run().code(1).says("is a model call");
    program.args(["runs", "settle", &id, "e1", "cost", "0.00000005"]).run().ok();
    let document = program.args(["resume", &id, "--json"]).run().ok().json();
    // Two answers at 30 nano-USD and the settled 50.
    assert_eq!(document["cost_usd"], json!(110.0 / 1e9), "{document:#}");
}

/// How many of the requests were made by a root with this task.
fn roots(server: &ChatServer, task: &str) -> usize {
    server.asks().iter().filter(|ask| is_root(ask, task)).count()
}

fn is_root(ask: &Ask, task: &str) -> bool {
    ask.is_root() && ask.messages()[1].1.starts_with(&format!("# Task\n{task}\n"))
}

#[test]
fn a_root_that_asks_waits_like_a_script() {
    let server = ChatServer::new(|ask| match ask.turn() {
        1 => Reply::code("print(\"begun\");\nlet said = ask_user(\"which one?\");\nprint(said)"),
        _ => Reply::code("TOOL(\"write_file\", #{path: \"kept.txt\", text: said});\nFINAL(\"it is \" + said)"),
    });
    let program = Program::paying(&server);
    let ran = program.args(["ask", "choose", "--recursive"]).run().code(6);
    let id = newest_id(&program);
    assert_eq!((ran.stdout.as_str(), newest(&program)["status"].clone()), ("", json!("waiting")));
    assert!(ran.stderr.contains("nobody is there to answer: which one?"), "{}", ran.stderr);
    assert_eq!(roots(&server, "choose"), 1, "the model is not asked to do without an answer");
    program.args(["runs", "answer", &id, "-", "the left"]).run().ok();
    // The second turn asks for leave; nothing of the first is asked again.
    program.args(["resume", &id]).run().code(6).says("allow write_file");
    program.args(["runs", "answer", &id, "-", "yes"]).run().ok();
    program.args(["resume", &id]).run().ok().prints("it is the left\n");
    assert_eq!(roots(&server, "choose"), 2);
    assert_eq!(std::fs::read_to_string(program.project().join("kept.txt")).expect("a file"), "the left");
    program.args(["replay", &id]).run().ok().prints("it is the left\n");
}

#[test]
fn a_child_that_asks_holds_up_its_parent() {
    let server = ChatServer::new(|ask| match (is_root(ask, "parent"), ask.turn()) {
        (true, 1) => Reply::code("print(context.head(5));\nlet found = rlm(\"child\", context);\nfound"),
        (true, _) => Reply::code("FINAL(found + \"!\")"),
        (false, _) => Reply::code("print(context.head(5));\nlet said = ask_user(\"which one?\");\nFINAL(said)"),
    });
    let lines: String = (0..20_000).map(|n| format!("line {n} says little\n")).collect();
    let program = Program::paying(&server).file("a.log", lines);
    let ran = program.args(["ask", "parent", "-c", "a.log"]).run().code(6).says("which one?");
    let all = program.args(["runs", "list", "--all", "--json"]).run().ok().json();
    let rows = all.as_array().expect("rows");
    assert!(rows.len() == 2 && rows.iter().all(|row| row["status"] == "waiting"), "{all:#}");
    let child = rows.iter().find(|row| row["kind"] == "child").and_then(|row| row["id"].as_str()).expect("a child");
    let parent = rows.iter().find(|row| row["kind"] != "child").and_then(|row| row["id"].as_str()).expect("a parent");
    ran.says(&format!("rhizo runs answer {child} ")).says(&format!(" VALUE, then rhizo resume {parent}\n"));
    let none = program.args(["runs", "answer", parent, "-", "the right"]).run().code(1);
    none.says(" has no open question\n").says("lists what is open, also in its child runs");
    for words in [&["resume", child][..], &["replay", child], &["runs", "fork", child]] {
        program.list(words).run().code(1).says(&format!("hint: name that one: {parent}\n"));
    }
    let told = program.args(["runs", "answer", child, "-", "the right"]).run().ok().stdout;
    assert!(told.ends_with(&format!(" of run {child} is answered; rhizo resume {parent}\n")), "{told}");
    program.args(["resume", parent]).run().ok().prints("the right!\n");
    assert_eq!((roots(&server, "parent"), roots(&server, "child")), (2, 1));
}

#[test]
fn children_beside_one_that_asks_go_on_to_their_end() {
    let server = ChatServer::new(|ask| match (is_root(ask, "parent"), is_root(ask, "a"), ask.turn()) {
        (true, _, 1) => {
            Reply::code("print(context.head(5));\nlet both = rlm_batch([[\"a\", context], [\"b\", context]]);\nboth")
        }
        (true, ..) => Reply::code("FINAL(both)"),
        (_, true, _) => Reply::code("print(context.head(5));\nFINAL(ask_user(\"which one?\"))"),
        (_, _, 1) => Reply::code("print(context.head(5))"),
        (_, _, _) => Reply::code("FINAL(\"found\")"),
    });
    let lines: String = (0..20_000).map(|n| format!("line {n} says little\n")).collect();
    let program = Program::paying(&server).file("a.log", lines);
    program.args(["ask", "parent", "-c", "a.log"]).run().code(6).says("which one?");
    assert_eq!(roots(&server, "b"), 2, "the other child came to its end");
    let all = program.args(["runs", "list", "--all", "--json"]).run().ok().json();
    let id = |task: &str| {
        let row = all.as_array().into_iter().flatten().find(|row| row["task"] == task);
        row.and_then(|row| row["id"].as_str()).expect("a run").to_owned()
    };
    program.args(["runs", "answer", &id("a"), "-", "the right"]).run().ok();
    program.args(["resume", &id("parent")]).run().ok().prints("[\n  \"the right\",\n  \"found\"\n]\n");
    assert_eq!((roots(&server, "a"), roots(&server, "b")), (1, 2));
}

/// Steps of which one waits for a person, and what a model is asked once there is an answer.
const WAITING: &[(&str, &str)] = &[
    ("ok: {ask: 'sure?'}, after: {always: true, llm: 'told {{ ok ?? \"nothing\" }}'}", "told yes"),
    ("ok: {ask: 'sure?', on_failure: continue}, after: {llm: 'told {{ outcomes.ok }}'}", "told ok"),
    ("ok: {ask: 'sure?'}, after: {llm: told, condition: 'outcomes.ok != \"failed\"'}", "told"),
    ("ok: {ask: 'sure?', on_success: end}, after: {llm: told, always: true}", "told"),
    ("ok: {ask: 'sure?'}, next: {set: {v: ok}}, after: {llm: 'told {{ outcomes.next }}', always: true}", "told ok"),
    ("sub: {pipeline: inner.yaml}, after: {llm: 'told {{ outcomes.sub }}', always: true}", "told ok"),
    ("all: {each: {in: [1], steps: {ok: {ask: 'sure?'}, after: {llm: 'told {{ outcomes.ok }}'}}}}", "told ok"),
];

#[test]
fn what_always_runs_or_asks_what_became_of_a_step_waits_with_it() {
    for (steps, told) in WAITING {
        let server = holding(usize::MAX);
        let program = Program::paying(&server).file("inner.yaml", "steps: {ok: {ask: 'sure?'}}\n");
        let program = program.file("p.yaml", format!("steps: {{{steps}}}\n"));
        let twin = program.args(["pipeline", "explain", "p.yaml", "--rhai"]).run().ok().stdout;
        let program = program.file("twin.rhai", twin);
        for (times, file) in ["p.yaml", "twin.rhai"].into_iter().enumerate() {
            program.args(["run", file]).run().code(6);
            assert_eq!(asked(&server).len(), times, "{steps}: {file} asks what rests on no answer yet");
            program.args(["runs", "answer", "last", "-", "yes"]).run().ok();
            program.args(["resume", "last"]).run().ok().does_not_say("has changed");
            assert_eq!(asked(&server), vec![*told; times + 1], "{steps}: {file}");
        }
    }
}

#[test]
fn what_always_runs_waits_for_nobody_where_another_step_has_failed() {
    let bad = "b: {tool: calculate, args: {expression: 1 / 0}";
    let clean = "clean: {always: true, llm: 'told {{ outcomes.";
    for (steps, code, told) in [
        (format!("{bad}}}, {clean}a }}}}'"), 1, Some("told waiting")),
        (format!("{bad}}}, mid: {{set: {{v: a}}}}, {clean}mid }}}}'"), 1, Some("told waiting")),
        (format!("{bad}, on_failure: continue}}, {clean}a }}}}'"), 6, None),
    ] {
        let server = holding(usize::MAX);
        let text = format!("steps: {{a: {{ask: 'sure?'}}, {steps}, dependencies: [outcomes.b]}}}}\n");
        Program::paying(&server).file("p.yaml", text).args(["run", "p.yaml"]).run().code(code);
        assert_eq!(asked(&server), Vec::from_iter(told), "{steps}");
    }
}
