//! Large values, each stored once under the blake3 hash of its bytes.

use crate::core::ids::BlobId;
use crate::store::fault::{Worked, damaged};
use crate::store::value::length;
use rusqlite::{Connection, OptionalExtension};

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

/// The bytes of a blob.
///
/// Fails with `Io` if it is missing or is not what its name says.
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
