//! The ledger under concurrent calls, random trees and every kind of limit.

use super::{ChildSlice, Ledger, Tag};
use crate::budget::report::{Refused, SpendReport, Totals};
use crate::budget::scope::Scope;
use crate::budget::scope::afford::Wish;
use crate::core::failure::{Failure, FailureKind};
use crate::core::ids::{ModelId, RoleName};
use crate::core::limits::Limits;
use crate::core::money::Money;
use crate::core::price::{Bound, Price};
use crate::core::slack::Slack;
use crate::core::usage::Usage;
use proptest::prelude::{ProptestConfig, Strategy, any, prop_assert, prop_assert_eq, proptest};
use std::sync::Barrier;

/// One nano-USD per prompt token, three per answer token.
static PRICE: Price = Price::flat(1_000_000, 3_000_000);

fn tag(model: &str) -> Tag {
    Tag { role: RoleName::new("worker"), model: ModelId::new(model) }
}

/// A call that needs its whole answer.
fn whole(input_tokens: u64, output_tokens: u64) -> Wish {
    Wish { bound: Bound { input_tokens, output_tokens, images: 0 }, least: output_tokens, slack: Slack::default() }
}

fn usage(input_tokens: u64, output_tokens: u64) -> Usage {
    Usage { input_tokens, output_tokens, ..Usage::default() }
}

fn money(nanos: u64) -> Limits {
    Limits { max_cost: Some(Money::from_nanos(nanos)), ..Limits::default() }
}

fn sum_of_rows(report: &SpendReport) -> Totals {
    let mut sum = Totals::default();
    report.rows.iter().for_each(|row| sum.add(&row.totals));
    sum
}

fn refusal(scope: &Scope, wish: Wish, price: Option<&Price>) -> Failure {
    scope.reserve_now(wish, price, tag("p/m")).expect_err("the call must be refused")
}

#[test]
fn each_limit_refuses_and_says_why() {
    let none = Limits::default();
    for (limits, price, message, hint) in [
        (
            money(129),
            Some(&PRICE),
            "the money budget of the run does not allow a call to p/m: limit $0.000000129, spent $0.00, \
             reserved $0.00, needed up to $0.00000013",
            "raise --max-cost, shorten the prompt, or lower the call's own max_tokens",
        ),
        (
            Limits { max_calls: Some(0), ..none },
            Some(&PRICE),
            "the call budget of the run does not allow a call to p/m: limit 0, spent 0, reserved 0, needed up to 1",
            "raise --max-calls",
        ),
        (
            Limits { max_tokens: Some(49), ..none },
            None,
            "the token budget of the run does not allow a call to p/m: limit 49, spent 0, reserved 0, needed up to 50",
            "raise --max-tokens, shorten the prompt, or lower the call's own max_tokens",
        ),
        (
            money(1_000),
            None,
            "the model p/m has no known price, so the money budget cannot hold for it",
            "give its price under [models.\"p/m\"] in rhizo.toml: input_price and output_price, or priced_as = \
             \"openai/gpt-5-mini\" for the list price of the model behind a gateway; or pass --allow-unpriced to call it \
             uncounted",
        ),
    ] {
        let failure = refusal(&Ledger::new(limits).root(), whole(10, 40), price);
        assert_eq!(failure.kind, FailureKind::Budget);
        assert_eq!(failure.message, message);
        assert_eq!(failure.hint.as_deref(), Some(hint));
    }
}

#[test]
fn limits_are_reached_exactly() {
    for limits in [
        money(130),
        Limits { max_calls: Some(1), ..Limits::default() },
        Limits { max_tokens: Some(50), ..Limits::default() },
    ] {
        let root = Ledger::new(limits).root();
        let first = root.reserve_now(whole(10, 40), Some(&PRICE), tag("p/m")).expect("fits exactly");
        refusal(&root, whole(1, 0), Some(&PRICE));
        first.settle(&usage(10, 40));
        refusal(&root, whole(1, 0), Some(&PRICE));
    }
}

#[test]
fn unpriced_models_pass_when_told_so_and_are_counted() {
    let root = Ledger::new(Limits { allow_unpriced: true, ..money(0) }).root();
    let call = root.reserve_now(whole(10, 40), None, tag("p/m")).expect("allowed");
    assert_eq!(call.settle(&usage(7, 3)), None);
    let totals = root.report().totals;
    assert_eq!((totals.unpriced_calls, totals.cost, totals.usage.total()), (1, Money::ZERO, 10));
}

#[test]
fn a_free_model_needs_no_money() {
    let root = Ledger::new(money(0)).root();
    let call = root.reserve_now(whole(1_000, 1_000), Some(&Price::FREE), tag("p/m")).expect("free");
    assert_eq!(call.settle(&usage(9, 9)), Some(Money::ZERO));
}

#[test]
fn a_slice_lowers_and_never_raises() {
    let root = Ledger::new(money(100)).root();
    let rich =
        root.child(&ChildSlice { max_cost: Some(Money::from_nanos(1_000)), ..ChildSlice::default() }).expect("depth 1");
    let poor = rich.child(&ChildSlice { max_calls: Some(1), ..ChildSlice::default() }).expect("depth 2");
    assert_eq!((rich.depth(), poor.depth()), (1, 2));
    assert_eq!(rich.left().cost, Some(Money::from_nanos(100)));
    let failure = refusal(&rich, whole(101, 0), Some(&PRICE));
    assert!(failure.message.starts_with("the money budget of the run "), "{failure}");
    poor.reserve_now(whole(30, 0), Some(&PRICE), tag("p/m")).expect("fits").settle(&usage(30, 0));
    let failure = refusal(&poor, whole(1, 0), Some(&PRICE));
    assert!(failure.message.starts_with("the call budget of the child run at depth 2 "), "{failure}");
    assert_eq!(failure.hint.as_deref(), Some("give the child run more: `#{max_calls: ..}`"));
    assert_eq!(root.left().cost, Some(Money::from_nanos(70)));
    assert_eq!((poor.left().calls, poor.left().tokens), (Some(0), None));
    assert_eq!(root.report().rows[0].depth, 2);
    assert_eq!(root.report().totals, poor.report().totals);
}

#[test]
fn what_the_limits_of_a_handed_child_refuse_is_missing_to_it_alone() {
    for (run, slice, missing) in [(9, 0, 0), (0, 9, 1)] {
        let root = Ledger::new(Limits { max_calls: Some(run), ..Limits::default() }).root();
        let child = root.child(&ChildSlice { max_calls: Some(slice), ..ChildSlice::default() }).expect("depth 1");
        let child = child.handed();
        child.refuse(&Refused::with(&refusal(&child, whole(1, 0), Some(&PRICE))), 1);
        assert_eq!((root.refused(), child.refused()), (missing, 1));
    }
}

#[test]
fn the_limit_of_a_part_is_called_its_own() {
    let root = Ledger::new(Limits { max_calls: Some(9), ..Limits::default() }).root();
    let part = root.part("step `a`".to_owned(), &ChildSlice { max_calls: Some(0), ..ChildSlice::default() });
    let inner = part.child(&ChildSlice::default()).expect("depth 1");
    for scope in [&part, &inner] {
        let failure = refusal(scope, whole(1, 1), Some(&PRICE));
        assert!(failure.message.starts_with("the call budget of step `a` does not allow"), "{failure}");
        assert_eq!(failure.hint.as_deref(), Some("raise `max_calls` in the `budget` of step `a`"));
    }
}

#[test]
fn the_depth_limit_holds() {
    let mut scope = Ledger::new(Limits { max_depth: 2, ..Limits::default() }).root();
    for _ in 0..2 {
        scope = scope.child(&ChildSlice::default()).expect("within the limit");
    }
    let failure = scope.child(&ChildSlice::default()).expect_err("too deep");
    assert_eq!((failure.kind, failure.message.as_str()), (FailureKind::Depth, "child runs nest at most 2 deep"));
    assert!(failure.hint.is_some_and(|hint| hint.contains("--max-depth")));
}

#[test]
fn a_truth_above_the_worst_case_is_recorded_and_refuses_later_calls() {
    let root = Ledger::new(money(100)).root();
    let cost = root.reserve_now(whole(10, 0), Some(&PRICE), tag("p/m")).expect("fits").settle(&usage(500, 0));
    assert_eq!(cost, Some(Money::from_nanos(500)));
    assert_eq!(root.left().cost, Some(Money::ZERO));
    assert!(refusal(&root, whole(0, 0), Some(&PRICE)).message.contains("spent $0.0000005"));
}

#[test]
fn replayed_calls_are_marked_and_free() {
    let root = Ledger::new(Limits { max_calls: Some(0), ..money(0) }).root();
    root.charge_replayed(&tag("p/m"));
    let report = root.report();
    assert_eq!(report.totals, Totals { replayed: 1, ..Totals::default() });
    assert_eq!(report.totals, sum_of_rows(&report));
}

#[test]
fn what_was_used_before_counts_in_the_parts_below_the_run_that_goes_on() {
    let root = Ledger::new(Limits::default()).root();
    let part = root.part("a".to_owned(), &ChildSlice { max_calls: Some(2), ..ChildSlice::default() });
    let then = Totals { calls: 1, ..Totals::default() };
    part.restore_in_parts(&then);
    assert_eq!((part.is_part(), part.left().calls), (false, Some(2)), "no run goes on");
    root.restore(&[]);
    let inner = part.part("b".to_owned(), &ChildSlice::default());
    let child = inner.child(&ChildSlice::default()).expect("depth 1");
    child.restore(&[]);
    assert_eq!([&root, &part, &inner, &child].map(Scope::is_part), [false, true, true, false]);
    inner.restore_in_parts(&then);
    child.restore_in_parts(&then);
    assert_eq!((part.left().calls, inner.report().totals.calls), (Some(1), 1));
    assert_eq!((root.report().totals.calls, child.report().totals.calls), (0, 0), "they have it by themselves");
    inner.restore_part(&then);
    assert_eq!(
        (part.left().calls, inner.report().totals.calls),
        (Some(1), 2),
        "those around have it by themselves too"
    );
}

#[test]
fn what_a_part_has_asked_and_whether_it_is_answered_is_known_to_all_around_it() {
    let root = Ledger::new(Limits::default()).root();
    root.restore(&[]);
    let part = root.part("a".to_owned(), &ChildSlice { max_calls: Some(2), ..ChildSlice::default() });
    let inner = part.part("b".to_owned(), &ChildSlice::default());
    let child = inner.child(&ChildSlice::default()).expect("depth 1");
    child.restore(&[]);
    assert!(!part.has_asked());
    child.ask();
    assert!(part.has_asked() && child.has_asked());
    assert!(!part.is_answered());
    inner.note(true);
    assert_eq!([&root, &part, &inner, &child].map(Scope::is_answered), [true, true, true, false]);
    child.note(false);
    assert_eq!([&root, &part, &inner, &child].map(Scope::is_answered), [false; 4]);
}

#[test]
fn a_report_is_plain_json() {
    let root = Ledger::new(Limits::default()).root();
    root.reserve_now(whole(10, 0), Some(&PRICE), tag("p/m")).expect("fits").settle(&usage(5, 0));
    let json = serde_json::to_value(root.report()).expect("plain data");
    assert_eq!(json["rows"][0]["model"], "p/m");
    assert_eq!(json["rows"][0]["calls"], 1);
    assert_eq!(json["totals"]["cost"], 5);
}

#[test]
fn a_thousand_concurrent_calls_never_overspend() {
    let (calls, threads, limit) = (1_000_u64, 50, 40_000);
    let ledger = Ledger::new(Limits { max_calls: Some(900), max_tokens: Some(60_000), ..money(limit) });
    let (root, start) = (ledger.root(), Barrier::new(threads));
    let overspent = |scope: &Scope| {
        let report = scope.report();
        report.totals.cost.saturating_add(report.reserved.cost).nanos() > limit
            || report.totals.calls + report.reserved.calls > 900
            || report.totals.usage.total() + report.reserved.tokens > 60_000
    };
    std::thread::scope(|all| {
        for thread in 0..threads as u64 {
            let (root, start) = (root.clone(), &start);
            all.spawn(move || {
                start.wait();
                for call in 0..calls / threads as u64 {
                    let seed = thread * 7_919 + call * 104_729;
                    let (input, output) = (seed % 61, seed % 43);
                    let model = if seed % 2 == 0 { "p/a" } else { "p/b" };
                    let Ok(held) = root.reserve_now(whole(input, output), Some(&PRICE), tag(model)) else {
                        continue;
                    };
                    assert!(!overspent(&root));
                    match seed % 5 {
                        0 => drop(held),
                        1 => held.release(),
                        2 => drop(held.settle_failed(&usage(input / 2, 0))),
                        _ => drop(held.settle(&usage(input, output / 3))),
                    }
                    assert!(!overspent(&root));
                }
            });
        }
    });
    let report = root.report();
    assert_eq!(report.totals, sum_of_rows(&report));
    assert_eq!(report.reserved, Default::default());
    assert!(report.totals.cost.nanos() > limit / 2, "the budget must have been used: {report:?}");
}

/// One step of a random tree: which scope, what it may use, what it did use, how it ended.
fn step() -> impl Strategy<Value = (usize, u64, u64, u64, u8, Option<u64>)> {
    (any::<usize>(), 0..200_u64, 0..200_u64, 0..=100_u64, 0..5_u8, proptest::option::of(0..2_000_u64))
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(64))]

    #[test]
    fn every_scope_of_a_random_tree_holds_its_limits(limit in 0..6_000_u64, steps in proptest::collection::vec(step(), 1..80)) {
        let root = Ledger::new(money(limit)).root();
        let mut scopes = vec![(root.clone(), Some(limit))];
        let mut in_flight = Vec::new();
        for (at, input, output, percent, end, slice) in steps {
            let (scope, _) = scopes[at % scopes.len()].clone();
            if end == 0 {
                let slice = ChildSlice { max_cost: slice.map(Money::from_nanos), ..ChildSlice::default() };
                scopes.extend(scope.child(&slice).ok().map(|child| (child, slice.max_cost.map(Money::nanos))));
            } else if let Ok(held) = scope.reserve_now(whole(input, output), Some(&PRICE), tag("p/m")) {
                in_flight.push((held, usage(input * percent / 100, output * percent / 100)));
            }
            if end > 2 && !in_flight.is_empty() {
                let (held, used) = in_flight.swap_remove(at % in_flight.len());
                if end == 3 { held.settle(&used); } else { drop(held); }
            }
            for (scope, limit) in &scopes {
                let report = scope.report();
                let used = report.totals.cost.saturating_add(report.reserved.cost).nanos();
                prop_assert!(limit.is_none_or(|limit| used <= limit));
                prop_assert_eq!(report.totals, sum_of_rows(&report));
            }
        }
        drop(in_flight);
        prop_assert_eq!(root.report().reserved, Default::default());
    }
}
