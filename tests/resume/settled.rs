//! A person's word on what a killed run left open: what may be said of which effect, how much, and how it is said otherwise.

use super::{Gate, holding, killed_in_a_tool, newest, newest_id, nursery};
use crate::support::chat::ChatServer;
use crate::support::program::Program;
use serde_json::{Value, json};

fn nanos(usd: &Value) -> f64 {
    (usd.as_f64().expect("a number") * 1e9).round()
}

/// A run of one call that was killed while that was under way, as often as told; the server answers from now on.
fn killed_in_a_call(times: usize) -> (ChatServer, Program, String) {
    let gate = Gate::default();
    let server = gate.server();
    let program = Program::paying(&server).file("one.rhai", "llm(\"a\", #{max_tokens: 100})");
    for time in 0..times {
        let args = if time == 0 { ["run", "one.rhai"] } else { ["resume", "last"] };
        let running = program.args(args).start();
        gate.wait_for_held(time + 1);
        running.kill();
        running.end();
    }
    gate.open();
    let id = newest_id(&program);
    (server, program, id)
}

/// Settles the call of such a run by what it cost, and answers what was told.
#[track_caller]
fn paid(program: &Program, id: &str, words: &[&str]) -> String {
    program.list(&[&["runs", "settle", id, "e1", "cost"][..], words].concat()).run().ok().stdout
}

/// Tokens of prompts and answers, and nano-USD.
fn used(row: &Value) -> (Option<u64>, Option<u64>, f64) {
    (row["input_tokens"].as_u64(), row["output_tokens"].as_u64(), nanos(&row["cost_usd"]))
}

/// What `runs show` has of a run, as data.
fn shown(program: &Program, id: &str) -> Value {
    program.args(["runs", "show", id, "--json"]).run().ok().json()
}

/// A run that was killed while a child of it waited for the answer to its second turn; and what is open of each kind.
fn killed_in_a_child() -> (ChatServer, Program, String, Vec<Value>) {
    let server = nursery();
    let text: String = (0..2_000).map(|line| format!("line {line} of a long text\n")).collect();
    let code = "rlm(\"look\", context)";
    let program = Program::paying(&server).file("parent.rhai", code).file("long.txt", text);
    let running = program.args(["run", "parent.rhai", "-c", "long.txt"]).start();
    server.wait_for(2);
    running.kill();
    running.end();
    let id = newest_id(&program);
    let open = shown(&program, &id)["open"].as_array().expect("a list").clone();
    let of = |kind: &str| open.iter().find(|effect| effect["kind"] == kind).expect("one").clone();
    let found = vec![of("child"), of("model")];
    (server, program, id, found)
}

#[test]
fn a_tool_that_writes_has_no_cost_for_which_it_would_be_repeated() {
    let code = "TOOL(\"run_command\", #{command: \"echo once >> written; sleep 600\"})";
    let program = killed_in_a_tool(code);
    let id = newest_id(&program);
    let ways = "say `rerun`, `skip` or `set VALUE`";
    let ran = program.args(["runs", "settle", &id, "e1", "cost", "0.01"]).run().code(1);
    ran.says("is no model call, and has no cost of its own").says(ways);
    let ran = program.args(["runs", "settle", &id, "e1", "provider"]).run().code(1);
    ran.says("is no model call, and has no provider").says(ways);
    program.args(["resume", &id, "--approve", "auto"]).run().code(6).says("may or may not have done its work");
    assert_eq!(std::fs::read_to_string(program.project().join("written")).expect("a file"), "once\n");
}

#[test]
fn a_child_has_no_cost_but_that_of_its_calls() {
    let (_server, program, id, open) = killed_in_a_child();
    let seq = open[0]["seq"].to_string();
    let (child, call) = (open[1]["run"].as_str().expect("an id"), &open[1]["seq"]);
    let ran = program.args(["runs", "settle", &id, &seq, "cost", "0.01"]).run().code(1);
    ran.says("has no cost of its own").says(&format!("open in its run: rhizo runs settle {child} {call}; or say"));
    assert_eq!(shown(&program, &id)["open"].as_array().map(Vec::len), Some(2));
    program.args(["runs", "settle", child, &call.to_string(), "cost", "0.00000005"]).run().ok();
    assert_eq!(shown(&program, &id)["open"].as_array().map(Vec::len), Some(1));
}

#[test]
fn no_call_costs_more_than_a_million() {
    let (_server, program, id) = killed_in_a_call(1);
    for (typed, told) in [("9223372037", "$9223372037.00"), ("1000000.01", "$1000000.01")] {
        let ran = program.args(["runs", "settle", &id, "e1", "cost", typed]).run().code(1);
        ran.says(&format!("{told} is more than $1000000.00, and no call costs that much"));
    }
    let ran = program.args(["runs", "settle", &id, "e1", "cost", "much"]).run().code(2);
    ran.says("`much` is no amount in USD; write it as 0.0123");
    program.args(["resume", &id]).run().ok();
    program.args(["runs", "settle", &id, "e1", "cost", "9223372037"]).run().code(1).says("is more than");
    program.args(["runs", "settle", &id, "e1", "cost", "0.00000005"]).run().ok();
    assert!((nanos(&newest(&program)["cost_usd"]) - 80.0).abs() < 0.5, "{:#}", newest(&program));
}

#[test]
fn amounts_that_do_not_fit_in_a_sum_hide_nothing_and_are_mended() {
    let server = holding(2);
    let program = Program::paying(&server).file("three.rhai", "llm(\"a\") + llm(\"b\") + llm(\"c\")");
    let running = program.args(["run", "three.rhai"]).start();
    server.wait_for(3);
    running.kill();
    running.end();
    let id = newest_id(&program);
    let store = rusqlite::Connection::open(program.state().join("rhizo.db")).expect("the store");
    let change = "UPDATE effects SET cost_nanos = ?1, earlier_nanos = ?1,
        usage = json_set(usage, '$.input_tokens', ?1) WHERE kind = 'model' AND state = 'done'";
    assert_eq!(store.execute(change, [i64::MAX]), Ok(2));
    drop(store);
    assert_eq!(newest_id(&program), id);
    shown(&program, &id);
    let found = program.args(["doctor", "--no-call"]).run().code(1).stdout;
    assert!(found.contains("cost_nanos is 9223372036854775807"), "{found}");
    program.args(["doctor", "--repair", "--no-call"]).run().ok();
    program.args(["doctor", "--no-call"]).run().ok();
    program.args(["resume", &id]).run().ok().prints("ABC\n");
    let cost = shown(&program, &id)["cost_usd"].as_f64().expect("a number");
    assert!(cost > 0.0 && cost < 1.0, "{cost}");
}

#[test]
fn a_call_that_is_to_be_made_again_stays_at_its_worst_until_somebody_says_what_it_was() {
    for (times, told) in [(1, "1 call whose end"), (2, "2 calls whose end")] {
        let (_server, program, id) = killed_in_a_call(times);
        let worst = nanos(&newest(&program)["worst_cost_usd"]);
        program.args(["runs", "settle", &id, "e1", "rerun"]).run().ok();
        assert!((nanos(&newest(&program)["cost_usd"]) - worst).abs() < 0.5, "{:#}", newest(&program));
        let told = format!(" at worst for {told} is unknown");
        let before = program.args(["runs", "show", &id]).run().ok().stdout;
        assert!(before.contains(&told), "{before}");
        program.args(["resume", &id]).run().ok().says(&told);
        assert!((nanos(&newest(&program)["cost_usd"]) - worst - 30.0).abs() < 0.5, "{:#}", newest(&program));
        program.args(["runs", "settle", &id, "e1", "cost", "0.00000005"]).run().ok();
        assert!((nanos(&newest(&program)["cost_usd"]) - 80.0).abs() < 0.5, "{:#}", newest(&program));
    }
}

#[test]
fn another_word_on_a_call_takes_the_place_of_the_last() {
    let (_server, program, id) = killed_in_a_call(1);
    let settle =
        |words: &[&str]| program.list(&[&["runs", "settle", id.as_str(), "e1"][..], words].concat()).run().ok().stdout;
    for words in [&["cost", "0.00000005"][..], &["rerun"], &["cost", "0.00000006"]] {
        settle(words);
    }
    assert!((nanos(&newest(&program)["cost_usd"]) - 60.0).abs() < 0.5, "{:#}", newest(&program));
    program.args(["resume", &id]).run().ok().does_not_say("at worst");
    let told = settle(&["cost", "0.00000007"]);
    assert!(told.contains("in place of $0.00000006; it keeps its answer"), "{told}");
    let row = shown(&program, &id);
    assert!((nanos(&row["cost_usd"]) - 100.0).abs() < 0.5, "{row:#}");
    assert_eq!((&row["calls"], &row["unknown"]), (&json!(2), &json!([])));
}

#[test]
fn tokens_that_a_person_says_take_the_place_of_the_worst_case() {
    let (_server, program, id) = killed_in_a_call(1);
    let told = paid(&program, &id, &["0.00000005", "--tokens", "7", "3"]);
    assert!(told.contains("is paid with $0.00000005 and 7 + 3 tokens, and to be asked again"), "{told}");
    // Beside a worst case of 459 tokens there would be no room for another prompt.
    let document = program.args(["resume", &id, "--max-tokens", "480", "--json"]).run().ok().json();
    assert_eq!(used(&document), (Some(27), Some(13), 80.0), "{document:#}");
}

#[test]
fn a_call_that_cost_nothing_has_used_nothing() {
    let (_server, program, id) = killed_in_a_call(1);
    paid(&program, &id, &["0"]);
    let document = program.args(["resume", &id, "--json"]).run().ok().json();
    assert_eq!(used(&document), (Some(20), Some(10), 30.0), "{document:#}");
    // Who said that by mistake says what it cost, and is charged for all that it can have used.
    let (_server, program, id) = killed_in_a_call(1);
    paid(&program, &id, &["0"]);
    paid(&program, &id, &["0.00000005"]);
    let document = program.args(["resume", &id, "--json"]).run().ok().json();
    assert_eq!((&document["output_tokens"], nanos(&document["cost_usd"])), (&json!(180), 80.0), "{document:#}");
}

#[test]
fn tokens_of_attempts_before_the_last_are_settled_too() {
    for times in [1, 2] {
        let (_server, program, id) = killed_in_a_call(times);
        program.args(["runs", "settle", &id, "e1", "rerun"]).run().ok();
        program.args(["resume", &id]).run().ok();
        assert_eq!(newest(&program)["output_tokens"], json!(10 + 170 * times));
        paid(&program, &id, &["0.00000004"]);
        assert_eq!(newest(&program)["output_tokens"], json!(10 + 170 * times), "nobody has said what they used");
        let told = paid(&program, &id, &["0.00000005", "--tokens", "7", "3"]);
        assert!(told.contains("charged with $0.00000005 and 7 + 3 tokens for its earlier attempt"), "{told}");
        assert_eq!(used(&newest(&program)), (Some(27), Some(13), 80.0));
        paid(&program, &id, &["0.00000006"]);
        assert_eq!(used(&newest(&program)), (Some(27), Some(13), 90.0));
        paid(&program, &id, &["0"]);
        assert_eq!(used(&newest(&program)), (Some(20), Some(10), 30.0));
    }
}

#[test]
fn tokens_that_were_said_before_the_call_was_made_again_can_be_said_otherwise() {
    let (_server, program, id) = killed_in_a_call(1);
    paid(&program, &id, &["0.00000005", "--tokens", "7", "3"]);
    program.args(["resume", &id]).run().ok();
    paid(&program, &id, &["0.00000005", "--tokens", "8", "4"]);
    assert_eq!(used(&newest(&program)), (Some(28), Some(14), 80.0));
    let args = ["runs", "settle", &id, "e1", "cost", "0.00000005", "--tokens", "8", "9999999999"];
    program.args(args).run().code(1).says("10000000007 tokens are more than 1000000000, and no call uses that many");
}

#[test]
fn a_call_that_was_to_be_made_again_may_be_paid_after_all() {
    let (_server, program, id) = killed_in_a_call(1);
    for words in [&["rerun"][..], &["rerun"], &["cost", "0.00000005"]] {
        program.list(&[&["runs", "settle", id.as_str(), "e1"][..], words].concat()).run().ok();
    }
    let document = program.args(["resume", &id, "--json"]).run().ok().json();
    assert_eq!((nanos(&document["cost_usd"]), &document["calls"]), (80.0, &json!(2)), "{document:#}");
}

#[test]
fn a_call_of_a_child_that_was_answered_by_hand_is_not_asked_again() {
    let (server, program, id, open) = killed_in_a_child();
    let hint =
        || shown(&program, &id)["open"].as_array().and_then(|open| open.last()?["hint"].as_str().map(String::from));
    assert!(hint().is_some_and(|hint| hint.contains("asked again by resume")));
    program.args(["runs", "settle", &id, &open[0]["seq"].to_string(), "set", "by hand"]).run().ok();
    let left = "its run was left behind, and nobody makes it again, or: rhizo runs settle ";
    assert!(hint().is_some_and(|hint| hint.contains(left)));
    program.args(["resume", &id]).run().ok().prints("by hand\n");
    assert!(hint().is_some_and(|hint| hint.contains(left)));
    assert_eq!((&shown(&program, &id)["status"], server.asks().len()), (&json!("completed"), 2));
    let (child, call) = (open[1]["run"].as_str().expect("an id"), open[1]["seq"].to_string());
    let told = program.args(["runs", "settle", child, &call, "cost", "0.00000005"]).run().ok().stdout;
    assert!(told.ends_with(&format!(" is paid with $0.00000005; run {id} is over\n")), "{told}");
}

#[test]
fn a_program_that_was_kept_before_the_kill_is_kept_when_the_save_is_made_again() {
    let code = "save_script(#{name: \"mine\", source: \"1\", summary: \"One.\"}); throw \"the end\"";
    let program = Program::offline().file("keep.rhai", code);
    program.args(["run", "keep.rhai", "--approve", "auto"]).run().code(1).says("the end");
    // As a kill leaves it between the file and the record of it.
    let store = rusqlite::Connection::open(program.state().join("rhizo.db")).expect("the store");
    let open = "UPDATE effects SET state = 'intent', result = NULL, result_blob = NULL, ended_at = NULL";
    assert_eq!(store.execute(&format!("{open} WHERE kind = 'tool'"), ()), Ok(1));
    let find = "SELECT seq FROM effects WHERE kind = 'tool'";
    let seq: i64 = store.query_row(find, (), |row| row.get(0)).expect("a number");
    let id = newest_id(&program);
    program.args(["runs", "settle", &id, &seq.to_string(), "rerun"]).run().ok();
    program.args(["resume", &id, "--approve", "auto"]).run().code(1).says("the end");
}
