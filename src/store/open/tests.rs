//! Opening: new and old files, files that are not ours, places that cannot be written, disks that fill up.

use super::{OpenOptions, Store};
use crate::core::failure::{Failure, FailureKind};
use crate::core::ids::{Frame, RunId};
use crate::store::runs::{NewRun, RunFilter, new_run_id};
use rusqlite::Connection;
use rusqlite::types::Value;
use serde_json::json;
use std::fs;
use std::path::Path;
use tempfile::tempdir;

/// A run for tests of any table of the room.
pub(in crate::store) fn new_run(at: u64) -> NewRun {
    NewRun {
        id: new_run_id(at),
        parent: None,
        kind: "ask".to_owned(),
        task: "why?".to_owned(),
        version: "0.1.0".to_owned(),
        settings: json!({"model": "p/m"}),
        depth: 0,
        started_at: at,
    }
}

/// An open store in `folder` with one run in it.
pub(in crate::store) fn with_run(folder: &Path) -> (Store, RunId) {
    let store = Store::open(&folder.join("rhizo.db")).expect("a new store");
    let run = store.begin_run(new_run(1)).wait().expect("a new run");
    (store, run)
}

fn refusal(path: &Path) -> Failure {
    let failure = Store::open(path).expect_err("must be refused");
    assert_eq!(failure.kind, FailureKind::Io, "{failure}");
    assert!(failure.hint.as_ref().is_some_and(|hint| hint.contains("RHIZO_HOME")), "{failure}");
    assert!(failure.message.contains(&path.display().to_string()), "{failure}");
    failure
}

#[test]
fn makes_its_folders_and_finds_everything_again() {
    let folder = tempdir().expect("a folder");
    let path = folder.path().join("a/b/rhizo.db");
    let run = {
        let store = Store::open(&path).expect("a new store");
        store.begin_run(new_run(7)).wait().expect("a run")
    };
    let store = Store::open(&path).expect("the same store");
    assert_eq!(store.runs(&RunFilter::default()).expect("a list")[0].id, run);
}

#[test]
fn the_wal_does_not_outgrow_its_runs() {
    let folder = tempdir().expect("a folder");
    let path = folder.path().join("rhizo.db");
    let (store, run) = with_run(folder.path());
    let event = crate::core::event::Event::Note { text: "x".repeat(3_000_000) };
    store.append(&run, 1, &Frame::root(), &event).wait().expect("stored");
    drop(store);
    assert_eq!(fs::metadata(path.with_extension("db-wal")).expect("it exists").len(), 0);
    assert_eq!(Store::open(&path).expect("opens").run(run.as_str()).expect("there").id, run);
}

#[test]
#[cfg(unix)]
fn only_the_owner_can_read_it() {
    use std::os::unix::fs::PermissionsExt;
    let folder = tempdir().expect("a folder");
    let (store, _) = with_run(&folder.path().join("state"));
    for (name, mode) in [("state", 0o700), ("state/rhizo.db", 0o600), ("state/rhizo.db-wal", 0o600)] {
        let found = fs::metadata(folder.path().join(name)).expect("it exists").permissions().mode();
        assert_eq!(found & 0o777, mode, "{name}");
    }
    drop(store);
}

#[test]
fn a_commit_is_synced_before_it_is_acked() {
    let folder = tempdir().expect("a folder");
    let (store, _) = with_run(folder.path());
    let settings = store.writer().write(
        |connection| {
            let read = |sql| connection.query_row(sql, (), |row| row.get::<_, Value>(0));
            Ok([read("PRAGMA synchronous")?, read("PRAGMA journal_mode")?, read("PRAGMA foreign_keys")?])
        },
        |_| {},
    );
    // 2 is FULL.
    let expect = [Value::Integer(2), Value::Text("wal".to_owned()), Value::Integer(1)];
    assert_eq!(settings.wait().expect("settings"), expect);
}

#[test]
fn refuses_what_is_not_its_own() {
    let folder = tempdir().expect("a folder");
    let at = |name: &str| folder.path().join(name);
    fs::write(at("garbage.db"), "no database at all, ".repeat(500)).expect("written");
    fs::write(at("short.db"), "x").expect("written");
    let other = Connection::open(at("other.db")).expect("another program's");
    other.execute_batch("CREATE TABLE bookmarks (url TEXT)").expect("a table");
    drop(other);
    for name in ["garbage.db", "short.db", "other.db"] {
        let before = fs::read(at(name)).expect("readable");
        let failure = refusal(&at(name));
        assert!(failure.message.ends_with("is not a rhizo store"), "{failure}");
        assert_eq!(fs::read(at(name)).expect("readable"), before, "{name} must not be changed");
    }
    fs::create_dir(at("folder.db")).expect("a folder");
    assert!(refusal(&at("folder.db")).message.ends_with("is a folder"));
}

#[test]
fn refuses_a_newer_schema_and_a_damaged_file() {
    let folder = tempdir().expect("a folder");
    let path = folder.path().join("rhizo.db");
    drop(with_run(folder.path()));
    let newer = Connection::open(&path).expect("the file");
    let known: i64 = newer.query_row("PRAGMA user_version", (), |row| row.get(0)).expect("read");
    newer.pragma_update(None, "user_version", 99).expect("set");
    drop(newer);
    let failure = refusal(&path);
    let end = format!("has schema version 99, and this program knows up to {known}");
    assert!(failure.message.ends_with(&end), "{failure}");

    let newer = Connection::open(&path).expect("the file");
    newer.pragma_update(None, "user_version", known).expect("set");
    drop(newer);
    let mut bytes = fs::read(&path).expect("readable");
    bytes[4096..].fill(0xff);
    fs::write(&path, bytes).expect("written");
    let failure = Store::open(&path).and_then(|store| store.begin_run(new_run(2)).wait()).expect_err("damaged");
    assert_eq!(failure.kind, FailureKind::Io);
    assert!(failure.message.contains("is damaged"), "{failure}");
}

/// Nobody, root included, can make files in these folders.
#[test]
#[cfg(target_os = "linux")]
fn refuses_a_place_that_cannot_be_written() {
    assert!(refusal(Path::new("/proc/rhizo/rhizo.db")).message.contains("cannot be made"));
    assert!(refusal(Path::new("/proc/rhizo.db")).message.contains("cannot be made"));
    let folder = tempdir().expect("a folder");
    fs::write(folder.path().join("file"), "").expect("written");
    assert!(refusal(&folder.path().join("file/rhizo.db")).message.contains("cannot be made"));
}

#[test]
#[cfg(unix)]
fn refuses_a_read_only_folder() {
    use std::os::unix::fs::PermissionsExt;
    let folder = tempdir().expect("a folder");
    let path = folder.path().join("rhizo.db");
    drop(with_run(folder.path()));
    let set = |mode, path: &Path| fs::set_permissions(path, fs::Permissions::from_mode(mode)).expect("set");
    set(0o400, &path);
    set(0o500, folder.path());
    // Root may write all the same, and then the store simply works.
    let is_root = fs::File::create(folder.path().join("probe")).is_ok();
    match Store::open(&path).and_then(|store| store.begin_run(new_run(2)).wait()) {
        Ok(_) => assert!(is_root),
        Err(failure) => assert!(!is_root && failure.kind == FailureKind::Io && failure.hint.is_some(), "{failure}"),
    }
    set(0o700, folder.path());
}

#[test]
fn a_full_disk_is_told_and_loses_nothing_that_was_acked() {
    let folder = tempdir().expect("a folder");
    let path = folder.path().join("rhizo.db");
    let (acked, told) = {
        let store =
            Store::open_with(&path, &OpenOptions { max_pages: Some(60), ..OpenOptions::default() }).expect("opens");
        let write = |at| store.begin_run(NewRun { task: "x".repeat(9_000), ..new_run(at) });
        // All at once, so that groups hold writes that fit and writes that do not.
        let waiting: Vec<_> = (0..100).map(write).collect();
        let (acked, told): (Vec<_>, Vec<_>) = waiting.into_iter().map(|ack| ack.wait()).partition(Result::is_ok);
        assert!(store.runs(&RunFilter::default()).is_ok(), "reading goes on");
        (acked.into_iter().flatten().collect::<Vec<_>>(), told)
    };
    assert!(acked.len() > 10 && told.len() > 10, "{} acked, {} told", acked.len(), told.len());
    for failure in told.into_iter().filter_map(Result::err) {
        assert_eq!(failure.kind, FailureKind::Io);
        assert!(failure.message.contains("the disk is full"), "{failure}");
        assert!(failure.hint.is_some_and(|hint| hint.contains("RHIZO_HOME")));
    }
    let store = Store::open(&path).expect("opens again, with room");
    let mut kept: Vec<_> = store.runs(&RunFilter::default()).expect("a list").into_iter().map(|run| run.id).collect();
    let mut acked = acked;
    kept.sort();
    acked.sort();
    assert_eq!(kept, acked);
    assert_eq!(store.check().expect("checked"), Vec::<String>::new());
    store.begin_run(new_run(1_000)).wait().expect("room again");
}

#[test]
fn a_store_locked_by_another_is_told_after_the_wait() {
    let folder = tempdir().expect("a folder");
    let path = folder.path().join("rhizo.db");
    drop(with_run(folder.path()));
    let store = Store::open_with(&path, &OpenOptions { busy_millis: 20, ..OpenOptions::default() }).expect("opens");
    let other = Connection::open(&path).expect("opens");
    other.execute_batch("BEGIN IMMEDIATE").expect("locked");
    let failure = store.begin_run(new_run(2)).wait().expect_err("locked");
    assert_eq!(failure.kind, FailureKind::Io);
    assert!(failure.message.ends_with("is locked by another process"), "{failure}");
    assert_eq!(store.runs(&RunFilter::default()).expect("reading goes on").len(), 1);
    other.execute_batch("ROLLBACK").expect("unlocked");
    store.begin_run(new_run(3)).wait().expect("writes again");
}

#[test]
fn damage_is_found() {
    let folder = tempdir().expect("a folder");
    let (store, run) = with_run(folder.path());
    let event = crate::core::event::Event::Note { text: "x".repeat(100_000) };
    store.append(&run, 1, &Frame::root(), &event).wait().expect("stored");
    assert_eq!(store.check().expect("checked"), Vec::<String>::new());
    let other = Connection::open(store.path()).expect("opens");
    let id: String = other.query_row("SELECT id FROM blobs", (), |row| row.get(0)).expect("a blob");
    other.execute("UPDATE blobs SET body = x'00'", ()).expect("changed");
    assert_eq!(store.check().expect("checked"), [format!("the blob {id} is not what its name says")]);
    assert_eq!(store.events(&run, 0).err().map(|failure| failure.kind), Some(FailureKind::Io));
    other.execute("DELETE FROM blobs", ()).expect("changed");
    assert_eq!(store.check().expect("checked").len(), 1);
    assert!(store.events(&run, 0).err().is_some_and(|failure| failure.message.contains("is missing")));
}
