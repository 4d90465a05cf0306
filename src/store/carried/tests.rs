//! Answers in another place of their run: found by their frames, told apart from others, and paid for once.

use super::Carry;
use crate::core::effect::{EffectKey, EffectKind};
use crate::core::failure::{Failure, FailureKind};
use crate::core::ids::{Frame, RunId};
use crate::core::money::Money;
use crate::core::price::Bound;
use crate::core::status::RunStatus;
use crate::core::usage::Usage;
use crate::store::effects::{EffectEnd, Intent};
use crate::store::fork::Kept;
use crate::store::open::Store;
use crate::store::open::tests::with_run;
use crate::store::runs::tests::end;
use crate::store::runs::{RunEnd, new_run_id};
use crate::store::writer::Haste;
use tempfile::tempdir;

fn key(frame: &str) -> EffectKey {
    EffectKey { frame: Frame::root().child(frame), hash: "h".to_owned(), occurrence: 0 }
}

/// An effect that has ended; it is one of a model that was paid, or else of a tool.
fn log(store: &Store, run: &RunId, frame: &str, (kind, result): (EffectKind, Result<&str, &Failure>)) {
    let usage = Usage { input_tokens: 7, output_tokens: 3, ..Usage::default() };
    let (text, bound) = ("{}".to_owned(), Bound::default());
    let intent = Intent { kind, text, worst_cost: None, bound, asked: None, part: None, at: 10 };
    let is_model = kind == EffectKind::Model;
    let (usage, cost) = (is_model.then_some(usage), is_model.then_some(Money::from_nanos(9)));
    let end = EffectEnd { result: result.map(str::to_owned), usage, cost, at: 20 };
    store.log_effect(run, &key(frame), intent, end, Haste::Now).wait().expect("logged");
}

fn carry(store: &Store, run: &RunId, from: &str, to: &str) -> bool {
    let (from, to) = (key(from), key(to));
    let carry = Carry { from: &from, to: &to, part: Some("p"), at: 30 };
    store.carry(run, &carry, Haste::Now).wait().expect("written, or nothing to write")
}

/// The frames of what was asked in this one, with whether it was answered, and whether in another place.
fn found(store: &Store, run: &RunId, frame: &str) -> Vec<(String, bool, bool)> {
    let calls = store.calls_in(run, &Frame::root().child(frame)).expect("read");
    calls.into_iter().map(|call| (call.key.frame.to_string(), call.answered, call.again)).collect()
}

#[test]
fn what_was_asked_in_a_part_of_a_run_is_found_by_its_frame() {
    let folder = tempdir().expect("a folder");
    let (store, run) = with_run(folder.path());
    let refused = Failure::new(FailureKind::Transport, "no");
    for (frame, kind, result) in [
        ("e1", EffectKind::Model, Ok("1")),
        ("e1/batch0[0]", EffectKind::Child, Ok("1")),
        ("e1/batch0[1]", EffectKind::Model, Err(&refused)),
        ("e1/script:s0/e1", EffectKind::Tool, Ok("1")),
        ("e10", EffectKind::Model, Ok("1")),
        ("e1-", EffectKind::Model, Ok("1")),
    ] {
        log(&store, &run, frame, (kind, result));
    }
    let place = |frame: &str| format!("root/{frame}");
    let expected =
        [(place("e1"), true, false), (place("e1/batch0[0]"), true, false), (place("e1/batch0[1]"), false, false)];
    assert_eq!(found(&store, &run, "e1"), expected);
    assert!(found(&store, &run, "e2").is_empty());
}

#[test]
fn an_answer_in_another_place_costs_nothing_there() {
    let folder = tempdir().expect("a folder");
    let (store, run) = with_run(folder.path());
    log(&store, &run, "e1", (EffectKind::Model, Ok("\"said\"")));
    let spent = store.spending(&run).expect("read");
    assert!(carry(&store, &run, "e1", "e2"));
    assert!(carry(&store, &run, "e2", "e3"), "it is an answer like others");
    assert!(!carry(&store, &run, "e4", "e5"), "there is none");
    assert_eq!(store.effect(&run, &key("e5")), Ok(None));
    let row = store.effect(&run, &key("e3")).expect("read").expect("there");
    assert_eq!(store.answer(&row), Ok(Some(Ok("said".into()))));
    assert_eq!((row.seq, row.origin.as_ref(), row.cost, row.usage), (3, Some(&run), Some(Money::ZERO), None));
    assert_eq!(store.spending(&run), Ok(spent));
}

#[test]
fn an_answer_in_another_place_is_of_use_and_copied_as_what_it_is() {
    let folder = tempdir().expect("a folder");
    let (store, run) = with_run(folder.path());
    log(&store, &run, "e1", (EffectKind::Model, Ok("\"said\"")));
    assert!(carry(&store, &run, "e1", "e2") && carry(&store, &run, "e2", "e3"));
    // Another process may have gone on without asking for it: it is of use all the same.
    let over = RunEnd { unused: Some(vec![2, 3]), ..end(RunStatus::Completed) };
    store.end_run(&run, over).wait().expect("ended");
    assert!(!store.effect(&run, &key("e3")).expect("read").expect("there").unused);
    // A fork has it as what it is.
    let new = new_run_id(40);
    let kept = Kept { upto: 3, effects: &(1..=3).collect(), past: &[], children: &[] };
    store.fork_run(&run, &new, &kept, 40).wait().expect("forked");
    for (frame, again) in [("e1", false), ("e2", true), ("e3", true)] {
        assert_eq!(found(&store, &new, frame), [(format!("root/{frame}"), true, again)]);
    }
}
