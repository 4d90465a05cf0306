//! Looks for damage; repairs nothing.

use crate::core::failure::Outcome;
use crate::core::ids::BlobId;
use crate::store::fault::Worked;
use crate::store::open::Store;
use crate::store::{blobs, damage};
use rusqlite::Connection;

/// Every column that names a blob.
pub(super) const BLOB_COLUMNS: &[(&str, &str)] = &[
    ("runs", "settings_blob"),
    ("runs", "result_blob"),
    ("effects", "intent_blob"),
    ("effects", "result_blob"),
    ("events", "body_blob"),
    ("answers", "body_blob"),
];

impl Store {
    /// What is wrong with the store, one sentence each; empty if it is sound. Reads the whole file.
    pub fn check(&self) -> Outcome<Vec<String>> {
        self.read(|connection| {
            let mut found = texts(connection, "PRAGMA integrity_check")?;
            found.retain(|line| line != "ok");
            let orphans = "SELECT DISTINCT \"table\" || ' has a row of a run that does not exist'
                           FROM pragma_foreign_key_check";
            found.extend(texts(connection, orphans)?);
            for (table, column) in BLOB_COLUMNS {
                let missing = format!(
                    "SELECT DISTINCT '{table} names the missing blob ' || {column} FROM {table}
                     WHERE {column} IS NOT NULL AND {column} NOT IN (SELECT id FROM blobs)"
                );
                found.extend(texts(connection, &missing)?);
            }
            for id in texts(connection, "SELECT id FROM blobs ORDER BY id")? {
                if blobs::read(connection, &BlobId::new(&id)).is_err() {
                    found.push(format!("the blob {id} is not what its name says"));
                }
            }
            found.extend(damage::told(connection)?);
            Ok(found)
        })
    }
}

fn texts(connection: &Connection, sql: &str) -> Worked<Vec<String>> {
    Ok(connection.prepare(sql)?.query_map((), |row| row.get(0))?.collect::<Result<_, _>>()?)
}
