//! Events: numbered without gaps, read from any point, shown live in order.

use crate::core::event::Event;
use crate::core::ids::Frame;
use crate::store::open::tests::{new_run, with_run};
use tempfile::tempdir;

fn note(text: impl ToString) -> Event {
    Event::Note { text: text.to_string() }
}

fn text(call: u64) -> Event {
    Event::ModelText { call, text: "…".to_owned() }
}

#[test]
fn a_viewer_can_join_at_any_point() {
    let folder = tempdir().expect("a folder");
    let (store, run) = with_run(folder.path());
    let other = store.begin_run(new_run(2)).wait().expect("begun");
    for number in 1..=5 {
        assert_eq!(store.append(&run, number * 10, &Frame::root(), &note(number)).wait(), Ok(number));
    }
    assert_eq!(store.append(&other, 1, &Frame::root(), &note("x".repeat(70_000))).wait(), Ok(1));
    let late = store.events(&run, 3).expect("a list");
    assert_eq!(late.iter().map(|e| (e.seq, e.at)).collect::<Vec<_>>(), [(4, 40), (5, 50)]);
    assert_eq!((&late[0].run, &late[0].frame, &late[0].event), (&run, &Frame::root(), &note(4)));
    assert_eq!(store.events(&run, 5), Ok(vec![]));
    assert_eq!(store.events(&other, 0).expect("a list")[0].event, note("x".repeat(70_000)));
}

#[tokio::test]
async fn the_bus_shows_everything_in_order_and_only_what_is_on_disk() {
    let folder = tempdir().expect("a folder");
    let (store, run) = with_run(folder.path());
    let mut live = store.subscribe();
    let mut acks = Vec::new();
    for number in 0..50 {
        acks.push(store.append(&run, number, &Frame::root(), &note(number)));
        acks.push(store.append(&run, number, &Frame::root(), &text(number)));
    }
    for number in 0..50 {
        let stored = live.recv().await.expect("an event");
        assert_eq!((stored.seq, &stored.event), (number + 1, &note(number)));
        assert!(store.events(&run, number).expect("a list").contains(&stored));
        let shown = live.recv().await.expect("an event");
        assert_eq!((shown.seq, &shown.event), (0, &text(number)));
    }
    for ack in acks {
        ack.await.expect("acked");
    }
    assert_eq!(store.events(&run, 0).expect("a list").len(), 50);
}

#[tokio::test]
async fn an_event_that_could_not_be_stored_is_not_shown() {
    let folder = tempdir().expect("a folder");
    let (store, run) = with_run(folder.path());
    let mut live = store.subscribe();
    let lost = store.append(&crate::core::ids::RunId::new("X"), 1, &Frame::root(), &note("lost")).await;
    assert!(lost.is_err());
    store.append(&run, 2, &Frame::root(), &note("kept")).await.expect("appended");
    assert_eq!(live.recv().await.expect("an event").event, note("kept"));
}
