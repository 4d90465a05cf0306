//! How a reservation ends, and who may go on when it does.

use crate::budget::ledger::{ChildSlice, Ledger, Tag};
use crate::budget::scope::Scope;
use crate::budget::scope::afford::Wish;
use crate::core::failure::FailureKind;
use crate::core::ids::{ModelId, RoleName};
use crate::core::limits::Limits;
use crate::core::money::Money;
use crate::core::price::{Bound, Price};
use crate::core::slack::Slack;
use crate::core::usage::Usage;
use std::future::Future;
use std::pin::pin;
use std::task::{Context, Poll, Waker};

/// One nano-USD per token.
static PRICE: Price = Price::flat(1_000_000, 1_000_000);

fn root(limit: u64) -> Scope {
    Ledger::new(Limits { max_cost: Some(Money::from_nanos(limit)), ..Limits::default() }).root()
}

fn tag() -> Tag {
    Tag { role: RoleName::new("worker"), model: ModelId::new("p/m") }
}

fn tokens(input_tokens: u64) -> Wish {
    Wish { bound: Bound { input_tokens, ..Bound::default() }, least: 0, slack: Slack::default() }
}

fn used(input_tokens: u64) -> Usage {
    Usage { input_tokens, ..Usage::default() }
}

#[test]
fn every_end_charges_what_it_should() {
    for (name, cost, calls, failed) in
        [("settled", 4, 1, 0), ("failed", 4, 1, 1), ("dropped", 10, 1, 1), ("released", 0, 0, 0)]
    {
        let root = root(10);
        let held = root.reserve_now(tokens(10), Some(&PRICE), tag()).expect("fits");
        assert_eq!(held.worst().0, Some(Money::from_nanos(10)));
        assert_eq!(root.left().cost, Some(Money::ZERO));
        match name {
            "settled" => drop(held.settle(&used(4))),
            "failed" => drop(held.settle_failed(&used(4))),
            "released" => held.release(),
            _ => drop(held),
        }
        let report = root.report();
        assert_eq!(
            (report.totals.cost.nanos(), report.totals.calls, report.totals.failed),
            (cost, calls, failed),
            "{name}"
        );
        assert_eq!(report.reserved, Default::default(), "{name}");
        assert_eq!(report.totals.usage.estimated, name == "dropped");
    }
}

#[test]
fn a_call_in_doubt_is_charged_with_all_that_was_held_back() {
    let root = root(100);
    let slack = Slack { input_tokens: 7, share: 16, output_tokens: 4 };
    let bound = Bound { input_tokens: 10, output_tokens: 32, images: 0 };
    let held = root.reserve_now(Wish { bound, least: 32, slack }, Some(&PRICE), tag()).expect("fits");
    let worst = Bound { input_tokens: 17, output_tokens: 38, images: 0 };
    assert_eq!((held.bound(), held.worst()), (bound, (Some(Money::from_nanos(55)), worst)));
    assert_eq!(root.left().cost, Some(Money::from_nanos(45)));
    drop(held);
    assert_eq!(root.left().cost, Some(Money::from_nanos(45)));
    assert_eq!(root.report().totals.usage, worst.as_usage());
}

#[test]
fn waits_for_calls_in_flight_and_no_longer() {
    let root = root(10);
    let first = root.reserve_now(tokens(10), Some(&PRICE), tag()).expect("fits");
    let mut second = pin!(root.reserve(tokens(6), Some(&PRICE), tag()));
    let mut context = Context::from_waker(Waker::noop());
    assert!(second.as_mut().poll(&mut context).is_pending());
    first.settle(&used(4));
    match second.as_mut().poll(&mut context) {
        Poll::Ready(Ok(held)) => held.release(),
        other => panic!("must fit now: {other:?}"),
    }
}

#[test]
fn fails_once_no_call_in_flight_could_make_it_fit() {
    let root = root(10);
    let mut context = Context::from_waker(Waker::noop());
    let first = root.reserve_now(tokens(5), Some(&PRICE), tag()).expect("fits");
    let refused = pin!(root.reserve(tokens(11), Some(&PRICE), tag())).as_mut().poll(&mut context);
    assert!(matches!(refused, Poll::Ready(Err(failure)) if failure.kind == FailureKind::Budget));
    let mut waiting = pin!(root.reserve(tokens(8), Some(&PRICE), tag()));
    assert!(waiting.as_mut().poll(&mut context).is_pending());
    first.settle(&used(5));
    assert!(
        matches!(waiting.as_mut().poll(&mut context), Poll::Ready(Err(failure)) if failure.kind == FailureKind::Budget)
    );
}

#[test]
fn a_wait_that_is_given_up_holds_nothing() {
    let root = root(10);
    let first = root.reserve_now(tokens(10), Some(&PRICE), tag()).expect("fits");
    {
        let waiting = pin!(root.reserve(tokens(5), Some(&PRICE), tag()));
        assert!(waiting.poll(&mut Context::from_waker(Waker::noop())).is_pending());
    }
    first.release();
    assert_eq!(root.left().cost, Some(Money::from_nanos(10)));
}

#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn a_tight_budget_is_used_to_the_last_call() {
    let root = root(1_000);
    let child =
        root.child(&ChildSlice { max_cost: Some(Money::from_nanos(600)), ..ChildSlice::default() }).expect("depth 1");
    let mut calls = tokio::task::JoinSet::new();
    for index in 0..1_000 {
        let scope = if index % 2 == 0 { root.clone() } else { child.clone() };
        calls.spawn(async move {
            // The worst case is a hundred times the truth, as it is with a generous max_tokens.
            let held = scope.reserve(tokens(100), Some(&PRICE), tag()).await?;
            tokio::task::yield_now().await;
            Ok::<_, crate::core::failure::Failure>(held.settle(&used(1)))
        });
    }
    let ended = calls.join_all().await;
    // The last call that fits leaves less than one worst case: 1,000 - 901 < 100.
    assert_eq!(ended.iter().filter(|end| end.is_ok()).count(), 901);
    assert_eq!(root.report().totals.cost, Money::from_nanos(901));
    assert!(child.report().totals.cost <= Money::from_nanos(600));
}
