//! Claims, and what a run has spent before it goes on.

use super::Spent;
use crate::core::effect::{EffectKey, EffectKind};
use crate::core::failure::{Failure, FailureKind};
use crate::core::ids::{Frame, ModelId, RoleName};
use crate::core::money::Money;
use crate::core::price::Bound;
use crate::core::status::RunStatus;
use crate::core::usage::Usage;
use crate::store::effects::{EffectEnd, Intent};
use crate::store::open::tests::{new_run, with_run};
use crate::store::runs::{NewRun, RunEnd};
use crate::store::writer::Haste;
use serde_json::{Value, json};
use tempfile::tempdir;

fn key(hash: &str) -> EffectKey {
    EffectKey { frame: Frame::root(), hash: hash.to_owned(), occurrence: 0 }
}

fn intent(worst: u64) -> Intent {
    Intent {
        kind: EffectKind::Model,
        text: "1".to_owned(),
        worst_cost: Some(Money::from_nanos(worst)),
        bound: Bound { input_tokens: 15, output_tokens: 5, images: 0 },
        asked: Some((RoleName::new("worker"), ModelId::new("a/b"))),
        part: None,
        at: 1,
    }
}

#[test]
fn spending_counts_the_worst_case_of_what_was_under_way_and_every_attempt() {
    let folder = tempdir().expect("a folder");
    let (store, run) = with_run(folder.path());
    let usage = Usage { input_tokens: 7, output_tokens: 3, ..Usage::default() };
    let end = || EffectEnd {
        result: Ok(Value::Null.to_string()),
        usage: Some(usage),
        cost: Some(Money::from_nanos(10)),
        at: 2,
    };
    store.log_effect(&run, &key("done"), intent(100), end(), Haste::Now).wait().expect("logged");
    store.log_intent(&run, &key("open"), intent(50), Haste::Now).wait().expect("logged");
    let expect = |calls, failed, cost, unknown: u64| Spent {
        depth: 0,
        role: RoleName::new("worker"),
        model: ModelId::new("a/b"),
        calls,
        failed,
        unpriced: 0,
        usage: Usage { input_tokens: 7 + unknown * 15, output_tokens: 3 + unknown * 5, estimated: true, ..usage },
        cost: Money::from_nanos(cost),
        unknown,
        unknown_cost: Money::from_nanos(unknown * 50),
        unusable: 0,
        unusable_cost: Money::ZERO,
    };
    assert_eq!(store.spending(&run), Ok(vec![expect(2, 1, 60, 1)]));
    // Asked again: the first attempt stays charged at its worst.
    store.log_intent(&run, &key("open"), intent(50), Haste::Now).wait().expect("logged");
    assert_eq!(store.spending(&run), Ok(vec![expect(3, 2, 110, 2)]));
    store.claim_run(&run, false).wait().expect("this process may work on its own run");
}

#[test]
fn what_counts_for_nothing_is_not_in_the_sums() {
    let folder = tempdir().expect("a folder");
    let (store, run) = with_run(folder.path());
    let usage = Some(Usage { input_tokens: 7, output_tokens: 3, ..Usage::default() });
    let unsent = Failure::cancelled().detail("unsent", true);
    let kept = |text: &str| json!({"cached": true, "text": text}).to_string();
    let free = Some(Money::ZERO);
    for (hash, result, cost) in
        [("kept", Ok(kept("a")), free), ("large", Ok(kept(&"a".repeat(100_000))), free), ("unsent", Err(&unsent), None)]
    {
        let nobody = Intent { asked: None, ..intent(0) };
        let end = EffectEnd { result, usage: cost.and(usage), cost, at: 2 };
        store.log_effect(&run, &key(hash), nobody, end, Haste::Now).wait().expect("logged");
    }
    assert_eq!(store.spending(&run), Ok(vec![]));
    // An attempt that did go out stays when the one after it did not.
    let broken = Failure::new(FailureKind::Transport, "broken");
    for failure in [&broken, &unsent] {
        store.log_intent(&run, &key("unsent"), intent(50), Haste::Now).wait().expect("logged");
        let (usage, cost) = if failure == &broken { (usage, Some(Money::from_nanos(10))) } else { (None, None) };
        let end = EffectEnd { result: Err(failure), usage, cost, at: 3 };
        store.log_result(&run, &key("unsent"), end, Haste::Now).wait().expect("logged");
    }
    for spent in [store.spending(&run), store.spending_at(&run, &key("unsent"))] {
        let spent = spent.expect("sums");
        assert_eq!(spent.len(), 1);
        let used = [spent[0].usage.input_tokens, spent[0].usage.output_tokens];
        assert_eq!((spent[0].calls, spent[0].failed, used, spent[0].cost.nanos()), (1, 1, [7, 3], 10));
    }
    assert_eq!(store.spending_at(&run, &key("kept")), Ok(vec![]));
    assert_eq!(store.spending_at(&run, &key("nowhere")), Ok(vec![]));
}

#[test]
fn what_was_under_way_before_a_kept_answer_stays_in_the_sums() {
    let folder = tempdir().expect("a folder");
    let (store, run) = with_run(folder.path());
    let usage = Usage { input_tokens: 7, output_tokens: 3, ..Usage::default() };
    let worker = intent(50).asked;
    // As earlier versions kept it, the last one names nobody and has a usage.
    for (hash, length, asked, used) in
        [("small", 1, worker.clone(), None), ("large", 100_000, worker, None), ("old", 100_000, None, Some(usage))]
    {
        store.log_intent(&run, &key(hash), intent(50), Haste::Now).wait().expect("logged");
        let (role, model) = asked.clone().unwrap_or((RoleName::new(""), ModelId::new("")));
        let kept = json!({"cached": true, "text": "a".repeat(length)}).to_string();
        let nothing = Intent { asked, worst_cost: None, bound: Bound::default(), ..intent(0) };
        let end = EffectEnd { result: Ok(kept), usage: used, cost: Some(Money::ZERO), at: 2 };
        store.log_effect(&run, &key(hash), nothing, end, Haste::Now).wait().expect("logged");
        let expect = Spent {
            depth: 0,
            role,
            model,
            calls: 1,
            failed: 1,
            unpriced: 0,
            usage: Usage { input_tokens: 15, output_tokens: 5, estimated: true, ..Usage::default() },
            cost: Money::from_nanos(50),
            unknown: 1,
            unknown_cost: Money::from_nanos(50),
            unusable: 0,
            unusable_cost: Money::ZERO,
        };
        assert_eq!(store.spending_at(&run, &key(hash)), Ok(vec![expect]), "{hash}");
    }
    let spent = store.spending(&run).expect("sums");
    assert_eq!(spent.iter().map(|spent| (spent.calls, spent.cost.nanos())).collect::<Vec<_>>(), [(1, 50), (2, 100)]);
}

#[test]
fn a_run_that_is_over_is_not_claimed() {
    let folder = tempdir().expect("a folder");
    let (store, parent) = with_run(folder.path());
    let ask = || new_run(2);
    let child = || NewRun { parent: Some(parent.clone()), kind: "child".to_owned(), depth: 1, ..new_run(2) };
    let session = || NewRun { kind: "repl".to_owned(), ..new_run(2) };
    for (run, status, refused, is_over) in [
        (ask(), RunStatus::Completed, 0, true),
        (ask(), RunStatus::Completed, 1, true),
        (ask(), RunStatus::Partial, 0, true),
        (ask(), RunStatus::Partial, 1, false),
        (ask(), RunStatus::Failed, 0, false),
        (ask(), RunStatus::Waiting, 0, false),
        (child(), RunStatus::Partial, 0, false),
        (session(), RunStatus::Completed, 0, false),
    ] {
        let told = format!("{} {status:?} {refused}", run.kind);
        let run = store.begin_run(run).wait().expect("begun");
        let end = RunEnd {
            status,
            result: Some(json!("an answer")),
            failure: None,
            raised: Vec::new(),
            unused: None,
            cost: None,
            calls: 0,
            refused,
            input_tokens: 0,
            output_tokens: 0,
            ended_at: 3,
        };
        store.end_run(&run, end).wait().expect("ended");
        let claimed = store.claim_run(&run, true).wait();
        assert_eq!(claimed.err().map(|failure| failure.kind), is_over.then_some(FailureKind::Denied), "{told}");
        assert_eq!(store.run(run.as_str()).expect("there").result.is_some(), is_over, "{told}");
    }
}
