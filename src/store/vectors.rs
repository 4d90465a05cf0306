//! Vectors of texts by the hash of the text and the embedder: a cache for embedders that take milliseconds per text.

use crate::core::failure::Outcome;
use crate::store::open::Store;
use crate::store::rows::collect;
use crate::store::writer::Ack;
use std::collections::HashMap;

impl Store {
    /// The vectors that are kept for texts with these hashes; a damaged one counts as missing.
    pub fn vectors(&self, embedder: &str, hashes: &[String]) -> Outcome<HashMap<String, Vec<f32>>> {
        self.read(|connection| {
            let list = serde_json::to_string(hashes)?;
            let sql = "SELECT text, vector FROM vectors
                WHERE embedder = ?1 AND text IN (SELECT value FROM json_each(?2))";
            let mut query = connection.prepare_cached(sql)?;
            let found: Vec<(String, Vec<u8>)> =
                collect(query.query((embedder, list))?, |row| Ok((row.get(0)?, row.get(1)?)))?;
            Ok(found.into_iter().filter_map(|(hash, bytes)| Some((hash, floats(&bytes)?))).collect())
        })
    }

    /// Keeps vectors by the hashes of their texts.
    pub fn keep_vectors(&self, embedder: String, vectors: Vec<(String, Vec<f32>)>) -> Ack<()> {
        self.writer().write(
            move |connection| {
                let sql = "INSERT OR REPLACE INTO vectors (text, embedder, vector) VALUES (?1, ?2, ?3)";
                let mut write = connection.prepare_cached(sql)?;
                for (hash, vector) in &vectors {
                    let bytes: Vec<u8> = vector.iter().flat_map(|x| x.to_le_bytes()).collect();
                    write.execute((hash, &embedder, bytes))?;
                }
                Ok(())
            },
            |()| {},
        )
    }
}

fn floats(bytes: &[u8]) -> Option<Vec<f32>> {
    let (numbers, rest) = bytes.as_chunks::<4>();
    rest.is_empty().then(|| numbers.iter().map(|four| f32::from_le_bytes(*four)).collect())
}
