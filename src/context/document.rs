//! One open text: mapped from a file or owned. It knows nothing of other documents or of what is asked about it.

use crate::context::mapping::Mapping;
use crate::context::occurrences::{BLOCK, Occurrences};
use crate::context::poll::Poll;
use crate::context::spool::Spooled;
use crate::core::failure::Outcome;
use std::fs::File;
use std::io::{self, Read};
use std::path::Path;
use std::sync::OnceLock;

/// Files up to this many bytes may be read instead of mapped: a mapping costs more, and their number is limited.
pub const SMALL: usize = 16 * 1024;
/// Files up to this many bytes are read when the system refuses another mapping.
const READABLE: usize = 16 << 20;

/// A text with a name.
#[derive(Debug)]
pub struct Document {
    name: String,
    is_named: bool,
    body: Body,
    newlines: Occurrences,
    quotes: Occurrences,
    hash: OnceLock<String>,
}

#[derive(Debug)]
enum Body {
    Owned(Vec<u8>),
    Mapped(Mapping),
}

impl Document {
    /// A document made of text in memory.
    pub fn owned(name: String, text: Vec<u8>) -> Self {
        Self::new(name, Body::Owned(text))
    }

    /// One that nobody has given a name: it is called after what it says, so that a run that goes on finds the same.
    pub fn unnamed(text: String) -> Self {
        let name = format!("text {}", &blake3::hash(text.as_bytes()).to_hex()[..8]);
        Self { is_named: false, ..Self::owned(name, text.into_bytes()) }
    }

    /// The same under another name.
    #[must_use]
    pub fn called(self, name: String) -> Self {
        Self { name, ..self }
    }

    /// What a pipe delivered.
    pub fn spooled(name: String, spooled: Spooled) -> Self {
        match spooled {
            Spooled::Small(text) => Self::new(name, Body::Owned(text)),
            Spooled::Large(mapping) => Self::new(name, Body::Mapped(mapping)),
        }
    }

    /// Opens a regular file: open, stat and map, or read if it is small and `read_small` allows it.
    pub fn open(path: &Path, name: String, read_small: bool) -> io::Result<Self> {
        Ok(Self::new(name, body_of(path, read_small)?))
    }

    fn new(name: String, body: Body) -> Self {
        let (newlines, quotes) = (Occurrences::of(b'\n'), Occurrences::of(b'"'));
        Self { name, is_named: true, body, newlines, quotes, hash: OnceLock::new() }
    }

    /// Its name, unique in its library.
    pub fn name(&self) -> &str {
        &self.name
    }

    /// Whether its name says more than its text.
    pub fn is_named(&self) -> bool {
        self.is_named
    }

    /// Its length in bytes.
    pub fn len(&self) -> usize {
        self.bytes().len()
    }

    /// Whether it has no bytes.
    pub fn is_empty(&self) -> bool {
        self.len() == 0
    }

    /// Whether its bytes are held in memory rather than mapped.
    pub fn is_owned(&self) -> bool {
        matches!(self.body, Body::Owned(_))
    }

    /// Its bytes. Whoever has read them calls `check` before believing them.
    pub fn bytes(&self) -> &[u8] {
        match &self.body {
            Body::Owned(text) => text,
            Body::Mapped(mapping) => mapping.bytes(),
        }
    }

    /// Where its text begins: behind a byte order mark, which is none of it though offsets count it.
    pub fn text_start(&self) -> usize {
        self.len() - without_mark(self.bytes()).len()
    }

    /// Fails with `Io` if the file has shrunk or could not be read; asks the file system.
    pub fn check(&self) -> Outcome<()> {
        match &self.body {
            Body::Owned(_) => Ok(()),
            Body::Mapped(mapping) => mapping.check(&self.name),
        }
    }

    /// Like `check`, but asks only whether a read has already failed; for inside loops.
    pub fn intact(&self) -> Outcome<()> {
        match &self.body {
            Body::Mapped(mapping) if mapping.is_torn() => mapping.check(&self.name),
            _ => Ok(()),
        }
    }

    /// Gives the memory of these bytes back, if they can be fetched again.
    pub fn release(&self, start: usize, end: usize) {
        if let Body::Mapped(mapping) = &self.body {
            mapping.release(start, end);
        }
    }

    /// Where its newlines are.
    pub fn newlines(&self) -> &Occurrences {
        &self.newlines
    }

    /// Where its quotes are.
    pub fn quotes(&self) -> &Occurrences {
        &self.quotes
    }

    /// The blake3 hash of its bytes, in hex. Computed once.
    pub fn hash(&self, poll: &Poll) -> Outcome<String> {
        if let Some(hash) = self.hash.get() {
            return Ok(hash.clone());
        }
        let mut hasher = blake3::Hasher::new();
        let bytes = self.bytes();
        for (index, block) in bytes.chunks(BLOCK).enumerate() {
            poll.check()?;
            hasher.update(block);
            self.intact()?;
            self.release(index * BLOCK, index * BLOCK + block.len());
        }
        self.check()?;
        Ok(self.hash.get_or_init(|| hasher.finalize().to_hex().to_string()).clone())
    }
}

/// The text without a byte order mark.
pub(crate) fn without_mark(bytes: &[u8]) -> &[u8] {
    bytes.strip_prefix(b"\xEF\xBB\xBF").unwrap_or(bytes)
}

fn body_of(path: &Path, read_small: bool) -> io::Result<Body> {
    let file = File::open(path)?;
    let length = usize::try_from(file.metadata()?.len()).map_err(io::Error::other)?;
    // Files of /proc say that they are empty, and are not.
    if length == 0 || (read_small && length <= SMALL) {
        return read(file, SMALL);
    }
    match Mapping::new(&file, length, Some(path)) {
        Ok(mapping) => Ok(Body::Mapped(mapping)),
        Err(_) if length <= READABLE => read(file, READABLE),
        Err(error) => Err(error),
    }
}

/// Reads the whole file; it may have grown to any size since it was measured, so `likely` only sizes the buffer.
fn read(mut file: File, likely: usize) -> io::Result<Body> {
    let mut text = Vec::with_capacity(likely.min(SMALL));
    file.read_to_end(&mut text)?;
    text.shrink_to_fit();
    Ok(Body::Owned(text))
}
