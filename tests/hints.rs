//! Hints for exploring: what runs record of how they looked, what later runs are told of it, and what comes back.

use crate::support::chat::{Ask, ChatServer, Reply};
use crate::support::program::Program;
use serde_json::Value;

/// Tasks that differ in more than numbers, so that each counts for itself.
const WORDS: [&str; 9] = ["copper", "timber", "wool", "salt", "barley", "amber", "linen", "cedar", "honey"];

/// A text that is looked into for the price of everything.
fn prices() -> String {
    WORDS.iter().map(|word| format!("{word} costs nine florins\n")).collect()
}

/// A program over a server, in whose project the prices lie; `share` of its runs get no hints.
/// With nothing left to chance but whether the memory is asked.
fn program(server: &ChatServer, share: &str) -> Program {
    let served = Program::served_by(server).file("prices.txt", prices());
    served.env("RHIZO_MEMORY_OFF_SHARE", share).env("RHIZO_ESCALATION_AUDIT", "0")
}

fn ask(program: &Program, task: &str, turns: &str) -> Value {
    let question = format!("what does {task} cost in the list of prices?");
    let args = ["ask", &question, "--recursive", "--context", "prices.txt", "--max-turns", turns, "--json"];
    program.args(args).run().json()
}

/// A root that looks with the code that the question's word calls for, then answers.
fn looks(ask: &Ask) -> Reply {
    looks_at(ask, ask.turn())
}

fn looks_at(ask: &Ask, turn: usize) -> Reply {
    match turn {
        1 if ["salt", "wool"].iter().any(|word| task(ask).contains(word)) => Reply::code("context.head(100)"),
        1 => Reply::code("let found = context.grep(\"florins\");\nfound"),
        _ => Reply::code("FINAL(\"nine florins\")"),
    }
}

/// The first message that a root is sent.
fn first(ask: &Ask) -> String {
    ask.messages().into_iter().nth(1).map(|(_, text)| text).unwrap_or_default()
}

/// What it is asked.
fn task(ask: &Ask) -> String {
    first(ask).lines().nth(1).unwrap_or_default().to_owned()
}

/// The first prompt of the latest run.
fn latest(server: &ChatServer) -> String {
    server.asks().iter().rev().find(|ask| ask.turn() == 1).map(first).unwrap_or_default()
}

/// Seven runs that look by grep and work, and two that look at the head and get no further.
fn experienced(program: &Program) {
    for word in WORDS {
        let fails = matches!(word, "salt" | "wool");
        let end = ask(program, word, if fails { "1" } else { "2" });
        assert_eq!(end["status"], if fails { "limited" } else { "completed" }, "{end}");
    }
}

fn row<'a>(stats: &'a Value, group: &str, name: &str) -> &'a Value {
    stats[group].as_array().into_iter().flatten().find(|row| row["name"] == name).unwrap_or(&Value::Null)
}

#[test]
fn ways_of_looking_are_counted_with_what_they_use() {
    let server = ChatServer::new(looks);
    let program = program(&server, "0");
    experienced(&program);
    let stats = program.args(["memory", "stats", "--json"]).run().ok().json();
    let grep = row(&stats, "explore", "context.grep(_)");
    assert_eq!((&grep["runs"], &grep["worked"]), (&7.into(), &7.into()), "{stats:#}");
    assert!(grep["mean_tokens"].as_f64().is_some_and(|tokens| tokens > 100.0), "{stats:#}");
    let head = row(&stats, "explore", "context.head(_)");
    assert_eq!((&head["runs"], &head["worked"]), (&2.into(), &0.into()), "{stats:#}");
    assert_eq!(row(&stats, "strategies", "architect")["runs"], 9, "{stats:#}");
    let shown = program.args(["memory", "stats"]).run().ok().stdout;
    assert!(shown.contains("context.grep(_)") && shown.contains("7 of 7"), "{shown}");
}

#[test]
fn what_worked_in_similar_runs_is_told_to_the_next() {
    let server = ChatServer::new(looks);
    let program = program(&server, "0");
    experienced(&program);
    ask(&program, "silver", "2");
    let told = latest(&server);
    assert!(told.contains("- context.grep(_): worked in 7 of 7 similar runs, about "), "{told}");
    assert!(!told.contains("context.head(_)") && !told.contains("Where to begin"), "{told}");
    let advice = "let s = suggest_exploration(); [s.advice, s.evidence]";
    let said = program.args(["eval", advice, "--context", "prices.txt", "--json"]).run().ok().json();
    assert_eq!(said["answer"][0], "context.grep(_)", "{said}");
    assert!(said["answer"][1].as_str().is_some_and(|text| text.starts_with("worked in 8 of 8")), "{said}");
    let typed = program.args(["repl", "--context", "prices.txt"]).stdin(".memory\n").run().ok();
    assert!(
        format!("{}{}", typed.stdout, typed.stderr).contains("context.grep(_): worked in 8 of 8"),
        "{}",
        typed.stdout
    );
}

#[test]
fn an_episode_says_what_was_shown_and_whether_it_was_followed() {
    let server = ChatServer::new(looks);
    let program = program(&server, "0");
    experienced(&program);
    ask(&program, "silver", "2");
    let found = program.args(["memory", "recall", "what does silver cost in the list of prices?", "-k", "2", "--json"]);
    let found = found.run().ok().json();
    let rows: Vec<&Value> = found.as_array().into_iter().flatten().map(|row| &row["episode"]).collect();
    let of = |action: &str| rows.iter().find(|row| row["action"] == action).copied().unwrap_or(&Value::Null);
    let (looked, run) = (of("explore"), of("strategy"));
    assert_eq!((&looked["arm"], &looked["hits"]), (&"context.grep(_)".into(), &9.into()), "{found:#}");
    assert_eq!(looked["run"], run["run"]);
    for row in [looked, run] {
        assert_eq!((&row["hint_used"], &row["outcome"]), (&true.into(), &"success".into()), "{found:#}");
        assert!(row["shown"].as_array().is_some_and(|ids| ids.len() >= 3), "{found:#}");
    }
    let tokens = |row: &Value| row["tokens"].as_u64().unwrap_or(0);
    assert!(tokens(looked) > 0 && tokens(looked) < tokens(run), "the turn that looked is a part of the run: {found:#}");
}

#[test]
fn what_a_look_found_is_known_from_its_value_or_from_what_it_printed() {
    for (code, hits) in [
        ("context.grep(\"florins\")", Some(9)),
        ("context.count(\"copper\")", Some(1)),
        ("#{rows: context.grep(\"wool|salt\"), more: [1], name: \"x\"}", Some(3)),
        ("context.head(60)", Some(3)),
        ("for hit in context.grep(\"wool|salt|honey\") { print(hit.text) }", Some(3)),
        ("print(context.grep(\"gold\").len())", Some(1)),
        ("context.grep(\"gold\")", Some(0)),
        ("let found = context.grep(\"florins\");", None),
        ("#{name: context.head(9)}", None),
    ] {
        let server = ChatServer::new(move |ask| Reply::code(if ask.turn() == 1 { code } else { "FINAL(1)" }));
        let program = program(&server, "0");
        ask(&program, "wool", "2");
        let found = program.args(["memory", "export"]).run().ok().stdout;
        let rows = found.lines().filter_map(|line| serde_json::from_str::<Value>(line).ok());
        let looked: Vec<Value> = rows.filter(|row| row["action"] == "explore").collect();
        assert_eq!(looked.len(), 1, "{code}: {looked:#?}");
        assert_eq!(looked[0]["hits"].as_u64(), hits, "{code}");
    }
}

#[test]
fn a_root_that_fails_is_told_the_best_way_that_it_has_not_tried() {
    let server = ChatServer::new(|ask| match (task(ask).contains("parrot"), ask.turn()) {
        (true, 1 | 2) => Reply::code("nothing_of_that_name(1)"),
        _ => looks_at(ask, if task(ask).contains("parrot") { ask.turn() - 2 } else { ask.turn() }),
    });
    let program = program(&server, "0");
    experienced(&program);
    assert_eq!(ask(&program, "the parrot", "5")["status"], "completed");
    let told = server.asks().iter().rev().nth(1).map(Ask::last).unwrap_or_default();
    assert!(told.contains("in another way now, `context.grep(_)` (worked in 7 of 7 similar runs, about "), "{told}");
}

#[test]
fn without_enough_evidence_the_shape_of_the_context_decides() {
    let server = ChatServer::new(looks);
    let program = program(&server, "0");
    for word in ["copper", "timber", "barley"] {
        ask(&program, word, "2");
    }
    let told = latest(&server);
    assert!(told.contains("Where to begin: it is small") && !told.contains("similar runs looked"), "{told}");
    let typed = program.args(["repl", "--context", "prices.txt"]).stdin(".memory\n").run().ok();
    assert!(format!("{}{}", typed.stdout, typed.stderr).contains("where to begin: it is small"), "{}", typed.stdout);
}

#[test]
fn a_share_of_runs_is_kept_without_hints_and_compared() {
    let server = ChatServer::new(looks);
    let always = program(&server, "0");
    experienced(&always);
    let asked = server.asks().len();
    let half = always.env("RHIZO_MEMORY_OFF_SHARE", "0.5");
    let count = 12_u64;
    for number in 0..count {
        ask(&half, &format!("{}{}", "silver".repeat(usize::try_from(number).expect("small")), number), "2");
    }
    let told = server.asks()[asked..].iter().filter(|ask| ask.turn() == 1 && first(ask).contains("# Memory")).count();
    let stats = half.args(["memory", "stats", "--json"]).run().ok().json();
    let runs = |side: &str| stats["uplift"][side]["runs"].as_u64().unwrap_or(0);
    assert_eq!(runs("with") + runs("without"), count, "runs that chance did not decide are left out: {stats:#}");
    assert_eq!(u64::try_from(told).expect("small"), runs("with"), "{stats:#}");
    assert_eq!(stats["uplift"]["enough"], false);
    let said = half.args(["memory", "stats"]).run().ok().stdout;
    assert!(said.contains("too few runs to say what memory brings"), "{said}");
    let off = half.env("RHIZO_MEMORY_OFF_SHARE", "1");
    ask(&off, "pepper", "2");
    let told = latest(&server);
    assert!(told.contains("Where to begin") && !told.contains("# Memory"), "{told}");
}

#[test]
fn what_was_shown_does_not_come_back_as_evidence() {
    let server = ChatServer::new(|ask| {
        let told = first(ask);
        let hint = told.lines().find_map(|line| line.strip_prefix("- context.grep(_): ")).unwrap_or_default();
        let lesson = told.lines().find_map(|line| line.strip_prefix("- worked: ")).unwrap_or_default();
        match (task(ask).contains("parrot"), ask.turn()) {
            (true, 1) => Reply::code(&format!("remember(#{{situation: \"prices\", lesson: \"I know: {hint}\"}})")),
            (true, 2) => Reply::code(&format!("remember(#{{situation: \"prices\", lesson: \"{lesson}\"}})")),
            (true, 3) => Reply::code(
                "remember(#{situation: \"prices\", action: \"explore\", arm: \"context.grep(_)\", outcome: \"success\"})",
            ),
            (true, 4) => {
                Reply::code("remember(#{situation: \"prices\", lesson: \"each line has one price\"}); context.head(9)")
            }
            _ => looks(ask),
        }
    });
    let program = program(&server, "0");
    experienced(&program);
    let before = program.args(["memory", "--json"]).run().ok().json()["episodes"].clone();
    let end = ask(&program, "the parrot", "5");
    assert_eq!(end["status"], "completed", "{end}");
    let turns: Vec<String> = server.asks().iter().rev().take(4).map(Ask::last).collect();
    let refused = turns.iter().filter(|text| text.contains("is no new evidence")).count();
    assert_eq!(refused, 3, "{turns:#?}");
    let after = program.args(["memory", "--json"]).run().ok().json()["episodes"].clone();
    let grown = after.as_u64().zip(before.as_u64()).map(|(after, before)| after - before);
    assert_eq!(grown, Some(4), "the run, its look, the lesson of its own, and that a repeated turn failed again");
}

#[test]
fn failures_of_the_network_say_nothing_of_a_way_of_looking() {
    let server = ChatServer::new(|ask| match ask.turn() {
        1 => Reply::code("context.search(\"wool\", 5)"),
        _ => Reply::refusal(401, "no such key"),
    });
    let program = program(&server, "0");
    assert_eq!(ask(&program, "wool", "3")["status"], "failed");
    let stats = program.args(["memory", "--json"]).run().ok().json();
    assert_eq!((&stats["episodes"], &stats["explore"]), (&2.into(), &Value::Array(Vec::new())), "{stats:#}");
}

#[test]
fn an_empty_memory_is_not_asked() {
    let server = ChatServer::new(looks);
    let program = program(&server, "0.5");
    ask(&program, "wool", "2");
    assert!(!program.state().join("memory").exists(), "the index is not opened");
    let stats = program.args(["memory", "stats", "--json"]).run().ok().json();
    assert_eq!(stats["uplift"]["with"]["runs"].as_u64().zip(stats["uplift"]["without"]["runs"].as_u64()), Some((0, 0)));
    assert!(!program.state().join("memory").exists());
}

#[test]
fn evaluations_have_hints_always_unless_told_otherwise() {
    let server = ChatServer::new(looks);
    let program = Program::served_by(&server).file("prices.txt", prices()).env("RHIZO_MEMORY_NAMESPACE", "eval");
    for word in WORDS {
        ask(&program, word, "2");
        assert!(word == "copper" || latest(&server).contains("# Memory"), "{}", latest(&server));
    }
    let stats = program.args(["memory", "stats", "--json"]).run().ok().json();
    assert_eq!(row(&stats, "strategies", "architect")["runs"], 9, "{stats:#}");
    let real = program.env("RHIZO_MEMORY_NAMESPACE", "prod");
    ask(&real, "silver", "2");
    assert!(!latest(&server).contains("# Memory"), "{}", latest(&server));
}
