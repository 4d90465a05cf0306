//! Programs that were changed before they go on.

use super::{Gate, asked, holding, newest_id};
use crate::support::chat::{ChatServer, Reply};
use crate::support::program::Program;
use serde_json::json;
use std::sync::atomic::{AtomicBool, Ordering};

fn killed(server: &ChatServer, requests: usize) -> (Program, String) {
    let code = "let a = llm(\"a\");\nlet b = llm(\"b \" + a);\nlet c = llm(\"c \" + b);\n[a, b, c]";
    let program = Program::paying(server).file("three.rhai", code);
    let running = program.args(["run", "three.rhai"]).start();
    server.wait_for(requests);
    running.kill();
    running.end();
    let id = newest_id(&program);
    (program, id)
}

#[test]
fn what_a_change_costs_is_said_before() {
    let server = holding(2);
    let (program, id) = killed(&server, 3);
    let plan = program.args(["resume", &id, "--dry-run", "--json"]).run().ok().json();
    assert_eq!((&plan["replayed"], &plan["again"].as_array().map(Vec::len)), (&json!(2), &Some(1)), "{plan:#}");
    assert_eq!(asked(&server).len(), 3, "a look ahead asks nobody");
    let edited = "let a = llm(\"a\");\nlet b = llm(\"B! \" + a);\nlet c = llm(\"c \" + b);\n[a, b, c]";
    let program = program.file("three.rhai", edited);
    program.args(["resume", &id, "--strict"]).run().code(1).says("would not go on as it began").says("1 changed");
    let look = program.args(["resume", &id, "--strict", "--dry-run"]).run().code(1).says("would not go on as it began");
    assert!(look.stdout.contains(" · 1 changed ($0.00000003 then) · "), "{look:?}");
    let look = program.args(["resume", &id, "--strict", "--dry-run", "--json"]).run().code(1).json();
    assert_eq!(look["changed"].as_array().map(Vec::len), Some(1), "{look:#}");
    assert_eq!(asked(&server).len(), 3);
    let ran = program.args(["resume", &id, "--json"]).run().ok();
    for told in [
        "the program has changed:",
        "changed: model at root/e1",
        "1 replayed ($0.00000003) · 0 again · 1 changed ($0.00000003 then) · 0 new · ",
        "changed: model at root/e1: paid, \"B! A\", with other messages (was effect ",
        ": paid, \"b A\", $0.00000003 then)\n",
    ] {
        assert!(ran.stderr.contains(told), "{told}: {}", ran.stderr);
    }
    assert_eq!(ran.json()["answer"], json!(["A", "B! A", "C B! A"]));
    assert_eq!(asked(&server), ["a", "b A", "c B A", "B! A", "c B! A"], "only the edited prompt and its dependant");
}

#[test]
fn a_look_ahead_knows_of_every_item_whether_it_is_asked() {
    let batch = "let all = []; for n in 0..12 { all.push(`p${n}`) }\nllm_batch(all, #{concurrency: 4})";
    let branches = "par_map(0..12, |n| llm(`p${n}`), #{concurrency: 4, stop: true})";
    let each = |then: &str| {
        let items = format!("in: [0, 1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11], max_parallel: 4, on_item_failure: {then}");
        format!("steps: {{all: {{each: {{{items}, steps: {{one: {{llm: 'p{{{{ item }}}}'}}}}}}}}}}\n")
    };
    // Where a failure stops the rest, what begins rests on which items have ended.
    for (name, text, answers) in [
        ("p.rhai", batch.to_owned(), 3),
        ("p.rhai", branches.to_owned(), 0),
        ("p.yaml", each("stop"), 0),
        ("p.yaml", each("continue"), 3),
    ] {
        let gate = Gate::default();
        let server = gate.server();
        let program = Program::paying(&server).file(name, &text);
        gate.pass(answers);
        let running = program.args(["run", name]).start();
        gate.wait_for_held(4);
        running.kill();
        running.end();
        gate.open();
        let look = || program.args(["resume", "last", "--dry-run", "--json"]).run().ok().json();
        let plan = look();
        let count = |list: &str| plan[list].as_array().map_or(0, Vec::len);
        let before = server.asks().len();
        // An answer that was not on disk yet is one to be asked for again.
        let known = plan["replayed"].as_u64().map(|replayed| replayed + count("again") as u64);
        let made = answers as u64 + 4;
        assert_eq!((known, count("changed"), count("new") as u64), (Some(made), 0, 12 - made), "{text}: {plan:#}");
        assert_eq!(look(), plan, "{text}: the same is told again");
        program.args(["resume", "last"]).run().ok();
        assert_eq!(server.asks().len() - before, count("again") + count("new"), "{text}: {plan:#}");
    }
}

#[test]
fn a_look_ahead_goes_on_beside_a_step_that_has_changed() {
    let server = holding(usize::MAX);
    let flow = "steps:
  a: {llm: a}
  then: {llm: 'then {{ a }}'}
  b: {llm: b}
  inner: {parallel: {left: {x: {llm: x}}, right: {y: {llm: y}}}}
  last: {llm: 'last {{ b }}'}
";
    let program = Program::paying(&server).file("p.yaml", flow);
    program.args(["run", "p.yaml"]).run().ok();
    let edited = ["llm: a}", "llm: b}", "llm: y}"]
        .iter()
        .fold(flow.to_owned(), |text, step| text.replace(step, &step.replace('}', " otherwise}")));
    let program = program.file("p.yaml", edited);
    let plan = program.args(["resume", "last", "--dry-run", "--json"]).run().ok().json();
    assert_eq!(plan["changed"].as_array().map(Vec::len), Some(3), "{plan:#}");
}

#[test]
fn what_a_script_may_still_ask_for_is_no_orphan_yet() {
    let server = holding(2);
    let (program, id) = killed(&server, 3);
    let program = program.file("three.rhai", "let a = llm(\"A!\");\nllm(\"b \" + a)");
    let plan = program.args(["resume", &id, "--dry-run", "--json"]).run().ok().json();
    assert_eq!((&plan["orphaned"], plan["unreached"].as_array().map(Vec::len)), (&json!([]), Some(1)), "{plan:#}");
    assert_eq!(plan["unreached_usd"], json!(30.0 / 1e9), "{plan:#}");
    let ran = program.args(["resume", &id, "--dry-run"]).run().ok();
    assert!(ran.stdout.contains(" · 1 not reached yet ($0.00000003 then) (answers of "), "{ran:?}");
}

#[test]
fn a_choice_is_told_as_what_it_was_made_for() {
    let server = holding(usize::MAX);
    let model = |name: &str| {
        format!("[models.{name}]\nbase_url = \"{}\"\ninput_price = 0.001\noutput_price = 0.001\n", server.base_url())
    };
    let role = |name: &str, model: &str| format!("[roles.{name}]\nmodels = [\"{model}\"]\n");
    let roles = [role("worker", "small"), role("expert", "large"), role("architect", "large")].concat();
    let code = "let both = llm_batch([\"rate one\", \"rate two\"]); both.push(nothing()); both";
    let program = Program::new()
        .file("rhizo.toml", format!("{}{}{roles}", model("small"), model("large")))
        .file("rate.rhai", code);
    program.args(["run", "rate.rhai"]).run().code(1);
    let program = program.file("rate.rhai", code.replace("rate two", "judge two"));
    let plan = program.args(["resume", "last", "--dry-run"]).run().ok().stdout;
    for told in [
        "1 replayed ($0.00000003) · 0 again · 1 changed ($0.00000003 then) · 0 new · ",
        "changed: model at root/e1/batch0[1]: small, \"judge two\", with other messages (was effect ",
        ": small, \"rate two\", $0.00000003 then)\n",
    ] {
        assert!(plan.contains(told), "{told}: {plan}");
    }
    assert!(!plan.contains("decision"), "{plan}");
    let data = program.args(["resume", "last", "--dry-run", "--json"]).run().ok().json();
    assert_eq!((&data["replayed_usd"], &data["changed_usd"]), (&json!(30.0 / 1e9), &json!(30.0 / 1e9)), "{data:#}");
}

#[test]
fn words_that_begin_alike_are_told_from_where_they_part() {
    let server = holding(usize::MAX);
    let long = "say ".repeat(40);
    let code = |end: &str| format!("llm(\"{long}{end}\"); nothing()");
    let program = Program::paying(&server).file("p.rhai", code("one"));
    program.args(["run", "p.rhai"]).run().code(1);
    let program = program.file("p.rhai", code("two"));
    let plan = program.args(["resume", "last", "--dry-run"]).run().ok().stdout;
    let told = ": message 1 (user): expected \"…say say say say say one\", found \"…say say say say say two\", $";
    assert!(plan.contains(told), "{plan}");
}

#[test]
fn another_context_of_a_child_is_told_as_one() {
    let server = holding(usize::MAX);
    let code = "rlm(\"look\", context, #{max_calls: 3, label: \"l\"}); nothing()";
    let program = Program::paying(&server).file("p.rhai", code).file("a.txt", "one");
    program.args(["run", "p.rhai", "--context", "a.txt"]).run().code(1);
    let program = program.file("a.txt", "two");
    let plan = program.args(["resume", "last", "--dry-run"]).run().ok().stdout;
    assert!(
        plan.starts_with("a file, a tool, a stored program or a setting that it rests on has changed: 0"),
        "{plan}"
    );
    let told = "changed: child at root/e1: with another context (was effect ";
    assert!(plan.contains(told) && !plan.contains("expected"), "{plan}");
}

#[test]
fn where_another_model_had_stood_in_a_change_is_told_against_what_was_asked_first() {
    let server = holding(usize::MAX);
    let prices = "input_price = 0.001\noutput_price = 0.001\n";
    let bad = format!("[models.bad]\nbase_url = \"http://127.0.0.1:9/v1\"\n{prices}fallback = [\"good\"]\n");
    let good = format!("[models.good]\nbase_url = \"{}\"\n{prices}", server.base_url());
    let program = Program::new()
        .file("rhizo.toml", format!("model = \"bad\"\n{bad}{good}"))
        .file("one.rhai", "llm(\"a\"); nothing()");
    program.args(["run", "one.rhai"]).run().code(1);
    let program = program.file("one.rhai", "llm(\"b\"); nothing()");
    let plan = program.args(["resume", "last", "--dry-run"]).run().ok().stdout;
    assert!(plan.contains("bad, \"b\", with other messages (was effect "), "{plan}");
    assert_eq!(asked(&server), ["a"]);
}

#[test]
fn an_unchanged_program_passes_strictly() {
    let server = holding(2);
    let (program, id) = killed(&server, 3);
    program.args(["resume", &id, "--strict", "--dry-run"]).run().ok();
    program.args(["resume", &id, "--strict"]).run().ok();
    assert_eq!(asked(&server), ["a", "b A", "c B A", "c B A"]);
}

#[test]
fn a_program_that_is_gone_is_taken_from_the_log() {
    let server = holding(2);
    let (program, id) = killed(&server, 3);
    std::fs::remove_file(program.project().join("three.rhai")).expect("it was there");
    program.args(["resume", &id]).run().ok();
}

#[test]
fn a_run_goes_on_from_any_folder() {
    let server = holding(2);
    let (program, id) = killed(&server, 3);
    program.args(["resume", &id]).folder(&program.user()).run().ok();
    assert_eq!(asked(&server).len(), 4);
}

#[test]
fn a_call_with_a_check_is_no_change_of_its_program() {
    for (code, again) in [
        ("llm(\"a\", #{check: |x| true});\nllm(\"z\")", "a"),
        ("llm(\"b\", #{check: |x| true});\nllm(\"a\", #{check: |x| true})", "a"),
    ] {
        let once = AtomicBool::new(true);
        let server = ChatServer::new(move |ask| {
            let fails = ask.last() == "a" && once.swap(false, Ordering::SeqCst);
            if fails { Reply::refusal(400, "not today") } else { Reply::text("fine") }
        });
        let program = Program::paying(&server).file("p.rhai", code);
        program.args(["run", "p.rhai"]).run().code(4);
        let plan = program.args(["resume", "last", "--dry-run", "--json"]).run().ok().json();
        assert_eq!((&plan["changed"], &plan["new"]), (&json!([]), &json!([])), "{plan:#}");
        program.args(["resume", "last", "--strict"]).run().ok();
        assert_eq!(asked(&server).iter().filter(|prompt| *prompt == again).count(), 2, "{code}");
    }
}

#[test]
fn a_model_with_another_window_has_the_same_calls() {
    let server = holding(1);
    let config = |window: u32| {
        let (address, prices) = (server.base_url(), "input_price = 0.001\noutput_price = 0.001\n");
        format!("model = \"x\"\n[models.x]\nbase_url = \"{address}\"\ncontext_window = {window}\n{prices}")
    };
    let code = "let a = llm(\"a\", #{max_tokens: 9000});\n[a, llm(\"b\", #{max_tokens: 9000})]";
    let program = Program::new().file("two.rhai", code).file("rhizo.toml", config(8_192));
    let running = program.args(["run", "two.rhai"]).start();
    server.wait_for(2);
    running.kill();
    running.end();
    let program = program.file("rhizo.toml", config(4_096));
    program.args(["resume", &newest_id(&program), "--strict"]).run().ok();
    assert_eq!(asked(&server), ["a", "b", "b"]);
    let most: Vec<u64> = server.asks().iter().filter_map(|ask| ask.body["max_tokens"].as_u64()).collect();
    assert!(most[0] == most[1] && most[1] < 8_192 && most[2] < 4_096, "{most:?}");
}

#[test]
fn a_parameter_is_put_right_and_kept() {
    let server = holding(usize::MAX);
    let code = "let both = [llm(\"a\"), llm(`b ${args.year}`)]; if args.year < 2000 { nothing() } else { both }";
    let program = Program::paying(&server).file("p.rhai", code);
    program.args(["run", "p.rhai", "year=1026"]).run().code(1);
    let plan = program.args(["resume", "last", "year=2026", "--dry-run"]).run().ok().stdout;
    let told = "it goes on with other parameters: 1 replayed";
    assert!(plan.starts_with(told) && plan.contains("paid, \"b 2026\", with other messages"), "{plan}");
    program.args(["resume", "last"]).run().code(1).says("nothing");
    program.args(["resume", "last", "year"]).run().code(2).says("write NAME=VALUE");
    program.args(["resume", "last", "year=2026", "--max-calls", "2"]).run().code(5).says(told);
    assert_eq!(asked(&server), ["a", "b 1026"]);
    program.args(["resume", "last"]).run().ok().prints("[\n  \"A\",\n  \"B 2026\"\n]\n");
    program.args(["replay", "last"]).run().ok();
    assert_eq!(asked(&server), ["a", "b 1026", "b 2026"]);
    for look in [&["--dry-run"][..], &[]] {
        let refused = program.list(&[&["resume", "last", "year=2027"], look].concat()).run().code(2).prints("");
        refused.says("takes no other parameters").says("rhizo runs fork ");
    }
}

#[test]
fn a_look_ahead_of_a_run_that_is_over_tells_what_has_changed() {
    let server = holding(usize::MAX);
    let code = "let a = llm(\"a\");\nllm(\"b \" + a)";
    let program = Program::paying(&server).file("two.rhai", code);
    program.args(["run", "two.rhai"]).run().ok().prints("B A\n");
    let plan = program.args(["resume", "last", "--dry-run", "--json"]).run().ok().json();
    assert_eq!((&plan["replayed"], &plan["changed"]), (&json!(2), &json!([])), "{plan:#}");
    program.args(["resume", "last", "--strict"]).run().ok().prints("B A\n");
    let refused = |program: &Program| {
        let ran = program.args(["resume", "last", "--strict"]).run().code(1).prints("");
        ran.says("the program has changed: ").says("would not go on as it began").says("or run it anew");
    };
    let program = program.file("two.rhai", code.replace("b ", "B! "));
    let ran = program.args(["resume", "last", "--dry-run"]).run().ok();
    let plan = &ran.stdout;
    assert!(plan.starts_with("the program has changed: 1 replayed ($0.00000003) · 0 again · 1 changed"), "{plan}");
    ran.says("the run is over: resume gives its answer; `rhizo runs fork ");
    refused(&program);
    // What it asks is the same, but the answer is not that of this program.
    let program = program.file("two.rhai", format!("{code} + \"!\""));
    refused(&program);
    let told = "note: the program has changed since, and this is the answer to what it was; `rhizo runs fork ";
    program.args(["resume", "last"]).run().ok().prints("B A\n").says(told);
    let program = program.file("two.rhai", code);
    program.args(["resume", "last"]).run().ok().prints("B A\n").does_not_say("has changed since");
    assert_eq!(asked(&server), ["a", "b A"], "nobody is asked");
}
