//! What a context is, as a short text: equal contents have equal fingerprints, wherever they lie.

use crate::context::occurrences::BLOCK;
use crate::context::poll::Poll;
use crate::context::view::View;
use crate::core::failure::Outcome;

/// A document up to this many bytes is hashed as a whole, once; of a larger one only the piece is, where that is less work.
const WHOLE: usize = 64 << 20;

impl View {
    /// The blake3 hash, in hex, of what this view shows and where in its documents it stands.
    ///
    /// Fails with `Io` if a file has shrunk, or with the poll's failure.
    pub fn fingerprint(&self, poll: &Poll) -> Outcome<String> {
        let mut hasher = blake3::Hasher::new();
        for part in self.parts() {
            let document = &part.document;
            if document.len() > WHOLE && part.len() < document.len() / 4 {
                for (index, block) in part.bytes().chunks(BLOCK).enumerate() {
                    poll.check()?;
                    hasher.update(block);
                    let from = part.start + index * BLOCK;
                    document.release(from, from + block.len());
                }
                document.check()?;
            } else {
                hasher.update(document.hash(poll)?.as_bytes());
            }
            hasher.update(format!(" {} {}\n", part.start, part.end).as_bytes());
        }
        Ok(hasher.finalize().to_hex().to_string())
    }
}
