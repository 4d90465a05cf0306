//! Turning a view into text, within a limit. Bytes that are not UTF-8 become U+FFFD, a byte order mark is left out; offsets
//! stay those of the file.

use crate::context::view::View;
use crate::core::failure::{Failure, FailureKind, Outcome};

/// Reads of mapped files larger than this give their memory back.
const RELEASED: usize = 1 << 20;

impl View {
    /// The text, if it has at most `limit` bytes; fails with `Invalid` if it has more.
    pub fn text(&self, limit: usize) -> Outcome<String> {
        Ok(decode(self.bytes(limit)?))
    }

    /// A copy of the bytes of the text, if there are at most `limit`; fails with `Invalid` if there are more.
    pub fn bytes(&self, limit: usize) -> Outcome<Vec<u8>> {
        self.fits(limit)?;
        let mut copy = Vec::with_capacity(self.len());
        for part in self.parts() {
            copy.extend_from_slice(part.text());
            if part.len() > RELEASED {
                part.document.release(part.start, part.end);
            }
        }
        self.check()?;
        Ok(copy)
    }

    /// Fails with `Invalid` if it has more than `limit` bytes.
    pub(crate) fn fits(&self, limit: usize) -> Outcome<()> {
        let length = self.len();
        if length <= limit {
            return Ok(());
        }
        let message = format!("the text has {length} bytes, and at most {limit} can be taken at once");
        Err(Failure::new(FailureKind::Invalid, message).hint(
            "take a part with slice(a, b) or head(n), cut it with chunks(size, overlap), or find the place with \
             grep(pattern) or search(query, k)",
        ))
    }
}

/// The text of bytes that are already a copy: what is validated must not change any more.
pub(crate) fn decode(bytes: Vec<u8>) -> String {
    String::from_utf8(bytes).unwrap_or_else(|error| String::from_utf8_lossy(error.as_bytes()).into_owned())
}
