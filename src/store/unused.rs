//! Answers of people that no process has gone on with yet: until then they can be given anew.

use crate::core::failure::Outcome;
use crate::core::ids::RunId;
use crate::store::effects::EffectRow;
use crate::store::effects::row::effect_row;
use crate::store::fault::Worked;
use crate::store::open::Store;
use crate::store::rows::{collect, int};
use rusqlite::Connection;

/// Whoever goes on with a run says so before it uses an answer, and who answered within a process is followed by its end.
const UNUSED: &str = "kind = 'person' AND state = 'done'
    AND ended_at > (SELECT max(at) FROM events WHERE events.run = effects.run)";

impl Store {
    /// The answers that were given since a run has stopped.
    pub fn unused_answers(&self, run: &RunId) -> Outcome<Vec<EffectRow>> {
        self.read(|connection| {
            let sql = format!("SELECT * FROM effects WHERE run = ?1 AND {UNUSED} ORDER BY seq");
            let mut query = connection.prepare_cached(&sql)?;
            collect(query.query([run.as_str()])?, |row| effect_row(connection, row))
        })
    }
}

/// Takes such an answer back, for another one; any other effect stays as it is.
pub(super) fn take_back(connection: &Connection, run: &RunId, seq: u64) -> Worked<()> {
    let sql = format!(
        "UPDATE effects SET state = 'failed', result = NULL, result_blob = NULL WHERE run = ?1 AND seq = ?2 AND {UNUSED}"
    );
    connection.prepare_cached(&sql)?.execute((run.as_str(), int(seq)))?;
    Ok(())
}
