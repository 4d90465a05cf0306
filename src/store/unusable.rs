//! Answers that were paid for and are of no use: a call counts them, for the sums of spending, also where it is made again.
//!
//! The answer itself stays: what is made of it is decided where it is replayed. The usage of the last attempt has a mark, so that
//! no answer counts twice.

use crate::core::effect::EffectKey;
use crate::core::ids::RunId;
use crate::store::open::Store;
use crate::store::writer::Haste;
use rusqlite::Connection;

const MARK: &str = "
UPDATE effects SET usage = json_set(usage, '$.unusable', 1), unusable = unusable + 1,
    unusable_nanos = CAST(unusable_nanos + coalesce(cost_nanos, 0) AS INTEGER)
WHERE run = ?1 AND frame = ?2 AND hash = ?3 AND occurrence = ?4 AND state = 'done'
    AND CASE WHEN json_valid(usage) THEN json_extract(usage, '$.unusable') IS NULL END";

impl Store {
    /// Records that the answer of a call is of no use. Nobody waits for it: it is on disk with the next write that somebody
    /// waits for, or a little later.
    pub fn mark_unusable(&self, run: &RunId, key: &EffectKey) {
        let (run, key) = (run.clone(), key.clone());
        let work = move |connection: &Connection| {
            let row = (run.as_str(), key.frame.as_str(), &key.hash, key.occurrence);
            connection.prepare_cached(MARK)?.execute(row)?;
            Ok(())
        };
        drop(self.writer().write_in(Haste::WithOthers, work, |()| {}));
    }
}
