//! Takes damaged records out of the way, so that the rest can be used: each is moved, whole, into the table `quarantine`.

use crate::core::failure::Outcome;
use crate::core::ids::BlobId;
use crate::store::check::BLOB_COLUMNS;
use crate::store::fault::Worked;
use crate::store::mend::{UNANSWERED, UNASKED};
use crate::store::open::Store;
use crate::store::rows::int;
use crate::store::writer::Ack;
use crate::store::{blobs, mend};
use rusqlite::Connection;

impl Store {
    /// Moves rows and values that cannot be read, or that belong to no run, into `quarantine` at `at`, in milliseconds since
    /// 1970. Answers what was done, one sentence each; an effect that is gone is made again by a resume.
    pub fn repair(&self, at: u64) -> Ack<Vec<String>> {
        // Looking at every value takes long, and nobody else could write meanwhile.
        match self.read(broken_blobs) {
            Ok(broken) => self.writer().write(move |connection| repair(connection, at, &broken), |_| {}),
            Err(failure) => Ack::ready(Err(failure)),
        }
    }

    /// How many records lie in quarantine.
    pub fn quarantined(&self) -> Outcome<u64> {
        self.count("quarantine")
    }
}

/// The values that are not what their names say.
fn broken_blobs(connection: &Connection) -> Worked<Vec<BlobId>> {
    let ids: Vec<String> =
        connection.prepare("SELECT id FROM blobs")?.query_map((), |row| row.get(0))?.collect::<Result<_, _>>()?;
    Ok(ids.into_iter().map(BlobId::new).filter(|id| blobs::read(connection, id).is_err()).collect())
}

fn repair(connection: &Connection, at: u64, broken: &[BlobId]) -> Worked<Vec<String>> {
    let mut done = Vec::new();
    let mut tell = |count: usize, what: &str| {
        if count > 0 {
            done.push(format!("{count} {what}"));
        }
    };
    // A damaged value is taken away first, so that what names it is found by the next step.
    let mut damaged = 0;
    for id in broken {
        // Another process may have done it meanwhile: then it is missing, and nothing is moved.
        if blobs::read(connection, id).is_err() {
            damaged += moved(connection, at, "is not what its name says", "blobs", "id", &format!("id = '{id}'"))?;
        }
    }
    tell(damaged, "damaged values");
    for (table, column) in BLOB_COLUMNS {
        let lost = format!("{column} IS NOT NULL AND {column} NOT IN (SELECT id FROM blobs)");
        match (*table, *column) {
            ("runs", _) => {
                let changed = connection.execute(&format!("UPDATE runs SET {column} = NULL WHERE {lost}"), ())?;
                tell(changed, &format!("runs without their {}", column.trim_end_matches("_blob")));
            }
            ("effects", "result_blob") => {
                let again = changed(connection, at, column, UNANSWERED, &lost)?;
                tell(again, "effects whose answer is missing, to be made again");
            }
            ("effects", _) => tell(changed(connection, at, column, UNASKED, &lost)?, "effects without their arguments"),
            // Of a kept answer nothing is left without its value.
            ("answers", _) => {
                let forgotten = connection.execute(&format!("DELETE FROM answers WHERE {lost}"), ())?;
                tell(forgotten, "kept answers whose value is missing");
            }
            _ => {
                let count = moved(connection, at, "names a missing value", table, column, &lost)?;
                tell(count, &format!("{table} whose value is missing"));
            }
        }
    }
    for table in ["effects", "events"] {
        let orphan = "run NOT IN (SELECT id FROM runs)";
        tell(
            moved(connection, at, "belongs to no run", table, "run", orphan)?,
            &format!("{table} that belong to no run"),
        );
    }
    let broken = "result IS NOT NULL AND NOT json_valid(result)";
    let again = changed(connection, at, "result", UNANSWERED, broken)?;
    tell(again, "effects whose answer is not JSON, to be made again");
    let broken = "intent IS NOT NULL AND NOT json_valid(intent)";
    tell(changed(connection, at, "intent", UNASKED, broken)?, "effects without their arguments, which are not JSON");
    let broken = "body IS NOT NULL AND NOT json_valid(body)";
    tell(moved(connection, at, "is not JSON", "events", "body", broken)?, "events whose body is not JSON");
    done.extend(mend::rows(connection, at)?);
    Ok(done)
}

/// Changes the effects of which a column cannot be read, with a copy of it in `quarantine`. The effects stay: they are paid,
/// and a tool that writes is not repeated unasked.
fn changed(connection: &Connection, at: u64, column: &str, change: &str, which: &str) -> Worked<usize> {
    let copy = format!(
        "INSERT INTO quarantine (at, reason, source, body)
         SELECT ?1, 'cannot be read', 'effects',
            json_object('run', run, 'seq', seq, 'frame', frame, '{column}', CAST({column} AS TEXT))
         FROM effects WHERE {which}"
    );
    let count = connection.execute(&copy, [int(at)])?;
    connection.execute(&format!("UPDATE effects SET {change} WHERE {which}"), ())?;
    Ok(count)
}

/// Moves the rows that meet a condition; the values are this program's own table names.
fn moved(connection: &Connection, at: u64, reason: &str, table: &str, column: &str, which: &str) -> Worked<usize> {
    let keys = if table == "blobs" { "'id', id, 'size', size" } else { "'run', run, 'seq', seq, 'frame', frame" };
    let copy = format!(
        "INSERT INTO quarantine (at, reason, source, body)
         SELECT ?1, ?2, '{table}', json_object({keys}, '{column}', CAST({column} AS TEXT)) FROM {table} WHERE {which}"
    );
    let count = connection.execute(&copy, (int(at), reason))?;
    if count > 0 {
        connection.execute(&format!("DELETE FROM {table} WHERE {which}"), ())?;
    }
    Ok(count)
}
