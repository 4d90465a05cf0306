//! `read_file`, `write_file`, `list_dir`, `find_text`.

use super::Bench;
use crate::core::failure::FailureKind;
use serde_json::{Value, json};
use std::fs;
use std::os::unix::fs::{PermissionsExt, symlink};
use std::process::Command;

#[tokio::test]
async fn read_file_takes_lines() {
    let bench = Bench::new();
    fs::write(bench.work.join("ended.txt"), "a\nb\n").unwrap();
    fs::write(bench.work.join("empty.txt"), "").unwrap();
    fs::write(bench.work.join("mixed.txt"), b"a\xFFb\r\nc").unwrap();
    for (args, expect) in [
        (json!({"path": "notes.txt"}), "line 1\nline two\nThe second last\nlast"),
        (json!({"path": "notes.txt", "from_line": 3}), "The second last\nlast"),
        (json!({"path": "notes.txt", "to_line": 1}), "line 1\n"),
        (json!({"path": "notes.txt", "from_line": 4, "to_line": 99}), "last"),
        (json!({"path": "ended.txt", "from_line": 2}), "b\n"),
        (json!({"path": "empty.txt"}), ""),
        (json!({"path": "mixed.txt"}), "a\u{FFFD}b\r\nc"),
        (
            json!({"path": "notes.txt", "max_bytes": 6}),
            "line\n... [30 of 36 bytes left out; read_file with from_line and to_line has all of it] ...\nst",
        ),
    ] {
        assert_eq!(bench.ok("read_file", args.clone()).await, json!(expect), "{args}");
    }
    let lines: String = (1..=200_000).map(|number| format!("{number}\n")).collect();
    fs::write(bench.work.join("many.txt"), lines).unwrap();
    let args = json!({"path": "many.txt", "from_line": 150_000, "to_line": 150_001});
    assert_eq!(bench.ok("read_file", args).await, json!("150000\n150001\n"));
}

#[tokio::test]
async fn read_file_tells_all_that_it_left_out() {
    let mut bench = Bench::new();
    bench.cx.limits.max_output_bytes = 1_000;
    fs::write(bench.work.join("long.txt"), "x".repeat(5_000)).unwrap();
    fs::write(bench.work.join("odd.txt"), [b'\xFF'; 900]).unwrap();
    let note = |left_out: u32, of: u32| {
        format!("\n... [{left_out} of {of} bytes left out; read_file with from_line and to_line has all of it] ...\n")
    };
    for (path, expect) in [
        ("long.txt", format!("{}{}{}", "x".repeat(667), note(4_000, 5_000), "x".repeat(333))),
        ("odd.txt", format!("{}{}{}", "\u{FFFD}".repeat(222), note(567, 900), "\u{FFFD}".repeat(111))),
    ] {
        assert_eq!(bench.ok("read_file", json!({"path": path})).await, json!(expect), "{path}");
    }
}

#[tokio::test]
async fn read_file_refuses() {
    let bench = Bench::new();
    fs::write(bench.work.join("binary"), b"\x7fELF\0\0").unwrap();
    symlink("../outside", bench.work.join("escape")).unwrap();
    for (args, kind) in [
        (json!({"path": "notes.text"}), FailureKind::NotFound),
        (json!({"path": "../outside"}), FailureKind::Denied),
        (json!({"path": "escape/x"}), FailureKind::Denied),
        (json!({"path": "."}), FailureKind::Invalid),
        (json!({"path": "binary"}), FailureKind::Invalid),
        (json!({"path": "notes.txt", "from_line": 5}), FailureKind::NotFound),
        (json!({"path": "notes.txt", "from_line": 0}), FailureKind::Invalid),
        (json!({"path": "notes.txt", "from_line": 3, "to_line": 2}), FailureKind::Invalid),
        (json!({"pth": "notes.txt"}), FailureKind::Invalid),
        (json!({}), FailureKind::Invalid),
    ] {
        bench.fails("read_file", args, kind).await;
    }
}

#[tokio::test]
async fn write_file_creates_overwrites_and_appends() {
    let bench = Bench::new();
    let text = |path: &str| fs::read_to_string(bench.work.join(path)).unwrap();
    let written = bench.ok("write_file", json!({"path": "x/./y/new.txt", "text": "é"})).await;
    assert_eq!(written, json!({"path": "x/y/new.txt", "bytes": 2}));
    assert_eq!(text("x/y/new.txt"), "é");
    let failure = bench.fails("write_file", json!({"path": "notes.txt", "text": "z"}), FailureKind::Invalid).await;
    assert!(failure.hint.unwrap().contains("overwrite"));
    // Whoever writes the same once more loses nothing.
    let again = bench.ok("write_file", json!({"path": "x/y/new.txt", "text": "é"})).await;
    assert_eq!(again, written);
    for other in ["è", "", "é "] {
        bench.fails("write_file", json!({"path": "x/y/new.txt", "text": other}), FailureKind::Invalid).await;
    }
    fs::set_permissions(bench.work.join("notes.txt"), fs::Permissions::from_mode(0o640)).unwrap();
    bench.ok("write_file", json!({"path": "notes.txt", "text": "z", "mode": "overwrite"})).await;
    bench.ok("write_file", json!({"path": "notes.txt", "text": "z", "mode": "append"})).await;
    assert_eq!(text("notes.txt"), "zz");
    assert_eq!(fs::metadata(bench.work.join("notes.txt")).unwrap().permissions().mode() & 0o777, 0o640);
    bench.ok("write_file", json!({"path": "log.txt", "text": "1", "mode": "append"})).await;
    assert_eq!(text("log.txt"), "1");
    let left: Vec<_> = fs::read_dir(&bench.work).unwrap().map(|entry| entry.unwrap().file_name()).collect();
    assert!(left.iter().all(|name| !name.to_string_lossy().contains("rhizo")), "{left:?}");
}

#[tokio::test]
async fn write_file_keeps_links_and_refuses_to_leave() {
    let bench = Bench::new();
    let outside = bench.work.parent().unwrap().join("outside");
    fs::write(outside.join("secret"), "old").unwrap();
    symlink("notes.txt", bench.work.join("inner")).unwrap();
    symlink("../outside", bench.work.join("escape")).unwrap();
    symlink("../outside/secret", bench.work.join("secret")).unwrap();
    symlink("../outside/new", bench.work.join("dangling")).unwrap();
    fs::write(bench.work.join("protected"), "old").unwrap();
    fs::set_permissions(bench.work.join("protected"), fs::Permissions::from_mode(0o444)).unwrap();
    bench.ok("write_file", json!({"path": "inner", "text": "new", "mode": "overwrite"})).await;
    assert!(bench.work.join("inner").is_symlink());
    assert_eq!(fs::read_to_string(bench.work.join("notes.txt")).unwrap(), "new");
    for mode in ["create", "overwrite", "append"] {
        for path in ["escape/new", "secret", "dangling", "../outside/new", "/tmp/rhizo-must-not-be-here", "a\0b"] {
            bench.fails("write_file", json!({"path": path, "text": "x", "mode": mode}), FailureKind::Denied).await;
        }
    }
    bench
        .fails("write_file", json!({"path": "protected", "text": "x", "mode": "overwrite"}), FailureKind::Denied)
        .await;
    bench.fails("write_file", json!({"path": "x", "text": "x", "mode": "replace"}), FailureKind::Invalid).await;
    assert_eq!(fs::read_to_string(outside.join("secret")).unwrap(), "old");
    assert_eq!(fs::read_dir(&outside).unwrap().count(), 1);
}

async fn names(bench: &Bench, args: Value) -> Vec<String> {
    let listed = bench.ok("list_dir", args).await;
    let entries = listed["entries"].as_array().unwrap();
    entries
        .iter()
        .map(|entry| format!("{} {}", entry["name"].as_str().unwrap(), entry["kind"].as_str().unwrap()))
        .collect()
}

#[tokio::test]
async fn list_dir_shows_what_is_there() {
    let bench = Bench::new();
    fs::create_dir_all(bench.work.join("src/deep")).unwrap();
    fs::create_dir_all(bench.work.join("target")).unwrap();
    fs::create_dir_all(bench.work.join(".git")).unwrap();
    for (name, text) in [
        ("src/a.rs", "a"),
        ("src/deep/b.rs", "bb"),
        ("target/c.rs", "c"),
        (".git/config", ""),
        (".gitignore", "/target\n"),
    ] {
        fs::write(bench.work.join(name), text).unwrap();
    }
    symlink("../outside", bench.work.join("src/link")).unwrap();
    for (args, expect) in [
        (json!({"path": "src"}), vec!["a.rs file", "deep dir", "link link"]),
        (json!({"path": "src", "recursive": true}), vec!["a.rs file", "deep dir", "deep/b.rs file", "link link"]),
        (json!({"recursive": true, "glob": "*.rs"}), vec!["src/a.rs file", "src/deep/b.rs file"]),
        (json!({"recursive": true, "glob": "src/*.rs"}), vec!["src/a.rs file"]),
        (json!({"recursive": true, "glob": "**/deep/*"}), vec!["src/deep/b.rs file"]),
        (json!({"glob": "*.{csv,json}"}), vec!["data.json file", "table.csv file"]),
        (json!({"glob": ".*"}), vec![".gitignore file"]),
    ] {
        assert_eq!(names(&bench, args.clone()).await, expect, "{args}");
    }
    let one = bench.ok("list_dir", json!({"limit": 1})).await;
    assert_eq!(one["truncated"], json!(true));
    let size = bench.ok("list_dir", json!({"path": "src/deep"})).await["entries"][0]["size"].clone();
    assert_eq!(size, json!(2));
    for (args, kind) in [
        (json!({"path": "src/link"}), FailureKind::Denied),
        (json!({"path": ".."}), FailureKind::Denied),
        (json!({"path": "nowhere"}), FailureKind::NotFound),
        (json!({"path": "notes.txt"}), FailureKind::Invalid),
        (json!({"glob": "[a"}), FailureKind::Invalid),
    ] {
        bench.fails("list_dir", args, kind).await;
    }
}

#[tokio::test]
async fn find_text_names_file_and_line() {
    let bench = Bench::new();
    fs::create_dir(bench.work.join("sub")).unwrap();
    fs::write(bench.work.join("sub/more.md"), "one\nSECOND\n").unwrap();
    fs::write(bench.work.parent().unwrap().join("outside/second.txt"), "second").unwrap();
    symlink("../outside/second.txt", bench.work.join("leak.txt")).unwrap();
    let hit = |path: &str, line: u32, text: &str| json!({"path": path, "line": line, "text": text});
    for (args, hits) in [
        (
            json!({"pattern": "(?i)second"}),
            vec![hit("notes.txt", 3, "The second last"), hit("sub/more.md", 2, "SECOND")],
        ),
        (json!({"pattern": "(?i)second", "glob": "*.md"}), vec![hit("sub/more.md", 2, "SECOND")]),
        (json!({"pattern": "(?i)second", "path": "sub"}), vec![hit("sub/more.md", 2, "SECOND")]),
        (json!({"pattern": "two", "path": "notes.txt"}), vec![hit("notes.txt", 2, "line two")]),
        (json!({"pattern": "no such thing"}), vec![]),
    ] {
        let found = bench.ok("find_text", args.clone()).await;
        assert_eq!(found, json!({"hits": hits, "truncated": false}), "{args}");
    }
    let found = bench.ok("find_text", json!({"pattern": "l", "limit": 1})).await;
    assert_eq!((found["hits"].as_array().unwrap().len(), &found["truncated"]), (1, &json!(true)));
    fs::write(bench.work.join("long.txt"), "x\n".repeat(10_001)).unwrap();
    let found = bench.ok("find_text", json!({"pattern": "^", "path": "long.txt", "limit": 1_000_000_000})).await;
    assert_eq!((found["hits"].as_array().unwrap().len(), &found["truncated"]), (10_000, &json!(true)));
    for (args, kind) in [
        (json!({"pattern": "("}), FailureKind::Invalid),
        (json!({"pattern": "x", "path": ".."}), FailureKind::Denied),
        (json!({"pattern": "x", "path": "leak.txt"}), FailureKind::Denied),
        (json!({"pattern": "x", "path": "nowhere"}), FailureKind::NotFound),
    ] {
        bench.fails("find_text", args, kind).await;
    }
}

#[tokio::test]
async fn no_tool_waits_for_somebody_to_write_into_a_pipe() {
    let bench = Bench::new();
    assert!(Command::new("mkfifo").arg(bench.work.join("pipe")).status().unwrap().success());
    for (name, args) in [
        ("read_file", json!({"path": "pipe"})),
        ("find_text", json!({"pattern": "x", "path": "pipe"})),
        ("json_query", json!({"query": "$", "path": "pipe"})),
        ("csv_read", json!({"path": "pipe"})),
        ("html_to_text", json!({"path": "pipe"})),
    ] {
        let failure = bench.fails(name, args, FailureKind::Invalid).await;
        assert!(failure.message.contains("is not a regular file"), "{name}: {failure}");
    }
    assert_eq!(bench.ok("find_text", json!({"pattern": "no such thing"})).await["hits"], json!([]));
}
