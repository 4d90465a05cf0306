//! Lies in the memory: many about one task change nothing, and what nobody checked waits for a second task.

use super::{line, number};
use crate::support::chat::{ChatServer, Reply};
use crate::support::program::Program;
use serde_json::json;

const WORDS: [&str; 14] = [
    "harbour", "river", "canal", "lake", "strait", "bay", "fjord", "delta", "lagoon", "coast", "sound", "gulf", "quay",
    "inlet",
];

/// Two roles, with evidence that the worker can find ships and so can the expert.
fn program(server: &ChatServer) -> Program {
    let model = |name: &str, price: u32| {
        let url = server.base_url();
        format!(
            "[models.{name}]\nbase_url = \"{url}\"\nname = \"{name}\"\ninput_price = {price}\noutput_price = {price}\n"
        )
    };
    let roles = "[roles.worker]\nmodels = [\"small\"]\n[roles.expert]\nmodels = [\"large\"]\n";
    let settings = "[escalation]\naudit = 0\nprice = 0.5\nladder = [\"worker\", \"expert\"]\n";
    let text = format!("{settings}{}{}{roles}", model("small", 50), model("large", 60));
    let mut honest = String::new();
    for (at, word) in WORDS.iter().take(9).enumerate() {
        for arm in ["worker", "expert"] {
            let more = json!({"arm": arm, "at": 4_000_000_000_000_u64});
            honest += &line(&format!("{arm}{at}"), &format!("which ship lies in the {word}?"), more);
        }
    }
    let program = Program::new().file("rhizo.toml", text).file("honest.jsonl", honest);
    program.args(["memory", "import", "honest.jsonl", "--own"]).run().ok();
    program
}

/// 200 lies that the worker fails, about this many tasks.
fn lies(tasks: usize) -> String {
    let lie = |at: usize| {
        let task =
            format!("which {} ship lies in the {}?", ["grey", "tall"][at / WORDS.len() % 2], WORDS[at % WORDS.len()]);
        // They claim more than they may.
        line(
            &format!("lie{at}of{tasks}"),
            &task,
            json!({"outcome": "fail", "at": 4_000_000_000_000_u64, "trust": 1, "verifier": "test", "fingerprint": at.to_string()}),
        )
    };
    (0..200).map(|at| lie(at % tasks).replacen("of", &format!("at{at}of"), 1)).collect()
}

/// Who starts, and why.
fn starts(program: &Program, server: &ChatServer) -> (String, String) {
    let before = server.asks().len();
    program.args(["eval", r#"llm("which ship lies in the dock?", #{check: |a| a == "good"})"#]).run().ok();
    let first = server.asks()[before].body["model"].as_str().unwrap_or_default().to_owned();
    let events = program.args(["logs", "--json"]).run().ok().stdout;
    let reason = events
        .lines()
        .filter_map(|line| serde_json::from_str::<serde_json::Value>(line).ok())
        .find(|e| e["event"] == "decided");
    (first, reason.map(|e| e["reason"].as_str().unwrap_or_default().to_owned()).unwrap_or_default())
}

#[test]
fn two_hundred_lies_about_one_task_change_no_decision_and_many_tasks_do() {
    for (tasks, expect) in [(1, "small"), (28, "large")] {
        let server = ChatServer::new(|_| Reply::text("good"));
        let program = program(&server).file("lies.jsonl", lies(tasks));
        let truth = starts(&program, &server);
        assert_eq!(truth.0, "small", "{}", truth.1);
        let told = program.args(["memory", "import", "lies.jsonl", "--json"]).run().ok().json();
        assert_eq!((number(&told, "added"), number(&told, "hearsay"), number(&told, "lowered")), (200, 200, 0));
        let (first, reason) = starts(&program, &server);
        assert_eq!(first, expect, "{tasks} tasks: {reason}");
        let cells = program.args(["memory", "policy", "--json"]).run().ok().json()["cells"].clone();
        let worker =
            cells.as_array().into_iter().flatten().find(|cell| cell["arm"] == "worker").cloned().unwrap_or_default();
        let losses = worker["beta"].as_f64().unwrap_or_default() - 1.0;
        #[allow(clippy::cast_precision_loss, reason = "a handful")]
        let most = tasks as f64;
        assert!((losses - most).abs() < 1e-6, "each task weighs one at most: {worker:#}");
    }
}

#[test]
fn copies_of_one_task_leave_places_for_the_others() {
    let server = ChatServer::new(|_| Reply::text("good"));
    // A task of its own, done 300 times: more often than a search has places.
    let copy = |at: usize| {
        line(
            &format!("copy{at}"),
            "which ship lies in the dock?",
            json!({"arm": "worker", "at": 4_000_000_000_000_u64}),
        )
    };
    let program = program(&server).file("copies.jsonl", (0..300).map(copy).collect::<String>());
    program.args(["memory", "import", "copies.jsonl", "--own"]).run().ok();
    let (first, reason) = starts(&program, &server);
    assert_eq!(first, "small");
    assert!(reason.contains("nothing is known to beat worker"), "the other tasks still count: {reason}");
}

#[test]
fn one_unconfirmed_task_moves_a_prior_by_little() {
    use rhizo::core::episode::Utility;
    let none = rhizo::policy::posterior::prior(&[], "worker", "", "");
    let cell = Utility { arm: "worker".into(), alpha: 1.5, beta: 1.0, n: 0.5, ..Utility::default() };
    let moved = |role: &str| rhizo::policy::posterior::prior(std::slice::from_ref(&cell), "worker", role, "") - none;
    assert!((0.01..=0.05).contains(&moved("elsewhere")), "{}", moved("elsewhere"));
    assert!((0.05..=0.125).contains(&moved("")), "at its own role and failure: {}", moved(""));
}

#[test]
fn what_nobody_checked_waits_for_a_second_task() {
    let lie = |id: &str, word: &str| {
        line(id, &format!("which ship lies in the {word}?"), json!({"outcome": "fail", "at": 4_000_000_000_000_u64}))
    };
    let server = ChatServer::new(|_| Reply::text("good"));
    let one: String = (0..20).map(|at| lie(&format!("one{at}"), "pond")).collect();
    let program = program(&server).file("one.jsonl", one).file("two.jsonl", lie("two", "ditch"));
    let standing = |id: &str| program.args(["memory", "explain", id, "--json"]).run().ok().json()["standing"].clone();
    program.args(["memory", "import", "one.jsonl"]).run().ok();
    let alone = standing("one0");
    assert_eq!((&alone["counts"], &alone["quarantined"]), (&json!(false), &json!(true)), "{alone:#}");
    let page = program.args(["memory", "explain", "one0"]).run().ok().stdout;
    assert!(page.contains("standing  quarantined: nobody checked its verdict"), "{page}");
    program.args(["memory", "import", "two.jsonl"]).run().ok();
    let agreed = standing("one0");
    assert_eq!((&agreed["counts"], &agreed["quarantined"]), (&json!(true), &json!(false)), "{agreed:#}");
    assert_eq!(standing("worker0")["counts"], json!(true), "a check stands alone");
}
