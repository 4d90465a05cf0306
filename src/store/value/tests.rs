//! Small and large values come back as they were, and large ones are kept once.

use super::{INLINE_LIMIT, StoredValue};
use crate::core::effect::{EffectKey, EffectKind};
use crate::core::ids::Frame;
use crate::core::price::Bound;
use crate::store::effects::{EffectEnd, Intent};
use crate::store::open::tests::with_run;
use crate::store::writer::Haste;
use serde_json::{Value, json};
use tempfile::tempdir;

fn key(occurrence: u32) -> EffectKey {
    EffectKey { frame: Frame::root(), hash: "h".to_owned(), occurrence }
}

#[test]
fn values_of_any_size_come_back() {
    let folder = tempdir().expect("a folder");
    let (store, run) = with_run(folder.path());
    // Two bytes of the JSON text are its quotes.
    let text = |bytes: usize| Value::String("é".repeat(bytes / 2 - 1));
    for (occurrence, value, is_blob) in [
        (0, Value::Null, false),
        (1, json!({"a": [1, -2.5, "\u{0}\n", u64::MAX, i64::MIN]}), false),
        (2, text(INLINE_LIMIT), false),
        (3, text(INLINE_LIMIT + 2), true),
        (4, text(3_000_000), true),
    ] {
        let intent = Intent {
            kind: EffectKind::Tool,
            text: value.to_string(),
            worst_cost: None,
            bound: Bound::default(),
            asked: None,
            part: None,
            at: 1,
        };
        let end = EffectEnd { result: Ok(value.to_string()), usage: None, cost: None, at: 2 };
        store.log_effect(&run, &key(occurrence), intent, end, Haste::Now).wait().expect("stored");
        let row = store.effect(&run, &key(occurrence)).expect("read").expect("there");
        let intent = row.intent.as_ref().expect("an intent");
        assert_eq!(matches!(intent, StoredValue::Blob { .. }), is_blob, "{occurrence}");
        assert!(store.load(intent).expect("loaded") == value, "{occurrence}");
        assert!(store.answer(&row).expect("loaded") == Some(Ok(value)), "{occurrence}");
    }
}

#[test]
fn equal_large_values_are_kept_once() {
    let folder = tempdir().expect("a folder");
    let (store, run) = with_run(folder.path());
    let value = Value::String("x".repeat(100_000));
    let acks: Vec<_> = (0..20)
        .map(|occurrence| {
            let intent = Intent {
                kind: EffectKind::Tool,
                text: value.to_string(),
                worst_cost: None,
                bound: Bound::default(),
                asked: None,
                part: None,
                at: 1,
            };
            let end = EffectEnd { result: Ok(value.to_string()), usage: None, cost: None, at: 2 };
            store.log_effect(&run, &key(occurrence), intent, end, Haste::Now)
        })
        .collect();
    acks.into_iter().for_each(|ack| ack.wait().expect("stored"));
    let count = store.read(|c| Ok(c.query_row("SELECT count(*) FROM blobs", (), |row| row.get::<_, i64>(0))?));
    assert_eq!(count, Ok(1));
}
