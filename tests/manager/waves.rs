//! How the reviews of a divided task are dealt: what one part leaves over another one gets, whoever is faster.

use super::steps::ended;
use super::{part, reviews, times, wait_for_one_under_way};
use crate::resume::newest_id;
use crate::support::chat::{Ask, ChatServer, Reply};
use crate::support::program::Program;
use crate::support::server::Act;
use serde_json::{Value, json};
use std::sync::atomic::{AtomicBool, Ordering};

/// Four parts that need nothing of each other, with ten reviews: a and b have three of them, c and d two.
const PROGRAM: &str = "import \"manager\" as manager;
    manager::delegate(\"Build it.\", #{plan: [\"a\", \"b\", \"c\", \"d\"].map(|id| #{id: id, task: \"job-\" + id})})";

/// Whether a worker is asked who has had two rounds.
fn is_third(ask: &Ask) -> bool {
    !reviews(ask) && ask.last().contains("## An earlier result, by worker\n\nsecond")
}

/// Workers come further with each round; of c and d the reviewer takes the third result only.
fn play(ask: &Ask) -> Reply {
    let (prompt, part) = (ask.last(), part(ask));
    if reviews(ask) {
        let good = prompt.contains("third") || ["a", "b"].contains(&part.as_str());
        let word = if good { "approve" } else { "request_changes" };
        return Reply::text(json!({"verdict": word, "reason": word}).to_string()).usage(20, 10);
    }
    let second = prompt.contains("## An earlier result, by worker\n\nfirst");
    let time = match (is_third(ask), second) {
        (true, _) => "third",
        (false, true) => "second",
        (false, false) => "first",
    };
    Reply::text(format!("{time} {part}")).usage(20, 10)
}

/// What comes of it: eight reviews, of which c and d had three each.
fn holds(answer: &Value) {
    let results = json!({"a": "first a", "b": "first b", "c": "third c", "d": "third d"});
    assert_eq!(answer["results"], results, "{answer:#}");
    assert_eq!((&answer["ok"], answer["reviews"].as_array().map(Vec::len)), (&json!(true), Some(8)));
}

#[test]
fn what_one_part_leaves_over_another_one_gets() {
    let server = ChatServer::new(play);
    let program = Program::paying(&server).file("build.rhai", PROGRAM);
    holds(&program.args(["run", "build.rhai", "--json"]).run().ok().json()["answer"]);
    assert_eq!(server.asks().len(), 16);
    let told = program.args(["run", "build.rhai", "--events", "-"]).run().ok().stdout;
    for step in [
        "item:c/step:subtask waiting for what others leave over of 10 reviews",
        "step:wave/visit:2 ok",
        "step:wave/visit:2/item:c/step:subtask/visit:2 ok",
        "step:wave/visit:2/item:c/step:subtask/visit:2/step:review/visit:3 ok approve",
    ] {
        assert!(ended(&told).iter().any(|told| told == step), "{step} in {:#?}", ended(&told));
    }
}

#[test]
fn the_last_review_goes_to_who_waits_for_it_and_not_to_what_rests_on_that() {
    let server = ChatServer::new(play);
    let code = "import \"manager\" as manager;
        let plan = [#{id: \"a\", task: \"job-a\", needs: [\"c\"]}, #{id: \"c\", task: \"job-c\"}];
        manager::delegate(\"Build it.\", #{plan: plan, max_reviews: 3, max_subtasks: 2})";
    let program = Program::paying(&server).file("build.rhai", code);
    let answer = program.args(["run", "build.rhai", "--json"]).run().ok().json()["answer"].clone();
    assert_eq!((&answer["results"], &answer["failed"]), (&json!({"c": "third c"}), &json!({})), "{answer:#}");
    assert_eq!(answer["skipped"], json!({"a": "none of 3 reviews is left for it"}));
    assert_eq!(server.asks().len(), 6);
}

#[test]
fn killed_at_every_call_it_deals_the_same_again() {
    for held in 0..16 {
        let server = ChatServer::new(move |ask| match ask.number {
            number if number == held => Reply::acts(vec![Act::Hold]),
            _ => play(ask),
        });
        let program = Program::paying(&server).file("build.rhai", PROGRAM);
        let running = program.args(["run", "build.rhai"]).start();
        server.wait_for(held + 1);
        running.kill();
        running.end();
        holds(&program.args(["resume", &newest_id(&program), "--json"]).run().ok().json()["answer"]);
        let times = times(&server);
        assert_eq!(times.len(), 16, "killed at call {held}, the same questions: {times:#?}");
        let again: usize = times.values().map(|times| times - 1).sum();
        assert!((1..=4).contains(&again), "killed at call {held}, only what was under way is asked again: {times:#?}");
        assert!(times.values().all(|times| *times <= 2), "{times:#?}");
    }
}

#[test]
fn what_failed_before_a_wave_is_not_tried_again() {
    // What the wave deals rests on it: were a done after all, c and d might have had no third round.
    let free = AtomicBool::new(false);
    let server = ChatServer::new(move |ask| match part(ask).as_str() {
        "a" => Reply::refusal(400, "not today"),
        "d" if is_third(ask) && !free.swap(true, Ordering::SeqCst) => Reply::acts(vec![Act::Hold]),
        _ => play(ask),
    });
    let program = Program::paying(&server).file("build.rhai", PROGRAM);
    let running = program.args(["run", "build.rhai"]).start();
    // One for a, two for b, four for c and for d; of the wave the third round of c, and of d its work, which is held back.
    server.wait_for(14);
    wait_for_one_under_way(&program);
    running.kill();
    running.end();
    let answer = program.args(["resume", &newest_id(&program), "--json"]).run().ok().json()["answer"].clone();
    assert_eq!(answer["results"], json!({"b": "first b", "c": "third c", "d": "third d"}), "{answer:#}");
    assert_eq!(answer["failed"]["a"]["kind"], "rejected");
    let asks = server.asks();
    assert_eq!(asks.iter().filter(|ask| part(ask) == "a").count(), 1);
    assert_eq!(asks.len(), 16, "only what was under way is asked again");
}

#[test]
fn the_failure_that_the_end_names_is_asked_again_although_a_wave_went_past_it() {
    let code = "import \"manager\" as manager;
        let plan = [\"a\", \"c\"].map(|id| #{id: id, task: \"job-\" + id});
        manager::delegate(\"Build it.\", #{plan: plan, max_rounds: 2, max_reviews: 3, max_subtasks: 2})";
    for reviewing in [false, true] {
        let refused = AtomicBool::new(false);
        let server = ChatServer::new(move |ask| {
            let first = part(ask) == "a" && reviews(ask) == reviewing && !refused.swap(true, Ordering::SeqCst);
            if first { Reply::refusal(400, "not today") } else { play(ask) }
        });
        let program = Program::paying(&server).file("build.rhai", code);
        let ran = program.args(["run", "build.rhai"]).run().says("none of 2 parts was approved; a: ");
        assert_ne!(ran.exit_code(), Some(0));
        let answer = program.args(["resume", &newest_id(&program), "--json"]).run().ok().json()["answer"].clone();
        assert_eq!(answer["results"], json!({"a": "first a"}), "a review: {reviewing}, {answer:#}");
        assert_eq!(answer["failed"]["c"]["kind"], "loop_exhausted");
        let times = times(&server);
        let twice: Vec<&String> = times.iter().filter(|(_, times)| **times > 1).map(|(prompt, _)| prompt).collect();
        assert_eq!((times.len(), twice.len()), (6, 1), "{times:#?}");
        assert!(twice[0].contains("job-a"), "what was answered is not asked again: {twice:#?}");
    }
}
