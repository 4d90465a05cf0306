//! Claims, and what a run has spent before it goes on.

use super::Spent;
use crate::core::effect::{EffectKey, EffectKind};
use crate::core::ids::{Frame, ModelId, RoleName};
use crate::core::money::Money;
use crate::core::usage::Usage;
use crate::store::effects::{EffectEnd, Intent};
use crate::store::open::tests::with_run;
use crate::store::writer::Haste;
use serde_json::Value;
use tempfile::tempdir;

fn key(hash: &str) -> EffectKey {
    EffectKey { frame: Frame::root(), hash: hash.to_owned(), occurrence: 0 }
}

fn intent(worst: u64) -> Intent {
    Intent {
        kind: EffectKind::Model,
        text: "1".to_owned(),
        worst_cost: Some(Money::from_nanos(worst)),
        asked: Some((RoleName::new("worker"), ModelId::new("a/b"))),
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
    let expect = |calls, failed, cost| Spent {
        depth: 0,
        role: RoleName::new("worker"),
        model: ModelId::new("a/b"),
        calls,
        failed,
        unpriced: 0,
        usage,
        cost: Money::from_nanos(cost),
    };
    assert_eq!(store.spending(&run), Ok(vec![expect(2, 1, 60)]));
    // Asked again: the first attempt stays charged at its worst.
    store.log_intent(&run, &key("open"), intent(50), Haste::Now).wait().expect("logged");
    assert_eq!(store.spending(&run), Ok(vec![expect(3, 2, 110)]));
    store.claim_run(&run, false).wait().expect("this process may work on its own run");
}
