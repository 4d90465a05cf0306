//! Real processes: the test starts itself again, and the copy with the variable set plays the child.

use super::note;
use crate::core::effect::{EffectKey, EffectKind};
use crate::core::ids::{Frame, RunId};
use crate::core::price::Bound;
use crate::store::effects::{EffectEnd, EffectState, Intent};
use crate::store::open::Store;
use crate::store::open::tests::{new_run, with_run};
use crate::store::runs::RunFilter;
use crate::store::writer::Haste;
use serde_json::json;
use std::collections::BTreeSet;
use std::io::{BufRead, BufReader, Write};
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};
use tempfile::tempdir;

/// The store on which a child shall work.
const CHILD: &str = "RHIZO_TEST_STORE";

fn as_child() -> Option<PathBuf> {
    std::env::var_os(CHILD).map(PathBuf::from)
}

fn start(test: &str, store: &Path) -> Child {
    let (_, module) = module_path!().split_once("::").expect("a crate and a module");
    Command::new(std::env::current_exe().expect("this program"))
        .args([&format!("{module}::{test}"), "--exact", "--nocapture", "--test-threads=1"])
        .env(CHILD, store)
        .stdout(Stdio::piped())
        .spawn()
        .expect("a child")
}

/// Tells the parent; the child ends here once the parent is gone.
fn say(line: &str) {
    std::io::stdout().lock().write_all(format!("\n{line}\n").as_bytes()).expect("a parent");
}

fn key(thread: u32, number: u32) -> EffectKey {
    EffectKey { frame: Frame::root().child(thread), hash: "h".to_owned(), occurrence: number }
}

/// Writes until it is killed, and tells each write once it is acked.
fn write_for_ever(path: &Path) {
    let store = Store::open(path).expect("opens");
    let run = store.begin_run(new_run(1)).wait().expect("begun");
    say(&format!("run {run}"));
    std::thread::scope(|threads| {
        for thread in 0..6 {
            let (store, run) = (&store, &run);
            threads.spawn(move || {
                for number in 0.. {
                    write_one(store, run, thread, number);
                }
            });
        }
    });
}

fn write_one(store: &Store, run: &RunId, thread: u32, number: u32) {
    let key = key(thread, number);
    let large = if number.is_multiple_of(10) { 200_000 } else { 10 };
    let value = json!(format!("{thread}/{number}").repeat(large));
    let intent = Intent {
        kind: EffectKind::Tool,
        text: value.to_string(),
        worst_cost: None,
        bound: Bound::default(),
        asked: None,
        part: None,
        at: 1,
    };
    store.log_intent(run, &key, intent, Haste::Now).wait().expect("logged");
    say(&format!("intent {thread} {number}"));
    let end = EffectEnd { result: Ok(value.to_string()), usage: None, cost: None, at: 2 };
    store.log_result(run, &key, end, Haste::Now).wait().expect("logged");
    say(&format!("done {thread} {number}"));
    let seq = store.append(run, 3, &key.frame, &note(number)).wait().expect("appended");
    say(&format!("event {seq}"));
}

#[test]
fn what_was_acked_survives_a_kill() {
    if let Some(path) = as_child() {
        return write_for_ever(&path);
    }
    for acks in [0, 1, 2, 7, 20, 55, 130, 300] {
        let folder = tempdir().expect("a folder");
        let path = folder.path().join("rhizo.db");
        let mut child = start("what_was_acked_survives_a_kill", &path);
        let mut lines = BufReader::new(child.stdout.take().expect("piped")).lines();
        let mut told: Vec<String> = Vec::new();
        while told.len() <= acks {
            told.extend(lines.next().map(|line| line.expect("text")).filter(|line| is_told(line)));
        }
        child.kill().expect("killed");
        // The last line may be torn in two, and a half one still names something that was acked.
        told.extend(lines.map_while(Result::ok).filter(|line| is_told(line)));
        child.wait().expect("ended");
        check_survivors(&path, &told);
    }
}

fn is_told(line: &str) -> bool {
    let words: Vec<_> = line.split(' ').collect();
    matches!(words[..], ["run" | "event", _] | ["intent" | "done", _, _])
}

fn check_survivors(path: &Path, told: &[String]) {
    let store = Store::open(path).expect("opens after the kill");
    assert_eq!(store.check().expect("checked"), Vec::<String>::new());
    let runs = store.runs(&RunFilter::default()).expect("a list");
    assert_eq!(runs.len(), 1);
    assert_eq!(runs[0].shown_status(), if cfg!(target_os = "linux") { "interrupted" } else { "running" });
    let run = &runs[0].id;
    let events: Vec<_> = store.events(run, 0).expect("a list").iter().map(|event| event.seq).collect();
    assert_eq!(events, (1..=events.len() as u64).collect::<Vec<_>>());
    for line in told {
        let words: Vec<_> = line.split(' ').collect();
        let number = |word: &str| word.parse::<u32>().expect("a number");
        match words[..] {
            ["run", id] => assert!(run.as_str().starts_with(id)),
            ["event", seq] => assert!(events.contains(&u64::from(number(seq))), "{line}"),
            [state, thread, count] => check_effect(&store, run, &key(number(thread), number(count)), state),
            _ => panic!("unexpected: {line}"),
        }
    }
}

fn check_effect(store: &Store, run: &RunId, key: &EffectKey, told: &str) {
    let effect = store.effect(run, key).expect("read").expect("what was acked is there");
    assert!(told == "intent" || effect.state == EffectState::Done, "{key:?} is {:?}", effect.state);
    if effect.state == EffectState::Done {
        let value = store.load(effect.intent.as_ref().expect("an intent")).expect("loaded");
        assert!(store.answer(&effect).expect("loaded") == Some(Ok(value)), "{key:?}");
    }
}

#[test]
fn processes_share_one_store() {
    const EACH: u64 = 150;
    let append_all = |store: &Store, run: &RunId| {
        let name = std::process::id();
        let acks: Vec<_> = (0..EACH)
            .map(|number| {
                let ack = store.append(run, number, &Frame::root().child(name), &note(number));
                // Some alone, some in groups.
                if number.is_multiple_of(3) { ack.wait().map(|_| None) } else { Ok(Some(ack)) }
            })
            .collect::<Result<_, _>>()
            .expect("appended");
        acks.into_iter().flatten().for_each(|ack| assert!(ack.wait().is_ok()));
    };
    if let Some(path) = as_child() {
        let store = Store::open(&path).expect("opens");
        let run = store.runs(&RunFilter::default()).expect("a list")[0].id.clone();
        return append_all(&store, &run);
    }
    let folder = tempdir().expect("a folder");
    let (store, run) = with_run(folder.path());
    let children: Vec<_> = (0..2).map(|_| start("processes_share_one_store", store.path())).collect();
    append_all(&store, &run);
    for mut child in children {
        // Its output is short, so it cannot block on a full pipe.
        assert!(child.wait().expect("ended").success());
    }
    let events = store.events(&run, 0).expect("a list");
    assert_eq!(events.iter().map(|e| e.seq).collect::<Vec<_>>(), (1..=3 * EACH).collect::<Vec<_>>());
    let frames: BTreeSet<_> = events.iter().map(|event| event.frame.clone()).collect();
    assert_eq!(frames.len(), 3);
    for frame in frames {
        let times: Vec<_> = events.iter().filter(|event| event.frame == frame).map(|event| event.at).collect();
        assert_eq!(times, (0..EACH).collect::<Vec<_>>(), "each process's own order is kept");
    }
    assert_eq!(store.runs(&RunFilter::default()).expect("a list")[0].shown_status(), "running");
}

#[test]
fn processes_may_make_the_same_new_store_at_once() {
    if let Some(path) = as_child() {
        let store = Store::open(&path).expect("opens");
        let run = store.begin_run(new_run(1)).wait().expect("begun");
        assert!(store.export(&run).expect("a document").is_object());
        return;
    }
    let folder = tempdir().expect("a folder");
    for round in 0..5 {
        let path = folder.path().join(format!("{round}/deep/rhizo.db"));
        let children: Vec<_> = (0..8).map(|_| start("processes_may_make_the_same_new_store_at_once", &path)).collect();
        for mut child in children {
            assert!(child.wait().expect("ended").success());
        }
        let store = Store::open(&path).expect("opens");
        assert_eq!(store.runs(&RunFilter::default()).expect("a list").len(), 8);
        assert_eq!(store.check().expect("checked"), Vec::<String>::new());
    }
}
