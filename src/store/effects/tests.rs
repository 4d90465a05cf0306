//! The life of an effect: intent, result, another attempt; and what is refused.

use super::{EffectEnd, EffectState, Intent};
use crate::core::effect::{EffectKey, EffectKind};
use crate::core::failure::{Failure, FailureKind};
use crate::core::ids::{Frame, RunId};
use crate::core::money::Money;
use crate::core::price::Bound;
use crate::core::usage::Usage;
use crate::store::open::tests::with_run;
use crate::store::value::INLINE_LIMIT;
use crate::store::writer::Haste;
use futures::FutureExt;
use rusqlite::Connection;
use serde_json::{Value, json};
use tempfile::tempdir;

fn key(frame: &Frame, hash: &str) -> EffectKey {
    EffectKey { frame: frame.clone(), hash: hash.to_owned(), occurrence: 0 }
}

fn intent(value: &Value, worst: u64) -> Intent {
    Intent {
        kind: EffectKind::Model,
        text: value.to_string(),
        worst_cost: Some(Money::from_nanos(worst)),
        bound: Bound { input_tokens: 15, output_tokens: 5, images: 0 },
        asked: None,
        part: None,
        at: 10,
    }
}

fn end<'a>(result: Result<&'a Value, &'a Failure>, cost: u64) -> EffectEnd<'a> {
    let usage = Usage { input_tokens: 7, output_tokens: 3, ..Usage::default() };
    EffectEnd { result: result.map(Value::to_string), usage: Some(usage), cost: Some(Money::from_nanos(cost)), at: 20 }
}

#[test]
fn an_effect_goes_from_intent_to_done() {
    let folder = tempdir().expect("a folder");
    let (store, run) = with_run(folder.path());
    let (asked, told) = (json!({"prompt": "hi"}), json!("ho"));
    let key = key(&Frame::root().child("turn").child(1), "h");
    store.log_intent(&run, &key, intent(&asked, 50), Haste::Now).wait().expect("logged");
    let open = store.effect(&run, &key).expect("read").expect("there");
    assert_eq!((open.seq, open.state, open.kind, open.attempts), (1, EffectState::Intent, EffectKind::Model, 1));
    assert_eq!((open.worst_cost, open.cost, open.ended_at), (Some(Money::from_nanos(50)), None, None));
    assert_eq!(store.answer(&open), Ok(None));
    store.log_result(&run, &key, end(Ok(&told), 9), Haste::Now).wait().expect("logged");
    let done = store.effect(&run, &key).expect("read").expect("there");
    assert_eq!(
        (done.state, done.cost, done.earlier_cost),
        (EffectState::Done, Some(Money::from_nanos(9)), Money::ZERO)
    );
    assert_eq!((done.usage.map(|usage| usage.total()), done.started_at, done.ended_at), (Some(10), 10, Some(20)));
    assert_eq!(store.answer(&done), Ok(Some(Ok(told))));
    assert_eq!(done.key, key);
}

#[tokio::test]
async fn what_is_stopped_before_its_intent_is_on_disk_has_not_begun() {
    let folder = tempdir().expect("a folder");
    let (store, run) = with_run(folder.path());
    let (value, key) = (json!(1), key(&Frame::root(), "h"));
    let other = Connection::open(store.path()).expect("opens");
    other.execute_batch("BEGIN IMMEDIATE").expect("locked");
    let mut waiting = Box::pin(store.begin_effect(&run, &key, intent(&value, 50)));
    assert_eq!(waiting.as_mut().now_or_never(), None);
    drop(waiting);
    other.execute_batch("ROLLBACK").expect("unlocked");
    store.close().await.expect("all is on disk");
    let row = store.effect(&run, &key).expect("read").expect("there");
    let failure = store.answer(&row).expect("read").and_then(Result::err).expect("it failed");
    assert_eq!((row.state, &failure.details["unsent"]), (EffectState::Failed, &json!(true)));
    assert_eq!(store.spending(&run), Ok(vec![]), "nothing was asked");
    store.begin_effect(&run, &key, intent(&value, 50)).await.expect("begun");
    let row = store.effect(&run, &key).expect("read").expect("there");
    assert_eq!((row.state, row.attempts, row.earlier_cost), (EffectState::Intent, 1, Money::ZERO));
}

#[test]
fn what_is_done_is_neither_repeated_nor_overwritten() {
    let folder = tempdir().expect("a folder");
    let (store, run) = with_run(folder.path());
    let (value, key) = (json!(1), key(&Frame::root(), "h"));
    store.log_effect(&run, &key, intent(&value, 1), end(Ok(&value), 1), Haste::Now).wait().expect("logged");
    for refused in [
        store.log_intent(&run, &key, intent(&value, 1), Haste::Now),
        store.log_result(&run, &key, end(Ok(&json!(2)), 1), Haste::Now),
        store.log_effect(&run, &key, intent(&value, 1), end(Ok(&json!(2)), 1), Haste::Now),
    ] {
        assert_eq!(refused.wait().err().map(|failure| failure.kind), Some(FailureKind::Replay));
    }
    let row = store.effect(&run, &key).expect("read").expect("there");
    assert_eq!((store.answer(&row), row.attempts), (Ok(Some(Ok(value))), 1));
}

#[test]
fn attempts_that_failed_or_vanished_stay_paid() {
    let folder = tempdir().expect("a folder");
    let (store, run) = with_run(folder.path());
    let (value, key) = (json!(1), key(&Frame::root(), "h"));
    let failure = Failure::new(FailureKind::Server, "overloaded").detail("status", 529);
    let begin = |worst| store.log_intent(&run, &key, intent(&value, worst), Haste::Now).wait().expect("logged");
    begin(50);
    store.log_result(&run, &key, end(Err(&failure), 4), Haste::Now).wait().expect("logged");
    let failed = store.effect(&run, &key).expect("read").expect("there");
    assert_eq!((failed.state, store.answer(&failed)), (EffectState::Failed, Ok(Some(Err(failure)))));
    begin(60);
    // The process dies here: nobody knows the end of the second attempt.
    begin(70);
    store.log_result(&run, &key, end(Ok(&value), 5), Haste::Now).wait().expect("logged");
    let done = store.effect(&run, &key).expect("read").expect("there");
    assert_eq!((done.seq, done.attempts, done.state), (1, 3, EffectState::Done));
    assert_eq!((done.earlier_cost, done.cost), (Money::from_nanos(4 + 60), Some(Money::from_nanos(5))));
    assert_eq!((done.unknown_calls, done.unknown_cost), (1, Money::from_nanos(60)));
}

#[test]
fn what_is_over_at_once_follows_an_attempt_that_failed_or_vanished() {
    let large = json!("x".repeat(INLINE_LIMIT));
    for (fails, value, earlier) in [(true, json!(1), 4), (false, json!(1), 60), (false, large, 60)] {
        let folder = tempdir().expect("a folder");
        let (store, run) = with_run(folder.path());
        let (key, failure) = (key(&Frame::root(), "h"), Failure::new(FailureKind::Server, "overloaded"));
        store.log_intent(&run, &key, intent(&json!(0), 60), Haste::Now).wait().expect("logged");
        if fails {
            store.log_result(&run, &key, end(Err(&failure), 4), Haste::Now).wait().expect("logged");
        }
        store.log_effect(&run, &key, intent(&value, 70), end(Ok(&value), 5), Haste::Now).wait().expect("logged");
        let done = store.effect(&run, &key).expect("read").expect("there");
        assert_eq!((done.seq, done.attempts, done.state, done.ended_at), (1, 2, EffectState::Done, Some(20)));
        assert_eq!((done.earlier_cost, done.cost), (Money::from_nanos(earlier), Some(Money::from_nanos(5))));
        let unknown = if fails { (0, Money::ZERO) } else { (1, Money::from_nanos(60)) };
        assert_eq!((done.unknown_calls, done.unknown_cost), unknown);
        assert_eq!(store.answer(&done), Ok(Some(Ok(value))));
    }
}

#[test]
fn an_attempt_that_never_went_out_is_none() {
    let folder = tempdir().expect("a folder");
    let (store, run) = with_run(folder.path());
    let (value, key) = (json!(1), key(&Frame::root(), "h"));
    let unsent = Failure::cancelled().detail("unsent", true);
    let broken = Failure::new(FailureKind::Transport, "broken");
    let attempt = |failure| {
        store.log_intent(&run, &key, intent(&value, 50), Haste::Now).wait().expect("logged");
        store.log_result(&run, &key, end(Err(failure), 4), Haste::Now).wait().expect("logged");
        store.effect(&run, &key).expect("read").expect("there").attempts
    };
    let attempts = [&unsent, &unsent, &broken, &unsent, &broken].map(attempt);
    assert_eq!(attempts, [1, 1, 1, 2, 2]);
}

#[test]
fn another_request_of_a_call_adds_to_its_worst_case_while_it_is_under_way() {
    let folder = tempdir().expect("a folder");
    let (store, run) = with_run(folder.path());
    let (value, key) = (json!(1), key(&Frame::root(), "h"));
    let bound = Bound { input_tokens: 15, output_tokens: 5, images: 0 };
    let again = || store.log_again(&run, &key, Some(Money::from_nanos(50)), bound).wait().expect("logged");
    let worst = || store.effect(&run, &key).expect("read").expect("there").worst_cost;
    again();
    store.log_intent(&run, &key, intent(&value, 50), Haste::Now).wait().expect("logged");
    again();
    again();
    assert_eq!(worst(), Some(Money::from_nanos(150)));
    let usage = store.spending(&run).expect("sums")[0].usage;
    assert_eq!((usage.input_tokens, usage.output_tokens), (45, 15));
    store.log_result(&run, &key, end(Ok(&value), 9), Haste::Now).wait().expect("logged");
    again();
    assert_eq!(worst(), Some(Money::from_nanos(150)), "it has ended");
}

#[test]
fn a_result_needs_an_intent_and_an_intent_a_run() {
    let folder = tempdir().expect("a folder");
    let (store, run) = with_run(folder.path());
    let (value, key) = (json!(1), key(&Frame::root(), "h"));
    for refused in [
        store.log_result(&run, &key, end(Ok(&value), 1), Haste::Now),
        store.log_intent(&RunId::new("X"), &key, intent(&value, 1), Haste::Now),
    ] {
        assert_eq!(refused.wait().err().map(|failure| failure.kind), Some(FailureKind::Internal));
    }
    assert_eq!(store.effects(&run), Ok(vec![]));
}

#[test]
fn effects_are_listed_in_the_order_of_their_intents() {
    let folder = tempdir().expect("a folder");
    let (store, run) = with_run(folder.path());
    let value = json!(null);
    let keys: Vec<_> = ["z", "a", "m"].iter().map(|hash| key(&Frame::root().child(hash), hash)).collect();
    for key in &keys {
        store.log_intent(&run, key, intent(&value, 1), Haste::Now).wait().expect("logged");
    }
    for key in keys.iter().rev() {
        store.log_result(&run, key, end(Ok(&value), 1), Haste::Now).wait().expect("logged");
    }
    let rows = store.effects(&run).expect("a list");
    assert_eq!(rows.iter().map(|row| row.seq).collect::<Vec<_>>(), [1, 2, 3]);
    assert_eq!(rows.into_iter().map(|row| row.key).collect::<Vec<_>>(), keys);
}

#[test]
fn a_provider_has_an_id_for_each_request() {
    let folder = tempdir().expect("a folder");
    let (store, run) = with_run(folder.path());
    let (value, key) = (json!(1), key(&Frame::root(), "h"));
    let known = || {
        store.close().wait().expect("on disk");
        store.effect(&run, &key).expect("read").expect("there").provider
    };
    store.log_intent(&run, &key, intent(&value, 1), Haste::Now).wait().expect("logged");
    assert_eq!(known(), [""; 0]);
    store.log_provider(&run, &key, 1, "req_1");
    store.log_provider(&run, &key, 1, "resp_1");
    assert_eq!(known(), ["resp_1"]);
    store.log_provider(&run, &key, 2, "req_2");
    store.log_provider(&run, &key, 4, "req_4");
    store.log_provider(&run, &key, 4, "resp_4");
    let failure = Failure::new(FailureKind::Transport, "broken");
    store.log_result(&run, &key, end(Err(&failure), 1), Haste::Now).wait().expect("logged");
    store.log_provider(&run, &key, 5, "late");
    assert_eq!(known(), ["resp_1", "req_2", "resp_4"], "a call that broke off can still be asked for");
    store.log_intent(&run, &key, intent(&value, 1), Haste::Now).wait().expect("logged");
    assert_eq!(known(), [""; 0]);
}
