//! Rows that the program cannot read, found by reading each as the program does; what is done about them is in `mend`.

use crate::core::ids::RunId;
use crate::store::fault::{Worked, damaged};
use crate::store::rows::ABSURD_NANOS;
use crate::store::{effects, episodes, events, runs, utility};
use rusqlite::{Connection, Row};

/// A table, and how its rows are read.
pub(super) struct Table {
    /// Its name.
    pub(super) name: &'static str,
    /// The column that tells people which row it is.
    id: &'static str,
    /// The place of a row, for tables that have places.
    place: &'static str,
    /// Which rows are read: that a value is missing is found elsewhere.
    which: &'static str,
    read: fn(&Connection, &Row<'_>) -> Worked<()>,
}

/// A row that cannot be read.
pub(super) struct Damaged {
    /// Where it lies in its table.
    pub(super) place: i64,
    /// Which it is, for people.
    id: String,
    /// Why.
    pub(super) why: String,
}

/// The tables that add rows to others or stand alone: nothing else is lost with one of their rows.
pub(super) const LOGS: [Table; 3] = [
    Table {
        name: "effects",
        id: "run",
        place: "rowid",
        which: "(intent_blob IS NULL OR intent_blob IN (SELECT id FROM blobs))
            AND (result_blob IS NULL OR result_blob IN (SELECT id FROM blobs))",
        read: |connection, row| {
            effects::row::effect_row(connection, row)?;
            amounts(row, &["cost_nanos", "worst_nanos", "earlier_nanos", "unknown_nanos"])
        },
    },
    Table {
        name: "events",
        id: "run",
        place: "rowid",
        which: "body_blob IS NULL",
        read: |connection, row| {
            let run = RunId::new(row.get::<_, String>("run")?);
            events::event_record(connection, &run, row).map(drop)
        },
    },
    Table {
        name: "episodes",
        id: "id",
        place: "rowid",
        which: "TRUE",
        read: |_, row| {
            episodes::outline(row)?;
            episodes::episode(row).map(drop)
        },
    },
];

/// The runs.
pub(super) const RUNS: Table = Table {
    name: "runs",
    id: "id",
    place: "rowid",
    which: "(settings_blob IS NULL OR settings_blob IN (SELECT id FROM blobs))
        AND (result_blob IS NULL OR result_blob IN (SELECT id FROM blobs))",
    read: |connection, row| {
        runs::run_row(connection, row)?;
        amounts(row, &["cost_nanos"])
    },
};

/// Refuses amounts that nothing can have cost: they can be read, and every sum with them says nothing.
fn amounts(row: &Row<'_>, columns: &[&str]) -> Worked<()> {
    for column in columns {
        let found = row.get::<_, Option<i64>>(*column)?.unwrap_or_default();
        if found > ABSURD_NANOS {
            return Err(damaged(&format!("{column} is {found}")).into());
        }
    }
    Ok(())
}

/// The sums of the episodes.
pub(super) const UTILITY: Table =
    Table { name: "utility", id: "action", place: "0", which: "TRUE", read: |_, row| utility::utility(row).map(drop) };

/// The rows of a table that cannot be read.
pub(super) fn unreadable(connection: &Connection, table: &Table) -> Worked<Vec<Damaged>> {
    let Table { name, id, place, which, read } = table;
    let mut query = connection.prepare(&format!("SELECT *, {place} AS place FROM {name} WHERE {which}"))?;
    let mut rows = query.query(())?;
    let mut found = Vec::new();
    while let Some(row) = rows.next()? {
        let Err(fault) = read(connection, row) else { continue };
        let Some(why) = fault.of_row() else { return Err(fault) };
        // A name that cannot be read is a part of the damage.
        let id = row.get::<_, String>(*id).unwrap_or_default();
        found.push(Damaged { place: row.get("place")?, id, why });
    }
    Ok(found)
}

/// What there is to say of each table, one sentence each.
pub(super) fn told(connection: &Connection) -> Worked<Vec<String>> {
    let mut told = Vec::new();
    for table in LOGS.iter().chain([&RUNS, &UTILITY]) {
        let found = unreadable(connection, table)?;
        if let Some(Damaged { id, why, .. }) = found.first() {
            told.push(format!("`{}` has {} that cannot be read, the first {id}: {why}", table.name, found.len()));
        }
    }
    Ok(told)
}
