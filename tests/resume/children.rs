//! Root runs and their children: a turn that was answered is not asked again.

use super::{newest, newest_id};
use crate::support::chat::{Ask, ChatServer, Reply};
use crate::support::program::Program;
use crate::support::server::Act;
use serde_json::{Value, json};
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};

/// A server that plays a root with these turns, and holds back the first answer for which `held` is true.
fn rooted(turns: &'static [&'static str], held: impl Fn(&Ask) -> bool + Send + Sync + 'static) -> ChatServer {
    let free = Arc::new(AtomicBool::new(false));
    ChatServer::new(move |ask| {
        if held(ask) && !free.swap(true, Ordering::SeqCst) {
            return Reply::acts(vec![Act::Hold]);
        }
        match turns.get(ask.turn() - 1).filter(|_| ask.is_root()) {
            Some(code) => Reply::code(code).usage(100, 10),
            None => Reply::text(format!("leaf of {}", ask.last().len())).usage(20, 10),
        }
    })
}

fn long() -> String {
    (0..2_000).map(|line| format!("line {line} of a long text\n")).collect()
}

#[test]
fn a_root_goes_on_at_the_turn_where_it_died() {
    let turns =
        &["let n = context.count(\"line\"); n", "let said = llm(`is ${n} many?`); said", "FINAL(said + \" / \" + n)"];
    let server = rooted(turns, |ask| ask.is_root() && ask.turn() == 3);
    let program = Program::paying(&server).file("long.txt", long());
    let running = program.args(["ask", "how many lines?", "-c", "long.txt", "--max-cost", "0.01"]).start();
    server.wait_for(4);
    running.kill();
    running.end();
    let id = newest_id(&program);
    let document = program.args(["resume", &id, "--json"]).run().ok().json();
    assert_eq!((&document["turns"], &document["replayed_calls"]), (&json!(3), &json!(3)), "{document:#}");
    let asks = server.asks();
    assert_eq!(asks.len(), 5, "the first two turns and the leaf were asked once, the third turn twice");
    assert_eq!(asks[3].messages(), asks[4].messages(), "it was told what it was told before, its budget too");
    assert_eq!(newest(&program)["status"], "completed");
}

/// A server that plays a root that starts a child, whose second turn is held back once.
fn with_a_child() -> ChatServer {
    let free = AtomicBool::new(false);
    ChatServer::new(move |ask| {
        let child = ask.is_root() && ask.messages()[1].1.starts_with("# Task\nchild\n");
        match (child, ask.turn()) {
            (true, 2) if !free.swap(true, Ordering::SeqCst) => Reply::acts(vec![Act::Hold]),
            (true, 1) => Reply::code("context.count(\"line\")"),
            (true, _) => Reply::code("FINAL(\"from the child\")"),
            (false, 1) => Reply::code("context.count(\"line\"); let told = rlm(\"child\", context); told"),
            (false, _) => Reply::code("FINAL(told)"),
        }
    })
}

/// The ids of the children of a run.
fn children(program: &Program, id: &str) -> Vec<Value> {
    let export = program.args(["runs", "export", id]).run().ok().json();
    export["children"].as_array().expect("a list").iter().map(|child| child["run"]["id"].clone()).collect()
}

/// Damages what the log says that the child was asked, and has it repaired.
fn damage(program: &Program) {
    let store = rusqlite::Connection::open(program.state().join("rhizo.db")).expect("the store");
    assert_eq!(store.execute("UPDATE effects SET intent = '{' WHERE kind = 'child'", ()), Ok(1));
    drop(store);
    program.args(["doctor", "--repair", "--no-call"]).run().ok();
}

#[test]
fn a_child_goes_on_under_its_own_id() {
    for damaged in [false, true] {
        let server = with_a_child();
        let program = Program::paying(&server).file("long.txt", long());
        let running = program.args(["ask", "parent", "-c", "long.txt"]).start();
        server.wait_for(3);
        running.kill();
        running.end();
        let id = newest_id(&program);
        let before = children(&program, &id);
        assert_eq!(before.len(), 1);
        if damaged {
            damage(&program);
        }
        program.args(["resume", &id]).run().ok().prints("from the child\n");
        assert_eq!(children(&program, &id), before, "no second child was begun");
        let asks = server.asks();
        assert_eq!(asks.len(), 5, "one turn of the child was asked twice");
        assert_eq!(asks[2].messages(), asks[3].messages());
        let all = program.args(["runs", "list", "--all", "--json"]).run().ok().json();
        assert!(all.as_array().expect("a list").iter().all(|run| run["status"] == "completed"), "{all:#}");
    }
}

#[test]
fn a_fork_goes_on_with_a_child_that_had_not_answered() {
    for killed in [true, false] {
        let server = with_a_child();
        let program = Program::paying(&server).file("long.txt", long());
        let running = program.args(["ask", "parent", "-c", "long.txt"]).start();
        server.wait_for(3);
        if killed {
            running.kill()
        } else {
            running.interrupt()
        }
        running.end();
        let id = newest_id(&program);
        let child = children(&program, &id).pop().expect("a child");
        let fork = program.args(["runs", "fork", &id]).run().ok();
        let new = fork.stdout.trim();
        let copies = children(&program, new);
        let [copy] = copies.as_slice() else { panic!("{copies:?}") };
        assert_ne!(*copy, child);
        let told = |id: &Value| id.as_str().expect("an id").to_owned();
        let on = format!("child run {} had not answered, and goes on as {}\n", told(&child), told(copy));
        assert!(fork.stderr.contains(&on), "{on}{}", fork.stderr);
        let shown = program.args(["runs", "show", &told(copy)]).run().ok().stdout;
        assert!(shown.contains(&format!("\nforked  from run {}; rhizo resume {new}\n", told(&child))), "{shown}");
        program.args(["resume", new]).run().ok().prints("from the child\n");
        assert_eq!(server.asks().len(), 5, "its first turn is not asked again");
        assert_eq!(children(&program, new), copies, "no other child was begun");
        let spent = program.args(["runs", "show", new, "--json"]).run().ok().json();
        assert_eq!(spent["calls"], 2, "it pays what it asked itself: {spent:#}");
        // The run itself goes on as if there were no fork.
        program.args(["resume", &id]).run().ok().prints("from the child\n");
        assert_eq!(server.asks().len(), 7);
    }
}

#[test]
fn a_child_that_came_to_the_same_another_way_is_a_difference() {
    let server = ChatServer::new(|ask| match ask.turn() {
        1 => Reply::code(&format!("let n = {}; context.head(1)", ask.number)),
        _ => Reply::code("FINAL(\"found\")"),
    });
    let program = Program::paying(&server).file("p.rhai", "rlm(\"look\", context)").file("long.txt", long());
    let ran = || {
        program.args(["run", "p.rhai", "-c", "long.txt"]).run().ok().prints("found\n");
        let id = newest_id(&program);
        let child = children(&program, &id).pop().expect("a child").as_str().expect("an id").to_owned();
        (id, child)
    };
    let ((one, first), (other, second)) = (ran(), ran());
    let diff = program.args(["runs", "diff", &one, &other, "--json"]).run().ok().json();
    assert_eq!((&diff["equal"], &diff["answered_differently"]), (&json!(1), &json!([])), "{diff:#}");
    let lines = diff["children"].as_array().expect("a list");
    let end = format!("; rhizo runs diff {first} {second}");
    let is_named =
        |line: &Value| line.as_str().is_some_and(|line| line.contains(" child at root/e1 / ") && line.ends_with(&end));
    assert!(lines.len() == 1 && lines.iter().all(is_named), "{diff:#}");
    let text = program.args(["runs", "diff", &one, &other]).run().ok().stdout;
    assert!(text.starts_with("1 effect is equal\nchild runs that differ:\n  ") && text.lines().count() == 3, "{text}");
    let below = program.args(["runs", "diff", &first, &second, "--json"]).run().ok().json();
    let count = |list: &str| below[list].as_array().map_or(0, Vec::len);
    assert!(count("answered_differently") + count("asked_differently") > 0, "{below:#}");
    let same = program.args(["runs", "diff", &one, &one, "--json"]).run().ok().json();
    assert_eq!(same["children"], json!([]), "{same:#}");
}

#[test]
fn a_child_that_had_ended_is_not_made_again() {
    let server = rooted(
        &["let a = rlm(\"small\", \"a text\"); let b = rlm(\"small\", \"b text\"); a + b", "FINAL(a + b)"],
        |ask| ask.is_root() && ask.turn() == 2,
    );
    let program = Program::paying(&server);
    let running = program.args(["ask", "parent", "--recursive"]).start();
    server.wait_for(4);
    running.kill();
    running.end();
    let document = program.args(["resume", &newest_id(&program), "--json"]).run().ok().json();
    assert_eq!(server.asks().len(), 5, "{document:#}");
    assert_eq!(document["replayed_calls"], 1, "the children's calls are not even looked at");
}

#[test]
fn an_answer_of_a_child_is_not_lost_with_the_row_of_its_end() {
    let server = ChatServer::new(|ask| Reply::text(format!("leaf {}", ask.number)).usage(20, 10));
    let program = Program::paying(&server).file("one.rhai", "let said = rlm(\"one\"); said");
    program.args(["eval", "1"]).run().ok();
    let store = rusqlite::Connection::open(program.state().join("rhizo.db")).expect("the store");
    let refuses = "CREATE TRIGGER refuses BEFORE UPDATE ON runs WHEN new.parent IS NOT NULL
        BEGIN SELECT RAISE(ABORT, 'not this one'); END";
    store.execute_batch(refuses).expect("a trigger");
    let ran = program.args(["run", "one.rhai"]).run().ok().prints("leaf 0\n");
    ran.says("note: the end of child run ").says("not this one");
    program.args(["replay", &newest_id(&program)]).run().ok().prints("leaf 0\n");
    assert_eq!(server.asks().len(), 1);
}

#[test]
fn children_that_the_budget_refused_are_asked_once_it_is_larger() {
    let server = ChatServer::new(|_| Reply::text("leaf").usage(20, 10));
    // The tool stands behind the failure, which the program has gone on past.
    let code = "let said = rlm_batch([\"one\", \"two\", \"three\"], #{concurrency: 1});\n\
        TOOL(\"calculate\", #{expression: \"1 + 1\"});\nsaid.filter(|one| type_of(one) == \"string\").len";
    let program = Program::paying(&server).file("all.rhai", code);
    let document = program.args(["run", "all.rhai", "--max-calls", "2", "--json"]).run().ok().json();
    let ended = (&document["answer"], &document["status"], &document["refused_calls"]);
    assert_eq!(ended, (&json!(2), &json!("partial"), &json!(1)), "{document:#}");
    let ran = program.args(["resume", &newest_id(&program), "--max-calls", "3", "--json"]).run().ok();
    let document = ran.json();
    let ended = (&document["answer"], &document["status"], &document["refused_calls"]);
    assert_eq!(ended, (&json!(3), &json!("completed"), &json!(0)), "{document:#}");
    assert_eq!(server.asks().len(), 3);
}

#[test]
fn a_child_that_answered_past_refused_calls_lacks_them_for_good() {
    let server = ChatServer::new(|ask| match ask.is_root() {
        true => Reply::code("context.head(1); let said = llm_batch([\"x\", \"y\"]); FINAL(said.len)"),
        false => Reply::text("leaf"),
    });
    let code = "rlm(\"child\", context, #{max_calls: 2})";
    let program = Program::paying(&server).file("parent.rhai", code).file("long.txt", long());
    let ran = program.args(["run", "parent.rhai", "-c", "long.txt", "--json"]).run().ok();
    let document = ran.json();
    let ended = (&document["answer"], &document["status"], &document["refused_calls"]);
    assert_eq!(ended, (&json!(2), &json!("partial"), &json!(1)), "{document:#}");
    ran.says("1 call was refused by max_calls: give the child run more: `#{max_calls: ..}`");
    let ran = program.args(["resume", &newest_id(&program), "--json"]).run().ok();
    let document = ran.json();
    assert_eq!((&document["status"], &document["refused_calls"]), (&json!("partial"), &json!(1)), "{document:#}");
    ran.says("refused by the limits of a child run that has ended, only a new run asks for them");
    // A fork has the answer of that child, and lacks as much.
    let fork = program.args(["runs", "fork", "last"]).run().ok().stdout;
    let document = program.args(["resume", fork.trim(), "--json"]).run().ok().json();
    let ended = (&document["answer"], &document["status"], &document["refused_calls"]);
    assert_eq!(ended, (&json!(2), &json!("partial"), &json!(1)), "{document:#}");
    assert_eq!(server.asks().len(), 2);
}

#[test]
fn a_child_that_its_slice_refused_goes_on_once_the_program_gives_it_more() {
    let turn = |ask: &Ask| if ask.turn() < 3 { "context.head(1)" } else { "FINAL(\"found\")" };
    let server = ChatServer::new(move |ask| Reply::code(turn(ask)));
    let code = "let said = \"\";\n\
        try { said = rlm(\"child\", context, #{max_calls: 2}); } catch (e) { said = e.kind }\nsaid";
    let program = Program::paying(&server).file("parent.rhai", code).file("long.txt", long());
    let ran = program.args(["run", "parent.rhai", "-c", "long.txt"]).run().ok().prints("child\n");
    ran.says("give the child run more: `#{max_calls: ..}`; rhizo resume ");
    let program = program.file("parent.rhai", code.replace("max_calls: 2", "max_calls: 3"));
    let document = program.args(["resume", &newest_id(&program), "--json"]).run().ok().json();
    let ended = (&document["answer"], &document["status"], &document["refused_calls"]);
    assert_eq!(ended, (&json!("found"), &json!("completed"), &json!(0)), "{document:#}");
    assert_eq!(server.asks().len(), 3, "what was answered is not asked again");
}
