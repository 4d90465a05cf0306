//! One damaged row hides no other one: lists leave it out and say so, `doctor` finds it, and `--repair` loses the least.

use super::{holding, killed_in_a_tool, newest, newest_id};
use crate::support::chat::{ChatServer, Reply};
use crate::support::program::Program;
use serde_json::json;

fn damage(program: &Program, change: &str) {
    let store = rusqlite::Connection::open(program.state().join("rhizo.db")).expect("the store");
    assert_eq!(store.execute(change, ()), Ok(1), "{change}");
}

/// Has `doctor` find what is wrong with a table, and take it out of the way.
#[track_caller]
fn repaired(program: &Program, table: &str) {
    let found = program.args(["doctor", "--no-call"]).run().code(1).stdout;
    assert!(found.contains(&format!("`{table}` has 1 that cannot be read")), "{found}");
    program.args(["doctor", "--repair", "--no-call"]).run().ok();
    let sound = program.args(["doctor", "--no-call"]).run().ok().stdout;
    assert!(sound.contains("1 records in quarantine"), "{sound}");
}

#[test]
fn a_damaged_run_hides_no_other_one() {
    for (change, left) in [
        ("failure = '['", 2),
        ("failure = '{}'", 2),
        ("settings = '{'", 2),
        ("result = '['", 2),
        ("pid = -5", 2),
        ("ended_at = -1", 2),
        ("status = 'succems'", 2),
        ("task = CAST(x'ff' AS TEXT)", 1),
    ] {
        let program = Program::offline();
        program.args(["eval", "1 + 1", "-q"]).run().ok();
        program.args(["eval", "6 * 7", "-q"]).run().ok();
        damage(&program, &format!("UPDATE runs SET {change} WHERE rowid = 1"));
        let count = || {
            let ran = program.args(["runs", "list", "--json"]).run().ok();
            (ran.json().as_array().map(Vec::len), ran.stderr.contains("note: the store is damaged"))
        };
        assert_eq!(count(), (Some(1), true), "{change}");
        program.args(["runs", "gc"]).run().ok().says("doctor --repair");
        if left == 2 {
            repaired(&program, "runs");
        } else {
            program.args(["doctor", "--repair", "--no-call"]).run().ok();
        }
        assert_eq!(count(), (Some(left), false), "{change}");
    }
}

#[test]
fn a_damaged_run_is_told_by_its_id_and_no_other_is_meant() {
    let program = Program::offline();
    program.args(["eval", "1 + 1", "-q"]).run().ok();
    let sound = newest_id(&program);
    program.args(["eval", "6 * 7", "-q"]).run().ok();
    let id = newest_id(&program);
    damage(&program, "UPDATE runs SET ended_at = -1 WHERE rowid = 2");
    let hint = "hint: `rhizo doctor --repair` mends it; `rhizo runs list` names the others";
    for call in [&["runs", "show", "last"][..], &["resume", "last"], &["replay", "last"], &["logs"]] {
        let ran = program.list(call).run().code(1);
        ran.says(&format!("the newest run {id} cannot be read: ended_at is -1")).says(hint);
    }
    program.args(["runs", "show", &id]).run().code(1).says(&format!("run {id} cannot be read: ")).says(hint);
    // Both begin with the same digits of a time, and one of them can be shown.
    assert_eq!(program.args(["runs", "show", &id[..4], "--json"]).run().ok().json()["id"], json!(sound));
    program.args(["doctor", "--repair", "--no-call"]).run().ok();
    assert_eq!(program.args(["runs", "show", "last", "--json"]).run().ok().json()["id"], json!(id));
}

#[test]
fn a_damaged_cost_hides_no_run() {
    let server = holding(usize::MAX);
    let program = Program::paying(&server);
    for word in ["sound", "broken"] {
        program.args(["eval", &format!("llm(\"{word}\")"), "-q"]).run().ok();
    }
    let last = "(SELECT max(rowid) FROM effects WHERE kind = 'model')";
    damage(&program, &format!("UPDATE effects SET cost_nanos = -5 WHERE rowid = {last}"));
    let listed = program.args(["runs", "list"]).run().ok().says("note: the store is damaged: ");
    assert!(listed.stdout.contains("sound") && listed.stdout.contains("unknown"), "{}", listed.stdout);
    let rows = program.args(["runs", "list", "--json"]).run().ok().json();
    assert_eq!(rows.as_array().map(Vec::len), Some(2));
    let typed = program.args(["repl"]).stdin(".runs\n").run().ok();
    let typed = format!("{}{}", typed.stdout, typed.stderr);
    assert!(typed.contains("unknown") && typed.contains("note: the store is damaged: "), "{typed}");
    program.args(["doctor", "--repair", "--no-call"]).run().ok();
    program.args(["runs", "list"]).run().ok().does_not_say("note: ");
}

#[test]
fn a_damaged_episode_takes_nothing_from_the_memory() {
    for change in ["body = '{'", "outcome = 'succems'", "at = -1"] {
        let program = Program::offline();
        for word in ["kept", "lost"] {
            let code = format!("remember(#{{situation: \"sum a column\", lesson: \"{word}\"}})");
            program.args(["eval", &code, "-q"]).run().ok();
        }
        damage(&program, &format!("UPDATE episodes SET {change} WHERE body LIKE '%lost%'"));
        let recalled = program.args(["memory", "recall", "sum a column", "--json"]).run().ok().says("note: ");
        assert_eq!(recalled.json()[0]["episode"]["lesson"], json!("kept"), "{change}");
        for call in [&["memory", "stats"][..], &["memory", "export", "-"], &["memory", "reindex"]] {
            program.list(call).run().ok();
        }
        program.args(["eval", "recall(\"sum a column\")", "-q"]).run().ok();
        repaired(&program, "episodes");
        program.args(["memory", "recall", "sum a column"]).run().ok().does_not_say("note: ");
    }
}

#[test]
fn damaged_logs_are_found() {
    for (table, change) in [
        ("effects", "UPDATE effects SET started_at = -1 WHERE rowid = (SELECT min(rowid) FROM effects)"),
        ("events", "UPDATE events SET body = '{\"event\":\"odd\"}' WHERE rowid = (SELECT min(rowid) FROM events)"),
    ] {
        let program = Program::offline();
        program.args(["eval", "llm(\"What is blue?\\n\\nThe sky is blue.\")", "-q"]).run().ok();
        damage(&program, change);
        repaired(&program, table);
    }
}

#[test]
fn an_effect_with_a_damaged_part_is_neither_paid_nor_done_again() {
    let code = "let long = \"\"; for n in 0..20000 { long += `${n} `; } llm(long);
        TOOL(\"write_file\", #{path: \"kept.txt\", text: \"b\"});
        throw \"the end\"";
    for change in [
        "UPDATE blobs SET body = x'00' WHERE id = (SELECT intent_blob FROM effects WHERE kind = 'model')",
        "DELETE FROM blobs WHERE id = (SELECT intent_blob FROM effects WHERE kind = 'model')",
        "UPDATE effects SET usage = '[' WHERE kind = 'model'",
        "UPDATE effects SET usage = '{\"input_tokens\":-1}' WHERE kind = 'model'",
        "UPDATE effects SET cost_nanos = -5 WHERE kind = 'model'",
        "UPDATE effects SET worst_output = -1, earlier_output = -1 WHERE kind = 'model'",
        "UPDATE effects SET requests = -1 WHERE kind = 'model'",
        "UPDATE effects SET requests = 4294967296 WHERE kind = 'model'",
        "UPDATE effects SET intent = '{' WHERE kind = 'tool'",
        "UPDATE effects SET intent = CAST(x'22ff22' AS TEXT) WHERE kind = 'tool'",
        "UPDATE effects SET started_at = -1, ended_at = -1, attempts = -1 WHERE kind = 'tool'",
        "UPDATE effects SET seq = -7 WHERE kind = 'tool'",
    ] {
        let server = ChatServer::new(|_| Reply::text("A").usage(20, 10));
        let program = Program::paying(&server).file("both.rhai", code);
        program.args(["run", "both.rhai", "--approve", "auto"]).run().code(1).says("the end");
        let (id, kept) = (newest_id(&program), program.project().join("kept.txt"));
        std::fs::remove_file(&kept).expect("it was written");
        damage(&program, change);
        program.args(["doctor", "--no-call"]).run().code(1);
        program.args(["doctor", "--repair", "--no-call"]).run().ok();
        for call in ["show", "export"] {
            program.args(["runs", call, &id]).run().ok();
        }
        program.args(["resume", &id, "--approve", "auto"]).run().code(1).says("the end");
        assert_eq!(server.asks().len(), 1, "{change}");
        assert!(!kept.exists(), "{change}");
    }
}

#[test]
fn a_damaged_copy_in_a_fork_is_paid_once_and_counts() {
    let server = holding(usize::MAX);
    let program = Program::paying(&server).file("one.rhai", "let a = llm(\"a\"); throw a");
    program.args(["run", "one.rhai"]).run().code(1);
    let new = program.args(["runs", "fork", "last"]).run().ok().stdout.trim().to_owned();
    damage(&program, "UPDATE effects SET result = '[' WHERE kind = 'model' AND origin IS NOT NULL");
    repaired(&program, "effects");
    for _ in 0..2 {
        program.args(["resume", &new]).run().code(1);
        let row = newest(&program);
        assert_eq!((&row["id"], &row["calls"], &row["cost_usd"]), (&json!(new), &json!(1), &json!(30.0 / 1e9)));
    }
    assert_eq!(server.asks().len(), 2);
}

#[test]
fn a_damaged_tool_that_was_under_way_is_not_repeated_unasked() {
    for change in ["intent = '{'", "started_at = -1"] {
        let code = "TOOL(\"run_command\", #{command: \"echo once >> written; sleep 600\"}); \"done\"";
        let program = killed_in_a_tool(code);
        damage(&program, &format!("UPDATE effects SET {change} WHERE kind = 'tool'"));
        repaired(&program, "effects");
        let again = program.args(["resume", "last", "--approve", "auto"]).run().code(6);
        again.says("may or may not have done its work");
    }
}
