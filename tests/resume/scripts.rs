//! Scripts that are killed and go on.

use super::{asked, holding, newest, newest_id};
use crate::support::chat::{ChatServer, Reply};
use crate::support::program::Program;
use serde_json::json;

const FIVE: &str =
    "let all = [];\nfor word in [\"a\", \"b\", \"c\", \"d\", \"e\"] { all.push(llm(word, #{max_tokens: 100})); }\nall";

#[test]
fn a_killed_script_asks_only_what_it_was_not_answered() {
    let server = holding(3);
    let program = Program::paying(&server).file("five.rhai", FIVE);
    let running = program.args(["run", "five.rhai"]).start();
    server.wait_for(4);
    running.kill();
    running.end();
    let id = newest_id(&program);
    assert_eq!(newest(&program)["status"], "interrupted");
    let document = program.args(["resume", &id, "--json"]).run().ok().json();
    assert_eq!(document["answer"], json!(["A", "B", "C", "D", "E"]));
    assert_eq!(asked(&server), ["a", "b", "c", "d", "d", "e"]);
    assert_eq!((&document["run"], &document["replayed_calls"]), (&json!(id), &json!(3)));
    // Five answers at 30 nano-USD, and the one that was under way at its worst: 289 tokens of a prompt and 170 of an answer.
    let cost = document["cost_usd"].as_f64().expect("a number") * 1e9;
    assert!((cost - 150.0 - 459.0).abs() < 0.5, "{document:#}");
    let row = newest(&program);
    assert_eq!((&row["id"], &row["status"], &row["under_way"]), (&json!(id), &json!("completed"), &json!(0)));
    let logs = program.args(["logs", &id]).run().ok().stdout;
    assert!(logs.contains("run_resumed answers=3 under_way=1"), "{logs}");
    assert!(logs.contains("was under way when the run stopped"), "{logs}");
    // A run that is over gives its answer again, and asks nobody.
    program.args(["resume", &id]).run().ok().says("had completed; nothing was asked");
    assert_eq!(server.asks().len(), 6);
}

#[test]
fn effects_of_every_kind_are_the_same_again() {
    let server = holding(1);
    let code = "let at = now(); let begun = timestamp(); let dice = random(); let left = budget().calls;
        let text = llm(`${dice}`);
        let more = llm(`${at} ${begun} ${dice} ${left}`); #{at: at, begun: begun, dice: dice, left: left, text: text}";
    let program = Program::paying(&server).file("dice.rhai", code);
    let running = program.args(["run", "dice.rhai", "--max-calls", "9"]).start();
    server.wait_for(2);
    running.kill();
    running.end();
    let answer = program.args(["resume", &newest_id(&program), "--json"]).run().ok().json()["answer"].clone();
    let asks = asked(&server);
    assert_eq!(asks.len(), 3, "{asks:?}");
    assert_eq!(asks[1], asks[2], "what was under way is asked in the same words");
    let rows = ["at", "begun", "dice", "left"].map(|name| answer[name].to_string());
    assert_eq!(asks[1], rows.join(" "));
    assert_eq!(answer["left"], 9);
}

#[test]
fn batches_and_parallel_branches_keep_what_they_have() {
    let server = holding(5);
    let code = "let words = [\"a\", \"b\", \"c\", \"d\"]; let one = llm_batch(words);
        let two = par_map(words, |w| llm(w + \"!\") + llm(w + \"?\")); [one, two]";
    let program = Program::paying(&server).file("all.rhai", code);
    let running = program.args(["run", "all.rhai"]).start();
    server.wait_for(8);
    running.kill();
    running.end();
    let before = server.asks().len();
    let document = program.args(["resume", &newest_id(&program), "--json"]).run().ok().json();
    assert_eq!(document["answer"], json!([["A", "B", "C", "D"], ["A!A?", "B!B?", "C!C?", "D!D?"]]));
    let asks = asked(&server);
    // The batch had ended before the branches began, so that its four answers were on disk.
    for word in ["a", "b", "c", "d"] {
        assert_eq!(asks.iter().filter(|ask| *ask == word).count(), 1, "{word} in {asks:?}");
    }
    let replayed = document["replayed_calls"].as_u64().expect("a number");
    assert_eq!(12 - replayed, (asks.len() - before) as u64, "what was not replayed was asked");
    assert!(replayed >= 4, "{document:#}");
}

#[test]
fn the_budget_of_a_run_holds_over_its_whole_life() {
    let server = holding(3);
    let program = Program::paying(&server).file("five.rhai", FIVE);
    let running = program.args(["run", "five.rhai", "--max-calls", "5"]).start();
    server.wait_for(4);
    running.kill();
    running.end();
    let id = newest_id(&program);
    // Four calls were made, the fourth in vain: one is left for two questions.
    program.args(["resume", &id]).run().code(5).says("calls");
    assert_eq!(asked(&server), ["a", "b", "c", "d", "d"]);
    assert_eq!(newest(&program)["status"], "limited");
    let document = program.args(["resume", &id, "--max-calls", "6", "--json"]).run().ok().json();
    assert_eq!((&document["answer"], &document["calls"]), (&json!(["A", "B", "C", "D", "E"]), &json!(6)));
    assert_eq!(asked(&server), ["a", "b", "c", "d", "d", "e"]);
}

#[test]
fn what_failed_is_made_again() {
    let server = ChatServer::new(|ask| match ask.number {
        1 => Reply::refusal(400, "not today"),
        _ => Reply::text(ask.last()).usage(1, 1),
    });
    let program = Program::paying(&server).file("two.rhai", "llm(\"a\") + llm(\"b\")");
    program.args(["run", "two.rhai"]).run().code(4);
    program.args(["resume", &newest_id(&program)]).run().ok().prints("ab\n");
    assert_eq!(asked(&server), ["a", "b", "b"]);
}

#[test]
fn the_model_stays_the_one_that_was_asked() {
    let server = holding(1);
    let program = Program::served_by(&server).file("two.rhai", "llm(\"a\") + llm(\"b\")");
    let running = program.args(["run", "two.rhai"]).start();
    server.wait_for(2);
    running.kill();
    running.end();
    // Without the variable the offline engine would be the default; the answers of the run are another model's.
    let id = newest_id(&program);
    let ran = program.args(["resume", &id]).env("OPENAI_BASE_URL", "").run();
    assert_ne!(ran.exit_code(), Some(0), "{}", ran.stderr);
    assert_eq!(asked(&server), ["a", "b"], "nothing was asked of another model");
    program.args(["resume", &id]).run().ok().prints("AB\n");
    assert_eq!(asked(&server), ["a", "b", "b"]);
}

#[test]
fn two_processes_do_not_work_on_one_run() {
    let server = holding(1);
    let program = Program::paying(&server).file("two.rhai", "llm(\"a\") + llm(\"b\")");
    let running = program.args(["run", "two.rhai"]).start();
    server.wait_for(2);
    let id = newest_id(&program);
    program.args(["resume", &id]).run().code(1).says("is working on run");
    assert_eq!(asked(&server).len(), 2);
    running.kill();
    running.end();
    program.args(["resume", &id]).run().ok();
}

#[test]
fn a_run_of_a_pipe_wants_its_pipe_again() {
    let server = holding(1);
    let program = Program::paying(&server);
    let running = program.args(["eval", "llm(context.head(3)) + llm(\"b\")", "-c", "-"]).stdin("abcdef").start();
    server.wait_for(2);
    running.kill();
    running.end();
    let id = newest_id(&program);
    program.args(["resume", &id]).run().code(1).says("hint: pipe it again");
    program.args(["resume", &id]).stdin("abcdef").run().ok().prints("ABCB\n");
    assert_eq!(asked(&server), ["abc", "b", "b"]);
}

#[test]
fn what_cannot_go_on_says_why() {
    let program = Program::offline();
    program.args(["resume", "01ARZ"]).run().code(1).says("there is no run `01ARZ`");
}

#[test]
fn names_and_variables_are_the_same_again() {
    let server = holding(1);
    let code =
        "let id = uuid(); let town = env(\"TOWN\"); llm(\"a\"); llm(\"b\"); #{id: id, town: town, other: uuid()}";
    let program = Program::paying(&server).file("names.rhai", code);
    let program = {
        let settings = std::fs::read_to_string(program.project().join("rhizo.toml")).expect("a file");
        program.file("rhizo.toml", format!("{settings}[tools]\nenv = [\"TOWN\", \"OPENAI_API_KEY\"]\n"))
    };
    let running = program.args(["run", "names.rhai"]).env("TOWN", "Lund").start();
    server.wait_for(2);
    running.kill();
    running.end();
    let id = newest_id(&program);
    let log = program.args(["runs", "export", &id]).run().ok().json()["effects"].clone();
    let first =
        log.as_array().expect("a list").iter().find(|e| e["kind"] == "uuid").expect("an effect")["result"].clone();
    let answer = program.args(["resume", &id, "--json"]).env("TOWN", "Turku").run().ok().json()["answer"].clone();
    assert_eq!((&answer["id"], &answer["town"]), (&first, &json!("Lund")), "{answer:#} {first:#}");
    assert_ne!(answer["other"], answer["id"]);
    let key = program.args(["eval", "env(\"OPENAI_API_KEY\")"]).env("OPENAI_API_KEY", "secret").run().code(1);
    assert!(!key.stderr.contains("secret"), "{}", key.stderr);
}
