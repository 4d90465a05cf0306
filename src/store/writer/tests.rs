//! Group commit, order at the end, and what killed and rival processes leave behind.

mod locked;
mod processes;

use crate::core::event::Event;
use crate::core::failure::{Failure, FailureKind};
use crate::core::ids::{Frame, RunId};
use crate::store::open::Store;
use crate::store::open::tests::with_run;
use tempfile::tempdir;

fn note(text: impl ToString) -> Event {
    Event::Note { text: text.to_string() }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn a_thousand_callers_share_a_few_commits() {
    let folder = tempdir().expect("a folder");
    let (store, run) = with_run(folder.path());
    let before = store.commits();
    let mut callers = tokio::task::JoinSet::new();
    for number in 0..1_000 {
        let (store, run) = (store.clone(), run.clone());
        callers.spawn(async move { store.append(&run, number, &Frame::root(), &note(number)).await });
    }
    let mut numbers: Vec<_> = callers.join_all().await.into_iter().map(|seq| seq.expect("appended")).collect();
    numbers.sort_unstable();
    assert_eq!(numbers, (1..=1_000).collect::<Vec<_>>());
    let commits = store.commits() - before;
    assert!(commits < 200, "{commits} commits");
}

#[test]
fn a_job_that_fails_takes_no_other_with_it() {
    let folder = tempdir().expect("a folder");
    let (store, run) = with_run(folder.path());
    let unknown = RunId::new("X");
    let acks: Vec<_> = (0..100)
        .map(|number| store.append(if number % 3 == 0 { &unknown } else { &run }, 1, &Frame::root(), &note(number)))
        .collect();
    for (number, ack) in acks.into_iter().enumerate() {
        assert_eq!(ack.wait().is_err(), number % 3 == 0, "{number}");
    }
    assert_eq!(store.events(&run, 0).expect("a list").len(), 66);
}

#[test]
fn a_failure_that_nobody_waits_for_is_told_at_the_end() {
    let folder = tempdir().expect("a folder");
    let (store, run) = with_run(folder.path());
    assert_eq!(store.close().wait(), Ok(()));
    drop(store.append(&RunId::new("X"), 1, &Frame::root(), &note("lost")));
    drop(store.append(&run, 1, &Frame::root(), &note("kept")));
    assert_eq!(store.close().wait().err().map(|failure| failure.kind), Some(FailureKind::Internal));
    assert_eq!(store.close().wait(), Ok(()), "told once");
    assert_eq!(store.events(&run, 0).expect("a list").len(), 1);
}

#[test]
fn dropping_the_last_clone_writes_what_waits() {
    let folder = tempdir().expect("a folder");
    let (store, run) = with_run(folder.path());
    let path = store.path().to_owned();
    for number in 0..500 {
        drop(store.clone().append(&run, 1, &Frame::root(), &note(number)));
    }
    drop(store);
    let store = Store::open(&path).expect("opens");
    assert_eq!(store.events(&run, 0).expect("a list").len(), 500);
}

#[tokio::test]
async fn an_ack_outlives_the_store() {
    let folder = tempdir().expect("a folder");
    let (store, run) = with_run(folder.path());
    let ack = store.append(&run, 1, &Frame::root(), &note("last"));
    drop(store);
    assert_eq!(ack.await, Ok::<_, Failure>(1));
}
