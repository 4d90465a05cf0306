//! The run that a person names: as the last one, by the beginning of its id, or by the end of it.

use crate::core::failure::{Failure, FailureKind, Outcome};
use crate::core::ids::RunId;
use crate::core::text::one_line;
use crate::store::fault::Worked;
use crate::store::open::Store;
use crate::store::rows::collect;
use crate::store::runs::{RunRow, run_row};
use rusqlite::{Connection, Row};

/// The name of the newest run, in capitals; ids have no L.
const LAST: &str = "LAST";

/// The fewest characters of an end; what comes before them would often fit a run that was not meant.
const LEAST: usize = 4;

/// Most runs that are told where a name fits more than one.
const TOLD: usize = 3;

// An id's characters all sort before `~`; anything else in the name matches nothing.
const BEGINNING: &str = "SELECT * FROM runs WHERE id >= ?1 AND id < ?1 || '~' ORDER BY rowid DESC LIMIT 4";
const BEGUN: &str = "SELECT id FROM runs WHERE parent IS NULL AND id >= ?1 AND id < ?1 || '~'";
const NEWEST: &str = "SELECT * FROM runs WHERE parent IS NULL ORDER BY rowid DESC LIMIT 1";
const END: &str = "SELECT * FROM runs WHERE substr(id, -length(?1)) = ?1 ORDER BY rowid DESC LIMIT 4";

const TOP: &str = "
WITH RECURSIVE above (id, parent) AS (SELECT id, parent FROM runs WHERE id = ?1
    UNION SELECT runs.id, runs.parent FROM runs JOIN above ON runs.id = above.parent)
SELECT id FROM above WHERE parent IS NULL";

impl Store {
    /// The one run of this name: `last` is the newest that a person started; else it is the beginning of an id, or the end
    /// of one (`..5HCR`, also without the dots), since ids of the same hour begin alike; in upper or lower case.
    ///
    /// Fails with `NotFound` and a hint if there is none, or more than one.
    pub fn run(&self, named: &str) -> Outcome<RunRow> {
        let wanted = named.trim().to_ascii_uppercase();
        if wanted == LAST {
            let none = || Failure::new(FailureKind::NotFound, "there is no run yet");
            return self.newest()?.ok_or_else(|| none().hint("rhizo ask \"...\" --context PATH"));
        }
        let begun = self.fitting(BEGINNING, &wanted)?;
        if !begun.is_empty() {
            return one(begun, named, "begins");
        }
        let end = wanted.trim_start_matches('.');
        let ended = if end.len() < LEAST { Vec::new() } else { self.fitting(END, end)? };
        one(ended, named, "ends")
    }

    /// The ids of all runs that a person started and that begin so.
    pub fn ids(&self, beginning: &str) -> Outcome<Vec<RunId>> {
        self.read(|connection| {
            let mut query = connection.prepare_cached(BEGUN)?;
            self.readable(query.query([beginning])?, |row| Ok(RunId::new(row.get::<_, String>("id")?)))
        })
    }

    /// The newest run that a person started.
    ///
    /// Fails with `Io` if it cannot be read: the one before it is not meant.
    pub fn newest(&self) -> Outcome<Option<RunRow>> {
        self.read(|connection| {
            let mut query = connection.prepare_cached(NEWEST)?;
            Ok(collect(query.query(())?, |row| meant(connection, row, "the newest run"))?.pop())
        })
    }

    /// The run that a person started of which this one is a part, and which it goes on with; itself if it is none.
    pub fn top(&self, run: &RunId) -> Outcome<RunId> {
        let found = self.read(|connection| {
            let mut query = connection.prepare_cached(TOP)?;
            Ok(collect(query.query([run.as_str()])?, |row| Ok(RunId::new(row.get::<_, String>("id")?)))?.pop())
        })?;
        Ok(found.unwrap_or_else(|| run.clone()))
    }

    fn fitting(&self, sql: &str, part: &str) -> Outcome<Vec<RunRow>> {
        self.read(|connection| {
            let mut query = connection.prepare_cached(sql)?;
            let found = self.readable(query.query([part])?, |row| run_row(connection, row))?;
            if found.is_empty() {
                return collect(query.query([part])?, |row| meant(connection, row, "run"));
            }
            Ok(found)
        })
    }
}

/// The run that is meant; of one that cannot be read it is told which it is.
fn meant(connection: &Connection, row: &Row<'_>, what: &str) -> Worked<RunRow> {
    run_row(connection, row).map_err(|fault| {
        let Some(why) = fault.of_row() else { return fault };
        // A name that cannot be read is a part of the damage.
        let id = row.get::<_, String>("id").map_or_else(|_| String::new(), |id| format!(" {id}"));
        let failure = Failure::new(FailureKind::Io, format!("{what}{id} cannot be read: {why}"));
        failure.hint("`rhizo doctor --repair` mends it; `rhizo runs list` names the others").into()
    })
}

fn one(mut found: Vec<RunRow>, named: &str, how: &str) -> Outcome<RunRow> {
    if found.len() > 1 {
        let told = |run: &RunRow| format!("{} ({})", run.id, one_line(&run.task, 40));
        let more = if found.len() > TOLD { ", .." } else { "" };
        let runs: Vec<String> = found.iter().take(TOLD).map(told).collect();
        let hint = format!("`last` is the newest, and the end of an id will do: {}{more}", runs.join(", "));
        return Err(Failure::new(FailureKind::NotFound, format!("more than one run {how} with `{named}`")).hint(hint));
    }
    found.pop().ok_or_else(|| {
        Failure::new(FailureKind::NotFound, format!("there is no run `{named}`")).hint("`rhizo runs list` shows them")
    })
}
