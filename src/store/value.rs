//! Values of any size: small ones lie in their row, large ones are blobs named by their hash.

use crate::core::failure::Outcome;
use crate::core::ids::BlobId;
use crate::store::blobs;
use crate::store::fault::{Worked, damaged};
use crate::store::open::Store;
use crate::store::rows::text;
use rusqlite::{Connection, OptionalExtension, Row};
use serde::{Deserialize, Serialize};
use serde_json::Value;

/// The longest JSON text, in bytes, that is kept in its row.
pub const INLINE_LIMIT: usize = 64 * 1024;

/// A value as a row holds it.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum StoredValue {
    /// The value itself.
    Inline(Value),
    /// Where it lies.
    Blob {
        /// Its name.
        id: BlobId,
        /// Bytes of its JSON text.
        size: u64,
    },
}

impl Store {
    /// The value itself, read from its blob if need be.
    ///
    /// Fails with `Io` if the blob is missing or is not what its name says.
    pub fn load(&self, value: &StoredValue) -> Outcome<Value> {
        match value {
            StoredValue::Inline(value) => Ok(value.clone()),
            StoredValue::Blob { id, .. } => {
                self.read(|connection| Ok(serde_json::from_slice(&blobs::read(connection, id)?)?))
            }
        }
    }
}

/// A value as text, on its way into the two columns `x` and `x_blob`.
#[derive(Debug)]
pub(super) enum Encoded {
    Absent,
    Inline(String),
    Blob { id: BlobId, text: String },
}

impl Encoded {
    pub(super) fn of<T: Serialize>(value: &T) -> Outcome<Self> {
        Ok(Self::of_text(text(value)?))
    }

    /// The same for a value that is JSON text already.
    pub(super) fn of_text(text: String) -> Self {
        if text.len() <= INLINE_LIMIT {
            return Self::Inline(text);
        }
        Self::Blob { id: blobs::name(text.as_bytes()), text }
    }

    /// The texts of the two columns; a blob is stored on the way, once however often it is asked for.
    pub(super) fn columns(&self, connection: &Connection) -> Worked<(Option<&str>, Option<&str>)> {
        Ok(match self {
            Self::Absent => (None, None),
            Self::Inline(text) => (Some(text), None),
            Self::Blob { id, text } => {
                blobs::keep(connection, id, text.as_bytes())?;
                (None, Some(id.as_str()))
            }
        })
    }
}

/// The value in the columns `x` and `x_blob`, if there is one.
pub(super) fn stored(connection: &Connection, row: &Row<'_>, column: &str) -> Worked<Option<StoredValue>> {
    if let Some(text) = row.get::<_, Option<String>>(column)? {
        return Ok(Some(StoredValue::Inline(serde_json::from_str(&text)?)));
    }
    let Some(id) = row.get::<_, Option<String>>(format!("{column}_blob").as_str())? else { return Ok(None) };
    let size = connection
        .prepare_cached("SELECT size FROM blobs WHERE id = ?1")?
        .query_row([&id], |row| row.get::<_, i64>(0))
        .optional()?
        .ok_or_else(|| damaged(&format!("the blob {id} is missing")))?;
    Ok(Some(StoredValue::Blob { id: BlobId::new(id), size: u64::try_from(size).unwrap_or_default() }))
}

/// The bytes of JSON in the columns `x` and `x_blob`, read in full.
pub(super) fn body(connection: &Connection, row: &Row<'_>, column: &str) -> Worked<Vec<u8>> {
    match row.get::<_, Option<String>>(column)? {
        Some(text) => Ok(text.into_bytes()),
        None => {
            let id = BlobId::new(row.get::<_, String>(format!("{column}_blob").as_str())?);
            blobs::read(connection, &id)
        }
    }
}

/// The largest size that SQLite's integer can say, for a length in memory.
pub(super) fn length(bytes: &[u8]) -> i64 {
    i64::try_from(bytes.len()).unwrap_or(i64::MAX)
}

#[cfg(test)]
mod tests;
