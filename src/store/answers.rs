//! Kept answers: what a model said to a request, for calls that allow an earlier answer instead of a new one.
//!
//! What makes two requests the same, and who may use an answer, is decided by the caller.

use crate::core::failure::Outcome;
use crate::store::open::Store;
use crate::store::rows::int;
use crate::store::value::{Encoded, StoredValue, stored};
use crate::store::writer::Ack;
use rusqlite::OptionalExtension;
use serde_json::Value;

/// How long an answer is kept, in milliseconds: 30 days. No call may use an older one.
pub const KEPT_MILLIS: u64 = 30 * 24 * 3_600 * 1_000;
/// How far ahead of the clock an answer may stand, in milliseconds: a day, for clocks that are set now and then. Of one
/// that stands further ahead nobody can say how old it is.
const AHEAD_MILLIS: u64 = 24 * 3_600 * 1_000;

const KEEP: &str = "
INSERT INTO answers (key, at, body, body_blob) VALUES (?1, ?2, ?3, ?4)
ON CONFLICT (key) DO UPDATE SET at = excluded.at, body = excluded.body, body_blob = excluded.body_blob";

impl Store {
    /// Keeps an answer given at `at`, in place of an earlier one of the same key. Answers older than `KEPT_MILLIS` at `now`
    /// are removed on the way, and those of a clock that was wrong. Both are in milliseconds since 1970.
    pub fn keep_answer(&self, key: &str, at: u64, now: u64, answer: &Value) -> Ack<()> {
        let (oldest, newest) = (int(now.saturating_sub(KEPT_MILLIS)), int(now.saturating_add(AHEAD_MILLIS)));
        let key = key.to_owned();
        match Encoded::of(answer) {
            Ok(encoded) => self.writer().write(
                move |connection| {
                    let sql = "DELETE FROM answers WHERE at < ?1 OR at > ?2";
                    connection.prepare_cached(sql)?.execute([oldest, newest])?;
                    let (body, blob) = encoded.columns(connection)?;
                    connection.prepare_cached(KEEP)?.execute((&key, int(at), body, blob))?;
                    Ok(())
                },
                |()| {},
            ),
            Err(failure) => Ack::ready(Err(failure)),
        }
    }

    /// The answer of this key, if there is one that is at most `age` old at `now`, both in milliseconds.
    ///
    /// Fails with `Io` if it is damaged.
    pub fn kept_answer(&self, key: &str, now: u64, age: u64) -> Outcome<Option<Value>> {
        let (since, until) = (int(now.saturating_sub(age)), int(now.saturating_add(AHEAD_MILLIS)));
        let found: Option<StoredValue> = self.read(|connection| {
            let mut query =
                connection.prepare_cached("SELECT * FROM answers WHERE key = ?1 AND at BETWEEN ?2 AND ?3")?;
            let read = query.query_row((key, since, until), |row| Ok(stored(connection, row, "body"))).optional()?;
            Ok(read.transpose()?.flatten())
        })?;
        found.map(|value| self.load(&value)).transpose()
    }
}

#[cfg(test)]
mod tests {
    use super::{AHEAD_MILLIS, KEPT_MILLIS};
    use crate::store::open::Store;
    use serde_json::json;

    #[tokio::test]
    async fn answers_are_found_until_they_are_too_old() {
        let folder = tempfile::tempdir().unwrap();
        let store = Store::open(&folder.path().join("store")).unwrap();
        let large = json!({"text": "x".repeat(100_000)});
        store.keep_answer("a", 1_000, 1_000, &json!("first")).await.unwrap();
        store.keep_answer("a", 2_000, 2_000, &json!("second")).await.unwrap();
        store.keep_answer("b", 2_000, 2_000, &large).await.unwrap();
        for (key, now, age, expect) in [
            ("a", 5_000, 5_000, Some(json!("second"))),
            ("a", 5_000, 3_000, Some(json!("second"))),
            ("a", 5_000, 2_999, None),
            ("a", 1_000, 0, Some(json!("second"))),
            ("b", 5_000, 5_000, Some(large)),
            ("c", 5_000, 5_000, None),
        ] {
            assert_eq!(store.kept_answer(key, now, age), Ok(expect), "{key} at {now}, {age} old");
        }
        let later = 2_001 + KEPT_MILLIS;
        store.keep_answer("c", later, later, &json!(1)).await.unwrap();
        assert_eq!(store.kept_answer("a", 5_000, 5_000), Ok(None), "it has been removed");
    }

    #[tokio::test]
    async fn answers_of_a_clock_that_was_ahead_are_not_found() {
        let folder = tempfile::tempdir().unwrap();
        let store = Store::open(&folder.path().join("store")).unwrap();
        let year = 365 * AHEAD_MILLIS;
        store.keep_answer("a", 10 * year, 10 * year, &json!("ahead")).await.unwrap();
        assert_eq!(store.kept_answer("a", 10 * year, 0), Ok(Some(json!("ahead"))));
        assert_eq!(store.kept_answer("a", year, KEPT_MILLIS), Ok(None));
        store.keep_answer("b", year, year, &json!("now")).await.unwrap();
        assert_eq!(store.kept_answer("a", 10 * year, 0), Ok(None), "it has been removed");
    }

    #[tokio::test]
    async fn an_answer_that_is_kept_late_is_as_old_as_it_is() {
        let folder = tempfile::tempdir().unwrap();
        let store = Store::open(&folder.path().join("store")).unwrap();
        let now = 10 * AHEAD_MILLIS;
        store.keep_answer("a", now, now, &json!("new")).await.unwrap();
        store.keep_answer("b", AHEAD_MILLIS, now, &json!("old")).await.unwrap();
        for (key, age, expect) in [
            ("a", 0, Some(json!("new"))),
            ("b", 9 * AHEAD_MILLIS, Some(json!("old"))),
            ("b", 9 * AHEAD_MILLIS - 1, None),
        ] {
            assert_eq!(store.kept_answer(key, now, age), Ok(expect), "{key}, {age} old");
        }
    }
}
