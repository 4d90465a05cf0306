//! `run_command` with real programs. A process is known to be over by what `/proc` says of it.

use super::Bench;
use crate::core::failure::FailureKind;
use crate::tools::workspace::Workspace;
use serde_json::{Value, json};
use std::fs;
use std::sync::Arc;
use std::time::Duration;

/// Waits until no process of that number runs; one that is killed stays in the table until somebody has taken note.
///
/// A kill takes effect when the system gets round to it, so there is something to wait for.
async fn gone(id: &str) {
    let stat = format!("/proc/{}/stat", id.trim());
    let over = async {
        while fs::read_to_string(&stat).is_ok_and(|stat| !stat.contains(") Z ")) {
            tokio::task::yield_now().await;
        }
    };
    tokio::time::timeout(Duration::from_secs(60), over).await.unwrap_or_else(|_| panic!("{id} is alive"));
}

#[tokio::test]
async fn commands_answer_with_status_and_output() {
    let bench = Bench::new();
    for (args, status, stdout, stderr) in [
        (json!({"command": ["echo", "a  b", "$COLOUR"]}), 0, "a  b $COLOUR\n", ""),
        (json!({"command": "echo $COLOUR; echo oops >&2; exit 3"}), 3, "blue\n", "oops\n"),
        (json!({"command": "cat", "stdin": "hello"}), 0, "hello", ""),
        (json!({"command": "true", "stdin": "x".repeat(1 << 20)}), 0, "", ""),
        (json!({"command": "kill -TERM $$"}), 143, "", ""),
        (json!({"command": "echo ${OPENAI_API_KEY-none}"}), 0, "none\n", ""),
        (json!({"command": "cat notes.txt | head -n 1 > /dev/null && pwd -P | sed 's:.*/::'"}), 0, "work\n", ""),
        (json!({"command": "test -t 0 || echo no terminal"}), 0, "no terminal\n", ""),
    ] {
        let ended = bench.ok("run_command", args.clone()).await;
        assert_eq!(ended["status"], json!(status), "{args}: {ended}");
        assert_eq!((&ended["stdout"], &ended["stderr"]), (&json!(stdout), &json!(stderr)), "{args}");
        assert_eq!(ended["success"], json!(status == 0), "{args}");
        assert_eq!((&ended["timed_out"], &ended["overflowed"]), (&json!(false), &json!(false)), "{args}");
    }
}

#[tokio::test]
async fn commands_that_cannot_start_fail() {
    let bench = Bench::new();
    let failure = bench.fails("run_command", json!({"command": ["no-such-program"]}), FailureKind::NotFound).await;
    assert_eq!(failure.message, "there is no program `no-such-program`");
    for (args, kind) in [
        (json!({"command": []}), FailureKind::Invalid),
        (json!({"command": ["a\0b"]}), FailureKind::Invalid),
        (json!({"command": 5}), FailureKind::Invalid),
        (json!({"command": ["./notes.txt"]}), FailureKind::Denied),
        (json!({"command": "true", "timeout": 0}), FailureKind::Invalid),
        (json!({"command": "true", "timeout": 3601}), FailureKind::Invalid),
    ] {
        bench.fails("run_command", args, kind).await;
    }
}

#[tokio::test]
async fn what_a_command_leaves_behind_is_killed() {
    let bench = Bench::new();
    for line in [
        "sleep 1000 & echo $!",
        "sleep 1000 >/dev/null 2>&1 & echo $!",
        "nohup sleep 1000 >/dev/null 2>&1 & echo $!",
        "setsid sleep 1000 & echo $!",
        // Two forks and a new session: neither parent, group nor session lead there.
        "(setsid sh -c 'echo $$; exec sleep 1000' &) | head -n 1",
        // Nor does the environment.
        "(setsid env -i sh -c 'sleep 1000 & echo $!' &) | head -n 1",
        "(setsid env -i setsid sh -c 'sleep 1000 >/dev/null 2>&1 </dev/null & echo $! > id.new; mv id.new id' >/dev/null 2>&1 &)
         while [ ! -e id ]; do :; done; cat id",
    ] {
        let ended = bench.ok("run_command", json!({"command": line})).await;
        let id = ended["stdout"].as_str().unwrap();
        assert!(id.trim().parse::<u32>().is_ok(), "{line}: {ended}");
        gone(id).await;
    }
}

#[tokio::test]
async fn a_command_that_takes_too_long_is_killed_with_its_children() {
    let bench = Bench::new();
    for line in [
        "sleep 1000 & echo $!; wait",
        "trap '' TERM INT HUP; sleep 1000 & echo $!; wait",
        // Neither session, group nor environment lead there, but the caged shell inherits the orphan.
        "(setsid env -i sleep 1000 & echo $!); while :; do sleep 1; done",
        "setsid env -i sh -c 'sleep 1000 & echo $!'; sleep 1000",
        "b() { sleep 1000 & echo $!; sleep 1000 & sleep 1000 & sh -c 'sleep 1000 & sleep 1000 & wait'; }; b",
    ] {
        let ended = bench.ok("run_command", json!({"command": line, "timeout": 0.3})).await;
        assert_eq!((&ended["timed_out"], &ended["success"]), (&json!(true), &json!(false)), "{line}: {ended}");
        let id = ended["stdout"].as_str().unwrap();
        assert!(id.trim().parse::<u32>().is_ok(), "{line}: {ended}");
        gone(id).await;
    }
}

#[tokio::test]
async fn a_command_that_kills_what_stands_above_it_ends_all_the_same() {
    let bench = Bench::new();
    let ended = bench.ok("run_command", json!({"command": "sleep 1000 & echo $!; kill -9 $PPID"})).await;
    assert_eq!(ended["success"], json!(false), "{ended}");
    gone(ended["stdout"].as_str().unwrap()).await;
}

#[tokio::test]
async fn a_cancelled_command_is_killed() {
    let bench = Bench::new();
    let made = bench.work.join("id");
    let command = bench.call("run_command", json!({"command": "sleep 1000 & echo $! > id.new; mv id.new id; wait"}));
    let stop = async {
        while !made.exists() {
            tokio::task::yield_now().await;
        }
        bench.cx.cancel.cancel();
    };
    let (ended, ()) = futures::join!(command, stop);
    assert_eq!(ended.unwrap_err().kind, FailureKind::Cancelled);
    gone(&fs::read_to_string(made).unwrap()).await;
}

#[tokio::test]
async fn output_is_bounded() {
    let mut bench = Bench::new();
    let ended = bench.ok("run_command", json!({"command": "seq 1 100000", "max_output": 30})).await;
    let text = ended["stdout"].as_str().unwrap();
    assert_eq!(
        text,
        "1\n2\n3\n4\n5\n6\n7\n8\n9\n10\n... [588865 of 588895 bytes left out] ...\n999\n100000\n"
            .replace("999\n", "99\n")
    );
    assert_eq!((&ended["truncated"], &ended["success"]), (&json!(true), &json!(true)));
    bench.cx.limits.command_output_bytes = 1 << 20;
    let ended = bench.ok("run_command", json!({"command": ["yes"], "max_output": 100})).await;
    assert_eq!((&ended["overflowed"], &ended["success"]), (&json!(true), &json!(false)), "{ended}");
    assert!(ended["stdout"].as_str().unwrap().len() < 200);
}

#[tokio::test]
async fn output_beyond_the_limit_of_tools_says_how_much_is_missing() {
    let mut bench = Bench::new();
    bench.cx.limits.max_output_bytes = 1_000;
    for (line, note) in [
        ("head -c 5000 /dev/zero | tr '\\0' x", "x\n... [4000 of 5000 bytes left out] ...\nx"),
        ("head -c 5000 /dev/zero | tr '\\0' '\\377'", "bytes left out] ...\n\u{FFFD}"),
    ] {
        let ended = bench.ok("run_command", json!({"command": line, "max_output": 5_000})).await;
        let text = ended["stdout"].as_str().unwrap();
        assert!(text.contains(note) && text.len() < 1_100, "{line}: {text}");
        assert_eq!(text.matches("left out").count(), 1, "{line}: {text}");
        assert_eq!(ended["truncated"], json!(true), "{line}");
    }
}

#[tokio::test]
async fn memory_is_bounded() {
    let mut bench = Bench::new();
    bench.cx.limits.command_memory_bytes = 64 << 20;
    // `dd` takes a buffer of the size of its block.
    let take =
        |size: &str| json!({"command": ["dd", "if=/dev/zero", "of=/dev/null", &format!("bs={size}"), "count=1"]});
    assert_eq!(bench.ok("run_command", take("8M")).await["success"], json!(true));
    assert_eq!(bench.ok("run_command", take("512M")).await["success"], json!(false));
}

#[tokio::test]
async fn files_are_bounded() {
    let mut bench = Bench::new();
    bench.cx.limits.command_file_bytes = 1 << 20;
    let fill = |count: &str| json!({"command": ["dd", "if=/dev/zero", "of=big", "bs=64k", count]});
    assert_eq!(bench.ok("run_command", fill("count=16")).await["success"], json!(true));
    let ended = bench.ok("run_command", fill("count=17")).await;
    assert_eq!(ended["status"], json!(128 + libc::SIGXFSZ), "{ended}");
    assert_eq!(ended["note"], json!("a file that it wrote came to the most bytes that `tools.max_file` allows"));
    assert_eq!(fs::metadata(bench.work.join("big")).unwrap().len(), 1 << 20);
}

#[tokio::test]
async fn a_sandboxed_command_writes_in_the_workspace_and_the_temporary_folder_only() {
    let bench = Bench::new();
    let outside = bench.work.parent().unwrap().join("outside");
    fs::write(outside.join("old"), "old").unwrap();
    let run = async |line: &str| -> Value { bench.ok("run_command", json!({"command": line})).await };
    let inside =
        run("echo x > new && mkdir d && mv new d/new && echo y > $TMPDIR/y && cat ../outside/old && rm -r d").await;
    assert_eq!((&inside["success"], &inside["stdout"]), (&json!(true), &json!("old")), "{inside}");
    if inside["sandboxed"] == json!(false) {
        return;
    }
    for line in [
        "echo x > ../outside/new",
        "echo x >> ../outside/old",
        "rm ../outside/old",
        "mv ../outside/old ./stolen",
        "mkdir ../outside/folder",
        "ln -s ../outside/old link && echo x > link",
        "truncate -s 0 ../outside/old",
    ] {
        let ended = run(line).await;
        assert_eq!(ended["success"], json!(false), "{line}: {ended}");
    }
    assert_eq!(fs::read_to_string(outside.join("old")).unwrap(), "old");
    assert_eq!(fs::read_dir(&outside).unwrap().count(), 1);
    // What is confined is the command, and not a thread of ours.
    fs::write(outside.join("ours"), "").unwrap();
}

#[tokio::test]
async fn a_command_cannot_write_what_belongs_to_rhizo_in_the_temporary_folder() {
    let mut bench = Bench::new();
    let temporary = bench.work.parent().unwrap().join("tmp");
    let state = temporary.join("state");
    fs::create_dir(&state).unwrap();
    bench.cx.workspace = Arc::new(Workspace::new(&bench.work).unwrap().closing(vec![state]));
    let run = async |line: &str| -> Value { bench.ok("run_command", json!({"command": line})).await };
    let own = run("echo x > $TMPDIR/y && cat $TMPDIR/y && dirname $TMPDIR").await;
    assert_eq!(own["stdout"], json!(format!("x\n{}\n", temporary.display())), "{own}");
    // What was written there has gone with the command.
    let left: Vec<_> = fs::read_dir(&temporary).unwrap().map(|entry| entry.unwrap().file_name()).collect();
    assert_eq!(left, ["state"]);
    if own["sandboxed"] == json!(false) {
        return;
    }
    for line in ["echo x > ../tmp/state/rhizo.db", "echo x > ../tmp/z", "mv ../tmp/state ."] {
        let ended = run(line).await;
        assert_eq!(ended["success"], json!(false), "{line}: {ended}");
    }
}

#[tokio::test]
async fn a_command_is_told_where_its_temporary_files_may_be() {
    let mut bench = Bench::new();
    let temporary = bench.work.parent().unwrap().join("tmp").display().to_string();
    for (given, told) in [(Some(temporary.as_str()), temporary.as_str()), (Some(""), "/tmp"), (None, "/tmp")] {
        bench.cx.environment.retain(|(name, _)| name != "TMPDIR");
        bench.cx.environment.extend(given.map(|folder| ("TMPDIR".to_owned(), folder.to_owned())));
        let ended = bench.ok("run_command", json!({"command": "echo $TMPDIR"})).await;
        assert_eq!(ended["stdout"], json!(format!("{told}\n")), "{given:?}");
    }
}
