//! Large values, each stored once under the blake3 hash of its bytes.

use crate::core::failure::Outcome;
use crate::core::ids::BlobId;
use crate::store::fault::{Worked, damaged};
use crate::store::open::Store;
use crate::store::value::length;
use crate::store::writer::Ack;
use rusqlite::{Connection, OptionalExtension};

impl Store {
    /// Keeps bytes of any kind; equal bytes are kept once.
    pub fn put_blob(&self, body: Vec<u8>) -> Ack<BlobId> {
        let id = name(&body);
        self.writer().write(
            move |connection| {
                keep(connection, &id, &body)?;
                Ok(id.clone())
            },
            |_| {},
        )
    }

    /// The bytes of a blob.
    ///
    /// Fails with `Io` if it is missing or is not what its name says.
    pub fn blob(&self, id: &BlobId) -> Outcome<Vec<u8>> {
        self.read(|connection| read(connection, id))
    }
}

/// The name that bytes get.
pub(super) fn name(body: &[u8]) -> BlobId {
    BlobId::new(blake3::hash(body).to_hex().as_str())
}

pub(super) fn keep(connection: &Connection, id: &BlobId, body: &[u8]) -> Worked<()> {
    connection
        .prepare_cached("INSERT INTO blobs (id, size, body) VALUES (?1, ?2, ?3) ON CONFLICT DO NOTHING")?
        .execute((id.as_str(), length(body), body))?;
    Ok(())
}

pub(super) fn read(connection: &Connection, id: &BlobId) -> Worked<Vec<u8>> {
    let body = connection
        .prepare_cached("SELECT body FROM blobs WHERE id = ?1")?
        .query_row([id.as_str()], |row| row.get::<_, Vec<u8>>(0))
        .optional()?
        .ok_or_else(|| damaged(&format!("the blob {id} is missing")))?;
    if name(&body) != *id {
        return Err(damaged(&format!("the blob {id} is not what its name says")).into());
    }
    Ok(body)
}
