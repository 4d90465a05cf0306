//! Runs: begun, ended, listed, found; and never shown as running when their process is gone.

use super::{NewRun, RunEnd, RunFilter, new_run_id};
use crate::core::event::Event;
use crate::core::failure::{Failure, FailureKind};
use crate::core::ids::{Frame, RunId};
use crate::core::money::Money;
use crate::core::price::Bound;
use crate::core::status::RunStatus;
use crate::store::liveness::Liveness;
use crate::store::open::Store;
use crate::store::open::tests::{new_run, with_run};
use crate::store::writer::Haste;
use serde_json::json;
use tempfile::tempdir;

/// How a run ended.
pub(in crate::store) fn end(status: RunStatus) -> RunEnd {
    RunEnd {
        status,
        result: Some(json!({"answer": 42})),
        failure: None,
        raised: Vec::new(),
        unused: None,
        cost: Some(Money::from_nanos(5)),
        calls: 3,
        refused: 2,
        input_tokens: 20,
        output_tokens: 4,
        ended_at: 99,
    }
}

#[test]
fn a_run_is_kept_from_beginning_to_end() {
    let folder = tempdir().expect("a folder");
    let (store, id) = with_run(folder.path());
    let begun = store.run(id.as_str()).expect("there");
    assert_eq!((begun.status, begun.shown_status(), begun.pid), (RunStatus::Running, "running", std::process::id()));
    assert_eq!(store.load(begun.settings.as_ref().expect("settings")), Ok(json!({"model": "p/m"})));
    let failure = Failure::new(FailureKind::Budget, "too dear").hint("pay");
    store.end_run(&id, RunEnd { failure: Some(failure.clone()), ..end(RunStatus::Limited) }).wait().expect("ended");
    let ended = store.run(id.as_str()).expect("there");
    assert_eq!((ended.status, ended.liveness, ended.shown_status()), (RunStatus::Limited, Liveness::Ended, "limited"));
    assert_eq!((ended.cost, ended.calls, ended.ended_at), (Some(Money::from_nanos(5)), 3, Some(99)));
    assert_eq!((ended.refused, ended.is_over()), (2, false));
    assert_eq!((ended.input_tokens, ended.output_tokens, ended.failure), (20, 4, Some(failure)));
    assert_eq!(store.load(ended.result.as_ref().expect("a result")), Ok(json!({"answer": 42})));
    let unknown = store.end_run(&RunId::new("X"), end(RunStatus::Completed)).wait();
    assert_eq!(unknown.err().map(|failure| failure.kind), Some(FailureKind::NotFound));
}

#[test]
fn a_call_that_vanished_twice_may_have_cost_twice() {
    for (worst, cost, most) in
        [(Some(1_000), Some(1_000), Some(2_000)), (Some(0), Some(0), Some(0)), (None, None, None)]
    {
        let folder = tempdir().expect("a folder");
        let (store, run) = with_run(folder.path());
        let key = crate::core::effect::EffectKey { frame: Frame::root(), hash: "h".to_owned(), occurrence: 0 };
        let intent = crate::store::effects::Intent {
            kind: crate::core::effect::EffectKind::Model,
            text: "1".to_owned(),
            worst_cost: worst.map(Money::from_nanos),
            bound: Bound { input_tokens: 15, output_tokens: 5, images: 0 },
            asked: None,
            part: None,
            at: 3,
        };
        let seen = || {
            store.log_intent(&run, &key, intent.clone(), Haste::Now).wait().expect("logged");
            let row = store.run(run.as_str()).expect("there");
            let money = [row.cost, row.worst_cost()].map(|cost| cost.map(Money::nanos));
            (row.calls, row.under_way.map(|open| open.calls), [row.input_tokens, row.output_tokens], money)
        };
        assert_eq!(seen(), (1, Some(1), [15, 5], [None, worst]));
        assert_eq!(seen(), (2, Some(1), [30, 10], [cost, most]));
    }
}

#[test]
fn lists_are_filtered_and_newest_first() {
    let folder = tempdir().expect("a folder");
    let store = Store::open(&folder.path().join("rhizo.db")).expect("opens");
    let begin = |run: NewRun| store.begin_run(run).wait().expect("begun");
    let first = begin(new_run(10));
    let child = begin(NewRun { parent: Some(first.clone()), kind: "child".to_owned(), depth: 1, ..new_run(20) });
    let last = begin(NewRun { kind: "eval".to_owned(), ..new_run(20) });
    let all = RunFilter::default();
    for (filter, expect) in [
        (all.clone(), vec![&last, &child, &first]),
        (RunFilter { top_level: true, ..all.clone() }, vec![&last, &first]),
        (RunFilter { kind: Some("child".to_owned()), ..all.clone() }, vec![&child]),
        (RunFilter { limit: Some(1), ..all }, vec![&last]),
    ] {
        let found: Vec<_> = store.runs(&filter).expect("a list").into_iter().map(|run| run.id).collect();
        assert_eq!(found.iter().collect::<Vec<_>>(), expect, "{filter:?}");
    }
    assert_eq!(store.children(&first).expect("a list")[0].id, child);
    assert_eq!(store.children(&last).expect("a list"), []);
}

#[test]
fn a_run_is_named_by_a_part_of_its_id_or_as_the_last_one() {
    let folder = tempdir().expect("a folder");
    let store = Store::open(&folder.path().join("rhizo.db")).expect("opens");
    assert_eq!(store.run("last").expect_err("none").message, "there is no run yet");
    for id in ["01AAA1XYZ", "01AAA2XYZ", "01BCDE", "02AA1XYZ", "01AAA3", "01AAA4"] {
        store.begin_run(NewRun { id: RunId::new(id), ..new_run(1) }).wait().expect("begun");
    }
    let child = NewRun { id: RunId::new("01AAA5"), parent: Some(RunId::new("01AAA4")), depth: 1, ..new_run(1) };
    store.begin_run(child).wait().expect("begun");
    for (named, expect) in [
        ("01B", "01BCDE"),
        ("01b", "01BCDE"),
        ("01AAA2", "01AAA2XYZ"),
        (" 01aaa1 ", "01AAA1XYZ"),
        ("BCDE", "01BCDE"),
        ("..bcde", "01BCDE"),
        ("..A2XYZ", "01AAA2XYZ"),
        ("last", "01AAA4"),
        ("Last", "01AAA4"),
    ] {
        assert_eq!(store.run(named).expect("one").id.as_str(), expect, "{named}");
    }
    let begun = |beginning: &str| store.ids(beginning).expect("ids").iter().map(RunId::to_string).collect::<Vec<_>>();
    assert_eq!((begun("01AAA3"), begun("01AAA5"), begun("").len()), (vec!["01AAA3".to_owned()], vec![], 6));
    let will_do = "`last` is the newest, and the end of an id will do: ";
    let list = "`rhizo runs list` shows them";
    for (named, message, hint) in [
        ("01C", "there is no run `01C`", list.to_owned()),
        ("CDE", "there is no run `CDE`", list.to_owned()),
        ("%", "there is no run `%`", list.to_owned()),
        ("..%___", "there is no run `..%___`", list.to_owned()),
        ("01AAA~", "there is no run `01AAA~`", list.to_owned()),
        (
            "01aaa",
            "more than one run begins with `01aaa`",
            format!("{will_do}01AAA5 (why?), 01AAA4 (why?), 01AAA3 (why?), .."),
        ),
        ("..1XYZ", "more than one run ends with `..1XYZ`", format!("{will_do}02AA1XYZ (why?), 01AAA1XYZ (why?)")),
    ] {
        let failure = store.run(named).expect_err("refused");
        assert_eq!((failure.kind, failure.message.as_str()), (FailureKind::NotFound, message));
        assert_eq!(failure.hint, Some(hint));
    }
}

#[test]
fn ids_sort_by_time() {
    let ids: Vec<_> = [1, 2, 1_000, 1_700_000_000_000].into_iter().map(new_run_id).collect();
    assert!(ids.is_sorted());
    assert_ne!(new_run_id(5), new_run_id(5));
}

#[test]
fn an_id_is_begun_once() {
    let folder = tempdir().expect("a folder");
    let (store, run) = with_run(folder.path());
    let again = store.begin_run(NewRun { id: run, ..new_run(1) }).wait();
    assert_eq!(again.err().map(|failure| failure.kind), Some(FailureKind::Internal));
}

#[test]
fn an_export_holds_everything_in_full() {
    let folder = tempdir().expect("a folder");
    let (store, run) = with_run(folder.path());
    let child = NewRun { parent: Some(run.clone()), depth: 1, ..new_run(2) };
    store.begin_run(child).wait().expect("begun");
    let large = json!("x".repeat(100_000));
    let key = crate::core::effect::EffectKey { frame: Frame::root(), hash: "h".to_owned(), occurrence: 0 };
    let intent = crate::store::effects::Intent {
        kind: crate::core::effect::EffectKind::Model,
        text: large.to_string(),
        worst_cost: None,
        bound: Bound::default(),
        asked: None,
        part: None,
        at: 3,
    };
    store.log_intent(&run, &key, intent, Haste::Now).wait().expect("logged");
    store.append(&run, 4, &Frame::root(), &Event::Note { text: "hi".to_owned() }).wait().expect("appended");
    store.end_run(&run, end(RunStatus::Completed)).wait().expect("ended");
    let document = store.export(&run).expect("a document");
    assert_eq!(document["run"]["id"], run.as_str());
    assert_eq!(document["run"]["status"], "completed");
    assert_eq!(document["run"]["result"], json!({"answer": 42}));
    assert_eq!(document["effects"][0]["intent"], large);
    assert_eq!(document["effects"][0]["state"], "intent");
    assert_eq!(document["effects"][0]["frame"], "root");
    assert_eq!(document["events"][0]["text"], "hi");
    assert_eq!(document["children"][0]["run"]["depth"], 1);
}
