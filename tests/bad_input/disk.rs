//! Homes and disks that cannot be written, stores that are not ours, and two processes on one store.

use crate::support::chat::{ChatServer, Reply};
use crate::support::program::Program;
use std::sync::Arc;
use tokio::sync::Barrier;

#[test]
fn a_home_that_cannot_be_made() {
    let program = Program::offline().file("occupied", "a file where the folder should be");
    let home = program.project().join("occupied").display().to_string();
    program
        .args(["eval", "1"])
        .env("RHIZO_HOME", &home)
        .run()
        .code(3)
        .prints("")
        .says("hint:")
        .snapshot("bad_home_file");
    // A folder in which nobody can make anything, not even the administrator.
    let ran = program.args(["eval", "1"]).env("RHIZO_HOME", "/proc/rhizo").run();
    ran.code(1).prints("").says("hint:").snapshot("bad_home_read_only");
}

#[test]
fn a_store_that_is_not_ours() {
    let program = Program::offline();
    std::fs::create_dir_all(program.state()).expect("a folder");
    let path = program.state().join("rhizo.db");
    std::fs::write(&path, "these are my notes about the garden, not a database, whatever the name says")
        .expect("a file");
    program.args(["eval", "1"]).run().code(1).snapshot("bad_store_foreign");
    let kept = std::fs::read_to_string(&path).expect("a file");
    assert!(kept.starts_with("these are my notes"), "a file that is not ours is left alone");
}

#[test]
fn a_store_that_is_damaged() {
    let program = Program::offline();
    program.args(["eval", "1"]).run().ok();
    let path = program.state().join("rhizo.db");
    let mut bytes = std::fs::read(&path).expect("a store");
    bytes[100..].fill(0xa5);
    std::fs::write(&path, bytes).expect("a file");
    for log in ["rhizo.db-wal", "rhizo.db-shm"] {
        // They are there only if the last process did not tidy up.
        drop(std::fs::remove_file(program.state().join(log)));
    }
    let ran = program.args(["runs", "list"]).run();
    ran.code(1).says("hint:");
    program.args(["doctor"]).run().code(1);
}

#[test]
fn a_full_disk_is_told_and_nothing_that_was_written_is_lost() {
    let program = Program::offline();
    program.args(["eval", "remember(#{situation: \"before\", lesson: \"kept\"})", "-q"]).run().ok();
    // Without the signal a file that may not grow answers like a full disk: by an error of the write.
    let full = "trap '' XFSZ; ulimit -f 120";
    let code = "let s = \"\"; s.pad(300000, \"x\"); print(\"begun\"); remember(#{situation: s, lesson: \"lost\"}); print(\"after\")";
    let ran = program.args(["eval", code, "-q"]).after(full).run().code(1).prints("begun\n");
    ran.says("error: the store [state]/rhizo.db").says("hint:");
    let episodes = program.args(["memory", "recall", "before", "--json"]).run().ok().json();
    assert_eq!(episodes[0]["episode"]["lesson"], "kept");
    program.args(["doctor"]).run().ok();
}

#[test]
fn a_run_that_the_disk_has_no_room_for_says_so_and_not_what_comes_of_it() {
    let big = format!("// {}\nllm(\"What is blue?\\n\\nThe sky is blue.\")", "x".repeat(200_000));
    let program = Program::offline().file("big.rhai", big);
    program.args(["eval", "1", "-q"]).run().ok();
    let ran = program.args(["run", "big.rhai", "--json"]).after("trap '' XFSZ; ulimit -f 120").run().code(1);
    assert_eq!(ran.json()["failure"]["kind"], "io", "{ran:?}");
    assert_eq!(ran.stderr.matches("error: ").count(), 1, "{ran:?}");
    ran.says("error: the store [state]/rhizo.db").says("hint:").does_not_say("FOREIGN KEY");
    program.args(["doctor", "--no-call"]).run().ok();
}

#[test]
fn two_processes_share_one_store() {
    let meeting = Arc::new(Barrier::new(2));
    let server = ChatServer::new(move |ask| Reply::text(ask.last()).meets(&meeting));
    let program = Program::served_by(&server);
    let code = |word: &str| format!("for i in 0..20 {{ llm(`{word} ${{i}}`) }}\n\"{word}\"");
    let one = program.args(["eval", &code("one"), "-q"]).start();
    let two = program.args(["eval", &code("two"), "-q"]).start();
    one.end().ok().prints("one\n");
    two.end().ok().prints("two\n");
    let rows = program.args(["runs", "list", "--json"]).run().ok().json();
    let rows = rows.as_array().expect("rows");
    assert_eq!(rows.len(), 2);
    for row in rows {
        assert_eq!((&row["status"], &row["calls"]), (&"completed".into(), &20.into()));
    }
    program.args(["doctor", "--no-call"]).run().ok();
}

#[test]
fn a_run_under_way_is_shown_as_such_and_a_dead_one_is_not() {
    let server = ChatServer::new(|_| Reply::acts(vec![crate::support::server::Act::Hold]));
    let program = Program::served_by(&server);
    let running = program.args(["eval", "llm(\"x\")", "-q"]).start();
    server.wait_for(1);
    let status = || program.args(["runs", "list", "--json"]).run().ok().json()[0]["status"].clone();
    assert_eq!(status(), "running");
    running.kill();
    running.end();
    assert_ne!(status(), "running");
}

#[test]
fn an_answer_that_cannot_be_written_is_in_the_store() {
    let program = Program::offline();
    let full = "exec >/dev/full";
    let ran = program.args(["eval", "6 * 7", "-q"]).after(full).run().code(1);
    ran.says("the output could not be written").says("hint: `rhizo runs show last` has the answer");
    assert_eq!(program.args(["runs", "show", "last", "--json"]).run().ok().json()["result"], 42);
    let ran = program.args(["runs", "list"]).after(full).run().code(1);
    ran.says("the output could not be written").does_not_say("hint:");
}

#[test]
fn a_success_stays_one_where_nobody_can_be_told_of_it() {
    let program = Program::offline();
    for first in ["exec 2>/dev/full", "exec 2>&-"] {
        let ran = program.args(["eval", "print(llm(\"What is blue?\\n\\nThe sky is blue.\")); 42"]).after(first).run();
        ran.ok().prints("The sky is blue.\n42\n");
        program.args(["eval", "throw 1"]).after(first).run().code(1);
    }
}
