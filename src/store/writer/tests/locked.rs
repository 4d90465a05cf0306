//! Results while another process keeps the file locked.

use crate::core::effect::{EffectKey, EffectKind};
use crate::core::event::Event;
use crate::core::failure::FailureKind;
use crate::core::ids::{Frame, RunId};
use crate::core::price::Bound;
use crate::core::status::RunStatus;
use crate::store::effects::{EffectEnd, EffectState, Intent};
use crate::store::open::tests::new_run;
use crate::store::open::{OpenOptions, Store};
use crate::store::runs::tests::end;
use crate::store::writer::{Ack, Haste};
use rusqlite::Connection;
use std::path::Path;
use tempfile::tempdir;

fn key() -> EffectKey {
    EffectKey { frame: Frame::root(), hash: "h".to_owned(), occurrence: 0 }
}

fn intent() -> Intent {
    Intent {
        kind: EffectKind::Model,
        text: "1".to_owned(),
        worst_cost: None,
        bound: Bound { input_tokens: 15, output_tokens: 5, images: 0 },
        asked: None,
        part: None,
        at: 1,
    }
}

/// A store in which a call is under way, and a connection of another process, as it were, that has it locked.
fn locked(folder: &Path) -> (Store, RunId, Connection) {
    let path = folder.join("rhizo.db");
    let store = Store::open_with(&path, &OpenOptions { busy_millis: 20, ..OpenOptions::default() }).expect("opens");
    let run = store.begin_run(new_run(1)).wait().expect("begun");
    store.log_intent(&run, &key(), intent(), Haste::Now).wait().expect("logged");
    let other = Connection::open(&path).expect("opens");
    other.execute_batch("BEGIN IMMEDIATE").expect("locked");
    (store, run, other)
}

fn answer(store: &Store, run: &RunId) -> Ack<()> {
    let end = EffectEnd { result: Ok("2".to_owned()), usage: None, cost: None, at: 7 };
    store.log_result(run, &key(), end, Haste::Now)
}

/// Claims that a write waits for the lock beyond its first try, and is done then.
#[track_caller]
fn waits((store, run, other): &(Store, RunId, Connection), write: fn(&Store, &RunId) -> Ack<()>, at: u64) {
    let mut live = store.subscribe();
    let ack = write(store, run);
    let waiting = std::thread::spawn(move || ack.wait());
    // It is told after the first try in vain.
    let told = loop {
        if let Ok(record) = live.try_recv() {
            break record;
        }
        assert!(!waiting.is_finished(), "it is not given up");
        std::thread::yield_now();
    };
    assert_eq!((&told.run, told.seq, told.at), (run, 0, at));
    let says = |text: &str| text.starts_with("the store is locked by another process; answers wait for it");
    assert!(matches!(&told.event, Event::Note { text } if says(text)), "{told:?}");
    other.execute_batch("ROLLBACK").expect("unlocked");
    waiting.join().expect("it ended").expect("it is kept");
}

#[test]
fn a_result_waits_longer_than_one_try_and_says_so() {
    let folder = tempdir().expect("a folder");
    let locked = locked(folder.path());
    waits(&locked, answer, 7);
    let row = locked.0.effect(&locked.1, &key()).expect("read").expect("there");
    assert_eq!(row.state, EffectState::Done);
}

#[test]
fn the_end_of_a_run_waits_as_long() {
    let folder = tempdir().expect("a folder");
    let locked = locked(folder.path());
    waits(&locked, |store, run| store.end_run(run, end(RunStatus::Completed)), 99);
    assert_eq!(locked.0.run(locked.1.as_str()).expect("there").status, RunStatus::Completed);
}

#[test]
fn a_result_is_given_up_when_the_store_closes() {
    let folder = tempdir().expect("a folder");
    let (store, run, other) = locked(folder.path());
    let ack = answer(&store, &run);
    drop(store);
    let failure = ack.wait().expect_err("locked");
    assert_eq!(failure.kind, FailureKind::Io);
    assert!(failure.message.ends_with("is locked by another process"), "{failure}");
    drop(other);
}

#[test]
fn a_call_that_cannot_go_out_says_once_what_it_waits_for() {
    let folder = tempdir().expect("a folder");
    let (store, run, other) = locked(folder.path());
    let mut live = store.subscribe();
    let next = EffectKey { occurrence: 1, ..key() };
    let failure = store.log_intent(&run, &next, intent(), Haste::Now).wait().expect_err("locked");
    assert!(failure.message.ends_with("is locked by another process"), "{failure}");
    let told = live.try_recv().expect("it was told");
    let says = |text: &str| text.starts_with("the store is locked by another process; calls wait for it");
    assert!(matches!(&told.event, Event::Note { text } if told.run == run && says(text)), "{told:?}");
    assert!(live.try_recv().is_err(), "it was told once");
    drop(other);
}
