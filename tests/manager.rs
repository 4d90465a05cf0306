//! The stdlib's `manager` with a server that plays manager, workers and reviewer.

mod missing;
mod steps;
mod waves;

use crate::resume::newest_id;
use crate::support::chat::{Ask, ChatServer, Reply};
use crate::support::program::Program;
use crate::support::server::Act;
use serde_json::{Value, json};
use std::collections::HashMap;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::Instant;
use tokio::sync::Barrier;

const PROGRAM: &str = "import \"manager\" as manager;\nmanager::delegate(\"Build it.\")";

/// Five parts: c waits for a and b, d for e.
fn plan() -> Value {
    json!({"parts": [
        {"id": "c", "task": "job-c", "role": "worker", "needs": ["a", "b"]},
        {"id": "a", "task": "job-a", "role": "worker", "needs": []},
        {"id": "b", "task": "job-b", "role": "worker", "needs": []},
        {"id": "d", "task": "job-d", "role": "worker", "needs": ["e"]},
        {"id": "e", "task": "job-e", "role": "expert", "needs": []},
    ]})
}

/// The same with a circle.
fn circle() -> Value {
    let mut plan = plan();
    plan["parts"][1]["needs"] = json!(["c"]);
    plan
}

/// Whether it is the manager who is asked.
fn plans(ask: &Ask) -> bool {
    ask.last().starts_with("Divide this task")
}

/// Whether it is the reviewer who is asked.
fn reviews(ask: &Ask) -> bool {
    ask.last().starts_with("Review the result")
}

/// The part that a worker or reviewer is asked about.
fn part(ask: &Ask) -> String {
    let prompt = ask.last();
    prompt.split("job-").nth(1).and_then(|rest| rest.get(..1)).unwrap_or_default().to_owned()
}

/// What workers answer, and a reviewer whose verdict depends on the part and on who did it, with what result.
fn play(ask: &Ask, verdict: fn(&str, &str) -> &'static str) -> Reply {
    let (prompt, part) = (ask.last(), part(ask));
    if plans(ask) {
        return Reply::text(plan().to_string()).usage(20, 10);
    }
    if reviews(ask) {
        let word = verdict(&part, prompt.split("## The result, by ").nth(1).unwrap_or_default());
        return Reply::text(json!({"verdict": word, "reason": format!("{word} {part}")}).to_string()).usage(20, 10);
    }
    let time = if prompt.contains("## What the reviewer says of it") { "second" } else { "first" };
    Reply::text(format!("{time} {part}")).usage(20, 10)
}

/// Every verdict once: b is to be changed, c goes to a stronger role, e is wrong.
fn mixed(part: &str, result: &str) -> &'static str {
    match part {
        "b" if !result.contains("second") => "request_changes",
        "c" if result.starts_with("worker") => "escalate",
        "e" => "reject",
        _ => "approve",
    }
}

/// How often each prompt was sent.
fn times(server: &ChatServer) -> HashMap<String, usize> {
    let mut times = HashMap::new();
    for ask in server.asks() {
        *times.entry(ask.last()).or_default() += 1;
    }
    times
}

/// What comes of `mixed`.
fn holds_of_mixed(answer: &Value) {
    assert_eq!(answer["answer"], "second c\n\nfirst a\n\nsecond b", "in the order of the plan: {answer:#}");
    assert_eq!(answer["ok"], false);
    assert_eq!(answer["results"], json!({"a": "first a", "b": "second b", "c": "second c"}));
    let failed =
        json!({"kind": "invalid", "message": "rejected: reject e", "role": "expert", "round": 1, "result": "first e"});
    assert_eq!(answer["failed"], json!({"e": failed}));
    assert_eq!(answer["skipped"], json!({"d": "it needs e, of which there is no result"}));
    let said: Vec<String> = answer["reviews"]
        .as_array()
        .expect("a list")
        .iter()
        .map(|review| format!("{} {} {} {}", review["id"], review["round"], review["role"], review["verdict"]))
        .map(|line| line.replace('"', ""))
        .collect();
    let expect = [
        "c 1 worker escalate",
        "c 2 expert approve",
        "a 1 worker approve",
        "b 1 worker request_changes",
        "b 2 worker approve",
        "e 1 expert reject",
    ];
    assert_eq!(said, expect);
}

#[test]
fn every_verdict_has_its_effect_and_parts_are_done_at_once() {
    // Nobody answers for a, b and e before all three are asked for.
    let meeting = Arc::new(Barrier::new(3));
    let server = ChatServer::new(move |ask| {
        let reply = play(ask, mixed);
        let first = !plans(ask) && !reviews(ask) && !ask.last().contains("## What the reviewer says of it");
        if first && ["a", "b", "e"].contains(&part(ask).as_str()) { reply.meets(&meeting) } else { reply }
    });
    let program = Program::paying(&server).file("build.rhai", PROGRAM);
    let document = program.args(["run", "build.rhai", "--json"]).run().ok().json();
    holds_of_mixed(&document["answer"]);
    let asks = server.asks();
    assert_eq!(asks.len(), 13, "one plan, six results, six reviews");
    let stronger: Vec<String> = asks
        .iter()
        .map(Ask::last)
        .filter(|prompt| prompt.contains("## An earlier result, by worker\n\nfirst c"))
        .collect();
    assert_eq!(stronger.len(), 1, "the stronger role sees what failed");
    assert!(stronger[0].contains("## What the reviewer says of it\n\nescalate c"), "{}", stronger[0]);
    assert!(stronger[0].contains("## The result of b\n\nsecond b"), "and what its part rests on: {}", stronger[0]);
    let logs = program.args(["logs", &newest_id(&program)]).run().ok().stdout;
    for label in ["plan", "work on c by expert, round 2", "review of b, round 2"] {
        assert!(logs.contains(&format!("label=\"manager: {label}\"")), "{label} in {logs}");
    }
}

#[test]
fn a_wrong_plan_is_sent_back_once() {
    let server = ChatServer::new(|ask| match (plans(ask), ask.number) {
        (true, 0) => Reply::text(circle().to_string()),
        _ => play(ask, |_, _| "approve"),
    });
    let program = Program::paying(&server).file("build.rhai", PROGRAM);
    let answer = program.args(["run", "build.rhai", "--json"]).run().ok().json()["answer"].clone();
    assert_eq!((&answer["ok"], &answer["failed"], &answer["skipped"]), (&json!(true), &json!({}), &json!({})));
    let again = server.asks()[1].last();
    assert!(again.contains("## An earlier plan was wrong: steps wait for each other: a -> c -> a"), "{again}");

    let server = ChatServer::new(|_| Reply::text(circle().to_string()));
    let program = Program::paying(&server).file("build.rhai", PROGRAM);
    program.args(["run", "build.rhai"]).run().code(1).says("steps wait for each other: a -> c -> a");
    assert_eq!(server.asks().len(), 2);
}

#[test]
fn a_part_has_three_rounds_and_all_have_ten() {
    let server = ChatServer::new(|ask| play(ask, |_, _| "request_changes"));
    let code = "import \"manager\" as manager;
        let parts = [\"a\", \"b\", \"c\", \"d\"].map(|id| #{id: id, task: \"job-\" + id});
        let caught = (); try { manager::delegate(\"Build it.\", #{plan: parts}) } catch (e) { caught = e; } caught";
    let program = Program::paying(&server).file("build.rhai", code);
    let error = program.args(["run", "build.rhai", "--json"]).run().ok().json()["answer"].clone();
    assert_eq!(error["message"], "none of 4 parts was approved; a: not approved in 3 rounds: request_changes a");
    for (id, round, message) in [
        ("a", 3, "not approved in 3 rounds: request_changes a"),
        ("b", 3, "not approved in 3 rounds: request_changes b"),
        ("c", 2, "all 10 reviews are used, none is left for round 3: request_changes c"),
        ("d", 2, "all 10 reviews are used, none is left for round 3: request_changes d"),
    ] {
        let failed = &error["failed"][id];
        assert_eq!((&failed["round"], &failed["message"]), (&json!(round), &json!(message)), "{error:#}");
        assert_eq!((&failed["kind"], &failed["result"]), (&json!("loop_exhausted"), &json!(format!("second {id}"))));
    }
    let asks = server.asks();
    assert_eq!((asks.len(), asks.iter().filter(|ask| reviews(ask)).count()), (20, 10));
}

#[test]
fn who_is_the_strongest_hands_on_to_nobody() {
    let server = ChatServer::new(|ask| play(ask, |_, _| "escalate"));
    let code = "import \"manager\" as manager;
        manager::delegate(\"Build it.\", #{plan: [#{id: \"a\", task: \"job-a\"}], roles: [\"worker\", \"expert\"]})";
    let program = Program::paying(&server).file("build.rhai", code);
    program.args(["run", "build.rhai"]).run().code(1).says("no role is stronger than expert: escalate a");
    assert_eq!(server.asks().len(), 4);
}

#[test]
fn a_call_that_fails_costs_its_part_and_no_other() {
    let server = ChatServer::new(|ask| match (part(ask).as_str(), reviews(ask)) {
        ("a", false) | ("b", true) => Reply::refusal(400, "not today"),
        _ => play(ask, |_, _| "approve"),
    });
    let program = Program::paying(&server).file("build.rhai", PROGRAM);
    let answer = program.args(["run", "build.rhai", "--json"]).run().ok().json()["answer"].clone();
    assert_eq!(answer["results"], json!({"d": "first d", "e": "first e"}), "{answer:#}");
    assert_eq!((&answer["failed"]["a"]["kind"], &answer["failed"]["a"]["result"]), (&json!("rejected"), &json!(null)));
    assert_eq!(answer["failed"]["b"]["result"], "first b", "what could not be reviewed is kept");
    assert!(answer["failed"]["b"]["message"].as_str().is_some_and(|text| text.starts_with("the review failed: ")));
    assert_eq!(answer["skipped"], json!({"c": "it needs a, b, of which there is no result"}));
}

/// Waits until all calls of the newest run but one have ended.
fn wait_for_one_under_way(program: &Program) {
    let id = newest_id(program);
    let begun = Instant::now();
    loop {
        let open = program.args(["runs", "show", &id, "--json"]).run().ok().json()["open"].clone();
        if open.as_array().is_some_and(|open| open.len() == 1) {
            return;
        }
        assert!(begun.elapsed().as_secs() < 60, "under way: {open:#}");
    }
}

#[test]
fn a_part_waits_for_nothing_but_what_it_needs() {
    // The first result of b only comes when what rests on a is under review, and the second round of d is under way: in
    // rounds that all parts go through together neither would ever be.
    let meeting = Arc::new(Barrier::new(3));
    let server = ChatServer::new(move |ask| {
        let reply = play(
            ask,
            |part, result| {
                if part == "d" && !result.contains("second") { "request_changes" } else { "approve" }
            },
        );
        let second = ask.last().contains("## What the reviewer says of it");
        match (part(ask).as_str(), reviews(ask), second) {
            ("b", false, _) | ("c", true, _) | ("d", false, true) => reply.meets(&meeting),
            _ => reply,
        }
    });
    let code = "import \"manager\" as manager;
        let part = |id, needs| #{id: id, task: \"job-\" + id, needs: needs};
        let plan = [part.call(\"a\", []), part.call(\"b\", []), part.call(\"c\", [\"a\"]), part.call(\"d\", []), part.call(\"e\", [\"b\", \"c\"])];
        manager::delegate(\"Build it.\", #{plan: plan, join: \"structured\"})";
    let program = Program::paying(&server).file("build.rhai", code);
    let answer = program.args(["run", "build.rhai", "--json"]).run().ok().json()["answer"].clone();
    assert_eq!((&answer["ok"], &answer["failed"]), (&json!(true), &json!({})), "{answer:#}");
    assert_eq!(answer["results"]["d"], "second d");
    program.args(["replay", &newest_id(&program)]).run().ok();
    assert_eq!(server.asks().len(), 12);
}

#[test]
fn a_role_that_does_not_exist_is_told_before_anything_is_paid() {
    let server = ChatServer::new(|ask| play(ask, |_, _| "approve"));
    for (options, role) in [
        ("reviewer: \"architct\"", "architct"),
        ("manager: \"mannager\"", "mannager"),
        ("roles: [\"worker\", \"expret\"]", "expret"),
    ] {
        let code = format!("import \"manager\" as manager; manager::delegate(\"Build it.\", #{{{options}}})");
        let program = Program::paying(&server).file("build.rhai", code);
        let ran = program.args(["run", "build.rhai"]).run().code(1).says(&format!("there is no role `{role}`"));
        assert!(ran.stderr.contains("hint: "), "{}", ran.stderr);
    }
    assert_eq!(server.asks().len(), 0);
}

/// A run that was killed while the second round of part b was under way, whose answer had not come.
fn killed_in_a_second_round() -> (ChatServer, Program) {
    let free = AtomicBool::new(false);
    let server = ChatServer::new(move |ask| {
        let second = part(ask) == "b" && !reviews(ask) && ask.last().contains("## What the reviewer says of it");
        if second && !free.swap(true, Ordering::SeqCst) {
            return Reply::acts(vec![Act::Hold]);
        }
        play(ask, mixed)
    });
    let program = Program::paying(&server).file("build.rhai", PROGRAM);
    let running = program.args(["run", "build.rhai"]).start();
    // The plan, three results and their reviews, and the second round of b, whose answer does not come.
    server.wait_for(8);
    wait_for_one_under_way(&program);
    running.kill();
    running.end();
    (server, program)
}

#[test]
fn killed_within_a_round_it_asks_nothing_twice() {
    let (server, program) = killed_in_a_second_round();
    let document = program.args(["resume", &newest_id(&program), "--json"]).run().ok().json();
    holds_of_mixed(&document["answer"]);
    assert_eq!(document["replayed_calls"], 7);
    let times = times(&server);
    let twice: Vec<&String> = times.iter().filter(|(_, times)| **times > 1).map(|(prompt, _)| prompt).collect();
    assert_eq!((times.len(), twice.len()), (13, 1), "{twice:#?}");
    assert!(twice[0].starts_with("## Your part\n\njob-b"), "only what was under way is asked again: {twice:#?}");
}

#[test]
fn all_of_it_is_within_one_budget() {
    let server = ChatServer::new(|ask| play(ask, mixed));
    let program = Program::paying(&server).file("build.rhai", PROGRAM);
    // The limit is meant for the whole: a part cannot catch it, and no reviewer is asked beyond it.
    program.args(["run", "build.rhai", "--max-calls", "6"]).run().code(5);
    assert_eq!(server.asks().len(), 6);
    let document = program.args(["resume", &newest_id(&program), "--max-calls", "13", "--json"]).run().ok().json();
    holds_of_mixed(&document["answer"]);
    assert_eq!((&document["calls"], server.asks().len()), (&json!(13), 13));
}

#[test]
fn killed_at_every_call_it_comes_to_the_same() {
    for held in 0..13 {
        let server = ChatServer::new(
            move |ask| {
                if ask.number == held { Reply::acts(vec![Act::Hold]) } else { play(ask, mixed) }
            },
        );
        let program = Program::paying(&server).file("build.rhai", PROGRAM);
        let running = program.args(["run", "build.rhai"]).start();
        server.wait_for(held + 1);
        running.kill();
        running.end();
        let document = program.args(["resume", &newest_id(&program), "--json"]).run().ok().json();
        holds_of_mixed(&document["answer"]);
        let times = times(&server);
        assert_eq!(times.len(), 13, "the same questions: {times:#?}");
        let again: usize = times.values().map(|times| times - 1).sum();
        assert!((1..=3).contains(&again), "killed at call {held}, only what was under way is asked again: {times:#?}");
        assert!(times.values().all(|times| *times <= 2), "{times:#?}");
    }
}
